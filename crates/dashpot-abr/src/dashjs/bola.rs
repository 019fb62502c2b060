//! dash.js' `BolaRule`: BOLA-O with a placeholder buffer.
//!
//! The placeholder stands for media that the player might have fetched and did not, for it waited:
//! without it, a player that starts late or keeps a short buffer would never see high rungs.

use crate::{Arrival, Decision, Reason, Rung, View, measure::count};

/// The lowest rung is the choice up to this level.
const LOWEST_MS: f64 = 10_000.0;

/// The top rung is reached at the latest with this much more for each rung.
const PER_RUNG_MS: f64 = 2_000.0;

/// What of the placeholder is left after each segment: it is to help, not to stay.
const DECAY: f64 = 0.99;

/// BOLA's memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Bola {
    session: Option<Session>,
}

#[derive(Clone, Debug)]
struct Session {
    is_steady: bool,
    placeholder_ms: f64,
    /// The rung that was chosen or, since then, fetched.
    last: Rung,
    /// The levels above which it is better to wait, rung by rung.
    levels_max_ms: Vec<f64>,
    /// When the last segment arrived, or else the rule was last asked.
    since_ms: f64,
    segment_ms: Option<f64>,
}

/// The weights of a ladder.
#[derive(Clone, Copy, Debug)]
struct Weights<'a> {
    ladder: &'a [f64],
    value_ms: f64,
    stall_aversion: f64,
}

impl<'a> Weights<'a> {
    /// Returns the weights with which the lowest rung ends at 10 s and the top one begins at
    /// `stable_ms` or, where it is later, with 2 s a rung; `None` where no rung is above another.
    fn new(ladder: &'a [f64], stable_ms: f64) -> Option<Self> {
        let full_ms = stable_ms.max(LOWEST_MS + PER_RUNG_MS * count(ladder.len()));
        let mut weights = Self { ladder, value_ms: 0.0, stall_aversion: 0.0 };
        let rise = weights.utility(ladder.len().checked_sub(1)?) - 1.0;
        if rise <= 0.0 {
            return None;
        }
        weights.stall_aversion = rise / (full_ms / LOWEST_MS - 1.0);
        weights.value_ms = LOWEST_MS / weights.stall_aversion;
        Some(weights)
    }

    fn rate(&self, rung: usize) -> f64 {
        self.ladder[rung].max(0.001)
    }

    /// Returns the utility of a rung, 1 for the lowest.
    fn utility(&self, rung: usize) -> f64 {
        libm::log(self.rate(rung) / self.rate(0)) + 1.0
    }

    /// Returns the rung with the best score at this level, the higher one of equals.
    fn best_at(&self, level_ms: f64) -> Rung {
        let score = |rung| (self.level_max_ms(rung) - level_ms) / self.rate(rung);
        let better = |best, rung| if score(best) <= score(rung) { rung } else { best };
        Rung((0..self.ladder.len()).fold(0, better))
    }

    /// Returns the level above which it is better to wait than to fetch `rung`.
    fn level_max_ms(&self, rung: usize) -> f64 {
        self.value_ms * (self.utility(rung) + self.stall_aversion)
    }

    /// Returns the level from which `rung` is better than all below it.
    fn level_min_ms(&self, rung: usize) -> f64 {
        let (rate, utility) = (self.rate(rung), self.utility(rung));
        let level = |below: usize| {
            let gain = (rate * self.utility(below) - self.rate(below) * utility)
                / (rate - self.rate(below));
            self.value_ms * (self.stall_aversion + gain)
        };
        let worse = (0..rung).filter(|&below| self.utility(below) < utility);
        worse.map(level).fold(0.0, f64::max)
    }
}

