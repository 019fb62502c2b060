//! One fetch for many readers.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::*;

const FRESH: &str = "cache-control: max-age=60\r\n";

/// A response of `first`, a pause, and `second`, of declared length.
fn halves(gate: &Gate, first: &str, second: &str) -> Vec<Step> {
    let length = first.len() + second.len();
    let head = format!("HTTP/1.1 200 OK\r\n{FRESH}content-length: {length}\r\n\r\n{first}");
    vec![send(head), Step::Wait(gate.clone()), send(second)]
}

#[tokio::test]
async fn fifty_readers_share_one_fetch_and_read_while_it_lasts() {
    let gate = Gate::new();
    let held = gate.clone();
    let origin = Origin::start(move |_, _| halves(&held, "first ", "second")).await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    let mut readers = Vec::new();
    for _ in 0..50 {
        let mut reader = edge.get("/a", &[]).await;
        assert_eq!(reader.chunk().await.unwrap().unwrap(), "first ");
        readers.push(reader);
    }
    assert_eq!(edge.stats().await["fills_running"], 1);
    gate.open();
    for (nth, reader) in readers.into_iter().enumerate() {
        assert_eq!(field(&reader, "cache-status").contains("collapsed"), 0 < nth);
        assert_eq!(reader.text().await.unwrap(), "second");
    }
    assert!(field(&edge.get("/a", &[]).await, "cache-status").contains("hit"));
    assert_eq!(origin.count(), 1);
    edge.stop().await;
}

#[tokio::test]
async fn readers_that_come_before_the_head_wait_for_one_fetch() {
    let gate = Gate::new();
    let held = gate.clone();
    let origin = Origin::start(move |_, _| {
        let mut steps = vec![Step::Wait(held.clone())];
        steps.extend(response("200 OK", "cache-control: max-age=60", "body"));
        steps
    })
    .await;
    let edge = Arc::new(TestEdge::start(origin.addr, |_| {}).await);
    let readers: Vec<_> = (0..10)
        .map(|_| {
            let edge = Arc::clone(&edge);
            tokio::spawn(async move { edge.get("/a", &[]).await.text().await.unwrap() })
        })
        .collect();
    while origin.count() == 0 {
        tokio::task::yield_now().await;
    }
    gate.open();
    for reader in readers {
        assert_eq!(reader.await.unwrap(), "body");
    }
    assert_eq!(origin.count(), 1);
}

#[tokio::test]
async fn ranges_are_served_while_the_body_arrives() {
    let gate = Gate::new();
    let held = gate.clone();
    let origin = Origin::start(move |_, _| halves(&held, "0123456789", "abcdefghij")).await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    let mut leader = edge.get("/a", &[]).await;
    assert_eq!(leader.chunk().await.unwrap().unwrap(), "0123456789");
    let here = edge.get("/a", &[("range", "bytes=2-4")]).await;
    assert_eq!((here.status().as_u16(), field(&here, "content-range")), (206, "bytes 2-4/20"));
    assert_eq!(here.text().await.unwrap(), "234");
    let later = edge.get("/a", &[("range", "bytes=-3")]).await;
    assert_eq!((later.status().as_u16(), field(&later, "content-range")), (206, "bytes 17-19/20"));
    gate.open();
    assert_eq!(later.text().await.unwrap(), "hij");
    assert_eq!(leader.text().await.unwrap(), "abcdefghij");
    assert_eq!(origin.count(), 1);
    edge.stop().await;
}

