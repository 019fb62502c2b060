//! The edge over loopback sockets, in front of an origin that is told what to do.

mod broken_parts;
mod faults;
mod freshness;
mod http2;
mod invalidated;
mod load;
mod passing;
mod semantics;
mod sharing;
mod viewers;

use super::*;
use crate::fixture::{Edge as TestEdge, Gate, Origin, Step, config, field, response, send};

#[tokio::test]
async fn an_address_in_use_and_a_bad_origin_are_named() {
    let origin = Origin::start(|_, _| response("200 OK", "", "")).await;
    let mut taken = config(origin.addr);
    taken.listen = origin.addr;
    let message = bind(taken).await.unwrap_err().to_string();
    assert!(message.contains(&origin.addr.to_string()), "{message}");
    for bad in ["ftp://h/", "http://h/?q", "http://user@h/", "http://h/#f"] {
        let mut config = config(origin.addr);
        config.origin = bad.parse().unwrap();
        let message = bind(config).await.unwrap_err().to_string();
        assert!(message.contains(bad), "{message}");
    }
    let mut config = config(origin.addr);
    config.name = "two words".to_owned();
    assert!(matches!(bind(config).await, Err(StartError::Name { .. })));
}

#[tokio::test]
async fn health_metrics_and_stats_are_the_edges_own() {
    let origin =
        Origin::start(|_, _| response("200 OK", "cache-control: max-age=60", "body")).await;
    let edge = TestEdge::start(origin.addr, |config| config.lab = Lab::On).await;
    for _ in 0..3 {
        edge.get("/a", &[]).await.bytes().await.unwrap();
    }
    let health = edge.get("/health", &[]).await.text().await.unwrap();
    assert!(health.contains("\"role\":\"edge\""), "{health}");
    let metrics = edge.get("/metrics", &[]).await.text().await.unwrap();
    assert!(metrics.contains("dashpot_edge_requests_total{cache=\"hit\"} 2"), "{metrics}");
    assert!(metrics.contains("dashpot_edge_cache_objects 1"), "{metrics}");
    let stats = edge.stats().await;
    assert_eq!(stats["name"], "dashpot-test");
    assert_eq!((&stats["requests"], &stats["hits"]), (&3.into(), &2.into()));
    assert_eq!((&stats["bytes_to_clients"], &stats["bytes_from_origin"]), (&12.into(), &4.into()));
    assert_eq!((&stats["objects"], &stats["fills_running"]), (&1.into(), &0.into()));
    let newest = &stats["recent"][0];
    assert_eq!((&newest["method"], &newest["path"]), (&"GET".into(), &"/a".into()));
    assert_eq!(newest["status"], 200);
    assert!(newest["cache_status"].as_str().unwrap().starts_with("dashpot-test; hit"));
    assert_eq!(edge.get("/_dashpot/none", &[]).await.status(), 404);
    assert_eq!(origin.count(), 1);
    edge.stop().await;
    // What others watch is nobody's business outside a laboratory.
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    edge.get("/a", &[]).await.bytes().await.unwrap();
    assert_eq!(edge.stats().await["recent"], serde_json::json!([]));
    edge.stop().await;
}
