//! DYNAMIC: throughput while the buffer is thin, BOLA once it is not.
//!
//! Spiteri, Sitaraman and Sparacio, "From Theory to Practice: Improving Bitrate Adaptation in the
//! DASH Reference Player", ACM Multimedia Systems 2018, as in Sabre 2020 (`Dynamic`).

use crate::{
    Arrival, Bola, Decision, Entry, Outlook, Params, Progress, Rise, Rule, Throughput, View,
    fast_switching,
};

pub(crate) const ENTRIES: &[Entry] = &[
    Entry {
        name: "dynamic-o",
        follows: "DYNAMIC over BOLA-O (Sabre's -ao)",
        make: |params| fast_switching::with(Dynamic::typed(Rise::AsCarried, params), params),
    },
    Entry {
        name: "dynamic",
        follows: "DYNAMIC of MMSys 2018, as in Sabre",
        make: |params| fast_switching::with(Dynamic::typed(Rise::OneAbove, params), params),
    },
];

/// The buffer from which the level says enough to choose by. Below it BOLA would keep to low rungs
/// on a fast link for want of a buffer; the paper and Sabre take 10 s.
const BUFFER_TRUSTED_MS: f64 = 10_000.0;

/// Chooses by throughput at the start and after seeks, and by buffer level in steady state.
///
/// It changes over only where that does not cost quality: to BOLA once BOLA asks for as much, back
/// once BOLA asks for less. Downloads are given up as the throughput rule has it.
#[derive(Clone, Debug)]
pub struct Dynamic {
    bola: Bola,
    throughput: Throughput,
    trusted_ms: f64,
    by_buffer: bool,
    name: &'static str,
}

impl Dynamic {
    /// Returns DYNAMIC over BOLA whose rises end so far.
    #[must_use]
    pub fn new(rise: Rise) -> Self {
        Self::of(Bola::new(rise), Throughput::default(), BUFFER_TRUSTED_MS)
    }

    fn typed(rise: Rise, params: &mut Params<'_>) -> Self {
        let trusted_ms = params.number("trusted", BUFFER_TRUSTED_MS, 0.0..=1e9);
        Self::of(Bola::typed(rise, params), Throughput::typed(params), trusted_ms)
    }

    fn of(bola: Bola, throughput: Throughput, trusted_ms: f64) -> Self {
        let name = if bola.name() == "bola" { "dynamic" } else { "dynamic-o" };
        Self { bola, throughput, trusted_ms, by_buffer: false, name }
    }
}

impl Rule for Dynamic {
    fn name(&self) -> &'static str {
        self.name
    }

    /// Both are asked every time, so that each knows what it would have chosen before.
    fn decide(&mut self, view: &View<'_>) -> Decision {
        let bola = self.bola.decide(view);
        let throughput = self.throughput.decide(view);
        let is_rich = throughput.rung <= bola.rung;
        self.by_buffer = if self.by_buffer {
            self.trusted_ms <= view.buffer_ms || is_rich
        } else {
            self.trusted_ms < view.buffer_ms && is_rich
        };
        if self.by_buffer { bola } else { throughput }
    }

    fn arrived(&mut self, arrival: &Arrival) {
        self.by_buffer &= !arrival.is_replacement;
    }

    fn gives_up(&mut self, view: &View<'_>, progress: &Progress) -> bool {
        self.by_buffer &= view.index <= progress.index;
        self.throughput.gives_up(view, progress)
    }

    fn patience_ms(&self, view: &View<'_>, progress: &Progress) -> f64 {
        self.throughput.patience_ms(view, progress)
    }

    fn awaits(&self, view: &View<'_>, outlook: &Outlook) -> bool {
        self.throughput.awaits(view, outlook)
    }
}

#[cfg(test)]
mod tests;
