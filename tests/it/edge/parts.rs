//! What is stored in parts: shown, purged and invalidated as what is stored whole.

use super::{
    Edge, any_port,
    blocks::origin::{LENGTH, MIB, RangeOrigin, bytes_of},
    bounded,
    client::{Client, fetch},
    process::{Process, files},
    scripted::{curl, post},
};
use dashpot_edge::Config;
use serde_json::{Value, json};
use std::{net::SocketAddr, path::Path};
use tempfile::TempDir;

/// The scopes of a purge that concern `/a/film`, which is tagged `a`.
const SCOPES: [&str; 3] = [r#"{"url":"/a/film"}"#, r#"{"prefix":"/a/"}"#, r#"{"tag":"a"}"#];

/// Asks for two bytes, one in each of the first two blocks, and returns what Cache-Status says.
async fn watch(edge: SocketAddr) -> String {
    let response = fetch(edge, "/a/film", &[("Range", "bytes=1048575-1048576")]).await;
    assert_eq!(response.status, 206);
    assert!(response.whole && response.body == bytes_of(0, MIB - 1, MIB));
    response.one("cache-status").to_owned()
}

/// Waits until the operator is shown `present` bytes of the film, and returns all that is shown.
async fn shown(admin: SocketAddr, present: u64) -> Value {
    loop {
        let (status, shown) = curl(admin, &[], "/objects?url=/a/film").await;
        assert_eq!(status, 200, "{shown}");
        if shown["objects"][0]["parts"]["present_bytes"] == present {
            return shown["objects"][0].clone();
        }
        tokio::task::yield_now().await;
    }
}

async fn start(origin: &RangeOrigin) -> (Edge, SocketAddr) {
    let mut config = Config::new(origin.url(), any_port());
    config.admin.listen = Some(any_port());
    Edge::administered(config).await
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_are_shown_with_how_much_of_them_there_is() {
    bounded(async {
        let origin = RangeOrigin::start().await;
        let (edge, admin) = start(&origin).await;
        watch(edge.addr).await;
        let film = shown(admin, 2 * MIB).await;
        let parts = json!({"present_bytes": 2 * MIB, "total_bytes": LENGTH, "validator": "\"0\""});
        for (name, expected) in [
            ("parts", parts),
            ("size_bytes", json!(2 * MIB)),
            ("status", json!(200)),
            ("tags", json!(["a"])),
            ("tiers", json!(["memory"])),
            ("would_be", json!("partial")),
        ] {
            assert_eq!(film[name], expected, "{name}: {film}");
        }
        let whole = fetch(edge.addr, "/a/film", &[]).await;
        assert!(whole.whole && whole.body == bytes_of(0, 0, LENGTH - 1));
        assert_eq!(shown(admin, LENGTH).await["would_be"], "hit");
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_of_each_scope_takes_parts_in_memory() {
    bounded(async {
        let origin = RangeOrigin::start().await;
        let (edge, admin) = start(&origin).await;
        for purge in SCOPES {
            assert!(watch(edge.addr).await.contains("; fwd=uri-miss"), "{purge}");
            shown(admin, 2 * MIB).await;
            assert!(watch(edge.addr).await.contains("; hit"), "{purge}");
            let (status, done) = post(admin, "/purge", purge).await;
            assert_eq!((status, &done["objects"]), (200, &json!(1)), "{purge}: {done}");
            let (_, gone) = curl(admin, &[], "/objects?url=/a/film").await;
            assert_eq!(gone["objects"], json!([]), "{purge}");
        }
        edge.stop().await;
    })
    .await;
}

async fn process(origin: &RangeOrigin, dir: &Path) -> (Process, SocketAddr) {
    let mut edge = Process::start(&origin.url(), dir, &["--admin", "127.0.0.1:0"]).await;
    let admin = edge.admin().await;
    (edge, admin)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_of_each_scope_takes_parts_on_the_disk_and_they_stay_away() {
    bounded(async {
        let origin = RangeOrigin::start().await;
        for purge in SCOPES {
            let dir = TempDir::new().expect("a directory");
            let (edge, admin) = process(&origin, dir.path()).await;
            watch(edge.addr).await;
            shown(admin, 2 * MIB).await;
            // Asked for again, they are written: two blocks and their head.
            watch(edge.addr).await;
            edge.until("objects", 3).await;
            edge.kill().await;

            let (edge, admin) = process(&origin, dir.path()).await;
            let film = shown(admin, 2 * MIB).await;
            assert_eq!(film["tiers"], json!(["disk"]), "{purge}: {film}");
            assert_eq!(film["parts"]["total_bytes"], LENGTH, "{purge}: {film}");
            assert_eq!(post(admin, "/purge", purge).await.0, 200, "{purge}");
            // The room is given back although nobody asks for them.
            while !files(dir.path()).is_empty() {
                tokio::task::yield_now().await;
            }
            edge.kill().await;

            let (edge, _) = process(&origin, dir.path()).await;
            assert_eq!(edge.count("objects").await, 0, "{purge}");
            assert!(watch(edge.addr).await.contains("; fwd=uri-miss"), "{purge}");
            edge.kill().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_4_4_a_block_on_its_way_is_not_stored_once_an_unsafe_request_was_answered() {
    bounded(async {
        let origin = RangeOrigin::start().await;
        let (edge, _) = start(&origin).await;
        let range = [("Range", "bytes=0-1048575")];
        let mut viewer = Client::send(edge.addr, "/held/film", &range).await;
        viewer.read_body(1).await;
        let posted = ["-X", "POST", "-d", ""];
        assert_eq!(curl(edge.addr, &posted, "/held/film").await.0, 204);
        origin.release();
        // Who has begun gets all of what it began with.
        let viewer = viewer.finish().await;
        assert!(viewer.whole && viewer.body == bytes_of(0, 0, MIB - 1));
        loop {
            let stats = fetch(edge.addr, "/_dashpot/stats", &[]).await;
            let stats: Value = serde_json::from_slice(&stats.body).expect("JSON");
            if stats["fills_running"] == 0 {
                assert_eq!(stats["objects"], 0, "{stats}");
                break;
            }
            tokio::task::yield_now().await;
        }
        let asked = origin.ranges().len();
        let again = fetch(edge.addr, "/held/film", &range).await;
        assert!(again.one("cache-status").contains("; fwd=uri-miss"), "{again:?}");
        assert_eq!(origin.ranges().len(), asked + 1);
        edge.stop().await;
    })
    .await;
}
