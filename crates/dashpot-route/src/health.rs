//! Whether one server is up, from the probes that are sent to it.
//!
//! ```
//! use dashpot_base::MonoTime;
//! use dashpot_route::health::{Health, Outcome, Settings, State};
//! use dashpot_route::Failure;
//!
//! let mut health = Health::new(Settings::default(), MonoTime::ZERO);
//! assert_eq!(health.state(), State::Unknown);
//! // The driver probes whenever `wake_at` has come, bounds the probe by `Settings::timeout`, and
//! // tells how it went.
//! let now = health.wake_at();
//! let change = health.handle(now, Outcome::Passed).expect("the first probe decides");
//! assert_eq!((change.from, change.to), (State::Unknown, State::Up));
//! for _ in 0..3 {
//!     let now = health.wake_at();
//!     health.handle(now, Outcome::Failed(Failure::Timeout));
//! }
//! assert_eq!(health.state(), State::Down);
//! assert_eq!(health.why(), Some(Failure::Timeout));
//! ```

use crate::Failure;
use dashpot_base::MonoTime;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How a server is probed, and how many probes it takes to believe them.
///
/// The figures are those of HAProxy's `inter`, `fastinter`, `downinter`, `fall`, `rise` and
/// `slowstart` (configuration manual §5.2), and of gdnsd's `ok_thresh`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// From the beginning of one probe to that of the next.
    pub interval: Duration,
    /// The same while the probes speak against the state that holds; no more than `interval`.
    pub fast_interval: Duration,
    /// How long a probe may take; the driver holds it to that.
    pub timeout: Duration,
    /// Passes in a row that bring a server up again; at least one.
    pub rise: u32,
    /// Failures that take a server down; at least one.
    pub fall: u32,
    /// Passes in a row after which earlier failures and falls are forgotten. With one, the failures
    /// that take a server down are failures in a row.
    pub settle: u32,
    /// How long a server that came back grows to its whole share; zero for at once.
    pub slow_start: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            // HAProxy's `inter`: with `fall`, a dead server is found within six seconds.
            interval: Duration::from_secs(2),
            // Half of it: a doubt is settled in two seconds, at no cost while there is none.
            fast_interval: Duration::from_secs(1),
            // Half the interval, so that a probe never overlaps the next one but in a doubt.
            timeout: Duration::from_secs(1),
            rise: 2,
            fall: 3,
            // gdnsd's `ok_thresh`: one failure in ten is a server that is going down, not luck.
            settle: 10,
            // As long as a cache takes to hold what is hot, in the order of magnitude.
            slow_start: Duration::from_secs(30),
        }
    }
}

/// The share of its weight that a server begins with when it comes back: with less, it would see
/// too few requests to be judged by (Envoy's `min_weight_percent`).
pub const SHARE_MIN: f64 = 0.1;

/// What is known of a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// No probe has ended. It is neither up nor down: whoever answers with it waits for the first
    /// probe if that is possible.
    #[default]
    Unknown,
    /// It serves.
    Up,
    /// It does not.
    Down,
}

/// How a probe went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As it should.
    Passed,
    /// Not so.
    Failed(Failure),
}

/// A change of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What it was.
    pub from: State,
    /// What it is.
    pub to: State,
    /// What took it down, where it is down.
    pub why: Option<Failure>,
}

/// The health of one server: a value that is told of each probe and says when the next is due.
#[derive(Clone, Debug)]
pub struct Health {
    settings: Settings,
    state: State,
    since: MonoTime,
    /// When the next probe is to begin.
    due: MonoTime,
    /// When the probe under way is given up, if one is.
    gives_up: Option<MonoTime>,
    why: Option<Failure>,
    /// Passes in a row.
    passes: u32,
    /// Failures that have not been forgotten.
    failures: u32,
    /// Falls that have not been forgotten.
    falls: u32,
    /// Whether it has come back, rather than been up since it was first seen.
    is_back: bool,
}

