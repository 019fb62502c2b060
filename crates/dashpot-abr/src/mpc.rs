//! MPC and RobustMPC: the plan for the next segments that is worth most.
//!
//! Yin, Jindal, Sekar and Sinopoli, "A Control-Theoretic Approach for Dynamic Adaptive Video
//! Streaming over HTTP", SIGCOMM 2015. Throughput is predicted as the harmonic mean of the last
//! five segments; RobustMPC divides it by one plus the largest relative error of the last five
//! predictions. Every plan for the next five segments is valued over their true sizes, and the
//! first step of the best one is taken; of equally good ones the highest. `fast-mpc` looks its
//! steps up in a table instead, as the paper's does.
//!
//! The arithmetic is that of the script published with Pensieve (SIGCOMM 2017), in megabytes and
//! seconds, so that ties fall as they do there. The script plans one segment too far ahead: it
//! takes the sizes of the segment after the one to be chosen for those of the one to be chosen.
//! `skip=1` does so, too; 0 plans as the paper does. The sessions published with Pensieve-PPO do
//! not skip, and plan each download to take a round trip longer than its throughput says, which
//! is `rtt=80`. They come of a search that turns away from plans which can only be as good as the
//! best so far, and so misses some of the equally good ones: `ties=reached` ends with the plan that it
//! ends with.

mod fast;
mod search;

pub(crate) use fast::ENTRY as FAST;

use crate::measure::{Recent, whole_kbps};
use crate::{Arrival, Decision, Entry, Params, Reason, Rule, Rung, View};
use dashpot_base::ChunkQoe;
use search::{Search, Ties};

pub(crate) const ENTRIES: &[Entry] = &[
    Entry {
        name: "mpc",
        follows: "MPC of SIGCOMM 2015",
        make: |params| Box::new(Mpc::new("mpc", Trust::Whole, params)),
    },
    Entry {
        name: "robust-mpc",
        follows: "RobustMPC of SIGCOMM 2015",
        make: |params| Box::new(Mpc::new("robust-mpc", Trust::LessErrors, params)),
    },
    FAST,
];

/// How many predictions' errors are remembered, as in the paper.
const ERRORS: usize = 5;

/// The longest plan. Each step more takes up to as many times as long as there are rungs.
pub(crate) const HORIZON_MAX: u32 = 8;

/// How far a prediction is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    /// As it is.
    Whole,
    /// Divided by one plus the largest of its recent errors.
    LessErrors,
}

/// The rules of this file.
#[derive(Clone, Debug)]
struct Mpc {
    name: &'static str,
    trust: Trust,
    window: usize,
    horizon: usize,
    skip: usize,
    /// What each planned download takes on top, in milliseconds.
    rtt_ms: f64,
    forecast: Forecast,
    search: Search,
}

impl Mpc {
    fn new(name: &'static str, trust: Trust, params: &mut Params<'_>) -> Self {
        let window = params.count("window", 5, 1..=100);
        Self {
            name,
            trust,
            window,
            horizon: params.count("horizon", 5, 1..=HORIZON_MAX),
            skip: params.count("skip", 0, 0..=1),
            rtt_ms: params.number("rtt", 0.0, 0.0..=60_000.0),
            forecast: Forecast::over(window),
            search: Search::new(qoe(params), ties(params)),
        }
    }
}

/// Returns the QoE that `params` ask for: `quality=0` linear, 1 logarithmic, 2 by definition, with
/// the weights of Pensieve's table where none are given.
pub(crate) fn qoe(params: &mut Params<'_>) -> ChunkQoe {
    let of = match params.count("quality", 0, 0..=2) {
        0 => ChunkQoe::LINEAR,
        1 => ChunkQoe::LOGARITHMIC,
        _ => ChunkQoe::DEFINITION,
    };
    ChunkQoe {
        quality: of.quality,
        stall: params.number("stall", of.stall, 0.0..=1e6),
        change: params.number("change", of.change, 0.0..=1e6),
    }
}

/// Returns which of equally good plans `params` ask for.
fn ties(params: &mut Params<'_>) -> Ties {
    params.choice("ties", ("highest", Ties::Highest), &[("reached", Ties::LastReached)])
}

impl Rule for Mpc {
    fn name(&self) -> &'static str {
        self.name
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        let Some(kbps) = self.forecast.kbps(self.trust) else {
            return Decision::now(Rung(0), Reason::NoEstimate);
        };
        let first = view.index.saturating_add(self.skip);
        let left = view.film.count().map_or(usize::MAX, |count| count.saturating_sub(first));
        self.search.prepare(view.ladder);
        for ahead in 0..self.horizon.min(left).max(1) {
            let index = first.saturating_add(ahead);
            let bits = (0..view.ladder.len()).map(|rung| view.film.bits(index, Rung(rung)));
            self.search.add_segment(view.film.segment_ms(index), bits, (kbps, self.rtt_ms));
        }
        let rung = self.search.best(view.buffer_ms / 1_000.0, view.last_or_lowest());
        Decision::now(rung, Reason::HorizonBest)
    }

    fn arrived(&mut self, arrival: &Arrival) {
        if let Some(kbps) = whole_kbps(arrival) {
            self.forecast.add(kbps);
        }
    }

    /// What was measured before may be old, but how wrong predictions tend to be is not.
    fn seeked(&mut self) {
        self.forecast.recent = Recent::last(self.window);
        self.forecast.kbps = None;
    }
}

/// Predicts throughput, and knows how wrong it was.
#[derive(Clone, Debug)]
pub(crate) struct Forecast {
    recent: Recent,
    errors: Recent,
    /// What was predicted for the segment that is to arrive next.
    kbps: Option<f64>,
}

impl Forecast {
    /// Returns a forecast from the last `window` segments.
    pub(crate) fn over(window: usize) -> Self {
        Self { recent: Recent::last(window), errors: Recent::last(ERRORS), kbps: None }
    }

    /// Learns what a segment came at.
    pub(crate) fn add(&mut self, kbps: f64) {
        self.errors.push(self.kbps.map_or(0.0, |predicted| (predicted - kbps).abs() / kbps));
        self.recent.push(kbps);
        self.kbps = self.recent.harmonic_mean();
    }

    /// Returns the prediction, `None` before the first segment.
    fn kbps(&self, trust: Trust) -> Option<f64> {
        let kbps = self.recent.harmonic_mean()?;
        match trust {
            Trust::Whole => Some(kbps),
            Trust::LessErrors => Some(kbps / (1.0 + self.errors.iter().fold(0.0, f64::max))),
        }
    }
}

#[cfg(test)]
mod tests;
