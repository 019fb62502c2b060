//! Parts that are on their way while they are purged, or made obsolete by an unsafe request.

use super::{
    Edge, any_port,
    blocks::origin::{MIB, RangeOrigin, bytes_of},
    bounded,
    client::{Client, fetch},
    scripted::{curl, post},
};
use dashpot_edge::Config;
use std::net::SocketAddr;

const RANGE: [(&str, &str); 1] = [("Range", "bytes=0-1048575")];

/// What makes everything that is stored under `path` obsolete.
#[derive(Clone, Copy, Debug)]
enum Obsolete {
    Purge(&'static str),
    Post,
}

const ALL: [Obsolete; 4] = [
    Obsolete::Purge(r#"{"prefix":"/"}"#),
    Obsolete::Purge(r#"{"all":true}"#),
    Obsolete::Purge(r#"{"prefix":"/","soft":true}"#),
    Obsolete::Post,
];

impl Obsolete {
    async fn make(self, edge: &Edge, admin: SocketAddr, path: &str) {
        match self {
            Self::Purge(json) => assert_eq!(post(admin, "/purge", json).await.0, 200, "{self:?}"),
            Self::Post => {
                let posted = ["-X", "POST", "-d", ""];
                assert_eq!(curl(edge.addr, &posted, path).await.0, 204, "{self:?}");
            }
        }
    }
}

async fn start() -> (RangeOrigin, Edge, SocketAddr) {
    let origin = RangeOrigin::start().await;
    let mut config = Config::new(origin.url(), any_port());
    config.admin.listen = Some(any_port());
    let (edge, admin) = Edge::administered(config).await;
    (origin, edge, admin)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_after_a_purge_does_not_share_a_part_that_was_asked_for_before() {
    bounded(async {
        for obsolete in ALL {
            let (origin, edge, admin) = start().await;
            let path = "/held/film";
            let mut early = Client::send(edge.addr, path, &RANGE).await;
            early.read_body(1).await;
            origin.change();
            obsolete.make(&edge, admin, path).await;
            let mut late = Client::send(edge.addr, path, &RANGE).await;
            late.read_body(1).await;
            origin.release();
            let (early, late) = (early.finish().await, late.finish().await);
            assert!(early.whole && early.body == bytes_of(0, 0, MIB - 1), "{obsolete:?}");
            assert!(late.whole && late.body == bytes_of(1, 0, MIB - 1), "{obsolete:?}");
            // Whichever of the two ended last.
            let after = fetch(edge.addr, path, &RANGE).await;
            assert!(after.whole && after.body == bytes_of(1, 0, MIB - 1), "{obsolete:?}");
            assert!(after.one("cache-status").contains("; hit"), "{obsolete:?}: {after:?}");
            edge.stop().await;
        }
    })
    .await;
}

/// An origin that gives no ranges answers the request for a part with the whole.
#[tokio::test(flavor = "multi_thread")]
async fn a_whole_that_comes_for_a_part_does_not_outlive_a_purge_since_it_was_asked_for() {
    bounded(async {
        for obsolete in ALL {
            let (origin, edge, admin) = start().await;
            let path = "/plain-late/film";
            let early = Client::send(edge.addr, path, &RANGE).await;
            while origin.heads().is_empty() {
                tokio::task::yield_now().await;
            }
            origin.change();
            obsolete.make(&edge, admin, path).await;
            origin.release();
            let early = early.finish().await;
            assert!(early.whole, "{obsolete:?}");
            let after = fetch(edge.addr, path, &RANGE).await;
            assert!(after.whole && after.body == bytes_of(1, 0, MIB - 1), "{obsolete:?}");
            edge.stop().await;
        }
    })
    .await;
}
