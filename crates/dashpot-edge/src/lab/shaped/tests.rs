//! In paused time: virtual seconds are counted, none are waited for.

use std::{sync::Arc, time::Duration};

use dashpot_base::MonoTime;
use dashpot_serve::Clock;
use http_body_util::BodyExt as _;

use super::{
    super::viewer::{Begun, LinkState, Viewer},
    *,
};

fn viewer(clock: &Clock, state: &str) -> Arc<Viewer> {
    let viewer = Arc::new(Viewer::default());
    let state: LinkState = serde_json::from_str(state).unwrap();
    viewer.set(clock.mono(), state).unwrap();
    viewer
}

/// Sends a body of `size` bytes over the viewer's link; returns when its head and its end came.
async fn fetch(viewer: Arc<Viewer>, clock: Clock, size: usize) -> (Duration, Duration) {
    let Begun::Answered(transfer) = viewer.begin(&clock, true).await else { panic!("lost") };
    let head_after = clock.mono().since(MonoTime::ZERO);
    let body = Shaped::new(Body::from("x".repeat(size)), transfer);
    assert_eq!(body.size_hint().exact(), Some(u64::try_from(size).unwrap()));
    assert_eq!(body.collect().await.unwrap().to_bytes().len(), size);
    (head_after, clock.mono().since(MonoTime::ZERO))
}

/// Within what a helping and the timer's grain add.
fn check_near(got: Duration, expected_ms: u64) {
    let expected = Duration::from_millis(expected_ms);
    assert!(expected <= got && got <= expected + Duration::from_millis(20), "{got:?}");
}

#[tokio::test(start_paused = true)]
async fn a_body_takes_as_long_as_its_rate_and_latency_say() {
    let clock = Clock::system();
    let viewer = viewer(&clock, r#"{"rate_bps":800000,"latency_ms":250}"#);
    let (head_after, took) = fetch(viewer, clock, 100_000).await;
    check_near(head_after, 250);
    check_near(took, 1_250);
}

#[tokio::test(start_paused = true)]
async fn responses_of_one_viewer_share_its_rate() {
    let clock = Clock::system();
    let viewer = viewer(&clock, r#"{"rate_bps":800000}"#);
    let begin = |size| fetch(Arc::clone(&viewer), clock.clone(), size);
    let ((_, short), (_, long)) = tokio::join!(begin(50_000), begin(100_000));
    // Half the rate each for a second, then the rest alone.
    check_near(short, 1_000);
    check_near(long, 1_500);
    assert!(!viewer.is_busy());
}

#[tokio::test(start_paused = true)]
async fn another_rate_holds_from_when_it_is_set() {
    let clock = Clock::system();
    let viewer = viewer(&clock, r#"{"rate_bps":800000}"#);
    let change = async {
        sleep(Duration::from_millis(500)).await;
        let slower = serde_json::from_str(r#"{"rate_bps":400000}"#).unwrap();
        viewer.set(clock.mono(), slower).unwrap();
    };
    let ((_, took), ()) = tokio::join!(fetch(Arc::clone(&viewer), clock.clone(), 100_000), change);
    check_near(took, 1_500);
}

#[tokio::test(start_paused = true)]
async fn an_open_link_and_a_response_given_up_cost_no_time() {
    let clock = Clock::system();
    let viewer = viewer(&clock, r#"{"rate_bps":8000}"#);
    let Begun::Answered(transfer) = viewer.begin(&clock, true).await else { panic!("lost") };
    let mut given_up = Shaped::new(Body::from("x".repeat(100_000)), transfer);
    given_up.frame().await.unwrap().unwrap();
    drop(given_up);
    viewer.set(clock.mono(), LinkState::default()).unwrap();
    let before = clock.mono().since(MonoTime::ZERO);
    let (_, after) = fetch(viewer, clock, 1 << 20).await;
    check_near(after - before, 0);
}
