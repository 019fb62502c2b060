//! What passes the cache by.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::*;

#[tokio::test]
async fn bodies_larger_than_the_store_takes_pass_through() {
    let body = "0123456789".repeat(300_000);
    let whole = body.clone();
    let origin = Origin::start(move |head, _| {
        if head.contains("/chunked") {
            let chunk = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
            let head = "HTTP/1.1 200 OK\r\ncache-control: max-age=60\r\ntransfer-encoding: chunked\r\n\r\n";
            return vec![send(head.to_owned() + &chunk)];
        }
        response("200 OK", "cache-control: max-age=60", &body)
    })
    .await;
    let edge =
        TestEdge::start(origin.addr, |config| config.object_max = ByteSize::from_mib(1)).await;
    for (path, count) in [("/long", 1), ("/long", 2), ("/chunked", 3), ("/chunked", 4)] {
        let response = edge.get(path, &[]).await;
        assert!(response.text().await.unwrap() == whole, "{path}");
        assert_eq!(origin.count(), count, "{path}");
    }
    assert_eq!(edge.stats().await["objects"], 0);
    edge.stop().await;
}

#[tokio::test]
async fn a_range_of_a_body_larger_than_the_store_takes_is_the_origins_to_cut() {
    let whole = "x".repeat(2 << 20);
    let origin = Origin::start(move |head, _| {
        if head.contains("range: bytes=5-6") {
            return response("206 Partial Content", "content-range: bytes 5-6/2097152", "56");
        }
        response("200 OK", "cache-control: max-age=60", &whole)
    })
    .await;
    let edge =
        TestEdge::start(origin.addr, |config| config.object_max = ByteSize::from_mib(1)).await;
    for count in [2, 3] {
        let part = edge.get("/a", &[("range", "bytes=5-6")]).await;
        assert_eq!((part.status().as_u16(), origin.count()), (206, count));
        assert_eq!(part.text().await.unwrap(), "56");
    }
    edge.stop().await;
}

#[tokio::test]
async fn an_unsafe_request_passes_with_its_body_and_invalidates() {
    let origin = Origin::start(|head, nth| {
        if head.starts_with("post") {
            return response("204 No Content", "location: /other", "");
        }
        response("200 OK", "cache-control: max-age=60", &format!("{nth}"))
    })
    .await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    for (path, expected) in [("/a", "0"), ("/other", "1"), ("/third", "2")] {
        assert_eq!(edge.get(path, &[]).await.text().await.unwrap(), expected);
    }
    let url = format!("http://{}/a", edge.addr);
    let posted = edge.client.post(url).body("hello").send().await.unwrap();
    assert_eq!(field(&posted, "cache-status"), "dashpot-test; fwd=method");
    assert!(origin.heads()[3].contains("content-length: 5"), "{}", origin.heads()[3]);
    // RFC 9111 §4.4.
    for (path, expected) in [("/a", "4"), ("/other", "5"), ("/third", "2")] {
        assert_eq!(edge.get(path, &[]).await.text().await.unwrap(), expected);
    }
    edge.stop().await;
}

#[tokio::test]
async fn a_request_body_beyond_the_limit_is_refused() {
    let origin = Origin::start(|_, _| response("200 OK", "", "")).await;
    let edge =
        TestEdge::start(origin.addr, |config| config.request_body_max = ByteSize::new(4)).await;
    let url = format!("http://{}/a", edge.addr);
    let refused = edge.client.post(url).body("hello").send().await.unwrap();
    assert_eq!((refused.status().as_u16(), origin.count()), (413, 0));
    edge.stop().await;
}

#[tokio::test]
async fn requests_that_hops_would_read_differently_are_refused() {
    let origin = Origin::start(|_, _| response("200 OK", "", "")).await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    for (head, status) in [
        ("GET / HTTP/1.1\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"),
        ("GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        ("GET /a/%2e%2E/b HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        ("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", "405"),
        ("GET / HTTP/1.1\r\nHost: a\r\nVia: 1.1 dashpot-test\r\n\r\n", "508"),
    ] {
        let mut stream = TcpStream::connect(edge.addr).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut start = [0; 12];
        stream.read_exact(&mut start).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&start), format!("HTTP/1.1 {status}"), "{head}");
    }
    assert_eq!(origin.count(), 0);
    edge.stop().await;
}

#[tokio::test]
async fn an_origin_with_a_path_prefix_keeps_it() {
    let origin = Origin::start(|_, _| response("200 OK", "cache-control: max-age=60", "")).await;
    let edge = TestEdge::start(origin.addr, |config| {
        config.origin = config.origin.join("/base/").unwrap();
    })
    .await;
    edge.get("/a?b=1", &[]).await.bytes().await.unwrap();
    let heads = origin.heads();
    assert!(heads[0].starts_with("get /base/a?b=1 http/1.1\r\n"), "{}", heads[0]);
    assert!(heads[0].contains(&format!("host: {}\r\n", origin.addr)), "{}", heads[0]);
    assert!(heads[0].contains("via: 1.1 dashpot-test\r\n"), "{}", heads[0]);
    edge.stop().await;
}
