//! The best plan, exactly, without looking at all of them.

mod rest;

use crate::Rung;
use dashpot_base::ChunkQoe;
use rest::{PRICES, Rest, Terms};

/// What a bound may be off by rounding, in units of QoE: a branch is cut only where it is worth
/// less than the best plan by more than this, so that no tie is lost. Sums of a plan are below a
/// million, of which a double keeps ten digits behind the point.
const ROUNDING: f64 = 1e-6;

/// One segment of the plan.
#[derive(Clone, Copy, Debug)]
struct Step {
    /// How much media it brings, in seconds.
    media_s: f64,
    /// The shortest download among its rungs, in seconds.
    least_s: f64,
}

/// Which of equally good plans is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ties {
    /// The one that is higher where they first differ.
    Highest,
    /// The last one that a search from the lowest plan to the highest comes to, if it turns away
    /// wherever all that is left at the top rung, without a change or a stall more, would not be
    /// worth more than the best plan so far.
    LastReached,
}

/// How far a plan has come.
#[derive(Clone, Copy, Debug)]
struct Partial {
    buffer_s: f64,
    stalled_s: f64,
    values: f64,
    changes: f64,
    last: usize,
    /// The least that any of its beginnings could hope to come to; see [`Ties::LastReached`].
    hope: f64,
}

/// The best plan so far.
#[derive(Clone, Copy, Debug)]
struct Best {
    first: Rung,
    worth: f64,
    /// No plan below it that is worth the same is to be preferred.
    is_settled: bool,
}

impl Best {
    const NONE: Self = Self { first: Rung(0), worth: f64::NEG_INFINITY, is_settled: true };
}

/// The search for the plan that is worth most; its memory is used again from one to the next.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    qoe: ChunkQoe,
    ties: Ties,
    /// The rungs' values.
    values: Vec<f64>,
    /// The highest of them.
    top: f64,
    steps: Vec<Step>,
    /// Seconds of download, step by step, each rung by rung.
    seconds: Vec<f64>,
    /// The most that `n` more segments after `last` can add, without stalls, by `n` and `last`.
    bounds: Vec<f64>,
    /// The most that the steps from each on can add, stalls and all.
    rest: Rest,
    /// The ladder and the length of plan that `values` and `bounds` were made for.
    made_for: (Vec<f64>, usize),
    best: Best,
    /// What some plan is known to be worth.
    floor: f64,
}

impl Search {
    pub(crate) fn new(qoe: ChunkQoe, ties: Ties) -> Self {
        Self {
            qoe,
            ties,
            values: Vec::new(),
            top: 0.0,
            steps: Vec::new(),
            seconds: Vec::new(),
            bounds: Vec::new(),
            rest: Rest::default(),
            made_for: (Vec::new(), 0),
            best: Best::NONE,
            floor: f64::NEG_INFINITY,
        }
    }

    /// Begins a plan on this ladder.
    pub(crate) fn prepare(&mut self, ladder: &[f64]) {
        self.steps.clear();
        self.seconds.clear();
        if self.made_for.0 != ladder {
            self.made_for = (ladder.to_vec(), 0);
            let lowest = ladder.first().copied().unwrap_or_default();
            self.values = ladder.iter().map(|rate| self.qoe.value(*rate, lowest)).collect();
            self.top = self.values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        }
    }

    /// Adds the next segment: its length, and its sizes rung by rung, to be fetched at that many
    /// kbit/s and after that many milliseconds.
    pub(crate) fn add_segment(
        &mut self,
        segment_ms: f64,
        bits: impl Iterator<Item = f64>,
        (kbps, wait_ms): (f64, f64),
    ) {
        let megabytes_per_s = kbps / 8.0 / 1_000.0;
        let begin = self.seconds.len();
        let transfer_s = |bits: f64| bits / 8.0 / 1_000_000.0 / megabytes_per_s;
        self.seconds.extend(bits.map(|bits| transfer_s(bits) + wait_ms / 1_000.0));
        let least_s = self.seconds[begin..].iter().copied().fold(f64::INFINITY, f64::min);
        self.steps.push(Step { media_s: segment_ms / 1_000.0, least_s });
    }

    /// Returns the first rung of the plan that is worth most from `buffer_s` and after `last`.
    pub(crate) fn best(&mut self, buffer_s: f64, last: Rung) -> Rung {
        self.bound();
        let mut rest = std::mem::take(&mut self.rest);
        rest.fit(&self.terms(), self.steps.iter().map(|step| step.media_s));
        self.rest = rest;
        let start = Partial {
            buffer_s,
            stalled_s: 0.0,
            values: 0.0,
            changes: 0.0,
            last: last.0,
            hope: f64::INFINITY,
        };
        // A plan that would be best at some share of a stall's price is rarely far from the best at
        // the whole price, and so is to stay on one rung: that cuts most of the tree at once.
        let steady = (0..self.values.len()).map(|rung| self.follow(start, |_, _| rung));
        let terms = self.terms();
        let charged = (0..PRICES).map(|share| {
            self.follow(start, |step, last| self.rest.next(&terms, (step, last), share))
        });
        self.floor = steady.chain(charged).fold(f64::NEG_INFINITY, f64::max);
        self.best = Best::NONE;
        for rung in (0..self.values.len()).rev() {
            self.descend(&self.after(&start, 0, rung), 1, Rung(rung));
        }
        self.best.first
    }

