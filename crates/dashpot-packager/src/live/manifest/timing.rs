//! Where players get the time from.

use super::Page;
use dashpot_mpd::{Descriptor, Mpd, time::format_date_time};

/// Adds `UTCTiming` (ISO/IEC 23009-1 §5.8.4.11) for each scheme that the path asked for.
pub(super) fn utc_timings(page: &Page<'_>, mpd: &mut Mpd) {
    if page.window.ended() {
        return;
    }
    let now = format_date_time(super::wall(page.now_ms));
    for scheme in &page.settings.utc {
        let (scheme, value) = match *scheme {
            "direct" => ("direct", now.as_str()),
            "httpxsdate" => ("http-xsdate", "/time/xsdate"),
            "httphead" => ("http-head", "/time/head"),
            "httpiso" => ("http-iso", "/time/iso"),
            _ => continue,
        };
        mpd.utc_timings.push(Descriptor::new(&format!("urn:mpeg:dash:utc:{scheme}:2014"), value));
    }
}
