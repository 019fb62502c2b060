//! The task that fetches for one flight, whoever waits for it.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::{Buf as _, Bytes};
use dashpot_cache::{Arrival, Failure, Framing, Input, NotStorable, StoredHead, Times};
use http::{HeaderMap, Method, StatusCode, header};
use tokio::{
    select,
    sync::OwnedSemaphorePermit,
    time::{sleep, timeout},
};

use super::{Running, lock};
use crate::{
    blocks::Given,
    edge::Edge,
    object::{Blocks, Object, StoredBody},
    unkeyed,
    upstream::{Arriving, Ask, NoResponse, head_of, next_data},
};

/// How long the slow readers of a body that will not be stored may hold up the others, all of them
/// together and over the whole body.
///
/// A player's buffer hides it; without any, a viewer would be cut for a hiccup of its network.
const LAG_PATIENCE: Duration = Duration::from_secs(1);

/// Who is asked for what a flight wants.
pub(super) trait Source: Send + Sync {
    /// Sends `ask` and waits for the response head.
    fn send(&self, ask: Ask) -> impl Future<Output = Result<Arriving, NoResponse>> + Send;
}

/// The upstreams.
impl Source for Arc<Edge> {
    fn send(&self, ask: Ask) -> impl Future<Output = Result<Arriving, NoResponse>> + Send {
        self.upstream.send(ask)
    }
}

/// Fetches from `source` for `running` until its flight is over, and frees its `slot`.
pub(super) async fn fetch<S: Source>(
    edge: Arc<Edge>,
    source: S,
    running: Arc<Running>,
    slot: OwnedSemaphorePermit,
) {
    let fetching = Fetching { edge, source, running, kept: AtomicU64::new(0), _slot: slot };
    fetching.run().await;
}

/// A fetch under way. However it ends, its flight ends with it and leaves the table.
pub(super) struct Fetching<S: Source> {
    pub(super) edge: Arc<Edge>,
    source: S,
    pub(super) running: Arc<Running>,
    /// Bytes counted against what all arriving bodies may take.
    kept: AtomicU64,
    _slot: OwnedSemaphorePermit,
}

impl<S: Source> Drop for Fetching<S> {
    fn drop(&mut self) {
        let wall = self.edge.clock.wall();
        // Does nothing to a flight that is over; readers of one that is not must not wait forever.
        let failed = Input::Failed { failure: Failure::Abandoned, wall };
        self.running.tell(&self.edge, failed);
        self.release();
        self.note_unrenewed();
        self.edge.flights.remove(&self.running);
    }
}

impl<S: Source> Fetching<S> {
    async fn run(&self) {
        let stored = self.running.wanted.stored.clone();
        let stored_head = stored.as_ref().map(|object| &*object.head);
        let Some(mut exchange) = self.exchange(stored_head).await else { return };
        let is_validation = exchange.response.status() == StatusCode::NOT_MODIFIED;
        if let (true, Some(head)) = (is_validation, stored_head) {
            let told = exchange.response.headers();
            let (request, rules) = (&self.running.wanted.request, &self.edge.rules);
            if let Some(mut head) = head.refreshed(request, told, exchange.times, rules) {
                self.edge.hide_tags(&mut head.headers);
                let is_shared = head.may_stay(request).is_ok();
                return self.head_arrived(Arrival::NotModified { head: head.into(), is_shared });
            }
            // RFC 9111 §4.3.4: a 304 for another representation updates nothing; ask for the whole.
            let Some(whole) = self.exchange(None).await else { return };
            exchange = whole;
        }
        self.begin(exchange);
        let Some(body) = self.take_body() else { return };
        let (mut connection, mut patience) = (Connection { body, skip: 0 }, LAG_PATIENCE);
        loop {
            self.pump(connection, &mut patience).await;
            match self.resume().await {
                Some(next) => connection = next,
                None => return,
            }
        }
    }

