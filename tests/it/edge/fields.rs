//! What the edge says of itself: Cache-Status, Age, Via.

use super::{Edge, bounded, client::fetch, origin::HostileOrigin};

#[tokio::test(flavor = "multi_thread")]
async fn a_miss_then_a_hit_say_so() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let edge = Edge::before(&origin).await;
        let path = "/fine/1.m4s";
        let miss = fetch(edge.addr, path, &[]).await;
        // RFC 9211 §2.
        assert!(miss.one("cache-status").starts_with("dashpot-edge; fwd=uri-miss"), "{miss:?}");
        let hit = fetch(edge.addr, path, &[]).await;
        assert!(hit.one("cache-status").starts_with("dashpot-edge; hit; ttl="), "{hit:?}");
        let ttl = hit.one("cache-status").split("ttl=").nth(1).expect("a ttl");
        let ttl: u64 = ttl.split(';').next().unwrap_or_default().trim().parse().expect("seconds");
        // RFC 9111 §5.1: a response from a cache has an Age, and it counts against the lifetime.
        let age: u64 = hit.one("age").parse().expect("seconds");
        assert!((599..=600).contains(&(ttl + age)), "{hit:?}");
        // RFC 9110 §7.6.3: in both directions.
        assert_eq!(hit.one("via"), "1.1 dashpot-edge");
        let asked = origin.asked(path);
        assert!(asked[0].to_ascii_lowercase().contains("via: 1.1 dashpot-edge\r\n"), "{asked:?}");
        // RFC 9110 §7.6.1: the origin's `Connection: close` was for the edge.
        assert_eq!(hit.one("etag"), "\"v1\"");
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_patience_is_told_by_504_and_no_request_goes_out() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let edge = Edge::before(&origin).await;
        let fields = [("Cache-Control", "only-if-cached")];
        // RFC 9111 §5.2.1.7.
        let response = fetch(edge.addr, "/fine/1.m4s", &fields).await;
        assert_eq!((response.status, origin.asked("/fine/1.m4s").len()), (504, 0));
        edge.stop().await;
    })
    .await;
}
