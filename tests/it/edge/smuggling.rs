//! Requests that two parsers could read in two ways: refused, with nothing of them left over as a
//! request of its own.

use super::{Edge, bounded, origin::HostileOrigin};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// What an attacker hides where one parser sees a body and another one a request.
const HIDDEN: &str = "GET /fine/hidden HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/// Returns all that comes back for `raw`, sent in pieces of at most `piece` bytes.
async fn answers(edge: &Edge, raw: &[u8], piece: usize) -> String {
    let mut stream = TcpStream::connect(edge.addr).await.expect("the edge listens");
    stream.set_nodelay(true).expect("a socket");
    for piece in raw.chunks(piece) {
        stream.write_all(piece).await.unwrap_or_default();
        tokio::task::yield_now().await;
    }
    let mut received = Vec::new();
    // A reset tells as much as an end.
    stream.read_to_end(&mut received).await.unwrap_or_default();
    String::from_utf8_lossy(&received).into_owned()
}

/// Returns the statuses of all responses to `raw` on one connection.
async fn statuses(edge: &Edge, raw: &[u8]) -> Vec<String> {
    let text = answers(edge, raw, raw.len()).await;
    text.match_indices("HTTP/1.1 ").map(|(at, _)| text[at + 9..at + 12].to_owned()).collect()
}

/// Sends each of `requests` with a hidden request behind, whole and in pieces: it is refused with
/// its status, the connection ends, and the origin hears of none of it.
async fn check_refused(requests: &[(&str, &str)]) {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let edge = Edge::before(&origin).await;
        for (request, status) in requests {
            let shown: String = request.chars().take(90).collect();
            let raw = format!("{request}{HIDDEN}");
            assert_eq!(statuses(&edge, raw.as_bytes()).await, [*status], "{shown:?}");
            let text = answers(&edge, raw.as_bytes(), 7).await;
            assert!(text.starts_with(&format!("HTTP/1.1 {status} ")), "{shown:?}: {text}");
            assert!(text.contains("\r\nConnection: close\r\n"), "{shown:?}: {text}");
            assert_eq!(text.matches("HTTP/1.1 ").count(), 1, "{shown:?}: {text}");
            assert_eq!(origin.asked("/fine/hidden").len(), 0, "{shown:?}");
            assert_eq!(origin.asked("/fine/1").len(), 0, "{shown:?}");
        }
        edge.stop().await;
    })
    .await;
}

