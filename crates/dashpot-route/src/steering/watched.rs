//! What is known of a pathway by asking it, and what an operator says instead.

use super::{LOAD_FULL, Load, Steering, Wrong};
use crate::{
    Failure,
    health::{Change, Health, Outcome, SHARE_MIN, Settings, State},
};
use dashpot_base::MonoTime;
use std::time::Duration;

/// What a pathway said of itself when it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// How loaded it is, in percent.
    Load(u8),
    /// That it is under duress (CTA-5006 `du`), which counts as full.
    Duress,
    /// That it is about to end, which counts as full.
    Draining,
}

/// What came of asking a pathway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Whether it serves.
    pub outcome: Outcome,
    /// What it said, where it said anything of its load.
    pub said: Option<Said>,
}

/// What is new of a pathway, for the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// Whether it came up or went down.
    pub health: Option<Change>,
    /// Whether it has become full, or is no longer, and what it said.
    pub fullness: Option<(bool, Option<Said>)>,
}

/// What is known of a pathway by asking it.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    pub(super) health: Health,
    pub(super) load: Load,
    /// What it said last.
    pub(super) said: Option<Said>,
    /// Since when it has said that it is full.
    pub(super) full_since: Option<MonoTime>,
}

/// Whose word a load is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nobody has said anything.
    Nobody,
    /// An operator's, which counts whatever the pathway says.
    Operator,
    /// The pathway's own.
    Pathway,
}

/// What a pathway counts as.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    pub(super) is_down: bool,
    pub(super) load: u8,
    pub(super) source: Source,
    /// The part of its weight that it has.
    pub(super) share: f64,
}

/// What an operator sees of what is known by asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchedState {
    /// Whether it serves.
    pub state: State,
    /// How long that has been so.
    pub held: Duration,
    /// What took it down, where it is down.
    pub why: Option<Failure>,
    /// What it said last of its load.
    pub said: Option<Said>,
    /// How long it has said that it is full.
    pub full_for: Option<Duration>,
}

impl Said {
    const fn percent(self) -> u8 {
        match self {
            Self::Load(percent) if percent < LOAD_FULL => percent,
            Self::Load(_) | Self::Duress | Self::Draining => LOAD_FULL,
        }
    }
}

impl Watched {
    fn probed(&mut self, now: MonoTime, probe: Probe) -> News {
        let health = self.health.handle(now, probe.outcome);
        // Who says nothing of a load has none to tell; who did not answer has said nothing.
        let is_answer = probe.outcome == Outcome::Passed || probe.said.is_some();
        let mut fullness = None;
        if is_answer {
            self.said = probe.said;
            let percent = probe.said.map_or(0, Said::percent);
            self.load.report(now, percent);
            let is_full = percent == LOAD_FULL;
            if is_full != self.full_since.is_some() {
                self.full_since = is_full.then_some(now);
                fullness = Some((is_full, probe.said));
            }
        }
        News { health, fullness }
    }

    pub(super) fn view(&self, now: MonoTime) -> WatchedState {
        WatchedState {
            state: self.health.state(),
            held: now.since(self.health.since()),
            why: self.health.why(),
            said: self.said,
            full_for: self.full_since.map(|since| now.since(since)),
        }
    }
}

impl super::Pathway {
    pub(super) fn standing(&self, now: MonoTime) -> Standing {
        match (&self.word, &self.watched) {
            (Some(word), _) => {
                let load = word.at(now);
                Standing { is_down: false, load, source: Source::Operator, share: 1.0 }
            }
            (None, None) => {
                Standing { is_down: false, load: 0, source: Source::Nobody, share: 1.0 }
            }
            (None, Some(watched)) => Standing {
                // What is not known yet is not held against it.
                is_down: watched.health.state() == State::Down,
                load: watched.load.at(now),
                source: Source::Pathway,
                share: watched.health.share(now).max(SHARE_MIN),
            },
        }
    }
}

impl Steering {
    /// Begins to ask each of the configured pathways how it is: their first questions are due at
    /// once. Until they have answered they count as well.
    pub fn watch(&mut self, now: MonoTime, settings: Settings) {
        for pathway in self.pathways.iter_mut().filter(|pathway| pathway.clone.is_none()) {
            let health = Health::new(settings, now);
            let load = Load::default();
            pathway.watched = Some(Watched { health, load, said: None, full_since: None });
        }
    }

    /// Returns when a pathway is to be asked next; `None` where it is not asked.
    #[must_use]
    pub fn wake_at(&self, id: &str) -> Option<MonoTime> {
        let pathway = self.pathways.iter().find(|pathway| pathway.id == id)?;
        pathway.watched.as_ref().map(|watched| watched.health.wake_at())
    }

    /// Notes what came of asking a pathway, and returns what is new. As with what an operator
    /// reports, more load counts at once, and less after [`WELL_AFTER`](super::WELL_AFTER).
    ///
    /// # Errors
    /// Where there is no such pathway, or it is not asked.
    pub fn probed(&mut self, now: MonoTime, id: &str, probe: Probe) -> Result<News, Wrong> {
        let watched = self.pathway(id)?.watched.as_mut().ok_or(Wrong::Pathway)?;
        Ok(watched.probed(now, probe))
    }
}

#[cfg(test)]
mod tests;
