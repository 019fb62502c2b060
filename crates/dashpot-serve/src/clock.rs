//! The only place where a server learns what time it is.
#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "the one clock reader")]

use dashpot_base::{MonoTime, WallTime};
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// The two clocks of a server; clones share the same start of the run.
///
/// Monotonic time is tokio's, so a paused test runtime moves it.
#[derive(Clone, Debug)]
pub struct Clock {
    started: Instant,
    wall_started: Option<WallTime>,
}

impl Clock {
    /// Returns the machine's clocks; the run begins here.
    #[must_use]
    pub fn system() -> Self {
        Self { started: Instant::now(), wall_started: None }
    }

    /// Returns clocks whose wall time is `wall` here and then moves with monotonic time, which
    /// makes a run repeatable.
    #[must_use]
    pub fn starting_at(wall: WallTime) -> Self {
        Self { started: Instant::now(), wall_started: Some(wall) }
    }

    /// Returns the time since the run began.
    #[must_use]
    pub fn mono(&self) -> MonoTime {
        MonoTime::ZERO.after(self.started.elapsed())
    }

    /// Returns the wall time; the epoch where the machine's clock stands before it.
    #[must_use]
    pub fn wall(&self) -> WallTime {
        if let Some(started) = self.wall_started {
            return started.after(self.started.elapsed());
        }
        let since_epoch =
            SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        WallTime::from_epoch(since_epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_started_wall_clock_moves_with_the_monotonic_one() {
        let clock = Clock::starting_at(WallTime::from_unix_seconds(1_000));
        tokio::time::advance(Duration::from_secs(7)).await;
        assert_eq!(clock.wall(), WallTime::from_unix_seconds(1_007));
        assert_eq!(clock.mono(), MonoTime::from_nanos(7_000_000_000));
    }

    #[test]
    fn the_system_clocks_do_not_run_backwards() {
        let clock = Clock::system();
        let (mono, wall) = (clock.mono(), clock.wall());
        assert!(mono <= clock.mono());
        // 2020-01-01: a machine before that has no clock worth the name.
        assert!(WallTime::from_unix_seconds(1_577_836_800) < wall);
    }
}
