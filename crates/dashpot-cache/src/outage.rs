//! How long an origin that cannot be reached is left alone.

use std::time::Duration;

use dashpot_base::MonoTime;

/// The rest after the first failure: what breaks for a moment, as at a restart, is back by then.
const REST_MIN: Duration = Duration::from_secs(1);
/// The longest rest: an origin that is back is noticed within half a minute, and until then it is
/// asked so seldom that a thousand edges do not hinder its start.
const REST_MAX: Duration = Duration::from_secs(30);

/// Whether the origin is known to be out of reach, and when it is tried again.
///
/// While it is, what is stored and may be used stale is served at once, and one request in each
/// rest tries the origin without anybody waiting for it. The rests double up to a bound; the first
/// response ends the outage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outage {
    /// Tries that have failed in a row.
    failures: u32,
    rests_until: MonoTime,
    /// Whether somebody has taken the turn to try.
    is_tried: bool,
}

impl Outage {
    /// Returns whether the origin is known to be out of reach.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        self.failures != 0
    }

    /// Notes that the origin has answered, with whatever status.
    pub const fn answered(&mut self) {
        self.failures = 0;
        self.is_tried = false;
    }

    /// Notes that the origin could not be reached.
    pub fn failed(&mut self, now: MonoTime) {
        // Those that were under way together fail together: they are one failure.
        if self.failures == 0 || self.is_tried || self.rests_until <= now {
            self.failures = self.failures.saturating_add(1);
            self.is_tried = false;
            self.rests_until = now.after(self.rest());
        }
    }

    /// Returns whether whoever asks is to try the origin now; one in each rest is.
    pub fn take_turn(&mut self, now: MonoTime) -> bool {
        if !self.is_known() {
            return true;
        }
        let is_due = self.rests_until <= now;
        if is_due {
            self.is_tried = true;
            self.rests_until = now.after(self.rest());
        }
        is_due
    }

    fn rest(&self) -> Duration {
        let doublings = self.failures.saturating_sub(1).min(16);
        REST_MIN.saturating_mul(1 << doublings).min(REST_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(ms: u64) -> MonoTime {
        MonoTime::from_nanos(ms * 1_000_000)
    }

    #[test]
    fn rests_double_from_a_second_to_half_a_minute() {
        let mut outage = Outage::default();
        assert!(!outage.is_known() && outage.take_turn(at(0)));
        outage.failed(at(0));
        let mut now = 0;
        for rest in [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] {
            assert!(outage.is_known());
            assert!(!outage.take_turn(at(now + rest - 1)), "{rest}");
            now += rest;
            assert!(outage.take_turn(at(now)), "{rest}");
            // One in each rest.
            assert!(!outage.take_turn(at(now)), "{rest}");
            outage.failed(at(now));
        }
        outage.answered();
        assert!(!outage.is_known() && outage.take_turn(at(now)));
        // And from the beginning.
        outage.failed(at(now));
        assert!(!outage.take_turn(at(now + 999)) && outage.take_turn(at(now + 1_000)));
    }

    #[test]
    fn what_fails_together_is_one_failure() {
        let mut outage = Outage::default();
        for ms in 0..100 {
            outage.failed(at(ms));
        }
        assert!(outage.take_turn(at(1_000)));
    }

    #[test]
    fn a_try_that_never_ends_gives_the_turn_away() {
        let mut outage = Outage::default();
        outage.failed(at(0));
        assert!(outage.take_turn(at(1_000)));
        assert!(!outage.take_turn(at(1_999)) && outage.take_turn(at(2_000)));
    }
}
