//! How the endless row of segments is divided into Periods, by the clock alone: so that a Period is
//! the same one in every MPD that has it.

use super::{
    reel::Reel,
    settings::{to_ms, update_ms},
};
use crate::{
    grammar::{JOIN, MUP, Options, PERIOD, Spec, seconds},
    options::OptionError,
};
use std::ops::Range;

/// Periods that an MPD may have: half a day of minutes. Bounds how long an MPD can become.
const PERIODS_MAX: u64 = 1_000;

/// What divides the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Division {
    /// Segments of a Period; none where one Period has them all.
    each: Option<u64>,
    /// How many segments ahead of the newest one an MPD tells of Periods, where it lists none.
    ahead: u64,
}

/// Consecutive segments that make a Period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The first segment.
    pub first: u64,
    /// The segment behind the last one.
    pub end: u64,
}

impl Part {
    /// All there are.
    pub const WHOLE: Self = Self { first: 0, end: u64::MAX };

    /// Returns which of `segments` belong to it.
    #[must_use]
    pub fn of(self, segments: &Range<u64>) -> Range<u64> {
        let first = segments.start.max(self.first);
        first..segments.end.min(self.end).max(first)
    }
}

impl Division {
    /// Returns what the options come to.
    ///
    /// # Errors
    /// Names the option that does not fit, and what would.
    pub fn of(reel: &Reel<'_>, options: &Options) -> Result<Self, OptionError> {
        let each = options.number(&PERIOD).map(|given| whole(reel, &PERIOD, given)).transpose()?;
        if let Some(how) = options.word(&JOIN).filter(|_| each.is_none()) {
            return Err(OptionError::Fit {
                given: format!("join_{how}"),
                why: "there is one Period: give `period_` too".to_owned(),
            });
        }
        // An MPD is valid until another one is to be fetched, and a segment's time more: it must
        // know of every Period that begins until then.
        let segment_ms = shortest_ms(reel);
        let ahead = update_ms(options.number(&MUP)).div_ceil(segment_ms) + 1;
        if let Some(given) = options
            .number(&PERIOD)
            .filter(|_| each.is_some_and(|each| PERIODS_MAX.saturating_mul(each) < ahead))
        {
            return Err(OptionError::Fit {
                given: format!("period_{}s", seconds(given)),
                why: format!("an MPD has {PERIODS_MAX} Periods at most: choose a shorter `mup_`"),
            });
        }
        Ok(Self { each, ahead })
    }

    /// Says whether there is more than one Period.
    #[must_use]
    pub const fn divides(&self) -> bool {
        self.each.is_some()
    }

    /// Returns how far back Periods may reach for an MPD not to have too many, in milliseconds.
    #[must_use]
    pub fn deepest_ms(&self, reel: &Reel<'_>) -> u64 {
        self.each.map_or(u64::MAX, |each| {
            let segments = PERIODS_MAX.saturating_mul(each).saturating_sub(self.ahead);
            segments.saturating_mul(shortest_ms(reel))
        })
    }

    /// Returns the Period that has segment `index`.
    #[must_use]
    pub const fn part(&self, index: u64) -> Part {
        let Some(each) = self.each else { return Part::WHOLE };
        let first = index - index % each;
        Part { first, end: first.saturating_add(each) }
    }

    /// Returns the Periods that have any of `segments`, in order; the one of the first at least.
    pub fn parts(&self, segments: Range<u64>) -> impl Iterator<Item = Part> {
        let (division, end) = (*self, segments.end);
        let next = move |part: &Part| (part.end < end).then(|| division.part(part.end));
        std::iter::successors(Some(self.part(segments.start)), next)
    }

    /// Returns up to where an MPD that lists no segments tells of Periods, when all before `end` have come.
    #[must_use]
    pub const fn known(&self, end: u64) -> u64 {
        end.saturating_add(self.ahead)
    }
}

fn shortest_ms(reel: &Reel<'_>) -> u64 {
    let lengths = (0..reel.per_pass()).map(|at| reel.start(at + 1) - reel.start(at));
    let shortest = reel.each().map_or_else(|| lengths.min().unwrap_or(0), u128::from);
    to_ms(shortest, reel.timescale()).max(1)
}

/// Returns how many segments a span has that an option gives: where segments differ, whole passes.
fn whole(reel: &Reel<'_>, spec: &Spec, given_ms: u64) -> Result<u64, OptionError> {
    let step = if reel.each().is_some() { 1 } else { reel.per_pass() };
    let ticks = reel.start(step) - reel.start(0);
    // Rounded to milliseconds, because the option cannot say more.
    let length = |count: u64| round(u128::from(count) * ticks * 1_000, reel.timescale().into());
    let count = round(u128::from(given_ms) * u128::from(reel.timescale()), ticks * 1_000).max(1);
    if length(count) == given_ms {
        return Ok(count.saturating_mul(step));
    }
    let (name, nearest) = (spec.name, seconds(length(count)));
    let of = if step == 1 { "segments" } else { "passes of the film" };
    Err(OptionError::Fit {
        given: format!("{name}_{}s", seconds(given_ms)),
        why: format!(
            "it must be a whole number of {of} of {}s; the nearest is `{name}_{nearest}s`",
            seconds(length(1))
        ),
    })
}

fn round(dividend: u128, divisor: u128) -> u64 {
    let doubled = (dividend * 2 + divisor).checked_div(divisor * 2).unwrap_or(0);
    u64::try_from(doubled).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
