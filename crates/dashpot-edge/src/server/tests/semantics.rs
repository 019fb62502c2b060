//! What RFC 9111 leaves to the cache, and what the operator adds.

use std::collections::BTreeMap;

use super::*;

#[tokio::test]
async fn a_guessed_and_an_operators_lifetime_say_so() {
    let origin = Origin::start(|head, nth| {
        let (status, headers) = match head {
            head if head.contains("/modified") => {
                ("200 OK", "last-modified: Sun, 06 Nov 1994 08:49:37 GMT")
            }
            head if head.contains("/missing") => ("404 Not Found", ""),
            _ => ("200 OK", ""),
        };
        response(status, headers, &format!("{nth}"))
    })
    .await;
    let edge = TestEdge::start(origin.addr, |config| {
        config.policy.negative_ttls = BTreeMap::from([(404, Duration::from_secs(60))]);
    })
    .await;
    for (path, expected) in [("/modified", "heuristic"), ("/missing", "negative-ttl")] {
        let first = edge.get(path, &[]).await.text().await.unwrap();
        let hit = edge.get(path, &[]).await;
        let status = field(&hit, "cache-status").to_owned();
        assert!(status.contains("; hit; ttl="), "{status}");
        assert!(status.ends_with(&format!("; detail={expected}")), "{status}");
        assert_eq!(hit.text().await.unwrap(), first);
    }
    // Of this one nobody says anything.
    for expected in ["2", "3"] {
        assert_eq!(edge.get("/silent", &[]).await.text().await.unwrap(), expected);
    }
    edge.stop().await;
}

#[tokio::test]
async fn rfc9111_4_2_4_a_disconnected_edge_serves_stale_and_waits_once() {
    let origin = Origin::start(|head, nth| match nth {
        0 | 1 => {
            let strict = if head.contains("/strict") { ", must-revalidate" } else { "" };
            response("200 OK", &format!("cache-control: max-age=0{strict}"), "good")
        }
        _ => vec![Step::Wait(Gate::new())],
    })
    .await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    for path in ["/a", "/strict"] {
        edge.get(path, &[]).await.bytes().await.unwrap();
    }
    // From here on nothing comes that could come too late.
    edge.reload(|config| config.head_timeout = Duration::from_millis(20));
    // The first finds out, by its time-out. The others do not wait for the origin, though one of
    // them in a while tries it.
    for expected in ["fwd=stale", "hit; ttl=", "hit; ttl=", "hit; ttl="] {
        let stale = edge.get("/a", &[]).await;
        let status = field(&stale, "cache-status").to_owned();
        assert!(status.contains(expected), "{expected}: {status}");
        assert!(status.ends_with("; detail=stale-if-disconnected"), "{status}");
        assert_eq!(stale.text().await.unwrap(), "good");
    }
    assert_eq!(edge.get("/strict", &[]).await.status(), 504);
    edge.stop().await;
}

#[tokio::test]
async fn an_error_of_a_connected_origin_is_no_disconnection() {
    let origin = Origin::start(|_, nth| match nth {
        0 => response("200 OK", "cache-control: max-age=0", "good"),
        _ => response("503 Service Unavailable", "", "bad"),
    })
    .await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    edge.get("/a", &[]).await.bytes().await.unwrap();
    // RFC 5861 §4: only stale-if-error covers it.
    assert_eq!(edge.get("/a", &[]).await.status(), 503);
    edge.stop().await;
}

#[tokio::test]
async fn the_operator_may_want_no_stale_responses() {
    let origin = Origin::start(|_, nth| match nth {
        0 => response("200 OK", "cache-control: max-age=0", "good"),
        _ => vec![Step::Close],
    })
    .await;
    let edge = TestEdge::start(origin.addr, |config| {
        config.policy.stale_if_disconnected = Duration::ZERO;
    })
    .await;
    edge.get("/a", &[]).await.bytes().await.unwrap();
    assert_eq!(edge.get("/a", &[]).await.status(), 502);
    edge.stop().await;
}

#[tokio::test]
async fn rfc9111_4_3_2_a_precondition_is_the_origins_where_nothing_is_stored() {
    let gate = Gate::new();
    let held = gate.clone();
    let origin = Origin::start(move |head, nth| {
        if head.contains("if-none-match: \"a\"") {
            let answer = send("HTTP/1.1 304 Not Modified\r\netag: \"a\"\r\n\r\n");
            return vec![Step::Wait(held.clone()), answer];
        }
        response("200 OK", "cache-control: max-age=60\netag: \"a\"", &format!("{nth}"))
    })
    .await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    let conditional = edge.get("/a", &[("if-none-match", "\"a\"")]);
    let waiting = async {
        while origin.count() == 0 {
            tokio::task::yield_now().await;
        }
        let followers = async { tokio::join!(edge.get("/a", &[]), edge.get("/a", &[])) };
        let open = async {
            // All three are on the flight; whether they are does not change what they get.
            edge.stats().await;
            gate.open();
        };
        tokio::join!(followers, open).0
    };
    let (not_modified, (one, other)) = tokio::join!(conditional, waiting);
    assert_eq!((not_modified.status().as_u16(), field(&not_modified, "etag")), (304, "\"a\""));
    assert_eq!(not_modified.text().await.unwrap(), "");
    for follower in [one, other] {
        assert_eq!(follower.status(), 200);
        assert_eq!(follower.text().await.unwrap(), "1");
    }
    // Two fetches for three clients, and the 304 was not stored.
    assert_eq!(origin.count(), 2);
    let hit = edge.get("/a", &[("if-none-match", "\"a\"")]).await;
    assert_eq!((hit.status().as_u16(), origin.count()), (304, 2));
    edge.stop().await;
}

