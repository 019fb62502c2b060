//! Name servers before the tools of others: dig, delv and kdig ask, validate and judge.

mod lab;
mod resolver;

use crate::judges::has;
use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

const ROOT: &str = "\
@ 86400 SOA a.nic.test. host.nic.test. 1 1800 900 604800 30
@ 86400 NS a.nic.test.
test. 86400 NS a.nic.test.
a.nic.test. 86400 A 127.0.0.1
";

const TEST: &str = "\
$TTL 300
@ SOA a.nic host.nic 1 1800 900 604800 30
@ NS a.nic
a.nic A 127.0.0.1
ott NS ns1.ott
ns1.ott A 127.0.0.1
plain NS ns1.plain
ns1.plain A 127.0.0.1
";

const OTT: &str = "\
$TTL 300
@ SOA ns1 host 7 1800 900 604800 30
@ NS ns1
ns1 A 127.0.0.1
video 20 A 192.0.2.10
video AAAA 2001:db8::10
www CNAME video
*.wild TXT any
a.b.ent A 192.0.2.11
";

/// Name servers, and the folder of their zones.
struct Servers {
    child: Child,
    port: String,
    folder: TempDir,
}

impl Drop for Servers {
    fn drop(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }
}

/// Starts all zones on one address, signed.
fn start() -> Servers {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let zones = [(".", "root", ROOT), ("test", "test", TEST), ("ott.test", "ott", OTT)];
    let mut command = Command::new(env!("CARGO_BIN_EXE_dashpot"));
    command.args(["dns", "serve", "--listen", "127.0.0.1:0", "--make-keys", "--nsid", "lab"]);
    command.arg("--keys").arg(at("keys"));
    for (name, file, text) in zones {
        fs::write(at(file), text).expect("a zone file");
        command.args(["--zone", &format!("{name}={}", at(file).display())]);
    }
    let mut child = command.stdout(Stdio::piped()).spawn().expect("dashpot runs");
    let mut line = String::new();
    let stdout = child.stdout.take().expect("its output");
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    let port = line.trim().rsplit(':').next().expect("a port").to_owned();
    Servers { child, port, folder }
}

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().expect("it runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    format!("{}{stderr}", String::from_utf8_lossy(&output.stdout))
}

/// Writes the root's key as a trust anchor, in the form that BIND's tools read.
fn anchor(folder: &Path) -> String {
    let keygen = Command::new(env!("CARGO_BIN_EXE_dashpot"))
        .args(["dns", "keygen", ".", "--out"])
        .arg(folder.join("keys/root.pem"))
        .output()
        .expect("dashpot runs");
    let text = String::from_utf8(keygen.stdout).expect("UTF-8");
    let key = text.lines().find_map(|line| line.split_once(" DNSKEY ")).expect("a key").1;
    let mut words = key.splitn(4, ' ');
    let head: Vec<_> = words.by_ref().take(3).collect();
    let base64 = words.next().expect("the key's bytes");
    let path = folder.join("anchors");
    let text = format!("trust-anchors {{ \".\" static-key {} \"{base64}\"; }};\n", head.join(" "));
    fs::write(&path, text).expect("a file");
    path.display().to_string()
}

#[test]
fn dig_gets_answers_with_the_flags_that_belong_to_them() {
    if !has("dig", "-v") {
        return;
    }
    let servers = start();
    let dig = |arguments: &[&str]| {
        let base = ["@127.0.0.1", "-p", &servers.port, "+norec", "+tries=3", "+time=20"];
        run("dig", &[&base, arguments].concat())
    };
    for (arguments, expected) in [
        (&["video.ott.test"][..], &["status: NOERROR", "flags: qr aa;", "192.0.2.10"][..]),
        (&["+tcp", "video.ott.test", "AAAA"], &["2001:db8::10", "(TCP)"]),
        (
            &["x.plain.test"],
            &["flags: qr;", "ANSWER: 0", "ns1.plain.test.\t\t300\tIN\tA\t127.0.0.1"],
        ),
        (&["no.ott.test"], &["status: NXDOMAIN", "flags: qr aa;", "SOA"]),
        (&["ott.example"], &["status: NXDOMAIN", "host.nic.test. 1 1800"]),
        (&["video.ott.test", "ANY"], &["HINFO\t\"RFC8482\" \"\""]),
        (&["+edns=1", "+noednsneg", "video.ott.test"], &["status: BADVERS", "EDNS: version: 0"]),
        (&["+nsid", "video.ott.test"], &["(\"lab\")"]),
        (&["+ednsopt=100", "video.ott.test"], &["status: NOERROR"]),
        (&["+ednsflags=0x40", "video.ott.test"], &["status: NOERROR", "flags:; udp: 1232"]),
        (&["+opcode=15", "video.ott.test"], &["status: NOTIMP"]),
        (&["+subnet=10.1.2.0/24", "video.ott.test"], &["CLIENT-SUBNET: 10.1.2.0/24/0"]),
        (&["+dnssec", "x.wild.ott.test", "TXT"], &["RRSIG\tTXT 13 3", "NSEC"]),
    ] {
        let answer = dig(arguments);
        for text in expected {
            assert!(answer.contains(text), "{arguments:?}: no `{text}` in {answer}");
        }
    }
}

#[test]
fn delv_validates_what_is_there_and_what_is_not() {
    if !has("delv", "-v") {
        return;
    }
    let servers = start();
    let anchors = anchor(servers.folder.path());
    for (name, kind, expected) in [
        ("video.ott.test", "A", "; fully validated"),
        ("www.ott.test", "AAAA", "; fully validated"),
        ("x.wild.ott.test", "TXT", "; fully validated"),
        ("ott.test", "DNSKEY", "; fully validated"),
        ("ott.test", "DS", "; fully validated"),
        ("no.ott.test", "A", "; negative response, fully validated"),
        ("video.ott.test", "MX", "; negative response, fully validated"),
        ("ent.ott.test", "A", "; negative response, fully validated"),
        ("x.wild.ott.test", "A", "; negative response, fully validated"),
        ("plain.test", "DS", "; negative response, fully validated"),
    ] {
        let told = run(
            "delv",
            &["@127.0.0.1", "-p", &servers.port, "-a", &anchors, "+root=.", name, kind],
        );
        assert!(told.contains(expected), "{name} {kind}: {told}");
    }
}

#[test]
fn kdig_reads_the_same() {
    if !has("kdig", "-V") {
        return;
    }
    let servers = start();
    let told = run(
        "kdig",
        &["@127.0.0.1", "-p", &servers.port, "+subnet=10.1.0.0/16", "+nsid", "video.ott.test"],
    );
    for text in ["status: NOERROR", "192.0.2.10", "10.1.0.0/16/0", "\"lab\""] {
        assert!(told.contains(text), "no `{text}` in {told}");
    }
}
