use super::*;
use crate::{
    Body, Catalogue, Found,
    fixture::{Film, files, film, read},
    respond, respond_live,
};
use dashpot_base::WallTime;
use dashpot_bmff::{SampleDefaults, Samples};
use std::time::Duration;

fn catalogue() -> Catalogue {
    Catalogue::new([film(&Film {
        rate: (24_000, 1_001),
        sampling: 48_000,
        gops: 5,
        gop_seconds: 2,
        missing_frames: 0,
    })])
}

/// Ticks of a group of pictures: 48 frames.
const GOP: u64 = 48 * 1_001 * 512;

fn fetched(path: &str, now_ms: Option<u64>) -> Result<(Vec<u8>, Vec<u64>), String> {
    let catalogue = catalogue();
    let found = match now_ms {
        Some(ms) => respond_live(&catalogue, path, WallTime::from_epoch(Duration::from_millis(ms))),
        None => respond(&catalogue, path),
    };
    let Found { body, asset, content_type, due, .. } = found.map_err(|error| error.to_string())?;
    let Body::Media(plan) = body else { panic!("{path}") };
    assert_eq!(content_type, "video/mp4");
    let due = due.iter().map(|due| due.at.unix_millis()).collect();
    Ok((read(&files(&asset), &plan, 0..u64::MAX), due))
}

fn samples(segment: &[u8]) -> Samples {
    placed(&bytes::Bytes::copy_from_slice(segment), 1, SampleDefaults::default()).unwrap()
}

#[test]
fn a_segment_has_the_first_picture_of_each_group() {
    // The film's first sample of a group has one byte.
    for (path, now_ms, first, count) in [
        ("film/trick_8/trick-v1/1.m4s", None, 0, 1),
        ("film/trick_8/trick-v1/3.m4s", None, 2, 1),
        ("film/loop_4/trick_8/trick-v1/13.m4s", None, 12, 1),
        ("film/loop_4/seg_4.004s/trick_8/trick-v1/3.m4s", None, 4, 2),
        ("film/trick_8/trick-v1/1001.m4s", Some(2_005_000), 1_000, 1),
        ("film/seg_4.004s/trick_8/trick-v1/501.m4s", Some(2_007_000), 1_000, 2),
        ("film/chunk_0.5s/trick_8/trick-v1/1001.m4s", Some(2_005_000), 1_000, 1),
    ] {
        let (bytes, _) = fetched(path, now_ms).unwrap_or_else(|why| panic!("{path}: {why}"));
        let found = samples(&bytes);
        assert_eq!(found.decode_time, first * GOP, "{path}");
        assert_eq!(found.samples.len(), count, "{path}");
        for one in &found.samples {
            let sample = (u64::from(one.sample.duration), one.sample.size, one.sample.flags);
            assert_eq!(sample, (GOP, 1, 0), "{path}");
        }
        let end = found.samples.last().map(|one| one.offset + u64::from(one.sample.size));
        assert_eq!(end, u64::try_from(bytes.len()).ok(), "{path}");
    }
    let of_rung = fetched("film/v1/init.mp4", None).unwrap();
    assert_eq!(fetched("film/trick_2/trick-v1/init.mp4", None).unwrap(), of_rung);
    assert_eq!(fetched("film/trick_2/trick-v1/init.mp4", Some(0)).unwrap(), of_rung);
}

#[test]
fn it_is_there_with_its_whole_group_and_where_it_was_asked_for() {
    // Segment 1001 ends at 1001 times 2.002 s.
    let early = fetched("film/chunk_0.5s/trick_8/trick-v1/1001.m4s", Some(2_002_600)).unwrap();
    assert_eq!(early.1, [2_004_002]);
    for (path, now_ms, expected) in [
        ("film/trick-v1/1.m4s", None, "`film` has no track `trick-v1`"),
        ("film/trick_8/trick-v2/1.m4s", None, "`film` has no track `trick-v2`"),
        ("film/trick_8/trick-v1/6.m4s", None, "`trick-v1` has segments 1 to 5"),
        ("film/trick_8/list.mpd", None, "option `trick_8` does not fit: its segments"),
        ("film/trick_1/number.mpd", None, "option `trick_1` is not one: did you mean `trick_2`?"),
        ("film/trick_8/trick-v1/1001.m4s", Some(2_000_000), "segment 1001 of `trick-v1` comes"),
    ] {
        let why = fetched(path, now_ms).unwrap_err();
        assert!(why.starts_with(expected), "{why}");
    }
}

#[test]
fn an_mpd_says_what_it_is_for() {
    let catalogue = catalogue();
    let now = WallTime::from_epoch(Duration::from_secs(1_700_000_000));
    for found in [
        respond(&catalogue, "film/trick_8/number.mpd"),
        respond_live(&catalogue, "film/trick_8/chunk_0.5s/time.mpd", now),
    ] {
        let Body::Text(text) = found.unwrap().body else { panic!("no MPD") };
        let (mpd, _) = dashpot_mpd::parse(&text).unwrap();
        let set = mpd.periods[0].adaptation_sets.last().unwrap();
        assert_eq!(set.essential_properties, [Descriptor::new(SCHEME, "1")]);
        let representation = &set.representations[0];
        assert_eq!(representation.id.as_deref(), Some("trick-v1"));
        assert_eq!(representation.frame_rate.as_deref(), Some("500/1001"));
        for said in ["maxPlayoutRate=\"8\"", "codingDependency=\"false\""] {
            assert!(text.contains(said), "{text}");
        }
        // A head of 160 bytes and a picture of one in 2.002 s.
        assert_eq!(representation.bandwidth, Some(644));
        let template = set.segment_template.as_ref().unwrap();
        assert_eq!(template.availability_time_offset, None);
    }
}
