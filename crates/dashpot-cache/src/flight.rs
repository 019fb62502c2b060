//! Who fetches, who waits and who is let down: the machine of one key's miss or refresh.

mod events;
mod filling;
mod sharing;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use dashpot_base::{Machine, MonoTime, Rng, Seed, WallTime};
use http::StatusCode;

use crate::{Continuation, NotStorable, Reason, RequestHead, StoredHead};
pub use events::{Arrival, Failure, Input, Output, ReaderId, Role};
use filling::Filling;
pub use filling::Resumes;
use sharing::{Refusal, must_validate, sharing};

/// The bounds of one flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long the upstream may take to send a response head.
    pub head_timeout: Duration,
    /// How long the upstream may pause within a body.
    pub idle_timeout: Duration,
    /// The largest body that is stored, in bytes.
    pub object_bytes_max: u64,
    /// How often in a row the rest of a body that broke off is asked for without a byte of it
    /// coming.
    pub resumes_max: u32,
}

/// The flight of one key: at most one fetch, however many readers ask for it.
///
/// Readers that ask before the response head has arrived wait for it, because only the head says
/// whether the response may be shared; the leader, whose request is the one that is fetched, is
/// answered in any case. Bodies never enter: the machine is told how long the body has grown.
#[derive(Debug)]
pub struct Flight {
    limits: Limits,
    phase: Phase,
    /// What is stored under the key although it may not be used unvalidated.
    stored: Option<Arc<StoredHead>>,
    waiting: BTreeMap<ReaderId, Arc<RequestHead>>,
    /// Those of them that came before the request was sent, beside the leader.
    early: BTreeSet<ReaderId>,
    leader: Option<ReaderId>,
    /// Readers of the body that have not left.
    served: BTreeSet<ReaderId>,
    rng: Rng,
    outputs: VecDeque<Output>,
}

#[derive(Debug)]
enum Phase {
    /// Nobody has asked yet.
    Idle,
    /// The request is on its way upstream.
    AwaitingHead { deadline: MonoTime },
    /// The body is arriving and may be shared.
    Filling(Filling),
    /// There is no room to keep the body; those who read it already read on.
    Oversized(Filling),
    /// Nothing more will happen.
    Over,
}

impl Flight {
    /// Returns a flight that nobody is on, with what is stored under its key; `seed` spreads its
    /// resumptions.
    #[must_use]
    pub fn new(limits: Limits, stored: Option<Arc<StoredHead>>, seed: Seed) -> Self {
        Self {
            limits,
            phase: Phase::Idle,
            stored,
            waiting: BTreeMap::new(),
            early: BTreeSet::new(),
            leader: None,
            served: BTreeSet::new(),
            rng: Rng::new(seed),
            outputs: VecDeque::new(),
        }
    }

    /// Returns whether a reader that joins might still be served by this flight.
    #[must_use]
    pub const fn takes_readers(&self) -> bool {
        match &self.phase {
            Phase::Idle | Phase::AwaitingHead { .. } => true,
            // What must be validated for each is for those only who have asked before.
            Phase::Filling(body) => !body.must_validate,
            Phase::Oversized(_) | Phase::Over => false,
        }
    }

