//! Origins that break off in a body: it goes on where a validator permits, and is cut where not.

use super::{
    Edge, any_port, bounded,
    client::{Client, Response, fetch},
    origin::{BIG_BYTES, BODY_BYTES, HostileOrigin, body_of},
};
use dashpot_base::ByteSize;
use dashpot_edge::Config;
use futures_util::future::join_all;
use std::time::Duration;

const BREAKS: [&str; 4] = ["cut", "cut-chunked", "reset", "reset-chunked"];

/// Five viewers of one body, of which the origin gives the first half; then it breaks off.
async fn watch(edge: &Edge, origin: &HostileOrigin, path: &str) -> Vec<Response> {
    origin.hold();
    let asked = origin.asked(path).len();
    let viewers = (0..5).map(|_| async {
        let mut viewer = Client::send(edge.addr, path, &[]).await;
        viewer.read_body(1).await;
        viewer
    });
    let viewers = join_all(viewers).await;
    assert_eq!(origin.asked(path).len(), asked + 1, "{path}: one fetch for all");
    origin.release();
    join_all(viewers.into_iter().map(Client::finish)).await
}

/// Nobody notices; what is stored is what the origin has.
async fn check_goes_on(how: &str, rest: &str, asked: usize) {
    let origin = HostileOrigin::start().await;
    let edge = Edge::before(&origin).await;
    let path = format!("/break/{how}/{rest}/1.m4s");
    for viewer in watch(&edge, &origin, &path).await {
        assert!(
            viewer.whole && viewer.body == body_of(BODY_BYTES),
            "{path}: {}",
            viewer.body.len()
        );
    }
    let hit = fetch(edge.addr, &path, &[]).await;
    assert!(hit.one("cache-status").contains("; hit"), "{path}: {hit:?}");
    assert!(hit.whole && hit.body == body_of(BODY_BYTES), "{path}");
    let heads = origin.asked(&path);
    assert_eq!(heads.len(), asked, "{path}: {heads:?}");
    let validator = match rest {
        "time" => "if-range: Sun, 06 Nov 1994 08:49:37 GMT",
        _ => "if-range: \"v1\"",
    };
    for head in &heads[1..] {
        assert!(head.lines().any(|line| line == validator), "{path}: {head}");
    }
    let metrics = fetch(edge.addr, "/metrics", &[]).await;
    let metrics = String::from_utf8_lossy(&metrics.body).into_owned();
    let resumed = if rest == "twice" { 2 } else { 1 };
    let line = format!("dashpot_edge_resumed_total {resumed}");
    assert!(metrics.lines().any(|got| got == line), "{path}: no {line} in {metrics}");
    edge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_off_goes_on_and_nobody_notices() {
    for how in BREAKS {
        bounded(check_goes_on(how, "partial", 2)).await;
    }
    for (rest, asked) in [("ignored", 2), ("time", 2), ("twice", 3), ("down-once", 3)] {
        bounded(check_goes_on("cut", rest, asked)).await;
        bounded(check_goes_on("reset-chunked", rest, asked)).await;
    }
}

/// Every reader sees that it has a part only, and nothing is left behind.
async fn check_is_cut(how: &str, rest: &str, asked: usize) {
    let origin = HostileOrigin::start().await;
    let edge = Edge::before(&origin).await;
    let path = format!("/break/{how}/{rest}/1.m4s");
    for round in 1..=2 {
        for viewer in watch(&edge, &origin, &path).await {
            assert!(!viewer.whole, "{path}: a clean end after {} bytes", viewer.body.len());
            assert!(body_of(BODY_BYTES / 2).starts_with(&viewer.body), "{path}");
        }
        assert_eq!(origin.asked(&path).len(), round * asked, "{path}");
    }
    edge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_whose_rest_is_not_to_be_had_is_cut_for_all_and_not_stored() {
    // Nothing to tell a change by: not asked for again.
    for how in BREAKS {
        bounded(check_is_cut(how, "nameless", 1)).await;
    }
    bounded(check_is_cut("cut", "weak", 1)).await;
    for rest in ["changed", "elsewhere", "unsatisfiable"] {
        bounded(check_is_cut("cut", rest, 2)).await;
        bounded(check_is_cut("reset-chunked", rest, 2)).await;
    }
    bounded(check_is_cut("cut", "down", 4)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_falls_silent_is_asked_again() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let mut config = Config::new(origin.url(), any_port());
        // All that is asked for comes at once, and a busy machine makes short pauses of its own.
        config.idle_timeout = Duration::from_secs(3);
        let edge = Edge::start(config).await;
        // Nothing is held: a held half would be as silent.
        origin.release();
        let paths = ["/break/stall/partial/1.m4s", "/break/stall-chunked/partial/1.m4s"];
        join_all(paths.map(async |path| {
            for viewer in join_all((0..5).map(|_| fetch(edge.addr, path, &[]))).await {
                assert!(viewer.whole && viewer.body == body_of(BODY_BYTES), "{path}");
            }
            assert_eq!(origin.asked(path).len(), 2);
        }))
        .await;
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_outgrew_the_store_goes_on_too() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let mut config = Config::new(origin.url(), any_port());
        config.object_max = ByteSize::from_mib(2);
        let edge = Edge::start(config).await;
        let path = "/break/cut-big-chunked/partial/1.m4s";
        let mut viewer = Client::send(edge.addr, path, &[]).await;
        viewer.read_body(BIG_BYTES / 2).await;
        origin.release();
        let viewer = viewer.finish().await;
        assert!(viewer.whole && viewer.body == body_of(BIG_BYTES), "{}", viewer.body.len());
        assert_eq!(origin.asked(path).len(), 2);
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn resumption_can_be_switched_off() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let mut config = Config::new(origin.url(), any_port());
        config.fill.resumes_max = 0;
        let edge = Edge::start(config).await;
        let path = "/break/cut/partial/1.m4s";
        for viewer in watch(&edge, &origin, path).await {
            assert!(!viewer.whole);
        }
        assert_eq!(origin.asked(path).len(), 1);
        edge.stop().await;
    })
    .await;
}

/// A viewer with these `fields`, once the origin has begun to answer and then breaks off.
async fn view(edge: &Edge, origin: &HostileOrigin, path: &str, field: (&str, &str)) -> Response {
    origin.hold();
    let mut viewer = Client::send(edge.addr, path, &[field]).await;
    viewer.read_body(1).await;
    origin.release();
    viewer.finish().await
}

/// What the store does not take goes on all the same; `asked` is how often its origin is.
async fn check_passes(how: &str, rest: &str, asked: usize) {
    let origin = HostileOrigin::start().await;
    let mut config = Config::new(origin.url(), any_port());
    config.object_max = ByteSize::from_mib(2);
    let edge = Edge::start(config).await;
    let length = if how.contains("big") { BIG_BYTES } else { BODY_BYTES };
    // Of the one a flight finds out that it is not to be shared; the other never comes to one.
    for (path, field) in [("1.m4s", ("x-own", "a")), ("2.m4s", ("cache-control", "no-store"))] {
        let path = format!("/break/{how}/{rest}/{path}");
        let viewer = view(&edge, &origin, &path, field).await;
        assert!(viewer.whole && viewer.body == body_of(length), "{path}: {}", viewer.body.len());
        let heads = origin.asked(&path);
        assert_eq!(heads.len(), asked, "{path}: {heads:?}");
        let field = format!("{}: {}", field.0, field.1);
        for head in &heads[1..] {
            for expected in ["if-range: \"v1\"", &field] {
                assert!(head.lines().any(|line| line == expected), "{path}: {head}");
            }
        }
    }
    edge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_passes_the_cache_by_goes_on_too() {
    for how in ["cut-private", "reset-no-store", "cut-big"] {
        for (rest, asked) in [("partial", 2), ("ignored", 2), ("twice", 3), ("down-once", 3)] {
            bounded(check_passes(how, rest, asked)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_passes_by_and_whose_rest_is_not_to_be_had_is_cut() {
    for (how, rest, asked) in [
        ("cut-private", "nameless", 1),
        ("reset-private", "nameless", 1),
        ("cut-private", "weak", 1),
        // Without a length nothing tells that the rest is all.
        ("cut-chunked-private", "partial", 1),
        ("cut-private", "changed", 2),
        ("reset-private", "elsewhere", 2),
        ("cut-private", "unsatisfiable", 2),
        ("cut-private", "down", 4),
    ] {
        bounded(async {
            let origin = HostileOrigin::start().await;
            let edge = Edge::before(&origin).await;
            for (nth, field) in [(1, ("x-own", "a")), (2, ("cache-control", "no-store"))] {
                let path = format!("/break/{how}/{rest}/{nth}.m4s");
                let viewer = view(&edge, &origin, &path, field).await;
                assert!(!viewer.whole, "{path}: a clean end after {} bytes", viewer.body.len());
                assert!(body_of(BODY_BYTES / 2).starts_with(&viewer.body), "{path}");
                assert_eq!(origin.asked(&path).len(), asked, "{path}");
            }
            edge.stop().await;
        })
        .await;
    }
}
