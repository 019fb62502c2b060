//! Origins that fail: nothing broken is stored, and nobody takes a part for the whole.

use super::*;

const FRESH: &str = "cache-control: max-age=60\r\n";

/// Asks twice of an origin that sends `head` and `part` first and then breaks off, and answers
/// "whole" from then on.
async fn check_broken(head: &'static str, part: &'static str) {
    let gate = Gate::new();
    let held = gate.clone();
    let origin = Origin::start(move |_, nth| {
        if nth == 0 {
            let begin = format!("HTTP/1.1 200 OK\r\n{FRESH}{head}\r\n\r\n{part}");
            return vec![send(begin), Step::Wait(held.clone()), Step::Close];
        }
        response("200 OK", "cache-control: max-age=60", "whole")
    })
    .await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    let mut leader = edge.get("/a", &[]).await;
    assert!(leader.chunk().await.unwrap().is_some());
    let mut follower = edge.get("/a", &[]).await;
    assert!(follower.chunk().await.unwrap().is_some());
    gate.open();
    // RFC 9112 §8: each connection breaks, too.
    assert!(leader.bytes().await.is_err(), "{head}: the leader took a part for the whole");
    assert!(follower.bytes().await.is_err(), "{head}: the follower took a part for the whole");
    while edge.stats().await["fills_running"] != 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(edge.get("/a", &[]).await.text().await.unwrap(), "whole");
    assert_eq!(origin.count(), 2);
    edge.stop().await;
}

#[tokio::test]
async fn a_body_short_of_its_length_is_cut_and_not_stored() {
    check_broken("content-length: 10", "01234").await;
}

#[tokio::test]
async fn a_chunked_body_without_its_last_chunk_is_cut_and_not_stored() {
    check_broken("transfer-encoding: chunked", "5\r\n01234\r\n").await;
    check_broken("transfer-encoding: chunked", "9\r\n01234").await;
}

#[tokio::test]
async fn a_chunked_body_with_its_last_chunk_is_stored() {
    let origin = Origin::start(|_, _| {
        let head = format!("HTTP/1.1 200 OK\r\n{FRESH}transfer-encoding: chunked\r\n\r\n");
        vec![send(head + "5\r\n01234\r\n3\r\n567\r\n0\r\n\r\n")]
    })
    .await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    assert_eq!(edge.get("/a", &[]).await.text().await.unwrap(), "01234567");
    let hit = edge.get("/a", &[("range", "bytes=4-5")]).await;
    assert_eq!(field(&hit, "content-range"), "bytes 4-5/8");
    assert_eq!((hit.text().await.unwrap().as_str(), origin.count()), ("45", 1));
    edge.stop().await;
}

#[tokio::test]
async fn a_body_that_ends_with_its_connection_passes_and_is_not_stored() {
    let origin = Origin::start(|_, _| {
        vec![send(format!("HTTP/1.1 200 OK\r\n{FRESH}\r\nbody")), Step::Close]
    })
    .await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    for count in 1..=2 {
        assert_eq!(edge.get("/a", &[]).await.text().await.unwrap(), "body");
        assert_eq!(origin.count(), count);
    }
    edge.stop().await;
}

#[tokio::test]
async fn what_an_origin_must_not_send_is_a_bad_gateway_and_not_kept() {
    let origin = Origin::start(|head, _| {
        if head.starts_with("get /switch") {
            return vec![
                send(
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
                ),
                Step::Close,
            ];
        }
        let head =
            "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: gzip\r\n\r\n";
        vec![send(format!("{head}cut")), Step::Close]
    })
    .await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    for path in ["/switch", "/coded", "/coded"] {
        let response = edge.get(path, &[]).await;
        assert_eq!(response.status(), 502, "{path}");
    }
    edge.stop().await;
}

#[tokio::test]
async fn an_origin_that_is_away_is_told_of_in_words() {
    // Taken, and not listened at.
    let taken = tokio::net::TcpSocket::new_v4().unwrap();
    taken.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let gone = taken.local_addr().unwrap();
    let edge = TestEdge::start(gone, |config| config.lab = Lab::Off).await;
    let origin = Origin::start(|_, _| vec![Step::Close]).await;
    let hung_up = TestEdge::start(origin.addr, |_| {}).await;
    for (edge, addr, word) in
        [(edge, gone, "could not be reached"), (hung_up, origin.addr, "broke the exchange off")]
    {
        // Where the origin is, is for the operator's log only.
        let response = edge.get("/a", &[]).await;
        assert_eq!(response.status(), 502);
        assert_eq!(field(&response, "cache-control"), "no-store");
        let text = response.text().await.unwrap();
        assert!(text.contains(word) && !text.contains(&addr.to_string()), "{text}");
        edge.stop().await;
    }
}

#[tokio::test]
async fn what_must_be_revalidated_at_an_origin_that_is_away_is_a_gateway_timeout() {
    let origin = Origin::start(|_, nth| match nth {
        0 => response("200 OK", "cache-control: max-age=0, must-revalidate\netag: \"a\"", "old"),
        _ => vec![Step::Close],
    })
    .await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    assert_eq!(edge.get("/a", &[]).await.text().await.unwrap(), "old");
    // RFC 9111 §5.2.2.2: hung up on first, then no longer reached.
    assert_eq!(edge.get("/a", &[]).await.status(), 504);
    drop(origin);
    assert_eq!(edge.get("/a", &[]).await.status(), 504);
    // Nothing is stored of this one.
    assert_eq!(edge.get("/b", &[]).await.status(), 502);
    edge.stop().await;
}

#[tokio::test]
async fn a_silent_origin_is_given_up_in_time() {
    let origin = Origin::start(|_, _| vec![Step::Wait(Gate::new())]).await;
    let short = Duration::from_millis(20);
    let edge = TestEdge::start(origin.addr, |config| config.head_timeout = short).await;
    assert_eq!(edge.get("/a", &[]).await.status(), 504);
    // The same past the cache.
    assert_eq!(edge.request(reqwest::Method::POST, "/a", &[]).await.status(), 504);
    edge.stop().await;
}

#[tokio::test]
async fn an_origins_own_errors_are_passed_on_and_stored_as_it_says() {
    let origin = Origin::start(|head, nth| {
        let headers = if head.contains("/kept") { "cache-control: max-age=60" } else { "" };
        response("500 Internal Server Error", headers, &format!("<p>{nth}"))
    })
    .await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    for (path, expected) in [("/a", "<p>0"), ("/a", "<p>1"), ("/kept", "<p>2"), ("/kept", "<p>2")] {
        let response = edge.get(path, &[]).await;
        assert_eq!(response.status(), 500);
        assert_eq!(response.text().await.unwrap(), expected);
    }
    edge.stop().await;
}
