//! What could have been had by who knows the whole trace.
//!
//! A yardstick for rules: the decisions that are worth most over a session, all of whose download
//! times are known beforehand. [`Optimum::value`] is what decisions that were found are worth in
//! the environment, so no rule that is worth more can be called bad luck; [`Optimum::bound`] is
//! what no decisions whatever are worth more than, by any rule, whatever it knows. The truth is
//! between the two; where they are equal it was found exactly.
//!
//! # How
//! Sessions are extended chunk by chunk, and of those that have fetched the same chunks and end on
//! the same rung, one is dropped where another is no later, has stalled no longer and has no less
//! quality less changes. The one that is kept can do whatever the dropped one does: a link that
//! carries one chunk after the other ends none later that begins earlier, and each second of
//! buffer that the dropped one has more it has bought with a second of stall.
//!
//! Sleeping in whole steps is at odds with that: who is earlier may oversleep. The bound is
//! therefore one of a player that sleeps no longer than it must, which is worth at least as much
//! by the same argument.
//!
//! Where more than [`Precision::nodes_max`] sessions are left, those within the same milliseconds
//! (of time, and of stall) are made one, and the milliseconds are doubled until few enough are
//! left. For the bound the one has the best of each of them; for the value it is the one with the
//! most quality. So the bound stays one and the value stays that of real decisions, and the
//! distance between them is the error of both, for this very session.

use super::{Chunk, Session, Setup, run};
use dashpot_abr::Rung;
use dashpot_base::ChunkQoe;
use front::{Node, Rounding};
use rest::Rest;

mod front;
mod rest;

/// Sleeps of a player that sleeps no longer than it must, in milliseconds; as good as none, so
/// that the bound holds to far more digits than are printed.
const SLEEP_LEAST_MS: f64 = 1e-6;

/// What sums of a session may be off by rounding: nothing is dropped for being worth less by this.
const ROUNDING: f64 = 1e-6;

/// Rules whose sessions are the first to be beaten: whatever cannot be worth as much is dropped
/// on the way, and a search of few nodes returns nothing worse.
const FIRST_GUESSES: [&str; 4] = ["robust-mpc", "hyb", "bola-sized", "quetra"];

/// How much work goes into an optimum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Precision {
    /// How many sessions are kept for each chunk and last rung. Twice as many take twice as long.
    pub nodes_max: usize,
}

impl Default for Precision {
    /// A thousand: on Pensieve's film and its 142 test traces value and bound are then the same
    /// for `QoE_lin` (1.1495 on average, where RobustMPC has 0.9245) and `QoE_log`; of 11 traces
    /// they are up to 0.12 apart for `QoE_hd`, 0.002 on average, because of the sleeps.
    fn default() -> Self {
        Self { nodes_max: 1_000 }
    }
}

/// What could have been had of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct Optimum {
    /// What [`decisions`](Self::decisions) are worth: the mean over all chunks but the first.
    pub value: f64,
    /// What no decisions are worth more than.
    pub bound: f64,
    /// The rungs of all chunks, the first one's included.
    pub decisions: Vec<Rung>,
}

/// Returns the best decisions of a session that could be found, and what no others can exceed.
#[must_use]
pub fn optimum(setup: &Setup<'_>, qoe: ChunkQoe, precision: Precision) -> Optimum {
    let guesses = FIRST_GUESSES.iter().filter_map(|name| dashpot_abr::by_name(name));
    let guesses = guesses.map(|mut rule| run(setup, rule.as_mut()));
    let worth = |chunks: &Vec<Chunk>| setup.qoe(qoe, chunks);
    let guess = guesses.max_by(|a, b| worth(a).total_cmp(&worth(b))).unwrap_or_default();
    let chunks = as_f64(setup.chunks.saturating_sub(1).max(1));

    let mut search = Search::new(setup, qoe, Rounding::Real, precision);
    search.floor = worth(&guess) * chunks - ROUNDING;
    let better = search.best().map(|found| replay(setup, &found.decisions));
    let best = better.into_iter().chain([guess]).max_by(|a, b| worth(a).total_cmp(&worth(b)));
    let best = best.unwrap_or_default();
    let value = worth(&best);

    let relaxed = Setup { sleep_ms: SLEEP_LEAST_MS, ..*setup };
    let mut search = Search::new(&relaxed, qoe, Rounding::Best, precision);
    search.floor = value * chunks - ROUNDING;
    let bound = search.best().map_or(value, |found| found.worth / chunks);
    let decisions = best.iter().map(|chunk| chunk.rung).collect();
    Optimum { value, bound: bound.max(value), decisions }
}

