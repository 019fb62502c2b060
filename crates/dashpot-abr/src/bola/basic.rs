//! BOLA-BASIC, the formula alone.

use super::{Curve, STALL_AVERSION};
use crate::{Decision, Reason, Rule, View};

/// BOLA-BASIC: by buffer level alone, low rungs while it is thin, the top one as it nears its
/// limit.
///
/// The paper's score is negative for every rung once the buffer is so full that it is better to
/// wait. `V` is set so that this happens exactly where the player stops asking, at one segment
/// below its limit, so the rule never has to say "wait".
#[derive(Clone, Debug)]
pub struct BolaBasic {
    gp: f64,
    curve: Curve,
}

impl Default for BolaBasic {
    fn default() -> Self {
        Self::of(STALL_AVERSION)
    }
}

impl BolaBasic {
    pub(super) fn of(gp: f64) -> Self {
        Self { gp, curve: Curve::default() }
    }
}

impl Rule for BolaBasic {
    fn name(&self) -> &'static str {
        "bola-basic"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        self.curve.fit(view.ladder, 0.0);
        self.curve.spread(view.buffer_max_ms, view.segment_ms, self.gp);
        Decision::now(self.curve.best(view.buffer_ms), Reason::BufferScore)
    }
}