#[tokio::test]
async fn those_who_want_another_variant_share_a_flight_of_their_own() {
    let gate = Gate::new();
    let held = gate.clone();
    let origin = Origin::start(move |head, _| {
        let headers = "cache-control: max-age=60\nvary: accept-encoding";
        if head.contains("accept-encoding: gzip") {
            let begin = "HTTP/1.1 200 OK\r\ncache-control: max-age=60\r\nvary: accept-encoding\r\n\
                         content-length: 4\r\n\r\ngz";
            return vec![send(begin), Step::Wait(held.clone()), send("ip")];
        }
        response("200 OK", headers, "br")
    })
    .await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    let get = async |coding| edge.get("/a", &[("accept-encoding", coding)]).await;
    let leader = get("gzip").await;
    // While the one variant is on its way, the other is fetched once for all.
    for response in <[_; 3]>::from(tokio::join!(get("br"), get("br"), get("br"))) {
        assert_eq!(response.text().await.unwrap(), "br");
    }
    gate.open();
    assert_eq!(leader.text().await.unwrap(), "gzip");
    // Both are stored under what selects them.
    for coding in ["gzip", "br"] {
        let hit = get(coding).await;
        assert!(field(&hit, "cache-status").contains("; hit"));
        assert_eq!(hit.text().await.unwrap(), coding);
    }
    assert_eq!(origin.count(), 2);
    edge.stop().await;
}

#[tokio::test]
async fn rfc9111_4_3_5_a_head_confirms_or_refutes_what_is_stored() {
    let origin = Origin::start(|head, nth| {
        let tag = if head.contains("/changed") && nth != 0 { "b" } else { "a" };
        let max_age = if head.starts_with("head") { 60 } else { 0 };
        let headers = format!("cache-control: max-age={max_age}\netag: \"{tag}\"\nx-n: {nth}");
        if head.starts_with("head") {
            let lines = headers.replace('\n', "\r\n");
            return vec![send(format!("HTTP/1.1 200 OK\r\n{lines}\r\ncontent-length: 4\r\n\r\n"))];
        }
        if head.contains("if-none-match: \"a\"") && tag == "a" {
            return vec![send("HTTP/1.1 304 Not Modified\r\n\r\n")];
        }
        response("200 OK", &headers, "body")
    })
    .await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    for (path, cache_status) in [("/changed", "fwd=uri-miss"), ("/same", "; hit")] {
        edge.get(path, &[]).await.bytes().await.unwrap();
        let head = edge.request(reqwest::Method::HEAD, path, &[]).await;
        assert_eq!(field(&head, "cache-status"), "dashpot-test; fwd=stale");
        let confirmed = field(&head, "x-n").to_owned();
        let next = edge.get(path, &[]).await;
        assert!(field(&next, "cache-status").contains(cache_status), "{path}");
        if path == "/same" {
            assert_eq!(field(&next, "x-n"), confirmed);
        }
        assert_eq!(next.text().await.unwrap(), "body");
    }
    edge.stop().await;
}

#[tokio::test]
async fn rfc9111_4_4_the_site_is_known_by_the_clients_name_and_the_origins() {
    let origin = Origin::start(|head, nth| {
        if head.starts_with("post") {
            let line = head.lines().find(|line| line.starts_with("x-location: ")).unwrap();
            let location = line.strip_prefix("x-").unwrap();
            return response("201 Created", location, "");
        }
        response("200 OK", "cache-control: max-age=60", &format!("{nth}"))
    })
    .await;
    let edge = TestEdge::start(origin.addr, |config| {
        config.origin = config.origin.join("/base/").unwrap();
    })
    .await;
    let get = async || edge.get("/a/b", &[]).await.text().await.unwrap();
    let mut count = 0;
    for (location, is_gone) in [
        (format!("http://{}/a/b", edge.addr), true),
        (format!("http://{}/base/a/b", origin.addr), true),
        ("/base/a/b".to_owned(), true),
        ("/a/b".to_owned(), true),
        ("b".to_owned(), true),
        ("http://other.example/a/b".to_owned(), false),
    ] {
        assert_eq!(get().await, count.to_string(), "{location}");
        let posted = edge
            .request(reqwest::Method::POST, "/a/collection", &[("x-location", &location)])
            .await;
        assert_eq!(posted.status(), 201);
        if is_gone {
            count += 2;
        }
    }
    assert_eq!(get().await, count.to_string());
    edge.stop().await;
}
