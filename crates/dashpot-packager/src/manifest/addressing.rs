//! How a manifest says where segments are: the one thing in which the forms differ.

use super::Page;
use crate::{address::Form, plan::FileMap, timeline::Timeline};
use dashpot_base::MediaTime;
use dashpot_mpd::{
    ByteRange, Initialization, Representation, S, SegmentBase, SegmentList, SegmentTemplate,
    SegmentTimeline, SegmentUrl,
};
use std::ops::Range;

/// Returns the template that all tracks of a set share, in the forms that have one.
pub(super) fn template(page: &Page<'_>, timeline: &Timeline<'_>) -> Option<SegmentTemplate> {
    let (media, lengths) = match page.form {
        Form::Number => (media_path(page.form), lengths(page, timeline)),
        Form::Time | Form::Timeline => {
            let scale = timeline.track().timescale;
            (media_path(page.form), Lengths::Each(scale, runs(timeline)))
        }
        Form::Base | Form::List => return None,
    };
    let (timescale, duration, segment_timeline) = lengths.fields();
    Some(SegmentTemplate {
        timescale,
        duration,
        segment_timeline,
        start_number: Some(1),
        media: Some(media.to_owned()),
        initialization_template: Some(INIT_PATH.to_owned()),
        ..SegmentTemplate::default()
    })
}

/// Returns the template of segment URLs in a form that has one.
pub(crate) const fn media_path(form: Form) -> &'static str {
    match form {
        Form::Time => "$RepresentationID$/t$Time$.m4s",
        Form::Number | Form::Timeline | Form::Base | Form::List => {
            "$RepresentationID$/$Number$.m4s"
        }
    }
}

/// The template of the URL of an initialization segment.
pub(crate) const INIT_PATH: &str = "$RepresentationID$/init.mp4";

/// Adds what the Representation says itself: its file, and where in it the segments are.
pub(super) fn representation(page: &Page<'_>, timeline: &Timeline<'_>, out: &mut Representation) {
    let map = FileMap::of(timeline);
    let initialization =
        Some(Initialization { range: Some(bytes(&map.init)), ..Initialization::default() });
    match page.form {
        Form::Number | Form::Time | Form::Timeline => return,
        Form::Base => {
            out.segment_base = Some(SegmentBase {
                timescale: Some(timeline.track().timescale),
                index_range: Some(bytes(&map.index)),
                index_range_exact: Some(true),
                initialization,
                ..SegmentBase::default()
            });
        }
        Form::List => {
            let (timescale, duration, segment_timeline) = lengths(page, timeline).fields();
            let url = |segment| SegmentUrl {
                media_range: Some(bytes(&map.segment(timeline, &segment))),
                ..SegmentUrl::default()
            };
            out.segment_list = Some(SegmentList {
                timescale,
                duration,
                initialization,
                segment_timeline,
                segment_urls: timeline.segments().map(url).collect(),
                ..SegmentList::default()
            });
        }
    }
    out.base_urls = vec![format!("{}.mp4", timeline.track().id).as_str().into()];
}

/// How long segments are: all alike, or run by run. With the timescale that says so.
enum Lengths {
    Alike(u32, u64),
    Each(u32, SegmentTimeline),
}

impl Lengths {
    fn fields(self) -> (Option<u32>, Option<u64>, Option<SegmentTimeline>) {
        match self {
            Self::Alike(timescale, duration) => (Some(timescale), Some(duration), None),
            Self::Each(timescale, timeline) => (Some(timescale), None, Some(timeline)),
        }
    }
}

/// Returns one duration for all where that is true enough, else a timeline.
///
/// ISO/IEC 23009-1 §5.3.9.5.3 lets a segment begin up to half a duration from where `@duration`
/// puts it; and there must be as many segments as a player will count. Audio frames do not end
/// where video frames do, so for audio some deviation (half a frame) is the rule.
fn lengths(page: &Page<'_>, timeline: &Timeline<'_>) -> Lengths {
    let scale = timeline.track().timescale;
    let each = || Lengths::Each(scale, runs(timeline));
    let Some(nominal) = page.asset.gop.map(|gop| MediaTime {
        ticks: gop.ticks.saturating_mul(u64::from(page.shape.gops)),
        timescale: gop.timescale,
    }) else {
        return each();
    };
    // In the track's own timescale where that is exact, which is easier to read.
    let nominal = nominal
        .rescale(scale)
        .filter(|own| own.rescale(nominal.timescale) == Some(nominal))
        .unwrap_or(nominal);
    let (length, unit) = (u128::from(nominal.ticks), u128::from(nominal.timescale));
    let near = timeline.segments().all(|segment| {
        let said = u128::from(segment.number - 1) * length * u128::from(scale);
        said.abs_diff(u128::from(segment.start) * unit) * 2 < length * u128::from(scale)
    });
    let period = page.asset.period;
    let whole = u128::from(period.ticks) * u128::from(page.shape.passes) * unit;
    let counted = whole.div_ceil((length * u128::from(period.timescale)).max(1));
    if near && counted == u128::from(timeline.segment_count()) {
        return Lengths::Alike(nominal.timescale, nominal.ticks);
    }
    each()
}

/// Returns the timeline as runs of equal length. It has no gap, so only the first run says when.
fn runs(timeline: &Timeline<'_>) -> SegmentTimeline {
    let mut runs: Vec<S> = Vec::new();
    for segment in timeline.segments() {
        match runs.last_mut() {
            Some(run) if run.d == segment.duration => run.r += 1,
            Some(_) => runs.push(S { d: segment.duration, ..S::default() }),
            None => {
                runs.push(S { t: Some(segment.start), d: segment.duration, ..S::default() });
            }
        }
    }
    SegmentTimeline { s: runs, ..SegmentTimeline::default() }
}

fn bytes(range: &Range<u64>) -> ByteRange {
    ByteRange { first: range.start, last: range.end.saturating_sub(1) }
}
