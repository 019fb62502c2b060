use std::collections::BTreeMap;

use dashpot_base::WallTime;
use http::StatusCode;
use proptest::prelude::*;

use super::*;
use crate::{
    Extent, Framing, ResponseHead, Rules, StoredHead, Times,
    fixture::{get, headers, store_at, t0},
    reply,
};

const MIB: u64 = 1 << 20;

/// `expected`: the value of Range sent upstream, or "".
fn check_first(range: &str, expected: &str) {
    let portion = Portion::first_of(&get(range));
    let got =
        portion.map_or_else(String::new, |portion| portion.to_value().to_str().unwrap().to_owned());
    assert_eq!(got, expected, "{range}");
}

#[test]
fn an_unknown_resource_is_asked_for_the_block_of_the_first_byte_wanted() {
    for (range, expected) in [
        ("range: bytes=0-0", "bytes=0-1048575"),
        ("range: bytes=600000-600999", "bytes=0-1048575"),
        ("range: bytes=1048576-", "bytes=1048576-2097151"),
        ("range: bytes=3000000-3000001, 0-5", "bytes=2097152-3145727"),
        ("range: bytes=-500", "bytes=-500"),
        ("range: bytes=-0", "bytes=0-1048575"),
        ("range: bytes=18446744073709551615-", "bytes=18446744073708503040-18446744073709551615"),
        // RFC 9110 §14.2: ignored.
        ("range: bytes=5-4", ""),
        ("range: lines=0-4", ""),
        ("range: bytes=0-4\nrange: bytes=6-7", ""),
        ("", ""),
    ] {
        check_first(range, expected);
    }
    let mut head = get("range: bytes=0-4");
    head.method = Method::HEAD;
    assert_eq!(Portion::first_of(&head), None);
}

/// Reads `text` as the answer with `status` to a request for `asked`; `expected`: what is kept as
/// `first-last/length+skip`, or a word.
fn check_answer(asked: Option<Portion>, status: u16, text: &str, expected: &str) {
    let headers = headers(text);
    let length = headers.get(header::CONTENT_LENGTH).map(|length| length.to_str().unwrap());
    let framing =
        length.map_or(Framing::Delimited, |length| Framing::Length(length.parse().unwrap()));
    let status = StatusCode::from_u16(status).unwrap();
    let response = ResponseHead { status, headers, framing };
    let times = Times { requested: t0(), responded: t0() };
    let answer = PartAnswer::of(&get(""), asked, &response, times, &Rules::default());
    let got = match answer {
        PartAnswer::Part(part) => {
            assert_eq!(part.head.status, StatusCode::OK);
            assert!(!part.head.headers.contains_key(header::CONTENT_RANGE));
            assert_eq!(part.head.headers[header::CONTENT_LENGTH], part.length.to_string());
            let ByteRange { first, last } = part.extent;
            format!("{first}-{last}/{}+{}", part.length, part.skip)
        }
        PartAnswer::Unusable(why) => why.as_str().to_owned(),
        PartAnswer::Unsatisfied { length } => format!("416/{length}"),
        PartAnswer::NotModified => "304".to_owned(),
        PartAnswer::Ordinary => "ordinary".to_owned(),
    };
    assert_eq!(got, expected, "{asked:?} {status} {text}");
}

#[test]
fn rfc9110_15_3_7_what_is_kept_of_an_answer() {
    let block = Some(Portion::block(1));
    let check = |text: &str, expected: &str| {
        check_answer(block, 206, &format!("cache-control: max-age=9\n{text}"), expected);
    };
    check("content-range: bytes 1048576-2097151/9000000", "1048576-2097151/9000000+0");
    check("content-range: bytes 1048576-1048999/1049000", "1048576-1048999/1049000+0");
    // More than was asked for, less, and beside it.
    check("content-range: bytes 1048000-2097999/9000000", "1048576-2097151/9000000+576");
    check("content-range: bytes 1050000-1050009/9000000", "1050000-1050009/9000000+0");
    check("content-range: bytes 0-99/9000000", "status");
    // Malformed, twice, multipart, of unknown length, and a body that is not as long.
    check("content-range: bytes 1048576-2097151/5", "status");
    check("content-range: bytes 1048576-9/*", "status");
    check("content-range: bytes 1048576-2097151/*", "status");
    check("content-type: multipart/byteranges; boundary=x", "status");
    let twice = "content-range: bytes 1048576-1048577/9000000\n";
    check(&twice.repeat(2), "status");
    check("content-length: 3\ncontent-range: bytes 1048576-1048577/9000000", "status");
    check(
        "content-length: 2\ncontent-range: bytes 1048576-1048577/9000000",
        "1048576-1048577/9000000+0",
    );
    let part = "content-range: bytes 1048576-1048577/9000000";
    check_answer(block, 206, &format!("cache-control: no-store\n{part}"), "no-store");
    check_answer(block, 206, &format!("cache-control: private\n{part}"), "private");
    check_answer(block, 206, part, "no-freshness");
    check_answer(block, 416, "content-range: bytes */77", "416/77");
    check_answer(block, 416, "", "status");
    check_answer(block, 200, "etag: \"a\"", "ordinary");
    check_answer(block, 404, "", "ordinary");
    check_answer(block, 304, "", "304");
    check_answer(None, 206, part, "ordinary");
    check_answer(None, 304, "", "304");
}

