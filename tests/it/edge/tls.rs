//! HTTPS and HTTP/2 as curl, openssl and h2load see them.

use super::{
    Edge, any_port, bounded,
    client::fetch,
    origin::{BODY_BYTES, HostileOrigin, body_of},
};
use crate::judges::has;
use dashpot_edge::{Config, Tls};
use std::{fs, path::PathBuf, process::Output};
use tempfile::TempDir;
use tokio::process::Command;

const SEGMENT: &str = "/fine/1.m4s";

/// Files of certificates that vouch for themselves.
pub(super) struct Files(TempDir);

impl Files {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub(super) fn cert(&self, file: &str) -> PathBuf {
        self.0.path().join(format!("{file}.pem"))
    }

    pub(super) fn key(&self, file: &str) -> PathBuf {
        self.0.path().join(format!("{file}.key"))
    }

    /// Writes a new certificate for `names`.
    pub(super) fn write(&self, file: &str, names: &[&str]) {
        let key = rcgen::KeyPair::generate().expect("a key");
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        let params = rcgen::CertificateParams::new(names).expect("names");
        let certificate = params.self_signed(&key).expect("a certificate");
        fs::write(self.key(file), key.serialize_pem()).expect("a file");
        fs::write(self.cert(file), certificate.pem()).expect("a file");
    }

    /// Starts an edge that shows these.
    async fn edge(&self, origin: &HostileOrigin, files: &[&str]) -> Edge {
        let mut config = Config::new(origin.url(), any_port());
        config.tls = Tls {
            listen: vec![any_port()],
            certs: files.iter().map(|file| self.cert(file)).collect(),
            keys: files.iter().map(|file| self.key(file)).collect(),
            ..Tls::default()
        };
        Edge::start(config).await
    }
}

async fn run(program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).stdin(std::process::Stdio::null()).kill_on_drop(true);
    command.output().await.expect("the program runs")
}

/// Runs curl; returns the version of HTTP it spoke, and the body.
async fn curl(arguments: &[&str]) -> (String, Vec<u8>) {
    let told = ["--silent", "--show-error", "--noproxy", "*", "-w", "%{stderr}%{http_version}"];
    let output = run("curl", &[&told[..], arguments].concat()).await;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "curl: {stderr}");
    (stderr, output.stdout)
}

/// Returns the certificate that a client sees which asks for `name`.
async fn shown(edge: &Edge, name: &str) -> String {
    let at = edge.tls[0].to_string();
    let output = run("openssl", &["s_client", "-connect", &at, "-servername", name]).await;
    pem(&String::from_utf8_lossy(&output.stdout))
}

