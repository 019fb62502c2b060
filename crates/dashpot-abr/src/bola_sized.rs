//! BOLA by the sizes of the very segments, with a low and a high buffer level.
//!
//! The BOLA of Pensieve-PPO's published sessions: the score of INFOCOM 2016 over the size of the
//! next segment rather than its nominal rate, with the parameters of BOLA-E (MMSys 2018): the
//! lowest rung up to `minimum` of buffer, the top one at `target`; no placeholder buffer, no
//! regard to throughput.

use crate::{Decision, Entry, Reason, Rule, Rung, View};

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    name: "bola-sized",
    follows: "BOLA of Pensieve-PPO's sessions",
    make: |params| {
        Box::new(BolaSized {
            minimum_ms: params.number("minimum", 10_000.0, 1.0..=1e6),
            target_ms: params.number("target", 30_000.0, 2.0..=1e7),
        })
    },
}];

/// Picks the rung of the best score; the higher one of two that are equal.
#[derive(Clone, Copy, Debug)]
struct BolaSized {
    minimum_ms: f64,
    target_ms: f64,
}

impl Rule for BolaSized {
    fn name(&self) -> &'static str {
        "bola-sized"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        let lowest = view.ladder.first().copied().unwrap_or_default().max(f64::MIN_POSITIVE);
        let utility = |rate: f64| libm::log(rate.max(lowest) / lowest);
        let top = utility(view.ladder.last().copied().unwrap_or_default());
        // A target at or below the minimum would turn the levels about: keep it a segment above.
        let target_ms = self.target_ms.max(self.minimum_ms + view.segment_ms.max(1.0));
        // `g` and `V` such that rung 0 is worth nothing at `minimum` and the top at `target`.
        let patience = 1.0 + top / (target_ms / self.minimum_ms - 1.0);
        // On a ladder of one rung there is nothing to weigh; any positive `V` will do.
        let value_s = self.minimum_ms / 1_000.0 / (patience - 1.0).max(f64::MIN_POSITIVE);
        let mut best = (Rung(0), f64::NEG_INFINITY);
        for (rung, rate) in view.ladder.iter().enumerate() {
            let worth_s = value_s * (utility(*rate) + patience) - view.buffer_ms / 1_000.0;
            let score = worth_s / view.bits(Rung(rung)).max(f64::MIN_POSITIVE);
            if best.1 <= score {
                best = (Rung(rung), score);
            }
        }
        Decision::now(best.0, Reason::BufferScore)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Table, testing};

    fn check(sizes: [f64; 2], buffer_ms: f64, expected: usize) {
        let ladder = [500.0, 1_000.0];
        let film = Table::new(ladder.to_vec(), vec![4_000.0], &[sizes.to_vec()]).unwrap();
        let mut rule = testing::made("bola-sized");
        let decision = rule.decide(&View { buffer_ms, ..testing::view(&ladder, &film) });
        assert_eq!(decision.rung, Rung(expected), "{sizes:?} {buffer_ms}");
    }

    /// One doubling: `g = 1 + ln 2 / 2`, `V = 10 / (ln 2 / 2)` = 28.8539 s. The rungs meet where
    /// `(V g - Q) / S_0 = (V (ln 2 + g) - Q) / S_1`: with `V g` = 38.8539 and `V (ln 2 + g)` =
    /// 58.8539 that is `Q = 2 * 38.8539 - 58.8539` = 18.8539 s at sizes 1 : 2, and
    /// `Q = (3 * 38.8539 - 58.8539) / 2` = 28.8539 s at sizes 1 : 3.
    #[test]
    fn the_rungs_meet_where_the_formula_says() {
        check([1e6, 2e6], 18_853.0, 0);
        check([1e6, 2e6], 18_854.0, 1);
        check([1e6, 3e6], 28_853.0, 0);
        check([1e6, 3e6], 28_855.0, 1);
    }

    #[test]
    fn a_ladder_of_one_rung_has_that_rung() {
        let film = testing::film(&[500.0], 4_000.0);
        let view = testing::view(&[500.0], &film);
        assert_eq!(testing::made("bola-sized").decide(&view).rung, Rung(0));
    }
}
