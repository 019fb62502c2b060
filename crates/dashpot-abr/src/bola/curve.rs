//! The utilities of a ladder's rungs and the buffer levels that they stand for.

use crate::{Outlook, Progress, Rung};

/// What patience is cut by, in milliseconds: it and the test that it spares are computed apart,
/// and what rounding makes of them differs by less.
pub(crate) const ROUNDING_MS: f64 = 0.001;

/// A ladder with its logarithmic utilities: each doubling of the rate is worth the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Curve {
    rates: Vec<f64>,
    utilities: Vec<f64>,
    /// What one unit of utility is worth in buffer, the paper's `V`, in milliseconds.
    value_ms: f64,
    /// The weight of not stalling, the paper's `g`.
    gp: f64,
}

/// A download as its score sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fetching {
    pub(crate) rung: Rung,
    /// The size of all of it, in bits.
    pub(crate) bits: f64,
    /// What would have to come yet, in bits.
    pub(crate) missing: f64,
    /// The buffer level that BOLA reckons with, in milliseconds.
    pub(crate) level_ms: f64,
}

impl Fetching {
    pub(crate) fn of(progress: &Progress, level_ms: f64) -> Self {
        let Progress { rung, bits, bits_here, .. } = *progress;
        // Nothing is known of a download of which nothing is there.
        let missing = if bits_here <= 0.0 { 0.0 } else { bits - bits_here };
        Self { rung, bits, missing, level_ms }
    }
}

impl Curve {
    /// Takes up a ladder, whose lowest rung is worth `lowest`.
    pub(crate) fn fit(&mut self, ladder: &[f64], lowest: f64) {
        if self.rates == ladder {
            return;
        }
        self.rates.clear();
        // A ladder that claims zero must not divide by it.
        self.rates.extend(ladder.iter().map(|kbps| kbps.max(0.001)));
        let offset = lowest - libm::log(self.rates.first().copied().unwrap_or(1.0));
        self.utilities.clear();
        self.utilities.extend(self.rates.iter().map(|kbps| libm::log(*kbps) + offset));
    }

    /// Has every score at zero or below where `target_ms` has room for no further segment.
    pub(crate) fn spread(&mut self, target_ms: f64, segment_ms: f64, gp: f64) {
        // At a limit of one segment or less there is no room to trade buffer for quality; half a
        // segment then keeps the value positive and the choice at the low end.
        let room_ms = (target_ms - segment_ms).max(segment_ms / 2.0);
        self.set(room_ms / (self.top_utility() + gp), gp);
    }

    /// Takes up `V` and `g` as they are.
    pub(crate) const fn set(&mut self, value_ms: f64, gp: f64) {
        (self.value_ms, self.gp) = (value_ms, gp);
    }

    /// Returns the utility of the highest rung.
    pub(crate) fn top_utility(&self) -> f64 {
        self.utilities.last().copied().unwrap_or_default()
    }

    /// Returns the level at which the score of `rung` is zero: above it, waiting is better.
    pub(crate) fn level(&self, Rung(rung): Rung) -> f64 {
        self.utilities.get(rung).map_or(0.0, |utility| self.value_ms * (utility + self.gp))
    }

    /// Returns the rung of the best score at that level.
    pub(crate) fn best(&self, level_ms: f64) -> Rung {
        let mut best = (Rung(0), f64::NEG_INFINITY);
        for (index, (rate, utility)) in self.rates.iter().zip(&self.utilities).enumerate() {
            let score = (self.value_ms * (utility + self.gp) - level_ms) / rate;
            if best.1 < score {
                best = (Rung(index), score);
            }
        }
        best.0
    }

    /// Returns the level from which `rung` is preferred to all below it.
    pub(crate) fn floor(&self, Rung(rung): Rung) -> f64 {
        let (Some(&rate), Some(&utility)) = (self.rates.get(rung), self.utilities.get(rung)) else {
            return 0.0;
        };
        let below = self.rates.iter().zip(&self.utilities).take(rung);
        below.filter(|(_, lower)| **lower < utility).fold(0.0, |floor: f64, (slower, lower)| {
            let weight = self.gp + (rate * lower - slower * utility) / (rate - slower);
            floor.max(self.value_ms * weight)
        })
    }

