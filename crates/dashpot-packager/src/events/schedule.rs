//! When messages come.

use super::{
    Carrier,
    scte35::{Command, Cue, Segmentation},
};
use std::ops::Range;

/// When the messages of a stream come, for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Schedule {
    /// Every so many milliseconds.
    Ticks {
        /// So many.
        every_ms: u64,
    },
    /// Around breaks.
    Breaks {
        /// How many there are a minute: one to three.
        per_minute: u64,
        /// By what each is announced.
        announced: Vec<Announced>,
    },
}

/// By what a break is announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Announced {
    /// One `splice_insert` that knows its length.
    Insert,
    /// A `time_signal` at its begin and one at its end.
    Signal,
}

/// A message at its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// What names it in its stream.
    pub(super) id: u64,
    /// In ticks since time zero of the media, rounded down.
    pub(super) at: u64,
    /// In ticks.
    pub(super) duration: u64,
    pub(super) body: Body,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// Its number.
    Tick,
    /// What SCTE 35 has for it.
    Cue(Cue),
}

/// Milliseconds of a minute.
const MINUTE_MS: u64 = 60_000;
/// How long before a break it is told of: SCTE 35 §9.2 asks for four seconds at least.
const NOTICE_MS: u64 = 4_000;
/// Messages of a break at most: its numbers are apart by so many.
const PER_BREAK: u64 = 4;

/// Returns how far into a minute breaks begin, and how long they are, as livesim2 has it.
const fn breaks(per_minute: u64) -> (&'static [u64], u64) {
    match per_minute {
        1 => (&[10_000], 20_000),
        2 => (&[10_000, 40_000], 10_000),
        _ => (&[10_000, 36_000, 46_000], 10_000),
    }
}

impl Schedule {
    /// Returns how many messages there are a minute, rounded up.
    pub(super) fn per_minute(&self) -> u64 {
        match self {
            Self::Ticks { every_ms } => MINUTE_MS.div_ceil((*every_ms).max(1)),
            Self::Breaks { per_minute, announced } => {
                let each = announced.iter().map(|one| match one {
                    Announced::Insert => 1,
                    Announced::Signal => 2,
                });
                per_minute * each.sum::<u64>()
            }
        }
    }

    /// Returns the messages that come in a span of ticks, in order.
    pub(super) fn messages(&self, timescale: u32, span: &Range<u64>) -> Vec<Message> {
        match self {
            Self::Ticks { every_ms } => ticks(*every_ms, timescale, span),
            Self::Breaks { per_minute, announced } => cues(*per_minute, announced, timescale, span),
        }
    }

    /// Returns the messages that a segment carries.
    pub(super) fn told(&self, carrier: &Carrier) -> Vec<Message> {
        let scale = carrier.timescale;
        let notice = match self {
            Self::Ticks { .. } => 0,
            Self::Breaks { .. } => NOTICE_MS,
        };
        // A whole number of ticks, so that spans that adjoin still do when they are moved.
        let notice = ticks_of(notice, scale);
        let from = if carrier.is_first {
            carrier.span.start
        } else {
            carrier.span.start.saturating_add(notice)
        };
        let to = carrier.span.end.saturating_add(notice);
        self.messages(scale, &(from..carrier.end.map_or(to, |end| to.min(end))))
    }
}

fn ticks_of(ms: u64, timescale: u32) -> u64 {
    u64::try_from(u128::from(ms) * u128::from(timescale) / 1_000).unwrap_or(u64::MAX)
}

fn ticks(every_ms: u64, timescale: u32, span: &Range<u64>) -> Vec<Message> {
    let (every, scale) = (u128::from(every_ms.max(1)), u128::from(timescale).max(1));
    // The first whose time is not before a tick: floor(n·every·scale/1000) is at least `tick` from
    // that on whose exact time is.
    let from = |tick: u64| (u128::from(tick) * 1_000).div_ceil(every * scale);
    let message = |number: u128| Message {
        id: u64::try_from(number).unwrap_or(u64::MAX),
        at: u64::try_from(number * every * scale / 1_000).unwrap_or(u64::MAX),
        duration: 0,
        body: Body::Tick,
    };
    (from(span.start)..from(span.end)).map(message).collect()
}

fn cues(
    per_minute: u64,
    announced: &[Announced],
    timescale: u32,
    span: &Range<u64>,
) -> Vec<Message> {
    let minute = |tick: u64| {
        let minute = u128::from(tick) * 1_000 / (u128::from(timescale).max(1) * 60_000);
        u64::try_from(minute).unwrap_or(u64::MAX)
    };
    let (starts, duration_ms) = breaks(per_minute);
    let mut messages = Vec::new();
    // Rounding down can move what a minute begins with to the tick before it.
    for minute in minute(span.start).saturating_sub(1)..=minute(span.end).saturating_add(1) {
        for (at, start_ms) in (0..).zip(starts) {
            let number = minute.saturating_mul(per_minute).saturating_add(at);
            let at_ms = minute.saturating_mul(MINUTE_MS).saturating_add(*start_ms);
            let cues = cues_of(number, at_ms, duration_ms, announced);
            messages.extend(cues.into_iter().map(|(step, at_ms, duration_ms, cue)| Message {
                id: number.saturating_mul(PER_BREAK).saturating_add(step),
                at: ticks_of(at_ms, timescale),
                duration: ticks_of(duration_ms, timescale),
                body: Body::Cue(cue),
            }));
        }
    }
    messages.retain(|message| span.contains(&message.at));
    messages
}

/// Returns what announces a break, in the order of its times: which of its messages, when, for how long.
fn cues_of(
    number: u64,
    at_ms: u64,
    duration_ms: u64,
    announced: &[Announced],
) -> Vec<(u64, u64, u64, Cue)> {
    let [_, _, _, _, event @ ..] = number.to_be_bytes();
    let event = u32::from_be_bytes(event);
    // 90 ticks a millisecond.
    let cue = |at_ms: u64, command| Cue { pts: at_ms.saturating_mul(90), command };
    let duration = duration_ms * 90;
    let uri = format!("urn:dashpot:break:{number}");
    let mut cues = Vec::new();
    for one in announced {
        match one {
            Announced::Insert => {
                let command = Command::Insert { event, duration, avail: event };
                cues.push((0, at_ms, duration_ms, cue(at_ms, command)));
            }
            Announced::Signal => {
                let start = Segmentation::opportunity(event, Some(duration), &uri);
                cues.push((1, at_ms, duration_ms, cue(at_ms, Command::Signal(start))));
                let end = Segmentation::opportunity(event, None, &uri);
                let end_ms = at_ms.saturating_add(duration_ms);
                cues.push((2, end_ms, 0, cue(end_ms, Command::Signal(end))));
            }
        }
    }
    cues.sort_by_key(|(step, at_ms, ..)| (*at_ms, *step));
    cues
}
