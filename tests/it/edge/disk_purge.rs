//! Purges and invalidations of what is on the disk of the real binary, which is killed then.

use super::{
    bounded,
    client::fetch,
    http_url,
    process::{Process, files},
    scripted::{Answer, ScriptedOrigin, ok, post, status},
};
use std::{fs, net::SocketAddr, path::Path};
use tempfile::TempDir;
use url::Url;

const PATHS: [&str; 3] = ["/a/1", "/a/2", "/b/1"];

/// Answers with a version that rises with every request, tagged with the path's first segment.
fn versions(head: &str, nth: usize) -> Answer {
    if head.starts_with("POST") {
        return status("204 No Content", "");
    }
    let tag = head.split('/').nth(1).unwrap_or_default();
    let fields = format!("Cache-Control: max-age=600\nSurrogate-Key: all {tag}\nETag: \"{nth}\"");
    ok(&fields, &format!("version {nth}"))
}

/// Starts an edge with an operator's listener, and returns where that is.
async fn start(origin: &Url, dir: &Path) -> (Process, SocketAddr) {
    let mut edge = Process::start(origin, dir, &["--admin", "127.0.0.1:0"]).await;
    let admin = edge.admin().await;
    (edge, admin)
}

async fn body(edge: &Process, path: &str) -> String {
    let response = fetch(edge.addr, path, &[]).await;
    assert!(response.whole && response.status == 200, "{path}: {response:?}");
    String::from_utf8(response.body).expect("text")
}

/// Fills the tier in `dir` with all paths, and ends the process.
async fn fill(origin: &Url, dir: &Path) {
    let (edge, _) = start(origin, dir).await;
    for path in PATHS {
        edge.fill(path).await;
    }
    edge.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_purged_on_the_disk_alone_is_no_hit_before_and_after_a_kill() {
    bounded(async {
        let origin = ScriptedOrigin::start(versions).await;
        let url = http_url(origin.addr);
        for (purge, gone, count) in [
            (r#"{"url":"/a/1"}"#, &["/a/1"][..], Some(1)),
            (r#"{"prefix":"/a/"}"#, &["/a/1", "/a/2"], None),
            (r#"{"tag":"b"}"#, &["/b/1"], None),
            (r#"{"all":true}"#, &PATHS, Some(3)),
        ] {
            let dir = TempDir::new().expect("a directory");
            fill(&url, dir.path()).await;
            let (edge, admin) = start(&url, dir.path()).await;
            let (status, shown) = super::scripted::curl(admin, &[], "/objects?url=/a/1").await;
            assert_eq!((status, &shown["objects"][0]["tiers"][0]), (200, &"disk".into()));
            let (status, done) = post(admin, "/purge", purge).await;
            assert_eq!(status, 200, "{purge}: {done}");
            if let Some(count) = count {
                assert_eq!(done["objects"], count, "{purge}");
            }
            // The room is given back although nobody asks for them.
            let left = PATHS.len() - gone.len();
            while files(dir.path()).len() != left {
                tokio::task::yield_now().await;
            }
            edge.kill().await;
            let (edge, _) = start(&url, dir.path()).await;
            let objects = edge.count("objects").await;
            assert_eq!(objects, u64::try_from(left).expect("few"), "{purge}");
            for path in PATHS {
                let asked = origin.count(path);
                body(&edge, path).await;
                let is_gone = asked < origin.count(path);
                assert_eq!(is_gone, gone.contains(&path), "{purge}: {path}");
            }
            edge.kill().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_purged_softly_is_validated_after_a_kill() {
    bounded(async {
        let origin = ScriptedOrigin::start(versions).await;
        let url = http_url(origin.addr);
        let scopes = [r#""url":"/a/1""#, r#""prefix":"/a/1""#, r#""tag":"all""#, r#""all":true"#];
        for scope in scopes {
            let dir = TempDir::new().expect("a directory");
            fill(&url, dir.path()).await;
            let (edge, admin) = start(&url, dir.path()).await;
            let purge = format!("{{{scope},\"soft\":true}}");
            assert_eq!(post(admin, "/purge", &purge).await.0, 200);
            edge.kill().await;
            let (edge, _) = start(&url, dir.path()).await;
            let asked = origin.count("/a/1");
            let response = fetch(edge.addr, "/a/1", &[]).await;
            assert!(response.one("cache-status").contains("fwd=stale"), "{response:?}");
            assert_eq!(origin.count("/a/1"), asked + 1);
            edge.kill().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_sound_log_of_purges_nothing_from_before_is_a_hit() {
    bounded(async {
        let origin = ScriptedOrigin::start(versions).await;
        let url = http_url(origin.addr);
        for damage in ["removed", "emptied", "overwritten"] {
            let dir = TempDir::new().expect("a directory");
            fill(&url, dir.path()).await;
            let (edge, admin) = start(&url, dir.path()).await;
            assert_eq!(post(admin, "/purge", r#"{"tag":"nothing"}"#).await.0, 200);
            edge.kill().await;
            let log = dir.path().join("purges");
            match damage {
                "removed" => fs::remove_file(log).expect("there"),
                "emptied" => fs::write(log, "").expect("writable"),
                _ => fs::write(log, "\0\0\0").expect("writable"),
            }
            let (edge, _) = start(&url, dir.path()).await;
            for path in PATHS {
                let asked = origin.count(path);
                body(&edge, path).await;
                assert_eq!(origin.count(path), asked + 1, "{damage}: {path}");
            }
            edge.kill().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_unsafe_request_has_removed_is_off_the_disk_before_it_is_answered() {
    bounded(async {
        let origin = ScriptedOrigin::start(versions).await;
        let url = http_url(origin.addr);
        let dir = TempDir::new().expect("a directory");
        fill(&url, dir.path()).await;
        let (edge, _) = start(&url, dir.path()).await;
        assert_eq!(files(dir.path()).len(), PATHS.len());
        let (status, _) = super::scripted::curl(edge.addr, &["-X", "POST", "-d", ""], "/a/1").await;
        assert_eq!(status, 204);
        edge.kill().await;
        assert_eq!(files(dir.path()).len(), PATHS.len() - 1);
        let (edge, _) = start(&url, dir.path()).await;
        let asked = origin.count("/a/1");
        body(&edge, "/a/1").await;
        assert_eq!(origin.count("/a/1"), asked + 1);
    })
    .await;
}
