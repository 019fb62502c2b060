//! Unsafe requests while what they change is being fetched (RFC 9111 §4.4).

use super::*;

/// Starts an origin whose first answer to each `GET` of `head` and body "old" pauses before its
/// last bytes, and whose later ones are whole and "new".
async fn origin(gate: &Gate) -> Origin {
    let gate = gate.clone();
    Origin::start(move |head, nth| {
        if head.starts_with("post") {
            return response("204 No Content", "", "");
        }
        if nth == 0 {
            let head = "HTTP/1.1 200 OK\r\ncache-control: max-age=60\r\ncontent-length: 3\r\n\r\no";
            return vec![send(head), Step::Wait(gate.clone()), send("ld")];
        }
        response("200 OK", "cache-control: max-age=60", "new")
    })
    .await
}

#[tokio::test]
async fn what_was_under_way_when_it_was_changed_is_neither_stored_nor_joined() {
    let gate = Gate::new();
    let origin = origin(&gate).await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    let mut under_way = edge.get("/a", &[]).await;
    assert_eq!(under_way.chunk().await.unwrap().unwrap(), "o");
    assert_eq!(edge.request(reqwest::Method::POST, "/a", &[]).await.status(), 204);
    // Who comes after the change does not get what was before it.
    assert_eq!(edge.get("/a", &[]).await.text().await.unwrap(), "new");
    gate.open();
    assert_eq!(under_way.text().await.unwrap(), "ld");
    while edge.stats().await["fills_running"] != 0 {
        tokio::task::yield_now().await;
    }
    let after = edge.get("/a", &[]).await;
    assert!(field(&after, "cache-status").contains("hit"));
    assert_eq!(after.text().await.unwrap(), "new");
    assert_eq!(origin.count(), 3);
    edge.stop().await;
}

#[tokio::test]
async fn a_change_of_another_resource_leaves_what_is_under_way_alone() {
    let gate = Gate::new();
    let origin = origin(&gate).await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    let mut under_way = edge.get("/a", &[]).await;
    assert_eq!(under_way.chunk().await.unwrap().unwrap(), "o");
    assert_eq!(edge.request(reqwest::Method::POST, "/b", &[]).await.status(), 204);
    gate.open();
    assert_eq!(under_way.text().await.unwrap(), "ld");
    let after = edge.get("/a", &[]).await;
    assert!(field(&after, "cache-status").contains("hit"));
    assert_eq!(after.text().await.unwrap(), "old");
    edge.stop().await;
}

#[tokio::test]
async fn a_head_that_was_under_way_brings_nothing_back() {
    let gate = Gate::new();
    let paused = gate.clone();
    let origin = Origin::start(move |head, nth| match nth {
        0 => response("200 OK", "cache-control: max-age=0\netag: \"a\"", "old"),
        _ if head.starts_with("head") => {
            let told = "HTTP/1.1 200 OK\r\ncache-control: max-age=60\r\netag: \"a\"\r\n\
                        content-length: 3\r\n\r\n";
            vec![Step::Wait(paused.clone()), send(told)]
        }
        _ if head.starts_with("post") => response("204 No Content", "", ""),
        _ => response("200 OK", "cache-control: max-age=60\netag: \"b\"", "new"),
    })
    .await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    assert_eq!(edge.get("/a", &[]).await.text().await.unwrap(), "old");
    let under_way = edge.request(reqwest::Method::HEAD, "/a", &[]);
    let changed = async {
        while origin.count() < 2 {
            tokio::task::yield_now().await;
        }
        assert_eq!(edge.request(reqwest::Method::POST, "/a", &[]).await.status(), 204);
        gate.open();
    };
    tokio::join!(under_way, changed);
    let after = edge.get("/a", &[]).await;
    assert!(field(&after, "cache-status").contains("fwd=uri-miss"));
    assert_eq!(after.text().await.unwrap(), "new");
    edge.stop().await;
}
