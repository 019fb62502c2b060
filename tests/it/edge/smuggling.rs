//! Requests that two parsers could read in two ways: refused, or read in the one way of RFC 9112,
//! with nothing of them left over as a request of its own.

use super::{Edge, bounded, origin::HostileOrigin};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// What an attacker hides where one parser sees a body and another one a request.
const HIDDEN: &str = "GET /fine/hidden HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/// Returns the statuses of all responses to `raw` on one connection.
async fn statuses(edge: &Edge, raw: &str) -> Vec<String> {
    let mut stream = TcpStream::connect(edge.addr).await.expect("the edge listens");
    stream.write_all(raw.as_bytes()).await.unwrap_or_default();
    let mut received = Vec::new();
    // A reset tells as much as an end.
    stream.read_to_end(&mut received).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&received);
    text.match_indices("HTTP/1.1 ").map(|(at, _)| text[at + 9..at + 12].to_owned()).collect()
}

/// Sends `fields` and `body` with a hidden request behind; it must stay hidden.
async fn check_fields(fields: &str, body: &str, status: &str) {
    let origin = HostileOrigin::start().await;
    let edge = Edge::before(&origin).await;
    let raw = format!("GET /fine/1 HTTP/1.1\r\nHost: x\r\n{fields}\r\n{body}{HIDDEN}");
    let shown: String = fields.chars().take(60).collect();
    assert_eq!(statuses(&edge, &raw).await, [status], "{shown:?}");
    assert_eq!(origin.asked("/fine/hidden").len(), 0, "{shown:?}");
    assert_eq!(origin.asked("/fine/1").len(), usize::from(status == "200"), "{shown:?}");
    edge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_has_one_length_or_its_request_is_refused() {
    bounded(async {
        // RFC 9112 §6.1: with both framings `chunked` counts, and the connection closes.
        check_fields("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n", "200")
            .await;
        check_fields("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n", "200")
            .await;
        for fields in [
            // RFC 9112 §6.3: `chunked` comes last, and lengths are digits and agree.
            "Transfer-Encoding: xchunked\r\n",
            "Transfer-Encoding: chunked, identity\r\n",
            "Transfer-Encoding:\x0bchunked\r\n",
            "Content-Length: +3\r\n",
            "Content-Length: 3, 4\r\n",
            "Content-Length: 3\r\nContent-Length: 4\r\n",
            "Content-Length: 0x3\r\n",
            "Content-Length: -1\r\n",
        ] {
            check_fields(fields, "abc", "400").await;
        }
        // The answer does not wait for a body that nobody reads; what follows it is never a request.
        for body in
            ["0x3\r\nabc\r\n0\r\n\r\n", "3\r\nabcd\r\n0\r\n\r\n", "ffffffffffffffff1\r\nabc\r\n"]
        {
            check_fields("Transfer-Encoding: chunked\r\n", body, "200").await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_is_lines_of_names_and_values_or_refused() {
    bounded(async {
        for fields in [
            // RFC 9112 §5.1: no space before the colon.
            "Transfer-Encoding : chunked\r\n",
            // RFC 9112 §5.2: no folded lines. RFC 9112 §2.2: no bare CR. RFC 9110 §5.5: no NUL.
            "X: a\r\n b\r\n",
            "X: a\rb\r\n",
            "X: a\0b\r\n",
        ] {
            check_fields(fields, "", "400").await;
        }
        let long = format!("X-Long: {}\r\n", "x".repeat(70_000));
        check_fields(&long, "", "431").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_line_has_three_words_and_a_target_that_is_ours() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let edge = Edge::before(&origin).await;
        for (line, host, status) in [
            ("GET /fine/1 HTTP/1.1", "", "400"),
            ("GET /fine/1 HTTP/1.1", "Host: a\r\nHost: b\r\n", "400"),
            ("GET  /fine/1 HTTP/1.1", "Host: a\r\n", "400"),
            ("GET /fine/1 HTTP/1.1 ", "Host: a\r\n", "400"),
            ("GET /fine/ 1 HTTP/1.1", "Host: a\r\n", "400"),
            ("GET /fine/1 HTTP/2.0", "Host: a\r\n", "400"),
            ("GET /fine/1", "Host: a\r\n", "400"),
            ("GET fine/1 HTTP/1.1", "Host: a\r\n", "400"),
            ("GET /fine/../fine/1 HTTP/1.1", "Host: a\r\n", "400"),
            ("CONNECT evil.example:443 HTTP/1.1", "Host: a\r\n", "405"),
        ] {
            let raw = format!("{line}\r\n{host}Connection: close\r\n\r\n");
            assert_eq!(statuses(&edge, &raw).await, [status], "{line:?} {host:?}");
        }
        assert_eq!(origin.asked("/fine/1").len(), 0);
        // RFC 9112 §3.2.2: the absolute form is taken; the origin stays the one configured.
        let raw = "GET http://evil.example/fine/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        assert_eq!(statuses(&edge, raw).await, ["200"]);
        let asked = origin.asked("/fine/1");
        assert!(!asked[0].contains("evil"), "{asked:?}");
        edge.stop().await;
    })
    .await;
}
