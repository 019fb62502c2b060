//! BOLA-E: BOLA with a placeholder for the buffer that it has not got.
//!
//! Spiteri, Sitaraman and Sparacio, "From Theory to Practice: Improving Bitrate Adaptation in the
//! DASH Reference Player", ACM Multimedia Systems 2018, as in Sabre 2020 (`BolaEnh`). BOLA-PL is
//! the same without the insufficient-buffer rule and with the levels of plain BOLA.

use crate::{
    Arrival, Decision, Entry, Params, Progress, Reason, Rise, Rule, Rung, View,
    bola::{Curve, Fetching, finite, typed_gp},
    fast_switching,
    insufficient::Insufficient,
    throughput::carried,
};

pub(crate) const ENTRIES: &[Entry] = &[
    Entry {
        name: "bolae",
        follows: "BOLA-E of MMSys 2018, as in Sabre",
        make: |params| fast_switching::with(BolaEnhanced::typed(Rise::OneAbove, params), params),
    },
    Entry {
        name: "bolae-o",
        follows: "BOLA-E with the rises of BOLA-O (Sabre's -ao)",
        make: |params| fast_switching::with(BolaEnhanced::typed(Rise::AsCarried, params), params),
    },
    Entry {
        name: "bola-pl",
        follows: "BOLA-PL of MMSys 2018",
        make: |params| fast_switching::with(BolaEnhanced::placeholder_only(params), params),
    },
];

/// The level from which the second rung is preferred, in milliseconds; Sabre's and dash.js'.
const BUFFER_MIN_MS: f64 = 10_000.0;

/// What each rung of the ladder adds to the buffer that BOLA reckons with, at least; Sabre's and
/// dash.js'. With less, neighbouring rungs' levels lie closer than a segment.
const BUFFER_PER_RUNG_MS: f64 = 2_000.0;

/// By the level of the buffer and of a placeholder that stands for what would be in it.
///
/// The placeholder begins with what throughput says at the start, shrinks where levels ask for
/// a pause that is not needed, and grows while the player has to wait; so BOLA need not first
/// fill the buffer at low rungs. The reckoned buffer may be larger than the real one.
#[derive(Clone, Debug)]
pub struct BolaEnhanced {
    pub(crate) rise: Rise,
    insufficient: Option<Insufficient>,
    levels: Levels,
    curve: Curve,
    is_steady: bool,
    placeholder_ms: f64,
    /// The wait that the last decision asked for, which is no sign of a full buffer.
    asked_ms: f64,
    /// For what rung the last download was given up, until the next decision.
    gave_up_for: Option<Rung>,
    last: Rung,
}

/// How `V` and `g` are found.
#[derive(Clone, Copy, Debug)]
enum Levels {
    /// The second rung at [`BUFFER_MIN_MS`], the top one where the reckoned buffer ends.
    Reckoned,
    /// From this weight of not stalling and the player's buffer, as plain BOLA does.
    Plain(f64),
    /// The same with the utility of the lowest rate itself, in kbit/s, added to the weight.
    PlainRaised(f64),
}

impl BolaEnhanced {
    fn new(rise: Rise, levels: Levels) -> Self {
        Self {
            rise,
            insufficient: Some(Insufficient::default()),
            levels,
            curve: Curve::default(),
            is_steady: false,
            placeholder_ms: 0.0,
            asked_ms: 0.0,
            gave_up_for: None,
            last: Rung(0),
        }
    }

    pub(crate) fn typed(rise: Rise, params: &mut Params<'_>) -> Self {
        Self { insufficient: Insufficient::typed(params), ..Self::new(rise, Levels::Reckoned) }
    }

    /// The paper's figures come from a script that leaves the lowest rung's utility in the weight
    /// of not stalling; Sabre has since taken it out.
    fn placeholder_only(params: &mut Params<'_>) -> Self {
        let gp = typed_gp(params);
        let plain = ("sabre", Levels::Plain(gp));
        let levels = params.choice("weight", plain, &[("paper", Levels::PlainRaised(gp))]);
        let one_above = ("one-above", Rise::OneAbove);
        let rise = params.choice("rise", ("carried", Rise::AsCarried), &[one_above]);
        Self { insufficient: None, ..Self::new(rise, levels) }
    }

    /// Takes up the ladder and the buffer.
    fn fit(&mut self, view: &View<'_>) {
        self.curve.fit(view.ladder, 1.0);
        let top = self.curve.top_utility();
        let raise = || libm::log(view.ladder.first().map_or(1.0, |kbps| kbps.max(0.001)));
        match self.levels {
            Levels::Reckoned => {
                let reckoned_ms = BUFFER_MIN_MS + BUFFER_PER_RUNG_MS * view.ladder.len() as f64;
                let buffer_ms = reckoned_ms.max(view.buffer_max_ms);
                let gp = (top - 1.0) / (buffer_ms / BUFFER_MIN_MS - 1.0);
                self.curve.set(BUFFER_MIN_MS / gp, gp);
            }
            Levels::Plain(gp) => {
                self.curve.spread(view.buffer_max_ms, view.segment_ms, gp - 1.0);
            }
            Levels::PlainRaised(gp) => {
                let gp = gp - (1.0 - raise());
                self.curve.spread(view.buffer_max_ms, view.segment_ms, gp);
            }
        }
    }

    /// Begins with as much placeholder as what throughput carries asks for.
    fn start(&mut self, view: &View<'_>, kbps: f64) -> Decision {
        self.is_steady = true;
        self.insufficient = self.insufficient.map(|_| Insufficient::default());
        let carried = carried(view, kbps);
        let rung = carried.unwrap_or_default();
        self.placeholder_ms = (self.curve.floor(rung) - view.buffer_ms).max(0.0);
        let fits = carried.map(|_| Reason::ThroughputFits);
        Decision::now(rung, fits.unwrap_or(Reason::ThroughputBelowLadder))
    }

