//! One session of a sweep, and what tells it from every other.
//!
//! A sweep plays every rule with every film over every network. Whoever drives it has the threads
//! and the files; here is what one of them does with one [`Job`].

mod viewers;

pub use viewers::APART;

use crate::{
    input::{Movie, Network},
    lab::{self, Edge, Lab, Outcome},
};
use dashpot_abr::{Film as _, Rule, SpecError};
use dashpot_base::{MonoTime, Rng, Seed};
use dashpot_player::DoneReason;
use dashpot_qoe::{Measures, Metric, Record, Step, Tracker, reaction, similarity};
use std::{fmt, time::Duration};
use xxhash_rust::xxh3::xxh3_64;

/// One session to be played.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The rule as it is typed.
    pub rule: &'a str,
    /// What is played.
    pub movie: &'a Movie,
    /// Over which network.
    pub network: &'a Network,
    /// How the player is set up.
    pub setup: Setup,
}

/// What is the same for all sessions of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// The most media kept ahead.
    pub buffer: Duration,
    /// Fixes whatever is random.
    pub seed: u64,
    /// The cache before the origin, whose own seed is made of this one and the network: what
    /// viewers before have left in it differs from network to network and is the same for all
    /// rules over one.
    pub edge: Option<Edge>,
    /// Set where the film comes into being while it is played.
    pub live: Option<Live>,
    /// How many viewers share the network and the cache; see [`Job::play_together`].
    pub viewers: u32,
}

impl Setup {
    /// Returns a setup of one viewer without a cache.
    #[must_use]
    pub const fn new(buffer: Duration, seed: u64) -> Self {
        Self { buffer, seed, edge: None, live: None, viewers: 1 }
    }
}

/// How a film is played that comes into being meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Live {
    /// How far behind the live edge playback is to be kept.
    pub target: Duration,
    /// How long the chunks play in which a segment is sent while it is made; zero where it is sent
    /// once all of it was captured.
    pub chunk: Duration,
}

impl Live {
    /// Returns the live session of a viewer who comes somewhere in the middle of a segment. Where
    /// the seed draws, the same for all rules over one network; the first picture is of the
    /// film's first segment.
    fn joined(self, seed: Seed, segment_ms: f64) -> lab::Live {
        let into_ms = Rng::new(seed).unit() * segment_ms;
        let into = Duration::try_from_secs_f64(into_ms / 1e3).unwrap_or_default();
        let Self { target, chunk } = self;
        lab::Live { target, chunk, on_air: target.saturating_add(into) }
    }
}

impl fmt::Display for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s behind the live edge, ", self.target.as_secs_f64())?;
        match self.chunk.as_millis() {
            0 => f.write_str("segments sent whole"),
            ms => write!(f, "segments sent in chunks of {ms} ms"),
        }
    }
}

/// A session that was played.
#[derive(Clone, Debug)]
pub struct Played {
    /// Its figures.
    pub measures: Measures,
    /// Why it ended, in a word.
    pub ended: &'static str,
    /// Why the rule could choose no longer, where it ended for that.
    pub failure: Option<String>,
    /// How long it took.
    pub took: Duration,
    /// What was seen of it.
    pub tracker: Tracker,
    /// Everything that was decided; empty where it was not asked for.
    pub records: Vec<Record>,
}

