//! What a flight's machine says, done.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use dashpot_base::{Machine as _, MonoTime};
use dashpot_cache::{
    Flight, Input, NotStorable, Output, Purged, ReaderId, Reason, RequestHead, Rest, Role,
    StoredHead, Tags,
};
use tokio::sync::oneshot;
use tracing::debug;

use super::{Answer, Answered, FillReader, Running, Wanted, lock};
use crate::{
    edge::Edge,
    object::Object,
    upstream::{Arriving, NoResponse},
};

/// What is guarded by a flight's lock.
#[derive(Debug)]
pub(super) struct Cell {
    pub(super) flight: Flight,
    waiting: BTreeMap<ReaderId, oneshot::Sender<Answered>>,
    leader: Option<ReaderId>,
    pub(super) arrived: Arrived,
    /// Those who share the next flight.
    next: Vec<Passenger>,
    /// The rest of a body that broke off, and when to ask for it.
    pub(super) rest: Option<(Rest, MonoTime)>,
    /// All that the machine has said.
    #[cfg(test)]
    pub(super) log: Vec<String>,
}

/// Who waits for a flight's answer, with the request that it is to.
#[derive(Debug)]
pub(super) struct Passenger {
    pub(super) reader: ReaderId,
    pub(super) request: Arc<RequestHead>,
    pub(super) sender: oneshot::Sender<Answered>,
}

/// What has come from upstream, left here for the outputs that need it.
#[derive(Debug, Default)]
pub(super) struct Arrived {
    pub(super) response: Option<Arriving>,
    pub(super) head: Option<Arc<StoredHead>>,
    pub(super) length: Option<u64>,
    pub(super) took: Option<Duration>,
    /// The whole response in its own allocation, ready to be stored.
    pub(super) object: Option<Arc<Object>>,
    pub(super) detail: String,
    /// Whether anything has been stored.
    pub(super) is_renewed: bool,
}

impl Running {
    pub(super) fn new(edge: &Edge, wanted: Wanted) -> Self {
        let stored = wanted.stored.as_ref().map(|object| Arc::clone(&object.head));
        let cell = Cell {
            flight: Flight::new(edge.flight_limits, stored, edge.flights.next_seed()),
            waiting: BTreeMap::new(),
            leader: None,
            arrived: Arrived::default(),
            next: Vec::new(),
            rest: None,
            #[cfg(test)]
            log: Vec::new(),
        };
        // What has been asked for already is as old as that request.
        let since = wanted.given.as_ref().map_or_else(|| edge.store.purging.now(), |it| it.since);
        Self {
            wanted,
            epoch: since.epoch,
            invalidations: since.invalidations,
            fill: crate::fill::Fill::default(),
            cell: cell.into(),
            nudge: <_>::default(),
        }
    }

    /// Returns whether a purge since this flight began concerns what it brings.
    pub(super) fn purged(&self, edge: &Edge) -> Purged {
        let purging = &edge.store.purging;
        if self.epoch == purging.epoch() {
            return Purged::No;
        }
        let head = lock(&self.cell).arrived.head.clone();
        let tags = head.map_or_else(Tags::unknown, |head| head.tags.clone());
        purging.check(&self.wanted.primary, &tags, self.epoch)
    }

    /// Returns whether an unsafe request since this flight began may have changed what it brings.
    pub(super) fn is_invalidated(&self, edge: &Edge) -> bool {
        edge.store.purging.is_invalidated(&self.wanted.primary, self.invalidations)
    }

    pub(super) fn takes_readers(&self) -> bool {
        lock(&self.cell).flight.takes_readers()
    }

    /// Returns whether what upstream sends on the connection there is, or was, is no longer wanted.
    pub(super) fn hangs_up(&self) -> bool {
        let cell = lock(&self.cell);
        cell.flight.is_over() || cell.rest.is_some()
    }

