//! What the rules of several players measure alike.

use crate::Arrival;
use dashpot_base::Ewma;
use std::{collections::VecDeque, time::Duration};

/// Returns the rate of `bits` in `ms`, in kbit/s; `None` where it is none to reckon with.
pub(crate) fn kbps(bits: f64, ms: f64) -> Option<f64> {
    let rate = bits / ms;
    (0.0 < bits && 0.0 < ms && rate.is_finite() && 0.0 < rate).then_some(rate)
}

/// Returns the rate of a whole segment from its request to its last byte, in kbit/s.
pub(crate) fn whole_kbps(arrival: &Arrival) -> Option<f64> {
    kbps(arrival.bits, arrival.took_ms)
}

/// Returns the index of the highest rate that is at most `kbps`; `None` where none is.
pub(crate) fn highest_within(ladder: &[f64], kbps: f64) -> Option<usize> {
    ladder.iter().rposition(|&rate| rate <= kbps)
}

/// Returns the span of that many milliseconds, none where they are no span.
pub(crate) fn span(ms: f64) -> Duration {
    Duration::try_from_secs_f64(ms / 1_000.0).unwrap_or_default()
}

/// The last few of a series.
#[derive(Clone, Debug)]
pub(crate) struct Recent {
    kept: VecDeque<f64>,
    count: usize,
}

impl Recent {
    /// Returns a series that keeps its last `count`, at least one.
    pub(crate) fn last(count: usize) -> Self {
        Self { kept: VecDeque::new(), count: count.max(1) }
    }

    /// Adds `value` and lets go of the oldest where there are too many.
    pub(crate) fn push(&mut self, value: f64) {
        if self.kept.len() == self.count {
            self.kept.pop_front();
        }
        self.kept.push_back(value);
    }

    /// Returns what is kept, oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = f64> + '_ {
        self.kept.iter().copied()
    }

    /// Returns how many are kept.
    pub(crate) fn len(&self) -> usize {
        self.kept.len()
    }

    /// Returns the harmonic mean of what is kept: the rate at which bodies of equal sizes arrived
    /// in all, which a single fast one hardly moves.
    pub(crate) fn harmonic_mean(&self) -> Option<f64> {
        let inverse: f64 = self.iter().map(|value| 1.0 / value).sum();
        (!self.kept.is_empty()).then(|| count(self.len()) / inverse)
    }
}

/// The smaller of a fast and a slow moving average: quick to fall, slow to rise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    fast: Ewma,
    slow: Ewma,
}

impl Pair {
    /// Returns averages with these half-lives, in milliseconds of download.
    pub(crate) fn with_half_lives(fast_ms: f64, slow_ms: f64) -> Self {
        Self {
            fast: Ewma::with_half_life(span(fast_ms)),
            slow: Ewma::with_half_life(span(slow_ms)),
        }
    }

    /// Adds `kbps`, weighed by `ms`.
    pub(crate) fn add(&mut self, ms: f64, kbps: f64) {
        self.fast.add(span(ms), kbps);
        self.slow.add(span(ms), kbps);
    }

    /// Returns the smaller average in kbit/s, `None` before the first sample.
    pub(crate) fn kbps(&self) -> Option<f64> {
        Some(self.fast.value()?.min(self.slow.value()?))
    }
}

/// Returns a count as a number to reckon with.
#[expect(clippy::cast_precision_loss, reason = "counts of segments and rungs are far below 2^53")]
pub(crate) const fn count(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_positive_and_finite_or_none() {
        let check = |bits, ms, expected| assert_eq!(kbps(bits, ms), expected, "{bits} in {ms}");
        check(6_000.0, 2.0, Some(3_000.0));
        check(0.0, 2.0, None);
        check(6.0, 0.0, None);
        check(-6.0, -2.0, None);
        check(f64::NAN, 2.0, None);
        check(6.0, f64::INFINITY, None);
        check(f64::INFINITY, 2.0, None);
    }

    #[test]
    fn the_harmonic_mean_is_of_the_last_few() {
        let mut recent = Recent::last(2);
        assert_eq!(recent.harmonic_mean(), None);
        // The first is forgotten; 2 / (1/1000 + 1/3000) = 1500.
        for rate in [7.0, 1_000.0, 3_000.0] {
            recent.push(rate);
        }
        let mean = recent.harmonic_mean().unwrap_or_default();
        assert!((mean - 1_500.0).abs() < 1e-9, "{mean}");
    }
}
