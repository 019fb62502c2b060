//! The test environment of Pensieve (Mao, Netravali and Alizadeh, SIGCOMM 2017).
//!
//! Its deterministic variant, in which most of the field's learned rules are compared: no noise on
//! download times, every session begins at the second row of its trace. A link of the trace's
//! rates carries chunks one by one; 5 % of it go to headers, every chunk costs one round trip
//! during which the trace does not move on, and the player sleeps in steps of half a second
//! where its buffer holds more than a minute.

mod link;
mod optimum;
mod trace;

pub use optimum::{Optimum, Precision, optimum};
pub use trace::{Trace, TraceProblem};

use super::Step;
use dashpot_abr::{Arrival, Decision, Film as _, Reason, Rule, Rung, Source, Table, View};
use dashpot_base::ChunkQoe;
use link::Link;

/// Chunks of a session in the published ones.
pub const CHUNKS: usize = 48;

/// What a session runs with.
#[derive(Clone, Copy, Debug)]
pub struct Setup<'a> {
    /// What is played. It may be longer than the session: published plans look one chunk further.
    pub film: &'a Table,
    /// The network.
    pub trace: &'a Trace,
    /// How many chunks are played, at most those of the film; 48 by default.
    pub chunks: usize,
    /// The rung of the first chunk, for which no rule is asked; the second lowest by default.
    pub first: Rung,
    /// The share of the link that carries chunks; 0.95 by default.
    pub payload_ratio: f64,
    /// What each request costs, in milliseconds; 80 by default.
    pub round_trip_ms: f64,
    /// The buffer beyond which the player sleeps, in milliseconds; 60,000 by default.
    pub buffer_max_ms: f64,
    /// The step of its sleep, in milliseconds; 500 by default.
    pub sleep_ms: f64,
}

impl<'a> Setup<'a> {
    /// Returns the published setup for this film and network.
    #[must_use]
    pub fn new(film: &'a Table, trace: &'a Trace) -> Self {
        Self {
            film,
            trace,
            chunks: CHUNKS.min(film.segments()),
            first: Rung(1.min(film.ladder().len() - 1)),
            payload_ratio: 0.95,
            round_trip_ms: 80.0,
            buffer_max_ms: 60_000.0,
            sleep_ms: 500.0,
        }
    }

    /// Returns the worth of each of `chunks`; the first one follows the rung it is fetched at by
    /// default.
    pub fn rewards(&self, qoe: ChunkQoe, chunks: &[Chunk]) -> impl Iterator<Item = f64> {
        let ladder = self.film.ladder();
        let rate = |Rung(rung): Rung| ladder[rung];
        let lasts = std::iter::once(self.first).chain(chunks.iter().map(|chunk| chunk.rung));
        lasts.zip(chunks).map(move |(last, chunk)| {
            qoe.of([rate(last), rate(chunk.rung)], ladder[0], chunk.stalled_ms / 1_000.0)
        })
    }

    /// Returns the mean worth of `chunks` but the first, which nobody chose; 0 where there is no
    /// other.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a count of chunks")]
    pub fn qoe(&self, qoe: ChunkQoe, chunks: &[Chunk]) -> f64 {
        let sum: f64 = self.rewards(qoe, chunks).skip(1).sum();
        sum / chunks.len().saturating_sub(1).max(1) as f64
    }
}

/// One chunk as it was fetched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chunk {
    /// Its rung.
    pub rung: Rung,
    /// Its size, in bits.
    pub bits: f64,
    /// From the request to its last byte, in milliseconds.
    pub took_ms: f64,
    /// How long playback stood still for it, in milliseconds; before the first one, all the while.
    pub stalled_ms: f64,
    /// How long the player slept afterwards, in milliseconds.
    pub slept_ms: f64,
    /// Media in the buffer after that, in milliseconds.
    pub buffer_ms: f64,
}

/// A session that is under way. A copy goes its own way from there.
#[derive(Clone, Copy, Debug)]
pub struct Session<'a> {
    setup: &'a Setup<'a>,
    link: Link<'a>,
    index: usize,
    buffer_ms: f64,
    now_ms: f64,
}

impl<'a> Session<'a> {
    /// Returns a session before its first chunk.
    #[must_use]
    pub fn new(setup: &'a Setup<'a>) -> Self {
        let link = Link::new(setup.trace, setup.payload_ratio);
        Self { setup, link, index: 0, buffer_ms: 0.0, now_ms: 0.0 }
    }

