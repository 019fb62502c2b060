//! Contenders against each other, trace by trace.

use super::{Interval, holm, paired_interval, wilcoxon};
use crate::{Better, Metric};
use dashpot_base::Seed;

/// A difference is shown where, after Holm's adjustment, the chance of finding as much without one
/// is below this, and the interval excludes zero.
pub const LEVEL: f64 = 0.05;

/// One figure of every contender on every trace.
#[derive(Clone, Debug)]
pub struct Figures<M = Metric> {
    /// Which figure.
    pub metric: M,
    /// By contender, then by trace; no number (NaN) where a session has none: sweeps are large, and
    /// this is what is kept of each session. Where several sessions were played over one trace,
    /// their mean: sessions over the same trace are no independent ones.
    pub values: Vec<Vec<f64>>,
}

/// Returns those values that are there.
pub fn present(values: &[f64]) -> impl Iterator<Item = f64> {
    values.iter().copied().filter(|value| !value.is_nan())
}

/// How two contenders differ in one figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference<M = Metric> {
    /// Which figure.
    pub metric: M,
    /// The index of one contender.
    pub a: usize,
    /// The index of the other.
    pub b: usize,
    /// Traces on which both have the figure.
    pub pairs: usize,
    /// Mean of `a − b`, with its 95 % interval.
    pub interval: Interval,
    /// The two-sided probability of the signed-rank test.
    pub probability: f64,
    /// The same, adjusted for all comparisons that were made together.
    pub adjusted: f64,
}

/// What is to be made of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// There is one, and `a` has more.
    More,
    /// There is one, and `a` has less.
    Less,
    /// None is shown. That is not to say that there is none: more traces might show it.
    NotShown,
    /// On every trace both have the same.
    Same,
}

impl<M> Difference<M> {
    /// Returns what is to be made of it.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        let Interval { mean, low, high } = self.interval;
        if mean == 0.0 && low == 0.0 && high == 0.0 {
            Verdict::Same
        } else if LEVEL <= self.adjusted || !self.interval.excludes_zero() {
            Verdict::NotShown
        } else if 0.0 < mean {
            Verdict::More
        } else {
            Verdict::Less
        }
    }
}

impl Difference {
    /// Returns which contender is shown to be better, where one is and more or less is better at
    /// all.
    #[must_use]
    pub const fn winner(&self) -> Option<usize> {
        match (self.verdict(), self.metric.better()) {
            (Verdict::More, Better::Higher) | (Verdict::Less, Better::Lower) => Some(self.a),
            (Verdict::Less, Better::Higher) | (Verdict::More, Better::Lower) => Some(self.b),
            _ => None,
        }
    }
}

/// Compares every contender with every later one in every figure, paired by trace.
///
/// All comparisons are one family to Holm's adjustment. The bootstrap's seed is the same for each,
/// so that a comparison does not depend on which others are made.
#[must_use]
pub fn compare<M: Copy>(figures: &[Figures<M>], seed: Seed) -> Vec<Difference<M>> {
    let mut differences = Vec::new();
    for Figures { metric, values } in figures {
        for a in 0..values.len() {
            for b in a + 1..values.len() {
                differences.extend(difference(*metric, values, (a, b), seed));
            }
        }
    }
    let probabilities = differences.iter().map(|it| it.probability).collect::<Vec<_>>();
    for (difference, adjusted) in differences.iter_mut().zip(holm(&probabilities)) {
        difference.adjusted = adjusted;
    }
    differences
}

fn difference<M>(
    metric: M,
    values: &[Vec<f64>],
    (a, b): (usize, usize),
    seed: Seed,
) -> Option<Difference<M>> {
    let pairs = values[a].iter().zip(&values[b]);
    let there = pairs.filter(|(a, b)| !a.is_nan() && !b.is_nan());
    let paired = there.map(|(a, b)| a - b).collect::<Vec<_>>();
    let interval = paired_interval(&paired, seed)?;
    let probability = wilcoxon(&paired).probability;
    Some(Difference {
        metric,
        a,
        b,
        pairs: paired.len(),
        interval,
        probability,
        adjusted: probability,
    })
}
