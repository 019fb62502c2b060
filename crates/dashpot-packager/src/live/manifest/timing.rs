//! Where players get the time from.

use super::Page;
use dashpot_mpd::{Descriptor, Mpd, time::format_date_time};

/// Adds `UTCTiming` (ISO/IEC 23009-1 §5.8.4.11) for each scheme that the path asked for.
pub(super) fn utc_timings(page: &Page<'_>, mpd: &mut Mpd) {
    if page.window.ended() {
        return;
    }
    let around = &page.settings.around;
    let now = format_date_time(super::wall(page.now_ms));
    for scheme in &page.settings.utc {
        let clock = |name: &str| format!("/time/{}{name}", around.clocks);
        let (scheme, value) = match (*scheme, &around.ntp) {
            ("direct", _) => ("direct", now.clone()),
            ("httpxsdate", _) => ("http-xsdate", clock("xsdate")),
            ("httphead", _) => ("http-head", clock("head")),
            ("httpiso", _) => ("http-iso", clock("iso")),
            ("httpntp", _) => ("http-ntp", clock("ntp")),
            (scheme @ ("ntp" | "sntp"), Some(host)) => (scheme, host.clone()),
            _ => continue,
        };
        mpd.utc_timings.push(Descriptor::new(&format!("urn:mpeg:dash:utc:{scheme}:2014"), &value));
    }
}
