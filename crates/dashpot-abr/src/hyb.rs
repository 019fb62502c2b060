//! HYB: the largest segment that takes no more than a share of the buffer.
//!
//! The hybrid rule of Akhtar et al., "Oboe: Auto-tuning Video ABR Algorithms to Network
//! Conditions", SIGCOMM 2018, as in Pensieve-PPO's published sessions: throughput is the harmonic
//! mean of the last five segments, and the share is a quarter.

use crate::{
    Arrival, Decision, Entry, Reason, Rule, Rung, View,
    measure::{Recent, whole_kbps},
};

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    name: "hyb",
    follows: "HYB of Oboe, SIGCOMM 2018",
    make: |params| {
        Box::new(Hyb {
            beta: params.number("beta", 0.25, 0.01..=1.0),
            recent: Recent::last(params.count("window", 5, 1..=100)),
        })
    },
}];

/// Picks the highest rung whose next segment is expected within a share of what is buffered.
#[derive(Clone, Debug)]
struct Hyb {
    /// The share of the buffer that a download may use up: the smaller, the safer.
    beta: f64,
    recent: Recent,
}

impl Rule for Hyb {
    fn name(&self) -> &'static str {
        "hyb"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        let Some(kbps) = self.recent.harmonic_mean() else {
            return Decision::now(Rung(0), Reason::NoEstimate);
        };
        let may_take_ms = self.beta * view.buffer_ms;
        let fits = |rung: &usize| view.bits(Rung(*rung)) / kbps <= may_take_ms;
        match (0..view.ladder.len()).rev().find(fits) {
            Some(rung) => Decision::now(Rung(rung), Reason::FitsBuffer),
            None => Decision::now(Rung(0), Reason::InsufficientBuffer),
        }
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

    fn check(spec: &str, buffer_ms: f64, expected: usize, reason: Reason) {
        let ladder = [300.0, 750.0, 1_200.0];
        let film = testing::film(&ladder, 4_000.0);
        let mut rule = testing::made(spec);
        rule.arrived(&testing::arrival(0, 1e6, 1e3));
        let decision = rule.decide(&View { buffer_ms, ..testing::view(&ladder, &film) });
        assert_eq!(decision, Decision::now(Rung(expected), reason), "{spec} {buffer_ms}");
    }

    /// At 1000 kbit/s segments take 1.2, 3 and 4.8 s: a quarter of 4.8, 12 and 19.2 s.
    #[test]
    fn a_segment_may_take_its_share_of_the_buffer() {
        check("hyb", 4_000.0, 0, Reason::InsufficientBuffer);
        check("hyb", 4_800.0, 0, Reason::FitsBuffer);
        check("hyb", 11_999.0, 0, Reason::FitsBuffer);
        check("hyb", 12_000.0, 1, Reason::FitsBuffer);
        check("hyb", 19_200.0, 2, Reason::FitsBuffer);
        check("hyb:beta=0.5", 9_600.0, 2, Reason::FitsBuffer);
    }
}
