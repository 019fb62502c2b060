//! Segments of `WebVTT` in boxes (ISO/IEC 14496-30 §6): samples follow one another without gaps, and
//! each has all cues that are shown during the whole of it.

use super::{Slot, shown::Shown};
use crate::subtitles::format_ms;
use bytes::{BufMut as _, Bytes, BytesMut};
use dashpot_bmff::{
    BmffError, Cut, FourCc, RunSample, TEXT_FLAGS, WvttCue, build_cut, build_styp,
    build_wvtt_sample,
};

/// Cues that are shown at once: more cannot be read.
const TOGETHER_MAX: usize = 16;

pub(super) fn segment(slot: &Slot, shown: &[Shown<'_>]) -> Result<Bytes, BmffError> {
    let ends = shown.iter().flat_map(|cue| [cue.start, cue.end]);
    let mut marks: Vec<u64> = ends.chain([slot.start, slot.end]).collect();
    marks.sort_unstable();
    marks.dedup();
    let mut samples = Vec::new();
    for span in marks.windows(2) {
        let &[start, end] = span else { continue };
        let cues = shown.iter().filter(|cue| cue.start <= start && end <= cue.end);
        samples.push((end - start, sample(slot, start, end, cues)?));
    }
    written(slot, &samples)
}

fn sample<'a>(
    slot: &Slot,
    start: u64,
    end: u64,
    shown: impl Iterator<Item = &'a Shown<'a>>,
) -> Result<Bytes, BmffError> {
    let shown: Vec<_> = shown.take(TOGETHER_MAX).collect();
    let times: Vec<_> = shown
        .iter()
        .map(|cue| {
            // ISO/IEC 14496-30 §6.5: where timestamps within a cue are to be understood.
            let own = cue.payload.bytes().zip(cue.payload.bytes().skip(1));
            let has_times = own.into_iter().any(|(a, b)| a == b'<' && b.is_ascii_digit());
            has_times.then(|| format_ms(slot.ms(start.saturating_sub(cue.origin))))
        })
        .collect();
    let cues: Vec<_> = shown
        .iter()
        .zip(&times)
        .map(|(cue, time)| {
            let split = start != cue.start || end != cue.end;
            WvttCue {
                source: cue.cut.or_else(|| split.then_some(cue.source)),
                identifier: cue.identifier,
                time: time.as_deref(),
                settings: cue.settings,
                payload: &cue.payload,
            }
        })
        .collect();
    build_wvtt_sample(&cues)
}

/// Puts samples with their durations into a segment.
pub(super) fn written(slot: &Slot, samples: &[(u64, Bytes)]) -> Result<Bytes, BmffError> {
    let runs: Vec<_> = samples
        .iter()
        .map(|(duration, bytes)| RunSample {
            duration: u32::try_from(*duration).unwrap_or(u32::MAX),
            size: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            flags: TEXT_FLAGS,
            composition_offset: 0,
        })
        .collect();
    let mut out = BytesMut::new();
    out.put(build_styp(FourCc(*b"msdh"), &[FourCc(*b"msdh"), FourCc(*b"cmfs")])?);
    // In 32 bits numbers begin again after so many, as any channel's do that runs for long.
    let [_, _, _, _, low @ ..] = slot.number.to_be_bytes();
    out.put(build_cut(&Cut {
        track_id: 1,
        sequence_number: u32::from_be_bytes(low),
        decode_time: slot.start,
        samples: &runs,
    })?);
    samples.iter().for_each(|(_, bytes)| out.put_slice(bytes));
    Ok(out.freeze())
}
