//! The clocks that players read.

use crate::reply::Resource;
use dashpot_base::WallTime;
use dashpot_mpd::time::format_date_time;
use dashpot_packager::Refused;
use std::time::Duration;

/// Returns what the clock shows, for the schemes of `UTCTiming` (ISO/IEC 23009-1 §5.8.4.11).
pub(crate) fn resource(scheme: &str, now: WallTime) -> Result<Resource, Refused> {
    // `head` is asked for its `Date` field alone, but nothing is wrong with reading the body.
    if scheme == "ntp" {
        // RFC 5905 §6: seconds since 1900 and their fraction, 32 bits each.
        let stamp = ntp(now).to_be_bytes().to_vec();
        return Ok(Resource::text("application/octet-stream", "no-store", stamp));
    }
    if !["iso", "xsdate", "head"].contains(&scheme) {
        let why = "the time is at /time/iso, /time/xsdate, /time/head and /time/ntp";
        return Err(Refused::NotFound(why.to_owned()));
    }
    // Milliseconds are what clients reckon in.
    let ms = WallTime::from_epoch(Duration::from_millis(now.unix_millis()));
    let text = format_date_time(ms);
    Ok(Resource::text("text/plain; charset=utf-8", "no-store", text))
}

/// Returns a time as an NTP timestamp (RFC 5905 §6), of which the era is left out.
fn ntp(time: WallTime) -> u64 {
    /// Seconds from 1900 to 1970.
    const EPOCH: u128 = 2_208_988_800;
    let since = time.since_epoch().as_nanos() + EPOCH * 1_000_000_000;
    let stamp = (since << 32) / 1_000_000_000;
    u64::try_from(stamp & u128::from(u64::MAX)).unwrap_or(u64::MAX)
}
