//! HTTP/3 as clients by quinn and h3 see it, and one of ngtcp2.

mod exchanges;
mod hostile;

use super::{
    Edge, any_port, bounded,
    client::fetch,
    origin::{BODY_BYTES, HostileOrigin, body_of},
    tls::Files,
};
use crate::judges::has;
use bytes::{Buf as _, Bytes};
use dashpot_edge::{Config, Tls};
use futures_util::future::{join, join_all, poll_fn};
use h3::client::SendRequest;
use http::response::Parts;
use quinn::{Endpoint, crypto::rustls::QuicClientConfig};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};
use tokio::task::JoinHandle;

const SEGMENT: &str = "/fine/1.m4s";

fn config(origin: &HostileOrigin, files: &Files) -> Config {
    let mut config = Config::new(origin.url(), any_port());
    config.tls = Tls {
        listen: vec![any_port()],
        certs: vec![files.cert("a")],
        keys: vec![files.key("a")],
        http3: true,
        ..Tls::default()
    };
    config
}

/// A connection by HTTP/3.
struct Client {
    requests: SendRequest<h3_quinn::OpenStreams, Bytes>,
    quic: quinn::Connection,
    driver: JoinHandle<()>,
    _endpoint: Endpoint,
}

/// A connection by QUIC.
struct Quic {
    connection: quinn::Connection,
    endpoint: Endpoint,
}

/// Connects and trusts the certificate in `trusted` alone.
async fn quic(addr: SocketAddr, trusted: &Path) -> Option<Quic> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(trusted).expect("PEM")).expect("a certificate");
    let mut tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"h3".to_vec()];
    let tls = QuicClientConfig::try_from(tls).expect("TLS 1.3");
    let endpoint = Endpoint::client(any_port()).expect("a free port");
    let config = quinn::ClientConfig::new(Arc::new(tls));
    let connecting = endpoint.connect_with(config, addr, "a.test").expect("it begins");
    Some(Quic { connection: connecting.await.ok()?, endpoint })
}

struct Got {
    status: u16,
    cache_status: String,
    body: Vec<u8>,
}

impl Client {
    /// Connects and trusts the certificate in `trusted` alone.
    async fn connect(addr: SocketAddr, trusted: &Path) -> Option<Self> {
        let Quic { connection: quic, endpoint } = quic(addr, trusted).await?;
        let http3 = h3::client::new(h3_quinn::Connection::new(quic.clone())).await;
        let (mut connection, requests) = http3.expect("HTTP/3");
        let driver = tokio::spawn(async move {
            poll_fn(|cx| connection.poll_close(cx)).await;
        });
        Some(Self { requests, quic, driver, _endpoint: endpoint })
    }

    /// Asks for `path` and reads the response; an error where it breaks off.
    async fn get(&self, path: &str, range: Option<&str>) -> Result<Got, String> {
        let mut request = http::Request::get(format!("https://a.test{path}"));
        if let Some(range) = range {
            request = request.header(http::header::RANGE, range);
        }
        self.send(request.body(()).expect("a request"), &[]).await
    }

    async fn send(&self, request: http::Request<()>, body: &[u8]) -> Result<Got, String> {
        let (head, body) = self.upload(request, body.to_vec()).await?;
        let cache_status = head.headers.get("cache-status");
        let cache_status = cache_status.and_then(|value| value.to_str().ok()).unwrap_or_default();
        Ok(Got { status: head.status.as_u16(), cache_status: cache_status.to_owned(), body })
    }

    /// Sends `request` with `body` while it reads the response.
    async fn upload(
        &self,
        request: http::Request<()>,
        body: Vec<u8>,
    ) -> Result<(Parts, Vec<u8>), String> {
        let mut requests = self.requests.clone();
        let stream = requests.send_request(request).await.map_err(|error| error.to_string())?;
        let (mut send, mut receive) = stream.split();
        let sent = async {
            // RFC 9114 §4.1: a server may answer before it has read everything, and stop the rest.
            if body.is_empty() || send.send_data(Bytes::from(body)).await.is_ok() {
                send.finish().await.unwrap_or_default();
            }
        };
        let received = async {
            let response = receive.recv_response().await.map_err(|error| error.to_string())?;
            let mut body = Vec::new();
            while let Some(mut data) =
                receive.recv_data().await.map_err(|error| error.to_string())?
            {
                body.extend_from_slice(&data.copy_to_bytes(data.remaining()));
            }
            Ok((response.into_parts().0, body))
        };
        join(sent, received).await.1
    }
}

