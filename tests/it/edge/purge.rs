//! What an operator declares obsolete is not served again, whatever is stored or on its way.

use super::{
    Edge, any_port, bounded,
    client::{Client, fetch},
    http_url,
    scripted::{Answer, ScriptedOrigin, curl, ok, post, status},
};
use dashpot_edge::{Admin, Config};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// An origin whose every answer is another version, and an edge with an operator's listener.
struct Site {
    origin: ScriptedOrigin,
    edge: Edge,
    admin: SocketAddr,
}

impl Site {
    async fn start(script: impl Fn(&str, usize) -> Answer + Send + Sync + 'static) -> Self {
        Self::with(script, |_| ()).await
    }

    async fn with(
        script: impl Fn(&str, usize) -> Answer + Send + Sync + 'static,
        adjust: impl FnOnce(&mut Admin),
    ) -> Self {
        let origin = ScriptedOrigin::start(script).await;
        let mut config = Config::new(http_url(origin.addr), any_port());
        config.admin.listen = Some(any_port());
        adjust(&mut config.admin);
        let (edge, admin) = Edge::administered(config).await;
        Self { origin, edge, admin }
    }

    async fn body(&self, path: &str) -> String {
        self.body_with(path, &[]).await
    }

    async fn body_with(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let response = fetch(self.edge.addr, path, fields).await;
        assert!(response.whole && response.status == 200, "{path}: {response:?}");
        String::from_utf8(response.body).expect("text")
    }

    /// Purges, and returns how many responses in memory that concerned.
    async fn purge(&self, json: &str) -> u64 {
        let (status, answer) = post(self.admin, "/purge", json).await;
        assert_eq!(status, 200, "{json}: {answer}");
        answer["objects"].as_u64().expect("a count")
    }
}

