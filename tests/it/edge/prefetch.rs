//! The next segment is there before it is asked for.

use super::{
    Edge, any_port, bounded,
    client::fetch,
    http_url,
    scripted::{ScriptedOrigin, curl, ok, status},
};
use dashpot_edge::{Config, Prefetch};
use std::net::SocketAddr;

async fn start(prefetch: Prefetch) -> (ScriptedOrigin, Edge, SocketAddr) {
    let origin = ScriptedOrigin::start(|head, _| {
        let path = head.split(' ').nth(1).unwrap_or_default();
        match path {
            "/a/4.m4s" => status("404 Not Found", ""),
            _ => ok("Cache-Control: max-age=600", path),
        }
    })
    .await;
    let mut config = Config::new(http_url(origin.addr), any_port());
    config.admin.listen = Some(any_port());
    config.fill.prefetch = prefetch;
    let (edge, admin) = Edge::administered(config).await;
    (origin, edge, admin)
}

/// Waits until `path` has been fetched and stored.
async fn until_stored(admin: SocketAddr, path: &str) {
    loop {
        let (_, shown) = curl(admin, &[], &format!("/objects?url={path}")).await;
        if shown["objects"][0]["would_be"] == "hit" {
            return;
        }
    }
}

async fn metric(admin: SocketAddr, name: &str) -> u64 {
    let (_, metrics) = curl(admin, &[], "/metrics").await;
    let metrics = metrics.as_str().expect("text").to_owned();
    let value = metrics.lines().find_map(|line| line.strip_prefix(name));
    value.expect("the metric").trim().parse().expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_player_announces_is_a_hit_when_it_is_asked_for() {
    bounded(async {
        let cmcd = Prefetch { by_cmcd: true, ..Prefetch::default() };
        let (origin, edge, admin) = start(cmcd).await;
        fetch(edge.addr, "/a/1.m4s", &[("CMCD-Request", "nor=\"../b/2.m4s\"")]).await;
        until_stored(admin, "/b/2.m4s").await;
        fetch(edge.addr, "/a/1.m4s?CMCD=nor%3D%223.m4s%22", &[]).await;
        until_stored(admin, "/a/3.m4s").await;
        for path in ["/b/2.m4s", "/a/3.m4s"] {
            let hit = fetch(edge.addr, path, &[]).await;
            assert!(hit.one("cache-status").contains("; hit"), "{hit:?}");
            assert_eq!(origin.count(path), 1);
        }
        // What is stored is not fetched again, nor what is elsewhere.
        for next in ["2.m4s", "../../../x", "//evil/x", "http://evil/x"] {
            let field = format!("nor=\"{next}\"");
            fetch(edge.addr, "/b/2.m4s", &[("CMCD-Request", &field)]).await;
        }
        assert_eq!(metric(admin, "dashpot_edge_prefetches_total").await, 2);
        assert_eq!(metric(admin, "dashpot_edge_prefetch_hits_total").await, 2);
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_two_segments_is_fetched_and_a_wrong_guess_not_repeated() {
    bounded(async {
        let pattern = Prefetch { by_pattern: true, ..Prefetch::default() };
        let (origin, edge, admin) = start(pattern).await;
        fetch(edge.addr, "/a/1.m4s", &[]).await;
        assert_eq!(metric(admin, "dashpot_edge_prefetches_total").await, 0);
        fetch(edge.addr, "/a/2.m4s", &[]).await;
        until_stored(admin, "/a/3.m4s").await;
        fetch(edge.addr, "/a/3.m4s", &[]).await;
        // The fourth is not there; the guess is made once.
        while origin.count("/a/4.m4s") == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(metric(admin, "dashpot_edge_prefetch_hits_total").await, 1);
        assert_eq!(origin.count("/a/3.m4s"), 1);
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_fetched_ahead_by_default_or_without_room() {
    bounded(async {
        let none = Prefetch { by_cmcd: true, outstanding_max: 0, ..Prefetch::default() };
        for prefetch in [Prefetch::default(), none] {
            let (origin, edge, admin) = start(prefetch).await;
            for path in ["/a/1.m4s", "/a/2.m4s"] {
                fetch(edge.addr, path, &[("CMCD-Request", "nor=\"9.m4s\"")]).await;
            }
            assert_eq!(metric(admin, "dashpot_edge_prefetches_total").await, 0);
            assert_eq!(origin.count("/a/9.m4s") + origin.count("/a/3.m4s"), 0);
            edge.stop().await;
        }
    })
    .await;
}
