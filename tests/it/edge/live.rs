//! Segments that are still being made, from the origin through the edge to many viewers.

use super::{
    bounded,
    client::{Client, fetch},
    curl::Chain,
};
use futures_util::future::join_all;

/// Returns how many requests for segments the origin has answered.
async fn segments_answered(chain: &Chain) -> usize {
    let metrics = fetch(chain.origin_addr, "/metrics", &[]).await;
    let text = String::from_utf8(metrics.body).expect("text");
    let count =
        |line: &str| line.rsplit_once(' ').and_then(|(_, count)| count.parse::<usize>().ok());
    text.lines()
        .filter(|line| line.contains("requests_total") && line.contains("kind=\"segment\""))
        .filter_map(count)
        .sum::<usize>()
}

#[tokio::test(flavor = "multi_thread")]
async fn viewers_share_one_segment_in_production_and_all_get_the_bytes_that_it_ends_up_with() {
    bounded(async {
        let chain = Chain::start().await;
        // Segment 101 runs from 200 s to 202 s: when its first chunk is there, all viewers come.
        let path = "/live/film/chunk_0.5s/v1/101.m4s?nowMS=200500";
        let mut leader = Client::send(chain.edge.addr, path, &[]).await;
        // The first chunk is far longer than this, and alone so long that the rest is to come.
        leader.read_body(1_000).await;
        let viewers = join_all((0..20).map(|_| async {
            let mut viewer = Client::send(chain.edge.addr, path, &[]).await;
            viewer.read_body(1_000).await;
            viewer
        }));
        let viewers = viewers.await.into_iter().chain([leader]).map(Client::finish);
        let viewers = join_all(viewers).await;
        assert_eq!(segments_answered(&chain).await, 1);
        let whole = fetch(chain.origin_addr, &path.replace("200500", "202000"), &[]).await;
        assert!(whole.whole && whole.status == 200);
        for viewer in viewers {
            assert!(viewer.whole && viewer.body == whole.body, "{}", viewer.body.len());
        }
        // What was made is in the cache, whole, under the same tag.
        let later = fetch(chain.edge.addr, path, &[]).await;
        assert!(later.whole && later.body == whole.body);
        assert_eq!(later.one("etag"), whole.one("etag"));
        assert_eq!(segments_answered(&chain).await, 2);
        chain.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_early_is_not_remembered() {
    bounded(async {
        let chain = Chain::start().await;
        for _ in 0..2 {
            let path = "/live/film/v1/101.m4s?nowMS=201000";
            let early = fetch(chain.edge.addr, path, &[]).await;
            assert_eq!((early.status, early.one("retry-after")), (425, "1"));
        }
        assert_eq!(segments_answered(&chain).await, 2);
        for scheme in ["iso", "xsdate", "head"] {
            let time = fetch(chain.edge.addr, &format!("/time/{scheme}"), &[]).await;
            assert_eq!((time.status, time.one("cache-control")), (200, "no-store"), "{scheme}");
        }
        chain.stop().await;
    })
    .await;
}
