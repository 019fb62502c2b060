//! The resolver before the tools of others, with the name servers of this process below it.

use super::{Servers, anchor, run, start};
use crate::judges::has;
use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

/// A resolver and the name servers that it walks to.
struct Resolving {
    child: Child,
    port: String,
    servers: Servers,
}

impl Drop for Resolving {
    fn drop(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }
}

/// Time enough for a machine that is busy with other things.
const PATIENT: [&str; 2] = ["--hop-timeout", "60s"];

fn resolving(arguments: &[&str]) -> Resolving {
    let servers = start();
    let root = format!("127.0.0.1:{}", servers.port);
    let mut child = Command::new(env!("CARGO_BIN_EXE_dashpot"))
        .args(["dns", "resolver", "--listen", "127.0.0.1:0", "--root", &root])
        .args(["--port", &servers.port])
        .args(PATIENT)
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .expect("dashpot runs");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("its output");
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    let port = line.trim().rsplit(':').next().expect("a port").to_owned();
    Resolving { child, port, servers }
}

/// Writes the root's key as `dashpot dns keygen` prints it.
fn anchors(servers: &Servers) -> String {
    let keys = servers.folder.path().join("keys/root.pem");
    let keygen = Command::new(env!("CARGO_BIN_EXE_dashpot"))
        .args(["dns", "keygen", ".", "--out"])
        .arg(keys)
        .output()
        .expect("dashpot runs");
    let path = servers.folder.path().join("root.ds");
    fs::write(&path, keygen.stdout).expect("a file");
    path.display().to_string()
}

#[test]
fn dig_gets_answers_of_a_resolver() {
    if !has("dig", "-v") {
        return;
    }
    let resolving = resolving(&[]);
    for (arguments, expected) in [
        (&["www.ott.test"][..], &["flags: qr rd ra;", "CNAME\tvideo", "192.0.2.10"][..]),
        (&["www.ott.test"], &["flags: qr rd ra;", "ANSWER: 2"]),
        (&["+tcp", "video.ott.test", "AAAA"], &["2001:db8::10", "(TCP)"]),
        (&["a.b.ent.ott.test"], &["192.0.2.11"]),
        (&["no.ott.test"], &["status: NXDOMAIN", "SOA"]),
        (&["video.ott.test", "MX"], &["status: NOERROR", "ANSWER: 0", "SOA"]),
        (&["ott.example"], &["status: NXDOMAIN"]),
        (&["+edns=1", "+noednsneg", "video.ott.test"], &["status: BADVERS"]),
        (&["video.ott.test", "ANY"], &["status: NOTIMP"]),
        (&["+dnssec", "video.ott.test"], &["flags: qr rd ra;", "RRSIG\tA 13 3"]),
        (&["+norec", "unknown.test"], &["status: REFUSED"]),
    ] {
        let base = ["@127.0.0.1", "-p", &resolving.port, "+tries=3", "+time=20"];
        let answer = run("dig", &[&base, arguments].concat());
        for text in expected {
            assert!(answer.contains(text), "{arguments:?}: no `{text}` in {answer}");
        }
    }
}

#[test]
fn delv_validates_through_a_resolver() {
    if !has("delv", "-v") {
        return;
    }
    let resolving = resolving(&[]);
    let anchors = anchor(resolving.servers.folder.path());
    for (name, kind, expected) in [
        ("www.ott.test", "A", "; fully validated"),
        ("x.wild.ott.test", "TXT", "; fully validated"),
        ("no.ott.test", "A", "; negative response, fully validated"),
        ("video.ott.test", "MX", "; negative response, fully validated"),
    ] {
        let base = ["@127.0.0.1", "-p", &resolving.port, "-a", &anchors, "+root=."];
        let told = run("delv", &[&base[..], &[name, kind]].concat());
        assert!(told.contains(expected), "{name} {kind}: {told}");
    }
}

#[test]
fn a_walk_is_shown_step_by_step() {
    let servers = start();
    let root = format!("127.0.0.1:{}", servers.port);
    let anchors = anchors(&servers);
    let resolve = |arguments: &[&str]| {
        let base = ["dns", "resolve", "--root", &root, "--port", &servers.port];
        let base = [&base[..], &PATIENT].concat();
        let program = env!("CARGO_BIN_EXE_dashpot");
        run(program, &[&base, arguments].concat())
    };
    let text = resolve(&["www.ott.test", "--anchors", &anchors]);
    for expected in [
        "came of it",
        &format!("  . at {root}"),
        "DNSKEY",
        "secure",
        "No Error, secure, ",
        "www.ott.test. 300 IN CNAME video.ott.test.",
        "video.ott.test. 20 IN A 192.0.2.10",
    ] {
        assert!(text.contains(expected), "no `{expected}` in {text}");
    }
    let json = resolve(&["x.plain.test", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["code"], "Server Failure", "{json}");
    let steps = json["steps"].as_array().expect("steps");
    let last = steps.iter().rfind(|step| step["server"].is_string()).expect("a question");
    assert_eq!((&last["zone"], &last["outcome"]), (&"plain.test.".into(), &"lame".into()));
}

#[test]
fn a_resolver_tells_its_walk_to_the_one_who_asks() {
    let resolving = resolving(&["--tell"]);
    let resolver = format!("127.0.0.1:{}", resolving.port);
    let arguments = ["dns", "resolve", "video.ott.test", "--resolver", &resolver];
    let told = run(env!("CARGO_BIN_EXE_dashpot"), &[&arguments[..], &PATIENT].concat());
    for expected in ["miss", "answer 192.0.2.10, 20 s", "No Error, "] {
        assert!(told.contains(expected), "no `{expected}` in {told}");
    }
}
