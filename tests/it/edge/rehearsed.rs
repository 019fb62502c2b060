//! The origin's own faults through the edge: which ones a viewer never sees.

use super::{
    bounded,
    client::{Response, fetch},
    curl::Chain,
};

/// Returns the film's first segment through the edge, with a fault at the origin, and what there is.
async fn through(fault: &str) -> (Response, Vec<u8>) {
    let chain = Chain::start().await;
    let truth = fetch(chain.edge.addr, "/vod/film/v1/1.m4s", &[]).await;
    assert!(truth.whole && truth.status == 200);
    let path = format!("/vod/film/fault_{fault}/v1/1.m4s");
    let seen = fetch(chain.edge.addr, &path, &[]).await;
    chain.stop().await;
    (seen, truth.body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_body_goes_on_and_a_viewer_gets_all_of_it() {
    bounded(async {
        let (seen, truth) = through("truncate,first_1").await;
        assert!(seen.whole && seen.body == truth, "{} bytes", seen.body.len());
        assert_eq!(seen.one("dashpot-fault"), "truncate;rule=\"url-1\"");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn so_does_one_whose_connection_is_reset() {
    bounded(async {
        let (seen, truth) = through("reset,first_1").await;
        assert!(seen.whole && seen.body == truth, "{} bytes", seen.body.len());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_of_too_much_is_never_taken_for_whole() {
    bounded(async {
        let (seen, truth) = through("length_100").await;
        assert!(!seen.whole && seen.body.len() <= truth.len(), "{} bytes", seen.body.len());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_and_false_bytes_are_passed_on_and_not_kept() {
    bounded(async {
        for (fault, status) in [("status_503,first_1", 503), ("flip_5,first_1", 200)] {
            let chain = Chain::start().await;
            let path = format!("/vod/film/fault_{fault}/v1/1.m4s");
            let wrong = fetch(chain.edge.addr, &path, &[]).await;
            assert_eq!(wrong.status, status, "{fault}");
            let right = fetch(chain.edge.addr, &path, &[]).await;
            assert_eq!((right.status, right.all("dashpot-fault").len()), (200, 0), "{fault}");
            assert!(right.whole && right.body != wrong.body, "{fault}");
            chain.stop().await;
        }
    })
    .await;
}
