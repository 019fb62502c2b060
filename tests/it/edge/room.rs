//! An edge without room: clients never pay for it.

use super::{
    Edge, any_port, bounded,
    client::{Client, fetch},
    origin::{BIG_BYTES, BODY_BYTES, HostileOrigin, body_of},
};
use dashpot_base::ByteSize;
use dashpot_edge::Config;
use futures_util::future::join_all;

#[tokio::test(flavor = "multi_thread")]
async fn a_body_larger_than_the_whole_store_is_never_cut() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let mut config = Config::new(origin.url(), any_port());
        config.cache_mem = ByteSize::from_mib(8);
        let edge = Edge::start(config).await;
        origin.release();
        for path in ["/big/1.m4s", "/hold-big-chunked/1.m4s"] {
            for _ in 0..2 {
                let response = fetch(edge.addr, path, &[]).await;
                let got = response.body.len();
                assert!(response.whole && response.body == body_of(BIG_BYTES), "{path}: {got}");
            }
        }
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_full_of_other_things_takes_the_next_all_the_same() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let mut config = Config::new(origin.url(), any_port());
        config.cache_mem = ByteSize::from_mib(2);
        let edge = Edge::start(config).await;
        // Three times what there is room for, four at a time.
        for round in 0..8 {
            let paths: Vec<_> = (0..4).map(|nth| format!("/fine/{round}-{nth}.m4s")).collect();
            let viewers = paths.iter().map(|path| fetch(edge.addr, path, &[]));
            for response in join_all(viewers).await {
                assert!(response.whole && response.body == body_of(BODY_BYTES));
            }
        }
        let newest = fetch(edge.addr, "/fine/7-3.m4s", &[]).await;
        assert!(newest.one("cache-status").contains("; hit"), "{newest:?}");
        edge.stop().await;
    })
    .await;
}

/// An edge with two fills at a time, both of them held by the origin.
async fn busy(origin: &HostileOrigin) -> (Edge, Vec<Client>) {
    let mut config = Config::new(origin.url(), any_port());
    config.fill.fills_max = 2;
    let edge = Edge::start(config).await;
    let mut viewers = Vec::new();
    for path in ["/hold/1.m4s", "/hold/2.m4s"] {
        let mut viewer = Client::send(edge.addr, path, &[]).await;
        viewer.read_body(1).await;
        viewers.push(viewer);
    }
    (edge, viewers)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_miss_beyond_the_fills_there_may_be_waits_for_one_to_end_and_is_shared() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let (edge, viewers) = busy(&origin).await;
        // All at once: the first of them does not wait for long.
        let path = "/fine/1.m4s";
        let herd = join_all((0..10).map(|_| Client::send(edge.addr, path, &[]))).await;
        origin.release();
        for response in join_all(herd.into_iter().chain(viewers).map(Client::finish)).await {
            assert!(response.whole && response.body == body_of(BODY_BYTES));
        }
        let hit = fetch(edge.addr, path, &[]).await;
        assert!(hit.one("cache-status").contains("; hit"), "{hit:?}");
        assert_eq!(origin.asked(path).len(), 1);
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_miss_goes_alone_where_no_fill_ends() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let (edge, viewers) = busy(&origin).await;
        // Who comes for what is being filled is not held up.
        let mut joiner = Client::send(edge.addr, "/hold/1.m4s", &[]).await;
        joiner.read_body(1).await;
        for asked in 1..=2 {
            let response = fetch(edge.addr, "/fine/1.m4s", &[]).await;
            assert!(response.whole && response.body == body_of(BODY_BYTES));
            assert!(response.one("cache-status").contains("fwd=bypass"), "{response:?}");
            assert_eq!(origin.asked("/fine/1.m4s").len(), asked);
        }
        origin.release();
        for response in join_all(viewers.into_iter().chain([joiner]).map(Client::finish)).await {
            assert!(response.whole);
        }
        edge.stop().await;
    })
    .await;
}
