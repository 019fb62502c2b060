//! What Shaka Player does: by throughput alone, and not too often.
//!
//! Shaka Player 5.2, `simple_abr_manager.js` and `ewma_bandwidth_estimator.js` (Apache-2.0), with
//! the defaults of its `player_configuration.js`. The wait for the first byte counts as download
//! time, as it does there since 2025-12; a large body pays little for it.

use crate::{
    Arrival, Decision, Entry, Params, Reason, Rule, Rung, View,
    measure::{Pair, whole_kbps},
};

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    name: "shaka",
    follows: "the SimpleAbrManager of Shaka Player 5.2",
    make: |params| Box::new(Shaka::new(params)),
}];

const BITS_PER_BYTE: f64 = 8.0;

/// Picks the highest rung that 95 % of the estimate carries, and keeps it for 8 s.
///
/// The buffer plays no part.
#[derive(Clone, Debug)]
struct Shaka {
    settings: Settings,
    throughput: Pair,
    bits: f64,
    chosen: Option<Chosen>,
    started_up: bool,
}

#[derive(Clone, Copy, Debug)]
struct Settings {
    estimate_kbps: f64,
    rise: f64,
    hold: f64,
    interval_ms: f64,
    /// What is smaller says little, as its time is mostly latency.
    bits_min: f64,
    /// What must have come before the estimate is believed.
    bits_min_total: f64,
    /// What comes sooner came from a cache in the browser.
    cached_ms: f64,
}

#[derive(Clone, Copy, Debug)]
struct Chosen {
    rung: Rung,
    reason: Reason,
    at_ms: f64,
    /// Since when another choice has been due.
    due_ms: Option<f64>,
}

impl Shaka {
    fn new(params: &mut Params<'_>) -> Self {
        let settings = Settings {
            estimate_kbps: params.number("estimate", 1_000.0, 1.0..=1e7),
            rise: params.number("rise", 0.85, 0.01..=2.0),
            hold: params.number("hold", 0.95, 0.01..=2.0),
            interval_ms: params.number("interval", 8_000.0, 0.0..=1e6),
            bits_min: BITS_PER_BYTE * params.number("min-bytes", 16_000.0, 0.0..=1e9),
            bits_min_total: BITS_PER_BYTE * params.number("min-total-bytes", 128_000.0, 0.0..=1e9),
            cached_ms: params.number("cached", 5.0, 0.0..=1e4),
        };
        let fast_ms = params.number("fast", 2_000.0, 1.0..=1e6);
        let slow_ms = params.number("slow", 5_000.0, 1.0..=1e6);
        let throughput = Pair::with_half_lives(fast_ms, slow_ms);
        Self { settings, throughput, bits: 0.0, chosen: None, started_up: false }
    }

    fn is_believed(&self) -> bool {
        self.settings.bits_min_total <= self.bits
    }

    /// Returns the highest rung whose range holds the estimate: from its own rate, with something
    /// to spare, to the next one's, with more to spare.
    fn choose(&self, ladder: &[f64]) -> (Rung, Reason) {
        let measured = self.throughput.kbps().filter(|_| self.is_believed());
        let kbps = measured.unwrap_or(self.settings.estimate_kbps);
        let holds = |index: usize| {
            let above = ladder.get(index + 1).copied().unwrap_or(f64::INFINITY);
            ladder[index] / self.settings.hold <= kbps && kbps <= above / self.settings.rise
        };
        let reason = if measured.is_some() { Reason::ThroughputFits } else { Reason::NoEstimate };
        match (0..ladder.len()).rev().find(|&index| holds(index)) {
            Some(rung) => (Rung(rung), reason),
            None => (Rung(0), Reason::ThroughputBelowLadder),
        }
    }
}

impl Rule for Shaka {
    fn name(&self) -> &'static str {
        "shaka"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        let at_ms = match self.chosen {
            None => view.now_ms,
            Some(Chosen { due_ms: Some(due_ms), .. }) => due_ms,
            Some(Chosen { rung, reason, .. }) => {
                // Before the first real estimate it is not the last change that is waited for.
                let reason = if self.started_up { Reason::HeldAfterChange } else { reason };
                return Decision::now(rung.min(view.top()), reason);
            }
        };
        let (rung, reason) = self.choose(view.ladder);
        self.chosen = Some(Chosen { rung, reason, at_ms, due_ms: None });
        Decision::now(rung, reason)
    }

    fn arrived(&mut self, arrival: &Arrival) {
        let Settings { cached_ms, bits_min, interval_ms, .. } = self.settings;
        if arrival.took_ms <= cached_ms {
            return;
        }
        if let Some(rate) = whole_kbps(arrival).filter(|_| bits_min <= arrival.bits) {
            self.bits += arrival.bits;
            self.throughput.add(arrival.took_ms, rate);
        }
        let is_believed = self.is_believed();
        let Some(chosen) = &mut self.chosen else { return };
        let may_change = if self.started_up {
            interval_ms <= arrival.now_ms - chosen.at_ms
        } else {
            self.started_up = is_believed;
            is_believed
        };
        if may_change {
            chosen.due_ms = Some(arrival.now_ms);
        }
    }
}

#[cfg(test)]
mod tests;
