//! What RFC 9111 leaves to the cache, and what the operator adds.

use std::{collections::BTreeMap, time::Duration};

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
