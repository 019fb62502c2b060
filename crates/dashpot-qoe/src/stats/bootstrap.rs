//! How far a mean difference may be off: the bootstrap.

use super::{count, mean, quantile_of_sorted};
use dashpot_base::{Rng, Seed};

/// How often a sample is drawn anew: enough that the ends of a 95 % interval move by less than a
/// fiftieth of its width from seed to seed.
pub const RESAMPLES: usize = 10_000;

/// A mean and the interval that it is in with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The mean of the sample.
    pub mean: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Returns whether zero is outside, so that the sign of the mean is sure.
    #[must_use]
    pub const fn excludes_zero(&self) -> bool {
        0.0 < self.low || self.high < 0.0
    }
}

/// Returns the mean of paired differences and its 95 % percentile interval from
/// [`RESAMPLES`] samples drawn from them with replacement (Efron 1979); `None` of nothing.
///
/// Each difference is one of the units that are to be generalised from: one for each trace. A
/// session is not one, where the same trace was played more than once.
#[must_use]
pub fn paired_interval(differences: &[f64], seed: Seed) -> Option<Interval> {
    let mean = mean(differences)?;
    let length = differences.len();
    let mut rng = Rng::new(seed);
    let mut means = (0..RESAMPLES)
        .map(|_| {
            let sum = (0..length).map(|_| differences[below(&mut rng, length)]).sum::<f64>();
            sum / count(length)
        })
        .collect::<Vec<_>>();
    means.sort_by(f64::total_cmp);
    let low = quantile_of_sorted(&means, 0.025)?;
    let high = quantile_of_sorted(&means, 0.975)?;
    Some(Interval { mean, low, high })
}

/// Draws a whole number below `length`, by the high half of a product (Lemire 2019, without his
/// rejection, whose bias is below `length / 2^64`).
fn below(rng: &mut Rng, length: usize) -> usize {
    let wide = u128::from(rng.bits()) * (length as u128);
    usize::try_from(wide >> 64).unwrap_or_default()
}
