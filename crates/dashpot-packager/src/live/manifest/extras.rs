//! Sets beside pictures and sound, which options ask for.

use super::{Page, addressing};
use crate::{text, thumbs, trick};
use dashpot_mpd::AdaptationSet;

/// Returns the sets of the Period at hand: text, the track for fast play, and thumbnails.
pub(super) fn sets(page: &Page<'_>) -> Vec<AdaptationSet> {
    let (settings, reel) = (page.settings, &page.settings.reel);
    let asset = reel.asset();
    let mut sets = Vec::new();
    if text::is_segmented(settings.options)
        && let Some(lead) = reel.strip(asset.lead)
    {
        sets.extend(text::live::sets(settings, addressing::template(page, &lead)));
    }
    let rung = trick::rung(asset, settings.options).and_then(|rung| reel.strip(rung));
    if let Some(rung) = rung {
        let template = addressing::template(page, &rung);
        sets.extend(trick::set(asset, settings.options, template, 1));
    }
    sets.extend(thumbs::live_set(page));
    sets
}
