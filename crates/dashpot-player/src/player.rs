//! The session: one machine over its lanes, its playhead and its requests.

mod cmcd;
mod live;
mod log;
mod playback;
mod replace;
mod requests;
mod schedule;
mod seen;
mod watch;

use crate::{
    Config, DoneReason, Input, Output, Ticket, lane::Lane, meter::Meter, playhead::Playhead,
    slot::Slot, soonest::Soonest, source::source, tracks::Tracks,
};
use dashpot_abr::{Rule, Rung, ThroughputEstimator};
use dashpot_base::{Machine, MonoTime};
use dashpot_mpd::timeline::ResourceRef;
use dashpot_qoe::Abandoned;
use requests::Body;
use seen::Estimate;
use std::{collections::VecDeque, sync::Arc};

/// One playback session.
///
/// Video follows the rule it was made with; audio is one track. At most one request per kind of
/// media is in flight, and the two kinds are kept level: the one that is behind goes first.
#[derive(Debug)]
pub struct Player {
    config: Config,
    rule: Box<dyn Rule>,
    meter: Meter,
    estimator: ThroughputEstimator,
    /// What the estimator says.
    estimate: Estimate,
    started: Option<MonoTime>,
    /// When the session has had its time.
    time_up: Option<MonoTime>,
    done: bool,
    manifest: Slot,
    tracks: Option<Arc<Tracks>>,
    /// Video before audio, each only where the presentation has it.
    lanes: Vec<Lane>,
    /// The initialisation segments that arrived; two representations may share one.
    inits: Vec<ResourceRef>,
    /// What keeps a live session to its edge.
    live: Option<live::State>,
    /// When another version of the MPD is wanted.
    renew_at: Option<MonoTime>,
    playhead: Playhead,
    /// Room for a list of rungs.
    rungs: Vec<Rung>,
    tickets: u64,
    outputs: VecDeque<Output>,
    /// When the next body begins to arrive of which that was foretold, at the earliest.
    begins_at: Option<MonoTime>,
    /// When playback meets what halts or ends it; until then it only moves on.
    free_until: Option<MonoTime>,
    /// When there is something to do, but for looks at downloads; and what.
    wake: Soonest,
}

impl Player {
    /// Returns a session that waits for [`Input::Start`].
    #[must_use]
    pub fn new(config: Config, rule: Box<dyn Rule>) -> Self {
        Self {
            config,
            rule,
            meter: Meter::default(),
            estimator: ThroughputEstimator::new(),
            estimate: Estimate::default(),
            started: None,
            time_up: None,
            done: false,
            manifest: Slot::default(),
            tracks: None,
            lanes: Vec::new(),
            inits: Vec::new(),
            live: None,
            renew_at: None,
            playhead: Playhead::new(MonoTime::ZERO),
            rungs: Vec::new(),
            tickets: 0,
            outputs: VecDeque::new(),
            begins_at: None,
            free_until: None,
            wake: Soonest::default(),
        }
    }

    /// Returns a session of a film that is known already: it fetches no MPD.
    #[must_use]
    pub fn prepared(config: Config, rule: Box<dyn Rule>, tracks: Arc<Tracks>) -> Self {
        Self { tracks: Some(tracks), ..Self::new(config, rule) }
    }

    fn start(&mut self, now: MonoTime) {
        if self.started.is_none() {
            self.started = Some(now);
            self.time_up = self.config.stop_after_time.map(|after| now.after(after));
            self.playhead = Playhead::new(now);
            if let Some(tracks) = self.tracks.take() {
                self.enter(now, tracks);
            }
        }
    }

