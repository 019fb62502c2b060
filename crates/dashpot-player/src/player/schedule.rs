//! What is fetched next, and when not.

use super::{Player, replace::same, watch::patience};
use crate::{
    DoneReason, What,
    lane::Wait,
    tracks::{Lookup, Segment, millis},
};
use dashpot_abr::{Progress, Rung};
use dashpot_base::{Bitrate, ByteSize, MonoTime, Span};
use dashpot_qoe::Media;
use std::time::Duration;

/// How far one kind of media may be asked for ahead of the other. Segments of the two kinds are
/// cut up to one audio frame apart, which must not make one wait for the other.
const LANES_APART_MAX: Span = Span::from_millis(100);

/// How far a request has got that was not made yet.
const BEFORE: Progress = Progress {
    index: 0,
    rung: Rung(0),
    bits: 0.0,
    bits_here: 0.0,
    first_byte_ms: 0.0,
    since_ms: 0.0,
};

/// One request that may be made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    pub(super) what: What,
    pub(super) bitrate: Bitrate,
    pub(super) size: Option<ByteSize>,
    /// The period, and the place of the segment in it.
    pub(super) place: (usize, usize),
}

impl Player {
    /// Begins every request that may begin.
    pub(super) fn schedule(&mut self, now: MonoTime) {
        if self.done || self.started.is_none() {
            return;
        }
        let is_wanted = self.tracks.is_none() || self.is_time_to_renew(now);
        if is_wanted && self.manifest.make_free(now) {
            self.renew_at = None;
            self.fetch_manifest(now);
        }
        if self.tracks.is_none() {
            return;
        }
        // A lane that begins may be what an earlier one was waiting for, hence once more.
        let rounds = if self.lanes.len() == 1 { 1 } else { 2 };
        for _ in 0..rounds {
            for lane in 0..self.lanes.len() {
                self.schedule_lane(now, lane);
            }
        }
    }

    fn schedule_lane(&mut self, now: MonoTime, index: usize) {
        if self.done || !self.lanes[index].slot.make_free(now) {
            return;
        }
        let before = self.lanes[index].wait.take();
        loop {
            let wait = self.must_wait(now, index);
            if self.lanes[index].complete {
                return;
            }
            self.note_room(now, index, wait);
            if let Some(wait) = wait {
                self.lanes[index].wait = Some(wait);
                if before.is_none() {
                    self.log_wait(now, index, wait);
                }
                return;
            }
            if self.lanes[index].pinned.is_none() {
                self.pin(now, index);
                if self.done {
                    return;
                }
                // A decision is weighed once more against what it chose: nothing says that all
                // rungs are cut alike, though most are.
                if !self.is_as_weighed(index) {
                    continue;
                }
            }
            let Some(rung) = self.lanes[index].pinned else { return };
            if let Some(wait) = self.asked_to_wait(now, index) {
                self.lanes[index].wait = Some(wait);
                if !matches!(before, Some(Wait::Rule { .. })) {
                    self.log_wait(now, index, wait);
                }
                return;
            }
            if let Some(order) = self.order(index, rung) {
                self.fetch(now, index, order);
                return;
            }
            if self.lanes[index].replacing.take().is_some() {
                // The rung is cut in another way, so the next segment is asked for instead.
                continue;
            }
            // The rung decided on ends before the others do: its period is over, so the next
            // round is in a later one.
        }
    }

    /// Goes up to the lane's next segment; returns why it may not be asked for.
    fn must_wait(&mut self, now: MonoTime, index: usize) -> Option<Wait> {
        let tracks = self.tracks.as_deref()?;
        let lane = &mut self.lanes[index];
        if let Some(end) = lane.approached_end(tracks) {
            return self.waits_for_other(index).or_else(|| self.must_wait_for(now, index, end));
        }
        let next = lane.turn_periods(tracks);
        let Some(Lookup::Found(segment, place)) = next else {
            lane.approach_unknown();
            let is_later = next.is_some() && tracks.goes_on(lane.period);
            return is_later.then_some(Wait::NotListed);
        };
        let wait = self.waits_for_other(index);
        if wait.is_some() {
            return wait;
        }
        let end = segment.end;
        self.lanes[index].approach(segment, place);
        self.must_wait_for(now, index, end)
    }

    /// Returns whether the lane waits for another one.
    fn waits_for_other(&self, index: usize) -> Option<Wait> {
        if self.lanes.len() == 1 {
            return None;
        }
        let others = self.lanes.iter().enumerate().filter(|(other, _)| *other != index);
        let behind = others.map(|(_, other)| other.reach()).min().unwrap_or(Span::MAX);
        (behind + LANES_APART_MAX < self.lanes[index].to).then_some(Wait::OtherLane)
    }

    /// Returns why the lane's next segment, which ends there, may not be asked for.
    fn must_wait_for(&self, now: MonoTime, index: usize, end: Span) -> Option<Wait> {
        let lane = &self.lanes[index];
        let available_at = self.live.as_ref().map(|live| live.setup.available_at(end));
        if let Some(until) = available_at.filter(|until| now < *until) {
            return Some(Wait::NotYet { until });
        }
        let until = end.saturating_sub(lane.bound(self.config.buffer_max.into()));
        (self.playhead.position() < until).then_some(Wait::BufferFull { until })
    }

