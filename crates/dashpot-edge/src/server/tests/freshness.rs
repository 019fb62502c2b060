//! What is stored, for how long, and what it answers.

use super::*;

/// An origin whose every response carries `headers` and the number of the request.
async fn numbered(headers: &'static str) -> Origin {
    Origin::start(move |_, nth| response("200 OK", headers, &format!("body {nth}"))).await
}

#[tokio::test]
async fn a_fresh_response_is_stored_and_says_how_it_came() {
    let origin =
        numbered("cache-control: max-age=60\nage: 3\netag: \"a\"\nx-hop: 1\nconnection: x-hop")
            .await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    let miss = edge.get("/a?b", &[]).await;
    assert_eq!(field(&miss, "cache-status"), "dashpot-test; fwd=uri-miss; stored");
    assert!(field(&miss, "server-timing").starts_with("cache;desc=\"miss\", origin;dur="));
    assert_eq!(miss.text().await.unwrap(), "body 0");
    let hit = edge.get("/a?b", &[]).await;
    assert_eq!(hit.status(), 200);
    let (status, ttl) = field(&hit, "cache-status").split_once("; ttl=").unwrap();
    // RFC 9111 §4.2.3: the origin's Age counts.
    assert!(status == "dashpot-test; hit" && ttl.parse::<i64>().unwrap() <= 57, "{status} {ttl}");
    assert_eq!(field(&hit, "server-timing"), "cache;desc=\"hit\"");
    assert!(3 <= field(&hit, "age").parse::<u64>().unwrap());
    assert_eq!((field(&hit, "via"), field(&hit, "x-hop")), ("1.1 dashpot-test", ""));
    assert_eq!(hit.text().await.unwrap(), "body 0");
    assert_eq!(origin.count(), 1);
    // Another query is another resource.
    assert_eq!(edge.get("/a?c", &[]).await.text().await.unwrap(), "body 1");
    edge.stop().await;
}

#[tokio::test]
async fn a_stored_response_answers_head_conditions_and_ranges() {
    let origin = numbered("cache-control: max-age=60\netag: \"a\"").await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    // RFC 9111 §4.3.2: what the client has is compared with what the origin sends.
    let response = edge.get("/a", &[("if-none-match", "\"a\"")]).await;
    assert_eq!((response.status().as_u16(), response.text().await.unwrap().as_str()), (304, ""));
    let head = edge.request(reqwest::Method::HEAD, "/a", &[]).await;
    assert_eq!((head.status().as_u16(), field(&head, "content-length")), (200, "6"));
    for (range, status, content_range, body) in [
        ("bytes=1-2", 206, "bytes 1-2/6", "od"),
        ("bytes=-2", 206, "bytes 4-5/6", " 0"),
        ("bytes=9-", 416, "bytes */6", ""),
    ] {
        let response = edge.get("/a", &[("range", range)]).await;
        assert_eq!(response.status(), status, "{range}");
        assert_eq!(field(&response, "content-range"), content_range, "{range}");
        assert_eq!(response.text().await.unwrap(), body, "{range}");
    }
    let parts = edge.get("/a", &[("range", "bytes=0-0,5-5")]).await;
    let length: usize = field(&parts, "content-length").parse().unwrap();
    let text = parts.text().await.unwrap();
    assert_eq!(text.len(), length);
    assert!(text.contains("Content-Range: bytes 5-5/6\r\n\r\n0\r\n--"), "{text}");
    // The ranges stayed here, and so did the conditions once there was something to compare.
    let heads = origin.heads();
    assert_eq!(heads.len(), 1);
    assert!(!heads[0].contains("range"), "{}", heads[0]);
    edge.stop().await;
}

