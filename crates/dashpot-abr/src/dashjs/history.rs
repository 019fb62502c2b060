//! dash.js' `SwitchHistoryRule`: no rung from which the choice has fallen too often.

use crate::{Decision, Params, Reason, Rung, View};
use std::collections::VecDeque;

/// The last few choices: from which rung, and whether to a lower one.
#[derive(Clone, Debug)]
pub(super) struct History {
    steps: VecDeque<Step>,
    samples: usize,
    falls_max: f64,
}

#[derive(Clone, Copy, Debug)]
struct Step {
    from: Rung,
    is_fall: bool,
}

impl History {
    pub(super) fn new(params: &mut Params<'_>) -> Self {
        let samples = params.count("samples", 8, 1..=1_000);
        let falls_max = params.number("falls", 0.075, 0.0..=1e3);
        Self { steps: VecDeque::new(), samples, falls_max }
    }

    pub(super) fn push(&mut self, from: Rung, to: Rung) {
        if self.steps.len() == self.samples {
            self.steps.pop_front();
        }
        self.steps.push_back(Step { from, is_fall: to < from });
    }

    pub(super) fn clear(&mut self) {
        self.steps.clear();
    }

    /// Returns the rung below the first one up to which falls are too many for what was kept.
    pub(super) fn decide(&self, view: &View<'_>) -> Option<Decision> {
        let (mut falls, mut kept) = (0_u32, 0_u32);
        for rung in 0..view.ladder.len() {
            let from_here = || self.steps.iter().filter(|step| step.from == Rung(rung));
            let falls_here: u32 = from_here().map(|step| u32::from(step.is_fall)).sum();
            falls += falls_here;
            kept += from_here().map(|step| u32::from(!step.is_fall)).sum::<u32>();
            let seen = falls + kept;
            let is_shaky = self.falls_max * f64::from(kept) < f64::from(falls);
            if 0 < seen && self.samples <= seen as usize && is_shaky {
                let rung = if 0 < falls_here { rung.saturating_sub(1) } else { rung };
                return Some(Decision::now(Rung(rung), Reason::LeftTooOften));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{film, view};

    fn check(steps: &[(usize, usize)], expected: Option<usize>) {
        let mut params = Params::parse("").unwrap();
        let mut history = History::new(&mut params);
        for &(from, to) in steps {
            history.push(Rung(from), Rung(to));
        }
        let ladder = [100.0, 200.0, 400.0, 800.0];
        let got = history.decide(&view(&ladder, &film(&ladder, 4_000.0)));
        assert_eq!(got.map(|decision| decision.rung.0), expected, "{steps:?}");
    }

    #[test]
    fn falls_from_a_rung_forbid_it_once_there_are_eight_choices() {
        let stay = |rung| (rung, rung);
        check(&[], None);
        check(&[stay(2); 8], None);
        // One fall against six, not yet eight choices; with seven it is 1 / 7 > 0.075.
        check(&[stay(2), stay(2), stay(2), stay(2), stay(2), stay(2), (2, 1)], None);
        check(&[stay(2), stay(2), stay(2), stay(2), stay(2), stay(2), stay(2), (2, 1)], Some(1));
        // The fall is from rung 1, but eight choices are together at rung 2, which was kept.
        check(&[(1, 0), (0, 2), stay(2), stay(2), stay(2), stay(2), stay(2), stay(2)], Some(2));
        // The ninth choice pushes the fall out.
        check(
            &[(2, 1), (1, 2), stay(2), stay(2), stay(2), stay(2), stay(2), stay(2), stay(2)],
            None,
        );
        check(&[(0, 0), (0, 1), (1, 0), (0, 1), (1, 0), (0, 1), (1, 0), (0, 1)], Some(0));
    }
}
