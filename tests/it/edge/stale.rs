//! What is stale, and what is not there: how often the origin is asked, and who waits for it.

use super::{
    Edge, bounded,
    client::{Client, fetch},
    origin::HostileOrigin,
};
use futures_util::future::join_all;

/// Gets `path` and checks what its text is.
async fn check(edge: &Edge, path: &str, status: u16, text: &str) {
    let response = fetch(edge.addr, path, &[]).await;
    let got = String::from_utf8_lossy(&response.body);
    assert_eq!((response.status, &*got), (status, text), "{path}: {response:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_used_while_it_is_refreshed_waits_for_nobody() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let edge = Edge::before(&origin).await;
        let path = "/row/swr/1.m4s";
        check(&edge, path, 200, "1").await;
        // The origin holds the refresh: whoever waited for it would wait for ever.
        for _ in 0..3 {
            check(&edge, path, 200, "1").await;
        }
        assert!(origin.asked(path).len() <= 2);
        origin.release();
        while fetch(edge.addr, path, &[]).await.body == b"1" {}
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origins_503_is_covered_with_what_is_stored() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let edge = Edge::before(&origin).await;
        for _ in 0..3 {
            // RFC 5861 §4.
            check(&edge, "/row/sie/1.m4s", 200, "1").await;
        }
        assert!(2 <= origin.asked("/row/sie/1.m4s").len());
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_404_is_kept_where_the_origin_says_so_and_not_where_it_does_not() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let edge = Edge::before(&origin).await;
        for (path, second) in [("/row/missing/1.m4s", "2"), ("/row/missing-kept/1.m4s", "1")] {
            check(&edge, path, 404, "1").await;
            check(&edge, path, 404, second).await;
            assert_eq!(origin.asked(path).len().to_string(), second);
        }
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_herd_shares_its_validations() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let edge = Edge::before(&origin).await;
        let path = "/row/herd/live.mpd";
        check(&edge, path, 200, "live").await;
        let herd = join_all((0..20).map(|_| Client::send(edge.addr, path, &[]))).await;
        // Their requests have long been read by the time that these are answered.
        for _ in 0..50 {
            check(&edge, "/row/missing-kept/1.m4s", 404, "1").await;
        }
        origin.release();
        for viewer in join_all(herd.into_iter().map(Client::finish)).await {
            assert_eq!((viewer.status, &*viewer.body), (200, b"live".as_slice()));
        }
        // The whole, the validation that the first one led, and one for those who came after it was
        // sent; some for stragglers.
        let asked = origin.asked(path);
        assert!((3..8).contains(&asked.len()), "{asked:?}");
        assert!(asked[1..].iter().all(|head| head.contains("if-none-match: \"v1\"")), "{asked:?}");
        edge.stop().await;
    })
    .await;
}
