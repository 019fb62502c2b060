//! Origins that fail: what viewers see, and that nothing broken is kept.

use super::{
    Edge, Nobody, any_port, bounded,
    client::{Client, fetch},
    http_url,
    origin::{BODY_BYTES, HostileOrigin, body_of},
};
use dashpot_edge::Config;
use futures_util::future::join_all;

/// A truncated body is never stored, nor ended as if it were whole.
async fn check_truncation_is_seen(kind: &str) {
    let origin = HostileOrigin::start().await;
    let edge = Edge::before(&origin).await;
    let path = format!("/{kind}/1.m4s");
    for round in 1..=2 {
        origin.hold();
        let viewers = (0..5).map(|_| async {
            let mut viewer = Client::send(edge.addr, &path, &[]).await;
            viewer.read_body(1).await;
            viewer
        });
        let viewers = join_all(viewers).await;
        // The second round asks again: the first one left nothing behind.
        assert_eq!(origin.asked(&path).len(), round, "{kind}");
        origin.release();
        for response in join_all(viewers.into_iter().map(Client::finish)).await {
            assert!(!response.whole, "{kind}: a clean end after {} bytes", response.body.len());
            assert!(body_of(BODY_BYTES / 2).starts_with(&response.body), "{kind}");
        }
    }
    edge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_dies_in_a_body_breaks_every_transfer_and_leaves_nothing() {
    for kind in ["cut", "cut-chunked", "reset", "reset-chunked"] {
        bounded(check_truncation_is_seen(kind)).await;
    }
}

/// What a viewer gets twice, and how often the origin is asked for it.
async fn check_failure(kind: &str, status: u16, media_type: Option<&str>, asked: usize) {
    let origin = HostileOrigin::start().await;
    let edge = Edge::before(&origin).await;
    let path = format!("/{kind}/1.m4s");
    for _ in 0..2 {
        let response = fetch(edge.addr, &path, &[]).await;
        assert_eq!((response.status, response.whole), (status, true), "{kind}: {response:?}");
        if let Some(media_type) = media_type {
            assert_eq!(response.one("content-type"), media_type, "{kind}");
        }
        assert_eq!(response.all("cache-status").len(), 1, "{kind}: {response:?}");
    }
    assert_eq!(origin.asked(&path).len(), asked, "{kind}");
    edge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_origin_says_instead_of_a_segment_is_passed_on_and_not_kept() {
    bounded(async {
        // RFC 9111 §3: without explicit freshness an error is no stored response.
        check_failure("500", 500, Some("text/plain"), 2).await;
        check_failure("html", 200, Some("text/html"), 2).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_without_an_answer_is_a_bad_gateway() {
    bounded(async {
        // RFC 9110 §15.6.3. RFC 9112 §9.3.1: a GET may be repeated whose connection closes before
        // the answer, as one that was idle may at any time; the edge does so once.
        check_failure("silent", 502, None, 4).await;
        check_failure("half-head", 502, None, 4).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_is_not_there_is_a_bad_gateway() {
    bounded(async {
        let nobody = Nobody::new();
        let edge = Edge::start(Config::new(http_url(nobody.addr), any_port())).await;
        let response = fetch(edge.addr, "/fine/1.m4s", &[]).await;
        assert_eq!((response.status, response.whole), (502, true), "{response:?}");
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_only_the_connections_end_delimits_is_not_kept() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let edge = Edge::before(&origin).await;
        for _ in 0..2 {
            let response = fetch(edge.addr, "/close/1.m4s", &[]).await;
            assert!(response.whole && response.body == body_of(BODY_BYTES));
        }
        // RFC 9112 §8: whether it is whole cannot be known.
        assert_eq!(origin.asked("/close/1.m4s").len(), 2);
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_in_such_a_body_is_seen_by_its_client() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let edge = Edge::before(&origin).await;
        let path = "/reset-close/1.m4s";
        for asked in 1..=2 {
            origin.hold();
            let mut viewer = Client::send(edge.addr, path, &[]).await;
            viewer.read_body(1).await;
            origin.release();
            let response = viewer.finish().await;
            assert!(!response.whole, "a clean end after {} bytes", response.body.len());
            assert_eq!(origin.asked(path).len(), asked);
        }
        edge.stop().await;
    })
    .await;
}