    /// Returns whether there is nothing to be polled.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.outputs.is_empty()
    }

    fn ticket(&mut self) -> Ticket {
        self.tickets += 1;
        Ticket(self.tickets)
    }

    /// Ends the session: nothing stays in flight, and nothing follows.
    fn finish(&mut self, now: MonoTime, reason: DoneReason) {
        let slots = self.lanes.iter_mut().map(|lane| &mut lane.slot);
        let given_up = slots.chain([&mut self.manifest]).filter_map(Slot::clear);
        for request in given_up.collect::<Vec<_>>() {
            self.cancel(now, &request, Abandoned::End);
        }
        self.done = true;
        self.log_done(now, &reason);
        self.outputs.push_back(Output::Done(reason));
    }

    /// Takes in what the world says; returns whether that may be more than how a download goes,
    /// which frees no request and adds no media: then there is nothing to schedule.
    fn take_in(&mut self, now: MonoTime, input: Input) -> bool {
        match input {
            Input::Start => {
                self.start(now);
                self.elapse(now);
            }
            Input::Manifest { ticket, presentation } => {
                self.on_manifest(now, ticket, *presentation);
            }
            Input::Index { ticket, sidx } => self.on_index(now, ticket, &sidx),
            Input::FirstByte { ticket, size } => {
                self.on_first_byte(now, ticket, size);
                return false;
            }
            Input::Progress { ticket, size } => return self.on_progress(now, ticket, size),
            Input::Chunk { ticket, size, media } => self.on_chunk(now, ticket, size, media),
            Input::Arrived { ticket, size, cache_status, server_data } => {
                let source = source(cache_status.as_deref(), server_data.as_deref());
                self.on_arrived(now, ticket, Body { size, source, cache_status });
            }
            Input::Failed { ticket, failure } => self.on_failed(now, ticket, failure),
            Input::Seek { to } => self.on_seek(now, to.into()),
            Input::Wake => {
                let is_all_busy = self.lanes.iter().all(|lane| lane.slot.in_flight().is_some());
                let is_other = self.is_time_to_look(now) || self.is_time_to_renew(now);
                return !self.look(now) || !is_all_busy || is_other;
            }
            Input::Stop => self.finish(now, DoneReason::Stopped),
        }
        true
    }

    /// Does what there is to do after an input that may have changed that; most leave it as it is, and
    /// are not to carry its weight.
    #[inline(never)]
    fn go_on(&mut self, now: MonoTime) {
        if !self.done {
            if self.wake.at().is_none_or(|at| at <= now) {
                self.drop_overdue(now);
            }
            self.drop_overtaken(now);
            self.look(now);
            self.keep_up(now);
            self.schedule(now);
            self.settle(now);
        }
        self.plan();
        self.check(now);
    }

    /// Notes when there is something to do.
    fn plan(&mut self) {
        let is_held = self.playhead.hold().is_some();
        let (edge, what) = if is_held { (None, "") } else { self.edge_at() };
        let halts = Soonest::default().or(edge, what).or(self.time_up, "time up");
        self.free_until = halts.at();
        let mut next = self.manifest.or_wakes(halts);
        for lane in &self.lanes {
            next = lane.slot.or_wakes(next);
            if let Some(wait) = lane.wait {
                let (ends, why) = self.wait_ends(wait);
                next = next.or(ends, why);
            }
        }
        next = next.or(self.looks_at(), "playback rate");
        next = next.or(self.renews_at(), "MPD may be another");
        self.wake = next.or(self.overtakes_at(), "replacement late");
    }

    /// The relations that hold between one input and the next.
    fn check(&self, now: MonoTime) {
        let position = self.playhead.position();
        for lane in &self.lanes {
            debug_assert!(
                lane.complete || position <= lane.to,
                "{:?} is played beyond what is buffered",
                lane.media
            );
            debug_assert!(!self.done || lane.slot.in_flight().is_none(), "done is quiet");
        }
        debug_assert!(
            self.wake_at().is_none_or(|(at, _)| now < at),
            "a wake-up in the past would come at once, for ever"
        );
    }
}

impl Machine for Player {
    type Input = Input;
    type Output = Output;

    fn handle(&mut self, now: MonoTime, input: Input) {
        if self.done {
            return;
        }
        self.begin_foretold(now);
        let is_free = self.elapse(now);
        if self.done {
            return;
        }
        let is_taken_in = self.take_in(now, input);
        let is_replacing = self.is_any_replacing();
        let is_changed = is_taken_in || is_replacing && self.is_any_overtaken();
        if is_changed {
            self.go_on(now);
        } else if is_replacing || !is_free {
            self.plan();
        }
    }

    #[inline]
    fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    #[inline]
    fn wake_at(&self) -> Option<(MonoTime, &'static str)> {
        if self.done {
            return None;
        }
        let looks = self.lanes.iter().filter_map(|lane| lane.slot.look_at());
        self.wake.or(looks.min(), "look at a download").why()
    }
}

#[cfg(test)]
mod tests;