/// Returns the first certificate in `text`, on one line.
fn pem(text: &str) -> String {
    let begin = text.find("-----BEGIN CERTIFICATE-----").expect("a certificate");
    let end = text.find("-----END CERTIFICATE-----").expect("its end");
    text[begin..end].split_whitespace().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_gets_the_same_segment_in_every_version() {
    if !has("curl", "--version") {
        return;
    }
    bounded(async {
        let (origin, files) = (HostileOrigin::start().await, Files::new());
        files.write("a", &["localhost", "127.0.0.1"]);
        let edge = files.edge(&origin, &["a"]).await;
        let ca = files.cert("a").display().to_string();
        let plain = format!("http://{}{SEGMENT}", edge.addr);
        let secure = format!("https://{}{SEGMENT}", edge.tls[0]);
        for (arguments, version) in [
            (vec!["--cacert", &ca, "--http2", &secure], "2"),
            (vec!["--cacert", &ca, "--http1.1", &secure], "1.1"),
            (vec!["--http2-prior-knowledge", &plain], "2"),
            // An upgrade that nobody answers: RFC 9113 has dropped it.
            (vec!["--http2", &plain], "1.1"),
            (vec![&plain], "1.1"),
        ] {
            let (spoken, body) = curl(&arguments).await;
            assert_eq!((&*spoken, body == body_of(BODY_BYTES)), (version, true), "{arguments:?}");
        }
        // RFC 9110 §7.6.3: the version that the first one asked in.
        let asked = origin.asked(SEGMENT);
        assert_eq!(asked.len(), 1);
        assert!(asked[0].to_ascii_lowercase().contains("via: 2 dashpot-edge\r\n"), "{asked:?}");
        let metrics = fetch(edge.addr, "/metrics", &[]).await;
        let text = String::from_utf8(metrics.body).expect("UTF-8");
        for line in [
            "dashpot_edge_connections_opened_total{protocol=\"h2\"} 2",
            "dashpot_edge_connections_opened_total{protocol=\"h1\"} 4",
            "dashpot_edge_tls_handshakes_total 2",
        ] {
            assert!(text.lines().any(|got| got == line), "{line} in {text}");
        }
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_split_over_http_2_are_one_field_again() {
    if !has("curl", "--version") {
        return;
    }
    bounded(async {
        let origin = HostileOrigin::start().await;
        let edge = Edge::before(&origin).await;
        let url = format!("http://{}/hold/1.m4s", edge.addr);
        origin.release();
        let cookies = ["-H", "Cookie: a=1", "-H", "Cookie: b=2"];
        let arguments = [&["--http2-prior-knowledge", &url][..], &cookies].concat();
        let (_, body) = curl(&arguments).await;
        assert_eq!(body.len(), BODY_BYTES);
        // RFC 9113 §8.2.3.
        let asked = origin.asked("/hold/1.m4s");
        assert!(asked[0].to_ascii_lowercase().contains("cookie: a=1; b=2\r\n"), "{asked:?}");
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn openssl_sees_the_certificate_of_the_name_and_its_successor() {
    if !has("openssl", "version") {
        return;
    }
    bounded(async {
        let (origin, files) = (HostileOrigin::start().await, Files::new());
        files.write("a", &["a.test"]);
        files.write("b", &["b.test"]);
        let edge = files.edge(&origin, &["a", "b"]).await;
        let read = |file| pem(&fs::read_to_string(files.cert(file)).expect("a file"));
        let (first, second) = (read("a"), read("b"));
        assert_eq!(shown(&edge, "a.test").await, first);
        assert_eq!(shown(&edge, "b.test").await, second);
        assert_eq!(shown(&edge, "none.test").await, first);
        files.write("b", &["b.test", "c.test"]);
        // Files are looked at every second: until then the old one is shown.
        let mut now = shown(&edge, "b.test").await;
        while now == second {
            now = shown(&edge, "b.test").await;
        }
        assert_eq!(now, read("b"));
        assert_eq!(shown(&edge, "a.test").await, first);
        let health = fetch(edge.addr, "/health", &[]).await;
        let report: serde_json::Value = serde_json::from_slice(&health.body).expect("JSON");
        assert_eq!(report["certificates"][1]["name"], "b.test");
        assert!(report["certificates"][1]["days_left"].as_u64() > Some(1_000), "{report}");
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn h2load_has_no_failures() {
    if !has("h2load", "--version") {
        return;
    }
    bounded(async {
        let (origin, files) = (HostileOrigin::start().await, Files::new());
        files.write("a", &["localhost"]);
        let edge = files.edge(&origin, &["a"]).await;
        let url = format!("https://{}{SEGMENT}", edge.tls[0]);
        let output = run("h2load", &["-n", "2000", "-c", "10", "-m", "10", &url]).await;
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().find(|line| line.starts_with("requests:")).expect("a summary");
        assert!(line.contains("2000 succeeded, 0 failed, 0 errored, 0 timeout"), "{text}");
        assert!(text.contains("Application protocol: h2"), "{text}");
        assert_eq!(origin.asked(SEGMENT).len(), 1);
        edge.stop().await;
    })
    .await;
}
