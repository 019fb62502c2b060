//! Traces made from a seed, so that nothing need be downloaded.
//!
//! They are of our own making: shapes that links are known to have, not recordings of any. What a
//! rule does on them says how it takes such shapes, not how it would fare on a certain network.

mod kinds;

use super::{Trace, TraceError};
use dashpot_base::{Rng, Seed};
use kinds::Kind;
use std::time::Duration;

/// A family of traces, as it is typed: `markov,seed=1,n=50`.
#[derive(Clone, Debug, PartialEq)]
pub struct Generator {
    /// The kinds that take turns.
    kinds: Vec<Kind>,
    seed: u64,
    count: usize,
    /// How long each trace is before it starts over.
    seconds: u32,
    /// The geometric mean of all traces' own mean rates.
    kbps: f64,
    /// Traces' own means lie from `kbps / spread` to `kbps * spread`.
    spread: f64,
    latency_ms: f64,
}

/// Why a generator cannot be had as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GeneratorError {
    /// No generator is called so.
    #[error("`{0}` is no generator; there are mixed, {names}", names = Kind::names())]
    UnknownKind(String),
    /// A parameter is unknown or is not one of its values.
    #[error(
        "`{0}`: parameters are seed=1, n=1..10000, seconds=10..86400, kbps=10..10000000, \
         spread=1..100, latency=0..10000 (ms)"
    )]
    BadParameter(String),
}

/// The most traces one generator makes.
const COUNT_MAX: f64 = 10_000.0;

impl Generator {
    /// Reads a kind and its parameters: `markov,seed=1,n=50,seconds=600,kbps=2000,spread=3,latency=50`.
    /// All but the kind may be left out.
    ///
    /// # Errors
    /// Where there is no such kind or parameter, or not with that value.
    pub fn parse(text: &str) -> Result<Self, GeneratorError> {
        let mut fields = text.split(',').map(str::trim);
        let name = fields.next().unwrap_or_default();
        let kinds = match name {
            "mixed" => Kind::ALL.to_vec(),
            _ => match Kind::ALL.into_iter().find(|kind| kind.name() == name) {
                Some(kind) => vec![kind],
                None => return Err(GeneratorError::UnknownKind(name.to_owned())),
            },
        };
        let mut generator = Self {
            kinds,
            seed: 1,
            // Enough for a paired interval to be of use, and done in a second.
            count: 50,
            seconds: 600,
            // The middle of the ladders that are in use for films of up to 1080 lines.
            kbps: 2_000.0,
            spread: 3.0,
            latency_ms: 50.0,
        };
        for field in fields.filter(|field| !field.is_empty()) {
            generator.set(field).ok_or_else(|| GeneratorError::BadParameter(field.to_owned()))?;
        }
        Ok(generator)
    }

    fn set(&mut self, field: &str) -> Option<()> {
        let (key, value) = field.split_once('=')?;
        if key == "seed" {
            self.seed = value.parse().ok()?;
            return Some(());
        }
        let value: f64 = value.parse().ok()?;
        let within = |low: f64, high: f64| (low..=high).contains(&value).then_some(value);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "both are bounded here"
        )]
        match key {
            "n" => self.count = within(1.0, COUNT_MAX)? as usize,
            "seconds" => self.seconds = within(10.0, 86_400.0)? as u32,
            "kbps" => self.kbps = within(10.0, 1e7)?,
            "spread" => self.spread = within(1.0, 100.0)?,
            "latency" => self.latency_ms = within(0.0, 10_000.0)?,
            _ => return None,
        }
        Some(())
    }

    /// Returns the names of all kinds, for help texts.
    #[must_use]
    pub fn names() -> String {
        Kind::names()
    }

    /// Returns the traces with their names. Each depends on its own number and the parameters
    /// alone: asking for more traces leaves the first ones as they are.
    ///
    /// # Errors
    /// Where the parameters make a trace that never carries anything; the bounds of
    /// [`Generator::parse`] leave none.
    pub fn traces(&self) -> Result<Vec<(String, Trace)>, TraceError> {
        (0..self.count).map(|number| self.trace(number)).collect()
    }

    fn trace(&self, number: usize) -> Result<(String, Trace), TraceError> {
        let kind = self.kinds[number % self.kinds.len()];
        let mixed = u64::try_from(number).unwrap_or(u64::MAX).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut rng = Rng::new(Seed(self.seed ^ mixed));
        // The first draws of near seeds are alike.
        for _ in 0..4 {
            rng.bits();
        }
        let log_spread = libm::log(self.spread);
        let kbps = self.kbps * libm::exp(log_spread * (2.0 * rng.unit() - 1.0));
        let latency = Duration::from_secs_f64(self.latency_ms / 1e3);
        let rows = kind.rows(&mut rng, self.seconds, kbps, latency);
        let name = format!("{}-{}-{number:04}", kind.name(), self.seed);
        Ok((name, Trace::from_rows(rows)?))
    }
}

#[cfg(test)]
mod tests;
