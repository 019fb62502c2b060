//! How the endless row of segments is divided into Periods, by the clock alone: so that a Period is
//! the same one in every MPD that has it.

use super::{
    reel::Reel,
    settings::{to_ms, update_ms},
};
use crate::{
    grammar::{AD, EVERY, FOR, JOIN, MUP, Options, PERIOD, Spec, seconds},
    options::OptionError,
};
use dashpot_base::MediaTime;
use std::ops::Range;

/// Periods that an MPD may have: half a day of minutes. Bounds how long an MPD can become.
const PERIODS_MAX: u64 = 1_000;

/// What divides the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Division {
    /// Segments of a Period; none where one Period has them all.
    each: Option<u64>,
    breaks: Option<Breaks>,
    /// How many segments ahead of the newest one an MPD tells of Periods, where it lists none.
    ahead: u64,
}

/// When breaks are, in segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Breaks {
    /// From the begin of one to that of the next.
    every: u64,
    /// How long each is; less than that.
    length: u64,
}

/// The time from the begin of a break to that of the next where none is given, and the length of a
/// break: as television has it, but often enough to be seen.
const EVERY_MS: u64 = 60_000;
const LENGTH_MS: u64 = 10_000;

/// Consecutive segments that make a Period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The number of the break, from 0, if it is one.
    pub ad: Option<u64>,
    /// The first segment.
    pub first: u64,
    /// The segment behind the last one.
    pub end: u64,
}

