//! Segments out of a file's own index.

use super::{Problem, SegmentRef, budget::Budget, expand::ticks};
use dashpot_base::MediaTime;
use std::time::Duration;

/// A file whose index has to be read before its segments are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SidxRef {
    /// The absolute URL of the file.
    pub url: String,
    /// The first and last byte of the index, both included.
    pub index_range: (u64, u64),
    /// The media time at which the Period starts.
    pub presentation_time_offset: MediaTime,
    /// How long the Period is.
    pub period_duration: Duration,
}

/// What a segment index (`sidx`, ISO/IEC 14496-12 §8.16.3) says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sidx {
    /// Ticks a second.
    pub timescale: u32,
    /// When the first segment starts, in ticks.
    pub earliest_presentation_time: u64,
    /// Where the first segment is in the file: the end of the index plus its `first_offset`.
    pub first_byte: u64,
    /// Size in bytes and duration in ticks of each segment.
    pub entries: Vec<(u64, u64)>,
}

/// Lists the segments of `file` that lie within its Period.
///
/// # Errors
/// Where the index has a timescale of zero, or sizes or times beyond 64 bits, or
/// more segments than are listed.
pub fn from_sidx(file: &SidxRef, sidx: &Sidx) -> Result<Vec<SegmentRef>, Problem> {
    let timescale = sidx.timescale;
    let offset = file.presentation_time_offset.rescale(timescale).ok_or(Problem::ZeroTimescale)?;
    let end_of_period = offset
        .ticks
        .checked_add(ticks(file.period_duration, timescale))
        .ok_or(Problem::Overflow)?;
    let (mut byte, mut time) = (sidx.first_byte, sidx.earliest_presentation_time);
    let (mut segments, mut budget) = (Vec::new(), Budget::new());
    for (&(size, duration), number) in sidx.entries.iter().zip(1_u64..) {
        let next_byte = byte.checked_add(size).ok_or(Problem::Overflow)?;
        let end = time.checked_add(duration).ok_or(Problem::Overflow)?;
        let (shown_from, shown_to) = (time.max(offset.ticks), end.min(end_of_period));
        if shown_from < shown_to && 0 < size {
            budget.take_segment()?;
            budget.take_text(&file.url)?;
            segments.push(SegmentRef {
                number,
                start: MediaTime { ticks: shown_from - offset.ticks, timescale },
                duration: MediaTime { ticks: shown_to - shown_from, timescale },
                url: file.url.clone(),
                range: Some((byte, next_byte - 1)),
            });
        }
        (byte, time) = (next_byte, end);
    }
    Ok(segments)
}
