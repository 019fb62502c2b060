//! LoL+'s self-organising map: a neuron for each rung.

use super::weights::{Outlook, Weights};
use dashpot_base::{Rng, Seed};

/// How far a neuron moves towards what is seen, and how near another one must be to move with it.
const LEARNING_RATE: f64 = 0.01;
const NEIGHBOURHOOD: f64 = 0.1;

/// Brings seconds of latency to the scale of the others.
const LATENCY_SCALE_S: f64 = 100.0;

/// Rungs are to be this far below throughput, in kbit/s; others weigh so much in it that lower ones
/// are nearer.
const HEADROOM_KBPS: f64 = 10.0;
const FAR: f64 = 100.0;

/// What goes with a rung: throughput, latency, stalls and changes, each on the scale of 1.
type State = [f64; 4];

#[derive(Clone, Debug)]
pub(super) struct Map {
    neurons: Vec<State>,
    scale_kbps: f64,
    weights: Weights,
    latency_s: f64,
}

impl Map {
    /// Returns the map of a ladder, in which each rung has its own rate and nothing else.
    pub(super) fn new(ladder: &[f64], seed: u64) -> Self {
        let scale_kbps = libm::sqrt(ladder.iter().map(|rate| rate * rate).sum::<f64>());
        let neurons: Vec<_> =
            ladder.iter().map(|rate| [rate / scale_kbps, 0.0, 0.0, 0.0]).collect();
        let weights = first_weights(&neurons, seed);
        Self { neurons, scale_kbps, weights, latency_s: 0.0 }
    }

    pub(super) const fn rungs(&self) -> usize {
        self.neurons.len()
    }

    /// Returns the nearest rung, and learns.
    pub(super) fn choose(&mut self, outlook: &Outlook<'_>, last: usize) -> usize {
        let ladder = outlook.ladder;
        let latencies: Vec<_> = self.neurons.iter().map(|neuron| neuron[1]).collect();
        if let Some(weights) = outlook.weights(&latencies, self.latency_s) {
            self.weights = weights;
        }
        self.latency_s = outlook.latency_s;

        let throughput = outlook.kbps / self.scale_kbps;
        let highest = || self.neurons.iter().map(|neuron| neuron[0]).fold(0.0, f64::max);
        let throughput = if 1.0 < throughput { highest() } else { throughput };
        let wanted = [throughput, 0.0, 0.0, 0.0];
        let distance_of = |rung: usize| {
            let mut weights = self.weights;
            let is_low = outlook.buffer_after_s(rung) < outlook.buffer_min_s;
            let is_close = outlook.kbps - HEADROOM_KBPS < ladder[rung];
            if (is_low || is_close) && ladder[0] < ladder[rung] {
                weights[0] = FAR;
            }
            distance(&self.neurons[rung], &wanted, &weights)
        };
        let nearer = |best, rung| if distance_of(rung) < distance_of(best) { rung } else { best };
        let winner = (1..self.neurons.len()).fold(0, nearer);

        let change = (ladder[last] - ladder[winner]).abs() / self.scale_kbps;
        let stall_s = (outlook.takes_s(last) - outlook.buffer_s).max(0.0);
        let latency = outlook.latency_s / LATENCY_SCALE_S;
        // The rung in force gets what came of it, the next one what is hoped for.
        self.learn(last, &[throughput, latency, stall_s, change]);
        self.learn(winner, &[throughput, 0.0, 0.0, change]);
        winner
    }

    /// Moves the neuron of `rung`, and those near it, towards `seen`.
    fn learn(&mut self, rung: usize, seen: &State) {
        if seen.iter().any(|part| !part.is_finite()) {
            return;
        }
        for index in 0..self.neurons.len() {
            let apart = distance(&self.neurons[index], &self.neurons[rung], &[1.0; 4]);
            let near = libm::exp(-apart * apart / (2.0 * NEIGHBOURHOOD * NEIGHBOURHOOD));
            for (part, seen) in self.neurons[index].iter_mut().zip(seen) {
                *part += (seen - *part) * LEARNING_RATE * near;
            }
        }
    }
}

fn distance(a: &State, b: &State, weights: &Weights) -> f64 {
    let parts = a.iter().zip(b).zip(weights).map(|((a, b), weight)| weight * (a - b) * (a - b));
    libm::sqrt(parts.sum::<f64>())
}

/// Returns the weights to begin with: points are drawn, as many of them as there are rungs are
/// picked far from each other (k-means++), and the one that is farthest from the loneliest of them
/// is taken.
fn first_weights(neurons: &[State], seed: u64) -> Weights {
    let mut rng = Rng::new(Seed(seed));
    let highest = neurons.iter().map(|neuron| neuron[0]).fold(0.0, f64::max);
    let mut draw = || [rng.unit() * highest, rng.unit(), rng.unit(), rng.unit()];
    let points: Vec<State> = neurons.iter().flat_map(|_| neurons).map(|_| draw()).collect();
    let apart = |a: &State, b: &State| distance(a, b, &[1.0; 4]);
    let mut centers: Vec<State> = points.iter().take(1).copied().collect();
    while centers.len() < neurons.len() {
        let alone = |point: &&State| {
            centers.iter().map(|center| apart(point, center)).fold(f64::INFINITY, f64::min)
        };
        let next = points.iter().max_by(|a, b| alone(a).total_cmp(&alone(b)));
        centers.extend(next.copied());
    }
    let far = |center: &&State| centers.iter().map(|other| apart(center, other)).sum::<f64>();
    let loneliest = centers.iter().max_by(|a, b| far(a).total_cmp(&far(b)));
    let from = loneliest.copied().unwrap_or([1.0; 4]);
    let last = centers.iter().max_by(|a, b| apart(a, &from).total_cmp(&apart(b, &from)));
    last.copied().unwrap_or(from)
}
