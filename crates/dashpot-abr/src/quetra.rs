//! QUETRA: the rung at which a queue would be as full as the buffer is.
//!
//! Yadav, Shafiei and Ooi, "QUETRA: A Queuing Theory Approach to DASH Rate Adaptation", ACM
//! Multimedia 2017. A buffer of `K` seconds that is filled at throughput over rate, `rho`, and
//! emptied at one second a second is an M/D/1/K queue; its expected empty room is the slack of a
//! rung. The rung whose slack is nearest to what is buffered keeps the buffer half full. As in
//! Pensieve-PPO's published sessions throughput is all bits of the last four segments over all
//! their time, and below a reservoir of ten seconds it is the lowest rung.

use crate::measure::{Recent, kbps, whole_kbps};
use crate::{Arrival, Decision, Entry, Reason, Rule, Rung, View};

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    name: "quetra",
    follows: "QUETRA of ACM Multimedia 2017",
    make: |params| {
        let window = params.count("window", 4, 1..=100);
        Box::new(Quetra {
            reservoir_ms: params.number("reservoir", 10_000.0, 0.0..=1e6),
            window,
            bits: Recent::last(window),
            took_ms: Recent::last(window),
            capacity: 0,
            slacks: Vec::new(),
        })
    },
}];

/// Loads are told apart in hundredths from a half to 1.2, as in the authors' tables: a queue of
/// less load is as good as empty, one of more as good as full.
const LOADS: std::ops::Range<usize> = 50..120;

/// The most seconds of a queue, the largest of the authors' tables: beyond it the slack of all
/// loads but one is all or nothing, and the table would cost seconds to make.
const CAPACITY_MAX: usize = 240;

/// The reservoir is at most this share of the buffer, which the authors take: 90 of 240 s.
const RESERVOIR_RATIO_MAX: f64 = 90.0 / 240.0;

/// Picks the rung whose slack is nearest to the buffer level.
#[derive(Clone, Debug)]
struct Quetra {
    /// The buffer below which it is the lowest rung, in milliseconds.
    reservoir_ms: f64,
    /// How many segments throughput is measured over.
    window: usize,
    bits: Recent,
    took_ms: Recent,
    /// The capacity in seconds that `slacks` were made for.
    capacity: usize,
    /// In seconds, by load.
    slacks: Vec<f64>,
}

impl Quetra {
    fn prepare(&mut self, buffer_max_ms: f64) {
        let capacity = whole(buffer_max_ms / 1_000.0).clamp(1, CAPACITY_MAX);
        if capacity != self.capacity {
            self.slacks = LOADS.map(|load| slack(capacity, as_f64(load) / 100.0)).collect();
            self.capacity = capacity;
        }
    }

    fn slack_s(&self, load: f64) -> f64 {
        // The authors' index: how many whole hundredths the load is above a half.
        let above = load - as_f64(LOADS.start) / 100.0;
        if above < 0.0 {
            return as_f64(self.capacity);
        }
        self.slacks.get(whole(above / 0.01)).copied().unwrap_or(0.0)
    }
}

impl Rule for Quetra {
    fn name(&self) -> &'static str {
        "quetra"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        let Some(kbps) = kbps(self.bits.iter().sum(), self.took_ms.iter().sum()) else {
            return Decision::now(Rung(0), Reason::NoEstimate);
        };
        if view.buffer_ms < self.reservoir_ms.min(RESERVOIR_RATIO_MAX * view.buffer_max_ms) {
            return Decision::now(Rung(0), Reason::Reservoir);
        }
        self.prepare(view.buffer_max_ms);
        let lowest = view.ladder.first().copied().unwrap_or_default();
        // Where even the lowest rung leaves the queue empty, all rungs are equally far, and the
        // highest would win.
        if kbps / lowest < as_f64(LOADS.start) / 100.0 {
            return Decision::now(Rung(0), Reason::ThroughputBelowLadder);
        }
        let mut best = (Rung(0), f64::INFINITY);
        for (rung, rate) in view.ladder.iter().enumerate() {
            let distance = (view.buffer_ms / 1_000.0 - self.slack_s(kbps / rate)).abs();
            if distance <= best.1 {
                best = (Rung(rung), distance);
            }
        }
        Decision::now(best.0, Reason::NearestSlack)
    }

    fn arrived(&mut self, arrival: &Arrival) {
        if whole_kbps(arrival).is_some() {
            self.bits.push(arrival.bits);
            self.took_ms.push(arrival.took_ms);
        }
    }

    fn seeked(&mut self) {
        self.bits = Recent::last(self.window);
        self.took_ms = Recent::last(self.window);
    }
}

