//! A transfer whose way across is known from its beginning to its end.

use super::{Input, Link, Output, TransferId, share::Share};
use crate::trace::{InForce, UNLIMITED};
use dashpot_base::{ByteSize, Machine as _, MonoTime, Span};

/// The most rows of a trace that a transfer is foretold over. A longer one is woken at the end of
/// each, which costs about as much as to look ahead at it.
const ROWS_MAX: usize = 128;

/// How a response will come, unless another request is made or it is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Foretold {
    /// When its first byte will be here.
    pub begins: MonoTime,
    /// When all of it will be.
    pub ends: MonoTime,
    /// How long that would take from its first byte on at the steadiest pace that it never falls
    /// behind: as long as it does take where the rate of the link stays the same, or rises.
    pub steadily: Span,
}

/// The way of the link's only transfer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Course {
    foretold: Foretold,
    /// The row of the trace that is in force at the end.
    row: InForce,
}

impl Course {
    /// Returns when all of it is across.
    pub(super) const fn ends(&self) -> MonoTime {
        self.foretold.ends
    }
}

impl Link {
    /// Takes a request as [`Input::Request`] does, and returns how the response will come where that
    /// is sure: it is not lost, has the link to itself, and is across before `until`.
    ///
    /// Of such a response there is neither an [`Output::Answered`] nor an [`Output::Delivered`]
    /// unless the link is woken on the way.
    pub fn request(
        &mut self,
        now: MonoTime,
        id: TransferId,
        size: ByteSize,
        until: MonoTime,
    ) -> Option<Foretold> {
        if !self.transfers.is_empty() {
            self.handle(now, Input::Request(id, size));
            return None;
        }
        self.advance(now);
        self.start(id).offer_all(size);
        self.course = self.course(until);
        if self.course.is_none() {
            self.handle(now, Input::Wake);
        }
        self.course.map(|course| course.foretold)
    }

    /// Returns the way of the only transfer, which was just requested.
    fn course(&self, until: MonoTime) -> Option<Course> {
        let [(_, alone)] = &self.transfers[..] else { return None };
        let (begins, all) = (alone.answers_at, alone.pending);
        if alone.lost || all == 0 || begins <= self.at {
            return None;
        }
        let is_over = self.row.ends.is_some_and(|ends| ends <= begins);
        let mut row = if is_over { self.trace.at(self.trace_began, begins) } else { self.row };
        let (mut at, mut left, mut slowest) = (begins, all, Pace::BOUNDLESS);
        for _ in 0..ROWS_MAX {
            if row.rate == UNLIMITED {
                return None;
            }
            let share = Share { rate: row.rate, carry: 0 };
            let across = share.nanos_for(left, 1).map(|nanos| at.after(Span::from_nanos(nanos)));
            match (across, row.ends) {
                (across, Some(row_ends)) if across.is_none_or(|across| row_ends < across) => {
                    left -= share.capacity(row_ends.nanos() - at.nanos());
                    at = row_ends;
                    row = self.trace.after(&row, self.trace_began, at);
                    slowest = slowest.or(all - left, at.span_since(begins));
                }
                (None, _) => return None,
                (Some(ends), row_ends) => {
                    if row_ends == Some(ends) {
                        row = self.trace.after(&row, self.trace_began, ends);
                    }
                    let took = ends.span_since(begins);
                    let steadily = slowest.time_for(all).max(took);
                    let foretold = Foretold { begins, ends, steadily };
                    return (ends < until).then_some(Course { foretold, row });
                }
            }
            if until <= at {
                return None;
            }
        }
        None
    }

    /// Moves the bytes of what is on its course up to `now`.
    pub(super) fn follow(&mut self, now: MonoTime) {
        let waiting = self.transfers.first().filter(|(_, alone)| !alone.answered);
        if let Some(answers_at) = waiting.map(|(_, alone)| alone.answers_at) {
            self.carry_until(answers_at.min(now));
            if answers_at <= now {
                self.transfers[0].1.answered = true;
            }
        }
        while let Some(ends) = self.row.ends.filter(|ends| *ends <= now) {
            self.carry_until(ends);
        }
        self.carry_until(now);
    }

    /// Wakes the link while something is on its course.
    pub(super) fn keep_to(&mut self, now: MonoTime, course: Course) {
        if now < course.ends() {
            self.follow(now);
            self.report();
            return;
        }
        (self.at, self.row, self.carry) = (now, course.row, 0);
        (self.course, self.event) = (None, None);
        let done = self.transfers.drain(..).map(|(id, _)| Output::Done(id));
        self.outputs.extend(done);
    }
}

/// The slowest pace so far: so many units in so much time.
#[derive(Clone, Copy, Debug)]
struct Pace {
    units: u128,
    span: Span,
}

impl Pace {
    const BOUNDLESS: Self = Self { units: u128::MAX, span: Span::ZERO };

    /// Returns the slower of this pace and that of so many units in so much time.
    fn or(self, units: u128, span: Span) -> Self {
        let [here, other] = [
            self.units.saturating_mul(span.nanos().into()),
            units.saturating_mul(self.span.nanos().into()),
        ];
        if other < here { Self { units, span } } else { self }
    }

    /// Returns how long `units` take, rounded up.
    fn time_for(self, units: u128) -> Span {
        if self.span.is_zero() {
            return Span::ZERO;
        }
        let product = units.saturating_mul(self.span.nanos().into());
        let nanos = super::divide_up(product, self.units.max(1));
        Span::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}
