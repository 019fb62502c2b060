//! Where the segments of a set are.

use super::Page;
use crate::{
    address::Form,
    live::reel::Strip,
    manifest::addressing::{INIT_PATH, media_path},
};
use dashpot_base::MediaTime;
use dashpot_mpd::{SegmentTemplate, SegmentTimeline};

/// Returns the template that the tracks of a set share.
pub(super) fn template(page: &Page<'_>, strip: &Strip<'_>) -> SegmentTemplate {
    let settings = page.settings;
    let begin = page.part_begin();
    let mut template = SegmentTemplate {
        media: Some(media_path(page.form).to_owned()),
        initialization_template: Some(INIT_PATH.to_owned()),
        ..SegmentTemplate::default()
    };
    // ISO/IEC 23009-1 §5.3.9.5.3: what it is worth to say.
    if settings.always && !page.window.ended() {
        template.availability_time_offset = Some(f64::INFINITY);
    } else if 0 < settings.offset_ms && !page.window.ended() {
        template.availability_time_offset = Some(seconds(settings.offset_ms));
        template.availability_time_complete = settings.chunk_ms.map(|_| false);
    }
    // The Period starts with the pictures; sound begins up to half a frame before or after.
    let start = if begin == 0 { 0 } else { strip.nominal(begin) };
    let first = if page.lists() {
        template.timescale = Some(strip.track.timescale);
        template.presentation_time_offset = Some(start).filter(|start| 0 < *start);
        template.segment_timeline = Some(timeline(page, strip));
        page.segments().start
    } else {
        let length = length(page, strip);
        template.timescale = Some(length.timescale);
        template.duration = Some(length.ticks);
        let start = if length.timescale == strip.track.timescale || begin == 0 {
            start
        } else {
            u64::try_from(settings.reel.start(begin)).unwrap_or(u64::MAX)
        };
        template.presentation_time_offset = Some(start).filter(|start| 0 < *start);
        begin
    };
    let by_number = page.form != Form::Time;
    template.start_number = by_number.then_some(settings.start_number.saturating_add(first));
    template
}

fn seconds(ms: u64) -> f64 {
    std::time::Duration::from_millis(ms).as_secs_f64()
}

/// Returns the length of every segment, in the track's own ticks where that is exact.
fn length(page: &Page<'_>, strip: &Strip<'_>) -> MediaTime {
    let reel = &page.settings.reel;
    let length = MediaTime { ticks: reel.longest(), timescale: reel.timescale() };
    let own = length.rescale(strip.track.timescale);
    own.filter(|own| own.rescale(length.timescale) == Some(length)).unwrap_or(length)
}

/// Returns the segments of the window.
fn timeline(page: &Page<'_>, strip: &Strip<'_>) -> SegmentTimeline {
    let segments = page.segments();
    page.timelines.list(strip.start(segments.start), strip.runs(segments))
}
