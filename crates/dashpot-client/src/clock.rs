//! The one place in this crate that reads a clock.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this is where time enters"
)]

use dashpot_base::{MonoTime, WallTime};
use std::time::SystemTime;
use tokio::time::Instant;

/// Tokio's clock, counted from the start of the session, so a paused test runtime moves it.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
    wall_start: WallTime,
}

impl Clock {
    /// Returns a clock that stands at zero.
    #[must_use]
    pub fn start() -> Self {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let wall_start = WallTime::from_epoch(since_epoch.unwrap_or_default());
        Self { start: Instant::now(), wall_start }
    }

    /// Returns the time since the session began.
    #[must_use]
    pub fn now(&self) -> MonoTime {
        MonoTime::ZERO.after(Instant::now().saturating_duration_since(self.start))
    }

    /// Returns the wall time, which this machine's clock had at the start and has gone on since.
    #[must_use]
    pub fn wall(&self) -> WallTime {
        self.wall_start.after(self.now().since(MonoTime::ZERO))
    }

    /// Sleeps until `at`; for ever, where that is beyond what the runtime's timers can count.
    pub async fn sleep_until(&self, at: MonoTime) {
        match self.start.checked_add(at.since(MonoTime::ZERO)) {
            Some(at) => tokio::time::sleep_until(at).await,
            None => std::future::pending().await,
        }
    }
}
