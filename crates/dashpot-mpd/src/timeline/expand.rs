//! From runs and durations to single segments.

use super::{
    Problem,
    addressing::{Addressing, refuse},
    budget::Budget,
};
use crate::S;
use dashpot_base::MediaTime;
use std::time::Duration;

/// A segment on the timeline of its Period, in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) number: u64,
    /// The media time, for `$Time$`.
    pub(super) time: u64,
    /// From the start of the Period, cut to it.
    pub(super) start: u64,
    /// From the start of the Period, cut to it; always after the start.
    pub(super) end: u64,
}

/// Returns the length of the Period in ticks, rounded to the nearest: a duration in decimals
/// rarely hits a tick.
pub(super) fn ticks(span: Duration, timescale: u32) -> u64 {
    let ticks = (span.as_nanos() * u128::from(timescale) + 500_000_000) / 1_000_000_000;
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

/// Lists the segments within a Period of `period` ticks.
pub(super) fn expand(
    addressing: &Addressing<'_>,
    period: u64,
    budget: &mut Budget,
) -> Result<Vec<Span>, Problem> {
    let from = ticks_before(addressing.from, addressing.timescale).min(period);
    let mut list = List { period, from, budget, addressing, spans: Vec::new() };
    match (addressing.timeline, addressing.duration) {
        (Some(timeline), _) => list.runs(&timeline.s)?,
        (None, Some(duration)) => list.equal(duration)?,
        // ISO/IEC 23009-1 §5.3.9.2.1: without lengths there is one segment.
        (None, None) => list.push(Span {
            number: addressing.start_number,
            time: addressing.offset,
            start: 0,
            end: period,
        })?,
    }
    Ok(list.spans)
}

/// Returns where in ticks that is, rounded down.
fn ticks_before(span: Duration, timescale: u32) -> u64 {
    let ticks = span.as_nanos() * u128::from(timescale) / 1_000_000_000;
    u64::try_from(ticks).unwrap_or(u64::MAX)
}

struct List<'a> {
    period: u64,
    /// What ends before is not listed.
    from: u64,
    budget: &'a mut Budget,
    addressing: &'a Addressing<'a>,
    spans: Vec<Span>,
}

impl List<'_> {
    fn push(&mut self, span: Span) -> Result<(), Problem> {
        self.budget.take_segment()?;
        self.spans.push(span);
        Ok(())
    }

    /// Lists segments of equal length from the start of the Period (ISO/IEC 23009-1 §5.3.9.5.3);
    /// the last ends with the Period.
    fn equal(&mut self, duration: u64) -> Result<(), Problem> {
        if duration == 0 {
            return Err(Problem::ZeroDuration);
        }
        let count = self.count(self.period, duration);
        for index in self.from / duration..count {
            let number = add(self.addressing.start_number, index)?;
            if self.is_past_end(number) {
                break;
            }
            let start = index.checked_mul(duration).ok_or(Problem::Overflow)?;
            let last = index + 1 == count;
            let end = if last { self.period } else { add(start, duration)? };
            // A sliver that is not a segment of its own does not stretch the one before it.
            let end = end.min(start.saturating_add(duration));
            self.push(Span { number, time: add(self.addressing.offset, start)?, start, end })?;
        }
        Ok(())
    }

    /// Returns how many segments of `duration` fill `span`, the last one in part.
    ///
    /// Durations are often written in milliseconds, rounded up: what would start within the last
    /// millisecond is not a segment.
    fn count(&self, span: u64, duration: u64) -> u64 {
        let whole = span / duration;
        let rest = span % duration;
        let sliver = u64::from(self.addressing.timescale / 1_000);
        if rest == 0 || (rest <= sliver && 0 < whole) { whole } else { whole + 1 }
    }

    fn is_past_end(&self, number: u64) -> bool {
        self.addressing.end_number.is_some_and(|end| end < number)
    }

    /// Lists the runs of a `SegmentTimeline` (ISO/IEC 23009-1 §5.3.9.6).
    fn runs(&mut self, runs: &[S]) -> Result<(), Problem> {
        let offset = self.addressing.offset;
        let end_of_period = add(offset, self.period)?;
        let (mut time, mut number) = (0_u64, self.addressing.start_number);
        for (index, run) in runs.iter().enumerate() {
            self.budget.take_segment()?;
            refuse(&run.extra_attributes, &["t", "n", "d", "r", "k"])?;
            if run.d == 0 {
                return Err(Problem::ZeroDuration);
            }
            if let Some(t) = run.t {
                self.cut_overlap(t)?;
                time = t;
            }
            number = run.n.unwrap_or(number);
            let count = match u64::try_from(run.r) {
                Ok(repeats) => add(repeats, 1)?,
                Err(_) => {
                    let end = match runs.get(index + 1) {
                        Some(next) => next.t.ok_or(Problem::NoRunEnd)?,
                        None => end_of_period,
                    };
                    self.count(end.saturating_sub(time), run.d)
                }
            };
            self.run(Run { time, number, duration: run.d, count })?;
            let length = run.d.checked_mul(count).ok_or(Problem::Overflow)?;
            time = add(time, length)?;
            number = add(number, count)?;
        }
        Ok(())
    }

    /// Lists those segments of a run that lie within the Period.
    fn run(&mut self, run: Run) -> Result<(), Problem> {
        let offset = self.addressing.offset;
        let end_of_period = add(offset, self.period)?;
        // What ends before the Period starts is passed over at once, however much it is.
        let skipped = add(offset, self.from)?.saturating_sub(run.time) / run.duration;
        for index in skipped..run.count {
            let start = index.checked_mul(run.duration).and_then(|by| by.checked_add(run.time));
            let start = start.ok_or(Problem::Overflow)?;
            let number = add(run.number, index)?;
            if end_of_period <= start || self.is_past_end(number) {
                break;
            }
            let end = add(start, run.duration)?.min(end_of_period);
            self.push(Span {
                number,
                time: start,
                start: start.saturating_sub(offset),
                end: end - offset,
            })?;
        }
        Ok(())
    }

    /// Ends the segment before `t` there, where it would go on.
    fn cut_overlap(&mut self, t: u64) -> Result<(), Problem> {
        let Some(last) = self.spans.last_mut() else { return Ok(()) };
        if t <= last.time {
            return Err(Problem::Backwards { t });
        }
        let start = t.saturating_sub(self.addressing.offset);
        last.end = last.end.min(start);
        if last.end <= last.start {
            self.spans.pop();
        }
        Ok(())
    }
}

/// Segments of equal length in a row.
struct Run {
    time: u64,
    number: u64,
    duration: u64,
    count: u64,
}

fn add(a: u64, b: u64) -> Result<u64, Problem> {
    a.checked_add(b).ok_or(Problem::Overflow)
}

impl Span {
    /// Returns start and duration on `timescale`.
    pub(super) fn times(&self, timescale: u32) -> (MediaTime, MediaTime) {
        let duration = MediaTime { ticks: self.end - self.start, timescale };
        (MediaTime { ticks: self.start, timescale }, duration)
    }
}
