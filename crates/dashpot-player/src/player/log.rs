//! The session's log: one record a choice, with its reason, and one for each thing that befell.

use super::{Player, requests::Body};
use crate::{
    DoneReason, Failure, Log, Output, What,
    lane::Wait,
    slot::{InFlight, Next},
};
use dashpot_abr::{Reason, Rung};
use dashpot_base::{ByteSize, MonoTime, Span};
use dashpot_qoe::{Abandoned, Event, Hold, Media, NextTry, Record, SeekKind};

impl Player {
    pub(super) fn log(&mut self, at: MonoTime, event: Event) {
        self.outputs.push_back(Output::Log(Record { at, event }));
    }

    pub(super) fn log_decision(&mut self, now: MonoTime, at: usize, rung: Rung, reason: Reason) {
        if self.config.log == Log::Outcome {
            return;
        }
        let lane = &self.lanes[at];
        let period = self.tracks.as_ref().and_then(|tracks| tracks.period(lane.period));
        let event = Event::Rung {
            rung: rung.0,
            reason: reason.as_str(),
            media: lane.media,
            bitrate: period.and_then(|it| it.rate(lane.media, rung)).unwrap_or_default(),
            buffer: lane.level(self.playhead.position()).into(),
            throughput: self.estimate.throughput,
        };
        self.log(now, event);
    }

    pub(super) fn log_wait(&mut self, now: MonoTime, at: usize, wait: Wait) {
        if self.config.log == Log::Outcome {
            return;
        }
        let lane = &self.lanes[at];
        let reason = match wait {
            Wait::NotYet { .. } => "not-available-yet",
            Wait::NotListed => "not-listed-yet",
            Wait::BufferFull { .. } => "buffer-full",
            Wait::OtherLane => "other-media-behind",
            Wait::Rule { .. } => "rule-delay",
        };
        let buffer = lane.level(self.playhead.position()).into();
        self.log(now, Event::Wait { reason, media: lane.media, buffer });
    }

    /// Logs the segment that `request` brought, which the lane has taken in.
    pub(super) fn log_arrived(&mut self, now: MonoTime, at: usize, request: &InFlight, body: Body) {
        let lane = &self.lanes[at];
        let What::Segment { media, rung, number, start, duration } = request.what else {
            return;
        };
        let first_byte = request.first_byte.unwrap_or(request.since);
        let event = Event::Segment {
            media,
            rung: rung.0,
            bitrate: request.bitrate,
            number,
            start,
            duration,
            size: body.size,
            took: now.since(request.since),
            first_byte_after: first_byte.since(request.since),
            idle: request.idle.until(now).into(),
            buffer: lane.level(self.playhead.position()).into(),
            cache_status: body.cache_status,
        };
        self.log(now, event);
    }

    pub(super) fn log_failed(
        &mut self,
        now: MonoTime,
        request: &InFlight,
        failure: Failure,
        next: Next,
    ) {
        let next = match next {
            Next::RetryAfter(_) => NextTry::Retry,
            Next::GiveUp => NextTry::GiveUp,
        };
        let (reason, what) = (failure.to_string(), request.what.to_string());
        self.log(now, Event::Failure { next, reason, what });
    }

    pub(super) fn log_abandoned(
        &mut self,
        now: MonoTime,
        reason: Abandoned,
        media: Media,
        size: ByteSize,
    ) {
        self.log(now, Event::Abandon { reason, media, size });
    }

    pub(super) fn log_play(&mut self, now: MonoTime, after: Hold) {
        let held = self.playhead.held_for(now).into();
        let position = self.playhead.position().into();
        self.log(now, Event::Play { after, held, position });
    }

    pub(super) fn log_stall(&mut self, now: MonoTime) {
        self.log(now, Event::Stall { position: self.playhead.position().into() });
    }

    pub(super) fn log_seek(&mut self, now: MonoTime, seek: SeekKind, from: Span) {
        let (from, to) = (from.into(), self.playhead.position().into());
        self.log(now, Event::Seek { seek, from, to });
    }

    pub(super) fn log_done(&mut self, now: MonoTime, reason: &DoneReason) {
        let (reason, position) = (reason.to_string(), self.playhead.position().into());
        self.log(now, Event::Done { reason, position });
    }
}
