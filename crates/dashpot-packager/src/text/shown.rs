//! What is shown during a segment.

use super::{Slot, cues::Cues};
use std::borrow::Cow;

/// Cues of one segment: more cannot be read, and what is left out bounds a segment's size.
const CUES_MAX: usize = 512;
/// Bytes of all cues of one segment.
const BYTES_MAX: usize = 256 << 10;

/// A cue, cut to a segment; times in ticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown<'a> {
    pub(super) start: u64,
    pub(super) end: u64,
    /// What all parts of it share, where it was cut.
    pub(super) cut: Option<u32>,
    /// The same for the parts that a segment itself makes.
    pub(super) source: u32,
    /// When the clock of its own timestamps was zero, in ticks.
    pub(super) origin: u64,
    pub(super) identifier: Option<&'a str>,
    pub(super) settings: &'a str,
    pub(super) payload: Cow<'a, str>,
}

/// Returns the cues of a sidecar in the order of their begins. Those of each pass end where it does.
pub(super) fn of_film<'a>(cues: &'a Cues, slot: &Slot) -> Vec<Shown<'a>> {
    let pass_ticks = slot.pass.max(1);
    let (mut out, mut bytes) = (Vec::new(), 0_usize);
    let count = u64::try_from(cues.len()).unwrap_or(u64::MAX);
    for pass in slot.start / pass_ticks..=slot.end.saturating_sub(1) / pass_ticks {
        let origin = pass.saturating_mul(pass_ticks);
        let until = origin.saturating_add(pass_ticks);
        // A millisecond more on both sides, since ticks are rounded to them.
        let from_ms = slot.ms(slot.start.saturating_sub(origin)).saturating_sub(1);
        let to_ms = slot.ms(slot.end.saturating_sub(origin)).saturating_add(1);
        for (at, line) in cues.within(from_ms, to_ms) {
            let start = origin.saturating_add(slot.ticks(line.start_ms));
            let end = origin.saturating_add(slot.ticks(line.end_ms)).min(until);
            let kept = start.max(slot.start)..end.min(slot.end);
            if kept.is_empty() {
                continue;
            }
            bytes = bytes.saturating_add(line.payload.len() + line.settings.len());
            if CUES_MAX <= out.len() || BYTES_MAX < bytes {
                return out;
            }
            // Unique among neighbours, which is all that a player can compare it with.
            let at = u64::try_from(at).unwrap_or(u64::MAX);
            let [_, _, _, _, low @ ..] = pass.wrapping_mul(count).wrapping_add(at).to_be_bytes();
            let source = u32::from_be_bytes(low);
            out.push(Shown {
                cut: (start < kept.start || kept.end < end).then_some(source),
                source,
                start: kept.start,
                end: kept.end,
                origin,
                identifier: line.identifier.as_deref(),
                settings: &line.settings,
                payload: Cow::Borrowed(&line.payload),
            });
        }
    }
    out
}