/// Starts an edge with a certificate for `a.test`.
async fn begin() -> (HostileOrigin, Files, Edge) {
    let (origin, files) = (HostileOrigin::start().await, Files::new());
    files.write("a", &["a.test", "localhost"]);
    let edge = Edge::start(config(&origin, &files)).await;
    (origin, files, edge)
}

async fn metric(edge: &Edge, line: &str) -> bool {
    let metrics = fetch(edge.addr, "/metrics", &[]).await;
    let text = String::from_utf8(metrics.body).expect("UTF-8");
    text.lines().any(|got| got == line)
}

#[tokio::test(flavor = "multi_thread")]
async fn misses_hits_and_parts_are_the_same_by_http_3() {
    bounded(async {
        let (origin, files, edge) = begin().await;
        let client = Client::connect(edge.tls[0], &files.cert("a")).await.expect("a connection");
        let whole = body_of(BODY_BYTES);
        for (range, status, body, how) in [
            (None, 200, &whole[..], "fwd=uri-miss"),
            (None, 200, &whole[..], "; hit"),
            (Some("bytes=100-299"), 206, &whole[100..300], "; hit"),
            (Some("bytes=-7"), 206, &whole[BODY_BYTES - 7..], "; hit"),
        ] {
            let got = client.get(SEGMENT, range).await.expect("a response");
            assert_eq!((got.status, got.body == body), (status, true), "{range:?}");
            assert!(got.cache_status.contains(how), "{}", got.cache_status);
        }
        // RFC 9110 §7.6.3: the version that was asked in, and the authority as the Host.
        let asked = origin.asked(SEGMENT);
        assert_eq!(asked.len(), 1);
        assert!(asked[0].to_ascii_lowercase().contains("via: 3 dashpot-edge\r\n"), "{asked:?}");
        assert!(metric(&edge, "dashpot_edge_connections_opened_total{protocol=\"h3\"} 1").await);
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_streams_at_once_do_not_mix() {
    bounded(async {
        let (_origin, files, edge) = begin().await;
        let client = Client::connect(edge.tls[0], &files.cert("a")).await.expect("a connection");
        // More than may be open at a time: the others wait.
        let paths: Vec<_> = (0..200).map(|nth| format!("/fine/{}.m4s", nth % 5)).collect();
        let whole = body_of(BODY_BYTES);
        for got in join_all(paths.iter().map(|path| client.get(path, None))).await {
            assert!(got.expect("a response").body == whole);
        }
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_too_long_is_refused_and_lengths_are_held_to() {
    bounded(async {
        let (origin, files, edge) = begin().await;
        let client = Client::connect(edge.tls[0], &files.cert("a")).await.expect("a connection");
        let long = format!("/fine/{}", "x".repeat(9_000));
        assert_eq!(client.get(&long, None).await.expect("a response").status, 414);
        let post = |length: &str| {
            let request = http::Request::post("https://a.test/fine/post");
            request.header("content-length", length).body(()).expect("a request")
        };
        // The origin answers without reading, so that its response may be cut: only that it is
        // asked is told here.
        drop(client.send(post("4"), b"body").await);
        let asked = origin.asked("/fine/post");
        assert!(asked[0].to_ascii_lowercase().contains("content-length: 4\r\n"), "{asked:?}");
        assert_eq!(client.send(post("+4"), b"body").await.expect("a response").status, 400);
        let got = client.send(post("3"), b"body").await;
        assert!(got.is_err() || got.is_ok_and(|got| 400 <= got.status));
        // The connection goes on.
        assert_eq!(client.get(SEGMENT, None).await.expect("a response").status, 200);
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_nobody_reads_is_cut() {
    bounded(async {
        let (origin, files) = (HostileOrigin::start().await, Files::new());
        files.write("a", &["a.test"]);
        let mut config = config(&origin, &files);
        config.front.limits.write_stall_timeout = Duration::from_millis(300);
        let edge = Edge::start(config).await;
        let client = Client::connect(edge.tls[0], &files.cert("a")).await.expect("a connection");
        let mut requests = client.requests.clone();
        let request = http::Request::get("https://a.test/big/1.m4s").body(()).expect("a request");
        let mut stream = requests.send_request(request).await.expect("a stream");
        stream.finish().await.expect("it is sent");
        // Not even the head is sure to be read in time.
        drop(stream.recv_response().await);
        while client.quic.stats().frame_rx.reset_stream == 0 {
            tokio::task::yield_now().await;
        }
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_at_the_shutdown_arrives() {
    bounded(async {
        let (origin, files) = (HostileOrigin::start().await, Files::new());
        files.write("a", &["a.test"]);
        let mut config = config(&origin, &files);
        config.drain = Duration::from_secs(30);
        let edge = Edge::start(config).await;
        let client = Client::connect(edge.tls[0], &files.cert("a")).await.expect("a connection");
        let mut requests = client.requests.clone();
        let request = http::Request::get("https://a.test/hold/1.m4s").body(()).expect("a request");
        let mut stream = requests.send_request(request).await.expect("a stream");
        stream.finish().await.expect("it is sent");
        stream.recv_response().await.expect("a response");
        edge.shutdown.begin();
        // GOAWAY: the client's side refuses by itself what comes after it.
        while client.get(SEGMENT, None).await.is_ok() {}
        origin.release();
        let mut body = Vec::new();
        while let Some(mut data) = stream.recv_data().await.expect("it goes on") {
            body.extend_from_slice(&data.copy_to_bytes(data.remaining()));
        }
        assert!(body == body_of(BODY_BYTES));
        drop(stream);
        edge.stop().await;
        client.driver.await.expect("the connection has ended");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_connections_are_shown_the_new_certificate() {
    bounded(async {
        let (_origin, files, edge) = begin().await;
        let old = Client::connect(edge.tls[0], &files.cert("a")).await.expect("a connection");
        files.write("a", &["a.test", "another.test"]);
        // Files are looked at every second.
        while Client::connect(edge.tls[0], &files.cert("a")).await.is_none() {}
        let got = old.get(SEGMENT, None).await.expect("the old one goes on");
        assert!(got.body == body_of(BODY_BYTES));
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_by_tcp_and_quic_count_together() {
    bounded(async {
        let (origin, files) = (HostileOrigin::start().await, Files::new());
        files.write("a", &["a.test"]);
        let mut config = config(&origin, &files);
        config.front.limits.connections_per_client_max = std::num::NonZeroUsize::new(1);
        let edge = Edge::start(config).await;
        let client = Client::connect(edge.tls[0], &files.cert("a")).await.expect("a connection");
        assert!(Client::connect(edge.tls[0], &files.cert("a")).await.is_none());
        let got = fetch(edge.addr, SEGMENT, &[]).await;
        assert_eq!(got.status, 429);
        assert_eq!(client.get(SEGMENT, None).await.expect("a response").status, 200);
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ngtcp2_gets_the_same_segment_missed_and_hit() {
    if !has("gtlsclient", "--help") {
        return;
    }
    bounded(async {
        let (origin, _files, edge) = begin().await;
        let port = edge.tls[0].port().to_string();
        let url = format!("https://localhost:{port}{SEGMENT}");
        // A miss and a hit.
        for _ in 0..2 {
            let folder = tempfile::tempdir().expect("a folder");
            let to = format!("--download={}", folder.path().display());
            let mut command = tokio::process::Command::new("gtlsclient");
            command.args(["-q", "--exit-on-all-streams-close", &to, "127.0.0.1", &port, &url]);
            let output = command.kill_on_drop(true).output().await.expect("it runs");
            let got = std::fs::read(folder.path().join("1.m4s"));
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(got.is_ok_and(|got| got == body_of(BODY_BYTES)), "{told}");
        }
        assert_eq!(origin.asked(SEGMENT).len(), 1);
        edge.stop().await;
    })
    .await;
}
