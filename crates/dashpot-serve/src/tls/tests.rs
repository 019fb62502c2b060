//! Certificates made by rcgen, clients by rustls.

use super::*;
use crate::{Listener, Metrics, Options, Role, serve};
use bytes::Bytes;
use http_body_util::Full;
use rcgen::{CertificateParams, KeyPair as Key};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use std::{
    convert::Infallible,
    fs,
    net::SocketAddr,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinHandle,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// 2030-01-01, when all test certificates are good.
const NOW: u64 = 1_893_456_000;

/// Writes a self-signed certificate for `names` and its key; it ends in that year.
fn write_pair(folder: &Path, file: &str, names: &[&str], ends: i32) -> KeyPair {
    let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.not_after = rcgen::date_time_ymd(ends, 1, 1);
    let key = Key::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let pair = KeyPair {
        cert: folder.join(format!("{file}.pem")),
        key: folder.join(format!("{file}.key")),
    };
    fs::write(&pair.cert, certificate.pem()).unwrap();
    fs::write(&pair.key, key.serialize_pem()).unwrap();
    pair
}

fn clock() -> Clock {
    Clock::starting_at(WallTime::from_unix_seconds(NOW))
}

fn load(pairs: Vec<KeyPair>) -> Result<Tls, TlsError> {
    Tls::new(TlsOptions::new(pairs), TlsStats::default(), clock())
}

struct Server {
    addr: SocketAddr,
    shutdown: Shutdown,
    task: JoinHandle<()>,
}

/// Answers every request with the protocol's version.
async fn start(tls: Tls) -> Server {
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let (addr, shutdown) = (listener.addr(), Shutdown::new());
    let service_of = |_peer| {
        hyper::service::service_fn(|request: http::Request<hyper::body::Incoming>| async move {
            let text = format!("{:?}", request.version());
            Ok::<_, Infallible>(http::Response::new(Full::new(Bytes::from(text))))
        })
    };
    let options = Options::new(shutdown.clone());
    let task = tokio::spawn(serve(listener.with_tls(tls), service_of, options));
    Server { addr, shutdown, task }
}

impl Server {
    /// Connects and trusts the certificate in `trusted` alone.
    async fn connect(&self, trusted: &Path, name: &str) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(trusted).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(self.addr).await.unwrap();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }

    async fn stop(self) {
        self.shutdown.begin();
        self.task.await.unwrap();
    }
}

async fn ask(stream: &mut TlsStream<TcpStream>) -> String {
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut got = Vec::new();
    while !got.ends_with(b"HTTP/1.1") || got.len() < 20 {
        assert_ne!(stream.read_buf(&mut got).await.unwrap(), 0);
    }
    String::from_utf8(got).unwrap()
}

