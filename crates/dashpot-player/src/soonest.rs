//! What there is to do first.

use dashpot_base::MonoTime;

/// The soonest of several things to do; of two at one time the one that was named first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Soonest(Option<(MonoTime, &'static str)>);

impl Soonest {
    /// Returns the sooner of this and something else, which there may be.
    #[inline]
    pub(crate) fn or(self, at: Option<MonoTime>, why: &'static str) -> Self {
        match at {
            Some(at) if self.0.is_none_or(|(soonest, _)| at < soonest) => Self(Some((at, why))),
            Some(_) | None => self,
        }
    }

    /// Returns when it is to be done.
    #[inline]
    pub(crate) fn at(self) -> Option<MonoTime> {
        self.0.map(|(at, _)| at)
    }

    /// Returns when it is to be done, and what it is.
    #[inline]
    pub(crate) const fn why(self) -> Option<(MonoTime, &'static str)> {
        self.0
    }
}
