//! Which of many half-way sessions are worth going on with.

use super::Session;
use dashpot_abr::Rung;
use std::cmp::Ordering;

/// A session that is half-way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'a> {
    pub(super) session: Session<'a>,
    /// Stalls since the first chunk, in milliseconds.
    pub(super) stalled_ms: f64,
    /// The values of the rungs since then, less what their changes cost.
    pub(super) quality: f64,
    /// Its place among the sessions of one chunk fewer.
    pub(super) parent: usize,
    /// Its last rung.
    pub(super) rung: Rung,
}

/// What becomes of sessions that are too many to be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rounding {
    /// One of them goes on as it is.
    Real,
    /// One that is as good as the best of them in each way goes on.
    Best,
}

/// Where sessions are too many, this is the first width in milliseconds within which they are made
/// one. A millisecond of stall costs thousandths of what a chunk is worth.
const WIDTH_FIRST_MS: f64 = 0.25;

/// Returns those of `nodes` that no other one is better than in every way; at most about
/// `nodes_max`.
pub(super) fn keep(nodes: Vec<Node<'_>>, rounding: Rounding, nodes_max: usize) -> Vec<Node<'_>> {
    let mut kept = pareto(nodes);
    let mut width_ms = WIDTH_FIRST_MS;
    while nodes_max.max(1) < kept.len() {
        kept = pareto(merged(kept, rounding, width_ms));
        width_ms *= 2.0;
    }
    kept
}

/// Makes those one that are within the same `width_ms` both of time and of stall.
fn merged(mut nodes: Vec<Node<'_>>, rounding: Rounding, width_ms: f64) -> Vec<Node<'_>> {
    let cell =
        |node: &Node<'_>| [node.session.now_ms, node.stalled_ms].map(|ms| (ms / width_ms).floor());
    let by_cell = |a: &Node<'_>, b: &Node<'_>| {
        let ([a_now, a_stall], [b_now, b_stall]) = (cell(a), cell(b));
        a_now.total_cmp(&b_now).then(a_stall.total_cmp(&b_stall))
    };
    nodes.sort_by(|a, b| by_cell(a, b).then(better_first(a, b)));
    let mut kept: Vec<Node<'_>> = Vec::new();
    for node in nodes {
        match kept.last_mut().filter(|last| by_cell(last, &node) == Ordering::Equal) {
            None => kept.push(node),
            Some(last) if rounding == Rounding::Best => *last = last.with_best_of(&node),
            Some(_) => {}
        }
    }
    kept
}

impl Node<'_> {
    /// Returns this session with the better time and the shorter stall of the two; its quality is
    /// no less than the other one's.
    fn with_best_of(mut self, other: &Self) -> Self {
        // What is buffered is the media fetched and the time stalled, less the time passed.
        let dry_ms = |node: &Self| node.session.now_ms + node.session.buffer_ms;
        let dry = dry_ms(&self).min(dry_ms(other));
        if other.session.now_ms < self.session.now_ms {
            self.session = other.session;
        }
        self.session.buffer_ms = (dry - self.session.now_ms).max(0.0);
        self.stalled_ms = self.stalled_ms.min(other.stalled_ms);
        self
    }
}

fn better_first(a: &Node<'_>, b: &Node<'_>) -> Ordering {
    let by_time = a.session.now_ms.total_cmp(&b.session.now_ms);
    b.quality.total_cmp(&a.quality).then(by_time).then(a.stalled_ms.total_cmp(&b.stalled_ms))
}

/// Returns the nodes that no other one has at least the quality of, at most the time of and at
/// most the stall of.
fn pareto(mut nodes: Vec<Node<'_>>) -> Vec<Node<'_>> {
    nodes.sort_by(better_first);
    // Those kept so far, by time: the later, the shorter the stall. All have the quality of the
    // node at hand at least.
    let mut steps: Vec<(f64, f64)> = Vec::new();
    nodes.retain(|node| {
        let (now_ms, stalled_ms) = (node.session.now_ms, node.stalled_ms);
        let later = steps.partition_point(|step| step.0 <= now_ms);
        if later.checked_sub(1).is_some_and(|place| steps[place].1 <= stalled_ms) {
            return false;
        }
        let worse = steps[later..].iter().take_while(|step| stalled_ms <= step.1).count();
        steps.splice(later..later + worse, [(now_ms, stalled_ms)]);
        true
    });
    nodes
}
