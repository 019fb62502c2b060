//! Part of what is not stored whole: asked for in blocks, stored in blocks, sent in one piece.

mod breaks;
pub(super) mod origin;

use super::{
    Edge, any_port, bounded,
    client::{Client, Response, fetch},
};
use dashpot_base::ByteSize;
use dashpot_edge::Config;
use futures_util::future::join_all;
use origin::{HUGE, LENGTH, MIB, RangeOrigin, SMALL, bytes_of};
use tokio::process::Command;

async fn start() -> (RangeOrigin, Edge) {
    let origin = RangeOrigin::start().await;
    let edge = Edge::start(Config::new(origin.url(), any_port())).await;
    (origin, edge)
}

async fn get(edge: &Edge, path: &str, range: &str) -> Response {
    fetch(edge.addr, path, &[("Range", range)]).await
}

/// Waits until all that is fetched has come.
async fn settled(edge: &Edge) -> serde_json::Value {
    loop {
        let stats = fetch(edge.addr, "/_dashpot/stats", &[]).await;
        let stats: serde_json::Value = serde_json::from_slice(&stats.body).expect("JSON");
        if stats["fills_running"] == 0 {
            return stats;
        }
        tokio::task::yield_now().await;
    }
}

/// Asks for `range` and expects the bytes `first..=last` of this version, with what Cache-Status
/// says in `told`.
async fn check(
    edge: &Edge,
    path: &str,
    version: u64,
    range: &str,
    (first, last): (u64, u64),
    told: &str,
) {
    let response = get(edge, path, range).await;
    let head = format!("{path} {range}: {} {:?}", response.status, response.all("cache-status"));
    assert_eq!(response.status, 206, "{head}");
    let length = response.one("content-range").rsplit('/').next().expect("a length").to_owned();
    assert_eq!(response.one("content-range"), format!("bytes {first}-{last}/{length}"), "{head}");
    let expected = bytes_of(version, first, last);
    let same = || response.body.iter().zip(&expected).take_while(|(a, b)| a == b).count();
    assert!(response.whole && response.body == expected, "{head}: {} bytes are right", same());
    assert!(response.one("cache-status").contains(told), "{head}");
    // The rest of a block arrives after its reader has what it wants.
    settled(edge).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_odd_ranges_of_one_block_make_one_aligned_request() {
    bounded(async {
        let (origin, edge) = start().await;
        let asks = (0..20).map(|n| {
            let (first, last) = (MIB + 1_000 + n * 997, MIB + 500_000 + n * 13);
            let edge = &edge;
            async move {
                check(edge, "/film", 0, &format!("bytes={first}-{last}"), (first, last), "").await;
            }
        });
        join_all(asks).await;
        assert_eq!(origin.ranges(), ["bytes=1048576-2097151"]);
        let block = (MIB, 2 * MIB - 1);
        check(&edge, "/film", 0, "bytes=1048576-2097151", block, "; hit").await;
        assert_eq!((origin.ranges().len(), origin.sent()), (1, MIB));
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_over_many_blocks_is_the_same_bytes_and_each_block_is_asked_for_once() {
    bounded(async {
        let (origin, edge) = start().await;
        let all = (3, LENGTH - 1);
        check(&edge, "/film", 0, "bytes=3-", all, "; fwd=uri-miss; stored").await;
        assert_eq!(origin.ranges().len(), 6);
        assert_eq!(origin.sent(), LENGTH);
        let validators =
            origin.heads().iter().filter(|head| head.contains("if-range: \"0\"")).count();
        assert_eq!(validators, 5, "all but the first insist on the representation");
        check(&edge, "/film", 0, "bytes=3-", all, "; hit").await;
        check(&edge, "/film", 0, "bytes=-5000000", (LENGTH - 5_000_000, LENGTH - 1), "; hit").await;
        assert_eq!(origin.sent(), LENGTH);
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_gibibytes_take_the_room_of_what_is_watched() {
    bounded(async {
        let origin = RangeOrigin::start().await;
        let mut config = Config::new(origin.url(), any_port());
        config.cache_mem = ByteSize::from_mib(16);
        let edge = Edge::start(config).await;
        for first in [9 << 30, 5 << 30, HUGE - 1_000, 0] {
            let last = (first + 1_500_000).min(HUGE - 1);
            check(&edge, "/huge", 0, &format!("bytes={first}-{last}"), (first, last), "").await;
        }
        let first = 9 << 30;
        let wanted = (first + 5, first + 9);
        check(&edge, "/huge", 0, &format!("bytes={}-{}", first + 5, first + 9), wanted, "; hit")
            .await;
        // Two blocks for each of the three, and one at the end.
        assert_eq!(origin.sent(), 7 * MIB);
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_resource_comes_whole_and_is_stored_as_such() {
    bounded(async {
        let (origin, edge) = start().await;
        check(&edge, "/small", 0, "bytes=100-199", (100, 199), "; fwd=uri-miss; stored").await;
        let whole = fetch(edge.addr, "/small", &[]).await;
        assert_eq!(whole.status, 200);
        assert!(whole.whole && whole.body == bytes_of(0, 0, SMALL - 1));
        assert!(
            whole.one("cache-status").contains("; hit") && whole.all("content-range").is_empty()
        );
        check(&edge, "/small", 0, "bytes=-7", (SMALL - 7, SMALL - 1), "; hit").await;
        assert_eq!(origin.ranges(), ["bytes=0-1048575"]);
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9110_15_3_7_2_two_representations_are_never_mixed() {
    bounded(async {
        let (_origin, edge) = start().await;
        let response = get(&edge, "/changes", "bytes=0-").await;
        // The head told of the first one: what comes of the second is no part of it.
        assert!(!response.whole && bytes_of(0, 0, MIB - 1).starts_with(&response.body));
        check(&edge, "/changes", 1, "bytes=5-3000000", (5, 3_000_000), "").await;
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_not_begun_is_answered_from_the_representation_there_is() {
    bounded(async {
        // One origin heeds If-Range, the other gives the range of what it has.
        for path in ["/film", "/rude"] {
            let (origin, edge) = start().await;
            check(&edge, path, 0, "bytes=0-9", (0, 9), "").await;
            origin.change();
            check(&edge, path, 1, "bytes=2097152-2097160", (2_097_152, 2_097_160), "").await;
            check(&edge, path, 1, "bytes=0-9", (0, 9), "").await;
            edge.stop().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_without_ranges_is_asked_once_and_fills_the_store() {
    bounded(async {
        let (origin, edge) = start().await;
        check(&edge, "/plain", 0, "bytes=3000000-3000009", (3_000_000, 3_000_009), "; stored")
            .await;
        // The rest arrives after the reader has its part.
        let whole = fetch(edge.addr, "/plain", &[]).await;
        assert!(whole.whole && whole.body == bytes_of(0, 0, LENGTH - 1));
        check(&edge, "/plain", 0, "bytes=5-9", (5, 9), "; hit").await;
        assert_eq!(origin.ranges(), ["bytes=2097152-3145727"]);
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9110_15_5_17_a_range_beyond_the_end_is_unsatisfiable() {
    bounded(async {
        let (origin, edge) = start().await;
        let response = get(&edge, "/film", "bytes=99000000-").await;
        assert_eq!((response.status, response.one("content-range")), (416, "bytes */5242957"));
        assert_eq!(response.one("x-told"), "yes");
        // Within the last block, and beyond the end of it.
        check(&edge, "/film", 0, "bytes=5242880-5242882", (5 * MIB, 5 * MIB + 2), "").await;
        let response = get(&edge, "/film", "bytes=5242957-").await;
        assert_eq!((response.status, response.one("content-range")), (416, "bytes */5242957"));
        // One of two is there.
        check(&edge, "/film", 0, "bytes=99000000-,5242880-5242881", (5 * MIB, 5 * MIB + 1), "")
            .await;
        assert_eq!(origin.ranges().len(), 2);
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suffix_of_what_is_unknown_is_asked_for_as_it_is() {
    bounded(async {
        let (origin, edge) = start().await;
        check(&edge, "/film", 0, "bytes=-500", (LENGTH - 500, LENGTH - 1), "; fwd=uri-miss").await;
        check(&edge, "/film", 0, "bytes=-60", (LENGTH - 60, LENGTH - 1), "; hit").await;
        check(&edge, "/film", 0, "bytes=0-3", (0, 3), "; fwd=partial; stored").await;
        assert_eq!(origin.ranges(), ["bytes=-500", "bytes=0-1048575"]);
        let long = (LENGTH - 4_000_000, LENGTH - 1);
        check(&edge, "/film/other", 0, "bytes=-4000000", long, "; fwd=uri-miss").await;
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_ranges_come_in_one_multipart_body() {
    bounded(async {
        let (origin, edge) = start().await;
        for told in ["; fwd=uri-miss", "; hit"] {
            let response = get(&edge, "/film", "bytes=3000000-3000002,10-11,-1").await;
            assert_eq!(response.status, 206);
            assert!(response.whole && response.one("cache-status").contains(told));
            settled(&edge).await;
            assert!(response.one("content-type").starts_with("multipart/byteranges"));
            for (first, last) in [(3_000_000, 3_000_002), (10, 11), (LENGTH - 1, LENGTH - 1)] {
                let head = format!("Content-Range: bytes {first}-{last}/{LENGTH}\r\n\r\n");
                let part = [head.as_bytes(), &bytes_of(0, first, last)].concat();
                assert!(response.body.windows(part.len()).any(|window| window == part));
            }
        }
        assert_eq!(origin.ranges().len(), 3);
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_request_fetches_what_is_missing_of_the_parts() {
    bounded(async {
        let (origin, edge) = start().await;
        check(&edge, "/film", 0, "bytes=2000000-3000000", (2_000_000, 3_000_000), "").await;
        let before = origin.ranges().len();
        let whole = fetch(edge.addr, "/film", &[]).await;
        assert_eq!((whole.status, whole.one("content-length")), (200, "5242957"));
        assert!(whole.whole && whole.body == bytes_of(0, 0, LENGTH - 1));
        assert!(whole.one("cache-status").contains("; fwd=partial; stored"));
        assert_eq!((before, origin.sent()), (2, LENGTH), "{:?}", origin.ranges());
        let whole = fetch(edge.addr, "/film", &[]).await;
        assert!(whole.whole && whole.one("cache-status").contains("; hit"));
        assert_eq!(origin.sent(), LENGTH);
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_leave_the_store_one_by_one() {
    bounded(async {
        let origin = RangeOrigin::start().await;
        let mut config = Config::new(origin.url(), any_port());
        config.cache_mem = ByteSize::from_mib(4);
        let edge = Edge::start(config).await;
        let all = (0, LENGTH - 1);
        check(&edge, "/film", 0, "bytes=0-", all, "").await;
        let stats = settled(&edge).await;
        let held = stats["cache_bytes"].as_u64().expect("a number");
        assert!((2 * MIB..=4 * MIB).contains(&held), "{held}");
        check(&edge, "/film", 0, "bytes=0-", all, "; fwd=partial").await;
        assert!(origin.sent() <= 2 * LENGTH);
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_origins_make_of_a_range_is_made_good() {
    bounded(async {
        for path in ["/short", "/breaks", "/wide"] {
            let (origin, edge) = start().await;
            let wanted = (1_500_000, 3_500_000);
            check(&edge, path, 0, "bytes=1500000-3500000", wanted, "; fwd=uri-miss").await;
            let asked = origin.ranges();
            check(&edge, path, 0, "bytes=1500000-3500000", wanted, "; hit").await;
            assert_eq!(asked, origin.ranges(), "{path}");
            edge.stop().await;
        }
        // What is asked for is not among what comes: as the origin has it, then.
        let (_origin, edge) = start().await;
        let response = get(&edge, "/shifted", "bytes=0-99").await;
        assert_eq!((response.status, response.one("content-range")), (206, "bytes 99-99/5242957"));
        settled(&edge).await;
        check(&edge, "/shifted", 0, "bytes=300000-300009", (300_000, 300_009), "; hit").await;
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_kept_is_not() {
    bounded(async {
        for path in ["/no-store", "/private", "/star"] {
            let (origin, edge) = start().await;
            for _ in 0..2 {
                let response = get(&edge, path, "bytes=10-19").await;
                assert_eq!(response.status, 206, "{path}");
                assert!(response.whole && response.body == bytes_of(0, 10, 19), "{path}");
                assert!(!response.one("cache-status").contains("hit"), "{path}");
            }
            // The second is known not to be shareable, and asks for what it wants at once.
            assert_eq!(
                origin.ranges(),
                ["bytes=0-1048575", "bytes=10-19", "bytes=10-19"],
                "{path}"
            );
            edge.stop().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_3_4_without_a_strong_validator_one_part_stays_alone() {
    bounded(async {
        let (origin, edge) = start().await;
        check(&edge, "/weak", 0, "bytes=10-19", (10, 19), "; fwd=uri-miss; stored").await;
        check(&edge, "/weak", 0, "bytes=30-900000", (30, 900_000), "; hit").await;
        // Over two blocks: nothing is combined.
        check(&edge, "/weak", 0, "bytes=900000-1100000", (900_000, 1_100_000), "").await;
        assert_eq!(origin.ranges().last().map(String::as_str), Some("bytes=900000-1100000"));
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_parts_are_validated_together() {
    bounded(async {
        let (origin, edge) = start().await;
        let wanted = (0, 2_500_000);
        check(&edge, "/stale", 0, "bytes=0-2500000", wanted, "").await;
        let before = origin.ranges().len();
        check(&edge, "/stale", 0, "bytes=0-2500000", wanted, "; fwd=stale; fwd-status=304").await;
        let heads = origin.heads();
        assert_eq!(heads.len(), before + 1);
        assert!(heads[before].contains("if-none-match: \"0\""), "{}", heads[before]);
        origin.change();
        check(&edge, "/stale", 1, "bytes=0-2500000", wanted, "; fwd=stale").await;
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_far_ahead_of_a_fill_does_not_wait_for_it() {
    bounded(async {
        let (origin, edge) = start().await;
        let mut viewer = Client::send(edge.addr, "/slow", &[]).await;
        viewer.read_body(1).await;
        // The origin holds the whole back after a hundred kilobytes.
        for (range, first) in [("bytes=10-19", 10), ("bytes=4194304-4194313", 4 * MIB)] {
            let part = get(&edge, "/slow", range).await;
            assert!(part.status == 206 && part.body == bytes_of(0, first, first + 9), "{range}");
        }
        assert_eq!(origin.ranges(), ["-", "bytes=4194304-5242879"]);
        origin.release();
        let whole = viewer.finish().await;
        assert!(whole.whole && whole.body == bytes_of(0, 0, LENGTH - 1));
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_takes_ranges_and_goes_on_with_downloads() {
    bounded(async {
        let (_origin, edge) = start().await;
        for (arguments, first, last) in [
            (["--range", "1000000-2200000"], 1_000_000, 2_200_000),
            (["--range", "-1200000"], LENGTH - 1_200_000, LENGTH - 1),
            (["--continue-at", "3000000"], 3_000_000, LENGTH - 1),
        ] {
            let output = Command::new("curl")
                .args(["--silent", "--show-error", "--fail", "--noproxy", "*"])
                .args(arguments)
                .arg(format!("http://{}/film", edge.addr))
                .output()
                .await
                .expect("curl runs");
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{arguments:?}: {errors}");
            assert!(output.stdout == bytes_of(0, first, last), "{arguments:?}");
        }
        edge.stop().await;
    })
    .await;
}