/// Answers with a version that rises with every request, tagged with the path's first segment.
fn versions(head: &str, nth: usize) -> Answer {
    let tag = head.split('/').nth(1).unwrap_or_default();
    ok(&format!("Cache-Control: max-age=600\nSurrogate-Key: all {tag}"), &format!("version {nth}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_scope_takes_what_it_says_and_leaves_the_rest() {
    bounded(async {
        let site = Site::start(versions).await;
        for (purge, gone) in [
            (r#"{"url":"/a/1"}"#, &["/a/1"][..]),
            (r#"{"url":"http://any.example/a/1?CMCD=x"}"#, &["/a/1"]),
            (r#"{"prefix":"/a/"}"#, &["/a/1", "/a/2"]),
            (r#"{"prefix":"/a/2"}"#, &["/a/2"]),
            (r#"{"tag":"b"}"#, &["/b/1"]),
            (r#"{"tag":"all"}"#, &["/a/1", "/a/2", "/b/1"]),
            (r#"{"all":true}"#, &["/a/1", "/a/2", "/b/1"]),
            (r#"{"tag":"c"}"#, &[]),
        ] {
            let mut before = Vec::new();
            for path in ["/a/1", "/a/2", "/b/1"] {
                before.push((path, site.body(path).await));
            }
            let count = u64::try_from(gone.len()).expect("few");
            assert_eq!(site.purge(purge).await, count, "{purge}");
            for (path, version) in before {
                let is_new = site.body(path).await != version;
                assert_eq!(is_new, gone.contains(&path), "{path} after {purge}");
            }
        }
        site.edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_are_for_caches_unless_they_are_to_be_kept() {
    bounded(async {
        for keep in [false, true] {
            let site = Site::with(versions, |admin| admin.keep_tags = keep).await;
            for _ in 0..2 {
                let response = fetch(site.edge.addr, "/a/1", &[]).await;
                assert_eq!(response.all("surrogate-key").len(), usize::from(keep));
            }
            site.edge.stop().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_of_a_url_takes_all_its_variants() {
    bounded(async {
        let site = Site::start(|head, nth| {
            let coding = if head.contains("gzip") { "gzip" } else { "plain" };
            let fields = "Cache-Control: max-age=600\nVary: Accept-Encoding";
            ok(fields, &format!("{coding} {nth}"))
        })
        .await;
        let gzip = [("Accept-Encoding", "gzip")];
        let before = (site.body("/v").await, site.body_with("/v", &gzip).await);
        assert_eq!(before, ("plain 0".to_owned(), "gzip 1".to_owned()));
        let (_, shown) = curl(site.admin, &[], "/objects?url=%2Fv").await;
        assert_eq!(shown["objects"].as_array().map(Vec::len), Some(2), "{shown}");
        assert_eq!(site.purge(r#"{"url":"/v"}"#).await, 2);
        assert_eq!(site.body("/v").await, "plain 2");
        assert_eq!(site.body_with("/v", &gzip).await, "gzip 3");
        site.edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fetch_under_way_during_a_purge_brings_nothing_back() {
    bounded(async {
        for purge in
            [r#"{"url":"/a/1"}"#, r#"{"prefix":"/a/"}"#, r#"{"tag":"a"}"#, r#"{"all":true}"#]
        {
            let site = Site::start(|head, nth| Answer { held: nth == 0, ..versions(head, nth) });
            let site = site.await;
            let mut early = Client::send(site.edge.addr, "/a/1", &[]).await;
            early.read_body(1).await;
            site.purge(purge).await;
            // Who asks after the purge does not get what was asked for before it.
            assert_eq!(site.body("/a/1").await, "version 1", "{purge}");
            site.origin.let_go();
            let early = early.finish().await;
            assert_eq!((early.whole, &*early.body), (true, &b"version 0"[..]), "{purge}");
            // And what has landed since is not what is served.
            assert_eq!(site.body("/a/1").await, "version 1", "{purge}");
            assert_eq!(site.origin.count("/a/1"), 2, "{purge}");
            site.edge.stop().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_purged_softly_is_validated_and_covers_errors() {
    bounded(async {
        let site = Site::start(|head, nth| match nth {
            0 => ok("Cache-Control: max-age=600, stale-if-error=600\nETag: \"v\"", "version 0"),
            1 if head.contains("\r\nif-none-match: \"v\"\r\n") => status(
                "304 Not Modified",
                "Cache-Control: max-age=600, stale-if-error=600\nETag: \"v\"",
            ),
            _ => status("503 Service Unavailable", ""),
        })
        .await;
        assert_eq!(site.body("/a").await, "version 0");
        assert_eq!(site.purge(r#"{"url":"/a","soft":true}"#).await, 1);
        let validated = fetch(site.edge.addr, "/a", &[]).await;
        assert!(validated.one("cache-status").contains("fwd=stale"), "{validated:?}");
        // Validated is fresh.
        assert_eq!((site.body("/a").await, site.origin.count("/a")), ("version 0".to_owned(), 2));
        site.purge(r#"{"all":true,"soft":true}"#).await;
        // RFC 5861 §4.
        assert_eq!((site.body("/a").await, site.origin.count("/a")), ("version 0".to_owned(), 3));
        // A hard purge leaves nothing to cover with.
        site.purge(r#"{"url":"/a"}"#).await;
        assert_eq!(fetch(site.edge.addr, "/a", &[]).await.status, 503);
        site.edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_purged_softly_is_served_while_it_is_fetched_anew() {
    bounded(async {
        let site = Site::start(|_, nth| {
            let fields = "Cache-Control: max-age=600, stale-while-revalidate=600";
            Answer { held: nth == 1, ..ok(fields, &format!("version {nth}")) }
        })
        .await;
        assert_eq!(site.body("/a").await, "version 0");
        site.purge(r#"{"prefix":"/","soft":true}"#).await;
        // The refresh cannot have come: its body is held.
        for _ in 0..3 {
            assert_eq!(site.body("/a").await, "version 0");
        }
        site.origin.let_go();
        while site.body("/a").await == "version 0" {
            tokio::task::yield_now().await;
        }
        assert_eq!((site.body("/a").await, site.origin.count("/a")), ("version 1".to_owned(), 2));
        site.edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn purge_is_a_method_for_those_who_may() {
    bounded(async {
        let purge = ["-X", "PURGE"];
        let site = Site::with(versions, |admin| {
            admin.purge_from = vec!["127.0.0.0/8".parse().expect("a network")];
        })
        .await;
        let version = site.body("/a/1").await;
        assert_eq!(curl(site.edge.addr, &purge, "/a/1").await.0, 200);
        assert_ne!(site.body("/a/1").await, version);
        assert_eq!(curl(site.edge.addr, &purge, "/never").await.0, 404);
        site.edge.stop().await;
        let site = Site::with(versions, |admin| {
            admin.purge_from = vec!["192.0.2.0/24".parse().expect("a network")];
        })
        .await;
        let version = site.body("/a/1").await;
        let (status, answer) = curl(site.edge.addr, &purge, "/a/1").await;
        assert_eq!((status, answer["error"].as_str()), (403, Some("you may not purge")));
        assert_eq!(site.body("/a/1").await, version);
        site.edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn purges_are_made_while_viewers_hammer_and_nobody_sees_the_past() {
    bounded(async {
        let current = Arc::new(AtomicU64::new(0));
        let published = Arc::clone(&current);
        let site = Site::start(move |_, _| {
            let version = published.load(Ordering::SeqCst);
            ok("Cache-Control: max-age=600", &version.to_string())
        })
        .await;
        for version in 1..=20_u64 {
            current.store(version, Ordering::SeqCst);
            site.purge(r#"{"prefix":"/a"}"#).await;
            let viewers = (0..8).map(|_| site.body("/a"));
            for body in futures_util::future::join_all(viewers).await {
                assert_eq!(body, version.to_string());
            }
        }
        assert_eq!(site.origin.count("/a"), 20);
        site.edge.stop().await;
    })
    .await;
}