#[tokio::test]
async fn a_stale_response_is_validated_and_its_head_refreshed() {
    let origin = Origin::start(|head, nth| {
        if head.contains("if-none-match: \"a\"") {
            let headers = "etag: \"a\"\ncache-control: max-age=60\nx-seen: again";
            return vec![send(format!(
                "HTTP/1.1 304 Not Modified\r\n{}\r\n\r\n",
                headers.replace('\n', "\r\n")
            ))];
        }
        response("200 OK", "etag: \"a\"\ncache-control: max-age=0", &format!("body {nth}"))
    })
    .await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    assert_eq!(edge.get("/a", &[]).await.text().await.unwrap(), "body 0");
    let validated = edge.get("/a", &[]).await;
    assert_eq!(field(&validated, "cache-status"), "dashpot-test; fwd=stale; fwd-status=304");
    // RFC 9111 §4.3.4.
    assert_eq!(field(&validated, "x-seen"), "again");
    assert_eq!(validated.text().await.unwrap(), "body 0");
    let hit = edge.get("/a", &[]).await;
    assert!(field(&hit, "cache-status").contains("hit"));
    assert_eq!(hit.text().await.unwrap(), "body 0");
    assert_eq!(origin.count(), 2);
    edge.stop().await;
}

#[tokio::test]
async fn stale_while_revalidate_answers_at_once_and_refreshes_once() {
    let origin = numbered("cache-control: max-age=0, stale-while-revalidate=60").await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    assert_eq!(edge.get("/a", &[]).await.text().await.unwrap(), "body 0");
    // RFC 5861 §3.
    let stale = edge.get("/a", &[]).await;
    let status = field(&stale, "cache-status").to_owned();
    assert!(
        status.contains("hit") && status.ends_with("detail=stale-while-revalidate"),
        "{status}"
    );
    assert_eq!(stale.text().await.unwrap(), "body 0");
    while origin.count() < 2 {
        tokio::task::yield_now().await;
    }
    edge.stop().await;
}

#[tokio::test]
async fn a_refresh_that_fails_is_not_tried_again_by_every_hit() {
    for failure in ["HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", ""] {
        let origin = Origin::start(move |_, nth| match nth {
            0 => response("200 OK", "cache-control: max-age=0, stale-while-revalidate=60", "good"),
            _ => vec![send(failure), Step::Close],
        })
        .await;
        // Or a lost connection were made again, each time.
        let edge = TestEdge::start(origin.addr, |config| config.behind.retry = false).await;
        for _ in 0..4 {
            assert_eq!(edge.get("/a", &[]).await.text().await.unwrap(), "good");
            while edge.stats().await["fills_running"] != 0 {
                tokio::task::yield_now().await;
            }
        }
        assert_eq!(origin.count(), 2, "{failure:?}");
        edge.stop().await;
    }
}

#[tokio::test]
async fn stale_if_error_covers_a_failing_origin() {
    let origin = Origin::start(|_, nth| match nth {
        0 => response("200 OK", "cache-control: max-age=0, stale-if-error=60", "good"),
        1 => response("503 Service Unavailable", "", "bad"),
        _ => vec![Step::Close],
    })
    .await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    edge.get("/a", &[]).await.bytes().await.unwrap();
    // RFC 5861 §4: a 503 first, then no answer at all.
    for _ in 0..2 {
        let response = edge.get("/a", &[]).await;
        assert_eq!(response.status(), 200);
        assert!(field(&response, "cache-status").ends_with("detail=stale-if-error"));
        assert_eq!(response.text().await.unwrap(), "good");
    }
    edge.stop().await;
}

#[tokio::test]
async fn vary_keeps_variants_apart() {
    let origin = Origin::start(|head, nth| {
        let coding =
            head.lines().find(|line| line.starts_with("accept-language")).unwrap_or("none");
        let headers = "cache-control: max-age=60\nvary: accept-language";
        response("200 OK", headers, &format!("{nth} {coding}"))
    })
    .await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    for _ in 0..2 {
        for (language, expected) in
            [("en", "0 accept-language: en"), ("ko", "1 accept-language: ko")]
        {
            let response = edge.get("/a", &[("accept-language", language)]).await;
            assert_eq!(response.text().await.unwrap(), expected);
        }
    }
    assert_eq!(origin.count(), 2);
    edge.stop().await;
}

#[tokio::test]
async fn only_if_cached_asks_nobody() {
    let origin = numbered("cache-control: max-age=60").await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    let response = edge.get("/a", &[("cache-control", "only-if-cached")]).await;
    // RFC 9111 §5.2.1.7.
    assert_eq!((response.status().as_u16(), origin.count()), (504, 0));
    edge.stop().await;
}