#[test]
fn of_a_suffix_two_blocks_are_kept_at_most() {
    let check = |suffix, range: &str, expected: &str| {
        let text = format!("cache-control: max-age=9\ncontent-range: bytes {range}");
        check_answer(Some(Portion::Suffix(suffix)), 206, &text, expected);
    };
    check(500, "9500-9999/10000", "9500-9999/10000+0");
    check(500, "0-9/10", "0-9/10+0");
    check(MIB, "1048570-2097145/2097146", "1048570-2097145/2097146+0");
    check(9 * MIB, "5-9437188/9437189", "5-2097151/9437189+0");
}

#[test]
fn rfc9110_8_8_1_only_a_strong_validator_ties_parts_together() {
    let old = "last-modified: Sun, 06 Nov 1994 08:40:00 GMT";
    let fresh = "last-modified: Sun, 06 Nov 1994 08:49:00 GMT";
    for (told, expected) in [
        ("etag: \"a\"", "\"a\""),
        (old, "Sun, 06 Nov 1994 08:40:00 GMT"),
        ("etag: W/\"a\"", ""),
        (fresh, ""),
        ("", ""),
        // RFC 9110 §13.1.5: no date beside an entity tag that is there.
        ("etag: W/\"a\"\nlast-modified: Sun, 06 Nov 1994 08:40:00 GMT", ""),
        ("etag: nonsense\nlast-modified: Sun, 06 Nov 1994 08:40:00 GMT", ""),
    ] {
        let text = format!("cache-control: max-age=9\n{told}");
        let head = store_at(t0(), "", 200, &text).unwrap();
        let validator = StrongValidator::of(&head);
        let got = validator.as_ref().map(|validator| validator.to_value());
        assert_eq!(got.as_ref().map_or("", |value| value.to_str().unwrap()), expected, "{told}");
        assert!(validator.is_none_or(|validator| validator.is_of(&headers(told))), "{told}");
    }
    let head = store_at(t0(), "", 200, "etag: \"a\"").unwrap();
    let validator = StrongValidator::of(&head).unwrap();
    for other in ["etag: \"b\"", "etag: W/\"a\"", "", "etag: \"a\"\netag: \"a\""] {
        assert!(!validator.is_of(&headers(other)), "{other}");
    }
}

fn stored_head(length: u64) -> StoredHead {
    let text = format!("cache-control: max-age=9\netag: \"a\"\ncontent-length: {length}");
    store_at(t0(), "", 200, &text).unwrap()
}

/// A block size would make proptest's resources large; the arithmetic is the same at any scale, so
/// the lengths here are of a few blocks and the bytes are numbers that are never laid out.
#[derive(Clone, Debug)]
struct Scene {
    length: u64,
    /// By block: what is kept of it.
    stored: BTreeMap<u64, ByteRange>,
    range: String,
}

fn scene() -> impl Strategy<Value = Scene> {
    let near = |max: u64| {
        prop_oneof![
            0..max,
            (0..6_u64, 0..3_u64).prop_map(|(block, by)| (block * MIB + by).saturating_sub(1))
        ]
    };
    let range = prop_oneof![
        (near(6 * MIB), near(6 * MIB)).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
        near(6 * MIB).prop_map(|a| format!("{a}-")),
        near(6 * MIB).prop_map(|n| format!("-{n}")),
    ];
    (
        1..5 * MIB,
        prop::collection::btree_map(0..5_u64, (0..MIB, 0..MIB), 0..5),
        prop::collection::vec(range, 0..4),
    )
        .prop_map(|(length, kept, ranges)| {
            let stored = kept
                .into_iter()
                .map(|(block, (a, b))| {
                    let at = |offset: u64| block * MIB + offset;
                    let extent = ByteRange { first: at(a.min(b)), last: at(a.max(b)) };
                    (block, ByteRange { last: extent.last.min(length - 1), ..extent })
                })
                .filter(|(_, extent)| extent.first <= extent.last)
                .collect();
            Scene { length, stored, range: ranges.join(",") }
        })
}

