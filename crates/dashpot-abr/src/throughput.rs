//! The throughput rule: the highest rung that arrives in time.

use crate::{Decision, Entry, Reason, Rule, Rung, View};

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    name: "throughput",
    follows: "Sabre's and dash.js' throughput rule",
    make: |params| Box::new(Throughput { safety: params.number("safety", SAFETY, 0.01..=2.0) }),
}];

/// The share of the estimate that is spent. The rest pays for segments above their nominal rate
/// and for an estimate that is late; dash.js and Sabre spend the same 90 %.
const SAFETY: f64 = 0.9;

/// Picks the highest rung whose segment, at its nominal rate, arrives within its own duration:
/// latency and transfer at 90 % of the estimate together take no longer than it plays.
///
/// It keeps the buffer from shrinking and never looks at it.
#[derive(Clone, Copy, Debug)]
pub struct Throughput {
    /// The share of the estimate that is spent, 0.9 by default.
    pub safety: f64,
}

impl Default for Throughput {
    fn default() -> Self {
        Self { safety: SAFETY }
    }
}

impl Rule for Throughput {
    fn name(&self) -> &'static str {
        "throughput"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        let Some(estimate) = view.throughput_kbps else {
            return Decision::now(Rung(0), Reason::NoEstimate);
        };
        let kbps = estimate * self.safety;
        let fits = |rate: &f64| {
            view.latency_ms + view.segment_ms * rate / kbps <= view.segment_ms && 0.0 < kbps
        };
        match view.ladder.iter().rposition(fits) {
            Some(rung) => Decision::now(Rung(rung), Reason::ThroughputFits),
            None => Decision::now(Rung(0), Reason::ThroughputBelowLadder),
        }
    }
}

#[cfg(test)]
mod tests;
