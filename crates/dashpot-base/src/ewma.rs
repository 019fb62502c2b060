//! The exponentially weighted moving average that estimators share.

use crate::Span;
use std::time::Duration;

/// A moving average whose memory is given as a half-life, weighed by how long each sample took.
///
/// The estimate is divided by the weight gathered so far, so that it does not lean towards the
/// zero it starts from (as in dash.js' and Shaka's throughput estimators).
#[derive(Clone, Copy, Debug)]
pub struct Ewma {
    half_life_s: f64,
    estimate: f64,
    weight_s: f64,
    /// The last weight, and what it leaves of the average: some averages weigh all samples alike.
    last: (Span, f64),
}

/// As many half-lives after the first sample the start no longer shows: one less `exp2` of it is
/// one, to the last digit.
const HALF_LIVES_BLIND: f64 = 54.0;

impl Ewma {
    /// Returns an average that halves the weight of a sample every `half_life`.
    #[must_use]
    pub const fn with_half_life(half_life: Duration) -> Self {
        let half_life_s = half_life.as_secs_f64();
        Self { half_life_s, estimate: 0.0, weight_s: 0.0, last: (Span::ZERO, 1.0) }
    }

    /// Adds `value`, weighed by `weight`.
    #[inline]
    pub fn add(&mut self, weight: impl Into<Span>, value: f64) {
        let weight = weight.into();
        let weight_s = weight.as_secs_f64();
        if self.half_life_s <= 0.0 {
            (self.estimate, self.weight_s) = (value, f64::INFINITY);
            return;
        }
        if self.last.0 != weight {
            self.last = (weight, libm::exp2(-weight_s / self.half_life_s));
        }
        let (_, alpha) = self.last;
        self.estimate = alpha * self.estimate + (1.0 - alpha) * value;
        self.weight_s += weight_s;
    }

    /// Returns the average, or `None` before the first sample with a weight.
    #[must_use]
    #[inline]
    pub fn value(&self) -> Option<f64> {
        if self.weight_s <= 0.0 {
            return None;
        }
        let half_lives = self.weight_s / self.half_life_s;
        if HALF_LIVES_BLIND < half_lives {
            return Some(self.estimate);
        }
        Some(self.estimate / (1.0 - libm::exp2(-half_lives)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_signal_is_its_own_average() {
        let mut ewma = Ewma::with_half_life(Duration::from_secs(3));
        assert_eq!(ewma.value(), None);
        for _ in 0..5 {
            ewma.add(Duration::from_millis(700), 4.0);
            let value = ewma.value().unwrap_or_default();
            assert!((value - 4.0).abs() < 1e-9, "{value}");
        }
    }

    #[test]
    fn what_is_left_out_changes_no_digit() {
        let mut ewma = Ewma::with_half_life(Duration::from_secs(1));
        for step in 0..200_u16 {
            ewma.add(Duration::from_millis(500), f64::from(step % 7));
            let in_full = ewma.estimate / (1.0 - libm::exp2(-ewma.weight_s / ewma.half_life_s));
            assert_eq!(ewma.value().map(f64::to_bits), Some(in_full.to_bits()), "{step}");
        }
    }

    #[test]
    fn after_one_half_life_the_new_value_has_half_the_weight() {
        let mut ewma = Ewma::with_half_life(Duration::from_secs(2));
        ewma.add(Duration::from_secs(1_000), 0.0);
        ewma.add(Duration::from_secs(2), 8.0);
        assert!((ewma.value().unwrap_or_default() - 4.0).abs() < 1e-9);
    }
}
