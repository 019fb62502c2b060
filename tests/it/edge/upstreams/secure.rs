//! Origins by TLS and by HTTP/2: an edge plays them.

use super::super::{
    Edge, any_port, bounded,
    client::fetch,
    scripted::{ScriptedOrigin, ok, status},
    tls::Files,
};
use dashpot_edge::{Config, Tls, UpstreamHttp};
use std::net::SocketAddr;
use url::Url;

/// The name that the origin's own certificate is for.
const NAME: &str = "media.example";

/// Starts what plays a secure origin: by default it shows the certificate of another name.
async fn secure(origin: &ScriptedOrigin, files: &Files) -> Edge {
    files.write("other", &["other.example"]);
    files.write("own", &[NAME]);
    let mut config = Config { name: "front".to_owned(), ..Config::new(origin.url(), any_port()) };
    config.tls = Tls {
        listen: vec![any_port()],
        certs: vec![files.cert("other"), files.cert("own")],
        keys: vec![files.key("other"), files.key("own")],
        ..Tls::default()
    };
    config.keys.hosts = Some(<_>::default());
    Edge::start(config).await
}

fn config(at: SocketAddr, files: &Files, ca: &str) -> Config {
    let url = Url::parse(&format!("https://{at}/")).expect("a URL");
    let mut config = Config::new(url, any_port());
    config.behind.ca = vec![files.cert(ca)];
    config.behind.host = Some(NAME.to_owned());
    config
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secure_origin_is_asked_by_name_in_the_version_it_speaks() {
    bounded(async {
        let origin = ScriptedOrigin::start(|_, _| ok("Cache-Control: max-age=60", "it")).await;
        let files = Files::new();
        let front = secure(&origin, &files).await;
        let at = front.tls[0];
        for (nth, (http, version)) in [
            (UpstreamHttp::Negotiated, "2"),
            (UpstreamHttp::Http1, "1.1"),
            (UpstreamHttp::Http2, "2"),
        ]
        .into_iter()
        .enumerate()
        {
            let mut config = config(at, &files, "own");
            config.behind.http = http;
            let edge = Edge::start(config).await;
            let response = fetch(edge.addr, &format!("/{nth}.m4s"), &[]).await;
            assert_eq!((response.status, &*response.body), (200, &b"it"[..]));
            let head = origin.heads().pop().expect("it was asked");
            // The certificate of the name was shown, and the name asked for.
            assert!(head.contains(&format!("\r\nhost: {NAME}:{}\r\n", at.port())), "{head}");
            assert!(head.contains(&format!("via: {version} dashpot-front\r\n")), "{head}");
            edge.stop().await;
        }
        front.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_does_not_count_is_told_with_what_to_do() {
    bounded(async {
        let origin = ScriptedOrigin::start(|_, _| ok("", "it")).await;
        let files = Files::new();
        let front = secure(&origin, &files).await;
        let at = front.tls[0];
        files.write("stranger", &[NAME]);
        let stranger = config(at, &files, "stranger");
        let mut nameless = config(at, &files, "other");
        nameless.behind.host = None;
        for (config, expected) in [(stranger, "--origin-ca"), (nameless, "--origin-host")] {
            let edge = Edge::start(config).await;
            let response = fetch(edge.addr, "/1.m4s", &[]).await;
            let text = String::from_utf8(response.body).expect("UTF-8");
            assert_eq!(response.status, 502, "{text}");
            assert!(text.contains("certificate") && text.contains(expected), "{text}");
            edge.stop().await;
        }
        assert_eq!(origin.heads().len(), 0);
        front.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_by_http_2_in_clear_text_confirms_what_is_stored() {
    bounded(async {
        let script =
            |head: &str, _| match head.to_ascii_lowercase().contains("if-none-match: \"1\"") {
                true => status("304 Not Modified", "ETag: \"1\"\nCache-Control: max-age=0"),
                false => ok("ETag: \"1\"\nCache-Control: max-age=0", "it"),
            };
        let origin = ScriptedOrigin::start(script).await;
        let front = Config { name: "front".to_owned(), ..Config::new(origin.url(), any_port()) };
        let front = Edge::start(front).await;
        let mut config = Config::new(super::super::http_url(front.addr), any_port());
        config.behind.http = UpstreamHttp::Http2;
        let edge = Edge::start(config).await;
        for expected in ["dashpot-edge; fwd=uri-miss", "dashpot-edge; fwd=stale; fwd-status=304"] {
            let response = fetch(edge.addr, "/1.m4s", &[]).await;
            assert_eq!((response.status, &*response.body), (200, &b"it"[..]));
            let told = response.all("cache-status").join(", ");
            assert!(told.contains(expected), "{told}");
        }
        let heads = origin.heads();
        assert!(heads.iter().all(|head| head.contains("via: 2 dashpot-front\r\n")), "{heads:?}");
        // An origin that does not speak it is told from one that is down.
        let mut config = Config::new(origin.url(), any_port());
        config.behind.http = UpstreamHttp::Http2;
        let wrong = Edge::start(config).await;
        let response = fetch(wrong.addr, "/1.m4s", &[]).await;
        let text = String::from_utf8(response.body).expect("UTF-8");
        assert!(response.status == 502 && text.contains("--origin-http"), "{text}");
        for edge in [wrong, edge, front] {
            edge.stop().await;
        }
    })
    .await;
}
