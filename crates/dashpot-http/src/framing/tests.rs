//! A table a clause, and the laws.

use super::*;
use proptest::prelude::*;

const LIMITS: Limits = Limits { head_bytes_max: 4_096, target_bytes_max: 1_024 };

/// What a framer made of a stream: where each request ended, and why it was refused.
#[derive(Debug, PartialEq, Eq)]
struct Verdict {
    ends: Vec<usize>,
    refusal: Option<Refusal>,
}

/// Feeds `stream` in pieces that end at `cuts`, the way a driver does.
fn verdict(stream: &[u8], cuts: &[usize]) -> Verdict {
    let (mut framer, mut passed, mut ends) = (Framer::new(LIMITS), 0, Vec::new());
    let mut cuts: Vec<_> = cuts.iter().copied().filter(|cut| *cut < stream.len()).collect();
    cuts.sort_unstable();
    cuts.push(stream.len());
    for cut in cuts {
        while passed < cut {
            let scan = framer.advance(&stream[passed..cut]);
            assert!(passed + scan.passed <= cut, "passed what it was not given");
            passed += scan.passed;
            match scan.next {
                Next::More => break,
                Next::Request => ends.push(passed),
                Next::Refused { refusal, .. } => return Verdict { ends, refusal: Some(refusal) },
            }
        }
    }
    Verdict { ends, refusal: None }
}

/// One request, whole; `Ok` where it ends exactly at its last byte.
fn check(stream: &str, expected: Result<(), Refusal>) {
    let whole = verdict(stream.as_bytes(), &[]);
    let ends = if expected.is_ok() { vec![stream.len()] } else { vec![] };
    assert_eq!(whole, Verdict { ends, refusal: expected.err() }, "{stream:?}");
    let every: Vec<_> = (1..stream.len()).collect();
    assert_eq!(verdict(stream.as_bytes(), &every), whole, "byte by byte: {stream:?}");
}

fn check_fields(fields: &str, body: &str, expected: Result<(), Refusal>) {
    check(&format!("POST / HTTP/1.1\r\nHost: h\r\n{fields}\r\n{body}"), expected);
}

fn check_line(line: &str, expected: Result<(), Refusal>) {
    check(&format!("{line}\r\nHost: h\r\n\r\n"), expected);
}

fn check_chunks(body: &str, expected: Result<(), Refusal>) {
    check_fields("Transfer-Encoding: chunked\r\n", body, expected);
}

#[test]
fn rfc9112_3_request_lines() {
    for line in [
        "GET / HTTP/1.1",
        "GET /a/b?c=d&e=%20 HTTP/1.0",
        "M-SEARCH /a|b{c} HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "CONNECT h.example:443 HTTP/1.1",
        "GET http://h.example:80/a HTTP/1.1",
        "GET HTTPS://[2001:db8::1]?q HTTP/1.1",
        "\r\n\r\nGET / HTTP/1.1",
    ] {
        check_line(line, Ok(()));
    }
    for line in
        ["GET /", "GET  / HTTP/1.1", "GET / HTTP/1.1 ", " GET / HTTP/1.1", "GET /a b HTTP/1.1"]
    {
        check_line(line, Err(Refusal::RequestLine));
    }
    for line in ["GET\t/ HTTP/1.1", "GET /\tHTTP/1.1", "G@T / HTTP/1.1", "G\u{e9}T / HTTP/1.1"] {
        let refusal = if line.contains('\t') { Refusal::RequestLine } else { Refusal::Method };
        check_line(line, Err(refusal));
    }
    for line in ["GET / http/1.1", "GET / HTTP/1", "GET / HTTP/11.1", "GET / HTP/1.1"] {
        check_line(line, Err(Refusal::VersionSyntax));
    }
    for line in ["GET / HTTP/0.9", "GET / HTTP/1.2", "PRI * HTTP/2.0", "GET / HTTP/3.0"] {
        let refusal = if line.starts_with("PRI") { Refusal::Target } else { Refusal::Version };
        check_line(line, Err(refusal));
    }
    check("\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n", Err(Refusal::EmptyLines));
    check("\nGET / HTTP/1.1\r\n", Err(Refusal::LineEnd));
}

