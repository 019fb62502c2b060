//! What the edge says of itself: Cache-Status, Age, Via.

use super::{
    Edge, any_port, bounded,
    client::{Client, fetch},
    origin::{BODY_BYTES, HostileOrigin},
};
use dashpot_edge::Config;
use dashpot_serve::LogTo;
use serde_json::Value;
use std::collections::BTreeSet;

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

#[tokio::test(flavor = "multi_thread")]
async fn each_request_leaves_one_line_in_the_access_log() {
    bounded(async {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("access.jsonl");
        let origin = HostileOrigin::start().await;
        let config = Config {
            access_log: LogTo::File(path.clone()),
            ..Config::new(origin.url(), any_port())
        };
        let edge = Edge::start(config).await;
        let cmcd = [("CMCD-Request", "bl=2100,su"), ("CMCD-Object", "ot=v")];
        fetch(edge.addr, "/fine/1.m4s", &cmcd).await;
        fetch(edge.addr, "/fine/1.m4s", &[("Range", "bytes=0-9"), ("User-Agent", "tests")]).await;
        let mut broken = Client::send(edge.addr, "/cut/1.m4s", &[]).await;
        broken.read_body(1).await;
        origin.release();
        assert!(!broken.finish().await.whole);
        // The log is complete once the edge has ended.
        edge.stop().await;
        let text = std::fs::read_to_string(&path).expect("a log");
        let lines: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
        let told: Vec<_> = lines
            .iter()
            .map(|line| (line["path"].as_str(), line["status"].as_u64(), line["aborted"].as_bool()))
            .collect();
        let (segment, cut) = (Some("/fine/1.m4s"), Some("/cut/1.m4s"));
        let expected = [
            (segment, Some(200), Some(false)),
            (segment, Some(206), Some(false)),
            (cut, Some(200), Some(true)),
        ];
        assert_eq!(told, expected, "{text}");
        assert_eq!(lines[0]["cmcd"], serde_json::json!({"bl": 2100, "ot": "v", "su": true}));
        assert_eq!(lines[0]["bytes"], BODY_BYTES);
        assert_eq!((&lines[1]["bytes"], &lines[1]["range"]), (&10.into(), &"bytes=0-9".into()));
        assert_eq!(lines[1]["user_agent"], "tests");
        let status = lines[1]["cache_status"].as_str().unwrap_or_default();
        assert!(status.starts_with("dashpot-edge; hit"), "{text}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_metrics_are_the_edges_own() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let edge = Edge::before(&origin).await;
        fetch(edge.addr, "/fine/1.m4s", &[]).await;
        let health = fetch(edge.addr, "/health", &[]).await;
        let report: Value = serde_json::from_slice(&health.body).expect("JSON");
        assert_eq!((&report["status"], &report["role"]), (&"ok".into(), &"edge".into()));
        let metrics = fetch(edge.addr, "/metrics", &[]).await;
        let text = String::from_utf8(metrics.body).expect("UTF-8");
        assert!(text.ends_with("# EOF\n"), "{text}");
        let upstream = format!("dashpot_edge_upstream_bytes_total {BODY_BYTES}");
        assert!(text.lines().any(|line| line == upstream), "{text}");
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            assert!(line.starts_with("dashpot_edge_"), "{line}");
        }
        assert_eq!(origin.asked("/health").len() + origin.asked("/metrics").len(), 0);
        edge.stop().await;
    })
    .await;
}

/// The names of metrics in `text`, without what a histogram or a counter appends.
fn metrics_in(text: &str) -> BTreeSet<String> {
    let word = |char: char| !(char.is_ascii_lowercase() || char == '_');
    let names = text.split(word).filter(|word| word.starts_with("dashpot_edge_"));
    let plain = |name: &str| {
        let suffixes = ["_total", "_bucket", "_sum", "_count"];
        let plain = suffixes.iter().find_map(|suffix| name.strip_suffix(suffix));
        plain.unwrap_or(name).to_owned()
    };
    names.map(plain).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_shows_metrics_that_there_are() {
    bounded(async {
        let path = crate::judges::root().join("docs/grafana/edge.json");
        let text = std::fs::read_to_string(path).expect("the dashboard");
        let dashboard: Value = serde_json::from_str(&text).expect("JSON");
        let panels = dashboard["panels"].as_array().expect("panels");
        let shown: BTreeSet<String> = panels
            .iter()
            .flat_map(|panel| panel["targets"].as_array().expect("targets"))
            .flat_map(|target| metrics_in(target["expr"].as_str().expect("an expression")))
            .collect();
        assert!(12 <= shown.len(), "{shown:?}");

        let origin = HostileOrigin::start().await;
        let edge = Edge::before(&origin).await;
        let metrics = fetch(edge.addr, "/metrics", &[]).await;
        let mut there = metrics_in(&String::from_utf8(metrics.body).expect("UTF-8"));
        // Only an edge that speaks TLS has certificates.
        there.insert("dashpot_edge_certificate_expiry_seconds".to_owned());
        let missing: Vec<_> = shown.difference(&there).collect();
        assert!(missing.is_empty(), "{missing:?} are not among {there:?}");
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn players_are_told_of_the_way_where_the_operator_wants_it() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let mut config = Config::new(origin.url(), any_port());
        config.ops.cmsd = true;
        let edge = Edge::start(config).await;
        for _ in 0..2 {
            let response = fetch(edge.addr, "/fine/1.m4s", &[]).await;
            if dashpot_serve::Transport::new().is_err() {
                println!("skipped: the kernel does not tell of sockets here");
                return edge.stop().await;
            }
            let member = response.one("cmsd-dynamic");
            let mut keys = member.split(';');
            assert_eq!(keys.next(), Some("\"dashpot-edge\""), "{member}");
            let keys: Vec<_> = keys.filter_map(|key| key.split('=').next()).collect();
            assert!(keys.contains(&"rtt"), "{member}");
        }
        edge.stop().await;
        let edge = Edge::before(&origin).await;
        assert!(fetch(edge.addr, "/fine/1.m4s", &[]).await.all("cmsd-dynamic").is_empty());
        edge.stop().await;
    })
    .await;
}
