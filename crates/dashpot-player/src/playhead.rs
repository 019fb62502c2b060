//! Where playback is, and whether it moves.

use dashpot_base::{MonoTime, Span, Speed};
use dashpot_qoe::Hold;

/// The playhead: it stands, or it moves as fast as the film's own rate and the speed in force say.
#[derive(Clone, Debug)]
pub(crate) struct Playhead {
    position: Span,
    at: MonoTime,
    speed: Speed,
    hold: Option<Hold>,
    hold_since: MonoTime,
    /// How much media was played up to the last jump, and where that went.
    played_before: Span,
    jumped_to: Span,
    /// Time of the stalls that are over.
    stalled: Span,
}

impl Playhead {
    /// Returns a playhead that stands at the start, waiting for the first media.
    pub(crate) const fn new(now: MonoTime) -> Self {
        Self {
            position: Span::ZERO,
            at: now,
            speed: Speed::NORMAL,
            hold: Some(Hold::Startup),
            hold_since: now,
            played_before: Span::ZERO,
            jumped_to: Span::ZERO,
            stalled: Span::ZERO,
        }
    }

    pub(crate) const fn position(&self) -> Span {
        self.position
    }

    /// Returns how much media was played, however often.
    pub(crate) fn played(&self) -> Span {
        self.played_before + self.position.saturating_sub(self.jumped_to)
    }

    pub(crate) const fn hold(&self) -> Option<Hold> {
        self.hold
    }

    /// Returns how long playback has stalled in all.
    pub(crate) fn stalled(&self, now: MonoTime) -> Span {
        match self.hold {
            Some(Hold::Stall) => self.stalled + self.held_for(now),
            Some(Hold::Startup | Hold::Seek) | None => self.stalled,
        }
    }

    /// Returns how long the playhead has stood still.
    pub(crate) const fn held_for(&self, now: MonoTime) -> Span {
        now.span_since(self.hold_since)
    }

    /// Returns when the playhead reaches `target`, if it moves and has not passed it.
    #[inline]
    pub(crate) fn reaches(&self, target: Span) -> Option<MonoTime> {
        if self.hold.is_some() {
            return None;
        }
        Some(self.at.after(self.speed.time_for(target.checked_sub(self.position)?)))
    }

    /// Moves on to `now`, up to which nothing is in the way.
    #[inline]
    pub(crate) fn pass(&mut self, now: MonoTime) {
        if self.hold.is_none() {
            let step = self.speed.media_in(now.span_since(self.at));
            self.position += step;
        }
        self.at = self.at.max(now);
    }

    /// Moves on to `now` but not beyond `limit`; returns the time up to which it moved.
    pub(crate) fn advance(&mut self, now: MonoTime, limit: Span) -> MonoTime {
        if self.hold.is_some() {
            self.at = self.at.max(now);
            return now;
        }
        let passed = now.span_since(self.at);
        let (ahead, left) = (self.speed.media_in(passed), limit.saturating_sub(self.position));
        let step = ahead.min(left);
        self.position += step;
        // Where the limit is not reached all of the time has passed, whatever fraction of a
        // nanosecond of media it did not come to.
        let took = if left < ahead { self.speed.time_for(step).min(passed) } else { passed };
        self.at = self.at.after(took);
        self.at
    }

    /// Returns how fast the playhead moves when it does.
    pub(crate) const fn speed(&self) -> Speed {
        self.speed
    }

    /// Moves so fast from where it has got to.
    pub(crate) const fn set_speed(&mut self, speed: Speed) {
        self.speed = speed;
    }

    /// Stands still from `now` on.
    pub(crate) fn stop(&mut self, now: MonoTime, hold: Hold) {
        // A seek during a stall, or while starting, goes on with the wait it found.
        if self.hold.is_none() {
            self.hold_since = now;
        }
        (self.hold, self.at) = (Some(hold), now);
    }

    /// Moves from `now` on.
    pub(crate) fn go(&mut self, now: MonoTime) {
        self.stalled = self.stalled(now);
        self.hold = None;
        self.at = now;
    }

    pub(crate) fn jump(&mut self, now: MonoTime, to: Span) {
        (self.played_before, self.jumped_to) = (self.played(), to);
        (self.position, self.at) = (to, now);
    }
}
