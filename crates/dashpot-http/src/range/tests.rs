use super::*;
use proptest::prelude::*;

/// `expected`: "ignored", "416", or the ranges as `first-last` with spaces between.
fn check(value: &str, length: u64, expected: &str) {
    let resolved =
        RangeSet::parse(value.as_bytes()).map_or(Resolved::Ignored, |set| set.resolve(length));
    let got = match resolved {
        Resolved::Ignored => "ignored".to_owned(),
        Resolved::Unsatisfiable => "416".to_owned(),
        Resolved::Satisfiable(ranges) => {
            let texts: Vec<_> = ranges.iter().map(|r| format!("{}-{}", r.first, r.last)).collect();
            texts.join(" ")
        }
    };
    assert_eq!(got, expected, "{value:?} of {length}");
}

#[test]
fn rfc9110_14_1_2_examples() {
    check("bytes=0-499", 10_000, "0-499");
    check("bytes=500-999", 10_000, "500-999");
    check("bytes=-500", 10_000, "9500-9999");
    check("bytes=9500-", 10_000, "9500-9999");
    check("bytes=0-0,-1", 10_000, "0-0 9999-9999");
    check("bytes= 0-999, 4500-5499, -1000", 10_000, "0-999 4500-5499 9000-9999");
    check("bytes=500-600,601-999", 10_000, "500-999");
    check("bytes=500-700,601-999", 10_000, "500-999");
}

#[test]
fn rfc9110_14_2_ends_are_cut_to_the_length() {
    check("bytes=0-99999", 100, "0-99");
    check("bytes=-99999", 100, "0-99");
    check("bytes=99-", 100, "99-99");
    check("bytes=0-18446744073709551616", 100, "0-99");
    check("bytes=0-0", 1, "0-0");
}

#[test]
fn rfc9110_14_2_ranges_beyond_the_end_are_unsatisfiable() {
    check("bytes=100-", 100, "416");
    check("bytes=100-200", 100, "416");
    check("bytes=-0", 100, "416");
    check("bytes=99999999999999999999999-", 100, "416");
    check("bytes=0-0", 0, "416");
    check("bytes=100-200, 5-6", 100, "5-6");
}

#[test]
fn rfc9110_14_2_what_cannot_be_read_is_ignored() {
    for value in [
        "",
        "bytes",
        "bytes=",
        "bytes=,",
        "bytes=-",
        "bytes=1",
        "bytes=2-1",
        "bytes=a-b",
        "bytes=0-x",
        "bytes=0-1-2",
        "bytes=+1-2",
        "bytes=0 - 1",
        "bytes =0-1",
        "items=0-1",
        "bytes:0-1",
        "bytes=0-1;2-3",
        "bytes=--1",
        "bytes=0-1,x",
        "bytes=0x0-1",
    ] {
        check(value, 100, "ignored");
    }
    check("BYTES=0-1", 100, "0-1");
    check("bytes=,0-1 ,, 4-5,", 100, "0-1 4-5");
}

#[test]
fn a_suffix_of_nothing_is_ignored() {
    check("bytes=-5", 0, "ignored");
}

#[test]
fn merging_keeps_the_order_asked() {
    check("bytes=50-59,0-9,55-69", 100, "50-69 0-9");
    check("bytes=0-9,20-29,10-19", 100, "0-29");
    check("bytes=90-,0-5", 100, "90-99 0-5");
}

#[test]
fn the_number_of_ranges_is_bounded() {
    let apart = |count: u64| {
        let ranges: Vec<_> = (0..count).map(|n| format!("{}-{}", n * 10, n * 10)).collect();
        format!("bytes={}", ranges.join(","))
    };
    let ranges_max = u64::try_from(RANGES_MAX).unwrap();
    let resolve = |count| RangeSet::parse(apart(count).as_bytes()).map(|set| set.resolve(100_000));
    assert!(matches!(resolve(ranges_max), Some(Resolved::Satisfiable(_))));
    assert_eq!(resolve(ranges_max + 1), Some(Resolved::Ignored));
    assert_eq!(resolve(65), None);
}

#[test]
fn rfc9110_14_4_content_range() {
    let part = |first, last, complete| {
        Some(ContentRange::Part { range: ByteRange { first, last }, complete })
    };
    for (value, expected) in [
        ("bytes 42-1233/1234", part(42, 1_233, Some(1_234))),
        ("bytes 42-1233/*", part(42, 1_233, None)),
        ("bytes */1234", Some(ContentRange::Unsatisfied { complete: 1_234 })),
        ("bytes */*", None),
        ("bytes 5-4/10", None),
        ("bytes 0-10/10", None),
        ("bytes=0-1/10", None),
        ("bytes 0-1", None),
        ("bytes 0-99999999999999999999/*", None),
        ("items 0-1/2", None),
        ("", None),
    ] {
        let got = ContentRange::parse(value.as_bytes());
        assert_eq!(got, expected, "{value}");
        if let Some(range) = got {
            assert_eq!(range.to_value(), value);
        }
    }
}

#[test]
fn rfc9110_15_3_7_2_multipart_parts_and_their_sum() {
    let ranges = [ByteRange { first: 0, last: 1 }, ByteRange { first: 5, last: 5 }];
    let kind = HeaderValue::from_static("video/mp4");
    let multipart = Multipart::new(&ranges, 10, Some(&kind), "cut\r\n here");
    let content = b"0123456789";
    let mut body = Vec::new();
    for (head, range) in &multipart.parts {
        let (first, last) =
            (usize::try_from(range.first).unwrap(), usize::try_from(range.last).unwrap());
        body.extend_from_slice(head);
        body.extend_from_slice(&content[first..=last]);
    }
    body.extend_from_slice(&multipart.tail);
    assert_eq!(multipart.content_length(), u64::try_from(body.len()).unwrap());
    assert_eq!(multipart.content_type(), "multipart/byteranges; boundary=cuthere");
    expect_test::expect![[r#"
        --cuthere
        Content-Type: video/mp4
        Content-Range: bytes 0-1/10

        01
        --cuthere
        Content-Type: video/mp4
        Content-Range: bytes 5-5/10

        5
        --cuthere--
    "#]]
    .assert_eq(&String::from_utf8(body).unwrap().replace("\r\n", "\n"));
}

use http::HeaderValue;

proptest! {
    #[test]
    fn parsing_never_panics(value in proptest::collection::vec(any::<u8>(), 0..100)) {
        let _read = (RangeSet::parse(&value), ContentRange::parse(&value));
    }

    #[test]
    fn resolved_ranges_lie_inside_and_never_overlap(
        value in "bytes=[0-9]{0,3}-[0-9]{0,3}(,[0-9]{0,3}-[0-9]{0,3}){0,20}", length in 0..500_u64,
    ) {
        let Some(set) = RangeSet::parse(value.as_bytes()) else { return Ok(()) };
        let Resolved::Satisfiable(mut ranges) = set.resolve(length) else { return Ok(()) };
        prop_assert!(!ranges.is_empty() && ranges.len() <= RANGES_MAX);
        ranges.sort();
        prop_assert!(ranges.iter().all(|r| r.first <= r.last && r.last < length));
        prop_assert!(ranges.windows(2).all(|pair| pair[0].last + 1 < pair[1].first));
    }
}
