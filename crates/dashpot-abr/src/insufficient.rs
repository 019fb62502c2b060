//! The insufficient-buffer rule, a cap on other rules' choices.
//!
//! As in Sabre 2020 (`ThroughputRule`, `BolaEnh`): no rung whose segment, at its nominal rate,
//! might not arrive before the buffer is played out.

use crate::{Params, Rung, View};

/// The share of what the link is thought to carry until the buffer is empty: it begins at the
/// first and is multiplied by it at every decision until it is the second. Sabre's values; the
/// estimate of a session's first seconds is better than that of a long average after a drop.
const SAFETY_FIRST: f64 = 0.9;
const SAFETY_LAST: f64 = 0.5;

/// Caps a choice by what arrives before the buffer is empty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Insufficient {
    safety: f64,
}

impl Default for Insufficient {
    fn default() -> Self {
        Self { safety: SAFETY_FIRST }
    }
}

impl Insufficient {
    /// Returns the rule unless `ibr=off` was typed.
    pub(crate) fn typed(params: &mut Params<'_>) -> Option<Self> {
        params.choice("ibr", ("on", true), &[("off", false)]).then(Self::default)
    }

    /// Returns the rung to take in place of `rung` where that is too much.
    pub(crate) fn cap(&mut self, view: &View<'_>, Rung(rung): Rung) -> Option<Rung> {
        let kbps = view.throughput_kbps.unwrap_or_default();
        let safe_bits = self.safety * (view.buffer_ms - view.latency_ms) * kbps;
        self.safety = (self.safety * SAFETY_FIRST).max(SAFETY_LAST);
        let above_lowest = view.ladder.iter().skip(1).take(rung);
        let fits = above_lowest.take_while(|rate| **rate * view.segment_ms <= safe_bits).count();
        (fits < rung.min(view.top().0)).then_some(Rung(fits))
    }
}
