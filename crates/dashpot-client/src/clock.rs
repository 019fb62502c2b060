//! The one place in this crate that reads a clock.
#![expect(clippy::disallowed_methods, reason = "this is where time enters")]

use dashpot_base::MonoTime;
use tokio::time::Instant;

/// Tokio's clock, counted from the start of the session, so a paused test runtime moves it.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// Returns a clock that stands at zero.
    #[must_use]
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// Returns the time since the session began.
    #[must_use]
    pub fn now(&self) -> MonoTime {
        MonoTime::ZERO.after(Instant::now().saturating_duration_since(self.start))
    }

    /// Sleeps until `at`; for ever, where that is beyond what the runtime's timers can count.
    pub async fn sleep_until(&self, at: MonoTime) {
        match self.start.checked_add(at.since(MonoTime::ZERO)) {
            Some(at) => tokio::time::sleep_until(at).await,
            None => std::future::pending().await,
        }
    }
}