    /// Returns the rung to fetch in place of what is missing of the one on its way: one whose
    /// score is better, and which is smaller than what is missing.
    pub(crate) fn gives_up_for(&self, fetching: &Fetching) -> Option<Rung> {
        let Fetching { rung, bits, missing, level_ms } = *fetching;
        if missing <= 0.0 {
            return None;
        }
        let rate = self.rates.get(rung.0)?;
        let mut best = (None, (self.level(rung) - level_ms) / missing);
        for (index, lower) in self.rates.iter().take(rung.0).enumerate() {
            let other_bits = bits * lower / rate;
            let score = (self.level(Rung(index)) - level_ms) / other_bits;
            if other_bits < missing && best.1 < score {
                best = (Some(Rung(index)), score);
            }
        }
        best.0
    }

    /// Returns for how long no rung is better if nothing more comes and the buffer drains.
    ///
    /// With levels `a` and `A`, sizes `s` and `m` of a lower rung and of what is missing, the lower
    /// one's score is better where `(A - Q) s < (a - Q) m`, that is below
    /// `Q = (a m - A s) / (m - s)`; and that falls as `m` does.
    pub(crate) fn patience_ms(&self, fetching: &Fetching) -> f64 {
        let Fetching { rung, bits, missing, level_ms } = *fetching;
        let Some(rate) = self.rates.get(rung.0) else { return f64::INFINITY };
        let level = self.level(rung);
        // Nothing of it is there: when the first of it comes, all of it may be missing.
        let missing = if missing <= 0.0 { bits } else { missing };
        let (mut highest_ms, per_kbps) = (f64::NEG_INFINITY, bits / rate);
        for (lower, utility) in self.rates[..rung.0].iter().zip(&self.utilities) {
            let other_bits = per_kbps * lower;
            if other_bits < missing {
                let of_lower = self.value_ms * (utility + self.gp);
                let meet = (of_lower * missing - level * other_bits) / (missing - other_bits);
                // Unlike `max` this is an instruction or two.
                if highest_ms < meet {
                    highest_ms = meet;
                }
            }
        }
        (level_ms - highest_ms - ROUNDING_MS).max(0.0)
    }

    /// Returns whether no rung will be better while a segment comes as `outlook` has it and a
    /// buffer of `level_ms` drains.
    ///
    /// As for patience, a lower one's score is not better where `Q` is at least
    /// `a - (A - a) s / (m - s)`. In time at that pace, the segment takes `T` and the lower one
    /// `x T`; when `v` is left until only as much is missing as the lower one has, `Q` is what it
    /// will be in the end and `x T + v`. So `Q` is enough as long as what it will be in the end and
    /// `x T + v + (A - a) x T / v` are at least `a`, of which the sum in `v` is least where that is
    /// the root of its product, or else in the beginning.
    pub(crate) fn awaits(&self, outlook: &Outlook, level_ms: f64) -> bool {
        let Outlook { rung, first_byte_ms, transfer_ms } = *outlook;
        let Some(rate) = self.rates.get(rung.0) else { return false };
        let (level, per_kbps) = (self.level(rung), transfer_ms / rate);
        let end_ms = level_ms - first_byte_ms - transfer_ms - ROUNDING_MS;
        let mut lower = self.rates[..rung.0].iter().zip(&self.utilities);
        lower.all(|(lower, utility)| {
            let (of_lower, other_ms) = (self.value_ms * (utility + self.gp), per_kbps * lower);
            let product = (level - of_lower) * other_ms;
            let left_ms = product.sqrt().min(transfer_ms - other_ms);
            // What is not a number is no promise.
            0.0 <= product && of_lower <= end_ms + other_ms + left_ms + product / left_ms
        })
    }
}
