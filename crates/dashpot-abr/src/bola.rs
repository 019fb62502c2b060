//! BOLA: the rung from the buffer level.
//!
//! Spiteri, Urgaonkar and Sitaraman, "BOLA: Near-Optimal Bitrate Adaptation for Online Videos",
//! INFOCOM 2016: with a buffer of `Q` the next segment is the one that maximises
//! `(V (u + g) - Q) / S`, where `u` is its utility, `S` its size, `g` the weight of not stalling
//! (the paper's gamma times the segment duration) and `V` what one unit of utility is worth in
//! buffer.

use crate::{Decision, Entry, Reason, Rule, Rung, Throughput, View};

pub(crate) const ENTRIES: &[Entry] = &[
    Entry { name: "bola", follows: "BOLA-U of INFOCOM 2016", make: |_| Box::new(Bola) },
    Entry { name: "bola-o", follows: "BOLA-O of INFOCOM 2016", make: |_| Box::new(BolaO) },
    Entry {
        name: "bola-basic",
        follows: "BOLA-BASIC of INFOCOM 2016",
        make: |_| Box::new(BolaBasic),
    },
];

/// How much not stalling is worth against quality. The paper's experiments and Sabre use 5; a
/// larger value keeps to low rungs for longer.
const STALL_AVERSION: f64 = 5.0;

/// BOLA-BASIC: by buffer level alone, low rungs while it is thin, the top one as it nears its
/// limit.
///
/// The paper's score is negative for every rung once the buffer is so full that it is better to
/// wait. `V` is set so that this happens exactly where the player stops asking, at one segment
/// below its limit, so the rule never has to say "wait".
#[derive(Clone, Copy, Debug, Default)]
pub struct BolaBasic;

impl Rule for BolaBasic {
    fn name(&self) -> &'static str {
        "bola-basic"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        let lowest = view.ladder.first().copied().unwrap_or_default();
        let top = view.ladder.last().copied().unwrap_or_default();
        // At a limit of one segment or less there is no room to trade buffer for quality; half a
        // segment then keeps `V` positive and the choice at the low end.
        let room_ms = (view.buffer_max_ms - view.segment_ms).max(view.segment_ms / 2.0);
        let value_ms = room_ms / (utility(top, lowest) + STALL_AVERSION);

        let mut best = (Rung(0), f64::NEG_INFINITY);
        for (index, &rate) in view.ladder.iter().enumerate() {
            let worth_ms = value_ms * (utility(rate, lowest) + STALL_AVERSION);
            let score = (worth_ms - view.buffer_ms) / positive(rate);
            if best.1 < score {
                best = (Rung(index), score);
            }
        }
        Decision::now(best.0, Reason::BufferScore)
    }
}

/// BOLA-U of the same paper: by buffer level, but up only with care.
///
/// A rise ends at most one rung above what throughput carries, so that a link between two rungs is
/// used in full: the higher one drains the buffer, the lower one fills it, in turn.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bola;

impl Rule for Bola {
    fn name(&self) -> &'static str {
        "bola"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        with_capped_rise(view, |carried, last| if carried < last { last } else { carried + 1 })
    }
}

/// BOLA-O of the same paper: by buffer level, but no rise beyond what throughput carries.
///
/// On a link between two rungs it stays on the lower one: it wastes some of the link, and spares
/// the viewer a picture that changes every few seconds. dash.js does the same.
#[derive(Clone, Copy, Debug, Default)]
pub struct BolaO;

impl Rule for BolaO {
    fn name(&self) -> &'static str {
        "bola-o"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        with_capped_rise(view, Ord::max)
    }
}

/// Decides by buffer level; a rise beyond what throughput carries ends at `cap(carried, last)`.
fn with_capped_rise(view: &View<'_>, cap: impl Fn(usize, usize) -> usize) -> Decision {
    let by_buffer = BolaBasic.decide(view);
    let last = view.last_or_lowest();
    if view.throughput_kbps.is_none() || by_buffer.rung <= last {
        return by_buffer;
    }
    let carried = Throughput::default().decide(view).rung;
    let rung = Rung(cap(carried.0, last.0));
    if by_buffer.rung <= rung.max(carried) {
        return by_buffer;
    }
    Decision::now(rung, Reason::RiseCapped)
}

/// Returns the utility of `rate`: zero for the lowest, and each doubling worth the same (the
/// paper's logarithmic utility).
fn utility(rate: f64, lowest: f64) -> f64 {
    libm::log(positive(rate) / positive(lowest))
}

/// Returns the rate, at least one bit a second: a ladder that claims zero must not divide by it.
const fn positive(kbps: f64) -> f64 {
    kbps.max(0.001)
}

#[cfg(test)]
mod tests;
