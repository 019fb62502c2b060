//! The session: one machine over its lanes, its playhead and its requests.

mod cmcd;
mod log;
mod playback;
mod replace;
mod requests;
mod schedule;
mod seen;
mod watch;

use crate::{
    Config, DoneReason, Input, Output, Ticket, lane::Lane, meter::Meter, playhead::Playhead,
    slot::Slot, source::source, tracks::Tracks,
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
    done: bool,
    manifest: Slot,
    tracks: Option<Arc<Tracks>>,
    /// Video before audio, each only where the presentation has it.
    lanes: Vec<Lane>,
    /// The initialisation segments that arrived; two representations may share one.
    inits: Vec<ResourceRef>,
    playhead: Playhead,
    /// Room for a list of rungs.
    rungs: Vec<Rung>,
    tickets: u64,
    outputs: VecDeque<Output>,
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
            done: false,
            manifest: Slot::default(),
            tracks: None,
            lanes: Vec::new(),
            inits: Vec::new(),
            playhead: Playhead::new(MonoTime::ZERO),
            rungs: Vec::new(),
            tickets: 0,
            outputs: VecDeque::new(),
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
            self.playhead = Playhead::new(now);
            if let Some(tracks) = self.tracks.take() {
                self.enter(now, tracks);
            }
        }
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
        if !self.done {
            self.elapse(now);
        }
        if self.done {
            return;
        }
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
                // It frees no request and adds no media: there is nothing to schedule.
                self.on_first_byte(now, ticket, size);
                if !self.is_any_overtaken() {
                    return;
                }
            }
            Input::Progress { ticket, size } => {
                if !self.on_progress(now, ticket, size) && !self.is_any_overtaken() {
                    return;
                }
            }
            Input::Arrived { ticket, size, cache_status, server_data } => {
                let source = source(cache_status.as_deref(), server_data.as_deref());
                self.on_arrived(now, ticket, Body { size, source, cache_status });
            }
            Input::Failed { ticket, failure } => self.on_failed(now, ticket, failure),
            Input::Seek { to } => self.on_seek(now, to),
            Input::Wake => {
                // Most wake-ups only want to know how a download goes.
                let is_all_busy = self.lanes.iter().all(|lane| lane.slot.in_flight().is_some());
                if self.look(now) && is_all_busy && !self.is_any_overtaken() {
                    return;
                }
            }
            Input::Stop => self.finish(now, DoneReason::Stopped),
        }
        self.drop_overdue(now);
        self.drop_overtaken(now);
        self.look(now);
        self.schedule(now);
        self.settle(now);
        self.check(now);
    }

    fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn wake_at(&self) -> Option<(MonoTime, &'static str)> {
        if self.done {
            return None;
        }
        let mut next = self.edge_at();
        let mut sooner = |other: Option<(MonoTime, &'static str)>| {
            if let Some(other) = other.filter(|(at, _)| next.is_none_or(|(next, _)| *at < next)) {
                next = Some(other);
            }
        };
        for lane in &self.lanes {
            sooner(lane.slot.wake_at());
            sooner(lane.wait.and_then(|wait| self.wait_ends(wait)));
        }
        sooner(self.manifest.wake_at());
        sooner(self.overtakes_at());
        sooner(self.time_up().map(|at| (at, "time up")));
        next
    }
}

#[cfg(test)]
mod tests;
