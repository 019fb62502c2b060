//! A span of a set of tracks, as a Period of its own.

use dashpot_base::MediaTime;
use dashpot_mpd::{AdaptationSet, S, SegmentTimeline};
use std::ops::Range;

/// How early a segment may begin and still belong behind a border: sound is cut up to half a frame
/// beside it, and frames of every codec are shorter than twice this.
const EARLY_MS: u64 = 50;

/// Leaves what a set has between two times of the presentation, and says that it begins there.
pub(crate) fn cut(set: &mut AdaptationSet, span: &Range<MediaTime>) {
    if let Some(template) = &mut set.segment_template {
        let lengths = (template.timescale, template.duration);
        let (offset, kept) = kept(lengths, template.segment_timeline.as_mut(), span);
        template.presentation_time_offset = offset;
        template.start_number = template.start_number.map(|number| number + kept.start);
    }
    for one in &mut set.representations {
        if let Some(base) = &mut one.segment_base {
            base.presentation_time_offset = offset(base.timescale, span);
        }
        if let Some(list) = &mut one.segment_list {
            let lengths = (list.timescale, list.duration);
            let (offset, kept) = kept(lengths, list.segment_timeline.as_mut(), span);
            list.presentation_time_offset = offset;
            let index = |count| usize::try_from(count).unwrap_or(usize::MAX);
            list.segment_urls.truncate(index(kept.end));
            list.segment_urls.drain(..index(kept.start).min(list.segment_urls.len()));
        }
    }
}

/// Returns the begin of a span in ticks, and cuts a timeline to it; says which of the segments are left.
fn kept(
    (timescale, duration): (Option<u32>, Option<u64>),
    timeline: Option<&mut SegmentTimeline>,
    span: &Range<MediaTime>,
) -> (Option<u64>, Range<u64>) {
    let scale = timescale.unwrap_or(1);
    let count = |time: MediaTime| {
        let ticks = nearest(time, scale);
        let each = duration.unwrap_or(0);
        (ticks + each / 2).checked_div(each).unwrap_or(0)
    };
    let kept = match timeline {
        Some(timeline) => cut_timeline(timeline, scale, span),
        None => count(span.start)..count(span.end),
    };
    (offset(timescale, span), kept)
}

fn offset(timescale: Option<u32>, span: &Range<MediaTime>) -> Option<u64> {
    Some(nearest(span.start, timescale.unwrap_or(1))).filter(|offset| 0 < *offset)
}

fn cut_timeline(timeline: &mut SegmentTimeline, scale: u32, span: &Range<MediaTime>) -> Range<u64> {
    let (mut runs, mut time, mut index): (Vec<S>, _, _) = (Vec::new(), 0, 0_u64);
    let (mut first, mut end) = (0, 0);
    for run in std::mem::take(&mut timeline.s) {
        time = run.t.unwrap_or(time);
        for _ in 0..=run.r {
            if is_before(time, run.d, scale, span.start) {
                first = index + 1;
            } else if is_before(time, run.d, scale, span.end) {
                end = index + 1;
                match runs.last_mut() {
                    Some(last) if last.d == run.d => last.r += 1,
                    Some(_) => runs.push(S { d: run.d, ..S::default() }),
                    None => runs.push(S { t: Some(time), d: run.d, ..S::default() }),
                }
            }
            (time, index) = (time.saturating_add(run.d), index + 1);
        }
    }
    timeline.s = runs;
    first..end.max(first)
}

/// Says whether a segment belongs before a border.
fn is_before(start: u64, duration: u64, scale: u32, border: MediaTime) -> bool {
    let early = (duration / 2).min(u64::from(scale) * EARLY_MS / 1_000);
    let begin = u128::from(start.saturating_add(early)) * u128::from(border.timescale);
    begin < u128::from(border.ticks) * u128::from(scale)
}

fn nearest(time: MediaTime, scale: u32) -> u64 {
    let own = u128::from(time.timescale);
    let doubled = u128::from(time.ticks) * u128::from(scale) * 2 + own;
    u64::try_from(doubled.checked_div(own * 2).unwrap_or(0)).unwrap_or(u64::MAX)
}
