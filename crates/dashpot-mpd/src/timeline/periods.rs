//! When each Period starts and ends (ISO/IEC 23009-1 §5.3.2.1).

use super::{Problem, TimelineError, addressing::refuse};
use crate::{Mpd, Period};
use std::time::Duration;

/// Returns start and duration of each Period that has a length, with its place in the MPD.
pub(super) fn spans(mpd: &Mpd) -> Result<Vec<(usize, Duration, Duration)>, TimelineError> {
    let at = |index: usize, problem: Problem| problem.at(format!("MPD/Period[{}]", index + 1));
    let mut starts: Vec<Duration> = Vec::new();
    for (index, period) in mpd.periods.iter().enumerate() {
        let before = starts.last().copied();
        let start = start(index.checked_sub(1).and_then(|i| mpd.periods.get(i)), before, period)
            .map_err(|problem| at(index, problem))?;
        starts.push(start);
    }
    let mut spans = Vec::new();
    for (index, (period, &start)) in mpd.periods.iter().zip(&starts).enumerate() {
        let next = starts.get(index + 1).copied();
        // The MPD may have a duration, if only one could read it.
        if period.duration.is_none() && next.is_none() {
            refuse(&mpd.extra_attributes, &["mediaPresentationDuration"])
                .map_err(|problem| problem.at("MPD"))?;
        }
        let duration = duration(mpd, period, start, next).map_err(|problem| at(index, problem))?;
        if !duration.is_zero() {
            spans.push((index, start, duration));
        }
    }
    Ok(spans)
}

fn start(
    previous: Option<&Period>,
    previous_start: Option<Duration>,
    period: &Period,
) -> Result<Duration, Problem> {
    readable(period)?;
    let previous_start = previous_start.unwrap_or(Duration::ZERO);
    let start = match (period.start, previous) {
        (Some(start), _) => start,
        (None, None) => Duration::ZERO,
        (None, Some(previous)) => {
            let length = previous.duration.ok_or(Problem::NoStart)?;
            previous_start.checked_add(length).ok_or(Problem::Overflow)?
        }
    };
    if start < previous_start { Err(Problem::PeriodOrder) } else { Ok(start) }
}

fn duration(
    mpd: &Mpd,
    period: &Period,
    start: Duration,
    next: Option<Duration>,
) -> Result<Duration, Problem> {
    let until_next = next.map(|next| next.saturating_sub(start));
    match (period.duration, until_next) {
        // The next Period takes over where it starts, even if this one claims more.
        (Some(own), Some(until_next)) => Ok(own.min(until_next)),
        (Some(own), None) => Ok(own),
        (None, Some(until_next)) => Ok(until_next),
        (None, None) => {
            let end = mpd.media_presentation_duration.ok_or(Problem::NoDuration)?;
            end.checked_sub(start).ok_or(Problem::PeriodOrder)
        }
    }
}

fn readable(period: &Period) -> Result<(), Problem> {
    refuse(&period.extra_attributes, &["start", "duration"])
}
