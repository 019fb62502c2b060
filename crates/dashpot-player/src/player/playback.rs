//! Playing, stalling, seeking, ending.

use super::Player;
use crate::{DoneReason, lane::Lane};
use dashpot_base::{MonoTime, Span};
use dashpot_qoe::{Abandoned, Hold, SeekKind};

/// What lies at the point up to which playback can go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edge {
    /// The end of the presentation.
    End,
    /// As much was played as was asked for.
    PlayedEnough,
    /// The end of what is buffered.
    Dry,
}

impl Player {
    /// Lets playback go on to `now`, through whatever lies on the way.
    ///
    /// A driver may call late; an edge is reached when it was reached, not when it was noticed.
    /// Returns whether nothing lay there.
    #[inline]
    pub(super) fn elapse(&mut self, now: MonoTime) -> bool {
        if self.free_until.is_some_and(|until| now < until) {
            self.playhead.pass(now);
            return true;
        }
        let time_up = self.time_up.filter(|&at| at <= now);
        let until = time_up.unwrap_or(now);
        let (limit, edge) = self.edge();
        let moved_to = self.playhead.advance(until, limit);
        if moved_to < until {
            self.reach(moved_to, edge);
        }
        if let Some(at) = time_up.filter(|_| !self.done) {
            self.finish(at, DoneReason::TimeUp);
        }
        false
    }

    /// Begins or halts playback as the buffers at `now` ask for.
    pub(super) fn settle(&mut self, now: MonoTime) {
        if self.done {
            return;
        }
        if let Some(hold) = self.playhead.hold().filter(|&hold| self.is_ready(hold)) {
            self.log_play(now, hold);
            self.playhead.go(now);
            self.pace(now);
        }
        let (limit, edge) = self.edge();
        if self.playhead.hold().is_none() && limit <= self.playhead.position() {
            self.reach(now, edge);
        }
    }

    pub(super) fn on_seek(&mut self, now: MonoTime, to: Span) {
        let Some(tracks) = &self.tracks else {
            self.playhead.jump(now, to);
            return;
        };
        let to = tracks.clamp(to);
        let from = self.playhead.position();
        let kind = self.jump(now, to);
        self.log_seek(now, kind, from);
        match kind {
            SeekKind::InsideBuffer => {}
            SeekKind::OutsideBuffer => self.playhead.stop(now, Hold::Seek),
        }
    }

    /// Goes on at `to`, and drops what is buffered where that is outside of it.
    pub(super) fn jump(&mut self, now: MonoTime, to: Span) -> SeekKind {
        let from = self.playhead.position();
        let buffered = from <= to && self.lanes.iter().all(|lane| lane.complete || to < lane.to);
        let inside = buffered && self.lanes.iter().any(|lane| to < lane.to);
        self.playhead.jump(now, to);
        if inside {
            return SeekKind::InsideBuffer;
        }
        let Some(tracks) = &self.tracks else { return SeekKind::OutsideBuffer };
        let given_up = self.lanes.iter_mut().filter_map(|lane| {
            let request = lane.slot.clear();
            lane.restart(tracks, to);
            request
        });
        for request in given_up.collect::<Vec<_>>() {
            self.cancel(now, &request, Abandoned::Seek);
        }
        self.rule.seeked();
        SeekKind::OutsideBuffer
    }

    /// Returns when playback reaches its edge, and what is there.
    #[inline]
    pub(super) fn edge_at(&self) -> (Option<MonoTime>, &'static str) {
        let (limit, edge) = self.edge();
        let why = match edge {
            Edge::End => "end of presentation",
            Edge::PlayedEnough => "played enough",
            Edge::Dry => "buffer dry",
        };
        (self.playhead.reaches(limit), why)
    }

    /// Returns the position that playback cannot pass, and what is there.
    #[inline]
    fn edge(&self) -> (Span, Edge) {
        let (mut end, mut dry) = (Span::ZERO, None::<Span>);
        for lane in &self.lanes {
            if lane.complete {
                end = end.max(lane.to);
            } else {
                dry = Some(dry.map_or(lane.to, |dry| dry.min(lane.to)));
            }
        }
        let media = dry.map_or((end, Edge::End), |dry| (dry, Edge::Dry));
        let enough = self.config.stop_after_media.map(|enough| {
            let left = Span::from(enough).saturating_sub(self.playhead.played());
            (self.playhead.position() + left, Edge::PlayedEnough)
        });
        enough.filter(|enough| enough.0 <= media.0).unwrap_or(media)
    }

    fn reach(&mut self, at: MonoTime, edge: Edge) {
        match edge {
            Edge::End => self.finish(at, DoneReason::Ended),
            Edge::PlayedEnough => self.finish(at, DoneReason::PlayedEnough),
            Edge::Dry => {
                let position = self.playhead.position();
                for lane in &mut self.lanes {
                    lane.starved |= !lane.complete && lane.to <= position;
                }
                self.log_stall(at);
                self.playhead.stop(at, Hold::Stall);
            }
        }
    }

    /// Returns whether enough is buffered to end this hold.
    fn is_ready(&self, hold: Hold) -> bool {
        let wanted = Span::from(match hold {
            Hold::Startup | Hold::Seek => self.config.startup,
            Hold::Stall => self.config.resume,
        });
        let wanted = self.live.as_ref().map_or(wanted, |live| wanted.min(live.enough()));
        let position = self.playhead.position();
        // A lane that may not fetch more has what it can have, whatever was wished for.
        let ready = |lane: &Lane| {
            let level = lane.level(position);
            lane.complete || !level.is_zero() && (wanted <= level || lane.wait.is_some())
        };
        !self.lanes.is_empty() && self.lanes.iter().all(ready)
    }
}
