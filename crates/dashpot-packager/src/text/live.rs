//! Segmented text of a film that runs by the clock.

use super::{Slot, TextTrack, tracks};
use crate::{
    catalogue::Asset,
    grammar::Options,
    live::{
        reel::Strip,
        settings::{Settings, to_ms},
    },
};
use bytes::Bytes;
use dashpot_mpd::{AdaptationSet, SegmentTemplate};

/// Returns the track of that name, if the options ask for it.
pub(crate) fn track<'a>(asset: &'a Asset, options: &'a Options, id: &str) -> Option<TextTrack<'a>> {
    tracks(asset, options).into_iter().find(|track| track.id == id)
}

/// Returns the sets of all tracks, whose segments are where those of the lead track are.
pub(crate) fn sets(settings: &Settings<'_>, template: SegmentTemplate) -> Vec<AdaptationSet> {
    let reel = &settings.reel;
    let longest_ms = to_ms(reel.longest().into(), reel.timescale());
    // A segment of text is whole as soon as it may be asked for.
    let template = SegmentTemplate { availability_time_complete: None, ..template };
    let tracks = tracks(reel.asset(), settings.options);
    tracks.iter().map(|track| track.set(&template, longest_ms)).collect()
}

/// Returns segment `index` of a track; `strip` is that of the lead track.
pub(crate) fn segment(
    settings: &Settings<'_>,
    strip: &Strip<'_>,
    track: &TextTrack<'_>,
    index: u64,
) -> Option<Bytes> {
    let slot = Slot {
        number: settings.start_number.saturating_add(index),
        start: strip.start(index),
        end: strip.start(index.saturating_add(1)),
        timescale: strip.track.timescale,
        pass: settings.reel.pass_ticks(),
        epoch_s: Some(settings.ast_ms / 1_000),
    };
    track.segment(&slot).ok()
}