#[tokio::test]
async fn a_client_gets_the_certificate_of_the_name_it_asks_for() {
    let folder = TempDir::new().unwrap();
    let first = write_pair(folder.path(), "first", &["first.test", "other.test"], 2040);
    let wild = write_pair(folder.path(), "wild", &["*.wild.test"], 2040);
    let server = start(load(vec![first.clone(), wild.clone()]).unwrap()).await;
    for (trusted, name) in
        [(&first.cert, "first.test"), (&first.cert, "Other.Test"), (&wild.cert, "a.wild.test")]
    {
        let mut stream = server.connect(trusted, name).await.unwrap();
        assert!(ask(&mut stream).await.starts_with("HTTP/1.1 200"), "{name}");
    }
    // One label alone; the first certificate answers for what no name fits.
    for name in ["a.b.wild.test", "wild.test", "none.test"] {
        assert!(server.connect(&wild.cert, name).await.is_err(), "{name}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_new_certificate_is_shown_to_new_connections_while_old_ones_go_on() {
    let folder = TempDir::new().unwrap();
    let pair = write_pair(folder.path(), "a", &["a.test"], 2040);
    let before = folder.path().join("before.pem");
    fs::copy(&pair.cert, &before).unwrap();
    let stats = TlsStats::default();
    let tls = Tls::new(TlsOptions::new(vec![pair.clone()]), stats.clone(), clock()).unwrap();
    assert!(!tls.has_changed());
    let server = start(tls.clone()).await;
    let mut old = server.connect(&before, "a.test").await.unwrap();
    ask(&mut old).await;
    // Half written: the certificate is there, its key is not yet.
    let key = fs::read(&pair.key).unwrap();
    write_pair(folder.path(), "a", &["a.test", "another-name.test"], 2050);
    let fresh_key = fs::read(&pair.key).unwrap();
    fs::write(&pair.key, &key).unwrap();
    assert!(tls.has_changed());
    tls.reload();
    assert!(!tls.has_changed());
    assert_eq!((stats.reloaded.get(), stats.reload_failed.get()), (0, 1));
    server.connect(&before, "a.test").await.unwrap();
    fs::write(&pair.key, &fresh_key).unwrap();
    tls.reload();
    assert_eq!((stats.reloaded.get(), stats.reload_failed.get()), (1, 1));
    server.connect(&pair.cert, "a.test").await.unwrap();
    assert!(server.connect(&before, "a.test").await.is_err());
    ask(&mut old).await;
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn changed_files_are_noticed_by_themselves() {
    let folder = TempDir::new().unwrap();
    let pair = write_pair(folder.path(), "a", &["a.test"], 2040);
    let tls = load(vec![pair]).unwrap();
    let shutdown = Shutdown::new();
    let watch = tokio::spawn(tls.clone().watch(shutdown.clone()));
    write_pair(folder.path(), "a", &["a.test", "another-name.test"], 2050);
    let year_2050 = WallTime::from_unix_seconds(2_524_608_000);
    while tls.certificates()[0].expires != year_2050 {
        sleep(LOOK_EVERY).await;
    }
    shutdown.begin();
    watch.await.unwrap();
}

#[tokio::test]
async fn what_is_not_tls_is_closed_and_counted() {
    let folder = TempDir::new().unwrap();
    let pair = write_pair(folder.path(), "a", &["a.test"], 2040);
    let mut metrics = Metrics::new(Role::Edge);
    let stats = TlsStats::new(&mut metrics);
    let tls = Tls::new(TlsOptions::new(vec![pair]), stats, clock()).unwrap();
    let server = start(tls).await;
    let mut plain = TcpStream::connect(server.addr).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut got = Vec::new();
    // An alert perhaps, and an orderly end.
    plain.read_to_end(&mut got).await.unwrap();
    assert!(!got.starts_with(b"HTTP"), "{got:?}");
    let text = metrics.to_text();
    for line in [
        "dashpot_edge_tls_handshake_failures_total{reason=\"not-tls\"} 1",
        "dashpot_edge_tls_handshakes_total 0",
        "dashpot_edge_certificate_expiry_seconds{name=\"a.test\"} 2208988800",
    ] {
        assert!(text.lines().any(|got| got == line), "{line} in {text}");
    }
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_shake_hands_is_closed() {
    let folder = TempDir::new().unwrap();
    let pair = write_pair(folder.path(), "a", &["a.test"], 2040);
    let server = start(load(vec![pair]).unwrap()).await;
    let mut silent = TcpStream::connect(server.addr).await.unwrap();
    let clock = Clock::system();
    assert_eq!(silent.read(&mut [0; 8]).await.unwrap(), 0);
    let took = clock.mono().since(dashpot_base::MonoTime::ZERO);
    assert!(took <= Duration::from_millis(10_001), "{took:?}");
    server.stop().await;
}

fn check_error(pair: KeyPair, expected: &[&str]) {
    let error = load(vec![pair]).unwrap_err();
    let source = std::error::Error::source(&error).map(ToString::to_string);
    let message = format!("{error}: {}", source.unwrap_or_default());
    for word in expected {
        assert!(message.contains(word), "{word} in {message}");
    }
}

#[test]
fn what_cannot_be_used_is_named_with_the_place() {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let folder = TempDir::new().unwrap();
    let good = write_pair(folder.path(), "good", &["a.test"], 2040);
    let other = write_pair(folder.path(), "other", &["a.test"], 2040);
    let cert = fs::read_to_string(&good.cert).unwrap();
    let key = fs::read_to_string(&good.key).unwrap();
    let file = |text: &str| {
        let path = folder.path().join(format!("{}", COUNT.fetch_add(1, Ordering::Relaxed)));
        fs::write(&path, text).unwrap();
        path
    };
    let with_cert = |cert| KeyPair { cert, ..good.clone() };
    let with_key = |key| KeyPair { key, ..good.clone() };

    check_error(with_cert("/no/such".into()), &["cannot read the certificate `/no/such`"]);
    check_error(with_key("/no/such".into()), &["cannot read the private key `/no/such`"]);
    check_error(with_cert(file("")), &["cannot find a certificate in"]);
    check_error(with_cert(file(&key)), &["cannot find a certificate in", "but of PRIVATE KEY"]);
    check_error(with_key(file(&cert)), &["cannot find a private key in", "but of CERTIFICATE"]);
    let cut = format!("{cert}\n-----BEGIN CERTIFICATE-----\nAAAA\n");
    let line = cert.lines().count() + 2;
    check_error(with_cert(file(&cut)), &[&format!("line {line}: "), "no `-----END` line"]);
    let curved = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    let torn = format!(
        "{curved}{}",
        key.replace("-----BEGIN PRIVATE KEY-----\nM", "-----BEGIN PRIVATE KEY-----\n*")
    );
    check_error(with_key(file(&torn)), &["line 4: the block is not base64"]);
    check_error(with_key(other.key), &["does not belong to the certificate"]);
    let empty = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    check_error(with_cert(file(empty)), &["cannot read certificate 1 of"]);
    let kind = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    check_error(with_key(file(kind)), &["cannot use the private key", "ECDSA"]);
    check_error(with_key(file(&"x".repeat(2 << 20))), &["are the most"]);
    assert!(matches!(load(Vec::new()), Err(TlsError::NoPair)));
}
