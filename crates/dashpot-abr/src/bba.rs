//! BBA: the rate from the buffer level.
//!
//! Huang, Johari, McKeown, Trunnell and Watson, "A Buffer-Based Approach to Rate Adaptation:
//! Evidence from a Large Video Streaming Service", SIGCOMM 2014. `bba-0` is its section 4, `bba-2`
//! its sections 5 and 6 (a reservoir and a map by the sizes of segments, and a startup by how fast
//! the buffer grows); the paper's levels are shares of its buffer of 240 s, so that players that
//! hold less can use them. `bb` is what Pensieve (SIGCOMM 2017) calls buffer-based: rungs evenly
//! over a cushion of ten seconds after a reservoir of five, without memory.

mod startup;

use crate::{Decision, Entry, Reason, Rule, Rung, View};

pub(crate) const ENTRIES: &[Entry] = &[
    Entry {
        name: "bb",
        follows: "Pensieve's buffer-based baseline",
        make: |params| {
            Box::new(Bb {
                reservoir_ms: params.number("reservoir", 5_000.0, 0.0..=1e6),
                cushion_ms: params.number("cushion", 10_000.0, 1.0..=1e6),
            })
        },
    },
    Entry {
        name: "bba-0",
        follows: "BBA-0 of SIGCOMM 2014",
        make: |params| {
            Box::new(Bba0 {
                reservoir_ratio: params.number("reservoir", 90.0 / 240.0, 0.0..=0.9),
                upper_ratio: params.number("upper", UPPER_RATIO, 0.05..=1.0),
            })
        },
    },
    startup::ENTRY,
];

/// Where the map reaches the top rate: the paper's upper reservoir is a tenth of the buffer.
const UPPER_RATIO: f64 = 0.9;

/// Picks a rung by how far into its cushion the buffer is.
#[derive(Clone, Copy, Debug)]
struct Bb {
    /// Up to here it is the lowest rung, in milliseconds.
    reservoir_ms: f64,
    /// So much above it is the top one, in milliseconds.
    cushion_ms: f64,
}

impl Rule for Bb {
    fn name(&self) -> &'static str {
        "bb"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        let into_ms = view.buffer_ms - self.reservoir_ms;
        if into_ms < 0.0 {
            return Decision::now(Rung(0), Reason::Reservoir);
        }
        let top = view.top().0;
        // `x / cushion` steps in whole rungs: the highest `rung` with `rung <= top * x / cushion`.
        let steps = as_f64(top) * into_ms / self.cushion_ms;
        let rung = (0..=top).rev().find(|rung| as_f64(*rung) <= steps);
        Decision::now(Rung(rung.unwrap_or(0)), Reason::BufferMap)
    }
}

/// Picks a rate by a map from the buffer level, and changes only where the map has passed the next
/// rate up or down.
#[derive(Clone, Copy, Debug)]
struct Bba0 {
    /// Up to this share of the buffer it is the lowest rung.
    reservoir_ratio: f64,
    /// From this share on it is the top one.
    upper_ratio: f64,
}

impl Rule for Bba0 {
    fn name(&self) -> &'static str {
        "bba-0"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        let reservoir_ms = self.reservoir_ratio * view.buffer_max_ms;
        let upper_ms = self.upper_ratio * view.buffer_max_ms;
        step(
            view,
            [reservoir_ms, upper_ms],
            |Rung(rung)| view.ladder[rung],
            [view.ladder[0], view.ladder[view.top().0]],
        )
    }
}

/// Returns the rung by the paper's algorithm 1. The map goes from `low` at the reservoir up to
/// `high` at the upper level; `of` is what a rung is on the map's scale, its rate or its next
/// segment's size.
fn step(
    view: &View<'_>,
    [reservoir_ms, upper_ms]: [f64; 2],
    of: impl Fn(Rung) -> f64,
    [low, high]: [f64; 2],
) -> Decision {
    let (last, top) = (view.last_or_lowest(), view.top());
    if view.buffer_ms <= reservoir_ms {
        return Decision::now(Rung(0), Reason::Reservoir);
    }
    if upper_ms <= view.buffer_ms {
        return Decision::now(top, Reason::BufferMap);
    }
    let share = (view.buffer_ms - reservoir_ms) / (upper_ms - reservoir_ms);
    let mapped = low + share * (high - low);
    let up = Rung(last.0 + 1).min(top);
    let down = Rung(last.0.saturating_sub(1));
    if last != top && of(up) <= mapped {
        let below = (0..=top.0).rev().find(|rung| of(Rung(*rung)) < mapped).unwrap_or(0);
        return Decision::now(Rung(below).max(last), Reason::BufferMap);
    }
    if last != Rung(0) && mapped <= of(down) {
        let above = (0..=top.0).find(|rung| mapped < of(Rung(*rung))).unwrap_or(top.0);
        return Decision::now(Rung(above).min(last), Reason::BufferMap);
    }
    Decision::now(last, Reason::BufferHolds)
}

#[expect(clippy::cast_precision_loss, reason = "an index of a ladder")]
const fn as_f64(rung: usize) -> f64 {
    rung as f64
}

#[cfg(test)]
mod tests;
