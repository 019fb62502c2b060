use super::*;
use crate::{AssetSource, fixture, grammar::Service};
use bytes::Bytes;

fn check(options: Options, expected: Result<(u32, u32), &str>) {
    check_on(&fixture::clip(10), options, expected);
}

fn check_on(asset: &Asset, options: Options, expected: Result<(u32, u32), &str>) {
    let shape = Shape::of(asset, &options).map(|shape| (shape.passes, shape.gops));
    match (shape.map_err(|error| error.to_string()), expected) {
        (Err(message), Err(part)) => assert!(message.contains(part), "{options:?}: {message}"),
        (found, expected) => assert_eq!(found.as_ref().ok(), expected.as_ref().ok(), "{options:?}"),
    }
}

fn seg(ms: u64) -> Options {
    option(&format!("seg_{}s", seconds(ms)))
}

fn option(given: &str) -> Options {
    Options::default().with(Service::Vod, given).unwrap()
}

#[test]
fn segments_hold_whole_groups_of_pictures() {
    check(Options::default(), Ok((1, 1)));
    check(seg(2_000), Ok((1, 1)));
    check(seg(4_000), Ok((1, 2)));
    check(seg(60_000), Ok((1, 30)));
    check(seg(62_000), Err("nearest is `seg_60s`"));
    check(seg(1), Err("nearest is `seg_2s`"));
    check(seg(4_100), Err("nearest is `seg_4s`"));
    check(seg(u64::MAX / 2), Err("nearest is `seg_60s`"));
    // 30000/1001 frames a second: a GOP of 2.002 s.
    let track = fixture::track("v1", fixture::kind_video(180), 30_000, &[60_060; 4]);
    let source = AssetSource { name: "ntsc".to_owned(), tracks: vec![track], ..Default::default() };
    let ntsc = Asset::new(source).unwrap();
    check_on(&ntsc, seg(4_004), Ok((1, 2)));
    check_on(&ntsc, seg(4_000), Err("nearest is `seg_4.004s`"));
}

#[test]
fn decode_times_of_32_bits_bound_the_passes() {
    // Ticks so fine that 2^32 of them are few passes.
    let mut track = fixture::track("v1", fixture::kind_video(180), 100_000_000, &[200_000_000; 4]);
    for fragment in &mut track.fragments {
        // The same head with a tfdt of version 0, which is four bytes shorter.
        let mut head = fragment.head.to_vec();
        let low = head.split_off(64);
        head.truncate(60);
        head.extend(low);
        head[56] = 0;
        for (size_at, size) in [(0, 64_u8), (24, 40), (48, 16)] {
            head[size_at + 3] = size;
        }
        fragment.head = Bytes::from(head);
    }
    let source = AssetSource { name: "old".to_owned(), tracks: vec![track], ..Default::default() };
    let asset = Asset::new(source).unwrap();
    let passes = |passes: u32| option(&format!("loop_{passes}"));
    check_on(&asset, passes(5), Ok((5, 1)));
    check_on(&asset, passes(6), Err("`loop_5` is the most"));
}
