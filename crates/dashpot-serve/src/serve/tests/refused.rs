//! What nobody reads is counted all the same.

use super::*;

/// Sends `raw` on a connection of its own, reads to its end, and expects one refusal for `reason`,
/// or none.
async fn check(limits: Limits, raw: &[u8], reason: Option<&'static str>) {
    let server = start(limits, LONG).await;
    let mut stream = connect(&server, raw).await;
    server.release.notify_one();
    stream.read_to_end(&mut Vec::new()).await.ok();
    server.shutdown.begin();
    // All connections have ended then.
    server.task.await.unwrap();
    let count = |reason| server.refusals.counts.get_or_create(&vec![("reason", reason)]).get();
    for known in ["field-name", "head-too-large", "chunk-size", "slow-head", "host-count"] {
        let expected = u64::from(Some(known) == reason);
        assert_eq!(count(known), expected, "{known}: {}", String::from_utf8_lossy(raw));
    }
}

#[tokio::test(start_paused = true)]
async fn each_refusal_is_counted_once_by_its_reason() {
    let limits = Limits { header_bytes_max: 1_000, ..Limits::default() };
    let large = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "y".repeat(2_000));
    for (raw, reason) in [
        (&b"GET / HTTP/1.1\r\nHost: x\r\nX : y\r\n\r\nGET / HTTP/1.1\r\n"[..], Some("field-name")),
        (b"GET / HTTP/1.1\r\n\r\n", Some("host-count")),
        (large.as_bytes(), Some("head-too-large")),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nx", Some("chunk-size")),
        (b"GET / HTTP/1.1\r\nHo", Some("slow-head")),
        // A connection that says nothing at all, and one that rests.
        (b"", None),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", None),
        (b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", None),
    ] {
        check(limits, raw, reason).await;
    }
}

#[tokio::test]
async fn a_connection_too_many_is_counted() {
    let limits = Limits { connections_per_client_max: NonZeroUsize::new(1), ..Limits::default() };
    let server = start(limits, LONG).await;
    let mut first = connect(&server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    read_to_first_half(&mut first).await;
    let mut second = connect(&server, b"").await;
    second.read_to_end(&mut Vec::new()).await.ok();
    let reason = vec![("reason", "too-many-connections")];
    assert_eq!(server.refusals.counts.get_or_create(&reason).get(), 1);
    server.release.notify_one();
    drop(first);
    server.shutdown.begin();
    server.task.await.unwrap();
}
