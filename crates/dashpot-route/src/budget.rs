//! How many second tries there may be.

use dashpot_base::MonoTime;

/// Share of the requests that may be tried again, as one in so many.
///
/// When an upstream fails, each request doubles; a fifth more is what a pool that was sized for
/// its peak still carries.
const ONE_RETRY_IN: u64 = 5;
/// Retries that may be had in a second whatever the load, so that a quiet edge has them, too.
const RETRIES_PER_SECOND_MIN: u64 = 3;
/// Seconds of saved allowance kept: a burst of failures after quiet is still bounded.
const SECONDS_KEPT: u64 = 10;

/// Counted in parts of a retry, so that no request is rounded away.
const RETRY: u64 = ONE_RETRY_IN;
const CREDIT_MAX: u64 = 1_000 * RETRY;

/// An allowance for second tries: a part of the requests, and a few in each second.
#[derive(Clone, Debug)]
pub struct RetryBudget {
    credit: u64,
    /// The whole seconds whose allowance has been given.
    second: u64,
}

impl RetryBudget {
    /// Returns a budget that begins at `now`, with the allowance of a quiet time.
    #[must_use]
    pub const fn new(now: MonoTime) -> Self {
        let credit = RETRIES_PER_SECOND_MIN * SECONDS_KEPT * RETRY;
        Self { credit, second: second_of(now) }
    }

    /// Counts a first try.
    pub fn requested(&mut self) {
        self.credit = (self.credit + 1).min(CREDIT_MAX);
    }

    /// Returns whether a request may be tried again at `now`, which it then is.
    pub fn take(&mut self, now: MonoTime) -> bool {
        let second = second_of(now);
        let passed = second.saturating_sub(self.second).min(SECONDS_KEPT);
        self.second = second;
        self.credit = (self.credit + passed * RETRIES_PER_SECOND_MIN * RETRY).min(CREDIT_MAX);
        let is_allowed = RETRY <= self.credit;
        if is_allowed {
            self.credit -= RETRY;
        }
        is_allowed
    }
}

const fn second_of(now: MonoTime) -> u64 {
    now.nanos() / 1_000_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> MonoTime {
        MonoTime::from_nanos(seconds * 1_000_000_000)
    }

    fn takes(budget: &mut RetryBudget, second: u64, tries: usize) -> usize {
        (0..tries).filter(|_| budget.take(at(second))).count()
    }

    #[test]
    fn a_fifth_of_the_requests_and_a_few_a_second_may_be_tried_again() {
        let mut budget = RetryBudget::new(at(0));
        // A quiet start has ten seconds' worth.
        assert_eq!(takes(&mut budget, 0, 100), 30);
        assert_eq!(takes(&mut budget, 1, 100), 3);
        assert_eq!(takes(&mut budget, 1, 100), 0);
        for _ in 0..50 {
            budget.requested();
        }
        assert_eq!(takes(&mut budget, 1, 100), 10);
        // A long quiet saves no more than ten seconds' worth.
        assert_eq!(takes(&mut budget, 1_000, 100), 30);
        // Nor does a flood of requests save more than its bound.
        for _ in 0..1_000_000 {
            budget.requested();
        }
        assert_eq!(takes(&mut budget, 1_000, 2_000), 1_000);
    }
}