#[tokio::test]
async fn a_range_of_what_an_origin_without_ranges_has_fetches_the_whole_once() {
    let origin =
        Origin::start(|_, _| response("200 OK", "cache-control: max-age=60", "0123456789")).await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    for _ in 0..2 {
        let part = edge.get("/a", &[("range", "bytes=3-5")]).await;
        assert_eq!(part.status(), 206);
        assert_eq!(part.text().await.unwrap(), "345");
        // The rest arrives after the reader has its part.
        while edge.stats().await["fills_running"] != 0 {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(origin.count(), 1);
    assert!(origin.heads()[0].contains("range: bytes=0-1048575"));
    edge.stop().await;
}

#[tokio::test]
async fn a_fill_outlives_its_leader() {
    let gate = Gate::new();
    let held = gate.clone();
    let origin = Origin::start(move |_, _| halves(&held, "first ", "second")).await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    let mut leader = edge.get("/a", &[]).await;
    leader.chunk().await.unwrap();
    drop(leader);
    gate.open();
    while edge.stats().await["fills_running"] != 0 {
        tokio::task::yield_now().await;
    }
    let hit = edge.get("/a", &[]).await;
    assert!(field(&hit, "cache-status").contains("hit"));
    assert_eq!(hit.text().await.unwrap(), "first second");
    assert_eq!(origin.count(), 1);
    edge.stop().await;
}

#[tokio::test]
async fn bodies_that_arrive_take_no_more_memory_than_the_store() {
    const ALMOST: usize = 400 << 10;
    let gate = Gate::new();
    let held = gate.clone();
    let origin = Origin::start(move |_, _| halves(&held, &"x".repeat(ALMOST), "end")).await;
    let edge =
        TestEdge::start(origin.addr, |config| config.cache_mem = ByteSize::from_mib(1)).await;
    let mut readers = Vec::new();
    for path in ["/a", "/b", "/c"] {
        let mut reader = edge.get(path, &[]).await;
        let mut got = 0;
        while got < ALMOST {
            got += reader.chunk().await.unwrap().unwrap().len();
        }
        readers.push(reader);
    }
    for reader in readers {
        gate.open();
        // There was no room for the third, but it is read to its end.
        assert_eq!(reader.text().await.unwrap(), "end");
    }
    while edge.stats().await["fills_running"] != 0 {
        tokio::task::yield_now().await;
    }
    for (path, is_hit) in [("/a", true), ("/b", true), ("/c", false)] {
        gate.open();
        let response = edge.get(path, &[]).await;
        assert_eq!(field(&response, "cache-status").contains("hit"), is_hit, "{path}");
        assert_eq!(response.bytes().await.unwrap().len(), ALMOST + 3);
    }
    edge.stop().await;
}

#[tokio::test]
async fn a_reader_that_stalls_holds_nobody_up() {
    let body = "x".repeat(8 << 20);
    let origin =
        Origin::start(move |_, _| response("200 OK", "cache-control: max-age=60", &body)).await;
    let edge = TestEdge::start(origin.addr, |_| {}).await;
    let mut stalled = TcpStream::connect(edge.addr).await.unwrap();
    stalled.write_all(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    stalled.read_u8().await.unwrap();
    let whole = edge.get("/a", &[]).await.bytes().await.unwrap();
    assert_eq!(whole.len(), 8 << 20);
    assert_eq!(origin.count(), 1);
    drop(stalled);
    edge.stop().await;
}

#[tokio::test]
async fn a_private_response_is_not_shared() {
    let gate = Gate::new();
    let held = gate.clone();
    let origin = Origin::start(move |_, nth| {
        let mut steps = if nth == 0 { vec![Step::Wait(held.clone())] } else { Vec::new() };
        steps.extend(response("200 OK", "cache-control: private, max-age=60", &format!("{nth}")));
        steps
    })
    .await;
    let edge = Arc::new(TestEdge::start(origin.addr, |_| {}).await);
    let get = || {
        let edge = Arc::clone(&edge);
        tokio::spawn(async move { edge.get("/a", &[]).await.text().await.unwrap() })
    };
    let readers = [get(), get(), get()];
    while origin.count() == 0 {
        tokio::task::yield_now().await;
    }
    gate.open();
    let mut bodies = Vec::new();
    for reader in readers {
        bodies.push(reader.await.unwrap());
    }
    bodies.sort();
    assert_eq!(bodies, ["0", "1", "2"]);
    // Those that come later do not even wait for each other's heads.
    let response = edge.get("/a", &[]).await;
    assert_eq!(field(&response, "cache-status"), "dashpot-test; fwd=miss; detail=private");
}