    /// Returns whether the segment that was weighed has the same length at the rung decided on.
    fn is_as_weighed(&self, index: usize) -> bool {
        let lane = &self.lanes[index];
        let period = self.tracks.as_deref().and_then(|tracks| tracks.period(lane.period));
        let is_same = |period| match lane.pinned_at(period) {
            Some(Lookup::Found(segment, place)) => lane.is_approached(segment, place),
            Some(Lookup::NeedsIndex | Lookup::Exhausted) | None => false,
        };
        period.is_some_and(|period| period.is_even || is_same(period))
    }

    /// Returns when a wait ends, and which; `None` while that hangs on something else.
    #[inline]
    pub(super) fn wait_ends(&self, wait: Wait) -> (Option<MonoTime>, &'static str) {
        match wait {
            Wait::NotYet { until } => (Some(until), "segment available"),
            Wait::BufferFull { until } => (self.playhead.reaches(until), "buffer full"),
            Wait::OtherLane => (None, "other media behind"),
            Wait::NotListed => (None, "not listed yet"),
            Wait::Rule { until, position } => {
                let thin = self.playhead.reaches(position);
                (Some(thin.map_or(until, |at| at.min(until))), "delay over")
            }
        }
    }

    /// Tells the rule how long the buffer had no room, once it has.
    fn note_room(&mut self, now: MonoTime, index: usize, wait: Option<Wait>) {
        let lane = &mut self.lanes[index];
        if matches!(wait, Some(Wait::BufferFull { .. })) {
            lane.full_since.get_or_insert(now);
        } else if let Some(since) = lane.full_since.take()
            && lane.media == Media::Video
        {
            self.rule.waited(millis(now.span_since(since)));
        }
    }

    /// Returns the wait that the rule asked for, while it may have it: a viewer who waits for a
    /// picture is never made to wait longer for it, so one segment stays buffered.
    fn asked_to_wait(&mut self, now: MonoTime, index: usize) -> Option<Wait> {
        let lane = &mut self.lanes[index];
        let (since, until) = lane.delay?;
        let position = lane.to.saturating_sub(lane.longest());
        let is_playing = self.playhead.hold().is_none();
        if is_playing && now < until && self.playhead.position() < position {
            return Some(Wait::Rule { until, position });
        }
        lane.delay = None;
        if since < now {
            self.rule.waited(millis(now.span_since(since)));
        }
        None
    }

    /// Decides on the rung of the lane's next segment.
    fn pin(&mut self, now: MonoTime, index: usize) {
        let rung = match self.lanes[index].media {
            Media::Video => self.decide(now, index).unwrap_or_default(),
            Media::Audio => Rung(0),
        };
        self.lanes[index].pinned = Some(rung);
    }

    fn decide(&mut self, now: MonoTime, index: usize) -> Option<Rung> {
        let buffered = self.buffered_rungs(index);
        let (rule, seen) = self.seen(now, index)?;
        let view = seen.approached();
        let decision = rule.decide(&view);
        if let Some(why) = rule.failure() {
            let why = why.to_owned();
            self.finish(now, DoneReason::RuleFailed { why });
            return None;
        }
        debug_assert!(decision.rung <= view.top(), "a rule stays inside the ladder");
        let rung = decision.rung.min(view.top());
        let any_buffered = !buffered.is_empty();
        let replaces = any_buffered.then(|| rule.replaces(&view, &buffered, rung)).flatten();
        let (index_in_film, bits) = (view.index, view.bits(rung));
        let progress = Progress { index: index_in_film, rung, bits, ..BEFORE };
        let patience = patience(rule.patience_ms(&view, &progress));
        (self.rungs, self.lanes[index].patience) = (buffered, patience);
        if 0.0 < decision.delay_ms {
            let delay = Duration::try_from_secs_f64(decision.delay_ms / 1_000.0);
            let until = now.after(delay.unwrap_or(Duration::MAX));
            self.lanes[index].delay = Some((now, until));
        }
        self.log_decision(now, index, rung, decision.reason);
        if let Some(nth) = replaces {
            self.replace(now, index, rung, nth);
        }
        Some(rung)
    }

    /// Returns the next request for a segment at `rung`: its index, its initialisation segment
    /// or itself; `None` where the rung has no further segment in this period.
    fn order(&self, index: usize, rung: Rung) -> Option<Order> {
        let lane = &self.lanes[index];
        let period = self.tracks.as_ref()?.period(lane.period)?;
        let track = period.of(lane.media).get(rung.0)?;
        let (media, bitrate) = (lane.media, track.bandwidth);
        let head = |what| Order { what, bitrate, size: None, place: (lane.period, lane.place) };
        let found = match lane.replacing {
            Some(target) => same(track.at(target.start, period.end, target.place.1), target),
            None => track.at(lane.to, period.end, lane.place),
        };
        match found {
            Lookup::Exhausted => None,
            Lookup::NeedsIndex => Some(head(What::Index { media, rung })),
            Lookup::Found(segment, place) => Some(match &track.init {
                Some(init) if !self.inits.contains(init) => head(What::Init { media, rung }),
                Some(_) | None => {
                    let size = segment.size;
                    let what = segment_of(media, rung, segment);
                    Order { what, bitrate, size, place: (lane.period, place) }
                }
            }),
        }
    }
}

fn segment_of(media: Media, rung: Rung, segment: &Segment) -> What {
    What::Segment {
        media,
        rung,
        number: segment.number,
        start: segment.start.into(),
        duration: segment.end.saturating_sub(segment.start).into(),
    }
}
