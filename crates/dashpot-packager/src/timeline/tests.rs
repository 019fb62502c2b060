use super::*;
use crate::{AssetSource, fixture};
use proptest::prelude::*;

/// An asset of one video and one audio track of 48 kHz.
fn asset(video: &[u64], audio: &[u64]) -> Asset {
    let tracks = vec![
        fixture::track("v1", fixture::kind_video(180), 1_000, video),
        fixture::track("a-en", fixture::STEREO, 48_000, audio),
    ];
    Asset::new(AssetSource { name: "clip".to_owned(), tracks, ..AssetSource::default() }).unwrap()
}

fn check(asset: &Asset, track: usize, shape: Shape, expected: &[(u64, u64, Range<u64>)]) {
    let timeline = Timeline::new(asset, track, shape).unwrap();
    let found: Vec<_> = timeline
        .segments()
        .map(|segment| (segment.start, segment.duration, segment.fragments))
        .collect();
    assert_eq!(found, expected, "{shape:?}");
}

#[test]
fn audio_of_a_pass_begins_with_the_video_of_that_pass() {
    // 95 frames of 1,024 are longer than 2 s by 1,280 ticks.
    let asset = asset(&[1_000, 1_000], &[48_128, 49_152]);
    let twice = Shape { passes: 2, gops: 1 };
    check(
        &asset,
        0,
        twice,
        &[(0, 1_000, 0..1), (1_000, 1_000, 1..2), (2_000, 1_000, 2..3), (3_000, 1_000, 3..4)],
    );
    check(
        &asset,
        1,
        twice,
        &[
            (0, 48_128, 0..1),
            (48_128, 47_872, 1..2),
            (96_000, 48_128, 2..3),
            (144_128, 49_152, 3..4),
        ],
    );
}

#[test]
fn merged_segments_hold_whole_fragments_of_either_track() {
    let asset = asset(&[1_000, 1_000, 1_000], &[48_128, 47_104, 49_152]);
    let merged = Shape { passes: 1, gops: 2 };
    check(&asset, 0, merged, &[(0, 2_000, 0..2), (2_000, 1_000, 2..3)]);
    check(&asset, 1, merged, &[(0, 95_232, 0..2), (95_232, 49_152, 2..3)]);
}

#[test]
fn a_piece_behind_the_end_of_the_video_is_left_out() {
    let asset = asset(&[1_000], &[47_104, 2_048]);
    check(&asset, 1, Shape::PLAIN, &[(0, 47_104, 0..1)]);
    let twice = Shape { passes: 2, gops: 1 };
    check(&asset, 1, twice, &[(0, 48_000, 0..1), (48_000, 47_104, 1..2)]);
}

proptest! {
    #[test]
    fn segments_have_no_gap_and_no_overlap_for_any_loop_and_length(
        count in 1..9_u64, last in 1..=10_u64, passes in 1..7_u32, gops in 1..5_u32,
    ) {
        let mut video = vec![2_000; usize::try_from(count).unwrap()];
        *video.last_mut().unwrap() = 200 * last;
        let total = (count - 1) * 2_000 + 200 * last;
        let mut audio = fixture::aac(2, count);
        *audio.last_mut().unwrap() =
            (total * 48 - audio[..audio.len() - 1].iter().sum::<u64>()).div_ceil(1_024) * 1_024;
        let asset = asset(&video, &audio);
        for track in 0..2 {
            let timeline = Timeline::new(&asset, track, Shape { passes, gops }).unwrap();
            let (mut at, mut fragment) = (0, 0);
            for (number, segment) in (1..).zip(timeline.segments()) {
                prop_assert_eq!(segment.number, number);
                prop_assert_eq!(segment.start, at);
                prop_assert_eq!(segment.fragments.start, fragment);
                prop_assert!(segment.fragments.start < segment.fragments.end);
                prop_assert!(0 < segment.duration);
                let (by_time, by_number) =
                    (timeline.segment_at(segment.start), timeline.segment(segment.number));
                prop_assert_eq!(by_time.as_ref(), Some(&segment));
                prop_assert_eq!(by_number.as_ref(), Some(&segment));
                prop_assert_eq!(timeline.segment_at(segment.start + 1), None);
                (at, fragment) = (at + segment.duration, segment.fragments.end);
            }
            prop_assert_eq!(fragment, timeline.fragment_count());
            prop_assert_eq!(timeline.segment(timeline.segment_count() + 1), None);
            prop_assert_eq!(timeline.segment(0), None);
            // In step with the video within one audio frame, however often it was looped.
            let end = u64::from(passes) * total * u64::from(timeline.track().timescale) / 1_000;
            prop_assert!(at.abs_diff(end) <= 1_024, "{} {}", at, end);
        }
    }
}
