//! The operator's API, as curl and the hostile use it.

use super::{
    Edge, any_port, bounded,
    client::fetch,
    http_url,
    scripted::{ScriptedOrigin, curl, ok, post, status},
};
use dashpot_edge::{Config, StartError};
use serde_json::Value;
use std::net::SocketAddr;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

async fn origin() -> ScriptedOrigin {
    ScriptedOrigin::start(|head, nth| {
        if head.starts_with("GET /film/") {
            ok("Cache-Control: max-age=600\nETag: \"v\"\nxkey: film", &format!("version {nth}"))
        } else if head.starts_with("GET /private ") {
            ok("Cache-Control: private", "mine")
        } else {
            status("404 Not Found", "Cache-Control: max-age=1")
        }
    })
    .await
}

async fn start(origin: &ScriptedOrigin, adjust: impl FnOnce(&mut Config)) -> (Edge, SocketAddr) {
    let mut config = Config::new(http_url(origin.addr), any_port());
    config.admin.listen = Some(any_port());
    adjust(&mut config);
    Edge::administered(config).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_health_is_told_without_the_token() {
    bounded(async {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("token");
        std::fs::write(&file, format!("{TOKEN}\n")).expect("written");
        let origin = origin().await;
        let (edge, admin) = start(&origin, |config| config.admin.token_file = Some(file)).await;
        let right = format!("Authorization: Bearer {TOKEN}");
        let wrong = format!("Authorization: Bearer {}x", &TOKEN[1..]);
        let short = format!("Authorization: Bearer {}", &TOKEN[1..]);
        for (field, expected) in [
            (&*right, 200),
            ("authorization: bearer 0123456789abcdef0123456789abcdef", 200),
            (&*wrong, 401),
            (&*short, 401),
            ("Authorization: Bearer ", 401),
            ("Authorization: Basic 0123456789abcdef0123456789abcdef", 401),
            ("X: y", 401),
        ] {
            for path in ["/stats", "/config", "/objects?url=/a"] {
                let (status, answer) = curl(admin, &["-H", field], path).await;
                assert_eq!(status, expected, "{field} {path}: {answer}");
                assert_eq!(answer["hint"].is_string(), expected == 401, "{answer}");
            }
        }
        assert_eq!(curl(admin, &[], "/health").await.0, 200);
        assert_eq!(post(admin, "/purge", r#"{"all":true}"#).await.0, 401);
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_listener_and_a_bad_token_do_not_start() {
    bounded(async {
        let origin = origin().await;
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("token");
        std::fs::write(&file, "too short").expect("written");
        let everywhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut config = Config::new(http_url(origin.addr), any_port());
        config.admin.listen = Some(everywhere);
        for (file, expected) in [
            (None, "--admin-token-file"),
            (Some(file), "16 to 512"),
            (Some(folder.path().join("absent")), "absent"),
        ] {
            config.admin.token_file = file;
            let error: StartError = dashpot_edge::bind(config.clone()).await.expect_err(expected);
            assert!(error.to_string().contains(expected), "{error}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_requests_are_refused_with_a_hint() {
    bounded(async {
        let origin = origin().await;
        let (edge, admin) = start(&origin, |_| ()).await;
        let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
        let long = format!(r#"{{"url":"/{}"}}"#, "a".repeat(5_000));
        for (path, json, expected) in [
            ("/purge", "", 400),
            ("/purge", "{", 400),
            ("/purge", "[]", 400),
            ("/purge", "{}", 400),
            ("/purge", r#"{"all":false}"#, 400),
            ("/purge", r#"{"all":"yes"}"#, 400),
            ("/purge", r#"{"url":"/a","tag":"b"}"#, 400),
            ("/purge", r#"{"url":"/a","sotf":true}"#, 400),
            ("/purge", r#"{"url":"a"}"#, 400),
            ("/purge", r#"{"url":"/a\n"}"#, 400),
            ("/purge", r#"{"tag":"a b"}"#, 400),
            ("/purge", r#"{"tag":""}"#, 400),
            ("/purge", &deep, 400),
            ("/purge", &long, 400),
            ("/prefill", "{}", 400),
            ("/prefill", r#"{"urls":["/a"],"rate_per_s":0}"#, 400),
            ("/prefill", r#"{"urls":["/a"],"rate_per_s":1001}"#, 400),
            ("/prefill", r#"{"urls":["/a"],"concurrency":33}"#, 400),
            ("/prefill", r#"{"urls":["ftp://h/"]}"#, 400),
            ("/prefill", r#"{"urls":["/a"],"rate_per_s":-1}"#, 400),
            ("/reload", "{}", 501),
            ("/stats", "{}", 405),
            ("/nothing", "{}", 404),
        ] {
            let (status, answer) = post(admin, path, json).await;
            let shown: String = json.chars().take(80).collect();
            assert_eq!(status, expected, "{path} {shown}: {answer}");
            assert!(answer["error"].is_string() && answer["hint"].is_string(), "{answer}");
        }
        // A page of another site cannot send JSON unasked, nor reach this by a name of its own.
        assert_eq!(curl(admin, &["-d", r#"{"all":true}"#], "/purge").await.0, 415);
        assert_eq!(curl(admin, &["-H", "Host: evil.example"], "/stats").await.0, 403);
        assert_eq!(curl(admin, &["-H", "Host: localhost:1"], "/stats").await.0, 200);
        let big = folder_with(&"x".repeat(3 << 20));
        let big = format!("@{}", big.path().join("body").display());
        let json = "Content-Type: application/json";
        let (status, _) = curl(admin, &["-H", json, "--data-binary", &big], "/purge").await;
        assert_eq!(status, 413);
        assert_eq!(curl(admin, &["-X", "DELETE"], "/prefill/none").await.0, 404);
        assert_eq!(curl(admin, &[], "/objects").await.0, 400);
        edge.stop().await;
    })
    .await;
}

fn folder_with(body: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("body"), body).expect("written");
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_is_explained() {
    bounded(async {
        let origin = origin().await;
        let (edge, admin) = start(&origin, |_| ()).await;
        let (_, none) = curl(admin, &[], "/objects?url=/film/1").await;
        assert_eq!(none["objects"], Value::Array(Vec::new()));
        fetch(edge.addr, "/film/1", &[]).await;
        let (status, shown) = curl(admin, &[], "/objects?url=/film/1").await;
        let object = &shown["objects"][0];
        assert_eq!(status, 200);
        for (name, expected) in [
            ("status", Value::from(200)),
            ("would_be", Value::from("hit")),
            ("why", Value::from("fresh")),
            ("size_bytes", Value::from(9)),
            ("tags", Value::from(vec!["film"])),
            ("tiers", Value::from(vec!["memory"])),
        ] {
            assert_eq!(object[name], expected, "{name}: {shown}");
        }
        post(admin, "/purge", r#"{"tag":"film","soft":true}"#).await;
        let (_, shown) = curl(admin, &[], "/objects?url=/film/1").await;
        let object = &shown["objects"][0];
        assert_eq!(
            (&object["would_be"], &object["why"]),
            (&"revalidated".into(), &"purged-soft".into())
        );
        let (_, metrics) = curl(admin, &[], "/metrics").await;
        let metrics = metrics.as_str().expect("text");
        for line in ["dashpot_edge_purges_total 1", "dashpot_edge_purge_rules 1"] {
            assert!(metrics.lines().any(|got| got == line), "{line}: {metrics}");
        }
        edge.stop().await;
    })
    .await;
}

async fn until_ended(admin: SocketAddr, id: &str) -> Value {
    loop {
        let (status, progress) = curl(admin, &[], &format!("/prefill/{id}")).await;
        assert_eq!(status, 200, "{progress}");
        if progress["state"] != "running" {
            return progress;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prefill_makes_hits_and_tells_what_it_could_not_have() {
    bounded(async {
        let origin = origin().await;
        let (edge, admin) = start(&origin, |_| ()).await;
        let job = r#"{"urls":["/film/1","/film/2","/private","/none"],"rate_per_s":1000}"#;
        let (status, begun) = post(admin, "/prefill", job).await;
        assert_eq!(status, 202, "{begun}");
        let progress = until_ended(admin, begun["id"].as_str().expect("an id")).await;
        let counts = [&progress["total"], &progress["done"], &progress["failed"]];
        assert_eq!(counts, [4, 2, 2], "{progress}");
        let failures = progress["failures"].to_string();
        assert!(failures.contains("not stored") && failures.contains("status 404"), "{failures}");
        for path in ["/film/1", "/film/2"] {
            let hit = fetch(edge.addr, path, &[]).await;
            assert!(hit.one("cache-status").contains("; hit"), "{hit:?}");
            assert_eq!(origin.count(path), 1);
        }
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prefill_ends_when_it_is_told_to() {
    bounded(async {
        let origin = ScriptedOrigin::start(|_, _| {
            let answer = ok("Cache-Control: max-age=600", "never whole");
            super::scripted::Answer { held: true, ..answer }
        })
        .await;
        let (edge, admin) = start(&origin, |_| ()).await;
        let mut jobs = Vec::new();
        for _ in 0..4 {
            let (status, begun) = post(admin, "/prefill", r#"{"urls":["/a"]}"#).await;
            assert_eq!(status, 202);
            jobs.push(begun["id"].as_str().expect("an id").to_owned());
        }
        // As many as may run.
        assert_eq!(post(admin, "/prefill", r#"{"urls":["/a"]}"#).await.0, 429);
        let (status, cancelled) =
            curl(admin, &["-X", "DELETE"], &format!("/prefill/{}", jobs[0])).await;
        assert_eq!((status, &cancelled["state"]), (200, &"cancelled".into()));
        assert_eq!(post(admin, "/prefill", r#"{"urls":["/a"]}"#).await.0, 202);
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_purge_and_prefill() {
    bounded(async {
        let origin = origin().await;
        let (edge, admin) = start(&origin, |_| ()).await;
        let admin = format!("http://{admin}");
        for (arguments, code, told) in [
            (
                &["prefill", "/film/1", "/film/2", "--rate", "1000"][..],
                0,
                "2 fetched, 18 bytes, 0 failed",
            ),
            (&["prefill", "/none"], 1, "/none: status 404"),
            (&["purge", "--tag", "film"], 0, "2 stored responses purged, epoch 1"),
            (&["purge", "--all", "--soft"], 0, "epoch 2"),
            (&["purge", "--url", "nothing"], 2, ""),
        ] {
            let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_dashpot"));
            command.args(arguments).args(["--admin", &admin]).env_remove("DASHPOT_CONFIG");
            let output = command.output().await.expect("dashpot runs");
            let stdout = String::from_utf8_lossy(&output.stdout);
            assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
            assert!(stdout.contains(told), "{arguments:?}: {stdout}");
        }
        edge.stop().await;
    })
    .await;
}