impl Job<'_> {
    /// Returns the hash of the rule and the setup: what was done, whatever it was done with.
    #[must_use]
    pub fn config_hash(&self) -> u64 {
        let Setup { buffer, seed, edge, live, viewers } = self.setup;
        let mut config = format!("native;{};{};{seed}", self.rule, buffer.as_nanos());
        // What is not there adds nothing, so that plain sessions keep their hashes.
        if let Some(edge) = edge {
            config += &format!(";edge={edge}");
        }
        if let Some(Live { target, chunk }) = live {
            config += &format!(";live={};chunk={}", target.as_nanos(), chunk.as_nanos());
        }
        if 1 < viewers {
            config += &format!(";viewers={viewers}");
        }
        xxh3_64(config.as_bytes())
    }

    /// Returns the hash of the configuration and the inputs: sessions that share it are the same.
    #[must_use]
    pub fn hash(&self) -> u64 {
        let (config, movie, network) = (self.config_hash(), self.movie.hash, self.network.hash);
        xxh3_64(format!("{config:x};{movie:x};{network:x}").as_bytes())
    }

    /// Plays the session, keeping its records where they are wanted.
    ///
    /// # Errors
    /// Where the rule is none.
    pub fn play(&self, keep_records: bool) -> Result<Played, SpecError> {
        Ok(self.play_by(dashpot_abr::parse(self.rule)?, keep_records))
    }

    /// Plays the session by `rule`, which somebody made who knows more rules than
    /// [`parse`](dashpot_abr::parse) does.
    #[must_use]
    pub fn play_by(&self, rule: Box<dyn Rule>, keep_records: bool) -> Played {
        let (mut tracker, mut records) = (Tracker::new(), Vec::new());
        let outcome = self.lab(rule).observed(|record| {
            tracker.add(record);
            if keep_records {
                records.push(record.clone());
            }
        });
        let reaction = self.reaction(&tracker, outcome.ended);
        let mut played = self.played(tracker, outcome);
        played.measures.set(Metric::ReactionSeconds, reaction);
        Played { records, ..played }
    }

    /// Returns the session to be run.
    fn lab(&self, rule: Box<dyn Rule>) -> Lab {
        let Setup { buffer, seed, edge, live, .. } = self.setup;
        let left = Seed(seed ^ self.network.hash);
        Lab {
            buffer,
            seed: Seed(seed),
            edge: edge.map(|edge| Edge { seed: left, ..edge }),
            live: live.map(|live| live.joined(left, self.movie.film.segment_ms(0))),
            ..Lab::new(self.movie.lab.clone(), self.network.trace.clone(), rule)
        }
    }

    /// Returns what came of a session that was run, without its reaction and its records.
    fn played(&self, tracker: Tracker, outcome: Outcome) -> Played {
        let mut measures = tracker.measures(&outcome.summary, self.movie.film.ladder());
        similarity(&mut measures, tracker.pieces(), |piece| {
            // Segments are numbered from 1.
            let index = usize::try_from(piece.number).ok()?.checked_sub(1)?;
            self.movie.ssim(index, piece.rung)
        });
        let ended = outcome.done.as_ref().map_or("stuck", word);
        let took = outcome.ended.since(MonoTime::ZERO);
        let failure = match outcome.done {
            Some(DoneReason::RuleFailed { why }) => Some(why),
            Some(
                DoneReason::Ended
                | DoneReason::PlayedEnough
                | DoneReason::TimeUp
                | DoneReason::Stopped
                | DoneReason::NothingToPlay
                | DoneReason::Failed { .. },
            )
            | None => None,
        };
        Played { measures, ended, failure, took, tracker, records: Vec::new() }
    }

    /// Returns how long the session that `tracker` saw, which was over at `ended`, took to use
    /// what its network had come to carry, in seconds.
    #[must_use]
    pub fn reaction(&self, tracker: &Tracker, ended: MonoTime) -> Option<f64> {
        let mut at_ms = 0.0;
        let steps = self.network.periods.iter().cycle().map(|period| {
            let step = Step { at_ms, kbps: period.bandwidth_kbps };
            at_ms += period.duration_ms;
            step
        });
        let ended_ms = ended.since(MonoTime::ZERO).as_secs_f64() * 1e3;
        reaction(steps, tracker.pieces(), self.movie.film.ladder(), ended_ms)
    }
}

/// Returns why a session ended, in a word.
const fn word(done: &DoneReason) -> &'static str {
    match done {
        DoneReason::Ended => "ended",
        DoneReason::PlayedEnough => "played-enough",
        DoneReason::TimeUp => "time-up",
        DoneReason::Stopped => "stopped",
        DoneReason::NothingToPlay => "nothing-to-play",
        DoneReason::RuleFailed { .. } => "rule-failed",
        DoneReason::Failed { .. } => "failed",
    }
}

/// Splits `a,b:x=1,y=2,c` into rules: what has an `=` and no `:` goes on with the parameters of the
/// rule before it.
#[must_use]
pub fn split_rules(text: &str) -> Vec<String> {
    let mut rules: Vec<String> = Vec::new();
    for piece in text.split(',').map(str::trim).filter(|piece| !piece.is_empty()) {
        match rules.last_mut() {
            Some(rule) if piece.contains('=') && !piece.contains(':') && rule.contains(':') => {
                rule.push(',');
                rule.push_str(piece);
            }
            _ => rules.push(piece.to_owned()),
        }
    }
    rules
}

#[cfg(test)]
mod tests;