/// Returns the session of these decisions.
fn replay(setup: &Setup<'_>, decisions: &[Rung]) -> Vec<Chunk> {
    let mut session = Session::new(setup);
    decisions.iter().map(|rung| session.fetch(*rung)).collect()
}

/// Decisions, and what they are worth in all.
struct Found {
    worth: f64,
    decisions: Vec<Rung>,
}

struct Search<'a> {
    setup: &'a Setup<'a>,
    qoe: ChunkQoe,
    rounding: Rounding,
    precision: Precision,
    /// The rungs' values, in units of which `qoe.unit()` make one.
    values: Vec<f64>,
    rest: Rest<'a>,
    /// What some decisions are known to be worth.
    floor: f64,
}

impl<'a> Search<'a> {
    fn new(setup: &'a Setup<'a>, qoe: ChunkQoe, rounding: Rounding, precision: Precision) -> Self {
        let ladder = setup.film.ladder();
        let values: Vec<_> = ladder.iter().map(|rate| qoe.value(*rate, ladder[0])).collect();
        let rest = Rest::new(setup, qoe, &values);
        Self { setup, qoe, rounding, precision, values, rest, floor: f64::NEG_INFINITY }
    }

    /// Returns the best decisions there are; `None` where all are worth less than the floor.
    fn best(&self) -> Option<Found> {
        let mut session = Session::new(self.setup);
        session.fetch(self.setup.first);
        let first =
            Node { session, stalled_ms: 0.0, quality: 0.0, parent: 0, rung: self.setup.first };
        // Node by node of each chunk: which one of the chunk before it comes from, and its rung.
        let mut trail: Vec<Vec<(usize, Rung)>> = vec![vec![(0, self.setup.first)]];
        let mut layer = vec![first];
        for done in 1..self.setup.chunks {
            let left = self.setup.chunks - done - 1;
            let mut next = Vec::new();
            for rung in (0..self.values.len()).map(Rung) {
                let nodes =
                    layer.iter().enumerate().map(|(parent, node)| self.after(node, parent, rung));
                let worthy = nodes.filter(|node| self.floor <= self.most(node, left));
                next.extend(front::keep(worthy.collect(), self.rounding, self.precision.nodes_max));
            }
            trail.push(next.iter().map(|node| (node.parent, node.rung)).collect());
            layer = next;
        }
        let worth = |node: &Node<'_>| self.worth(node);
        let best = (0..layer.len()).max_by(|a, b| worth(&layer[*a]).total_cmp(&worth(&layer[*b])));
        let best = best?;
        let mut decisions = Vec::new();
        let mut place = best;
        for chunk in trail.iter().rev() {
            decisions.push(chunk[place].1);
            place = chunk[place].0;
        }
        decisions.reverse();
        Some(Found { worth: self.worth(&layer[best]), decisions })
    }

    fn after(&self, node: &Node<'a>, parent: usize, rung: Rung) -> Node<'a> {
        let mut session = node.session;
        let chunk = session.fetch(rung);
        let (last, value) = (self.values[node.rung.0], self.values[rung.0]);
        let quality = node.quality + value - self.qoe.change * (value - last).abs();
        Node { session, stalled_ms: node.stalled_ms + chunk.stalled_ms, quality, parent, rung }
    }

    fn worth(&self, node: &Node<'_>) -> f64 {
        self.qoe.sum(node.quality, 0.0, node.stalled_ms / 1_000.0)
    }

    /// Returns what `left` more chunks can bring `node` to at most: all of one rung, without
    /// stalls; or with stalls, where bits have a price.
    fn most(&self, node: &Node<'_>, left: usize) -> f64 {
        if left == 0 {
            return self.worth(node);
        }
        let last = self.values[node.rung.0];
        let of = |value: &f64| as_f64(left) * value - self.qoe.change * (value - last).abs();
        let free = self.values.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
        let worth = self.worth(node) + free / self.qoe.unit();
        if worth < self.floor {
            return worth;
        }
        let charged = self.rest.most(&node.session, node.rung) / self.qoe.unit();
        worth.min(self.worth(node) + charged)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of chunks")]
const fn as_f64(chunks: usize) -> f64 {
    chunks as f64
}

#[cfg(test)]
mod tests;