#[test]
fn rfc9112_3_2_targets() {
    for target in [
        "a",
        "*",
        "/a#b",
        "/\u{e4}",
        "/\u{7f}",
        "/\u{1}",
        "h.example",
        "http://",
        "http:///a",
        "http://user@h/",
        "ftp://h/",
        "http://h:x/",
        "http://h:65536/",
        "http://[::1/",
        "//h/ ",
    ] {
        let line = format!("GET {target} HTTP/1.1");
        let refusal = if target == "//h/ " { Refusal::RequestLine } else { Refusal::Target };
        check_line(&line, Err(refusal));
    }
    check_line("CONNECT /a HTTP/1.1", Err(Refusal::Target));
    check_line(&format!("GET /{} HTTP/1.1", "a".repeat(1_023)), Ok(()));
    check_line(&format!("GET /{} HTTP/1.1", "a".repeat(1_024)), Err(Refusal::TargetTooLong));
    check_line(&format!("GET /{} HTTP/1.1", "a".repeat(9_000)), Err(Refusal::TargetTooLong));
}

#[test]
fn rfc9112_3_2_hosts() {
    for host in ["h", "h.example:8080", "127.0.0.1", "[::1]:80", "h:", "a_b", "X-1.EXAMPLE."] {
        check(&format!("GET / HTTP/1.1\r\nHost: \t{host} \r\n\r\n"), Ok(()));
    }
    for host in [
        "",
        "a b",
        "a,b",
        "u@h",
        "h/p",
        "h:8o",
        "h:99999",
        "h:-1",
        "[::1",
        "[::1]x",
        "[v1.x]",
        "[fe80::1%25eth0]",
        "a%00b",
        "h?q",
        "h\\p",
        "http://h",
    ] {
        check(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"), Err(Refusal::Host));
    }
    check("GET / HTTP/1.1\r\n\r\n", Err(Refusal::HostCount));
    check("GET / HTTP/1.0\r\n\r\n", Ok(()));
    for version in ["1.0", "1.1"] {
        let twice = format!("GET / HTTP/{version}\r\nHost: h\r\nhost: h\r\n\r\n");
        check(&twice, Err(Refusal::HostCount));
    }
}

#[test]
fn rfc9112_5_field_lines() {
    for fields in ["X:\r\n", "X: a\tb\r\n", "X:a:b\r\n", "X: \u{e4}\r\n", "!#$%&'*+-.^_`|~: 1\r\n"]
    {
        check_fields(fields, "", Ok(()));
    }
    for fields in ["X : a\r\n", ": a\r\n", "X\r\n", "X\0: a\r\n", "X(: a\r\n", "\u{e4}: a\r\n"] {
        check_fields(fields, "", Err(Refusal::FieldName));
    }
    for fields in ["X: a\0b\r\n", "X: a\rb\r\n", "X: \u{b}\r\n", "X: \u{7f}\r\n", "X: a\r\r\n"] {
        check_fields(fields, "", Err(Refusal::FieldValue));
    }
    check_fields("X: a\r\n b\r\n", "", Err(Refusal::Folded));
    check_fields("X: a\r\n\tb\r\n", "", Err(Refusal::Folded));
    check_fields("X: a\nY: b\r\n", "", Err(Refusal::LineEnd));
    check("GET / HTTP/1.1\r\n Host: h\r\n\r\n", Err(Refusal::Folded));
    check("GET / HTTP/1.1\nHost: h\n\n", Err(Refusal::LineEnd));
    check("GET / HTTP/1.1\r\nHost: h\r\n\n", Err(Refusal::LineEnd));
    check_fields(&"X: a\r\n".repeat(99), "", Ok(()));
    check_fields(&"X: a\r\n".repeat(100), "", Err(Refusal::TooLarge));
    check_fields(&format!("X: {}\r\n", "a".repeat(4_096)), "", Err(Refusal::TooLarge));
}

#[test]
fn rfc9112_6_body_lengths() {
    check_fields("", "", Ok(()));
    check_fields("Content-Length: 0\r\n", "", Ok(()));
    check_fields("content-length:\t3 \r\n", "abc", Ok(()));
    check_fields("Transfer-Encoding: Chunked\r\n", "0\r\n\r\n", Ok(()));
    for value in [
        "",
        "+3",
        "-1",
        "0x10",
        "3 4",
        "3,3",
        "3, 4",
        "3;a",
        "a",
        "1e1",
        "3.0",
        "\u{0663}",
        "9223372036854775808",
        "18446744073709551616",
        "99999999999999999999999",
    ] {
        let fields = format!("Content-Length: {value}\r\n");
        check_fields(&fields, "", Err(Refusal::ContentLength));
    }
    for second in ["3", "4"] {
        let fields = format!("Content-Length: 3\r\nContent-Length: {second}\r\n");
        check_fields(&fields, "", Err(Refusal::ContentLength));
    }
    for value in [
        "",
        "xchunked",
        "chunked, identity",
        "identity",
        "gzip, chunked",
        "chunked, chunked",
        "chunked;q=1",
        "\"chunked\"",
        "chunked,",
        "chunke",
    ] {
        let fields = format!("Transfer-Encoding: {value}\r\n");
        check_fields(&fields, "", Err(Refusal::TransferEncoding));
    }
    let chunked = "Transfer-Encoding: chunked\r\n";
    check_fields(&chunked.repeat(2), "", Err(Refusal::TransferEncoding));
    check_fields(&format!("{chunked}Content-Length: 3\r\n"), "", Err(Refusal::TwoFramings));
    check_fields(&format!("Content-Length: 3\r\n{chunked}"), "", Err(Refusal::TwoFramings));
    check_fields("Transfer-Encoding : chunked\r\n", "", Err(Refusal::FieldName));
    check_fields("Transfer-Encoding:\u{b}chunked\r\n", "", Err(Refusal::FieldValue));
    let old = format!("POST / HTTP/1.0\r\n{chunked}\r\n");
    check(&old, Err(Refusal::TransferEncodingVersion));
}

#[test]
fn rfc9112_7_1_chunks() {
    for body in [
        "0\r\n\r\n",
        "3\r\nabc\r\n0\r\n\r\n",
        "00A\r\n0123456789\r\n000\r\n\r\n",
        "3;a=b;c=\"d\"\r\nabc\r\n0;x\r\n\r\n",
        "3 \t;a\r\nabc\r\n0\r\n\r\n",
        "3\r\n\r\n0\r\n0\r\n\r\n",
        "0\r\nX-Sum: 1\r\n\r\n",
    ] {
        check_chunks(body, Ok(()));
    }
    for size in
        ["", "x", "+3", "-3", "0x3", "3 x", " 3", "8000000000000000", "fffffffffffffffff", "\n"]
    {
        check_chunks(&format!("{size}\r\nabc\r\n"), Err(Refusal::ChunkSize));
    }
    for (body, refusal) in [
        ("3\nabc\r\n", Refusal::LineEnd),
        ("3\r\rabc\r\n", Refusal::LineEnd),
        ("3;a\nabc", Refusal::LineEnd),
        ("3;a\u{0}\r\nabc", Refusal::ChunkExtension),
        ("3\r\nabcd\r\n", Refusal::ChunkEnd),
        ("3\r\nabc\n0\r\n\r\n", Refusal::ChunkEnd),
        ("3\r\nabc\r0\r\n", Refusal::ChunkEnd),
        ("3\r\nabc0\r\n\r\n", Refusal::ChunkEnd),
        ("0\r\nX: a\n\r\n", Refusal::LineEnd),
        ("0\r\nX : a\r\n\r\n", Refusal::FieldName),
        ("0\r\nContent-Length: 3\r\n\r\n", Refusal::Trailer),
        ("0\r\nhost: h\r\n\r\n", Refusal::Trailer),
        ("0\r\n\n", Refusal::LineEnd),
    ] {
        check_chunks(body, Err(refusal));
    }
    check_chunks(&format!("3;{}\r\nabc\r\n", "a".repeat(4_096)), Err(Refusal::ChunkExtension));
    check_chunks(&format!("0\r\nX: {}\r\n", "a".repeat(4_096)), Err(Refusal::TooLarge));
}

#[test]
fn requests_in_a_row_end_where_their_framing_says() {
    let first = "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nGET /";
    let second =
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n";
    let stream = format!("{first}{second}GET / HTTP/1.1\r\nHost: h\r\nX : y\r\n\r\n");
    let got = verdict(stream.as_bytes(), &[]);
    let ends = vec![first.len(), first.len() + second.len()];
    assert_eq!(got, Verdict { ends, refusal: Some(Refusal::FieldName) });
}

#[test]
fn a_refusal_stays_and_tells_whether_anything_was_passed() {
    let mut framer = Framer::new(LIMITS);
    let head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(framer.advance(head.as_bytes()), Scan { passed: head.len(), next: Next::More });
    assert!(framer.is_in_body());
    let refused = Next::Refused { refusal: Refusal::ChunkSize, in_head: false };
    assert_eq!(framer.advance(b"x"), Scan { passed: 0, next: refused });
    assert!(matches!(framer.advance(b"1\r\n").next, Next::Refused { .. }));
    assert_eq!(Refusal::ChunkSize.status(), 400);
    assert_eq!(Refusal::TooLarge.status(), 431);
    assert_eq!(Refusal::TargetTooLong.status(), 414);
    assert_eq!(Refusal::Version.status(), 505);
}

/// Requests as a well-behaved client writes them.
fn valid_request() -> impl Strategy<Value = String> {
    let fields = proptest::collection::vec(("X-[A-Za-z0-9_]{0,9}", "[ -~\t]{0,30}"), 0..6);
    let body = prop_oneof![
        Just(None),
        "[a-z\r\n]{0,40}".prop_map(|body| Some((body, false))),
        "[a-z\r\n]{1,40}".prop_map(|body| Some((body, true))),
    ];
    ("[A-Z]{1,9}", "/[a-z0-9?&=%/.-]{0,40}", fields, body).prop_map(
        |(method, target, fields, body)| {
            let mut text = if method == "CONNECT" {
                "GET / HTTP/1.1\r\nHost: h\r\n".to_owned()
            } else {
                format!("{method} {target} HTTP/1.1\r\nHost: h\r\n")
            };
            for (name, value) in fields {
                text.push_str(&format!("{name}: {value}\r\n"));
            }
            match body {
                None => text.push_str("\r\n"),
                Some((body, false)) => {
                    text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
                }
                Some((body, true)) => text.push_str(&format!(
                    "Transfer-Encoding: chunked\r\n\r\n{:x};e=1\r\n{body}\r\n0\r\n\r\n",
                    body.len()
                )),
            }
            text
        },
    )
}

/// Requests with something put in, taken out or doubled.
fn damaged_stream() -> impl Strategy<Value = Vec<u8>> {
    let bytes = prop_oneof![Just(b'\n'), Just(b'\r'), Just(b' '), Just(b':'), any::<u8>()];
    let damage =
        proptest::collection::vec((any::<proptest::sample::Index>(), bytes, 0..3_u8), 0..4);
    (proptest::collection::vec(valid_request(), 1..4), damage).prop_map(|(requests, damage)| {
        let mut stream = requests.concat().into_bytes();
        for (at, byte, kind) in damage {
            let at = at.index(stream.len());
            match kind {
                0 => stream[at] = byte,
                1 => stream.insert(at, byte),
                _ => drop(stream.remove(at)),
            }
        }
        stream
    })
}

proptest! {
    #[test]
    fn law_splitting_the_stream_never_changes_the_verdict(
        stream in damaged_stream(),
        cuts in proptest::collection::vec(0..600_usize, 0..12),
    ) {
        prop_assert_eq!(verdict(&stream, &cuts), verdict(&stream, &[]));
    }

    #[test]
    fn law_a_valid_request_is_never_refused_and_ends_at_its_last_byte(
        requests in proptest::collection::vec(valid_request(), 1..4),
    ) {
        let mut end = 0;
        let ends = requests.iter().map(|request| { end += request.len(); end }).collect();
        prop_assert_eq!(verdict(requests.concat().as_bytes(), &[]), Verdict { ends, refusal: None });
    }

    #[test]
    fn law_any_bytes_are_survived(
        stream in proptest::collection::vec(any::<u8>(), 0..300),
        cuts in proptest::collection::vec(0..300_usize, 0..8),
    ) {
        prop_assert_eq!(verdict(&stream, &cuts), verdict(&stream, &[]));
    }
}
