//! Laws: segments follow one another and fill their Period.

use super::{Presentation, SegmentIndex, Url, one, parse};
use crate::timeline::{Problem, SegmentRef, TimelineError};
use proptest::prelude::*;

fn segments(text: &str) -> Vec<SegmentRef> {
    let (mpd, warnings) = parse(text).unwrap();
    assert_eq!(warnings, []);
    let url = Url::parse("http://h/m.mpd").unwrap();
    let mut presentation = match Presentation::resolve(&mpd, &url) {
        Err(TimelineError { problem: Problem::NoSegments, .. }) => return Vec::new(),
        resolved => resolved.unwrap(),
    };
    let representation = presentation.periods.remove(0).sets.remove(0).representations.remove(0);
    match representation.index {
        SegmentIndex::Listed(segments) => segments,
        SegmentIndex::NeedsSidx(file) => panic!("{file:?}"),
    }
}

/// Checks that segments come one after the other, each longer than nothing and next in number;
/// returns when the last ends.
fn check_in_order(segments: &[SegmentRef], gaps_are_allowed: bool) -> u64 {
    let mut end = 0;
    for (index, segment) in segments.iter().enumerate() {
        assert!(0 < segment.duration.ticks, "{segment:?}");
        assert!(end <= segment.start.ticks, "{segment:?} overlaps");
        assert!(gaps_are_allowed || end == segment.start.ticks, "{segment:?} leaves a gap");
        if let Some(before) = index.checked_sub(1) {
            assert!(segments[before].number < segment.number, "{segment:?} out of order");
        }
        end = segment.start.ticks + segment.duration.ticks;
    }
    end
}

proptest! {
    #[test]
    fn segments_of_equal_length_fill_the_period(
        millis in 1..200_000_u64, timescale in 1..100_000_u32, length_ms in 500..20_000_u64,
        offset: u32, first in 0..1_000_u64,
    ) {
        let duration = (length_ms * u64::from(timescale) / 1_000).max(1);
        let template = format!(
            "<SegmentTemplate media='$Number$' timescale='{timescale}' duration='{duration}' presentationTimeOffset='{offset}' startNumber='{first}'/>"
        );
        let period = format!("PT{}.{:03}S", millis / 1_000, millis % 1_000);
        let segments = segments(&one(&period, &template));
        let end = check_in_order(&segments, false);
        let ticks = (millis * u64::from(timescale) + 500) / 1_000;
        prop_assert!(end <= ticks && ticks <= end + u64::from(timescale / 1_000), "{end} {ticks}");
        prop_assert!(segments.first().is_none_or(|segment| segment.number == first));
    }

    #[test]
    fn runs_neither_overlap_nor_leave_gaps_of_their_own(
        runs in prop::collection::vec((1..500_u64, 0..20_i64), 1..20), offset in 0..5_000_u64,
        jumps in prop::collection::vec(0..3_u64, 20),
    ) {
        let mut time = 0;
        let mut text = String::new();
        let jumped = jumps.iter().take(runs.len()).any(|jump| *jump != 0);
        for ((duration, repeats), jump) in runs.iter().zip(&jumps) {
            time += jump * 7;
            text += &format!("<S t='{time}' d='{duration}' r='{repeats}'/>");
            time += duration * (repeats.unsigned_abs() + 1);
        }
        let template = format!(
            "<SegmentTemplate media='$Time$' timescale='10' presentationTimeOffset='{offset}'><SegmentTimeline>{text}</SegmentTimeline></SegmentTemplate>"
        );
        let segments = segments(&one("PT1000S", &template));
        let end = check_in_order(&segments, jumped);
        let expected = if offset < time { (time - offset).min(10_000) } else { 0 };
        // Where a jump lies across the end of the Period, the last segment ends before it.
        prop_assert!(end == expected || (jumped && end < expected), "{end} {expected}");
    }
}
