//! Uploads, connections that rest, and how clients learn that there is HTTP/3.

use super::{Client, SEGMENT, begin, config};
use crate::edge::{
    Edge, any_port, bounded, http_url,
    origin::{HostileOrigin, body_of},
    tls::Files,
};
use axum::{Router, extract::Request, response::Response};
use dashpot_serve::{Listener, Options, Shutdown, TowerToHyperService, serve};
use http::{HeaderMap, Method, Version, header};
use std::{fs, time::Duration};

/// Answers with the request's body, as it comes, and with its fields of framing in `Told`.
async fn echo(request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let field = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let length = field(header::CONTENT_LENGTH).unwrap_or("-");
    let told = format!("{length} {}", field(header::TRANSFER_ENCODING).unwrap_or("-"));
    Response::builder().header("told", told).body(body).expect("a response")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_comes_back_as_it_was() {
    bounded(async {
        let listener = Listener::bind(any_port()).await.expect("a free port");
        let (url, shutdown) = (http_url(listener.addr()), Shutdown::new());
        let service = TowerToHyperService::new(Router::new().fallback(echo));
        let options = Options::new(shutdown.clone());
        let origin = tokio::spawn(serve(listener, move |_| service.clone(), options));
        let (placeholder, files) = (HostileOrigin::start().await, Files::new());
        files.write("a", &["a.test"]);
        let mut config = config(&placeholder, &files);
        config.origin = url;
        let edge = Edge::start(config).await;
        let client = Client::connect(edge.tls[0], &files.cert("a")).await.expect("a connection");
        // More than all windows; one frame; nothing.
        for (method, length, is_told, framing) in [
            (Method::POST, 3 << 20, true, "3145728 -"),
            (Method::POST, 3 << 20, false, "- chunked"),
            (Method::PUT, 7, true, "7 -"),
            (Method::POST, 0, true, "0 -"),
            (Method::DELETE, 0, false, "- -"),
        ] {
            let mut request = http::Request::builder().method(&method).uri("https://a.test/up");
            if is_told {
                request = request.header(header::CONTENT_LENGTH, length);
            }
            let request = request.body(()).expect("a request");
            let got = client.upload(request, body_of(length)).await;
            let (head, body) = got.expect("a response");
            assert!(body == body_of(length), "{method} {length}: {} bytes", body.len());
            let told = head.headers.get("told").map(|told| told.to_str().expect("ASCII"));
            assert_eq!(told, Some(framing), "{method} {length}");
        }
        edge.stop().await;
        shutdown.begin();
        origin.await.expect("the origin ends");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_rests_is_closed() {
    bounded(async {
        let (origin, files) = (HostileOrigin::start().await, Files::new());
        files.write("a", &["a.test"]);
        let mut config = config(&origin, &files);
        // Longer than a busy machine takes from the connection to the request.
        config.front.limits.idle_timeout = Duration::from_secs(2);
        let edge = Edge::start(config).await;
        let client = Client::connect(edge.tls[0], &files.cert("a")).await.expect("a connection");
        assert_eq!(client.get(SEGMENT, None).await.expect("a response").status, 200);
        client.quic.closed().await;
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_by_tcp_and_tls_is_told_of_http_3() {
    bounded(async {
        let (origin, files, edge) = begin().await;
        let told = |headers: &HeaderMap| {
            headers.get(header::ALT_SVC).map(|told| told.to_str().expect("ASCII").to_owned())
        };
        let pem = fs::read(files.cert("a")).expect("a file");
        let trusted = reqwest::Certificate::from_pem(&pem).expect("PEM");
        let builder = || {
            reqwest::Client::builder()
                .no_proxy()
                .tls_certs_only([trusted.clone()])
                .resolve("a.test", edge.tls[0])
        };
        let port = edge.tls[0].port();
        let url = format!("https://a.test:{port}{SEGMENT}");
        for (client, version) in
            [(builder(), Version::HTTP_2), (builder().http1_only(), Version::HTTP_11)]
        {
            let client = client.build().expect("a client");
            let got = client.get(&url).send().await.expect("a response");
            assert_eq!(got.version(), version);
            // RFC 7838 §3.
            assert_eq!(told(got.headers()), Some(format!("h3=\":{port}\"; ma=86400")));
        }
        // Not where it is not so: without TLS, and where HTTP/3 is off.
        let client = builder().build().expect("a client");
        let plain = format!("http://{}{SEGMENT}", edge.addr);
        assert_eq!(told(client.get(plain).send().await.expect("a response").headers()), None);
        edge.stop().await;
        let mut config = config(&origin, &files);
        config.tls.http3 = false;
        let edge = Edge::start(config).await;
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([trusted.clone()]);
        let client = client.resolve("a.test", edge.tls[0]).build().expect("a client");
        let url = format!("https://a.test:{}{SEGMENT}", edge.tls[0].port());
        let got = client.get(url).send().await.expect("a response");
        assert_eq!((got.version(), told(got.headers())), (Version::HTTP_2, None));
        edge.stop().await;
    })
    .await;
}