impl Bola {
    /// Chooses a rung where `safe_kbps` of throughput are to be spent.
    pub(super) fn decide(
        &mut self,
        view: &View<'_>,
        stable_ms: f64,
        safe_kbps: Option<f64>,
    ) -> Option<Decision> {
        let safe_kbps = safe_kbps?;
        let weights = Weights::new(view.ladder, stable_ms)?;
        let carried = view.rung_below(safe_kbps);
        let session = self.session.get_or_insert(Session {
            is_steady: false,
            placeholder_ms: 0.0,
            last: Rung(0),
            levels_max_ms: Vec::new(),
            since_ms: view.now_ms,
            segment_ms: None,
        });
        let decision = if session.is_steady {
            session.steady(view, &weights, carried)
        } else {
            session.placeholder_ms = (weights.level_min_ms(carried.0) - view.buffer_ms).max(0.0);
            session.is_steady = session.segment_ms.is_some_and(|ms| ms <= view.buffer_ms);
            Decision::now(carried, Reason::ThroughputFits)
        };
        session.last = decision.rung;
        session.levels_max_ms.clear();
        session.levels_max_ms.extend((0..view.ladder.len()).map(|rung| weights.level_max_ms(rung)));
        Some(decision)
    }

    pub(super) fn arrived(&mut self, arrival: &Arrival) {
        let Some(session) = &mut self.session else { return };
        if session.is_steady && 0.0 < arrival.stalled_ms {
            session.placeholder_ms = 0.0;
        }
        // Another rule may have had its way.
        session.last = arrival.rung;
        let level_max_ms = session.levels_max_ms.get(arrival.rung.0).copied().unwrap_or_default();
        let added_ms = if arrival.is_replacement { 0.0 } else { arrival.segment_ms };
        // Media and placeholder together were at most this when the segment was asked for.
        let at_request_ms = arrival.buffer_ms - added_ms + arrival.took_ms;
        let most_ms = (level_max_ms - at_request_ms).max(0.0);
        session.placeholder_ms = (session.placeholder_ms * DECAY).min(most_ms);
        if arrival.is_replacement {
            // It was fetched and the buffer did not grow.
            session.placeholder_ms += arrival.segment_ms;
        }
        session.segment_ms = Some(arrival.segment_ms);
        session.since_ms = arrival.now_ms;
    }

    /// Lets go of so much of the placeholder that `rung` is only just the choice.
    pub(super) fn gave_up(&mut self, view: &View<'_>, rung: Rung, stable_ms: f64) {
        let Some(session) = &mut self.session else { return };
        let Some(weights) = Weights::new(view.ladder, stable_ms) else { return };
        let wanted_ms = if rung == Rung(0) { LOWEST_MS } else { weights.level_min_ms(rung.0) };
        let most_ms = (wanted_ms - view.buffer_ms).max(0.0);
        session.placeholder_ms = session.placeholder_ms.min(most_ms);
    }
}

