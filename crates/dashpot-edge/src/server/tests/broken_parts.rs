//! Parts that pass the cache by and break off.

use super::*;

/// Asks past the cache for bytes 4 to 13 of a whole, which the origin gives the first three of and
/// then breaks off; `rest` is what it answers after that.
async fn check(
    rest: &'static [(&'static str, &'static str, &'static str)],
    expected: Option<&str>,
) {
    let gate = Gate::new();
    let held = gate.clone();
    let origin = Origin::start(move |_, nth| {
        let Some((status, fields, part)) = nth.checked_sub(1).map(|nth| rest[nth]) else {
            let head = "HTTP/1.1 206 Partial Content\r\nETag: \"a\"\r\nCache-Control: private\r\n\
                        Content-Range: bytes 4-13/20\r\nContent-Length: 10\r\n\r\n456";
            return vec![send(head), Step::Wait(held.clone()), Step::Close];
        };
        let head = format!("HTTP/1.1 {status}\r\n{fields}\r\nConnection: close\r\n\r\n{part}");
        vec![send(head), Step::Close]
    })
    .await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    let fields = [("range", "bytes=4-13"), ("cache-control", "no-store")];
    let mut got = edge.get("/a", &fields).await;
    let first = got.chunk().await.unwrap().unwrap();
    gate.open();
    let whole = got.bytes().await.ok();
    let whole = whole.map(|rest| String::from_utf8([first, rest].concat()).unwrap());
    assert_eq!(whole.as_deref(), expected, "{rest:?}");
    let heads = origin.heads();
    assert_eq!(heads.len(), 1 + rest.len(), "{heads:?}");
    for head in &heads[1..] {
        assert!(head.contains("if-range: \"a\"") && head.contains("-13\r\n"), "{head}");
    }
    edge.stop().await;
}

#[tokio::test]
async fn a_part_that_breaks_off_goes_on_with_what_is_left_of_it_only() {
    const PART: &str = "206 Partial Content";
    const SEVEN: &str = "ETag: \"a\"\r\nContent-Range: bytes 7-13/20\r\nContent-Length: 7";
    check(
        &[
            // Breaks off again.
            (PART, SEVEN, "789a"),
            ("503 Service Unavailable", "Content-Length: 0", ""),
            (PART, "ETag: \"a\"\r\nContent-Range: bytes 11-13/20\r\nContent-Length: 3", "bcd"),
        ],
        Some("456789abcd"),
    )
    .await;
    check(&[(PART, "ETag: \"b\"\r\nContent-Range: bytes 7-13/20", "789abcd")], None).await;
    check(&[("200 OK", "ETag: \"a\"\r\nContent-Length: 20", "0123456789abcdefghij")], None).await;
}
