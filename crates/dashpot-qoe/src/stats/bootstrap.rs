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
///
/// Differences are skewed far less than what they are differences of, but have long tails on both
/// sides. There the percentile interval covers as much as it says from some twenty traces on, and
/// [`mean_interval`] up to three in a hundred less: its correction for skewness is then mostly of noise.
#[must_use]
pub fn paired_interval(differences: &[f64], seed: Seed) -> Option<Interval> {
    let mean = mean(differences)?;
    let means = resampled(differences, RESAMPLES, seed);
    percentile(mean, &means)
}

/// Returns the mean of one figure over traces and its 95 % interval from [`RESAMPLES`] samples,
/// corrected for bias and skewness (`BCa`, Efron 1987); `None` of nothing.
///
/// It is right for a figure that cannot be less than nothing and mostly is little, such as a share
/// of time stalled: what the percentile interval misses there is nearly always above it. For
/// differences, take [`paired_interval`].
#[must_use]
pub fn mean_interval(values: &[f64], seed: Seed) -> Option<Interval> {
    let mean = mean(values)?;
    let means = resampled(values, RESAMPLES, seed);
    corrected(values, mean, &means).or_else(|| percentile(mean, &means))
}

/// Returns the means of samples drawn with replacement, in ascending order.
pub(super) fn resampled(values: &[f64], times: usize, seed: Seed) -> Vec<f64> {
    let length = values.len();
    let mut rng = Rng::new(seed);
    let mut means = (0..times)
        .map(|_| (0..length).map(|_| values[below(&mut rng, length)]).sum::<f64>() / count(length))
        .collect::<Vec<_>>();
    means.sort_by(f64::total_cmp);
    means
}

/// Returns the interval between the 2.5th and the 97.5th hundredth of the resampled means.
pub(super) fn percentile(mean: f64, means: &[f64]) -> Option<Interval> {
    let low = quantile_of_sorted(means, 0.025)?;
    let high = quantile_of_sorted(means, 0.975)?;
    Some(Interval { mean, low, high })
}

/// Returns the corrected interval; `None` where all values are the same.
pub(super) fn corrected(values: &[f64], mean: f64, means: &[f64]) -> Option<Interval> {
    /// What sums in another order differ by, relative to the values.
    const ROUNDING: f64 = 1e-12;
    let (squares, cubes) = values.iter().fold((0.0, 0.0), |(squares, cubes), value| {
        let off = value - mean;
        (squares + off * off, cubes + off * off * off)
    });
    let largest = values.iter().fold(0.0_f64, |largest, value| largest.max(value.abs()));
    let near = largest * ROUNDING;
    // The jackknife's acceleration, which for a mean is a sixth of the sample's skewness over the
    // root of its size.
    let acceleration = cubes / (6.0 * squares * squares.sqrt());
    let (below, up_to) = means.iter().fold((0, 0), |(below, up_to), resampled| {
        let (is_below, is_up_to) = (*resampled < mean - near, *resampled <= mean + near);
        (below + usize::from(is_below), up_to + usize::from(is_up_to))
    });
    // Resampled means that are the same as the sample's lie half on either side.
    let bias = normal_quantile((count(below) + count(up_to)) / (2.0 * count(means.len())))?;
    let end = |share: f64| {
        let z = bias + normal_quantile(share)?;
        let corrected = normal_share(bias + z / (1.0 - acceleration * z));
        quantile_of_sorted(means, corrected).filter(|end| end.is_finite() && corrected.is_finite())
    };
    Some(Interval { mean, low: end(0.025)?, high: end(0.975)? })
}

/// Returns the share of the normal distribution below `z`.
fn normal_share(z: f64) -> f64 {
    libm::erfc(-z / std::f64::consts::SQRT_2) / 2.0
}

/// Returns below which `z` that share of the normal distribution lies, to the last few digits;
/// `None` of 0 and of 1.
fn normal_quantile(share: f64) -> Option<f64> {
    /// Beyond this the share is no double any more.
    const FAR: f64 = 38.0;
    let (mut low, mut high) = (-FAR, FAR);
    // Halved so often, the span is below the distance of neighbouring doubles about 1.
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if normal_share(middle) < share { low = middle } else { high = middle }
    }
    (0.0 < share && share < 1.0).then(|| f64::midpoint(low, high))
}

/// Draws a whole number below `length`, by the high half of a product (Lemire 2019, without his
/// rejection, whose bias is below `length / 2^64`).
fn below(rng: &mut Rng, length: usize) -> usize {
    let wide = u128::from(rng.bits()) * (length as u128);
    usize::try_from(wide >> 64).unwrap_or_default()
}