    /// Returns whether the flight has ended.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over)
    }

    fn join(&mut self, now: MonoTime, wall: WallTime, reader: ReaderId, request: Arc<RequestHead>) {
        match &self.phase {
            Phase::Idle => {
                self.leader = Some(reader);
                self.waiting.insert(reader, request);
                self.begin(now);
            }
            Phase::AwaitingHead { .. } => {
                self.waiting.insert(reader, request);
            }
            Phase::Filling(body) => {
                self.outputs.push_back(match sharing(wall, &body.head, &request) {
                    Ok(()) => {
                        self.served.insert(reader);
                        Output::Serve { reader, role: Role::Joiner }
                    }
                    Err(reason) => Output::GoAlone { reader, reason },
                });
            }
            Phase::Oversized(_) | Phase::Over => {
                let reason = Reason::NotShareable;
                self.outputs.push_back(Output::GoAlone { reader, reason });
            }
        }
    }

    fn join_all(
        &mut self,
        now: MonoTime,
        wall: WallTime,
        readers: Vec<(ReaderId, Arc<RequestHead>)>,
    ) {
        let is_first = matches!(self.phase, Phase::Idle);
        for (reader, request) in readers {
            if is_first {
                self.early.insert(reader);
            }
            self.join(now, wall, reader, request);
        }
    }

    fn begin(&mut self, now: MonoTime) {
        self.phase = Phase::AwaitingHead { deadline: now.after(self.limits.head_timeout) };
        self.outputs.push_back(Output::Fetch { conditional: self.stored.is_some() });
    }

    fn head_arrived(&mut self, now: MonoTime, wall: WallTime, arrival: Arrival) {
        let Phase::AwaitingHead { .. } = self.phase else { return };
        match arrival {
            Arrival::NotModified { head, is_shared } => self.validated(wall, &head, is_shared),
            Arrival::Shareable { head, length } => self.shared(now, wall, head, length),
            Arrival::Unshareable { status, why } => {
                // RFC 5861 §4: an error of the origin may be covered with what is stored.
                let is_error = matches!(status.as_u16(), 500 | 502..=504);
                if is_error && self.covers_errors(wall) {
                    self.outputs.push_back(Output::Abort);
                    self.serve_stale();
                    return;
                }
                if is_error {
                    self.serve_stale_on_demand(wall);
                }
                // RFC 9111 §4.3.2: a 304 answers the leader's own precondition.
                let is_304 = status == StatusCode::NOT_MODIFIED;
                let reason = if is_304 { Reason::OthersPrecondition } else { Reason::NotShareable };
                self.unshareable(why, reason);
            }
        }
    }

    /// Serves everybody from the store, whose head has just been validated.
    fn validated(&mut self, wall: WallTime, head: &Arc<StoredHead>, is_shared: bool) {
        self.phase = Phase::Over;
        self.outputs.push_back(Output::Refresh { head: Arc::clone(head) });
        for (reader, request) in std::mem::take(&mut self.waiting) {
            // RFC 9111 §4.3.3: the request that was validated is answered from the store. The
            // others had their own terms.
            let is_leader = self.leader == Some(reader);
            let shares = if is_shared {
                self.shares(wall, head, reader, &request)
            } else {
                Err(Refusal::Alone(Reason::NotShareable))
            };
            self.outputs.push_back(match shares {
                Err(refusal) if !is_leader => refusal.of(reader, request),
                Ok(()) | Err(_) => Output::ServeStored { reader, head: Arc::clone(head) },
            });
        }
    }

    fn shared(
        &mut self,
        now: MonoTime,
        wall: WallTime,
        head: Arc<StoredHead>,
        length: Option<u64>,
    ) {
        if length.is_some_and(|length| self.limits.object_bytes_max < length) {
            return self.unshareable(NotStorable::TooLarge, Reason::NotShareable);
        }
        for (reader, request) in std::mem::take(&mut self.waiting) {
            let is_leader = self.leader == Some(reader);
            let role = if is_leader { Role::Leader } else { Role::Follower };
            self.outputs.push_back(match self.shares(wall, &head, reader, &request) {
                // RFC 9111 §4: a response may satisfy several requests only where each of them
                // could have been answered with it from the store.
                Err(refusal) if !is_leader => refusal.of(reader, request),
                Ok(()) | Err(_) => {
                    self.served.insert(reader);
                    Output::Serve { reader, role }
                }
            });
        }
        let must_validate = must_validate(wall, &head);
        let mut body = Filling::new(now, head, length, &self.limits);
        body.must_validate = must_validate;
        self.phase = Phase::Filling(body);
    }

    /// Hands the response to the leader and sends everybody else on their own way.
    fn unshareable(&mut self, why: NotStorable, reason: Reason) {
        self.phase = Phase::Over;
        let mut has_leader = false;
        for reader in std::mem::take(&mut self.waiting).into_keys() {
            let is_leader = self.leader == Some(reader);
            has_leader |= is_leader;
            self.outputs.push_back(if is_leader {
                Output::PassThrough { reader, why }
            } else {
                Output::GoAlone { reader, reason }
            });
        }
        if !has_leader {
            self.outputs.push_back(Output::Abort);
        }
    }

    const fn body(&mut self) -> Option<&mut Filling> {
        match &mut self.phase {
            Phase::Filling(body) | Phase::Oversized(body) => Some(body),
            Phase::Idle | Phase::AwaitingHead { .. } | Phase::Over => None,
        }
    }

    fn grew(&mut self, now: MonoTime, total: u64) {
        let limits = self.limits;
        let Some(body) = self.body().filter(|body| !body.is_broken) else { return };
        if body.length.is_some_and(|length| length < total) {
            return self.cut(Failure::TooLong);
        }
        body.grow(now, total, &limits);
        let len = body.len;
        self.outputs.push_back(Output::Advance { len });
        if limits.object_bytes_max < len {
            self.outgrow();
        }
    }

    /// Gives up storing a body that there is no room for; its readers keep it.
    fn outgrow(&mut self) {
        if !matches!(self.phase, Phase::Filling(_)) {
            return;
        }
        if let Phase::Filling(body) = std::mem::replace(&mut self.phase, Phase::Over) {
            self.phase = Phase::Oversized(body);
            self.outputs.push_back(Output::Outgrow);
            self.abandon_unread();
        }
    }

    fn completed(&mut self, now: MonoTime, total: u64) {
        let Some(body) = self.body().filter(|body| !body.is_broken) else { return };
        // RFC 9112 §8: a body shorter than its Content-Length is incomplete, whatever the transport
        // calls it.
        if body.len != total || body.length.is_some_and(|length| length != total) {
            return self.broke_off(now, Failure::Truncated);
        }
        if let Phase::Filling(body) = std::mem::replace(&mut self.phase, Phase::Over) {
            self.outputs.push_back(Output::Store { head: body.head, len: total });
        }
        self.outputs.push_back(Output::Finish { len: total });
    }

    fn failed(&mut self, now: MonoTime, wall: WallTime, failure: Failure) {
        match self.phase {
            // RFC 9111 §4.2.4: the origin cannot be reached.
            Phase::AwaitingHead { .. } if self.covers_failure(wall) => self.serve_stale(),
            Phase::AwaitingHead { .. } => {
                self.serve_stale_on_demand(wall);
                self.phase = Phase::Over;
                for reader in std::mem::take(&mut self.waiting).into_keys() {
                    self.outputs.push_back(Output::Refuse { reader, failure });
                }
            }
            Phase::Filling(_) | Phase::Oversized(_) => self.broke_off(now, failure),
            Phase::Idle | Phase::Over => {}
        }
    }

    /// Asks for the rest of the body, while there is something left to try.
    fn broke_off(&mut self, now: MonoTime, failure: Failure) {
        let (Phase::Filling(body) | Phase::Oversized(body)) = &mut self.phase else { return };
        match body.break_off(now, failure, &self.limits, &mut self.rng) {
            Some((rest, at)) => self.outputs.push_back(Output::Resume { rest, at }),
            None => self.cut(failure),
        }
    }

    fn resumed(&mut self, now: MonoTime, continuation: Continuation) {
        let Some(body) = self.body().filter(|body| body.is_broken) else { return };
        match continuation {
            Continuation::Rest { length, .. } => {
                body.is_broken = false;
                body.length = body.length.or(length);
            }
            Continuation::Unavailable => self.broke_off(now, Failure::Protocol),
            Continuation::Lost => self.cut(Failure::Changed),
        }
    }

    fn cut(&mut self, failure: Failure) {
        self.phase = Phase::Over;
        self.outputs.push_back(Output::Cut { failure });
    }

    fn covers_errors(&self, wall: WallTime) -> bool {
        self.stored.as_ref().is_some_and(|stored| stored.covers_errors(wall))
    }

    fn covers_failure(&self, wall: WallTime) -> bool {
        self.stored.as_ref().is_some_and(|stored| stored.covers_failure(wall))
    }

    fn serve_stale(&mut self) {
        self.phase = Phase::Over;
        for reader in std::mem::take(&mut self.waiting).into_keys() {
            self.outputs.push_back(Output::ServeStale { reader });
        }
    }

    /// Serves those from the store who want the origin's errors covered (RFC 5861 §4).
    fn serve_stale_on_demand(&mut self, wall: WallTime) {
        let Some(stored) = &self.stored else { return };
        let covered = |request: &RequestHead| stored.covers_errors_for(wall, request);
        for (reader, _) in self.waiting.extract_if(.., |_, request| covered(request)) {
            self.outputs.push_back(Output::ServeStale { reader });
        }
    }

    fn left(&mut self, reader: ReaderId) {
        // Whether the response can be stored is unknown until its head is there, so a fetch whose
        // readers have all left before goes on; the head timeout bounds it.
        self.waiting.remove(&reader);
        if self.served.remove(&reader) {
            self.abandon_unread();
        }
    }

    /// Stops fetching a body that nobody reads and that will not be stored.
    fn abandon_unread(&mut self) {
        if self.served.is_empty() && matches!(self.phase, Phase::Oversized(_)) {
            self.phase = Phase::Over;
            self.outputs.push_back(Output::Abort);
        }
    }

    const fn deadline(&self) -> Option<(MonoTime, &'static str)> {
        match &self.phase {
            Phase::AwaitingHead { deadline } => Some((*deadline, "head-timeout")),
            Phase::Filling(body) | Phase::Oversized(body) => Some((body.deadline, "idle-timeout")),
            Phase::Idle | Phase::Over => None,
        }
    }
}