impl Health {
    /// Returns the health of a server of which nothing is known; its first probe is due at once.
    #[must_use]
    pub fn new(settings: Settings, now: MonoTime) -> Self {
        Self {
            settings,
            state: State::Unknown,
            since: now,
            due: now,
            gives_up: None,
            why: None,
            passes: 0,
            failures: 0,
            falls: 0,
            is_back: false,
        }
    }

    /// Takes note that a probe begins at `now`: until it has ended or its time is over, none is due.
    /// A driver that probes one server after the other need not say so.
    pub fn begin(&mut self, now: MonoTime) {
        self.gives_up = Some(now.after(self.settings.timeout));
    }

    /// Takes how a probe went that ended at `now`, and returns the change of state that it makes.
    pub fn handle(&mut self, now: MonoTime, outcome: Outcome) -> Option<Change> {
        let from = self.state;
        match outcome {
            Outcome::Passed => self.passed(),
            Outcome::Failed(failure) => self.failed(failure),
        }
        if from != self.state {
            self.since = now;
            self.is_back = (from, self.state) == (State::Down, State::Up);
        }
        // Counted from where the last probe was due, so that slow probes do not delay detection;
        // after a pause no missed probe is made up for.
        self.due = self.due.after(self.pace()).max(now);
        self.gives_up = None;
        (from != self.state).then_some(Change { from, to: self.state, why: self.why() })
    }

    fn passed(&mut self) {
        self.passes = self.passes.saturating_add(1);
        if self.settings.settle <= self.passes {
            (self.failures, self.falls) = (0, 0);
        }
        // The first probe decides: to wait for a second one would hold up every start.
        let is_up = match self.state {
            State::Unknown => true,
            State::Up => false,
            State::Down => self.rise() <= self.passes,
        };
        if is_up {
            (self.state, self.failures) = (State::Up, 0);
        }
    }

    fn failed(&mut self, failure: Failure) {
        self.passes = 0;
        self.failures = self.failures.saturating_add(1);
        self.why = Some(failure);
        let is_down = match self.state {
            State::Unknown => true,
            State::Up => self.settings.fall.max(1) <= self.failures,
            State::Down => false,
        };
        if is_down {
            self.state = State::Down;
            self.falls = self.falls.saturating_add(1);
        }
    }

    /// Returns how many passes in a row bring the server up: doubled with each fall that is not
    /// forgotten, so that one that comes and goes stays away, and never more than settle it.
    fn rise(&self) -> u32 {
        let doublings = self.falls.saturating_sub(1).min(31);
        let rise = u64::from(self.settings.rise.max(1)) << doublings;
        let most = self.settings.settle.max(self.settings.rise).max(1);
        u32::try_from(rise).unwrap_or(u32::MAX).min(most)
    }

    fn pace(&self) -> Duration {
        let is_doubtful = match self.state {
            State::Unknown => true,
            State::Up => self.passes == 0,
            State::Down => self.passes != 0,
        };
        let Settings { interval, fast_interval, .. } = self.settings;
        if is_doubtful { fast_interval.min(interval) } else { interval }
    }

    /// Returns when the next probe is to begin; while one is under way, when it has taken too long.
    /// That, too, is told as its failure.
    #[must_use]
    pub fn wake_at(&self) -> MonoTime {
        self.gives_up.unwrap_or(self.due)
    }

    /// Returns what is known.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// Returns since when the state has held.
    #[must_use]
    pub const fn since(&self) -> MonoTime {
        self.since
    }

    /// Returns the last failure, where the server is down.
    #[must_use]
    pub fn why(&self) -> Option<Failure> {
        self.why.filter(|_| self.state == State::Down)
    }

    /// Returns the part of its weight that the server has at `now`: all of it, but for a while
    /// after it came back less, growing evenly from [`SHARE_MIN`].
    #[must_use]
    pub fn share(&self, now: MonoTime) -> f64 {
        if !self.is_back || self.settings.slow_start.is_zero() {
            return 1.0;
        }
        let up = now.since(self.since).as_secs_f64();
        (up / self.settings.slow_start.as_secs_f64()).clamp(SHARE_MIN, 1.0)
    }
}

#[cfg(test)]
mod tests;
