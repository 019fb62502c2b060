//! A place for one request at a time, with its retries.

use crate::{Config, Failure, Ticket, What, soonest::Soonest};
use dashpot_base::{Bitrate, ByteSize, MonoTime, Span};
use std::time::Duration;

/// A request on its way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InFlight {
    pub(crate) ticket: Ticket,
    pub(crate) what: What,
    /// The nominal rate of the representation that it is of.
    pub(crate) bitrate: Bitrate,
    /// The period that it is of, and its place among the segments there.
    pub(crate) place: (usize, usize),
    pub(crate) since: MonoTime,
    /// When its first byte came, or is to come.
    pub(crate) first_byte: Option<MonoTime>,
    /// Whether that was said beforehand and has not come to pass.
    pub(crate) is_foretold: bool,
    pub(crate) deadline: MonoTime,
    /// How long playback had stalled in all when it was made.
    pub(crate) stalled: Span,
    /// Bytes that the answer is to have, as far as that can be told.
    pub(crate) size: ByteSize,
    pub(crate) watch: Watch,
    /// How long all that was made of it was here, and since when it is again.
    pub(crate) idle: Idle,
}

/// The time in which nothing of a body could arrive, none of the rest being made yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Idle {
    past: Span,
    since: Option<MonoTime>,
}

impl Idle {
    pub(crate) fn begin(&mut self, now: MonoTime) {
        self.since.get_or_insert(now);
    }

    pub(crate) fn end(&mut self, now: MonoTime) {
        if self.since.is_some() {
            self.past = self.until(now);
            self.since = None;
        }
    }

    #[inline]
    pub(crate) fn until(&self, now: MonoTime) -> Span {
        self.past + self.since.map_or(Span::ZERO, |since| now.span_since(since))
    }
}

impl InFlight {
    /// Returns whether it is for media.
    pub(crate) const fn is_segment(&self) -> bool {
        matches!(self.what, What::Segment { .. })
    }

    /// Returns when its first byte came, where it has by `now`.
    #[inline]
    pub(crate) fn begun(&self, now: MonoTime) -> Option<MonoTime> {
        self.first_byte.filter(|at| *at <= now)
    }

    /// Returns how long it has been on its way, but for the time in which it was not made yet.
    #[inline]
    pub(crate) fn took(&self, now: MonoTime) -> Span {
        let since = now.span_since(self.since);
        if self.idle == Idle::default() {
            since
        } else {
            since.saturating_sub(self.idle.until(now))
        }
    }
}

/// Whether the rule wants to look at a download.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Watch {
    /// It does not.
    #[default]
    Off,
    /// It does at this time.
    At(MonoTime),
    /// It does as soon as the driver has said how much is here.
    Looking,
}

impl Watch {
    /// Whether the rule wants to know how much is here by `now`.
    pub(crate) fn is_due(self, now: MonoTime) -> bool {
        match self {
            Self::Off => false,
            Self::At(at) => at <= now,
            Self::Looking => true,
        }
    }
}

/// A place for one request at a time: in flight, backing off, or free.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    in_flight: Option<InFlight>,
    failures: u32,
    retry_at: Option<MonoTime>,
}

/// What follows from a failed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Try again after this long.
    RetryAfter(Duration),
    /// Trying again is pointless, or was tried often enough.
    GiveUp,
}

impl Slot {
    #[inline]
    pub(crate) fn in_flight(&self) -> Option<&InFlight> {
        self.in_flight.as_ref()
    }

    /// Returns whether a request may begin at `now`; a wait that is over is forgotten.
    pub(crate) fn make_free(&mut self, now: MonoTime) -> bool {
        self.retry_at.take_if(|at| *at <= now);
        self.in_flight.is_none() && self.retry_at.is_none()
    }

    pub(crate) fn begin(&mut self, in_flight: InFlight) {
        debug_assert!(self.in_flight.is_none(), "one request at a time");
        self.retry_at = None;
        self.in_flight = Some(in_flight);
    }

    /// Notes that the answer to `ticket` begins; returns whether the slot holds that request.
    pub(crate) fn first_byte(&mut self, now: MonoTime, ticket: Ticket) -> bool {
        let request = self.in_flight.as_mut().filter(|it| it.ticket == ticket);
        request.map(|it| it.first_byte.get_or_insert(now)).is_some()
    }

    /// Returns the request on its way, to be changed.
    pub(crate) fn in_flight_mut(&mut self) -> Option<&mut InFlight> {
        self.in_flight.as_mut()
    }

    /// Returns whether the request named `ticket` is on its way.
    pub(crate) fn holds(&self, ticket: Ticket) -> bool {
        self.in_flight.as_ref().is_some_and(|it| it.ticket == ticket)
    }

    /// Returns whether nothing is on its way, nor waits to be tried again.
    pub(crate) const fn is_idle(&self) -> bool {
        self.in_flight.is_none() && self.retry_at.is_none()
    }

    /// Takes out the request named `ticket`; `None` where the slot holds another or none.
    pub(crate) fn take(&mut self, ticket: Ticket) -> Option<InFlight> {
        self.in_flight.take_if(|it| it.ticket == ticket)
    }

    /// Takes out a request whose deadline has passed.
    pub(crate) fn take_overdue(&mut self, now: MonoTime) -> Option<InFlight> {
        self.in_flight.take_if(|it| it.deadline <= now)
    }

    /// Forgets everything, and returns the request that was in flight.
    pub(crate) fn clear(&mut self) -> Option<InFlight> {
        std::mem::take(self).in_flight
    }

    pub(crate) fn succeeded(&mut self) {
        self.failures = 0;
    }

    pub(crate) fn failed(&mut self, now: MonoTime, failure: Failure, config: &Config) -> Next {
        self.failures += 1;
        if !failure.is_retryable() || config.retries_max < self.failures {
            return Next::GiveUp;
        }
        let doublings = self.failures.saturating_sub(1).min(31);
        let wait = config.backoff_first.saturating_mul(1 << doublings).min(config.backoff_max);
        self.retry_at = Some(now.after(wait));
        Next::RetryAfter(wait)
    }

    /// Returns the sooner of something and what the slot has to do but to see how its request goes.
    #[inline]
    pub(crate) fn or_wakes(&self, soonest: Soonest) -> Soonest {
        match &self.in_flight {
            Some(request) => soonest.or(Some(request.deadline), "request timeout"),
            None => soonest.or(self.retry_at, "retry"),
        }
    }

    /// Returns when the rule wants to know how much is here.
    #[inline]
    pub(crate) fn look_at(&self) -> Option<MonoTime> {
        match self.in_flight.as_ref()?.watch {
            Watch::At(at) => Some(at),
            Watch::Looking | Watch::Off => None,
        }
    }
}

#[cfg(test)]
mod tests;