impl Machine for Flight {
    type Input = Input;
    type Output = Output;

    fn handle(&mut self, now: MonoTime, input: Input) {
        match input {
            Input::Join { reader, request, wall } => self.join(now, wall, reader, request),
            Input::JoinAll { readers, wall } => self.join_all(now, wall, readers),
            Input::Refresh if matches!(self.phase, Phase::Idle) => self.begin(now),
            Input::Refresh => {}
            Input::HeadArrived { arrival, wall } => self.head_arrived(now, wall, arrival),
            Input::Grew { len } => self.grew(now, len),
            Input::Squeeze => self.outgrow(),
            Input::Completed { len } => self.completed(now, len),
            Input::Failed { failure, wall } => self.failed(now, wall, failure),
            Input::Resumed { continuation } => self.resumed(now, continuation),
            Input::ReaderLeft { reader } => self.left(reader),
            Input::Wake { wall } => {
                if self.deadline().is_some_and(|(deadline, _)| deadline <= now) {
                    self.failed(now, wall, Failure::Timeout);
                    // A resumption hangs up for itself.
                    if self.is_over() {
                        self.outputs.push_back(Output::Abort);
                    }
                }
            }
        }
        debug_assert!(!self.is_over() || self.waiting.is_empty(), "nobody is left waiting");
    }

    fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn wake_at(&self) -> Option<(MonoTime, &'static str)> {
        self.deadline()
    }
}
