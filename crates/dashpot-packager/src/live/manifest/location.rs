//! Where the MPD is.

use super::Page;
use dashpot_mpd::{Location, Mpd};

/// Adds `Location` (ISO/IEC 23009-1 §5.3.1.2) to an MPD that was asked for elsewhere, and has all URLs
/// lead to what belongs to its own.
pub(super) fn mpd(page: &Page<'_>, mpd: &mut Mpd) {
    let around = &page.settings.around;
    let Some(location) = &around.location else { return };
    mpd.locations.push(Location::from(location.as_str()));
    // Whole URLs, as those of pathways, lead there already.
    for base in mpd.base_urls.iter_mut().filter(|base| !base.url.contains("://")) {
        base.url = around.there(&base.url);
    }
    for patch in &mut mpd.patch_locations {
        patch.url = around.there(&patch.url);
    }
}