proptest! {
    #[test]
    fn law_what_is_sent_is_what_was_asked_for_byte_by_byte_whatever_is_stored(scene in scene()) {
        let Scene { length, mut stored, range } = scene;
        let request = if range.is_empty() { get("") } else { get(&format!("range: bytes={range}")) };
        let head = stored_head(length);
        let now = WallTime::from_unix_seconds(t0().unix_seconds());
        let plan = reply(now, &head, &request, Extent::Complete(length), "b");
        let wanted = ranges(&plan.content, length);
        let is_complete = missing(&plan.content, length, |at| stored.get(&block_of(at)).copied());
        let mut fetched = 0_u64;
        for range in wanted {
            let mut at = range.first;
            while at <= range.last {
                let block = block_of(at);
                match step(at, range.last + 1, length, stored.get(&block).copied()) {
                    Step::Stored { until } => {
                        // Read on, from this block alone, within what is kept, and never beyond
                        // what was asked for.
                        prop_assert!(at < until && until <= range.last + 1);
                        prop_assert!(until - 1 <= stored[&block].last && stored[&block].first <= at);
                        at = until;
                    }
                    Step::Fetch(extent) => {
                        prop_assert!(extent.first <= at && at <= extent.last);
                        prop_assert!(extent.last < length);
                        prop_assert_eq!(block_of(extent.first), block_of(extent.last));
                        if fetched == 0 {
                            prop_assert_eq!(is_complete, Some(at));
                        }
                        fetched += 1;
                        let whole = match stored.get(&block) {
                            // Nothing that is stored is fetched.
                            Some(&kept) => {
                                prop_assert!(extent.last < kept.first || kept.last < extent.first);
                                joined(kept, extent).expect("no gap")
                            }
                            None => extent,
                        };
                        stored.insert(block, whole);
                    }
                }
            }
        }
        prop_assert_eq!(fetched == 0, is_complete.is_none());
        prop_assert!(fetched <= 2 * length.div_ceil(MIB), "before and after what is stored");
    }

    #[test]
    fn law_the_pieces_of_an_extent_are_it_without_gap_or_overlap(
        first in 0..4 * MIB, size in 1..4 * MIB,
    ) {
        let extent = ByteRange { first, last: first + size - 1 };
        let mut next = first;
        for piece in by_block(extent) {
            prop_assert_eq!(piece.first, next);
            prop_assert_eq!(block_of(piece.first), block_of(piece.last));
            next = piece.last + 1;
        }
        prop_assert_eq!(next, extent.last + 1);
    }

    #[test]
    fn law_a_kept_extent_lies_within_what_came_and_what_was_asked(
        block in 0..4_u64, first in 0..6 * MIB, size in 1..3 * MIB, more in 0..MIB,
    ) {
        let last = first + size - 1;
        let text = format!(
            "cache-control: max-age=9\ncontent-range: bytes {first}-{last}/{}", last + 1 + more,
        );
        let response = ResponseHead {
            status: StatusCode::PARTIAL_CONTENT,
            headers: headers(&text),
            framing: Framing::Delimited,
        };
        let times = Times { requested: t0(), responded: t0() };
        let asked = Some(Portion::block(block));
        match PartAnswer::of(&get(""), asked, &response, times, &Rules::default()) {
            PartAnswer::Part(part) => {
                prop_assert!(first <= part.extent.first && part.extent.last <= last);
                prop_assert_eq!(block_of(part.extent.first), block);
                prop_assert_eq!(block_of(part.extent.last), block);
                prop_assert_eq!(first + part.skip, part.extent.first);
            }
            PartAnswer::Unusable(_)
            | PartAnswer::Unsatisfied { .. }
            | PartAnswer::NotModified
            | PartAnswer::Ordinary => prop_assert!(
                last < block * MIB || (block + 1) * MIB <= first || first + MIB < block * MIB
            ),
        }
    }
}
