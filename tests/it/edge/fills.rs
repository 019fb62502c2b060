//! Many viewers of one body that is still on its way.

use super::{
    Edge, any_port, bounded,
    client::{Client, fetch},
    origin::{BIG_BYTES, BODY_BYTES, HostileOrigin, body_of},
};
use dashpot_base::ByteSize;
use dashpot_edge::Config;
use futures_util::future::join_all;

const VIEWERS: usize = 50;

/// The origin holds the second half until every viewer has seen the first byte: a follower that
/// had to wait for the end would wait for ever.
async fn check_one_fetch_serves_all(path: &str) {
    let origin = HostileOrigin::start().await;
    let edge = Edge::before(&origin).await;
    let viewers = (0..VIEWERS).map(|_| async {
        let mut viewer = Client::send(edge.addr, path, &[]).await;
        viewer.read_body(1).await;
        viewer
    });
    let viewers = join_all(viewers).await;
    assert_eq!(origin.asked(path).len(), 1);
    origin.release();
    for response in join_all(viewers.into_iter().map(Client::finish)).await {
        assert!(response.whole && response.body == body_of(BODY_BYTES), "{}", response.status);
    }
    let hit = fetch(edge.addr, path, &[]).await;
    assert!(hit.one("cache-status").contains("; hit"), "{hit:?}");
    assert!(hit.whole && hit.body == body_of(BODY_BYTES));
    assert_eq!(origin.asked(path).len(), 1);
    edge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_viewers_of_one_segment_make_one_request_and_none_waits_for_its_end() {
    bounded(check_one_fetch_serves_all("/hold/1.m4s")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_holds_for_a_body_of_unknown_length() {
    bounded(check_one_fetch_serves_all("/hold-chunked/1.m4s")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_inside_what_has_come_is_answered_during_the_fill() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let edge = Edge::before(&origin).await;
        let path = "/hold/1.m4s";
        let mut leader = Client::send(edge.addr, path, &[]).await;
        leader.read_body(BODY_BYTES / 2).await;
        let first = fetch(edge.addr, path, &[("Range", "bytes=1000-1099")]).await;
        assert_eq!((first.status, first.whole), (206, true));
        assert_eq!(first.one("content-range"), format!("bytes 1000-1099/{BODY_BYTES}"));
        assert_eq!(first.body, body_of(1_100)[1_000..]);
        // One that reaches beyond begins during the fill, and ends after it.
        let mut later = Client::send(edge.addr, path, &[("Range", "bytes=1000-")]).await;
        later.read_body(1).await;
        origin.release();
        let later = later.finish().await;
        assert!(later.whole && later.body == body_of(BODY_BYTES)[1_000..], "{}", later.status);
        assert!(leader.finish().await.whole);
        assert_eq!(origin.asked(path).len(), 1);
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_that_never_reads_holds_nobody_up() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let edge = Edge::before(&origin).await;
        let path = "/big/1.m4s";
        // The leader of the flight reads nothing at all.
        let stalled = Client::send(edge.addr, path, &[]).await;
        for _ in 0..2 {
            let response = fetch(edge.addr, path, &[]).await;
            assert!(response.whole && response.body == body_of(BIG_BYTES), "{}", response.status);
        }
        drop(stalled);
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_does_it_where_the_body_outgrows_the_store() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let mut config = Config::new(origin.url(), any_port());
        // The first half fits, so that all may join; the whole does not.
        config.object_max = ByteSize::from_mib(16);
        let edge = Edge::start(config).await;
        let path = "/hold-big-chunked/1.m4s";
        let mut stalled = Client::send(edge.addr, path, &[]).await;
        stalled.read_body(1).await;
        let mut viewer = Client::send(edge.addr, path, &[]).await;
        viewer.read_body(1).await;
        origin.release();
        let response = viewer.finish().await;
        assert!(
            response.whole && response.body == body_of(BIG_BYTES),
            "{} {}",
            response.status,
            response.body.len()
        );
        assert_eq!(origin.asked(path).len(), 1);
        // What was kept for it has been given up: its end is a broken one.
        let stalled = stalled.finish().await;
        assert!(!stalled.whole, "a clean end after {} bytes", stalled.body.len());
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_leaves_takes_nothing_with_it() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let edge = Edge::before(&origin).await;
        let path = "/hold/1.m4s";
        let mut leader = Client::send(edge.addr, path, &[]).await;
        leader.read_body(1).await;
        let mut follower = Client::send(edge.addr, path, &[]).await;
        follower.read_body(1).await;
        drop(leader);
        origin.release();
        let response = follower.finish().await;
        assert!(response.whole && response.body == body_of(BODY_BYTES));
        assert_eq!(origin.asked(path).len(), 1);
        edge.stop().await;
    })
    .await;
}
