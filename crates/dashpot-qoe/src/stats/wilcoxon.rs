//! Whether paired differences lie about zero: the signed-rank test.

use super::count;
use std::collections::BTreeMap;

/// Up to this many differences the distribution is counted out; above, it is near enough to normal.
const EXACT_MAX: usize = 25;

/// What the test says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wilcoxon {
    /// Differences other than zero.
    pub pairs: usize,
    /// The sum of the ranks of positive differences.
    pub positive: f64,
    /// The smaller of the sums of the ranks of positive and of negative differences.
    pub statistic: f64,
    /// The two-sided probability of a statistic as small if the differences were symmetric about
    /// zero.
    pub probability: f64,
}

/// Tests whether `differences` are symmetric about zero (Wilcoxon 1945).
///
/// Differences of zero are left out, as Wilcoxon did; equal ones share the mean of their ranks. Up
/// to 25 differences the probability is exact for the ranks as they are, shared ones too; above, it
/// is that of the normal distribution with the variance that shared ranks leave, without a
/// correction for continuity. Without any difference the probability is 1.
#[must_use]
pub fn wilcoxon(differences: &[f64]) -> Wilcoxon {
    let mut sorted = differences.to_vec();
    sorted.retain(|difference| *difference != 0.0 && !difference.is_nan());
    sorted.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let pairs = sorted.len();
    let (ranks, ties) = doubled_ranks(&sorted);
    let signed = sorted.iter().zip(&ranks);
    let positive = signed.filter(|(it, _)| 0.0 < **it).map(|(_, rank)| rank).sum::<usize>();
    let all = ranks.iter().sum::<usize>();
    let least = positive.min(all - positive);
    let probability = match pairs {
        0 => 1.0,
        1..=EXACT_MAX => exact(&ranks, least),
        _ => normal(pairs, ties, count(least) / 2.0),
    };
    Wilcoxon { pairs, positive: count(positive) / 2.0, statistic: count(least) / 2.0, probability }
}

/// Returns twice the rank of each of the values, which ascend in magnitude, and `Σ(t³ − t)` over
/// groups of `t` equal ones. Twice, since a shared rank may be a half.
#[expect(clippy::float_cmp, reason = "a tie is a tie: equal to the last bit")]
fn doubled_ranks(sorted: &[f64]) -> (Vec<usize>, f64) {
    let (mut ranks, mut ties) = (Vec::with_capacity(sorted.len()), 0.0);
    for group in sorted.chunk_by(|a, b| a.abs() == b.abs()) {
        let (first, size) = (ranks.len() + 1, group.len());
        ranks.extend(std::iter::repeat_n(first + first + size - 1, size));
        let t = count(size);
        ties += t * t * t - t;
    }
    (ranks, ties)
}

/// Counts how many of all choices of signs give a sum as far from the middle.
fn exact(doubled: &[usize], least: usize) -> f64 {
    let mut ways: BTreeMap<usize, f64> = BTreeMap::from([(0, 1.0)]);
    for rank in doubled {
        let mut more = ways.clone();
        for (sum, count) in ways {
            *more.entry(sum + rank).or_default() += count;
        }
        ways = more;
    }
    // Below 2^25 ways, so every sum is exact.
    let below = ways.range(..=least).map(|(_, count)| count).sum::<f64>();
    let all = ways.values().sum::<f64>();
    (2.0 * below / all).min(1.0)
}

fn normal(pairs: usize, ties: f64, statistic: f64) -> f64 {
    let n = count(pairs);
    let mean = n * (n + 1.0) / 4.0;
    let variance = n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - ties / 48.0;
    if variance <= 0.0 {
        return 1.0;
    }
    let z = (statistic - mean) / variance.sqrt();
    libm::erfc(z.abs() / std::f64::consts::SQRT_2)
}
