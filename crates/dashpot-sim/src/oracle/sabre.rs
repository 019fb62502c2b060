//! Sabre's environment: one client, a film of equal segments, a network of periods.
//!
//! Spiteri, Sitaraman and Sparacio, ACM Multimedia Systems 2018; the semantics are those of the
//! program's last version (commit 09b03bb). What differs from a player, on purpose:
//!
//! - The first segment is of the lowest rung, and is not given up.
//! - A full buffer is waited for before the rule is asked, not after.
//! - What arrived of a segment given up teaches the estimator nothing.
//! - The start of playback is no stall, but averages over time count it.
//! - A stall is counted where the buffer empties while a segment of it is played, the length of
//!   a stall wherever the buffer is empty.

mod estimate;
mod metrics;
mod network;
mod playout;
mod reaction;
#[cfg(test)]
mod tests;

pub use estimate::{Average, WINDOW_MAX};
pub use metrics::Outcome;

use super::Step;
use crate::input::Period;
use dashpot_abr::{
    Arrival, Decision, Film as _, Progress, Reason, Rule, Rung, Source, Table, View,
};
use estimate::Estimator;
use metrics::Accuracy;
use network::{Download, Look, Network};
use playout::Playout;

/// What is varied from session to session.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The most media in the buffer, in milliseconds (`-b`).
    pub buffer_ms: f64,
    /// What a second of stalling costs in the score (`-gp`); rules have a `gp` of their own.
    pub gp: f64,
    /// How throughput and latency are estimated (`-ma`, `-ws`, `-hl`).
    pub average: Average,
    /// Whether downloads may be given up (not `-noa`).
    pub may_give_up: bool,
    /// The rung at which a session is ramped up (`-rmp`); `None` for what the network carries.
    pub rampup: Option<Rung>,
}

impl Default for Options {
    /// Sabre's defaults.
    fn default() -> Self {
        Self {
            buffer_ms: 25_000.0,
            gp: 5.0,
            average: Average::default(),
            may_give_up: true,
            rampup: None,
        }
    }
}

/// How often one segment may be given up, after which it comes whatever the rule says. Sabre has no
/// such bound; its own rules need a few, another might go on for ever.
const GIVEN_UP_MAX: u32 = 1_000;

/// Runs one session and returns Sabre's figures of it.
#[must_use]
pub fn run(movie: &Table, network: &[Period], rule: &mut dyn Rule, options: &Options) -> Outcome {
    run_logged(movie, network, rule, options, |_| ())
}

/// The same, telling `log` of each download.
#[must_use]
pub fn run_logged(
    movie: &Table,
    network: &[Period],
    rule: &mut dyn Rule,
    options: &Options,
    log: impl FnMut(&Step),
) -> Outcome {
    let mut session = Session {
        movie,
        options,
        rule,
        log,
        network: Network::new(network, movie.ladder(), movie.segment_ms(0)),
        playout: Playout::new(movie, options),
        estimator: Estimator::new(&options.average, movie.segment_ms(0)),
        accuracy: Accuracy::default(),
        given_up: 0,
    };
    session.first();
    let mut next = 1;
    while next < movie.segments() {
        next += usize::from(session.fetch(next));
    }
    session.playout.drain(session.playout.level(), session.network.sustainable());
    session.playout.outcome(session.accuracy)
}

struct Session<'a, L> {
    movie: &'a Table,
    options: &'a Options,
    rule: &'a mut dyn Rule,
    log: L,
    network: Network<'a>,
    playout: Playout<'a>,
    estimator: Estimator,
    accuracy: Accuracy,
    /// How often the segment that comes next was given up.
    given_up: u32,
}

/// What is to be fetched.
struct Choice {
    index: usize,
    decision: Decision,
    is_replacement: bool,
}