impl Session {
    fn steady(&mut self, view: &View<'_>, weights: &Weights<'_>, carried: Rung) -> Decision {
        // Time that went by without a download.
        self.placeholder_ms += (view.now_ms - self.since_ms).max(0.0);
        self.since_ms = view.now_ms;
        let level_ms = view.buffer_ms + self.placeholder_ms;
        let by_level = weights.best_at(level_ms);
        let last = self.last.min(view.top());
        // BOLA-O: no rise beyond what throughput carries.
        let is_capped = last < by_level && carried < by_level;
        let (rung, reason) = if is_capped {
            (carried.max(last), Reason::RiseCapped)
        } else {
            (by_level, Reason::BufferScore)
        };
        let excess_ms = (level_ms - weights.level_max_ms(rung.0)).max(0.0);
        // The placeholder goes first; then it is better to wait than to fill up with low rungs.
        let delay_ms = excess_ms - excess_ms.min(self.placeholder_ms);
        self.placeholder_ms -= excess_ms.min(self.placeholder_ms);
        let is_wait = rung < view.top() && delay_ms.is_finite();
        Decision { rung, delay_ms: if is_wait { delay_ms } else { 0.0 }, reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LADDER: [f64; 3] = [500.0, 1_000.0, 2_000.0];

    fn near(got: f64, expected: f64) {
        assert!((got - expected).abs() < 0.01, "{got} instead of {expected}");
    }

    /// Utilities 1, 1 + ln 2 and 1 + 2 ln 2; the buffer is full at 18 s, later than 10 + 3 * 2 s.
    /// g = 2 ln 2 / (18 / 10 - 1) = 1.732868 and V = 10 s / g = 5.770780 s.
    #[test]
    fn levels_are_those_of_the_formula() {
        let weights = Weights::new(&LADDER, 18_000.0).unwrap();
        near(weights.stall_aversion, 1.732_868);
        near(weights.value_ms, 5_770.78);
        // V (u + g): 15.7708, 19.7708 and 23.7708 s.
        near(weights.level_max_ms(0), 15_770.78);
        near(weights.level_max_ms(2), 23_770.78);
        // V (g + (1000 - 500 (1 + ln 2)) / 500) = V (g + 1 - ln 2) = 11.7708 s.
        near(weights.level_min_ms(0), 0.0);
        near(weights.level_min_ms(1), 11_770.78);
        // V (g + (2000 (1 + ln 2) - 1000 (1 + 2 ln 2)) / 1000) = V (g + 1) = 15.7708 s.
        near(weights.level_min_ms(2), 15_770.78);
        let check =
            |level_ms, rung| assert_eq!(weights.best_at(level_ms), Rung(rung), "{level_ms}");
        check(0.0, 0);
        check(11_770.0, 0);
        check(11_771.0, 1);
        check(15_770.0, 1);
        check(15_771.0, 2);
        check(99_000.0, 2);
    }

    #[test]
    fn more_rungs_need_a_fuller_buffer_and_equal_ones_no_rule() {
        // 10 + 3 * 2 = 16 s are more than 12 s: g = 2 ln 2 / 0.6 = 2.310491.
        near(Weights::new(&LADDER, 12_000.0).unwrap().stall_aversion, 2.310_491);
        assert!(Weights::new(&[500.0], 18_000.0).is_none());
        assert!(Weights::new(&[0.0, 0.0], 18_000.0).is_none());
    }

    #[test]
    fn the_placeholder_stands_for_what_was_not_fetched() {
        use crate::testing::{arrival, film, view};
        let film = film(&LADDER, 4_000.0);
        let mut bola = Bola::default();
        let start = View { buffer_ms: 2_000.0, ..view(&LADDER, &film) };
        let decide = |bola: &mut Bola, now_ms, buffer_ms| {
            let view = View { now_ms, buffer_ms, ..start };
            let decision = bola.decide(&view, 18_000.0, Some(1_200.0)).unwrap();
            (decision.rung.0, bola.session.as_ref().unwrap().placeholder_ms)
        };
        let came = |took_ms, buffer_ms| Arrival { buffer_ms, ..arrival(1, 4e6, took_ms) };
        // At the start, as much as rung 1 needs: 11.7708 s less the 2 s that are there.
        let (rung, placeholder_ms) = decide(&mut bola, 0.0, 2_000.0);
        assert_eq!(rung, 1);
        near(placeholder_ms, 9_770.78);
        bola.arrived(&came(3_000.0, 4_000.0));
        assert_eq!(decide(&mut bola, 3_000.0, 4_000.0).0, 1);
        // Steady: 99 % of 7.7708 s, and half a second in which nothing was fetched.
        bola.arrived(&came(3_000.0, 5_000.0));
        let (rung, placeholder_ms) = decide(&mut bola, 3_500.0, 5_000.0);
        assert_eq!(rung, 1);
        near(placeholder_ms, 0.99 * 7_770.78 + 500.0);
        // A segment that was asked for with 15 s leaves 19.7708 - 15 s, and a stall nothing.
        bola.arrived(&came(3_000.0, 16_000.0));
        near(bola.session.as_ref().unwrap().placeholder_ms, 4_770.78);
        bola.arrived(&Arrival { stalled_ms: 1.0, ..came(3_000.0, 4_000.0) });
        near(bola.session.as_ref().unwrap().placeholder_ms, 0.0);
        bola.arrived(&Arrival { is_replacement: true, ..came(3_000.0, 4_000.0) });
        near(bola.session.as_ref().unwrap().placeholder_ms, 4_000.0);
    }
}
