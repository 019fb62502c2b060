//! Rest after errors, and one line about them a minute.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use dashpot_base::MonoTime;

/// The first rest after an error; each further one doubles it.
const REST_MIN: Duration = Duration::from_secs(1);
/// The longest rest: a disk that was emptied by hand is used again within a minute.
const REST_MAX: Duration = Duration::from_secs(60);
/// How long one line in the log speaks for.
const LOG_EVERY: Duration = Duration::from_secs(60);

/// When to write again after an error.
#[derive(Debug, Default)]
pub(crate) struct Pause(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    until: MonoTime,
    rest: Duration,
    logged: Option<MonoTime>,
    unlogged: u64,
}

impl Pause {
    /// Returns whether nothing is to be written at `now`.
    pub(crate) fn is_on(&self, now: MonoTime) -> bool {
        now < self.lock().until
    }

    /// Notes that a write has succeeded.
    pub(crate) fn end(&self) {
        self.lock().rest = Duration::ZERO;
    }

    /// Notes that a write has failed at `now`: none are made for a while.
    pub(crate) fn begin(&self, now: MonoTime) {
        let mut state = self.lock();
        state.rest = (state.rest * 2).clamp(REST_MIN, REST_MAX);
        state.until = now.after(state.rest);
    }

    /// Counts an error at `now`; returns how many there were since the last line in the log where
    /// it is time for another.
    pub(crate) fn count(&self, now: MonoTime) -> Option<u64> {
        let mut state = self.lock();
        state.unlogged += 1;
        let is_due = state.logged.is_none_or(|at| LOG_EVERY <= now.since(at));
        is_due.then(|| {
            state.logged = Some(now);
            std::mem::take(&mut state.unlogged)
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Plain numbers, whole at any time.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> MonoTime {
        MonoTime::ZERO.after(Duration::from_secs(seconds))
    }

    #[test]
    fn rests_double_up_to_a_minute_and_begin_anew_after_a_success() {
        let pause = Pause::default();
        assert!(!pause.is_on(at(0)));
        let mut now = 0;
        for rest in [1, 2, 4, 8, 16, 32, 60, 60] {
            pause.begin(at(now));
            assert!(pause.is_on(at(now + rest - 1)), "{rest}");
            now += rest;
            assert!(!pause.is_on(at(now)), "{rest}");
        }
        pause.end();
        pause.begin(at(now));
        assert!(!pause.is_on(at(now + 1)));
    }

    #[test]
    fn errors_are_logged_once_a_minute_with_their_number() {
        let pause = Pause::default();
        let counted = [0, 1, 59, 60, 61, 200].map(|second| pause.count(at(second)));
        assert_eq!(counted, [Some(1), None, None, Some(3), None, Some(2)]);
    }
}