    fn steady(&mut self, view: &View<'_>, kbps: f64) -> Decision {
        let by_buffer = self.curve.best(view.buffer_ms + self.placeholder_ms);
        let carried = carried(view, kbps).unwrap_or_default();
        let mut decision = Decision::now(by_buffer, Reason::BufferScore);
        if self.last < by_buffer && carried < by_buffer {
            let rise = match self.rise {
                Rise::OneAbove => 1,
                Rise::AsCarried => 0,
            };
            let rung = Rung(self.last.max(carried).0 + rise).min(view.top());
            decision = Decision::now(rung, Reason::RiseCapped);
        }
        let too_much_ms = view.buffer_ms + self.placeholder_ms - self.curve.level(decision.rung);
        if 0.0 < too_much_ms {
            let by_placeholder_ms = too_much_ms.min(self.placeholder_ms);
            self.placeholder_ms -= by_placeholder_ms;
            decision.delay_ms = finite(too_much_ms - by_placeholder_ms).max(0.0);
        }
        if decision.rung == view.top() {
            decision.delay_ms = 0.0;
        }
        let cap = self.insufficient.as_mut().and_then(|rule| rule.cap(view, decision.rung));
        if let Some(lower) = cap {
            decision = Decision::now(lower, Reason::InsufficientBuffer);
            self.hold_at_most(self.curve.floor(lower) - view.buffer_ms);
        }
        decision
    }

    fn hold_at_most(&mut self, ms: f64) {
        self.placeholder_ms = self.placeholder_ms.min(ms.max(0.0));
    }

    /// Learns that a download was given up for one of the rung `lower`.
    pub(crate) const fn gave_up(&mut self, from: Rung, lower: Rung) {
        self.last = from;
        self.gave_up_for = Some(lower);
    }

    /// Goes back to where the rung begins for which a download was given up: something is wrong.
    /// It is done once the buffer has drained, since at that very level two rungs' scores meet.
    pub(crate) fn step_back(&mut self, view: &View<'_>) {
        if let Some(lower) = self.gave_up_for.take() {
            let want_ms = if lower == Rung(0) { BUFFER_MIN_MS } else { self.curve.floor(lower) };
            self.hold_at_most(want_ms - view.buffer_ms);
        }
    }

    /// Returns the download as it would be once another request's latency has passed.
    fn after_latency(&self, view: &View<'_>, progress: &Progress) -> Option<Fetching> {
        let Progress { first_byte_ms, since_ms, bits_here, .. } = *progress;
        let level_ms = (view.buffer_ms + self.placeholder_ms - first_byte_ms).max(0.0);
        let fetching = Fetching::of(progress, level_ms);
        let kbps = bits_here / (since_ms - first_byte_ms);
        let missing = fetching.missing - first_byte_ms * kbps;
        (0.0 < missing).then_some(Fetching { missing, ..fetching })
    }

    /// Returns the rung to fetch in place of the one on its way, where its score is better.
    pub(crate) fn gives_up_for(&self, view: &View<'_>, progress: &Progress) -> Option<Rung> {
        self.curve.gives_up_for(&self.after_latency(view, progress)?)
    }
}

impl Rule for BolaEnhanced {
    fn name(&self) -> &'static str {
        match (self.levels, self.rise) {
            (Levels::Plain(_) | Levels::PlainRaised(_), _) => "bola-pl",
            (Levels::Reckoned, Rise::OneAbove) => "bolae",
            (Levels::Reckoned, Rise::AsCarried) => "bolae-o",
        }
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        self.asked_ms = 0.0;
        self.last = self.last.min(view.top());
        let Some(kbps) = view.throughput_kbps else {
            return Decision::now(self.last, Reason::NoEstimate);
        };
        self.fit(view);
        self.step_back(view);
        let decision =
            if self.is_steady { self.steady(view, kbps) } else { self.start(view, kbps) };
        self.asked_ms = decision.delay_ms;
        decision
    }

    fn arrived(&mut self, arrival: &Arrival) {
        self.last = arrival.rung;
        if arrival.is_replacement {
            self.placeholder_ms += arrival.segment_ms;
            return;
        }
        // Neither more than the rung would have left, nor less where another rule chose it; in a
        // stall it is not raised.
        let level_ms = arrival.buffer_ms + arrival.took_ms;
        self.hold_at_most(self.curve.level(arrival.rung) - level_ms);
        if 0.0 < arrival.buffer_ms {
            let least_ms = self.curve.floor(arrival.rung) - level_ms;
            self.placeholder_ms = self.placeholder_ms.max(least_ms);
        }
    }

    fn waited(&mut self, ms: f64) {
        let asked_ms = std::mem::take(&mut self.asked_ms);
        self.placeholder_ms += (ms - asked_ms).max(0.0);
    }

    fn seeked(&mut self) {
        self.is_steady = false;
    }

    fn gives_up(&mut self, view: &View<'_>, progress: &Progress) -> bool {
        if progress.index < view.index {
            self.last = progress.rung;
            return false;
        }
        let lower = self.gives_up_for(view, progress);
        if let Some(lower) = lower {
            self.gave_up(progress.rung, lower);
        }
        lower.is_some()
    }

    /// What the rate so far would bring during the latency is left out: it only makes what is
    /// missing less, and so the wait longer.
    fn patience_ms(&self, view: &View<'_>, progress: &Progress) -> f64 {
        let level_ms = view.buffer_ms + self.placeholder_ms - progress.first_byte_ms;
        self.curve.patience_ms(&Fetching::of(progress, level_ms.max(0.0)))
    }
}

#[cfg(test)]
mod tests;
