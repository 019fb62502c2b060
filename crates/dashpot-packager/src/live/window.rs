//! Which segments there are at a time.

use super::settings::Settings;
use std::ops::Range;

/// The segments that can be asked for, and how long that stays so.
///
/// It moves only when a segment comes: the oldest one leaves when the newest one arrives. So what
/// lists it is the same from one such moment to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The segments.
    pub segments: Range<u64>,
    /// When they last changed, in milliseconds since the epoch; 0 before there is one.
    pub changed_ms: u64,
    /// When they change next; never where the event has ended.
    pub changes_ms: Option<u64>,
}

impl Window {
    /// Returns the window at `now_ms` since the epoch.
    #[must_use]
    pub fn at(settings: &Settings<'_>, now_ms: u64) -> Self {
        let newest = arrived(settings, now_ms);
        let end = settings.stop.map_or(newest, |stop| newest.min(stop)).max(settings.first);
        let ended = settings.stop.is_some_and(|stop| stop <= newest);
        let begun = settings.first < end;
        let changed_ms = if begun { settings.available_ms(end - 1) } else { 0 };
        Self {
            segments: Self::until(settings, end),
            changed_ms,
            changes_ms: (!ended).then(|| settings.available_ms(end)),
        }
    }

    /// Returns the segments there are when all before `end` have come.
    #[must_use]
    pub fn until(settings: &Settings<'_>, end: u64) -> Range<u64> {
        oldest(settings, end)..end
    }

    /// Says whether the event has ended.
    #[must_use]
    pub const fn ended(&self) -> bool {
        self.changes_ms.is_none()
    }
}

/// Returns from which segment on what is in the window at the event's end stays for good.
#[must_use]
pub fn stays_from(settings: &Settings<'_>) -> Option<u64> {
    settings.stop.map(|stop| oldest(settings, stop))
}

/// Returns how many segments can have been asked for by `now_ms`.
fn arrived(settings: &Settings<'_>, now_ms: u64) -> u64 {
    let Some(since) = now_ms.checked_sub(settings.ast_ms) else {
        return 0;
    };
    // A segment has come when its end, rounded down to milliseconds, has: its ticks are then below
    // those of the next millisecond.
    let limit = u128::from(since.saturating_add(settings.offset_ms).saturating_add(1));
    let ticks = (limit * u128::from(settings.reel.timescale())).div_ceil(1_000);
    settings.reel.at(ticks.saturating_sub(1))
}

/// Returns the first segment that a window up to `end` reaches back to.
fn oldest(settings: &Settings<'_>, end: u64) -> u64 {
    let reel = &settings.reel;
    let depth = u128::from(settings.window_ms) * u128::from(reel.timescale()) / 1_000;
    let from = reel.start(end).saturating_sub(depth);
    // A window shorter than a segment still has one.
    reel.at(from).min(end.saturating_sub(1)).max(settings.first).min(end)
}
