//! What dash.js does by default ("DYNAMIC"): the lowest of what several rules ask for.
//!
//! dash.js 5.1 (BSD-3-Clause): `ABRRulesCollection`, `ThroughputRule`, `BolaRule`,
//! `InsufficientBufferRule`, `SwitchHistoryRule`, `AbandonRequestsRule`, `ThroughputController`,
//! with the defaults of `Settings.js`, and what `AbrController` makes of a download given up: for a
//! while the rung in force may only fall. The rule for dropped frames is off by default and has no
//! meaning without a screen; fast switching is none of the rules' business.

mod abandon;
mod bola;
mod history;

use crate::{
    Arrival, Decision, Entry, Params, Progress, Reason, Rule, Rung, View,
    measure::{Pair, kbps},
};
use abandon::Abandon;
use bola::Bola;
use history::History;

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    name: "dashjs",
    follows: "the DYNAMIC strategy of dash.js 5.1",
    make: |params| Box::new(DashJs::new(params)),
}];

/// A second of download weighs as much as a second and a half of the averages' half-lives.
const WEIGHT_OF_DOWNLOAD: f64 = 1.5;

/// Throughput while the buffer is thin and BOLA once it is thick, both overruled by what the buffer
/// can bear and by rungs that were left too often.
#[derive(Clone, Debug)]
struct DashJs {
    settings: Settings,
    throughput: Pair,
    bola: Bola,
    is_by_buffer: bool,
    /// Segments still to come before the buffer's level is worth a look.
    to_ignore: usize,
    history: History,
    abandon: Abandon,
    /// What the last download given up has left behind.
    fled: Option<Fled>,
}

#[derive(Clone, Copy, Debug)]
struct Settings {
    safety: f64,
    stable_ms: f64,
    buffer_safety: f64,
    empty_ms: f64,
    ignored: usize,
    cached_ms: f64,
    flight_ms: f64,
}

#[derive(Clone, Copy, Debug)]
struct Fled {
    /// The rung in force: the one fled to, or a lower one chosen since.
    rung: Rung,
    /// Until when no rule may raise it.
    until_ms: f64,
}

impl DashJs {
    fn new(params: &mut Params<'_>) -> Self {
        let settings = Settings {
            safety: params.number("safety", 0.9, 0.01..=2.0),
            stable_ms: params.number("stable", 18_000.0, 0.0..=1e6),
            buffer_safety: params.number("buffer-safety", 0.7, 0.01..=2.0),
            empty_ms: params.number("empty", 300.0, 0.0..=1e5),
            ignored: params.count("ignored", 2, 0..=100),
            cached_ms: params.number("cached", 10.0, 0.0..=1e4),
            flight_ms: params.number("flight", 10_000.0, 0.0..=1e6),
        };
        let fast_ms = params.number("fast", 3_000.0, 1.0..=1e6);
        let slow_ms = params.number("slow", 8_000.0, 1.0..=1e6);
        Self {
            settings,
            throughput: Pair::with_half_lives(fast_ms, slow_ms),
            bola: Bola::default(),
            is_by_buffer: false,
            to_ignore: settings.ignored,
            history: History::new(params),
            abandon: Abandon::new(params),
            fled: None,
        }
    }

    /// Returns the buffer at which BOLA takes over: what dash.js would fill it to, or as much as
    /// there ever is where this player keeps less.
    fn stable_ms(&self, view: &View<'_>) -> f64 {
        self.settings.stable_ms.min((view.buffer_max_ms - view.segment_ms).max(0.0))
    }

    fn kbps(&self) -> Option<f64> {
        self.throughput.kbps().map(f64::round)
    }

    fn by_throughput(&self, view: &View<'_>) -> Option<Decision> {
        let kbps = self.kbps()? * self.settings.safety;
        let reason = match view.ladder.first() {
            Some(&lowest) if kbps < lowest => Reason::ThroughputBelowLadder,
            Some(_) | None => Reason::ThroughputFits,
        };
        Some(Decision::now(view.rung_below(kbps), reason))
    }

