//! Subtitles that show the time: one cue each second, with the number of the segment it is in.

use super::{Slot, shown::Shown};
use crate::subtitles::format_ms;
use dashpot_base::WallTime;
use dashpot_mpd::time::format_date_time;
use std::{borrow::Cow, time::Duration};

/// Seconds of one segment, which bound its cues: a segment is at most a minute long.
const SECONDS_MAX: u64 = 120;

/// Returns the cues of a segment. The time is UTC where there is a clock, else that of the film.
pub(super) fn shown(lang: &str, slot: &Slot) -> Vec<Shown<'static>> {
    let scale = u64::from(slot.timescale).max(1);
    let seconds = slot.start / scale..slot.end.div_ceil(scale);
    let cue = |second: u64| {
        let time = match slot.epoch_s {
            Some(epoch_s) => {
                let since = Duration::from_secs(epoch_s.saturating_add(second));
                format_date_time(WallTime::from_epoch(since))
            }
            None => format_ms(second.saturating_mul(1_000)),
        };
        Shown {
            start: (second * scale).max(slot.start),
            end: ((second + 1) * scale).min(slot.end),
            cut: None,
            source: 0,
            origin: 0,
            identifier: None,
            settings: "",
            payload: Cow::Owned(format!("{lang}: {time}\nsegment {}", slot.number)),
        }
    };
    let seconds = seconds.start..seconds.end.min(seconds.start.saturating_add(SECONDS_MAX));
    seconds.map(cue).filter(|cue| cue.start < cue.end).collect()
}
