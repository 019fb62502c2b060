//! What a person reads when a server cannot start, and the exit code: 2, with nothing on stdout.

use std::{net::TcpListener, process::Command};

fn check(args: &[&str], expected: &[&str]) {
    let mut dashpot = Command::new(env!("CARGO_BIN_EXE_dashpot"));
    let output = dashpot.args(args).env_remove("DASHPOT_CONFIG").output().expect("dashpot runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
    assert!(output.stdout.is_empty(), "{args:?}: {output:?}");
    let error = stderr.lines().find(|line| line.contains("error: "));
    let error = error.unwrap_or_else(|| panic!("{args:?}: no error line in {stderr}"));
    for part in expected {
        assert!(stderr.contains(part), "{args:?}: `{part}` is not in {stderr}");
    }
    // Each level of an error says its own part: nothing is told twice.
    let mut parts: Vec<_> = error.split(": ").collect();
    let count = parts.len();
    parts.sort_unstable();
    parts.dedup();
    assert_eq!(parts.len(), count, "{args:?} repeats itself: {error}");
}

fn media() -> String {
    crate::judges::root().join("media").display().to_string()
}

#[test]
fn a_taken_address_is_named_with_a_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = taken.local_addr().expect("an address").to_string();
    let expected = [addr.as_str(), "in use", "try another port"];
    check(&["origin", "--media", &media(), "--listen", &addr], &expected);
    check(&["edge", "--origin", "http://127.0.0.1:9", "--listen", &addr], &expected);
    check(&["up", "--listen", &addr], &expected);
}

#[test]
fn the_demonstration_keeps_to_this_machine() {
    check(&["up", "--listen", "0.0.0.0:0"], &["0.0.0.0:0", "127.0.0.1:0", "dashpot edge"]);
}

#[test]
fn media_that_cannot_be_served_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().display().to_string();
    check(&["origin", "--media", &path], &[&path, "dashpot ingest"]);
    check(&["up", &path, "--listen", "127.0.0.1:0"], &[&path, "dashpot ingest"]);
    check(&["origin", "--media", "no/such/folder"], &["no/such/folder"]);
    check(&["up", "no/such/film.mp4"], &["no/such/film.mp4", "a film, a folder"]);
}

#[test]
fn an_origin_that_no_edge_can_stand_before_is_named() {
    check(&["edge", "--origin", "ftp://host/"], &["ftp://host/", "http"]);
    check(&["edge", "--origin", "host:80"], &["host:80"]);
    check(&["edge", "--origin", "http://h/", "--cache-mem", "512"], &["512", "needs a unit"]);
    check(&["edge", "--origin", "http://h/", "--cache-mem", "1KiB"], &["1KiB", "MiB"]);
}

#[test]
fn what_is_mistyped_is_told_as_it_is_written() {
    let edge = |flags: &[&str], expected: &[&str]| {
        let origin = ["edge", "--origin", "http://h", "--listen", "127.0.0.1:0"];
        check(&[&origin[..], flags].concat(), expected);
    };
    check(&["edge"], &["--origin <URL>"]);
    check(&["edge", "--origin", "example.com"], &["http://example.com"]);
    check(&["edge", "--origin", "http://h", "--listen", "8080"], &["0.0.0.0:8080"]);
    check(&["edge", "--origin", "http://h", "--listen", "localhost:81"], &["127.0.0.1:81"]);
    edge(&["--origin-backup", "b.example"], &["http://b.example"]);
    edge(&["--origin-head-timeout", "30"], &["`30` needs a unit"]);
    edge(&["--origin-host", "h:80"], &["h:80", "without a port"]);
    edge(&["--origin-header", "X-Key abc"], &["write `Name: value`"]);
    edge(&["--s3-region", "eu"], &["--s3-credentials"]);
    edge(&["--s3-credentials", "x"], &["--s3-region"]);
    edge(&["--negative-ttl", "404:1s"], &["404=1s"]);
    edge(&["--cors", "player.example"], &["https://player.example"]);
    edge(&["--admin", "0.0.0.0:0"], &["--admin-token-file", "127.0.0.1"]);
    edge(&["--admin", "9002"], &["127.0.0.1:9002"]);
    edge(&["--url-key", "secret"], &["ID=FILE"]);
    edge(&["--purge-from", "10.0.0.1/33"], &["10.0.0.0/8"]);
    edge(&["--host-alias", "a=b"], &["--key-host"]);
    edge(&["--connections-max", "0"], &["at least 1"]);
    edge(&["--client-header-max", "1MiB"], &["256KiB"]);
    edge(&["--eviction", "arc"], &["lru", "tinylfu"]);
    edge(&["--name", "my edge"], &["my edge", "edge-1"]);
    edge(&["--cache-disk", "/dev/null"], &["/dev/null", "directory"]);
    edge(&["--access-log", "/nonexistent/log"], &["access log", "/nonexistent/log"]);
}