/// The same for fields of an otherwise fine request.
async fn check_fields(fields: &[(&str, &str)], status: &str) {
    let requests: Vec<_> = fields
        .iter()
        .map(|(fields, body)| format!("GET /fine/1 HTTP/1.1\r\nHost: x\r\n{fields}\r\n{body}"))
        .collect();
    let rows: Vec<_> = requests.iter().map(|request| (request.as_str(), status)).collect();
    check_refused(&rows).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_has_one_length() {
    let long = "Content-Length: 99999999999999999999\r\n";
    check_fields(
        &[
            // RFC 9112 §6.1: both framings.
            ("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
            ("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n"),
            // RFC 9112 §6.3: lengths are digits, and one.
            ("Content-Length: +3\r\n", "abc"),
            ("Content-Length: -1\r\n", "abc"),
            ("Content-Length: 0x3\r\n", "abc"),
            ("Content-Length: 3 3\r\n", "abc"),
            ("Content-Length: 3, 4\r\n", "abc"),
            ("Content-Length: 3, 3\r\n", "abc"),
            ("Content-Length:\r\n", "abc"),
            ("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"),
            ("Content-Length: 3\r\nContent-Length: 4\r\n", "abc"),
            (long, "abc"),
            ("Content-Length: 9223372036854775808\r\n", "abc"),
        ],
        "400",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_coding_is_chunked_alone() {
    check_fields(
        &[
            ("Transfer-Encoding: xchunked\r\n", "abc"),
            ("Transfer-Encoding: chunked, identity\r\n", "abc"),
            ("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
            ("Transfer-Encoding: identity\r\n", "abc"),
            ("Transfer-Encoding:\x0bchunked\r\n", "abc"),
            ("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"),
            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"),
        ],
        "400",
    )
    .await;
    let old = "GET /fine/1 HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    check_refused(&[(old, "400")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_are_as_long_as_they_say() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let edge = Edge::before(&origin).await;
        for body in [
            "0x3\r\nabc\r\n0\r\n\r\n",
            "+3\r\nabc\r\n0\r\n\r\n",
            "3\r\nabcd\r\n0\r\n\r\n",
            "3\r\nabc\n0\r\n\r\n",
            "3\nabc\r\n0\r\n\r\n",
            "3\r\nabc0\r\n\r\n",
            "ffffffffffffffff1\r\nabc\r\n",
            "8000000000000000\r\nabc\r\n",
            "3;a\nb\r\nabc\r\n0\r\n\r\n",
            "0\r\nContent-Length: 3\r\n\r\n",
            "0\r\nX: a\n\r\n",
        ] {
            let field = "Host: x\r\nTransfer-Encoding: chunked";
            // At once with the head, nothing has begun: it is refused.
            let raw = format!("GET /fine/1 HTTP/1.1\r\n{field}\r\n\r\n{body}{HIDDEN}");
            assert_eq!(statuses(&edge, raw.as_bytes()).await, ["400"], "{body:?}");
            assert_eq!(origin.asked("/fine/1").len(), 0, "{body:?}");
            // Behind the head, the response may have begun; it stays the only one.
            let head = format!("GET /fine/2 HTTP/1.1\r\n{field}\r\n\r\n");
            let raw = format!("{head}{body}{HIDDEN}");
            let text = answers(&edge, raw.as_bytes(), head.len()).await;
            assert!(text.matches("HTTP/1.1 ").count() <= 1, "{body:?}: {text}");
            assert_eq!(origin.asked("/fine/hidden").len(), 0, "{body:?}");
        }
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_is_lines_of_names_and_values() {
    check_fields(
        &[
            // RFC 9112 §5.1: a name directly before its colon.
            ("X : a\r\n", ""),
            (": a\r\n", ""),
            ("X\r\n", ""),
            ("X(y): a\r\n", ""),
            ("X\0: a\r\n", ""),
            // RFC 9112 §5.2: no folded lines. RFC 9112 §2.2: no bare CR or LF.
            ("X: a\r\n b\r\n", ""),
            ("X: a\r\n\tb\r\n", ""),
            ("X: a\rb\r\n", ""),
            ("X: a\nY: b\r\n", ""),
            ("X: a\r\r\n", ""),
            // RFC 9110 §5.5: no control characters.
            ("X: a\0b\r\n", ""),
            ("X: a\x08b\r\n", ""),
            ("X: a\x7fb\r\n", ""),
        ],
        "400",
    )
    .await;
    let long = format!("X-Long: {}\r\n", "x".repeat(70_000));
    let many = "X: y\r\n".repeat(200);
    check_fields(&[(&long, ""), (&many, "")], "431").await;
    check_refused(&[
        ("GET /fine/1 HTTP/1.1\nHost: x\n\n", "400"),
        ("GET /fine/1 HTTP/1.1\r\n Host: x\r\n\r\n", "400"),
        ("GET /fine/1 HTTP/1.1\r\nHost: x\r\n\n", "400"),
        ("\nGET /fine/1 HTTP/1.1\r\nHost: x\r\n\r\n", "400"),
        ("\r\n\r\n\r\n\r\n\r\nGET /fine/1 HTTP/1.1\r\nHost: x\r\n\r\n", "400"),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_has_one_host() {
    let with = |hosts: &str| format!("GET /fine/1 HTTP/1.1\r\n{hosts}\r\n");
    let requests: Vec<_> = [
        "",
        "Host:\r\n",
        "Host: a\r\nHost: b\r\n",
        "Host: a\r\nhost: a\r\n",
        "Host: a, b\r\n",
        "Host: a b\r\n",
        "Host: user@a\r\n",
        "Host: a/b\r\n",
        "Host: a:port\r\n",
        "Host: a:65536\r\n",
        "Host: [::1\r\n",
        "Host: a%00.example\r\n",
    ]
    .map(with)
    .into();
    let rows: Vec<_> = requests.iter().map(|request| (request.as_str(), "400")).collect();
    check_refused(&rows).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_line_has_three_words_and_a_target() {
    let requests: Vec<_> = [
        ("GET  /fine/1 HTTP/1.1", "400"),
        ("GET\t/fine/1 HTTP/1.1", "400"),
        ("GET /fine/1 HTTP/1.1 ", "400"),
        ("GET /fine/ 1 HTTP/1.1", "400"),
        ("GET /fine/1", "400"),
        ("GET fine/1 HTTP/1.1", "400"),
        ("GET * HTTP/1.1", "400"),
        ("GET /fine/1#x HTTP/1.1", "400"),
        ("GET /fine/\u{e4} HTTP/1.1", "400"),
        ("GET /fine/\x01 HTTP/1.1", "400"),
        ("GET ftp://a/fine/1 HTTP/1.1", "400"),
        ("GET http://user@a/fine/1 HTTP/1.1", "400"),
        ("G(T /fine/1 HTTP/1.1", "400"),
        ("GET /fine/1 http/1.1", "400"),
        ("GET /fine/1 HTTP/1.10", "400"),
        ("GET /fine/1 HTTP/0.9", "505"),
        ("GET /fine/1 HTTP/1.2", "505"),
        ("GET /fine/1 HTTP/2.0", "505"),
    ]
    .map(|(line, status)| (format!("{line}\r\nHost: a\r\n\r\n"), status))
    .into();
    let rows: Vec<_> = requests.iter().map(|(request, status)| (&**request, *status)).collect();
    check_refused(&rows).await;
    let long = format!("GET /fine/{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(9_000));
    check_refused(&[(&long, "414")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_cache_refuses_is_refused_behind_the_guard_too() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let edge = Edge::before(&origin).await;
        for (line, status) in [("GET /fine/../fine/1", "400"), ("CONNECT evil.example:443", "405")]
        {
            let raw = format!("{line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            assert_eq!(statuses(&edge, raw.as_bytes()).await, [status], "{line:?}");
        }
        assert_eq!(origin.asked("/fine/1").len(), 0);
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_one_meaning_is_answered() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let edge = Edge::before(&origin).await;
        let last = "GET /fine/2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        for first in [
            // RFC 9110 §9.3.1: a body of GET has no meaning, and has an end.
            "GET /fine/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nGET /",
            "GET /fine/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\
             3;x=y\r\nGET\r\n0\r\nX-Sum: 1\r\n\r\n",
            // RFC 9112 §2.2: an empty line before a request.
            "\r\nGET /fine/1 HTTP/1.1\r\nHost: x\r\n\r\n\r\n",
            // RFC 9112 §3.2.2: the target's host counts; the origin stays the one configured.
            "GET http://evil.example/fine/1 HTTP/1.1\r\nHost: a\r\n\r\n",
            "HEAD /fine/1 HTTP/1.1\r\nhost:x:80 \r\nX: \u{e4}\t\r\n\r\n",
        ] {
            let raw = format!("{first}{last}");
            assert_eq!(statuses(&edge, raw.as_bytes()).await, ["200", "200"], "{first:?}");
            // In pieces, so that heads and bodies are cut anywhere: a body that has not all come
            // when its request is answered may end the connection, and nothing else.
            let text = answers(&edge, raw.as_bytes(), 11).await;
            let count = text.matches("HTTP/1.1 ").count();
            assert_eq!(text.matches("HTTP/1.1 200").count(), count, "{first:?}");
            assert!(
                1 <= count
                    && (count == 2 || first.contains("GET\r\n0") || first.ends_with("GET /")),
                "{first:?}"
            );
        }
        let asked = origin.asked("/fine/1");
        assert!(!asked.concat().contains("evil"), "{asked:?}");
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_before_a_refused_one_have_their_answers_in_order() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let edge = Edge::before(&origin).await;
        let good = "GET /fine/1 HTTP/1.1\r\nHost: x\r\n\r\n";
        let bad = "GET /fine/2 HTTP/1.1\r\nHost: x\r\nX : y\r\n\r\n";
        let raw = format!("{good}{good}{bad}{HIDDEN}");
        for piece in [raw.len(), good.len(), 13] {
            let text = answers(&edge, raw.as_bytes(), piece).await;
            let lines: Vec<_> =
                text.match_indices("HTTP/1.1 ").map(|(at, _)| &text[at + 9..at + 12]).collect();
            assert_eq!(lines, ["200", "200", "400"], "in pieces of {piece}");
            assert!(text.ends_with("colon\n"), "{}", &text[text.len() - 90..]);
        }
        assert_eq!(origin.asked("/fine/2").len() + origin.asked("/fine/hidden").len(), 0);
        edge.stop().await;
    })
    .await;
}
