//! The plain rate rule: the highest rung below the harmonic mean of recent throughputs.
//!
//! "RB" in Yin, Jindal, Sekar and Sinopoli, "A Control-Theoretic Approach for Dynamic Adaptive
//! Video Streaming over HTTP", SIGCOMM 2015, section 7; the harmonic mean is from Jiang, Sekar and
//! Zhang, "Improving Fairness, Efficiency, and Stability in HTTP-based Adaptive Video Streaming
//! with FESTIVE", CoNEXT 2012.

use crate::{
    Arrival, Decision, Entry, Reason, Rule, Rung, View,
    measure::{Recent, highest_within, whole_kbps},
};

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    name: "harmonic",
    follows: "RB of SIGCOMM 2015: the harmonic mean of the last n rates",
    make: |params| {
        // The paper predicts from 5 segments and spends all that it predicts.
        let count = params.count("n", 5, 1..=100);
        let safety = params.number("safety", 1.0, 0.01..=2.0);
        Box::new(Harmonic { rates: Recent::last(count), safety })
    },
}];

/// Picks the highest rung whose nominal rate is at most the harmonic mean of the last few
/// segments' rates, latency included.
#[derive(Clone, Debug)]
struct Harmonic {
    rates: Recent,
    safety: f64,
}

impl Rule for Harmonic {
    fn name(&self) -> &'static str {
        "harmonic"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        let Some(mean) = self.rates.harmonic_mean() else {
            return Decision::now(Rung(0), Reason::NoEstimate);
        };
        match highest_within(view.ladder, self.safety * mean) {
            Some(rung) => Decision::now(Rung(rung), Reason::ThroughputFits),
            None => Decision::now(Rung(0), Reason::ThroughputBelowLadder),
        }
    }

    fn arrived(&mut self, arrival: &Arrival) {
        whole_kbps(arrival).into_iter().for_each(|rate| self.rates.push(rate));
    }
}

#[cfg(test)]
mod tests;
