//! RFC 9112 §9: several requests on one connection, before a cache that answers some of them itself.

use super::{
    case::{Answer, Case, get},
    origin::ScriptedOrigin,
    run::{Edge, bounded},
    wire::{Response, read_response},
    words::Words,
};
use dashpot_serve::Clock;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Sends `requests` at once, each a method and the rest of its head, and reads all responses.
async fn pipelined(answers: [Answer; 2], requests: &[(&str, &str)]) -> (Vec<Response>, usize) {
    bounded(async {
        let origin = ScriptedOrigin::start().await;
        let edge = Edge::before(&origin, |config| config).await;
        let words = Words {
            now: Clock::system().wall(),
            base: "/c0".to_owned(),
            edge: edge.addr.to_string(),
            origin: origin.addr.to_string(),
        };
        origin.script(&words, answers);
        let mut stream = TcpStream::connect(edge.addr).await.expect("the edge listens");
        let wire: String = requests
            .iter()
            .map(|(method, rest)| {
                let (target, fields) = rest.split_once('\n').unwrap_or((rest, ""));
                format!("{method} /c0/{target} HTTP/1.1\r\nHost: a\r\n{fields}\r\n")
            })
            .collect();
        stream.write_all(wire.as_bytes()).await.expect("the edge reads");
        let mut received = Vec::new();
        stream.read_to_end(&mut received).await.unwrap_or_default();
        let mut rest = &received[..];
        let mut responses = Vec::new();
        for (method, _) in requests {
            let (response, behind) = read_response(method, rest).expect("a response");
            responses.push(response);
            rest = behind;
        }
        assert!(rest.is_empty(), "behind the last: {:?}", String::from_utf8_lossy(rest));
        edge.stop().await;
        (responses, origin.seen("/c0").len())
    })
    .await
}

const CLOSE: &str = "Connection: close\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn rfc9112_9_3_2_pipelined_requests_are_answered_in_order() {
    let answers = get().ok(&["Cache-Control: max-age=3600", "ETag: \"a\""]).text("hello").answers;
    let last = format!("a\n{CLOSE}");
    let (responses, asked) = pipelined(
        answers,
        &[
            ("GET", "a"),
            ("HEAD", "a"),
            ("GET", "a\nIf-None-Match: \"a\"\r\n"),
            ("GET", "a\nRange: bytes=1-2\r\n"),
            ("GET", "a\nRange: bytes=9-\r\n"),
            ("GET", &last),
        ],
    )
    .await;
    let seen: Vec<_> = responses
        .iter()
        .map(|response| (response.status, String::from_utf8_lossy(&response.message.body)))
        .collect();
    let expected = [(200, "hello"), (200, ""), (304, ""), (206, "el"), (416, ""), (200, "hello")];
    assert_eq!(seen, expected.map(|(status, body)| (status, body.into())), "{responses:?}");
    assert_eq!(asked, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9112_9_3_a_request_with_content_leaves_the_next_one_where_it_is() {
    let answers = get().ok(&["Cache-Control: no-store"]).text("hello").answers;
    let chunked = "a\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n";
    let last = format!("b\n{CLOSE}");
    let (responses, asked) = pipelined(answers, &[("POST", chunked), ("GET", &last)]).await;
    assert_eq!(responses.iter().map(|response| response.status).collect::<Vec<_>>(), [200, 200]);
    assert_eq!(asked, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9112_9_6_close_is_said_and_done() {
    let answers = get().ok(&["Cache-Control: max-age=3600"]).text("hello").answers;
    // The connection ends behind the one response, or this would wait.
    let (responses, _) = pipelined(answers, &[("GET", &format!("a\n{CLOSE}"))]).await;
    assert_eq!(responses[0].message.all("connection"), ["close"]);
}

/// A client of HTTP/1.0 has the end of the connection for the end of the response.
#[tokio::test(flavor = "multi_thread")]
async fn rfc9112_9_3_a_client_of_http_1_0_sees_the_connection_end() {
    use super::case::{Expect, case};
    const CASES: &[Case] = &[case(
        "RFC 9112 §9.3",
        "HTTP/1.0 from the store",
        &[
            get().ok(&["Cache-Control: max-age=3600"]).miss(),
            get().version("HTTP/1.0").hit().expect(&[Expect::Status(200)]),
        ],
    )];
    super::run::check(CASES).await;
}