    /// Sends the leader's request, to validate `stored` where there is something.
    async fn exchange(&self, stored: Option<&StoredHead>) -> Option<Exchange> {
        let request = &self.running.wanted.request.headers;
        let mut headers = shared_headers(request, stored);
        if stored.is_none() {
            forward_preconditions(request, &mut headers);
        }
        let given = self.running.wanted.given.as_ref().and_then(Given::take);
        let sent = match given {
            Some(given) => Ok(given),
            None => self.send(headers).await?,
        };
        match sent {
            Ok((response, times, took)) => {
                lock(&self.running.cell).arrived.took = Some(took);
                Some(Exchange { response, times })
            }
            Err(NoResponse { failure, detail }) => {
                self.edge.stats.upstream_errors.inc();
                lock(&self.running.cell).arrived.detail = detail;
                self.failed(failure);
                None
            }
        }
    }

    /// Asks the upstream; `None` where that is no longer wanted before there is an answer.
    pub(super) async fn send(
        &self,
        headers: HeaderMap,
    ) -> Option<Result<(Arriving, Times, Duration), NoResponse>> {
        let (edge, wanted) = (&self.edge, &self.running.wanted);
        let ask = Ask {
            method: Method::GET,
            path_and_query: wanted.path_and_query.clone(),
            headers,
            version: wanted.request.version,
            body: None,
        };
        let (began, requested) = (edge.clock.mono(), edge.clock.wall());
        edge.stats.upstream_requests.inc();
        let deadline = self.running.wake_at();
        let sent = self.while_wanted(self.source.send(ask)).await;
        let is_late = deadline.is_some_and(|deadline| deadline <= edge.clock.mono());
        match &sent {
            Some(sent) => edge.note_origin(sent.as_ref().err().map(|failed| failed.failure)),
            None if is_late => edge.note_origin(Some(Failure::Timeout)),
            None => {}
        }
        let sent = sent?;
        let times = Times { requested, responded: edge.clock.wall() };
        let took = edge.clock.mono().since(began);
        edge.stats.upstream_seconds.observe(took.as_secs_f64());
        Some(sent.map(|response| (response, times, took)))
    }

    /// Says what the response head means.
    fn begin(&self, exchange: Exchange) {
        let Exchange { response, times } = exchange;
        let head = head_of(&Method::GET, &response);
        let (status, framing) = (head.status, head.framing);
        let (request, rules) = (&self.running.wanted.request, &self.edge.rules);
        let arrival = match StoredHead::new(request, &head, times, rules) {
            Ok(mut head) => {
                self.edge.hide_tags(&mut head.headers);
                let length = match framing {
                    Framing::Length(length) => Some(length),
                    Framing::Delimited | Framing::UntilClose => None,
                };
                let head = Arc::new(head);
                let mut cell = lock(&self.running.cell);
                (cell.arrived.head, cell.arrived.length) = (Some(Arc::clone(&head)), length);
                Arrival::Shareable { head, length }
            }
            Err(why) => Arrival::Unshareable { status, why },
        };
        self.remember_unshareable(&arrival, framing);
        lock(&self.running.cell).arrived.response = Some(response);
        self.head_arrived(arrival);
    }

    /// Notes a resource that each must fetch on its own, so that nobody waits for another's head.
    fn remember_unshareable(&self, arrival: &Arrival, framing: Framing) {
        let is_too_large = matches!(framing, Framing::Length(length)
            if self.edge.flight_limits.object_bytes_max < length);
        let is_unshareable = match arrival {
            // An error says nothing of what the resource will be like.
            Arrival::Unshareable { status, why } => status.is_success() && is_lasting(*why),
            Arrival::Shareable { .. } => is_too_large,
            Arrival::NotModified { .. } => false,
        };
        if is_unshareable {
            self.edge.store.mark_unshareable(self.running.wanted.primary.clone());
        }
    }

