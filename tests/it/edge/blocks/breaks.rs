//! Blocks that break off: asked for on, but not at once and not for ever.

use super::{
    super::{Edge, any_port, bounded, client::fetch},
    get,
    origin::{MIB, RangeOrigin, bytes_of},
    settled,
};
use dashpot_edge::Config;

/// Asks for a block of which each connection brings a half, until little is left; `asked` is how
/// often the origin is.
async fn check(kind: &str, resumes_max: u32, asked: usize, is_whole: bool) {
    let origin = RangeOrigin::start().await;
    let mut config = Config::new(origin.url(), any_port());
    config.fill.resumes_max = resumes_max;
    let edge = Edge::start(config).await;
    let response = get(&edge, &format!("/{kind}"), "bytes=0-1048575").await;
    settled(&edge).await;
    assert_eq!(response.whole, is_whole, "{kind}: {}", response.body.len());
    let length = u64::try_from(response.body.len()).expect("it fits");
    // What is cut may be cut before all of it that the edge had is on the wire.
    assert!(if is_whole { length == MIB } else { length <= MIB / 2 }, "{kind}: {length}");
    assert!(bytes_of(0, 0, MIB - 1).starts_with(&response.body), "{kind}: {length}");
    assert_eq!(origin.ranges().len(), asked, "{kind}: {:?}", origin.ranges());
    let metrics = fetch(edge.addr, "/metrics", &[]).await;
    let metrics = String::from_utf8_lossy(&metrics.body).into_owned();
    let line = format!("dashpot_edge_resumed_total {}", if is_whole { 3 } else { 0 });
    assert!(metrics.lines().any(|got| got == line), "{kind}: no {line} in {metrics}");
    edge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_breaks_off_is_asked_for_on_as_long_as_that_may_help() {
    bounded(async {
        check("breaks", 1, 4, true).await;
        // An answer that says nothing of the block is no reason to give it up.
        check("breaks-down-once", 3, 5, true).await;
        check("breaks-down", 3, 4, false).await;
        check("breaks", 0, 1, false).await;
        check("breaks-changes", 3, 2, false).await;
        check("breaks-weak", 3, 1, false).await;
    })
    .await;
}
