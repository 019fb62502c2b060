//! Segments that are fetched again at a higher rung before they are played (fast switching).

use super::Player;
use crate::{
    Output,
    lane::{Buffered, Lane},
    slot::Watch,
    tracks::Lookup,
};
use dashpot_abr::Rung;
use dashpot_base::{MonoTime, Span};
use dashpot_qoe::{Abandoned, Event};

/// How far the boundaries of a segment at two rungs may lie apart: each timescale rounds its own.
const BOUNDARY_SLACK: Span = Span::from_millis(50);

impl Player {
    /// Returns the rungs of the segments ahead in which nothing was played yet; none for a rule that
    /// replaces none.
    pub(super) fn buffered_rungs(&mut self, at: usize) -> Vec<Rung> {
        let mut rungs = std::mem::take(&mut self.rungs);
        rungs.clear();
        if self.rule.may_replace() {
            let ahead = self.lanes[at].whole_ahead(self.playhead.position());
            rungs.extend(ahead.map(|segment| segment.rung));
        }
        rungs
    }

    /// Has the segment that is so far ahead fetched again at `rung`, as the rule wishes. It is
    /// asked when there is room for the next one, as in Sabre; only a higher rung is worth it.
    pub(super) fn replace(&mut self, now: MonoTime, at: usize, rung: Rung, nth: usize) {
        let position = self.playhead.position();
        let lane = &mut self.lanes[at];
        let target = lane.whole_ahead(position).nth(nth);
        let Some(target) = target.filter(|target| target.rung < rung) else { return };
        // What is wanted now is not to wait for the end of the buffer.
        (lane.replacing, lane.delay) = (Some(target), None);
        let event = Event::Replace {
            rung: rung.0,
            reason: "fast-switch",
            media: lane.media,
            replaced: target.rung.0,
            start: target.start.into(),
            buffer: lane.level(position).into(),
        };
        self.log(now, event);
    }

    /// Returns whether a segment is fetched again, or is to be.
    pub(super) fn is_any_replacing(&self) -> bool {
        self.lanes.iter().any(|lane| lane.replacing.is_some())
    }

    /// Returns whether the playhead is in a segment that is fetched again.
    pub(super) fn is_any_overtaken(&self) -> bool {
        let position = self.playhead.position();
        self.lanes.iter().any(|lane| lane.is_overtaken(position))
    }

    /// Looks at what is fetched again once the playhead is there, to give it up.
    pub(super) fn drop_overtaken(&mut self, now: MonoTime) {
        for at in 0..self.lanes.len() {
            let lane = &mut self.lanes[at];
            if !lane.is_overtaken(self.playhead.position()) {
                continue;
            }
            match lane.slot.in_flight_mut() {
                // How much of it came for nothing is asked before it is given up.
                Some(request) if request.is_segment() && request.begun(now).is_some() => {
                    if request.watch != Watch::Looking {
                        request.watch = Watch::Looking;
                        let ticket = request.ticket;
                        self.outputs.push_back(Output::Look { ticket });
                    }
                }
                Some(request) if request.is_segment() => self.drop_late(now, at),
                // What else is on its way for it serves the segments after it.
                Some(_) => lane.replacing = None,
                None => (lane.replacing, lane.pinned) = (None, None),
            }
        }
    }

    /// Gives up what is fetched again.
    pub(super) fn drop_late(&mut self, now: MonoTime, at: usize) {
        let lane = &mut self.lanes[at];
        (lane.replacing, lane.pinned) = (None, None);
        if let Some(request) = lane.slot.clear() {
            self.measure(now, &request);
            self.cancel(now, &request, Abandoned::Late);
        }
    }

    /// Returns when the playhead will be in a segment that is fetched again.
    #[inline]
    pub(super) fn overtakes_at(&self) -> Option<MonoTime> {
        let is_looked_at = |lane: &&Lane| {
            lane.slot.in_flight().is_some_and(|request| request.watch == Watch::Looking)
        };
        let lanes = self.lanes.iter().filter(|lane| !is_looked_at(lane));
        let start = lanes.filter_map(|lane| lane.replacing).map(|target| target.start).min()?;
        // A nanosecond later, so that what arrives at the last moment is in time.
        let inside = start + Span::from_nanos(1);
        self.playhead.reaches(inside)
    }
}

/// Returns what was found for `target`, where that is a segment of its length.
pub(super) fn same(found: Lookup<'_>, target: Buffered) -> Lookup<'_> {
    let is_near = |a: Span, b: Span| a.abs_diff(b) <= BOUNDARY_SLACK;
    match found {
        Lookup::Found(it, _) if is_near(it.start, target.start) && is_near(it.end, target.end) => {
            found
        }
        Lookup::Found(..) | Lookup::Exhausted => Lookup::Exhausted,
        Lookup::NeedsIndex => Lookup::NeedsIndex,
    }
}
