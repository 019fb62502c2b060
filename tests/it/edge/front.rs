//! What clients may take of an edge, and which pages may read what it serves.

use super::{Edge, any_port, bounded, client::fetch, origin::HostileOrigin};
use dashpot_base::MonoTime;
use dashpot_edge::{
    Config, Cors, Front, Rate,
    signed_url::{Form, Grant, Key, Lock},
};
use dashpot_serve::Clock;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

async fn start(origin: &HostileOrigin, front: Front) -> Edge {
    let mut config = Config::new(origin.url(), any_port());
    config.front = front;
    Edge::start(config).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_asks_too_often_waits() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        // One a minute would not come back while this runs; a second is the least that is told.
        let requests_per_client = Some(Rate { per_second: 1, burst: 30 });
        let edge = start(&origin, Front { requests_per_client, ..Front::default() }).await;
        let (clock, mut answered) = (Clock::system(), 0);
        for _ in 0..200 {
            let response = fetch(edge.addr, "/fine/1", &[]).await;
            if response.status == 429 {
                assert!((1..=2).contains(&response.one("retry-after").parse().unwrap_or(0)));
                assert_eq!(response.one("cache-control"), "no-store");
            } else {
                assert_eq!(response.status, 200);
                answered += 1;
            }
        }
        // The burst, and one for each second that this took.
        let most = 31 + clock.mono().since(MonoTime::ZERO).as_secs();
        assert!((30..=most).contains(&answered), "{answered} of 200 were answered");
        // Whoever watches the edge may always ask.
        assert_eq!(fetch(edge.addr, "/health", &[]).await.status, 200);
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_may_read_are_named() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let ours = "https://player.example";
        let listed = Cors::Origins(vec![ours.to_owned()]);
        for (cors, asks, expected) in [
            (Cors::Off, Some(ours), None),
            (Cors::Any, Some(ours), Some("*")),
            (Cors::Any, None, Some("*")),
            (listed.clone(), Some(ours), Some(ours)),
            (listed.clone(), Some("https://other.example"), None),
            (listed, None, None),
        ] {
            let edge = start(&origin, Front { cors: cors.clone(), ..Front::default() }).await;
            let fields: Vec<_> = asks.iter().map(|origin| ("Origin", *origin)).collect();
            // A miss, then a hit: what is stored is the same for every page.
            for _ in 0..2 {
                let response = fetch(edge.addr, "/fine/1", &fields).await;
                let allowed = response.all("access-control-allow-origin");
                assert_eq!(allowed, expected.into_iter().collect::<Vec<_>>(), "{cors:?} {asks:?}");
                let varies = matches!(cors, Cors::Origins(_));
                assert_eq!(response.all("vary").contains(&"Origin"), varies, "{cors:?}");
                let exposed = response.all("access-control-expose-headers").concat();
                assert_eq!(exposed.contains("Cache-Status"), expected.is_some(), "{cors:?}");
            }
            edge.stop().await;
        }
        assert_eq!(origin.asked("/fine/1").len(), 6, "one miss each");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preflight_is_answered_where_pages_may_read() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let edge = start(&origin, Front { cors: Cors::Any, ..Front::default() }).await;
        let mut stream = TcpStream::connect(edge.addr).await.expect("the edge listens");
        let head = "OPTIONS /fine/1 HTTP/1.1\r\nHost: x\r\nOrigin: https://a.example\r\n\
            Access-Control-Request-Method: GET\r\n\
            Access-Control-Request-Headers: range, cmcd-request\r\nConnection: close\r\n\r\n";
        stream.write_all(head.as_bytes()).await.expect("the edge reads");
        let mut text = String::new();
        stream.read_to_string(&mut text).await.expect("an answer");
        let text = text.to_ascii_lowercase();
        assert!(text.starts_with("http/1.1 204 "), "{text}");
        for field in [
            "access-control-allow-origin: *",
            "access-control-allow-methods: get, head",
            "access-control-allow-headers: range, cmcd-request",
        ] {
            assert!(text.contains(field), "{field}: {text}");
        }
        assert_eq!(origin.asked("/fine/1").len(), 0);
        edge.stop().await;
    })
    .await;
}

/// Runs `dashpot sign`.
fn sign(args: &[&str]) -> String {
    let mut dashpot = std::process::Command::new(env!("CARGO_BIN_EXE_dashpot"));
    let output = dashpot.arg("sign").args(args).output().expect("dashpot runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_url_opens_a_title_and_nothing_else() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let hex = "00112233445566778899aabbccddeeff";
        let key = (0..16).map(|digit| digit * 0x11).collect();
        let keys = vec![Key::new("k", key).expect("a key")];
        let then = Grant { scope: "/fine/3".to_owned(), expires: 1_000_000_000, client: None };
        let past = keys[0].sign(&then, Form::Path, "/fine/3");
        let lock = Lock { keys, skew: Duration::ZERO };
        let edge = start(&origin, Front { signed_urls: Some(lock), ..Front::default() }).await;
        let path = sign(&["--key", &format!("k={hex}"), "--path", "/fine/"]);
        let query = sign(&["--key", &format!("k={hex}"), "--path", "/fine/1", "--form", "query"]);
        let cookie = sign(&["--key", &format!("k={hex}"), "--path", "/fine/", "--form", "cookie"]);
        let cookie = format!("a=b; {}", cookie.split(';').next().unwrap_or_default());
        // One title, however it is opened, is one object: the first asks, the others hit.
        for (target, fields) in [
            (format!("{path}1"), vec![]),
            (query, vec![]),
            ("/fine/1".to_owned(), vec![("Cookie", cookie.as_str())]),
        ] {
            let response = fetch(edge.addr, &target, &fields).await;
            assert_eq!(response.status, 200, "{target}");
        }
        let asked = origin.asked("/fine/1");
        assert_eq!(asked.len(), 1, "{asked:?}");
        assert!(!asked[0].contains("dp"), "{asked:?}");
        // A miss with a cookie: what is not the edge's goes on, what is does not.
        fetch(edge.addr, "/fine/2", &[("Cookie", cookie.as_str())]).await;
        let asked = origin.asked("/fine/2").concat();
        assert!(asked.contains("a=b") && !asked.contains("dp-token"), "{asked}");
        for (target, code) in [
            ("/fine/3".to_owned(), "unsigned"),
            (path.replace("/fine/", "/hold/1"), "invalid"),
            (format!("{path}../hold/1"), "invalid"),
            (past, "expired"),
        ] {
            let response = fetch(edge.addr, &target, &[]).await;
            assert_eq!(response.status, 403, "{target}");
            assert_eq!(response.body, format!("signature: {code}\n").as_bytes(), "{target}");
        }
        assert_eq!(origin.asked("/fine/3").len(), 0);
        assert_eq!(fetch(edge.addr, "/health", &[]).await.status, 200);
        edge.stop().await;
    })
    .await;
}