    fn head_arrived(&self, arrival: Arrival) {
        let wall = self.edge.clock.wall();
        self.running.tell(&self.edge, Input::HeadArrived { arrival, wall });
    }

    /// Returns the body, where it is this task's to read.
    fn take_body(&self) -> Option<reqwest::Body> {
        let mut cell = lock(&self.running.cell);
        let response = cell.arrived.response.take()?;
        (!cell.flight.is_over()).then(|| response.into_body())
    }

    /// Reads one connection's body until it ends, breaks off or is no longer wanted.
    async fn pump(&self, connection: Connection, patience: &mut Duration) {
        let Connection { mut body, mut skip } = connection;
        let (edge, running) = (&self.edge, &self.running);
        let declared = lock(&running.cell).arrived.length;
        let mut len = running.fill.written();
        loop {
            let room = running.fill.room().await;
            if self.gather(patience).await || room {
                // The readers made the upstream wait: its silence was not its own.
                running.tell(edge, Input::Grew { len });
            }
            let Some(read) = self.while_wanted(next_data(&mut body)).await else { return };
            match read {
                Some(Ok(mut data)) => {
                    edge.stats.came_from_origin(&data);
                    skip_in(&mut data, &mut skip);
                    let more = u64::try_from(data.len()).unwrap_or(u64::MAX);
                    len += more;
                    self.keep(more);
                    if declared == Some(len) && more != 0 {
                        return self.last(&mut body, data, len).await;
                    }
                    running.fill.push(data);
                    running.tell(edge, Input::Grew { len });
                }
                None => {
                    self.assemble().await;
                    return running.tell(edge, Input::Completed { len });
                }
                Some(Err(_)) => return self.failed(Failure::Truncated),
            }
        }
    }

    /// Waits for the readers that hold up others while there is `patience`, and gives them up
    /// then; returns whether there were any.
    async fn gather(&self, patience: &mut Duration) -> bool {
        let (edge, fill) = (&self.edge, &self.running.fill);
        if !fill.has_laggards() {
            return false;
        }
        let began = edge.clock.mono();
        if timeout(*patience, fill.together()).await.is_err() {
            for reader in fill.drop_laggards() {
                self.running.tell(edge, Input::ReaderLeft { reader });
            }
        }
        *patience = patience.saturating_sub(edge.clock.mono().since(began));
        true
    }

    /// Counts `more` bytes against what all arriving bodies may take: as much as the store.
    fn keep(&self, more: u64) {
        let (edge, running) = (&self.edge, &self.running);
        if running.fill.keeps_all() {
            self.kept.fetch_add(more, Ordering::Relaxed);
            let before = edge.flights.arriving_bytes.fetch_add(more, Ordering::Relaxed);
            if before.saturating_add(more) <= edge.cache_mem.bytes() {
                return;
            }
            // What is kept already stays counted until its readers have read it.
            return running.tell(edge, Input::Squeeze);
        }
        // The foremost reader is within the window, and the others not far behind.
        self.release();
    }

    fn release(&self) {
        let kept = self.kept.swap(0, Ordering::Relaxed);
        self.edge.flights.arriving_bytes.fetch_sub(kept, Ordering::Relaxed);
    }

    /// Takes the bytes that complete a body of declared length. Nobody sees them before the end
    /// has come and the body is stored.
    async fn last(&self, body: &mut reqwest::Body, data: Bytes, len: u64) {
        let Some(end) = self.while_wanted(next_data(body)).await else { return };
        match end {
            None => {
                self.running.fill.push(data);
                self.assemble().await;
                let whole = [Input::Grew { len }, Input::Completed { len }];
                self.running.tell_all(&self.edge, whole);
            }
            Some(Ok(_)) => self.failed(Failure::TooLong),
            Some(Err(_)) => self.failed(Failure::Truncated),
        }
    }

