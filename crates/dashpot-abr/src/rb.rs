//! RB: the rung from the harmonic mean of what the last segments came at.
//!
//! The rate-based baseline of Pensieve (Mao et al., SIGCOMM 2017) as in Pensieve-PPO's published
//! sessions: the highest rung that the harmonic mean of five segments carries, with a request's
//! round trip counted as its transfer. These sessions take 1,024 for a thousand, so their rule is
//! 2.4 % bolder than it says; `scale=1` is the rule as it is described.

use crate::{
    Arrival, Decision, Entry, Reason, Rule, Rung, View,
    measure::{Recent, whole_kbps},
};

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    name: "rb",
    follows: "Pensieve's rate-based baseline",
    make: |params| {
        Box::new(Rb {
            scale: params.number("scale", 1.024, 0.01..=2.0),
            recent: Recent::last(params.count("window", 5, 1..=100)),
        })
    },
}];

/// Picks the highest rung whose nominal rate is at most the estimate.
#[derive(Clone, Debug)]
struct Rb {
    /// What the estimate is multiplied by.
    scale: f64,
    recent: Recent,
}

impl Rule for Rb {
    fn name(&self) -> &'static str {
        "rb"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        let Some(kbps) = self.recent.harmonic_mean() else {
            return Decision::now(Rung(0), Reason::NoEstimate);
        };
        let kbps = kbps * self.scale;
        let is_below = view.ladder.first().is_some_and(|lowest| kbps < *lowest);
        let reason = if is_below { Reason::ThroughputBelowLadder } else { Reason::ThroughputFits };
        Decision::now(view.rung_below(kbps), reason)
    }

    fn arrived(&mut self, arrival: &Arrival) {
        if let Some(kbps) = whole_kbps(arrival) {
            self.recent.push(kbps);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn check(spec: &str, samples: &[(f64, f64)], expected: usize, reason: Reason) {
        let ladder = [300.0, 750.0, 1_200.0];
        let film = testing::film(&ladder, 4_000.0);
        let mut rule = testing::made(spec);
        for &(bits, took_ms) in samples {
            rule.arrived(&testing::arrival(0, bits, took_ms));
        }
        let decision = rule.decide(&testing::view(&ladder, &film));
        assert_eq!(decision, Decision::now(Rung(expected), reason), "{spec} {samples:?}");
    }

    #[test]
    fn the_harmonic_mean_of_the_last_segments_picks_the_rung() {
        check("rb", &[], 0, Reason::NoEstimate);
        // 2 / (1/500 + 1/2000) = 800 kbit/s.
        check("rb:scale=1", &[(500e3, 1e3), (2e6, 1e3)], 1, Reason::ThroughputFits);
        // 740 * 1.024 = 757.76 kbit/s.
        check("rb:scale=1", &[(740e3, 1e3)], 0, Reason::ThroughputFits);
        check("rb", &[(740e3, 1e3)], 1, Reason::ThroughputFits);
        check("rb", &[(100e3, 1e3)], 0, Reason::ThroughputBelowLadder);
        check("rb:window=1", &[(100e3, 1e3), (2e6, 1e3)], 2, Reason::ThroughputFits);
        // What has no size or took no time says nothing.
        check("rb", &[(800e3, 1e3), (0.0, 1e3), (1e9, 0.0)], 1, Reason::ThroughputFits);
    }
}
