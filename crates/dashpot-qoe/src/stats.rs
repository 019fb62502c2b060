//! What a sample of sessions says: differences paired by trace, how sure they are, and tails.
//!
//! Everything here is a function of its arguments; what is random takes a seed.

mod bootstrap;
mod compare;
mod wilcoxon;

pub use bootstrap::{Interval, RESAMPLES, mean_interval, paired_interval};
pub use compare::{Difference, Figures, LEVEL, Verdict, compare, present};
pub use wilcoxon::{Wilcoxon, wilcoxon};

/// Returns the mean; `None` of nothing.
#[must_use]
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / count(values.len()))
}

/// Returns the quantile at `share`, from 0 to 1, interpolated linearly between neighbours (type 7
/// of Hyndman and Fan 1996, which R and numpy have as their default); `None` of nothing.
#[must_use]
pub fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    quantile_of_sorted(&sorted, share)
}

pub(crate) fn quantile_of_sorted(sorted: &[f64], share: f64) -> Option<f64> {
    let at = share.clamp(0.0, 1.0) * count(sorted.len().checked_sub(1)?);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within the sample, whose length was an integer"
    )]
    let below = at.floor() as usize;
    let low = sorted[below];
    let high = sorted[(below + 1).min(sorted.len() - 1)];
    Some(low + (high - low) * (at - at.floor()))
}

/// Returns the mean of the `share` of values that are worst, at least one of them: the largest, or
/// the smallest where `higher_is_better`; `None` of nothing.
#[must_use]
pub fn worst(values: &[f64], share: f64, higher_is_better: bool) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    if !higher_is_better {
        sorted.reverse();
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a length"
    )]
    let kept = (count(sorted.len()) * share.clamp(0.0, 1.0)).ceil() as usize;
    sorted.truncate(kept.max(1));
    mean(&sorted)
}

/// Returns the fairness of shares, `(Σx)² / (n·Σx²)`, from `1/n` to 1 (Jain, Chiu and Hawe 1984);
/// `None` of nothing, or where all are zero.
#[must_use]
pub fn jain(shares: &[f64]) -> Option<f64> {
    let sum = shares.iter().sum::<f64>();
    let squares = shares.iter().map(|share| share * share).sum::<f64>();
    (0.0 < squares).then(|| sum * sum / (count(shares.len()) * squares))
}

/// Returns the probabilities of a family of tests, each raised so that the chance of even one
/// false finding among all of them stays what it was for one (Holm 1979, step-down).
#[must_use]
pub fn holm(probabilities: &[f64]) -> Vec<f64> {
    let mut order = (0..probabilities.len()).collect::<Vec<_>>();
    order.sort_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b]));
    let mut adjusted = vec![0.0; probabilities.len()];
    let mut least = 0.0_f64;
    for (rank, index) in order.into_iter().enumerate() {
        let raised = probabilities[index] * count(probabilities.len() - rank);
        least = least.max(raised.min(1.0));
        adjusted[index] = least;
    }
    adjusted
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53 sessions")]
pub(crate) const fn count(length: usize) -> f64 {
    length as f64
}

#[cfg(test)]
mod tests;
