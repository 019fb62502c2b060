//! L2A-LL: online learning of a mix of rates for low-latency live streams.
//!
//! Karagkioules, Mekuria, Griffioen and Wagenaar, "Online learning for low-latency adaptive
//! streaming", ACM Multimedia Systems 2020, with the constants of the authors' own dash.js rule.
//! Rates and throughput are both in kbit/s, as in that rule; dash.js 5.1 has the former in bit/s.

use crate::{
    Arrival, Decision, Entry, Params, Reason, Rule, Rung, View, catchup::CatchUp, measure::kbps,
};

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    name: "l2a",
    follows: "L2A-LL of MMSys 2020, with catch-up as in dash.js",
    make: |params| Box::new(L2a::new(params)),
}];

const MS_PER_S: f64 = 1_000.0;

/// What is learned with is never below this, in kbit/s, so that an outage divides by something.
const KBPS_MIN: f64 = 1.0;

/// Keeps a probability for each rung and moves them by gradient steps, where a multiplier stands
/// for how far the buffer is off.
#[derive(Clone, Debug)]
struct L2a {
    settings: Settings,
    catch_up: CatchUp,
    last_kbps: Option<f64>,
    segment_ms: Option<f64>,
    /// Whether something arrived since the last choice.
    is_fresh: bool,
    last: Rung,
    learner: Option<Learner>,
}

#[derive(Clone, Copy, Debug)]
struct Settings {
    caution: f64,
    step: f64,
    react: f64,
    safety: f64,
    target_ms: f64,
}

#[derive(Clone, Debug, PartialEq)]
struct Learner {
    probabilities: Vec<f64>,
    multiplier: f64,
}

impl L2a {
    fn new(params: &mut Params<'_>) -> Self {
        // Steps to convergence; caution and step size follow from it.
        let horizon = params.number("horizon", 4.0, 1.0..=1_000.0);
        let caution = libm::pow(horizon, 0.99);
        let settings = Settings {
            caution,
            step: horizon.max(caution * libm::sqrt(horizon)),
            react: params.number("react", 2.0, 1.0..=100.0),
            safety: params.number("safety", 0.9, 0.01..=2.0),
            target_ms: params.number("target", 1_500.0, 0.0..=1e6),
        };
        Self {
            settings,
            catch_up: CatchUp::new(params),
            last_kbps: None,
            segment_ms: None,
            is_fresh: false,
            last: Rung(0),
            learner: None,
        }
    }

    /// Chooses by throughput until the buffer has been at its target.
    fn start(&mut self, view: &View<'_>) -> Decision {
        let Some(kbps) = view.throughput_kbps else {
            return Decision::now(Rung(0), Reason::NoEstimate);
        };
        let rung = view.rung_below(kbps * self.settings.safety);
        if self.segment_ms.is_some() && self.settings.target_ms <= view.buffer_ms {
            let mut probabilities = vec![0.0; view.ladder.len()];
            probabilities[rung.0] = 1.0;
            self.learner = Some(Learner { probabilities, multiplier: self.settings.caution });
        }
        self.last = rung;
        Decision::now(rung, Reason::ThroughputFits)
    }

    /// Takes one step of learning and returns the rung nearest to the mix.
    fn learn(&mut self, view: &View<'_>, learner: &mut Learner) -> Option<Rung> {
        let kbps = self.last_kbps?.round().max(KBPS_MIN);
        let segment_s = self.segment_ms? / MS_PER_S;
        let speed = view.live.map_or(1.0, |live| live.speed);
        let Settings { caution, step, react, .. } = self.settings;
        let gain = segment_s / (2.0 * step) * (learner.multiplier + caution);
        let moved = learner.probabilities.iter().zip(view.ladder).map(|(probability, &rate)| {
            // Rungs that would drain the buffer become less likely, the others more.
            let sign = if kbps < speed * rate { -1.0 } else { 1.0 };
            probability + sign * gain * (speed * rate / kbps)
        });
        let next = projected(moved.collect());
        let mix = |of: &[f64]| of.iter().zip(view.ladder).map(|(p, rate)| p * rate).sum::<f64>();
        let (rate, before) = (mix(&next), mix(&learner.probabilities));
        let drained = segment_s * speed * (2.0 * rate - before) / kbps - segment_s;
        learner.multiplier = (learner.multiplier + drained).max(0.0);
        learner.probabilities = next;
        let is_sane = rate.is_finite() && learner.multiplier.is_finite();
        let off = |rung: &usize| (view.ladder[*rung] - rate).abs();
        let nearest = (0..view.ladder.len()).min_by(|a, b| off(a).total_cmp(&off(b)));
        let mut rung = nearest.filter(|_| is_sane)?;
        let last = self.last.0;
        // One rung at a time, as long as that one is carried.
        if last < rung && view.ladder[last + 1] <= kbps {
            rung = last + 1;
        }
        if kbps <= view.ladder[rung] {
            learner.multiplier = react * learner.multiplier.max(caution);
        }
        Some(Rung(rung))
    }
}

/// Returns the nearest point to `point` whose parts are probabilities (Chen and Ye, "Projection
/// Onto A Simplex", arXiv 1101.6081).
fn projected(point: Vec<f64>) -> Vec<f64> {
    let mut sorted = point.clone();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let (mut sum, mut parts) = (0.0, 0.0);
    for (index, value) in sorted.iter().enumerate() {
        sum += value;
        parts += 1.0;
        let next = sorted.get(index + 1).copied().unwrap_or(f64::NEG_INFINITY);
        if next <= (sum - 1.0) / parts {
            break;
        }
    }
    let excess = (sum - 1.0) / parts;
    point.into_iter().map(|value| (value - excess).max(0.0)).collect()
}

impl Rule for L2a {
    fn name(&self) -> &'static str {
        "l2a"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        let fits = |learner: &Learner| learner.probabilities.len() == view.ladder.len();
        let Some(mut learner) = self.learner.take().filter(fits) else { return self.start(view) };
        if !self.is_fresh {
            self.learner = Some(learner);
            return Decision::now(self.last, Reason::LearnedMix);
        }
        self.is_fresh = false;
        let Some(rung) = self.learn(view, &mut learner) else { return self.start(view) };
        (self.last, self.learner) = (rung, Some(learner));
        Decision::now(rung, Reason::LearnedMix)
    }

    fn arrived(&mut self, arrival: &Arrival) {
        self.is_fresh = true;
        let streamed_ms = arrival.took_ms - arrival.first_byte_ms;
        self.last_kbps = kbps(arrival.bits, streamed_ms).or(self.last_kbps);
        self.segment_ms = Some(arrival.segment_ms);
    }

    fn seeked(&mut self) {
        (self.learner, self.segment_ms) = (None, None);
    }

    fn speed(&mut self, view: &View<'_>) -> Option<f64> {
        Some(self.catch_up.by_latency(view))
    }
}

#[cfg(test)]
mod tests;
