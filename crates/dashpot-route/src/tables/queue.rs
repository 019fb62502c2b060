//! Servers that answer one request after the other, in virtual time.

use super::exponential;
use crate::{Answer, Balancer, Request, balancer::Settings, rules};
use dashpot_base::{MonoTime, Rng, Seed};
use std::{cmp::Reverse, collections::BinaryHeap};

/// Twenty servers that take 30 ms for a request in the mean, exponentially distributed, with
/// Poisson arrivals that keep them busy for the part `load` of the time.
pub(super) struct Queue {
    pub(super) servers: usize,
    pub(super) load: f64,
    pub(super) requests: usize,
    /// How many times as long the first server takes.
    pub(super) slowdown: f64,
}

impl Default for Queue {
    fn default() -> Self {
        Self { servers: 20, load: 0.85, requests: 200_000, slowdown: 1.0 }
    }
}

/// The mean service time in seconds: what p2c expects of servers that it does not know.
const SERVICE: f64 = 0.03;

/// From arrival to answer, in units of the mean service time.
pub(super) struct Waits {
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) p999: f64,
}

impl Queue {
    /// Returns how long requests wait under a rule. Arrivals and sizes are the same under each.
    pub(super) fn run(&self, spec: &str) -> Waits {
        let list = (0..self.servers).map(|index| (format!("server-{index}"), 1));
        let settings = Settings { health: None, outliers: None, ..Settings::default() };
        let rule = rules::parse(spec).expect(spec);
        let mut pool = Balancer::new(settings, rule, list, MonoTime::ZERO);
        let (mut arrivals, mut rng) = (Rng::new(Seed(11)), Rng::new(Seed(12)));
        let mut free_at = vec![0.0_f64; self.servers];
        let mut answers = BinaryHeap::new();
        let mut waits = Vec::with_capacity(self.requests);
        let mut now = 0.0;
        let servers = f64::from(u32::try_from(self.servers).expect("few"));
        for _ in 0..self.requests {
            now += exponential(&mut arrivals) / (servers * self.load);
            let size = exponential(&mut arrivals);
            while let Some(&Reverse((at, index, began))) = answers.peek() {
                if mono(now) < at {
                    break;
                }
                answers.pop();
                let took = at.since(began);
                pool.answered(at, index, &Answer { took, failure: None });
            }
            let chosen = pool.choose(mono(now), &Request::default(), &mut rng);
            let index = chosen.expect("all are fit");
            let slowdown = if index == 0 { self.slowdown } else { 1.0 };
            free_at[index] = free_at[index].max(now) + size * slowdown;
            waits.push(free_at[index] - now);
            answers.push(Reverse((mono(free_at[index]), index, mono(now))));
        }
        // What came first met empty queues.
        let mut waits = waits.split_off(self.requests / 10);
        waits.sort_by(f64::total_cmp);
        let at = |per_mille: usize| waits[(waits.len() * per_mille / 1_000).min(waits.len() - 1)];
        Waits { p50: at(500), p99: at(990), p999: at(999) }
    }
}

/// Returns the time after so many mean service times.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "hours of virtual time in nanoseconds"
)]
fn mono(services: f64) -> MonoTime {
    MonoTime::from_nanos((services * SERVICE * 1e9) as u64)
}