/// Returns the expected room of an M/D/1/K queue at `load`: `capacity` less its mean length.
///
/// The chain seen by departures (Gross and Harris, "Fundamentals of Queueing Theory", section
/// 5.1.8): with `a_j` the chance of `j` arrivals in one service, `pi_{j+1} a_0 = pi_j - pi_0 a_j -
/// sum_{i=1..j} pi_i a_{j-i+1}`; the chance that the queue is full at any time is
/// `1 - 1 / (pi_0 + load)`.
fn slack(capacity: usize, load: f64) -> f64 {
    let mut arrivals = vec![libm::exp(-load)];
    for count in 1..=capacity {
        arrivals.push(arrivals[count - 1] * load / as_f64(count));
    }
    let mut lengths = vec![1.0_f64];
    for length in 0..capacity.saturating_sub(1) {
        let come: f64 = (1..=length).map(|i| lengths[i] * arrivals[length - i + 1]).sum();
        let rest = lengths[length] - lengths[0] * arrivals[length] - come;
        // It is never negative but for what rounding leaves.
        lengths.push((rest / arrivals[0]).max(0.0));
    }
    let sum: f64 = lengths.iter().sum();
    let empty = lengths[0] / sum;
    let mean: f64 = lengths.iter().enumerate().map(|(i, share)| as_f64(i) * share / sum).sum();
    let full = 1.0 - 1.0 / (empty + load);
    let capacity = as_f64(capacity);
    capacity - mean / (empty + load) - capacity * full
}

#[expect(clippy::cast_precision_loss, reason = "at most a few hundred")]
const fn as_f64(count: usize) -> f64 {
    count as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rounds down; what is negative or no number is 0"
)]
const fn whole(number: f64) -> usize {
    number as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    /// An M/D/1 queue of load `r` holds `r + r^2 / (2 (1 - r))` on average without a limit; at a
    /// load of one and with the limit `K` the published tables have about `K / 2` of room.
    #[test]
    fn slacks_are_those_of_the_authors_tables() {
        let check = |capacity, load, expected: f64| {
            let got = slack(capacity, load);
            assert!((got - expected).abs() < 6e-4, "{capacity} {load}: {got}");
        };
        check(60, 0.5, 60.0 - (0.5 + 0.25));
        check(240, 0.5, 240.0 - (0.5 + 0.25));
        check(240, 0.8, 240.0 - (0.8 + 0.64 / 0.4));
        // Of the tables for 30, 60 and 120 s.
        check(30, 1.0, 14.9228);
        check(60, 1.0, 29.92);
        check(60, 1.19, 2.788_54);
        check(120, 1.05, 10.1631);
        // There the table says 191.972; arithmetic with sixty digits agrees with ours.
        check(240, 0.99, 191.969_703_8);
    }

    fn check(kbps: f64, buffer_ms: f64, expected: usize, reason: Reason) {
        let ladder = [300.0, 750.0, 1_200.0];
        let film = testing::film(&ladder, 4_000.0);
        let mut rule = testing::made("quetra");
        rule.arrived(&testing::arrival(0, kbps * 1e3, 1e3));
        let view = View { buffer_ms, buffer_max_ms: 60_000.0, ..testing::view(&ladder, &film) };
        let decision = rule.decide(&view);
        assert_eq!(decision, Decision::now(Rung(expected), reason), "{kbps} {buffer_ms}");
    }

    #[test]
    fn the_rung_of_the_nearest_slack_wins() {
        check(5_000.0, 9_999.0, 0, Reason::Reservoir);
        check(100.0, 30_000.0, 0, Reason::ThroughputBelowLadder);
        // 5 Mbit/s leave no slack at any rung, so the highest one ties.
        check(5_000.0, 10_000.0, 2, Reason::NearestSlack);
        // 750 kbit/s: slacks of 0, 29.92 and (load 0.625) 58.87 s.
        check(750.0, 14_900.0, 0, Reason::NearestSlack);
        check(750.0, 15_000.0, 1, Reason::NearestSlack);
        check(750.0, 45_000.0, 2, Reason::NearestSlack);
    }
}
