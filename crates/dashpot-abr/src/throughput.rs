//! The throughput rule: the highest rung that arrives in time.

use crate::{Decision, Reason, Rule, Rung, View};
use dashpot_base::{Bitrate, ByteSize};

/// The share of the estimate that is spent, in percent. The rest pays for segments above their
/// nominal rate and for an estimate that is late; dash.js and Sabre spend the same 90 %.
const SAFETY_PERCENT: u64 = 90;

/// Picks the highest rung whose segment, at its nominal rate, arrives within its own duration:
/// latency and transfer at 90 % of the estimate together take no longer than it plays.
///
/// It keeps the buffer from shrinking and never looks at it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Throughput;

impl Rule for Throughput {
    fn name(&self) -> &'static str {
        "throughput"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        let Some(estimate) = view.throughput else {
            return Decision { rung: Rung(0), reason: Reason::NoEstimate };
        };
        let budget = Bitrate::from_bps(estimate.bps() / 100 * SAFETY_PERCENT);
        let sendable = budget.bytes_in(view.segment.saturating_sub(view.latency));
        let fits = |rate: &Bitrate| needed(*rate, view) <= sendable;
        match view.ladder.iter().rposition(fits) {
            Some(rung) => Decision { rung: Rung(rung), reason: Reason::ThroughputFits },
            None => Decision { rung: Rung(0), reason: Reason::ThroughputBelowLadder },
        }
    }
}

/// Returns the size of the segment at its nominal `rate`.
fn needed(rate: Bitrate, view: &View<'_>) -> ByteSize {
    rate.bytes_in(view.segment)
}

#[cfg(test)]
mod tests;