    /// Returns the rung in force where a download was given up not long ago: none above it is
    /// chosen, whoever asks for it.
    fn hold(&self, view: &View<'_>) -> Option<Decision> {
        let fled = self.fled.filter(|fled| view.now_ms < fled.until_ms)?;
        Some(Decision::now(fled.rung.min(view.top()), Reason::AfterGivingUp))
    }

    /// Returns the highest rung that arrives before the buffer runs out.
    fn by_what_the_buffer_bears(&self, view: &View<'_>) -> Option<Decision> {
        // A low-latency session has a thin buffer by design.
        if 0 < self.to_ignore || view.live.is_some() {
            return None;
        }
        if view.buffer_ms < self.settings.empty_ms {
            return Some(Decision::now(Rung(0), Reason::InsufficientBuffer));
        }
        let kbps = self.kbps()? * self.settings.buffer_safety * view.buffer_ms / view.segment_ms;
        let is_bound = 0.0 < kbps;
        is_bound.then(|| Decision::now(view.rung_below(kbps), Reason::InsufficientBuffer))
    }
}

impl Rule for DashJs {
    fn name(&self) -> &'static str {
        "dashjs"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        let stable_ms = self.stable_ms(view);
        let threshold_ms = if self.is_by_buffer { stable_ms / 2.0 } else { stable_ms };
        self.is_by_buffer = threshold_ms <= view.buffer_ms;
        let hold = self.hold(view);
        let first = if self.is_by_buffer {
            let kbps = self.kbps().map(|kbps| kbps * self.settings.safety);
            self.bola.decide(view, stable_ms, kbps)
        } else {
            // Throughput abstains for as long, and lowers nothing either.
            hold.or_else(|| self.by_throughput(view))
        };
        let others = [self.by_what_the_buffer_bears(view), self.history.decide(view)];
        let mut chosen = first;
        for vote in others.into_iter().flatten() {
            if chosen.is_none_or(|chosen| vote.rung < chosen.rung) {
                chosen = Some(Decision { delay_ms: 0.0, ..vote });
            }
        }
        let unchanged = hold.unwrap_or(Decision::now(view.last_or_lowest(), Reason::NoEstimate));
        let mut decision = chosen.unwrap_or(unchanged);
        if let (Some(hold), Some(fled)) = (hold, &mut self.fled) {
            if hold.rung < decision.rung {
                // BOLA's pause is kept even so.
                decision = Decision { delay_ms: decision.delay_ms, ..hold };
            }
            fled.rung = decision.rung;
        }
        if view.last.is_some() {
            self.history.push(unchanged.rung, decision.rung);
        }
        decision
    }

    fn arrived(&mut self, arrival: &Arrival) {
        self.to_ignore = self.to_ignore.saturating_sub(1);
        self.bola.arrived(arrival);
        let streamed_ms = arrival.took_ms - arrival.first_byte_ms;
        if streamed_ms < self.settings.cached_ms {
            return;
        }
        if let Some(rate) = kbps(arrival.bits, streamed_ms) {
            self.throughput.add(WEIGHT_OF_DOWNLOAD * streamed_ms, rate);
        }
    }

    fn seeked(&mut self) {
        self.bola = Bola::default();
        self.to_ignore = self.settings.ignored;
    }

    fn patience_ms(&self, _view: &View<'_>, progress: &Progress) -> f64 {
        // Each look at a download is a sample of its rate.
        if self.abandon.has_decided(progress) { f64::INFINITY } else { 0.0 }
    }

    fn gives_up(&mut self, view: &View<'_>, progress: &Progress) -> bool {
        let stable_ms = self.stable_ms(view);
        let Some(rung) = self.abandon.flees(view, progress, stable_ms) else { return false };
        self.fled = Some(Fled { rung, until_ms: view.now_ms + self.settings.flight_ms });
        self.history.clear();
        self.bola.gave_up(view, rung, stable_ms);
        true
    }
}

#[cfg(test)]
mod tests;
