//! The upstreams of one resource: whom to ask first, and whom not for a while.

use std::time::Duration;

use crate::Reason;
use dashpot_base::MonoTime;

/// Failures in a row after which an upstream is passed over.
///
/// One may be a connection that was closed while idle, two a restart; a third is no accident.
const FAILURES_MAX: u32 = 3;
/// How long it is passed over at first; doubled each time that it fails again.
const REST_MIN: Duration = Duration::from_secs(1);
/// How long it is passed over at most, so that one that comes back is used within half a minute.
const REST_MAX: Duration = Duration::from_secs(30);

/// In which order healthy upstreams are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prefer {
    /// The first as long as it works, then the next: a primary and its stand-ins.
    #[default]
    First,
    /// Each in turn.
    RoundRobin,
}

/// Which upstream to ask, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    /// The index of the upstream.
    pub chosen: usize,
    /// The upstreams that were not candidates.
    pub excluded: Vec<(usize, Reason)>,
    /// Whether every upstream rests, so that the least bad one is asked all the same.
    pub is_last_resort: bool,
}

/// The upstreams of one resource.
#[derive(Clone, Debug)]
pub struct Pool {
    prefer: Prefer,
    members: Vec<Member>,
    next: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Member {
    failures: u32,
    /// How long the last rest was; zero before the first.
    rest: Duration,
    rests_until: MonoTime,
}

impl Pool {
    /// Returns a pool of `members` upstreams that are all well; at least one.
    #[must_use]
    pub fn new(members: usize, prefer: Prefer) -> Self {
        Self { prefer, members: vec![Member::default(); members.max(1)], next: 0 }
    }

    /// Returns how many upstreams there are.
    #[must_use]
    pub const fn members(&self) -> usize {
        self.members.len()
    }

    /// Returns whom to ask at `now`, not counting those `tried`; `None` where all have been.
    pub fn choose(&mut self, now: MonoTime, tried: &[usize]) -> Option<Pick> {
        let count = self.members.len();
        let begin = match self.prefer {
            Prefer::First => 0,
            Prefer::RoundRobin => self.next,
        };
        let mut excluded = Vec::new();
        let (mut well, mut least_bad) = (None, None::<usize>);
        for index in (0..count).map(|step| (begin + step) % count) {
            if tried.contains(&index) {
                excluded.push((index, Reason::Tried));
            } else if now < self.members[index].rests_until {
                excluded.push((index, Reason::Resting));
                let until = |index: usize| self.members[index].rests_until;
                if least_bad.is_none_or(|best| until(index) < until(best)) {
                    least_bad = Some(index);
                }
            } else if well.is_none() {
                well = Some(index);
            }
        }
        let chosen = well.or(least_bad)?;
        self.next = (chosen + 1) % count;
        Some(Pick { chosen, excluded, is_last_resort: well.is_none() })
    }

    /// Notes that the upstream `index` has answered.
    pub fn succeeded(&mut self, index: usize) {
        if let Some(member) = self.members.get_mut(index) {
            *member = Member::default();
        }
    }

    /// Notes that the upstream `index` has failed at `now`.
    pub fn failed(&mut self, now: MonoTime, index: usize) {
        let Some(member) = self.members.get_mut(index) else { return };
        member.failures = member.failures.saturating_add(1);
        // What was under way when the rest began says nothing new.
        if FAILURES_MAX <= member.failures && member.rests_until <= now {
            member.rest = (member.rest * 2).clamp(REST_MIN, REST_MAX);
            member.rests_until = now.after(member.rest);
        }
    }

    /// Returns whether all upstreams have failed since they last answered.
    #[must_use]
    pub fn none_answers(&self) -> bool {
        self.members.iter().all(|member| member.failures != 0)
    }

    /// Returns whether the upstream `index` is passed over at `now`.
    #[must_use]
    pub fn is_resting(&self, now: MonoTime, index: usize) -> bool {
        self.members.get(index).is_some_and(|member| now < member.rests_until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> MonoTime {
        MonoTime::from_nanos(seconds * 1_000_000_000)
    }

    fn fail(pool: &mut Pool, second: u64, index: usize, times: usize) {
        for _ in 0..times {
            pool.failed(at(second), index);
        }
    }

    /// Whom `pool` chooses at `second`.
    fn check(pool: &mut Pool, second: u64, tried: &[usize], expected: Option<usize>) {
        let choice = pool.choose(at(second), tried);
        assert_eq!(choice.as_ref().map(|choice| choice.chosen), expected, "{pool:?} {choice:?}");
    }

    #[test]
    fn the_first_is_asked_as_long_as_it_works() {
        let mut pool = Pool::new(2, Prefer::First);
        check(&mut pool, 0, &[], Some(0));
        check(&mut pool, 0, &[0], Some(1));
        check(&mut pool, 0, &[0, 1], None);
        fail(&mut pool, 0, 0, 2);
        check(&mut pool, 0, &[], Some(0));
        fail(&mut pool, 0, 0, 1);
        check(&mut pool, 0, &[], Some(1));
        // The rest is a second; a failure after it makes it two, then four, to thirty at most.
        check(&mut pool, 1, &[], Some(0));
        fail(&mut pool, 1, 0, 1);
        check(&mut pool, 2, &[], Some(1));
        check(&mut pool, 3, &[], Some(0));
        for second in [3, 10, 20, 40, 80] {
            fail(&mut pool, second, 0, 1);
        }
        check(&mut pool, 109, &[], Some(1));
        check(&mut pool, 110, &[], Some(0));
        pool.succeeded(0);
        fail(&mut pool, 110, 0, 2);
        check(&mut pool, 110, &[], Some(0));
    }

    #[test]
    fn round_robin_takes_turns_among_those_that_work() {
        let mut pool = Pool::new(3, Prefer::RoundRobin);
        for expected in [0, 1, 2, 0] {
            check(&mut pool, 0, &[], Some(expected));
        }
        fail(&mut pool, 0, 1, 3);
        for expected in [2, 0, 2] {
            check(&mut pool, 0, &[], Some(expected));
        }
    }

    #[test]
    fn where_all_rest_the_first_to_come_back_is_asked() {
        let mut pool = Pool::new(2, Prefer::First);
        fail(&mut pool, 5, 0, 3);
        fail(&mut pool, 4, 1, 3);
        let choice = pool.choose(at(4), &[]).unwrap();
        let excluded = vec![(0, Reason::Resting), (1, Reason::Resting)];
        assert_eq!(choice, Pick { chosen: 1, excluded, is_last_resort: true });
        assert!(pool.is_resting(at(4), 1) && !pool.is_resting(at(5), 1));
        check(&mut Pool::new(0, Prefer::First), 0, &[], Some(0));
    }

    #[test]
    fn none_answers_only_once_all_have_failed() {
        let mut pool = Pool::new(3, Prefer::First);
        for index in 0..3 {
            assert!(!pool.none_answers());
            fail(&mut pool, 0, index, 1);
        }
        assert!(pool.none_answers());
        pool.succeeded(1);
        assert!(!pool.none_answers());
    }
}