    /// Returns what the steps are reckoned with, in units of the rungs' values.
    fn terms(&self) -> Terms<'_> {
        let ChunkQoe { stall, change, .. } = self.qoe;
        let stall = stall * self.qoe.unit();
        Terms { values: &self.values, change, stall, seconds: &self.seconds }
    }

    /// Returns what the plan is worth whose rung for each step `next` names, after the one before.
    fn follow(&self, start: Partial, next: impl Fn(usize, usize) -> usize) -> f64 {
        let steps = 0..self.steps.len();
        let after = |at: Partial, step| self.after(&at, step, next(step, at.last));
        self.worth(&steps.fold(start, after))
    }

    /// Goes through the plans that begin like `partial`, the higher rungs first.
    fn descend(&mut self, partial: &Partial, depth: usize, first: Rung) {
        if depth == self.steps.len() {
            let worth = self.worth(partial);
            // They come from the highest to the lowest.
            if self.best.worth < worth || (!self.best.is_settled && self.best.worth <= worth) {
                let is_settled = self.ties == Ties::Highest || worth < partial.hope;
                self.best = Best { first, worth, is_settled };
                self.floor = self.floor.max(worth);
            }
            return;
        }
        if self.most(partial, depth) + ROUNDING < self.floor {
            return;
        }
        for rung in (0..self.values.len()).rev() {
            self.descend(&self.after(partial, depth, rung), depth + 1, first);
        }
    }

    /// Returns the plan with `rung` for `step`.
    fn after(&self, partial: &Partial, step: usize, rung: usize) -> Partial {
        let took_s = self.seconds[step * self.values.len() + rung];
        let (stalled_s, left_s) = if partial.buffer_s < took_s {
            (took_s - partial.buffer_s, 0.0)
        } else {
            (0.0, partial.buffer_s - took_s)
        };
        let value = self.values[rung];
        let mut after = Partial {
            buffer_s: left_s + self.steps[step].media_s,
            stalled_s: partial.stalled_s + stalled_s,
            values: partial.values + value,
            changes: partial.changes + (value - self.values[partial.last]).abs(),
            last: rung,
            hope: partial.hope,
        };
        if self.ties == Ties::LastReached && step + 1 < self.steps.len() {
            let values = self.steps[step + 1..].iter().fold(after.values, |sum, _| sum + self.top);
            after.hope = after.hope.min(self.qoe.sum(values, after.changes, after.stalled_s));
        }
        after
    }

    fn worth(&self, partial: &Partial) -> f64 {
        self.qoe.sum(partial.values, partial.changes, partial.stalled_s)
    }

    /// Returns what no plan that begins like `partial` is worth more than: the rest at the best
    /// rungs as if they cost no stall, and the stalls of the rest as if all were the smallest.
    fn most(&self, partial: &Partial, depth: usize) -> f64 {
        let (mut buffer_s, mut stalled_s) = (partial.buffer_s, 0.0);
        for step in &self.steps[depth..] {
            stalled_s += (step.least_s - buffer_s).max(0.0);
            buffer_s = (buffer_s - step.least_s).max(0.0) + step.media_s;
        }
        let rest = self.bounds[(self.steps.len() - depth) * self.values.len() + partial.last];
        let rest = rest / self.qoe.unit() - self.qoe.stall * stalled_s;
        let charged = self.rest.most(depth, partial.last, partial.buffer_s) / self.qoe.unit();
        self.worth(partial) + rest.min(charged)
    }

    /// Whatever `n` segments come, if `m` is the value of the best of them, they are worth at most
    /// `n m` and change by at least what is between the last value and `m`.
    fn bound(&mut self) {
        if self.made_for.1 == self.steps.len() {
            return;
        }
        self.made_for.1 = self.steps.len();
        self.bounds.clear();
        let mut count = 0.0;
        for _ in 0..=self.steps.len() {
            for last in &self.values {
                let most = |value: &f64| count * value - self.qoe.change * (value - last).abs();
                self.bounds.push(self.values.iter().map(most).fold(f64::NEG_INFINITY, f64::max));
            }
            count += 1.0;
        }
        // Nothing follows the last segment, not even a change.
        self.bounds[..self.values.len()].fill(0.0);
    }
}

#[cfg(test)]
mod tests;
