//! When a secondary asks its primary (RFC 1034 §4.3.5, RFC 1996 §3.11): a machine without a clock.

use dashpot_base::MonoTime;
use hickory_proto::rr::rdata::SOA;
use std::time::Duration;

/// How long a secondary that has no zone yet waits after a failure.
const RETRY_FIRST: Duration = Duration::from_secs(5);

/// No timer of a zone is taken for less, lest a mistake there floods its primary.
const TIMER_MIN: Duration = Duration::from_secs(1);

/// When to ask, and when to stop answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refresh {
    timers: Option<Timers>,
    ask_at: MonoTime,
    /// When the zone is too old to answer from; none where there is no zone.
    expires_at: Option<MonoTime>,
}

/// What the zone's SOA record says (RFC 1035 §3.3.13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Timers {
    refresh: Duration,
    retry: Duration,
    expire: Duration,
}

impl From<&SOA> for Timers {
    fn from(soa: &SOA) -> Self {
        let timer = |seconds: i32| {
            Duration::from_secs(u64::try_from(seconds).unwrap_or_default()).max(TIMER_MIN)
        };
        Self { refresh: timer(soa.refresh), retry: timer(soa.retry), expire: timer(soa.expire) }
    }
}

impl Refresh {
    /// Returns a secondary that has no zone, and asks at once.
    pub(crate) const fn new(now: MonoTime) -> Self {
        Self { timers: None, ask_at: now, expires_at: None }
    }

    /// Takes note that the primary was asked and that the zone is now as it has it.
    pub(crate) fn succeeded(&mut self, now: MonoTime, soa: &SOA) {
        let timers = Timers::from(soa);
        self.timers = Some(timers);
        self.ask_at = now.after(timers.refresh);
        self.expires_at = Some(now.after(timers.expire));
    }

    /// Takes note that the primary could not be asked.
    pub(crate) fn failed(&mut self, now: MonoTime) {
        self.ask_at = now.after(self.timers.map_or(RETRY_FIRST, |timers| timers.retry));
    }

    /// Takes note that the zone has changed, as the primary says.
    pub(crate) fn notified(&mut self, now: MonoTime) {
        self.ask_at = self.ask_at.min(now);
    }

    /// Returns whether to ask.
    pub(crate) fn is_due(&self, now: MonoTime) -> bool {
        self.ask_at <= now
    }

    /// Returns whether the zone is too old, once.
    pub(crate) fn expires(&mut self, now: MonoTime) -> bool {
        self.expires_at.take_if(|at| *at <= now).is_some()
    }

    /// Returns when either is to be looked at again.
    pub(crate) fn wake_at(&self) -> MonoTime {
        self.expires_at.map_or(self.ask_at, |at| at.min(self.ask_at))
    }
}

/// Returns whether the serial `there` is later than `here` (RFC 1982 §3.2).
pub(crate) fn is_later(there: u32, here: u32) -> bool {
    there != here && there.wrapping_sub(here) < 1 << 31
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_proto::rr::Name;
    use proptest::prelude::*;

    fn at(seconds: u64) -> MonoTime {
        MonoTime::ZERO.after(Duration::from_secs(seconds))
    }

    fn soa() -> SOA {
        SOA::new(Name::root(), Name::root(), 1, 100, 10, 500, 30)
    }

    #[test]
    fn a_secondary_asks_at_refresh_then_at_each_retry_and_gives_up_at_expire() {
        let mut refresh = Refresh::new(at(0));
        assert!(refresh.is_due(at(0)));
        refresh.failed(at(0));
        assert_eq!(refresh.wake_at(), at(5));
        refresh.succeeded(at(5), &soa());
        assert_eq!(refresh.wake_at(), at(105));
        assert!(!refresh.is_due(at(104)) && refresh.is_due(at(105)));
        for asked in (105..505).step_by(10) {
            assert!(!refresh.expires(at(asked)));
            refresh.failed(at(asked));
        }
        assert_eq!(refresh.wake_at(), at(505));
        assert!(refresh.expires(at(505)) && !refresh.expires(at(506)));
        refresh.succeeded(at(510), &soa());
        assert!(!refresh.expires(at(600)));
    }

    #[test]
    fn word_of_a_change_has_it_ask_at_once() {
        let mut refresh = Refresh::new(at(0));
        refresh.succeeded(at(0), &soa());
        refresh.notified(at(7));
        assert!(refresh.is_due(at(7)));
        assert_eq!(refresh.wake_at(), at(7));
    }

    proptest! {
        #[test]
        fn of_two_serials_at_most_one_is_later(here: u32, by in 1_u32..(1 << 31)) {
            let there = here.wrapping_add(by);
            prop_assert!(is_later(there, here) && !is_later(here, there) && !is_later(here, here));
        }
    }
}
