//! Throughput and latency, averaged as Sabre averages them.

/// How samples are averaged.
#[derive(Clone, Debug, PartialEq)]
pub enum Average {
    /// Exponentially, weighed by how long the transfer took: the smaller of two throughputs and
    /// the larger of two latencies, of these half-lives in milliseconds. A latency weighs as much
    /// as a segment.
    Ewma([f64; 2]),
    /// Over the last so many samples, at most [`WINDOW_MAX`].
    Sliding(usize),
}

/// The longest window that is kept.
pub const WINDOW_MAX: usize = 20;

impl Default for Average {
    /// 3 and 8 seconds, as dash.js had it too.
    fn default() -> Self {
        Self::Ewma([3_000.0, 8_000.0])
    }
}

/// What is known of the network.
#[derive(Clone, Debug)]
pub(super) struct Estimator {
    average: State,
    estimate: Option<(f64, f64)>,
}

#[derive(Clone, Debug)]
enum State {
    Ewma { halvings: [Halving; 2], transfer_ms: f64, samples: f64 },
    Sliding { window: usize, samples: Vec<(f64, f64)> },
}

/// Averages of throughput and of latency; they begin at zero, and are right once divided by the
/// share of the weight that has been given.
#[derive(Clone, Copy, Debug)]
struct Halving {
    half_life_ms: f64,
    /// The half-life in samples, each of which weighs as much as a segment.
    half_life: f64,
    /// What a sample leaves of the latency before it.
    keeps: f64,
    kbps: f64,
    latency_ms: f64,
}

impl Estimator {
    pub(super) fn new(average: &Average, segment_ms: f64) -> Self {
        let average = match average {
            Average::Ewma(half_lives_ms) => {
                let halvings = half_lives_ms.map(|ms| Halving::new(ms, segment_ms));
                State::Ewma { halvings, transfer_ms: 0.0, samples: 0.0 }
            }
            Average::Sliding(window) => {
                State::Sliding { window: (*window).clamp(1, WINDOW_MAX), samples: Vec::new() }
            }
        };
        Self { average, estimate: None }
    }

    /// Returns the throughput in kbit/s, `None` before the first sample.
    pub(super) fn throughput_kbps(&self) -> Option<f64> {
        self.estimate.map(|(kbps, _)| kbps)
    }

    /// Returns the latency in milliseconds, zero before the first sample.
    pub(super) fn latency_ms(&self) -> f64 {
        self.estimate.map_or(0.0, |(_, latency_ms)| latency_ms)
    }

    /// Learns from a transfer of `bits` in `ms` after `latency_ms`.
    pub(super) fn add(&mut self, bits: f64, ms: f64, latency_ms: f64) {
        let kbps = bits / ms;
        self.estimate = match &mut self.average {
            State::Ewma { halvings, transfer_ms, samples } => {
                *transfer_ms += ms;
                *samples += 1.0;
                let each = halvings.each_mut().map(|halving| {
                    halving.add(kbps, ms, latency_ms);
                    halving.value(*transfer_ms, *samples)
                });
                Some((each[0].0.min(each[1].0), each[0].1.max(each[1].1)))
            }
            State::Sliding { window, samples } => {
                if samples.len() == *window {
                    samples.remove(0);
                }
                samples.push((kbps, latency_ms));
                let count = samples.len() as f64;
                let sum = |of: fn(&(f64, f64)) -> f64| samples.iter().map(of).sum::<f64>();
                Some((sum(|sample| sample.0) / count, sum(|sample| sample.1) / count))
            }
        };
    }
}

impl Halving {
    fn new(half_life_ms: f64, segment_ms: f64) -> Self {
        let half_life = half_life_ms / segment_ms;
        let keeps = halved(1.0 / half_life);
        Self { half_life_ms, half_life, keeps, kbps: 0.0, latency_ms: 0.0 }
    }

    fn add(&mut self, kbps: f64, ms: f64, latency_ms: f64) {
        let keeps = halved(ms / self.half_life_ms);
        self.kbps = keeps * self.kbps + (1.0 - keeps) * kbps;
        self.latency_ms = self.keeps * self.latency_ms + (1.0 - self.keeps) * latency_ms;
    }

    fn value(&self, transfer_ms: f64, samples: f64) -> (f64, f64) {
        let kbps = self.kbps / (1.0 - halved(transfer_ms / self.half_life_ms));
        let latency_ms = self.latency_ms / (1.0 - halved(samples / self.half_life));
        (kbps, latency_ms)
    }
}

/// Returns what so many half-lives leave of one.
fn halved(half_lives: f64) -> f64 {
    // Beyond it, one less what is left is one.
    if 54.0 < half_lives { 0.0 } else { libm::exp2(-half_lives) }
}
