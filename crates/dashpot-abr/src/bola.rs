//! BOLA: the rung from the buffer level.
//!
//! Spiteri, Urgaonkar and Sitaraman, "BOLA: Near-Optimal Bitrate Adaptation for Online Videos",
//! INFOCOM 2016: with a buffer of `Q` the next segment is the one that maximises
//! `(V (u + g) - Q) / S`, where `u` is its utility, `S` its size, `g` the weight of not stalling
//! (the paper's gamma times the segment duration) and `V` what one unit of utility is worth in
//! buffer. [`Bola`] is the algorithm as Sabre (2020) has it, [`BolaBasic`] the paper's formula
//! and nothing else.

mod basic;
mod curve;
#[cfg(test)]
mod tests;

pub use basic::BolaBasic;
pub(crate) use curve::{Curve, Fetching, ROUNDING_MS};

use crate::{
    Decision, Entry, Outlook, Params, Progress, Reason, Rule, Rung, View, fast_switching,
    throughput::carried,
};

pub(crate) const ENTRIES: &[Entry] = &[
    Entry {
        name: "bola",
        follows: "BOLA-U of INFOCOM 2016, as in Sabre",
        make: |params| fast_switching::with(Bola::typed(Rise::OneAbove, params), params),
    },
    Entry {
        name: "bola-o",
        follows: "BOLA-O of INFOCOM 2016, as in Sabre",
        make: |params| fast_switching::with(Bola::typed(Rise::AsCarried, params), params),
    },
    Entry {
        name: "bola-basic",
        follows: "BOLA-BASIC of INFOCOM 2016",
        make: |params| Box::new(BolaBasic::of(typed_gp(params))),
    },
];

/// How much not stalling is worth against quality. The paper's experiments and Sabre use 5; a
/// larger value keeps to low rungs for longer.
pub(crate) const STALL_AVERSION: f64 = 5.0;

/// Returns the parameter `gp`, the weight of not stalling.
pub(crate) fn typed_gp(params: &mut Params<'_>) -> f64 {
    params.number("gp", STALL_AVERSION, 0.1..=1_000.0)
}

/// The fewest segments that BOLA reckons with as its buffer, at either end of a film; Sabre's.
/// With fewer, the lowest rung's level would be within the segment that is being played.
const RAMP_SEGMENTS_MIN: f64 = 3.0;

/// How far above the rung that throughput carries a rise may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rise {
    /// One rung (BOLA-U): a link between two rungs is used in full, the higher one drains the
    /// buffer and the lower one fills it, in turn.
    OneAbove,
    /// None (BOLA-O): on a link between two rungs it stays on the lower one and waits where the
    /// buffer is above that one's level. It wastes some of the link, and spares the viewer a
    /// picture that changes every few seconds.
    AsCarried,
}

/// By buffer level, with care where the level asks for more than before.
///
/// Near both ends of the film, and after a seek, it reckons with a buffer of half the segments
/// since or until then, so that it begins and ends with less in the buffer. It gives a download
/// up where a lower rung's score is above that of what is missing of it.
#[derive(Clone, Debug)]
pub struct Bola {
    rise: Rise,
    gp: f64,
    /// Whether there is no ramp at the ends and no giving up (Sabre's `-ab`).
    is_basic: bool,
    curve: Curve,
    last: Rung,
}

impl Bola {
    /// Returns BOLA whose rises end so far.
    #[must_use]
    pub fn new(rise: Rise) -> Self {
        Self { rise, gp: STALL_AVERSION, is_basic: false, curve: Curve::default(), last: Rung(0) }
    }

    pub(crate) fn typed(rise: Rise, params: &mut Params<'_>) -> Self {
        let is_basic = params.choice("basic", ("no", false), &[("yes", true)]);
        Self { gp: typed_gp(params), is_basic, ..Self::new(rise) }
    }

    /// Returns the buffer that it reckons with.
    fn target_ms(&self, view: &View<'_>) -> f64 {
        if self.is_basic {
            return view.buffer_max_ms;
        }
        let until_end = view.film.count().map(|count| count.saturating_sub(view.index));
        let segments =
            until_end.map_or(view.since_seek, |until_end| until_end.min(view.since_seek));
        let ramp = (segments as f64 / 2.0).max(RAMP_SEGMENTS_MIN);
        view.buffer_max_ms.min(ramp * view.segment_ms)
    }

    /// Returns what to fetch where the level asks for more than `carried` and than before.
    fn cut_short(&self, view: &View<'_>, carried: Rung) -> Decision {
        if carried < self.last {
            return Decision::now(self.last, Reason::RiseCapped);
        }
        match self.rise {
            Rise::OneAbove => Decision::now(Rung(carried.0 + 1), Reason::RiseCapped),
            Rise::AsCarried => {
                let delay_ms = finite(view.buffer_ms - self.curve.level(carried)).max(0.0);
                Decision { rung: carried, delay_ms, reason: Reason::RiseCapped }
            }
        }
    }
}

/// Returns a wait that ends: none where the player's numbers make no sense.
pub(crate) const fn finite(ms: f64) -> f64 {
    if ms.is_finite() { ms } else { 0.0 }
}

impl Rule for Bola {
    fn name(&self) -> &'static str {
        match self.rise {
            Rise::OneAbove => "bola",
            Rise::AsCarried => "bola-o",
        }
    }

    fn hears_arrivals(&self) -> bool {
        false
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        let Some(kbps) = view.throughput_kbps else {
            return Decision::now(self.last.min(view.top()), Reason::NoEstimate);
        };
        self.curve.fit(view.ladder, 0.0);
        self.curve.spread(self.target_ms(view), view.segment_ms, self.gp);
        self.last = self.last.min(view.top());
        let by_buffer = self.curve.best(view.buffer_ms);
        let mut decision = Decision::now(by_buffer, Reason::BufferScore);
        if self.last < by_buffer {
            let carried = carried(view, kbps).unwrap_or_default();
            if carried < by_buffer {
                decision = self.cut_short(view, carried);
            }
        }
        self.last = decision.rung;
        decision
    }

    fn gives_up(&mut self, view: &View<'_>, progress: &Progress) -> bool {
        if self.is_basic || progress.index < view.index {
            return false;
        }
        let lower = self.curve.gives_up_for(&Fetching::of(progress, view.buffer_ms));
        self.last = lower.unwrap_or(self.last);
        lower.is_some()
    }

    fn patience_ms(&self, view: &View<'_>, progress: &Progress) -> f64 {
        if self.is_basic {
            return f64::INFINITY;
        }
        self.curve.patience_ms(&Fetching::of(progress, view.buffer_ms))
    }

    fn awaits(&self, view: &View<'_>, outlook: &Outlook) -> bool {
        self.is_basic || self.curve.awaits(outlook, view.buffer_ms)
    }
}
