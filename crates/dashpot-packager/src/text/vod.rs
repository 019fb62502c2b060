//! Segmented text of a film on demand.

use super::{Slot, TextTrack, is_segmented, tracks};
use crate::{
    address::{Form, Piece, Target},
    catalogue::Asset,
    grammar::{CLOCK_STPP, CLOCK_SUBS, Options, TEXT},
    options::{OptionError, Shape},
    respond::{Refused, vanished},
    timeline::{Segment, Timeline},
};
use bytes::Bytes;
use dashpot_mpd::{AdaptationSet, SegmentTemplate};
use std::time::Duration;

/// Says whether an MPD of that form can have the text that the options ask for.
///
/// # Errors
/// Names the option that asks for segments where there are files alone.
pub(crate) fn fits(form: Form, options: &Options) -> Result<(), OptionError> {
    if !is_segmented(options) || form.has_template() {
        return Ok(());
    }
    let clock = [CLOCK_SUBS, CLOCK_STPP].into_iter().find(|spec| options.names(spec).is_some());
    Err(OptionError::Fit {
        given: format!("{}_", clock.unwrap_or(TEXT).name),
        why: format!(
            "the `{}` form has files and no segments of text: use `number` or `time`, or `text_sidecar`",
            form.name()
        ),
    })
}

/// Returns the sets of all tracks.
pub(crate) fn sets(
    asset: &Asset,
    options: &Options,
    template: &SegmentTemplate,
    longest: Duration,
) -> Vec<AdaptationSet> {
    let longest_ms = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
    tracks(asset, options).iter().map(|track| track.set(template, longest_ms)).collect()
}

/// Returns what a target is, if it is of a track of segmented text.
///
/// # Errors
/// Says which segments there are.
pub(crate) fn found(
    asset: &Asset,
    (shape, options): (Shape, &Options),
    target: &Target<'_>,
) -> Result<Option<Bytes>, Refused> {
    let Some((id, piece)) = target.piece() else {
        return Ok(None);
    };
    let Some(track) = tracks(asset, options).into_iter().find(|track| track.id == id) else {
        return Ok(None);
    };
    let timeline = Timeline::new(asset, asset.lead, shape).ok_or_else(vanished)?;
    let none = |what: String| {
        let count = timeline.segment_count();
        move || Refused::NotFound(format!("`{id}` has segments 1 to {count}, {what}"))
    };
    let bytes = match piece {
        Piece::Number(number) => {
            let segment =
                timeline.segment(number).ok_or_else(none(format!("no number {number}")))?;
            written(&track, asset, &timeline, &segment)
        }
        Piece::Time(time) => {
            let what = format!("none that starts at {time}");
            let segment = timeline.segment_at(time).ok_or_else(none(what))?;
            written(&track, asset, &timeline, &segment)
        }
        Piece::Init => track.init(timeline.track().timescale).ok(),
    };
    bytes.ok_or_else(vanished).map(Some)
}

fn written(
    track: &TextTrack<'_>,
    asset: &Asset,
    timeline: &Timeline<'_>,
    segment: &Segment,
) -> Option<Bytes> {
    let slot = Slot {
        number: segment.number,
        start: segment.start,
        end: segment.start + segment.duration,
        timescale: timeline.track().timescale,
        // The lead track is the one that says how long a pass is, so this is in its ticks.
        pass: asset.period.ticks,
        epoch_s: None,
    };
    track.segment(&slot).ok()
}
