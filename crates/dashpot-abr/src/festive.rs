//! FESTIVE: rate rules that stay fair, efficient and steady when several players share a link.
//!
//! Jiang, Sekar and Zhang, "Improving Fairness, Efficiency, and Stability in HTTP-based Adaptive
//! Video Streaming with FESTIVE", CoNEXT 2012, section 4: harmonic bandwidth estimation, gradual
//! switching, delayed update and randomised scheduling.

use crate::{
    Arrival, Decision, Entry, Params, Reason, Rule, Rung, View,
    measure::{Recent, count, whole_kbps},
};
use dashpot_base::{Rng, Seed};
use std::collections::VecDeque;

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    name: "festive",
    follows: "FESTIVE of CoNEXT 2012",
    make: |params| Box::new(Festive::new(params)),
}];

/// As many changes are remembered; two to this power outweighs any gain in rate.
const CHANGES_MAX: usize = 64;

/// Moves one rung at a time towards 85 % of the harmonic mean, where that gains more in rate than
/// it costs in steadiness, and asks at random times.
#[derive(Clone, Debug)]
struct Festive {
    settings: Settings,
    rates: Recent,
    rng: Rng,
    /// When the rung changed, oldest first.
    changes_ms: VecDeque<f64>,
    /// The rung of the last arrivals and how many there were in a row.
    held: (Rung, usize),
}

#[derive(Clone, Copy, Debug)]
struct Settings {
    spent: f64,
    alpha: f64,
    window_ms: f64,
    target_ms: f64,
}

impl Festive {
    fn new(params: &mut Params<'_>) -> Self {
        let settings = Settings {
            spent: params.number("p", 0.85, 0.01..=2.0),
            alpha: params.number("alpha", 12.0, 0.0..=1e6),
            window_ms: params.number("window", 20_000.0, 0.0..=1e6),
            target_ms: params.number("target", 15_000.0, 0.0..=1e6),
        };
        let rates = Recent::last(params.count("n", 20, 1..=1_000));
        // Players on one link are given different seeds: randomness is to keep them from falling
        // into step.
        let seed = params.count("seed", 0, 0..=u32::MAX);
        let rng = Rng::new(Seed(seed as u64));
        Self { settings, rates, rng, changes_ms: VecDeque::new(), held: (Rung(0), 0) }
    }

    /// Returns the next rung on the way to what is carried: down at once, up from the first rung
    /// after one segment, from the second after two and so on, so that players with low rungs gain
    /// on those with high ones.
    fn reference(&self, view: &View<'_>, mean: f64) -> Rung {
        let (last, target) = (view.last_or_lowest(), view.rung_below(self.settings.spent * mean));
        let held = if self.held.0 == last { self.held.1 } else { 0 };
        if target < last {
            Rung(last.0 - 1)
        } else if last < target && last.0 < held {
            Rung(last.0 + 1)
        } else {
            last
        }
    }

    /// Says whether a change to `reference` costs less than it gains.
    fn is_worth(&self, view: &View<'_>, mean: f64, reference: Rung) -> bool {
        let rate = |Rung(rung): Rung| view.ladder[rung];
        let efficient = mean.min(rate(reference));
        let lost = |rung| self.settings.alpha * (rate(rung) / efficient - 1.0).abs();
        // Each change of the last 20 s makes another one twice as dear.
        let unsteady = libm::exp2(count(self.changes_ms.len()));
        2.0 * unsteady + lost(reference) < unsteady + lost(view.last_or_lowest())
    }

    /// Returns how long to wait until the buffer is down to a target that is drawn for each
    /// segment, within a segment around 15 s.
    fn delay_ms(&mut self, view: &View<'_>) -> f64 {
        let spread_ms = view.segment_ms * (2.0 * self.rng.unit() - 1.0);
        let delay_ms = (view.buffer_ms - (self.settings.target_ms + spread_ms)).max(0.0);
        if delay_ms.is_finite() { delay_ms.min(view.buffer_max_ms.max(0.0)) } else { 0.0 }
    }
}

impl Rule for Festive {
    fn name(&self) -> &'static str {
        "festive"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        let delay_ms = self.delay_ms(view);
        let Some(mean) = self.rates.harmonic_mean() else {
            return Decision { rung: Rung(0), delay_ms, reason: Reason::NoEstimate };
        };
        let since_ms = view.now_ms - self.settings.window_ms;
        self.changes_ms.retain(|&at_ms| since_ms <= at_ms);
        let (last, reference) = (view.last_or_lowest(), self.reference(view, mean));
        if reference == last {
            return Decision { rung: last, delay_ms, reason: Reason::ThroughputFits };
        }
        if !self.is_worth(view, mean, reference) {
            return Decision { rung: last, delay_ms, reason: Reason::SteadinessKept };
        }
        if self.changes_ms.len() == CHANGES_MAX {
            self.changes_ms.pop_front();
        }
        self.changes_ms.push_back(view.now_ms);
        Decision { rung: reference, delay_ms, reason: Reason::OneStep }
    }

    fn arrived(&mut self, arrival: &Arrival) {
        whole_kbps(arrival).into_iter().for_each(|rate| self.rates.push(rate));
        let held = if self.held.0 == arrival.rung { self.held.1 } else { 0 };
        self.held = (arrival.rung, held.saturating_add(1));
    }
}

#[cfg(test)]
mod tests;