impl Part {
    /// All there are.
    pub const WHOLE: Self = Self { ad: None, first: 0, end: u64::MAX };

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
        let breaks = Breaks::of(reel, options)?;
        if let Some(how) = options.word(&JOIN).filter(|_| each.is_none() && breaks.is_none()) {
            return Err(OptionError::Fit {
                given: format!("join_{how}"),
                why: "there is one Period: give `period_` too".to_owned(),
            });
        }
        // An MPD is valid until another one is to be fetched, and a segment's time more: it must
        // know of every Period that begins until then.
        let ahead = update_ms(options.number(&MUP)).div_ceil(shortest_ms(reel)) + 1;
        let division = Self { each, breaks, ahead };
        if division.segments_max() < ahead {
            return Err(OptionError::Fit {
                given: format!("mup_{}s", seconds(update_ms(options.number(&MUP)))),
                why: format!("an MPD has {PERIODS_MAX} Periods at most: choose longer ones"),
            });
        }
        Ok(division)
    }

    /// Says whether there is more than one Period.
    #[must_use]
    pub const fn divides(&self) -> bool {
        self.each.is_some() || self.breaks.is_some()
    }

    /// Returns how many segments an MPD can tell of that it does not have too many Periods for.
    fn segments_max(&self) -> u64 {
        let Some(Breaks { every, .. }) = self.breaks else {
            return self.each.map_or(u64::MAX, |each| PERIODS_MAX.saturating_mul(each));
        };
        // From one break to the next: these two, and what Periods begin in between.
        let periods = 2 + self.each.map_or(0, |each| every / each);
        (PERIODS_MAX / periods).saturating_mul(every)
    }

    /// Returns how far back Periods may reach for an MPD not to have too many, in milliseconds.
    #[must_use]
    pub fn deepest_ms(&self, reel: &Reel<'_>) -> u64 {
        let segments = self.segments_max().saturating_sub(self.ahead);
        segments.saturating_mul(shortest_ms(reel))
    }

    /// Returns how long a break is, if there are any.
    #[must_use]
    pub fn break_length(&self, reel: &Reel<'_>) -> Option<MediaTime> {
        let ticks = reel.start(self.breaks?.length) - reel.start(0);
        let ticks = u64::try_from(ticks).unwrap_or(u64::MAX);
        Some(MediaTime { ticks, timescale: reel.timescale() })
    }

    /// Returns the Period that has segment `index`.
    #[must_use]
    pub fn part(&self, index: u64) -> Part {
        let mut part = Part::WHOLE;
        if let Some(each) = self.each {
            part.first = index - index % each;
            part.end = part.first.saturating_add(each);
        }
        if let Some(Breaks { every, length }) = self.breaks {
            let begin = index - index % every;
            let over = begin.saturating_add(length);
            if index < over {
                return Part { ad: Some(index / every), first: begin, end: over };
            }
            part.first = part.first.max(over);
            part.end = part.end.min(begin.saturating_add(every));
        }
        part
    }

    /// Returns the break of that number, if there are breaks.
    #[must_use]
    pub fn ad(&self, number: u64) -> Option<Part> {
        let first = number.checked_mul(self.breaks?.every)?;
        Some(self.part(first))
    }

    /// Returns the Periods that have any of `segments`, in order; the one of the first at least.
    pub fn parts(&self, segments: Range<u64>) -> impl Iterator<Item = Part> {
        let (division, end) = (*self, segments.end);
        let next = move |part: &Part| (part.end < end).then(|| division.part(part.end));
        std::iter::successors(Some(self.part(segments.start)), next)
    }

    /// Returns with the arrival of which segment an MPD that lists none begins to tell of segment `index`; 0
    /// where it always has.
    #[must_use]
    pub const fn told_with(&self, index: u64) -> u64 {
        index.saturating_sub(self.ahead)
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

impl Breaks {
    fn of(reel: &Reel<'_>, options: &Options) -> Result<Option<Self>, OptionError> {
        let given = |spec: &Spec| options.number(spec);
        if options.assets(&AD).next().is_none() {
            let needless = [&EVERY, &FOR].into_iter().find_map(|spec| Some((spec, given(spec)?)));
            return needless.map_or(Ok(None), |(spec, given)| {
                Err(OptionError::Fit {
                    given: format!("{}_{}s", spec.name, seconds(given)),
                    why: "there are no breaks: say by `ad_` what is played in them".to_owned(),
                })
            });
        }
        let span = |spec: &Spec, usual| {
            let usual = Ok(Count::nearest(reel, usual).segments());
            given(spec).map_or(usual, |given| whole(reel, spec, given))
        };
        let (every, length) = (span(&EVERY, EVERY_MS)?, span(&FOR, LENGTH_MS)?);
        if every <= length {
            let ms = |segments| to_ms(reel.start(segments) - reel.start(0), reel.timescale());
            return Err(OptionError::Fit {
                given: format!("for_{}s", seconds(ms(length))),
                why: format!("a break must be shorter than `every_{}s`", seconds(ms(every))),
            });
        }
        Ok(Some(Self { every, length }))
    }
}

/// A span as so many steps: segments, or passes of the film where these differ in length.
struct Count {
    steps: u64,
    /// Segments of a step, and its ticks and those of a second.
    step: (u64, u128, u128),
}

impl Count {
    fn nearest(reel: &Reel<'_>, span_ms: u64) -> Self {
        let segments = if reel.each().is_some() { 1 } else { reel.per_pass() };
        let (ticks, scale) = (reel.start(segments) - reel.start(0), u128::from(reel.timescale()));
        let steps = round(u128::from(span_ms) * scale, ticks * 1_000).max(1);
        Self { steps, step: (segments, ticks, scale) }
    }

    const fn segments(&self) -> u64 {
        self.steps.saturating_mul(self.step.0)
    }

    /// Returns how long so many steps are, rounded to milliseconds: an option cannot say more.
    fn ms(&self, steps: u64) -> u64 {
        let (_, ticks, scale) = self.step;
        round(u128::from(steps) * ticks * 1_000, scale)
    }
}

/// Returns how many segments a span has that an option gives.
fn whole(reel: &Reel<'_>, spec: &Spec, given_ms: u64) -> Result<u64, OptionError> {
    let count = Count::nearest(reel, given_ms);
    if count.ms(count.steps) == given_ms {
        return Ok(count.segments());
    }
    let (name, nearest) = (spec.name, seconds(count.ms(count.steps)));
    let of = if count.step.0 == 1 { "segments" } else { "passes of the film" };
    Err(OptionError::Fit {
        given: format!("{name}_{}s", seconds(given_ms)),
        why: format!(
            "it must be a whole number of {of} of {}s; the nearest is `{name}_{nearest}s`",
            seconds(count.ms(1))
        ),
    })
}

fn round(dividend: u128, divisor: u128) -> u64 {
    let doubled = (dividend * 2 + divisor).checked_div(divisor * 2).unwrap_or(0);
    u64::try_from(doubled).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
