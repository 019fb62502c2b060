//! PANDA: probe for the link's fair share by additive increase, and space requests by it.
//!
//! Li, Zhu, Gahm, Pan, Hu, Begen and Oran, "Probe and Adapt: Rate Adaptation for HTTP Video
//! Streaming At Scale", IEEE JSAC 32(4), 2014, algorithm 1 with the parameters of its table.

use crate::{Arrival, Decision, Entry, Params, Reason, Rule, Rung, View, measure::whole_kbps};

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    name: "panda",
    follows: "PANDA of JSAC 2014",
    make: |params| Box::new(Panda::new(params)),
}];

const MS_PER_S: f64 = 1_000.0;

/// Estimates the fair share by what it asks for rather than by what it gets, since a player that
/// pauses between requests measures more than its share.
///
/// The paper's steps grow with the time between requests and overshoot where requests are far
/// apart; here they go at most all of the way.
#[derive(Clone, Copy, Debug)]
struct Panda {
    settings: Settings,
    /// Rate of the last segment.
    measured_kbps: Option<f64>,
    /// Estimated share and its moving average.
    share: Option<Share>,
    /// When the last request was made, and how long to wait from then to the next.
    request: Option<(f64, f64)>,
}

#[derive(Clone, Copy, Debug)]
struct Share {
    probed_kbps: f64,
    smooth_kbps: f64,
}

#[derive(Clone, Copy, Debug)]
struct Settings {
    /// Speed of convergence, in 1/s.
    kappa: f64,
    /// Additive increase.
    probe_kbps: f64,
    /// Speed of smoothing, in 1/s.
    alpha: f64,
    /// Speed at which the buffer is steered.
    beta: f64,
    /// Share left unspent on the way up.
    epsilon: f64,
    buffer_min_ms: f64,
}

impl Panda {
    fn new(params: &mut Params<'_>) -> Self {
        let settings = Settings {
            kappa: params.number("kappa", 0.14, 0.0..=10.0),
            probe_kbps: params.number("w", 300.0, 0.0..=1e6),
            alpha: params.number("alpha", 0.2, 0.0..=10.0),
            beta: params.number("beta", 0.2, 0.0..=10.0),
            epsilon: params.number("epsilon", 0.15, 0.0..=1.0),
            buffer_min_ms: params.number("buffer", 26_000.0, 0.0..=1e6),
        };
        Self { settings, measured_kbps: None, share: None, request: None }
    }

    /// Returns the share after `since_ms` from the last request to this one.
    fn probe(&self, measured_kbps: f64, since_ms: f64) -> Share {
        let Some(Share { probed_kbps, smooth_kbps }) = self.share else {
            return Share { probed_kbps: measured_kbps, smooth_kbps: measured_kbps };
        };
        let Settings { kappa, probe_kbps, alpha, .. } = self.settings;
        let step = |speed: f64| (speed * since_ms / MS_PER_S).clamp(0.0, 1.0);
        // Up by the increase alone, and the less so the less of it was measured.
        let above_kbps = (probed_kbps - measured_kbps + probe_kbps).max(0.0);
        let probed_kbps = probed_kbps + step(kappa) * (probe_kbps - above_kbps);
        let smooth_kbps = smooth_kbps + step(alpha) * (probed_kbps - smooth_kbps);
        Share { probed_kbps, smooth_kbps }
    }

    /// Returns the rung for `kbps`: the last one where it is between what is safe to rise to and
    /// what is carried.
    fn quantised(&self, view: &View<'_>, kbps: f64) -> (Rung, Reason) {
        let risen = view.rung_below(kbps * (1.0 - self.settings.epsilon));
        let carried = view.rung_below(kbps);
        let last = view.last_or_lowest();
        if last < risen {
            (risen, Reason::ThroughputFits)
        } else if last <= carried {
            (last, Reason::DeadZone)
        } else {
            (carried, Reason::ThroughputFits)
        }
    }
}

impl Rule for Panda {
    fn name(&self) -> &'static str {
        "panda"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        let Some(measured_kbps) = self.measured_kbps else {
            self.request = Some((view.now_ms, 0.0));
            return Decision::now(Rung(0), Reason::NoEstimate);
        };
        let (at_ms, apart_ms) = self.request.unwrap_or((view.now_ms, 0.0));
        let passed_ms = (view.now_ms - at_ms).max(0.0);
        let delay_ms = (apart_ms - passed_ms).max(0.0);
        let delay_ms = if delay_ms.is_finite() { delay_ms } else { 0.0 };
        let share = self.probe(measured_kbps, passed_ms.max(apart_ms));
        self.share = Some(share).filter(|share| share.smooth_kbps.is_finite());
        let (rung, reason) = self.quantised(view, share.smooth_kbps);

        let takes_ms = view.ladder[rung.0] * view.segment_ms / share.smooth_kbps;
        let buffer_ms = (view.buffer_ms - delay_ms).max(0.0);
        let steered_ms = self.settings.beta * (buffer_ms - self.settings.buffer_min_ms);
        let apart_ms = (takes_ms + steered_ms).max(0.0);
        // No pause may empty the buffer, whatever was measured.
        let apart_ms = if apart_ms.is_finite() { apart_ms.min(buffer_ms) } else { 0.0 };
        self.request = Some((view.now_ms + delay_ms, apart_ms));
        Decision { rung, delay_ms, reason }
    }

    fn arrived(&mut self, arrival: &Arrival) {
        self.measured_kbps = whole_kbps(arrival).or(self.measured_kbps);
    }

    fn seeked(&mut self) {
        self.request = None;
    }
}

#[cfg(test)]
mod tests;