impl<L: FnMut(&Step)> Session<'_, L> {
    /// Fetches the first segment.
    fn first(&mut self) {
        let decision = Decision::now(Rung(0), Reason::NoEstimate);
        let choice = Choice { index: 0, decision, is_replacement: false };
        let bits = self.movie.bits(0, Rung(0));
        let got = self.network.download(bits, &mut self.playout.witness());
        let step = self.step(&choice, &got, bits, 0.0);
        (self.log)(&step);
        self.playout.start(Rung(0), got.took_ms);
        self.arrived(&choice, &got, bits, 0.0);
        self.estimator.add(got.bits, got.took_ms - got.first_byte_ms, got.first_byte_ms);
    }

    /// Fetches once; returns whether segment `next` is in the buffer now.
    fn fetch(&mut self, next: usize) -> bool {
        let full_ms = self.playout.level() + self.movie.segment_ms(0) - self.options.buffer_ms;
        self.wait(full_ms);
        let choice = self.choose(next);
        self.wait(choice.decision.delay_ms);

        let bits = self.movie.bits(choice.index, choice.decision.rung);
        let got = self.download(next, &choice, bits);
        let mut step = self.step(&choice, &got, bits, self.playout.level());
        let stalled_before_ms = self.playout.stalled_ms();
        self.playout.drain(got.took_ms, self.network.sustainable());
        step.buffer_drained_ms = self.playout.level();
        (self.log)(&step);
        self.given_up = if got.is_given_up { self.given_up + 1 } else { 0 };
        if !got.is_given_up {
            if choice.is_replacement {
                self.playout.replace(next - choice.index, choice.decision.rung);
            } else {
                self.playout.append(choice.decision.rung);
            }
            let stalled_ms = self.playout.stalled_ms() - stalled_before_ms;
            self.arrived(&choice, &got, bits, stalled_ms);
        }

        let transfer_ms = got.took_ms - got.first_byte_ms;
        let estimate_kbps = self.estimator.throughput_kbps().unwrap_or_default();
        self.accuracy.add(estimate_kbps, got.bits / transfer_ms);
        if !got.is_given_up {
            self.estimator.add(got.bits, transfer_ms, got.first_byte_ms);
        }
        !got.is_given_up && !choice.is_replacement
    }

    /// Lets time pass without a download.
    fn wait(&mut self, ms: f64) {
        if 0.0 < ms {
            self.playout.drain(ms, self.network.sustainable());
            self.network.wait(ms, &mut self.playout.witness());
            self.rule.waited(ms);
        }
    }

    /// Asks the rule what is to be fetched.
    fn choose(&mut self, next: usize) -> Choice {
        let view = view(self.movie, self.options, &self.estimator, &self.playout, next);
        let mut decision = self.rule.decide(&view);
        decision.rung = decision.rung.min(view.top());
        let whole = self.playout.whole();
        let place = self.rule.replaces(&view, whole, decision.rung);
        let Some(from_end) = place.and_then(|place| whole.len().checked_sub(place)) else {
            return Choice { index: next, decision, is_replacement: false };
        };
        let is_replacement = 0 < from_end;
        decision.delay_ms = if is_replacement { 0.0 } else { decision.delay_ms };
        Choice { index: next - from_end, decision, is_replacement }
    }

    /// Downloads what was chosen, as far as the rule lets it come.
    fn download(&mut self, next: usize, choice: &Choice, bits: f64) -> Download {
        if !self.options.may_give_up || GIVEN_UP_MAX <= self.given_up {
            return self.network.download(bits, &mut self.playout.witness());
        }
        let Choice { index, decision: Decision { rung, .. }, .. } = *choice;
        let mut view = view(self.movie, self.options, &self.estimator, &self.playout, next);
        let (began_ms, level_ms) = (view.now_ms, view.buffer_ms);
        let rule = &mut *self.rule;
        let look = |progress: Progress| {
            view.now_ms = began_ms + progress.since_ms;
            view.buffer_ms = (level_ms - progress.since_ms).max(0.0);
            let patience_ms = rule.patience_ms(&view, &progress);
            if 0.0 < patience_ms {
                return Look::Patient(patience_ms);
            }
            if rule.gives_up(&view, &progress) { Look::GiveUp } else { Look::Patient(0.0) }
        };
        let begun =
            Progress { index, rung, bits, bits_here: 0.0, first_byte_ms: 0.0, since_ms: 0.0 };
        self.network.download_watched(begun, &mut self.playout.witness(), look)
    }

    /// Tells the rule of a segment that arrived.
    fn arrived(&mut self, choice: &Choice, got: &Download, bits: f64, stalled_ms: f64) {
        self.rule.arrived(&Arrival {
            now_ms: self.playout.now_ms(),
            index: choice.index,
            rung: choice.decision.rung,
            segment_ms: self.movie.segment_ms(0),
            bits,
            first_byte_ms: got.first_byte_ms,
            took_ms: got.took_ms,
            buffer_ms: self.playout.level(),
            stalled_ms,
            is_replacement: choice.is_replacement,
            source: Source::default(),
        });
    }

    fn step(&self, choice: &Choice, got: &Download, bits: f64, level_ms: f64) -> Step {
        Step {
            now_ms: self.playout.now_ms(),
            index: choice.index,
            decision: choice.decision,
            throughput_kbps: self.estimator.throughput_kbps(),
            bits,
            bits_here: got.bits,
            first_byte_ms: got.first_byte_ms,
            took_ms: got.took_ms,
            buffer_before_ms: level_ms,
            buffer_drained_ms: level_ms,
            is_replacement: choice.is_replacement,
            is_given_up: got.is_given_up,
        }
    }
}

/// Returns what the rule sees when segment `next` goes to the end of the buffer next.
fn view<'a>(
    movie: &'a Table,
    options: &Options,
    estimator: &Estimator,
    playout: &Playout<'_>,
    next: usize,
) -> View<'a> {
    View {
        now_ms: playout.now_ms(),
        ladder: movie.ladder(),
        film: movie,
        index: next,
        since_seek: next,
        buffer_ms: playout.level(),
        buffer_max_ms: options.buffer_ms,
        segment_ms: movie.segment_ms(0),
        throughput_kbps: estimator.throughput_kbps(),
        latency_ms: estimator.latency_ms(),
        last: playout.last(),
        is_playing: 0.0 < playout.level(),
        live: None,
    }
}
