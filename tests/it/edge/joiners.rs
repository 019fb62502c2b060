//! Those who come while a body is on its way: what has come is theirs at once.

use super::{
    Edge, bounded,
    client::{Client, fetch},
    origin::{BODY_BYTES, HostileOrigin, body_of},
};
use futures_util::future::join_all;

/// All that the origin has given is there for a late joiner, while the origin gives nothing more.
async fn check_all_so_far_is_there(kind: &str, length: usize) {
    let origin = HostileOrigin::start().await;
    let edge = Edge::before(&origin).await;
    let path = format!("/{kind}/{length}/1.m4s");
    let mut leader = Client::send(edge.addr, &path, &[]).await;
    leader.read_body(length / 2).await;
    let joiners = join_all((0..20).map(|_| async {
        let mut joiner = Client::send(edge.addr, &path, &[]).await;
        joiner.read_body(length / 2).await;
        joiner
    }));
    let joiners = joiners.await;
    assert_eq!(origin.asked(&path).len(), 1, "{path}");
    origin.release();
    for viewer in join_all(joiners.into_iter().chain([leader]).map(Client::finish)).await {
        assert!(viewer.whole && viewer.body == body_of(length), "{path}: {}", viewer.body.len());
    }
    assert_eq!(origin.asked(&path).len(), 1, "{path}");
    edge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn late_joiners_have_all_that_has_come_at_once_however_small_the_body() {
    for kind in ["hold", "hold-chunked"] {
        for length in [3_000, 64 << 10, 2 << 20] {
            bounded(check_all_so_far_is_there(kind, length)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_herd_asks_an_origin_once_that_is_faster_than_the_herd() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let edge = Edge::before(&origin).await;
        // Some of each herd come when the flight is on its way, some when it has just ended.
        for nth in 0..50 {
            let path = format!("/fine/{nth}.m4s");
            for viewer in join_all((0..20).map(|_| fetch(edge.addr, &path, &[]))).await {
                assert!(viewer.whole && viewer.body == body_of(BODY_BYTES), "{viewer:?}");
            }
            assert_eq!(origin.asked(&path).len(), 1, "{path}");
        }
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fill_of_a_lone_leader_that_leaves_is_a_hit_for_the_next() {
    for kind in ["hold", "hold-chunked"] {
        bounded(async {
            let origin = HostileOrigin::start().await;
            let edge = Edge::before(&origin).await;
            let path = format!("/{kind}/1.m4s");
            let mut leader = Client::send(edge.addr, &path, &[]).await;
            leader.read_body(1).await;
            drop(leader);
            origin.release();
            // Joins what is left of the fill, or hits; asks for nothing either way.
            let next = fetch(edge.addr, &path, &[]).await;
            assert!(next.whole && next.body == body_of(BODY_BYTES));
            let hit = fetch(edge.addr, &path, &[]).await;
            assert!(hit.one("cache-status").contains("; hit"), "{hit:?}");
            assert_eq!(origin.asked(&path).len(), 1);
            edge.stop().await;
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_ahead_of_a_fill_is_answered_as_soon_as_it_has_come() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let edge = Edge::before(&origin).await;
        let path = "/row/thirds/1.m4s";
        let mut leader = Client::send(edge.addr, path, &[]).await;
        leader.read_body(BODY_BYTES / 3).await;
        // In the second third; the last one is held until this has ended.
        let ahead = Client::send(edge.addr, path, &[("Range", "bytes=100000-100099")]).await;
        origin.release_next();
        let ahead = ahead.finish().await;
        assert_eq!((ahead.status, ahead.whole), (206, true));
        assert_eq!(ahead.body, body_of(100_100)[100_000..]);
        origin.release_next();
        assert!(leader.finish().await.whole);
        edge.stop().await;
    })
    .await;
}