    pub(super) fn wake_at(&self) -> Option<MonoTime> {
        lock(&self.cell).flight.wake_at().map(|(at, _)| at)
    }

    pub(super) fn join(
        self: &Arc<Self>,
        edge: &Arc<Edge>,
        reader: ReaderId,
        request: Arc<RequestHead>,
        sender: oneshot::Sender<Answered>,
    ) {
        {
            let mut cell = lock(&self.cell);
            cell.waiting.insert(reader, sender);
            cell.leader.get_or_insert(reader);
        }
        self.tell(edge, Input::Join { reader, request, wall: edge.clock.wall() });
    }

    /// Lets `passengers` join, of whom the first leads; nothing is sent before all have joined.
    pub(super) fn join_all(self: &Arc<Self>, edge: &Arc<Edge>, passengers: Vec<Passenger>) {
        let mut readers = Vec::new();
        {
            let mut cell = lock(&self.cell);
            for Passenger { reader, request, sender } in passengers {
                cell.waiting.insert(reader, sender);
                cell.leader.get_or_insert(reader);
                readers.push((reader, request));
            }
        }
        self.tell(edge, Input::JoinAll { readers, wall: edge.clock.wall() });
    }

    pub(super) fn tell(self: &Arc<Self>, edge: &Arc<Edge>, input: Input) {
        self.tell_all(edge, [input]);
    }

    /// Tells the machine `inputs` in one go, and does what it says.
    ///
    /// What is to be stored is stored before anybody is told that the body has ended: who has read
    /// a body to its end finds it in the store.
    pub(super) fn tell_all<const N: usize>(self: &Arc<Self>, edge: &Arc<Edge>, inputs: [Input; N]) {
        let mut cell = lock(&self.cell);
        let mut outputs = Vec::new();
        for input in inputs {
            cell.flight.handle(edge.clock.mono(), input);
            outputs.extend(std::iter::from_fn(|| cell.flight.poll()));
        }
        #[cfg(test)]
        cell.log.extend(outputs.iter().map(|output| super::twin::line(edge.clock.mono(), output)));
        for output in &outputs {
            self.keep(edge, &mut cell, output);
        }
        let mut undelivered = Vec::new();
        for output in outputs {
            debug!(key = %self.wanted.key, ?output, "flight");
            undelivered.extend(self.act(edge, &mut cell, output));
        }
        let next = std::mem::take(&mut cell.next);
        drop(cell);
        if !next.is_empty() {
            super::Flights::succeed(edge, self, next);
        }
        // Answers whose readers have gone tell the machine so as they are dropped, which takes the
        // lock again.
        drop(undelivered);
    }

    /// Does what concerns the store.
    fn keep(&self, edge: &Edge, cell: &mut Cell, output: &Output) {
        let object = match output {
            Output::Store { .. } => cell.arrived.object.take(),
            Output::Refresh { head } => match head.may_stay(&self.wanted.request) {
                Ok(()) => self.refreshed(head),
                // It says nothing of what is stored for all.
                Err(NotStorable::Authorization | NotStorable::SetCookie) => None,
                Err(_) => {
                    edge.store.remove(&self.wanted.primary);
                    None
                }
            },
            Output::Fetch { .. }
            | Output::Serve { .. }
            | Output::ServeStored { .. }
            | Output::ServeStale { .. }
            | Output::PassThrough { .. }
            | Output::GoAlone { .. }
            | Output::FlyNext { .. }
            | Output::Refuse { .. }
            | Output::Advance { .. }
            | Output::Outgrow
            | Output::Resume { .. }
            | Output::Finish { .. }
            | Output::Cut { .. }
            | Output::Abort => None,
        };
        if let Some(object) = object
            && edge.store.purging.check(&self.wanted.primary, &object.head.tags, self.epoch)
                != Purged::Hard
            && !self.is_invalidated(edge)
        {
            edge.store.insert(self.wanted.primary.clone(), &self.wanted.request, object);
            cell.arrived.is_renewed = true;
            // An unsafe request that was answered meanwhile has removed what was there before.
            if self.is_invalidated(edge) {
                edge.store.remove(&self.wanted.primary);
            }
        }
    }

