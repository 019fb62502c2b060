//! What sessions are played with, as a reset names it.

use crate::bench::{movies, networks};
use anyhow::{Context as _, bail};
use dashpot_base::ChunkQoe;
use dashpot_sim::input::{Movie, Network};
use serde::Deserialize;
use std::time::Duration;

/// The most sessions at once: each has a thread that waits.
const SESSIONS_MAX: usize = 1_024;

/// The longest buffer, in milliseconds: a day.
const BUFFER_MAX_MS: f64 = 86_400e3;

/// Latency of traces that have none of their own; the round trip of Pensieve's environment.
const LATENCY: Duration = Duration::from_millis(80);

/// A request for sessions that begin.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Reset {
    /// How many.
    pub(super) n: usize,
    /// Fixes which session gets which trace.
    pub(super) seed: u64,
    /// As `dashpot bench` takes them; none for its own.
    pub(super) traces: Vec<String>,
    /// As `dashpot bench` takes it; none for its own.
    pub(super) movie: Option<String>,
    /// The most media kept ahead; the environment's own where it is left out.
    pub(super) buffer_ms: Option<f64>,
    pub(super) environment: Environment,
    pub(super) qoe: Qoe,
}

impl Default for Reset {
    fn default() -> Self {
        Self {
            n: 1,
            seed: 1,
            traces: Vec::new(),
            movie: None,
            buffer_ms: None,
            environment: Environment::Player,
            qoe: Qoe::Lin,
        }
    }
}

/// Where sessions are played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Environment {
    /// The player itself, in virtual time.
    Player,
    /// The test environment of Pensieve.
    Pensieve,
}

/// What a segment is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Qoe {
    Lin,
    Log,
    Hd,
}

impl From<Qoe> for ChunkQoe {
    fn from(qoe: Qoe) -> Self {
        match qoe {
            Qoe::Lin => Self::LINEAR,
            Qoe::Log => Self::LOGARITHMIC,
            Qoe::Hd => Self::DEFINITION,
        }
    }
}

impl Reset {
    /// Says whether it asks for what there can be.
    ///
    /// # Errors
    /// Where it does not.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        if !(1..=SESSIONS_MAX).contains(&self.n) {
            bail!("n is 1 to {SESSIONS_MAX}");
        }
        let possible = 1_000.0..=BUFFER_MAX_MS;
        if self.buffer_ms.is_some_and(|buffer_ms| !possible.contains(&buffer_ms)) {
            bail!("buffer_ms is 1000 to {BUFFER_MAX_MS}");
        }
        Ok(())
    }
}

/// What was read.
pub(super) struct Inputs {
    named: (Vec<String>, Option<String>),
    pub(super) movie: Movie,
    pub(super) networks: Vec<Network>,
}

impl Inputs {
    /// Reads what `reset` names.
    ///
    /// # Errors
    /// Where a trace or the film is none.
    pub(super) fn read(reset: &Reset) -> anyhow::Result<Self> {
        let networks = networks::read(&reset.traces, None, LATENCY)?;
        let movie = movies::read(reset.movie.as_slice())?.into_iter().next();
        let named = (reset.traces.clone(), reset.movie.clone());
        Ok(Self { named, movie: movie.context("no film")?, networks })
    }

    /// Returns whether these are what `reset` names.
    pub(super) fn are_of(&self, reset: &Reset) -> bool {
        self.named.0 == reset.traces && self.named.1 == reset.movie
    }
}
