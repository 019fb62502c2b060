//! Throughput and latency as measured by the player's own requests.

use dashpot_base::{Bitrate, ByteSize, Ewma, Span};
use std::time::Duration;

/// One finished response, as the player saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Bytes of the body.
    pub size: ByteSize,
    /// From the request to the last byte.
    pub took: Span,
    /// From the request to the first byte; at most `took`.
    pub first_byte_after: Span,
}

/// Half-lives of the two averages. The short one sees a drop within a segment or two, the long
/// one keeps a burst from being believed; dash.js, Sabre and hls.js use these or near values.
const HALF_LIFE_FAST: Duration = Duration::from_secs(3);
const HALF_LIFE_SLOW: Duration = Duration::from_secs(8);

/// Half-lives of latency, counted in requests rather than in seconds: one request is one
/// measurement however long its body was.
const LATENCY_HALF_LIFE_FAST: Duration = Duration::from_secs(1);
const LATENCY_HALF_LIFE_SLOW: Duration = Duration::from_secs(2);
const ONE_REQUEST: Span = Span::from_millis(1_000);

/// The shortest span that a body is measured over. A shorter one says more about socket buffers
/// and caches nearby than about the link (hls.js uses the same floor); with a lower floor, bursts
/// of small segments would be taken for gigabits.
const SPAN_MIN: Span = Span::from_millis(50);

/// Estimates throughput as the smaller of a fast and a slow moving average, each weighed by how
/// long the bodies took, and latency as the larger of two.
#[derive(Clone, Copy, Debug)]
pub struct ThroughputEstimator {
    fast: Ewma,
    slow: Ewma,
    latency_fast: Ewma,
    latency_slow: Ewma,
}

impl Default for ThroughputEstimator {
    fn default() -> Self {
        Self {
            fast: Ewma::with_half_life(HALF_LIFE_FAST),
            slow: Ewma::with_half_life(HALF_LIFE_SLOW),
            latency_fast: Ewma::with_half_life(LATENCY_HALF_LIFE_FAST),
            latency_slow: Ewma::with_half_life(LATENCY_HALF_LIFE_SLOW),
        }
    }
}

impl ThroughputEstimator {
    /// Returns an estimator that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Learns from one finished response; an empty body teaches nothing.
    pub fn add(&mut self, sample: Sample) {
        if sample.size == ByteSize::ZERO {
            return;
        }
        let first_byte_s = sample.first_byte_after.min(sample.took).as_secs_f64();
        self.latency_fast.add(ONE_REQUEST, first_byte_s);
        self.latency_slow.add(ONE_REQUEST, first_byte_s);

        // The wait for the first byte is kept out of the rate and counted by `latency`: a short
        // segment over a long path would otherwise look like a thin link.
        let measured = sample.took.saturating_sub(sample.first_byte_after);
        let span = measured.max(SPAN_MIN);
        let Some(rate) = Bitrate::over(sample.size, span) else { return };
        // Under the floor the true rate is at least this one, so such a sample may raise the
        // estimate but says nothing against it: audio and init segments do not drag it down.
        if measured < SPAN_MIN && self.throughput().is_some_and(|estimate| rate <= estimate) {
            return;
        }
        let bps = as_f64(rate.bps());
        self.fast.add(span, bps);
        self.slow.add(span, bps);
    }

    /// Returns the estimate, or `None` before the first sample.
    #[must_use]
    pub fn throughput(&self) -> Option<Bitrate> {
        let bps = self.fast.value()?.min(self.slow.value()?);
        Some(Bitrate::from_bps(as_u64(bps)))
    }

    /// Returns the expected time to the first byte; zero before the first sample.
    #[must_use]
    pub fn latency(&self) -> Duration {
        let of = |average: &Ewma| average.value().unwrap_or(0.0);
        let seconds = of(&self.latency_fast).max(of(&self.latency_slow));
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }
}

#[expect(clippy::cast_precision_loss, reason = "rates above 2^53 bps do not exist")]
fn as_f64(value: u64) -> f64 {
    value as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an average of rates is finite and not negative; `as` saturates beyond"
)]
fn as_u64(value: f64) -> u64 {
    value as u64
}

#[cfg(test)]
mod tests;