    /// Returns whether all chunks were fetched.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.setup.chunks <= self.index
    }

    /// Fetches the next chunk at `rung`, which is at most the highest one.
    pub fn fetch(&mut self, rung: Rung) -> Chunk {
        let setup = self.setup;
        let bits = setup.film.bits(self.index, rung);
        let took_ms = self.link.fetch(bits / 8.0) * 1_000.0 + setup.round_trip_ms;
        let stalled_ms = (took_ms - self.buffer_ms).max(0.0);
        self.buffer_ms = (self.buffer_ms - took_ms).max(0.0) + setup.film.segment_ms(self.index);
        let mut slept_ms = 0.0;
        if setup.buffer_max_ms < self.buffer_ms {
            let steps = ((self.buffer_ms - setup.buffer_max_ms) / setup.sleep_ms).ceil();
            slept_ms = steps * setup.sleep_ms;
            self.buffer_ms -= slept_ms;
            self.link.sleep(slept_ms);
        }
        self.index += 1;
        self.now_ms += took_ms + slept_ms;
        Chunk { rung, bits, took_ms, stalled_ms, slept_ms, buffer_ms: self.buffer_ms }
    }

    fn view(&self, last: Rung) -> View<'a> {
        View {
            now_ms: self.now_ms,
            ladder: self.setup.film.ladder(),
            film: self.setup.film,
            index: self.index,
            since_seek: self.index,
            buffer_ms: self.buffer_ms,
            buffer_max_ms: self.setup.buffer_max_ms,
            segment_ms: self.setup.film.segment_ms(self.index),
            throughput_kbps: None,
            latency_ms: 0.0,
            last: Some(last),
            is_playing: true,
            live: None,
        }
    }
}

/// Runs one session by `rule` and returns its chunks.
///
/// The environment has no estimator: a rule that asks the view for a throughput gets none, those
/// of this family learn from what arrives.
pub fn run(setup: &Setup<'_>, rule: &mut dyn Rule) -> Vec<Chunk> {
    run_logged(setup, rule, |_| ())
}

/// The same, telling `log` of each download.
pub fn run_logged(setup: &Setup<'_>, rule: &mut dyn Rule, log: impl FnMut(&Step)) -> Vec<Chunk> {
    play(setup, rule, |_, chosen| chosen, log)
}

/// Runs one session in which `fetched` says what becomes of what `rule` chose for a chunk.
fn play(
    setup: &Setup<'_>,
    rule: &mut dyn Rule,
    mut fetched: impl FnMut(usize, Rung) -> Rung,
    mut log: impl FnMut(&Step),
) -> Vec<Chunk> {
    let mut session = Session::new(setup);
    let mut chunks: Vec<Chunk> = Vec::with_capacity(setup.chunks);
    while !session.is_over() {
        let Session { index, buffer_ms, now_ms, .. } = session;
        let mut decision = match chunks.last() {
            None => Decision::now(setup.first, Reason::NoEstimate),
            Some(last) => rule.decide(&session.view(last.rung)),
        };
        if !chunks.is_empty() {
            decision.rung = fetched(index, decision.rung);
        }
        let chunk = session.fetch(decision.rung);
        let first_byte_ms = setup.round_trip_ms.min(chunk.took_ms);
        log(&Step {
            now_ms,
            index,
            decision,
            throughput_kbps: None,
            bits: chunk.bits,
            bits_here: chunk.bits,
            first_byte_ms,
            took_ms: chunk.took_ms,
            buffer_before_ms: buffer_ms,
            buffer_drained_ms: (buffer_ms - chunk.took_ms).max(0.0),
            is_replacement: false,
            is_given_up: false,
        });
        rule.arrived(&Arrival {
            now_ms: session.now_ms - chunk.slept_ms,
            index,
            rung: decision.rung,
            segment_ms: setup.film.segment_ms(index),
            bits: chunk.bits,
            first_byte_ms,
            took_ms: chunk.took_ms,
            buffer_ms: chunk.buffer_ms + chunk.slept_ms,
            stalled_ms: chunk.stalled_ms,
            source: Source::default(),
            is_replacement: false,
        });
        if 0.0 < chunk.slept_ms {
            rule.waited(chunk.slept_ms);
        }
        chunks.push(chunk);
    }
    chunks
}

#[cfg(test)]
mod tests;