#[test]
fn certificates_that_cannot_be_shown_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    };
    let pair = |name: &str| {
        let key = rcgen::KeyPair::generate().expect("a key");
        let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        let certificate = params.self_signed(&key).expect("a certificate");
        let cert = file(&format!("{name}.pem"), &certificate.pem());
        (cert, file(&format!("{name}.key"), &key.serialize_pem()))
    };
    let ((cert, key), (_, other_key)) = (pair("a"), pair("b"));
    let edge = ["edge", "--origin", "http://127.0.0.1:9", "--listen", "127.0.0.1:0"];
    let check = |flags: &[&str], expected: &[&str]| check(&[&edge[..], flags].concat(), expected);
    let at = ["--tls-listen", "127.0.0.1:0"];
    check(&at, &["without a certificate", "--tls-cert"]);
    check(&["--tls-cert", &cert, "--tls-key", &key], &["--tls-listen"]);
    let with = |cert: &str, key: &str, expected: &[&str]| {
        check(&[&at[..], &["--tls-cert", cert, "--tls-key", key]].concat(), expected);
    };
    check(&[&at[..], &["--tls-cert", &cert]].concat(), &["1 --tls-cert", "0 --tls-key"]);
    with("no/such.pem", &key, &["certificate `no/such.pem`", "No such file"]);
    with(&cert, &other_key, &[&cert, &other_key, "does not belong"]);
    with(&key, &key, &["cannot find a certificate", &key, "PRIVATE KEY"]);
    let torn = file("torn.key", "\n-----BEGIN PRIVATE KEY-----\nAAAA\n");
    with(&cert, &torn, &[&torn, "line 2", "-----END"]);
}

#[test]
fn a_bad_configuration_file_is_named_with_the_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("dashpot.toml");
    let path = file.display().to_string();
    for (text, expected) in [
        ("[edge", "is not TOML"),
        ("[egde]\n", "no command `egde`"),
        ("[edge]\ncache-memory = '1GiB'\n", "no `cache-memory`"),
        ("[edge]\ncache_mem = '1GiB'\n", "perhaps `cache-mem`"),
        ("[edge]\nhead-timeout = '1s'\n", "perhaps `origin-head-timeout`"),
        ("[edge]\nworkers = 4\n", "`dashpot edge --help` lists"),
        ("listen = '127.0.0.1:80'\n", "below its command's name"),
        ("origin = 'http://h'\n", "`[edge]` above"),
        ("[edge]\norigin = ['http://h/']\n", "`edge.origin`"),
    ] {
        std::fs::write(&file, text).expect("a file");
        check(&["--config", &path, "edge"], &[&path, expected]);
    }
    check(&["--config", "no/such.toml", "edge"], &["no/such.toml"]);
    std::fs::write(&file, "[edge]\norigin = 'http://h'\nconnections-max = 'many'\n")
        .expect("a file");
    check(&["--config", &path, "edge"], &["many", "at least 1", "the file of --config", "[edge]"]);
}