    /// Copies the body into an allocation of its own.
    async fn assemble(&self) {
        let head = lock(&self.running.cell).arrived.head.clone();
        let (Some(head), Some(chunks)) = (head, self.running.fill.chunks()) else { return };
        let body = StoredBody::Memory(Arc::new(Blocks::copy_of(&chunks).await));
        let head = StoredHead::with_length(head, body.len());
        lock(&self.running.cell).arrived.object =
            Some(Arc::new(Object::new(head, body, self.running.epoch)));
    }

    /// Notes that what was stored before this fetch is still all there is.
    fn note_unrenewed(&self) {
        let (store, wanted) = (&self.edge.store, &self.running.wanted);
        let Some(before) = &wanted.stored else { return };
        let is_unrenewed = match &before.body {
            StoredBody::Memory(_) => {
                let after = store.find(&wanted.primary, &wanted.request).object;
                after.is_some_and(|after| Arc::ptr_eq(&after, before))
            }
            // Each request has read it anew.
            StoredBody::Disk(_) => !lock(&self.running.cell).arrived.is_renewed,
        };
        if is_unrenewed {
            store.let_rest(wanted.key.clone());
        }
    }

    pub(super) fn failed(&self, failure: Failure) {
        let wall = self.edge.clock.wall();
        self.running.tell(&self.edge, Input::Failed { failure, wall });
    }

    /// Waits for `future` while the flight wants it; `None` once the flight is over or hangs up.
    pub(super) async fn while_wanted<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        let mut future = pin!(future);
        while !self.running.hangs_up() {
            let now = self.edge.clock.mono();
            let wake_at = self.running.wake_at()?;
            select! {
                biased;
                value = &mut future => return Some(value),
                () = self.running.nudge.notified() => {}
                () = sleep(wake_at.since(now)) => {
                    let wall = self.edge.clock.wall();
                    self.running.tell(&self.edge, Input::Wake { wall });
                }
            }
        }
        None
    }
}

/// A response and when it was had.
struct Exchange {
    response: Arriving,
    times: Times,
}

/// A body under way on one connection.
pub(super) struct Connection {
    pub(super) body: reqwest::Body,
    /// Bytes at its beginning that have come before.
    pub(super) skip: u64,
}

/// Takes from the front of `data` what is still to be skipped.
fn skip_in(data: &mut Bytes, skip: &mut u64) {
    let taken = usize::try_from(*skip).unwrap_or(usize::MAX).min(data.len());
    data.advance(taken);
    *skip -= u64::try_from(taken).unwrap_or(0);
}

/// RFC 9111 §4.3.2: what the client has is compared by the origin where nothing is stored.
fn forward_preconditions(request: &HeaderMap, headers: &mut HeaderMap) {
    for name in [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE] {
        for value in request.get_all(&name) {
            headers.append(name.clone(), value.clone());
        }
    }
}

/// Returns the fields of the leader's request as they are sent for all who share the response.
pub(crate) fn shared_headers(request: &HeaderMap, stored: Option<&StoredHead>) -> HeaderMap {
    let mut headers = request.clone();
    // The cache evaluates these itself, and stores whole responses.
    for name in [
        header::RANGE,
        header::IF_RANGE,
        header::IF_NONE_MATCH,
        header::IF_MODIFIED_SINCE,
        header::CONTENT_LENGTH,
    ] {
        headers.remove(name);
    }
    unkeyed::strip(&mut headers);
    if let Some(stored) = stored {
        stored.write_preconditions(&mut headers);
    }
    headers
}

/// Returns whether a response to another request would be unshareable for the same reason. What
/// the request alone has brought about is none: it would let one client, with credentials of any
/// sort, keep all others from sharing.
const fn is_lasting(why: NotStorable) -> bool {
    !matches!(
        why,
        NotStorable::Status
            | NotStorable::Method
            | NotStorable::RequestNoStore
            | NotStorable::Authorization
    )
}
