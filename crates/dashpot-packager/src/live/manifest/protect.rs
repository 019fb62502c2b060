//! How media is protected, and where it is then.

use super::Page;
use crate::{
    live::{reel::Strip, settings::to_ms},
    protect,
};
use dashpot_mpd::{AdaptationSet, Mpd};

/// Has all URLs lead to the protected content.
pub(super) fn mpd(page: &Page<'_>, mpd: &mut Mpd) {
    if let Some(protector) = &page.settings.protector {
        protect::mpd(protector, mpd);
    }
}

/// Adds how the media of a set is protected.
pub(super) fn set(page: &Page<'_>, _: &Strip<'_>, set: &mut AdaptationSet) {
    let (settings, reel) = (page.settings, &page.settings.reel);
    if let Some(protector) = &settings.protector {
        // A Period names the key that it begins with; where all is one Period, its begin is long past.
        let begin = if settings.division.divides() { page.part_begin() } else { 0 };
        let begin_ms = to_ms(reel.start(begin), reel.timescale());
        protect::protect(protector, begin_ms, set);
    }
}
