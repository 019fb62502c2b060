//! ELASTIC: a feedback controller that steers the buffer by the rung alone.
//!
//! De Cicco, Caldaralo, Palmisano and Mascolo, "ELASTIC: A Client-Side Controller for Dynamic
//! Adaptive Streaming over HTTP (DASH)", Packet Video 2013, with the gains that goDASH uses too.

use crate::{
    Arrival, Decision, Entry, Params, Reason, Rule, Rung, View,
    measure::{Recent, highest_within, whole_kbps},
};

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    name: "elastic",
    follows: "ELASTIC of Packet Video 2013",
    make: |params| Box::new(Elastic::new(params)),
}];

const MS_PER_S: f64 = 1_000.0;

/// Spends `b / (1 - kp q - ki I)` of the throughput `b`, where `q` is the buffer and `I` the
/// integral over time of how far it is above its target.
///
/// The paper's player never stops asking, so that its buffer is always in the controller's hands.
/// This one does when its buffer is full; so that the integral does not grow out of all
/// proportion, it stands still while the top rung cannot empty the buffer nor the lowest fill it.
#[derive(Clone, Debug)]
struct Elastic {
    settings: Settings,
    rates: Recent,
    /// In seconds times seconds.
    integral: f64,
    limit: Limit,
}

#[derive(Clone, Copy, Debug)]
struct Settings {
    proportional: f64,
    integral: f64,
    target_ms: f64,
}

/// Where the controller asks for more, or less, than there is in the ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limit {
    None,
    Top,
    Lowest,
}

impl Elastic {
    fn new(params: &mut Params<'_>) -> Self {
        let settings = Settings {
            proportional: params.number("kp", 0.01, 0.0..=10.0),
            integral: params.number("ki", 0.001, 0.0..=10.0),
            target_ms: params.number("target", 15_000.0, 0.0..=1e6),
        };
        let rates = Recent::last(params.count("n", 5, 1..=1_000));
        Self { settings, rates, integral: 0.0, limit: Limit::None }
    }
}

impl Rule for Elastic {
    fn name(&self) -> &'static str {
        "elastic"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        let Some(mean) = self.rates.harmonic_mean() else {
            return Decision::now(Rung(0), Reason::NoEstimate);
        };
        let Settings { proportional, integral, .. } = self.settings;
        let divisor = 1.0 - proportional * view.buffer_ms / MS_PER_S - integral * self.integral;
        // So much buffer that no rate is too high.
        let kbps = if divisor <= 0.0 { f64::INFINITY } else { mean / divisor };
        let top = view.ladder.last().copied().unwrap_or_default();
        let found = highest_within(view.ladder, kbps);
        self.limit = match found {
            Some(_) if top <= kbps => Limit::Top,
            Some(_) => Limit::None,
            None => Limit::Lowest,
        };
        match found {
            Some(rung) => Decision::now(Rung(rung), Reason::BufferSteered),
            None => Decision::now(Rung(0), Reason::ThroughputBelowLadder),
        }
    }

    fn arrived(&mut self, arrival: &Arrival) {
        whole_kbps(arrival).into_iter().for_each(|rate| self.rates.push(rate));
        let above_s = (arrival.buffer_ms - self.settings.target_ms) / MS_PER_S;
        let is_out_of_hand = match self.limit {
            Limit::None => false,
            Limit::Top => 0.0 < above_s,
            Limit::Lowest => above_s < 0.0,
        };
        let area = arrival.took_ms / MS_PER_S * above_s;
        if !is_out_of_hand && area.is_finite() {
            self.integral += area;
        }
    }

    fn seeked(&mut self) {
        self.integral = 0.0;
    }
}

#[cfg(test)]
mod tests;
