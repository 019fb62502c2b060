//! Upstreams over real sockets: edges behind edges, stand-ins, secure origins, object stores.

mod fail_over;
mod films;
mod secure;
mod store;

use super::{
    Edge, any_port, bounded,
    client::{Client, fetch},
    http_url,
    scripted::{ScriptedOrigin, ok},
};
use dashpot_edge::Config;
use dashpot_serve::{LogTo, Shutdown};
use std::{fs, net::SocketAddr, process::Stdio};
use tokio::io::{AsyncBufReadExt as _, BufReader};

/// Returns the configuration of an edge with a name of its own before what listens at `addr`.
fn before(addr: SocketAddr, name: &str) -> Config {
    Config { name: name.to_owned(), ..Config::new(http_url(addr), any_port()) }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_edges_behind_a_shield_ask_the_origin_once_for_forty_viewers() {
    bounded(async {
        let origin = ScriptedOrigin::start(|_, _| super::scripted::Answer {
            held: true,
            ..ok("Cache-Control: max-age=60", &"x".repeat(10_000))
        })
        .await;
        let shield = Edge::start(before(origin.addr, "shield")).await;
        let edges = [
            Edge::start(before(shield.addr, "a")).await,
            Edge::start(before(shield.addr, "b")).await,
        ];
        let mut viewers = Vec::new();
        for edge in &edges {
            for _ in 0..20 {
                viewers.push(Client::send(edge.addr, "/1.m4s", &[]).await);
            }
        }
        for viewer in &mut viewers {
            viewer.read_body(5_000).await;
        }
        origin.let_go();
        for viewer in viewers {
            let viewer = viewer.finish().await;
            assert!(viewer.whole && viewer.body.len() == 10_000);
            // RFC 9211 §2: the cache nearest to the origin comes first.
            let told = viewer.all("cache-status").join(", ");
            let (shield, edge) = told.split_once(", dashpot-").expect("two members");
            assert!(shield.starts_with("dashpot-shield; fwd=uri-miss"), "{told}");
            assert!(edge.starts_with('a') || edge.starts_with('b'), "{told}");
            // RFC 9110 §7.6.3.
            let via = viewer.all("via").join(", ");
            assert!(via.starts_with("1.1 dashpot-shield, 1.1 dashpot-"), "{via}");
        }
        assert_eq!(origin.count("/1.m4s"), 1);
        let head = origin.heads().remove(0);
        for field in ["via", "cdn-loop"] {
            let prefix = format!("{field}: ");
            let passed: Vec<_> =
                head.lines().filter_map(|line| line.strip_prefix(&prefix)).collect();
            let passed = passed.join(", ");
            // RFC 8586 §2, as Via: each node adds itself at the end.
            assert!(passed.contains("dashpot-") && passed.ends_with("dashpot-shield"), "{head}");
        }
        for edge in edges.into_iter().chain([shield]) {
            edge.stop().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loop_of_two_edges_is_told_at_once() {
    bounded(async {
        let nowhere = http_url(any_port());
        let server =
            dashpot_edge::bind(Config { name: "a".to_owned(), ..Config::new(nowhere, any_port()) });
        let server = server.await.expect("the edge binds");
        let (a, handle, shutdown) = (server.addr(), server.handle(), Shutdown::new());
        let running = tokio::spawn(server.run(shutdown.clone()));
        let b = Edge::start(before(a, "b")).await;
        let looped = Config { origin: http_url(b.addr), ..handle.config() };
        assert_eq!(handle.reload(looped).expect("a configuration"), Vec::<&str>::new());
        for entry in [a, b.addr] {
            let response = fetch(entry, "/1.m4s", &[]).await;
            let text = String::from_utf8(response.body).expect("UTF-8");
            // RFC 5842 §7.2.
            assert_eq!(response.status, 508, "{text}");
            assert!(text.contains("--name") && text.contains("leads back"), "{text}");
        }
        // One round, and its end.
        let metrics = fetch(a, "/metrics", &[]).await;
        let text = String::from_utf8(metrics.body).expect("UTF-8");
        let count =
            text.lines().find(|line| line.starts_with("dashpot_edge_upstream_requests_total"));
        assert_eq!(count, Some("dashpot_edge_upstream_requests_total 2"));
        b.stop().await;
        shutdown.begin();
        running.await.expect("no panic").expect("the edge runs");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_edges_of_one_name_are_told_to_take_names() {
    bounded(async {
        let origin = ScriptedOrigin::start(|_, _| ok("Cache-Control: max-age=60", "x")).await;
        let shield = Edge::start(Config::new(origin.url(), any_port())).await;
        let edge = Edge::start(Config::new(http_url(shield.addr), any_port())).await;
        let response = fetch(edge.addr, "/1.m4s", &[]).await;
        let text = String::from_utf8(response.body).expect("UTF-8");
        assert_eq!((response.status, origin.heads().len()), (508, 0), "{text}");
        assert!(text.contains("another one with the same --name"), "{text}");
        edge.stop().await;
        shield.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trace_goes_on_to_the_origin_and_what_it_says_of_the_media_comes_back() {
    bounded(async {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("access.jsonl");
        let cmsd = "ot=v,d=4000,n=\"origin\"";
        let script = move |_: &str, _| {
            ok(&format!("Cache-Control: max-age=60\nCMSD-Static: {cmsd}"), "segment")
        };
        let origin = ScriptedOrigin::start(script).await;
        let edge = Edge::start(Config {
            access_log: LogTo::File(log.clone()),
            ..Config::new(origin.url(), any_port())
        })
        .await;
        let (id, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        let fields = [
            ("traceparent", format!("00-{id}-{parent}-01")),
            ("tracestate", "vendor=value".to_owned()),
        ];
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        for _ in 0..2 {
            assert_eq!(fetch(edge.addr, "/1.m4s", &fields).await.one("cmsd-static"), cmsd);
        }
        edge.stop().await;
        let heads = origin.heads();
        assert_eq!(heads.len(), 1);
        // W3C Trace Context §3.4: the trace is the same; the parent may be the edge's own.
        assert!(heads[0].contains(&format!("\r\ntraceparent: 00-{id}-")), "{heads:?}");
        assert!(heads[0].contains("\r\ntracestate: vendor=value"), "{heads:?}");
        let log = fs::read_to_string(log).expect("a log");
        assert_eq!(log.lines().count(), 2);
        for line in log.lines() {
            let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
            assert_eq!(line["trace"], id);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_from_a_file_goes_to_the_origin_and_is_shown_to_nobody() {
    bounded(async {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("key");
        fs::write(&file, "very secret\n").expect("a file");
        let origin = ScriptedOrigin::start(|_, _| ok("Cache-Control: max-age=60", "x")).await;
        let field = format!("X-Edge-Key: @{}", file.display());
        let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_dashpot"))
            .args(["edge", "--listen", "127.0.0.1:0", "--log-level", "trace"])
            .args(["--origin", origin.url().as_str(), "--origin-header", &field])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the binary starts");
        let stdout = child.stdout.take().expect("piped");
        let line = BufReader::new(stdout).lines().next_line().await.expect("reads");
        let url = url::Url::parse(&line.expect("the address")).expect("a URL");
        let addr = url.socket_addrs(|| None).expect("an address")[0];
        let response = fetch(addr, "/1.m4s", &[("X-Edge-Key", "forged")]).await;
        assert_eq!(response.status, 200);
        assert!(response.all("x-edge-key").is_empty());
        let head = origin.heads().remove(0);
        assert!(head.contains("\r\nx-edge-key: very secret\r\n"), "{head}");
        assert!(!head.contains("forged"), "{head}");
        child.start_kill().expect("it runs");
        let output = child.wait_with_output().await.expect("it ends");
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(!log.is_empty() && !log.contains("very secret"), "{log}");
    })
    .await;
}