    fn refreshed(&self, head: &Arc<StoredHead>) -> Option<Arc<Object>> {
        let stored = self.wanted.stored.as_ref()?;
        Some(Arc::new(stored.with_head(Arc::clone(head), self.epoch)))
    }

    /// Does everything else; returns an answer that nobody waits for any more.
    fn act(
        self: &Arc<Self>,
        edge: &Arc<Edge>,
        cell: &mut Cell,
        output: Output,
    ) -> Option<Answered> {
        match output {
            Output::Serve { reader, role } => self.serve(edge, cell, reader, role),
            Output::ServeStored { reader, head } => {
                let is_leader = cell.leader == Some(reader);
                let role = if is_leader { Role::Leader } else { Role::Follower };
                let object = self.refreshed(&head)?;
                cell.answer(reader, Answer::Validated { object, role })
            }
            Output::ServeStale { reader } => {
                let object = Arc::clone(self.wanted.stored.as_ref()?);
                cell.answer(reader, Answer::Stale { object })
            }
            Output::PassThrough { reader, why } => {
                let response = cell.arrived.response.take()?;
                cell.answer(reader, Answer::PassThrough { response, why })
            }
            Output::GoAlone { reader, reason: Reason::VaryMiss | Reason::OthersPrecondition } => {
                let head = cell.arrived.head.clone();
                cell.answer(reader, Answer::Again { head })
            }
            Output::FlyNext { reader, request } => {
                let sender = cell.waiting.remove(&reader)?;
                cell.next.push(Passenger { reader, request, sender });
                None
            }
            Output::GoAlone { reader, reason } => cell.answer(reader, Answer::GoAlone(reason)),
            Output::Refuse { reader, failure } => {
                let detail = cell.arrived.detail.clone();
                cell.answer(reader, Answer::Refuse(NoResponse { failure, detail }))
            }
            Output::Advance { len } => self.say(|fill| fill.advance(len)),
            Output::Resume { rest, at } => {
                edge.stats.upstream_errors.inc();
                cell.rest = Some((rest, at));
                self.nudge.notify_one();
                None
            }
            Output::Outgrow => self.say(crate::fill::Fill::outgrow),
            Output::Finish { .. } => self.say(crate::fill::Fill::finish),
            Output::Cut { failure } => {
                edge.stats.upstream_errors.inc();
                self.say(|fill| fill.cut(failure))
            }
            Output::Abort => {
                self.nudge.notify_one();
                None
            }
            // The fetch was sent off with the flight; `keep` has done the others.
            Output::Fetch { .. } | Output::Store { .. } | Output::Refresh { .. } => None,
        }
    }

    fn say(&self, to: impl FnOnce(&crate::fill::Fill)) -> Option<Answered> {
        to(&self.fill);
        None
    }

    fn serve(
        self: &Arc<Self>,
        edge: &Arc<Edge>,
        cell: &mut Cell,
        reader: ReaderId,
        role: Role,
    ) -> Option<Answered> {
        let head = Arc::clone(cell.arrived.head.as_ref()?);
        let length = cell.arrived.length;
        self.fill.add_reader(reader);
        let reader_of_fill =
            FillReader { edge: Arc::clone(edge), running: Arc::clone(self), reader };
        cell.answer(reader, Answer::Serve { reader: reader_of_fill, head, length, role })
    }
}

impl Cell {
    /// Sends `answer` to `reader`; returns it where the reader has gone.
    fn answer(&mut self, reader: ReaderId, answer: Answer) -> Option<Answered> {
        let answered = Answered { answer, origin_took: self.arrived.took };
        match self.waiting.remove(&reader) {
            Some(sender) => sender.send(answered).err(),
            None => Some(answered),
        }
    }
}
