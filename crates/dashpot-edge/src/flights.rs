//! The flights that are up: one per key, and who waits for which.

mod cell;
mod fetch;
mod resume;
mod succeed;
#[cfg(test)]
mod twin;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use dashpot_base::Seed;
use dashpot_cache::{
    Failure, Input, Key, NotStorable, Purged, ReaderId, Reason, RequestHead, Role, StoredHead,
    Verdict, decide,
};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot},
    time::timeout,
};
use xxhash_rust::xxh3::xxh3_64;

use crate::{
    blocks::Given,
    edge::Edge,
    fill::{Broken, Fill},
    object::Object,
    upstream::{Arriving, NoResponse},
};
use cell::Cell;
pub(crate) use fetch::shared_headers;

/// Locks the flights are spread over; more than there will be worker threads, so that two misses
/// seldom meet.
const SHARDS: u64 = 64;
/// How long a miss waits for its turn while as many flights are up as may be; it goes alone then.
///
/// A player's buffer hides it. Without any, a herd that meets a busy edge would not be collapsed;
/// with more, whoever keeps flights up by asking for what is slow would hold up all misses.
const BUSY_PATIENCE: Duration = Duration::from_secs(1);

/// All flights, by the key of the variant that they fetch.
#[derive(Debug)]
pub(crate) struct Flights {
    shards: Vec<Mutex<BTreeMap<Key, Arc<Running>>>>,
    readers: AtomicU64,
    seeds: AtomicU64,
    /// One for each flight that may be up.
    slots: Arc<Semaphore>,
    slots_max: usize,
    /// Bytes of bodies that arrive and are kept.
    arriving_bytes: AtomicU64,
}

/// What is asked for, as its flight needs it.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// The key of the resource.
    pub(crate) primary: Key,
    /// The key of the variant that the request selects.
    pub(crate) key: Key,
    pub(crate) path_and_query: String,
    pub(crate) request: Arc<RequestHead>,
    /// What is stored but may not be used as it is.
    pub(crate) stored: Option<Arc<Object>>,
    /// What has been asked for already.
    pub(crate) given: Option<Given>,
}

/// One flight.
#[derive(Debug)]
pub(crate) struct Running {
    wanted: Wanted,
    /// The purge epoch in which it began.
    epoch: u64,
    /// The invalidations before it began.
    invalidations: u64,
    fill: Fill,
    cell: Mutex<Cell>,
    /// Tells the fetch to look whether it is still wanted.
    nudge: Notify,
}

/// What a reader gets from its flight.
#[derive(Debug)]
pub(crate) enum Answer {
    /// What a flight has stored that ended just before.
    Found { object: Arc<Object> },
    /// The body as it arrives.
    Serve { reader: FillReader, head: Arc<StoredHead>, length: Option<u64>, role: Role },
    /// What is stored, validated just now.
    Validated { object: Arc<Object>, role: Role },
    /// What is stored although it is stale.
    Stale { object: Arc<Object> },
    /// The response itself.
    PassThrough { response: Arriving, why: NotStorable },
    /// Nothing: fly again, where there is a head as one who wants another variant.
    Again { head: Option<Arc<StoredHead>> },
    /// Nothing: fetch it yourself.
    GoAlone(Reason),
    /// Nothing: the origin has failed.
    Refuse(NoResponse),
}

/// An answer, with how long the origin took to give its head.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) answer: Answer,
    pub(crate) origin_took: Option<Duration>,
}

impl Flights {
    /// Returns a table for `slots_max` flights, at least one; `seed` spreads their resumptions.
    pub(crate) fn new(slots_max: usize, seed: Seed) -> Self {
        let slots_max = slots_max.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            readers: AtomicU64::new(0),
            seeds: AtomicU64::new(seed.0),
            slots: Arc::new(Semaphore::new(slots_max)),
            slots_max,
            arriving_bytes: AtomicU64::new(0),
        }
    }

    /// Joins the flight for `wanted`, or begins one.
    pub(crate) async fn join(edge: &Arc<Edge>, mut wanted: Wanted) -> Answered {
        wanted.given =
            wanted.given.take().filter(|given| !given.is_obsolete(edge, &wanted.primary));
        let mut boarded = Self::board(edge, &wanted, None);
        if boarded.is_none() {
            let slot = Arc::clone(&edge.flights.slots).acquire_owned();
            let slot = timeout(BUSY_PATIENCE, slot).await.ok().and_then(Result::ok);
            // There may be a flight for it by now, slot or not.
            boarded = Self::board(edge, &wanted, slot);
        }
        let (running, reader, receiver) = match boarded {
            Some(Boarded::On { running, reader, receiver }) => (running, reader, receiver),
            Some(Boarded::Landed(object)) => {
                return Answered { answer: Answer::Found { object }, origin_took: None };
            }
            None => return Answered { answer: Answer::GoAlone(Reason::Busy), origin_took: None },
        };
        let mut waiting = Waiting { edge: Arc::clone(edge), running, reader: Some(reader) };
        let answered = receiver.await;
        waiting.reader = None;
        answered.unwrap_or_else(|_| Answered {
            answer: Answer::Refuse(NoResponse {
                failure: Failure::Protocol,
                detail: "the edge gave the fetch up".to_owned(),
            }),
            origin_took: None,
        })
    }

    /// Joins the flight for `wanted`, or begins one with `slot` or a free one; `None` where there is
    /// none.
    fn board(
        edge: &Arc<Edge>,
        wanted: &Wanted,
        slot: Option<OwnedSemaphorePermit>,
    ) -> Option<Boarded> {
        let mut shard = edge.flights.shard(&wanted.key);
        // A flight stores before it ends: what was not there at the first look-up may be by now.
        if let Some(object) = Self::landed(edge, &shard, wanted) {
            return Some(Boarded::Landed(object));
        }
        let (running, departure) = Self::running(edge, &mut shard, wanted, slot)?;
        let reader = ReaderId(edge.flights.readers.fetch_add(1, Ordering::Relaxed));
        let (sender, receiver) = oneshot::channel();
        // Under the shard's lock, so that the flight cannot end in between.
        running.join(edge, reader, Arc::clone(&wanted.request), sender);
        departure.depart(edge, &running);
        Some(Boarded::On { running, reader, receiver })
    }

    /// Refreshes what is stored without anybody waiting for it, unless that has just failed.
    pub(crate) fn refresh(edge: &Arc<Edge>, wanted: Wanted) {
        if !edge.store.is_resting(&wanted.key) && edge.may_try_origin() {
            Self::probe(edge, wanted);
        }
    }

    /// Refreshes what is stored without anybody waiting for it.
    pub(crate) fn probe(edge: &Arc<Edge>, wanted: Wanted) {
        let mut shard = edge.flights.shard(&wanted.key);
        // A refresh may have ended since the look-up that asks for this one.
        if Self::landed(edge, &shard, &wanted).is_some() {
            return;
        }
        if let Some((running, departure)) = Self::running(edge, &mut shard, &wanted, None) {
            running.tell(edge, Input::Refresh);
            departure.depart(edge, &running);
        }
    }

    /// Returns what spreads the resumptions of one more flight: another value for each.
    pub(crate) fn next_seed(&self) -> Seed {
        Seed(self.seeds.fetch_add(1, Ordering::Relaxed))
    }

    /// Returns how many flights may be up.
    pub(crate) const fn room(&self) -> usize {
        self.slots_max
    }

    /// Returns whether what is under `key` is being fetched.
    pub(crate) fn is_up(&self, key: &Key) -> bool {
        self.shard(key).contains_key(key)
    }

    /// Returns how much of the body has come of the flight that takes readers for `key`.
    pub(crate) fn arrived(&self, key: &Key) -> Option<u64> {
        let shard = self.shard(key);
        let running = shard.get(key).filter(|running| running.takes_readers())?;
        Some(running.fill.readable())
    }

    /// Returns how many flights are up.
    pub(crate) fn count(&self) -> usize {
        self.slots_max - self.slots.available_permits()
    }

    fn shard(&self, key: &Key) -> MutexGuard<'_, BTreeMap<Key, Arc<Running>>> {
        let index = xxh3_64(key.as_str().as_bytes()) % SHARDS;
        // Below the number of shards, whatever the width of an index.
        lock(&self.shards[usize::try_from(index).unwrap_or(0)])
    }

    /// Returns what has come into the store since `wanted` was looked up.
    fn landed(
        edge: &Edge,
        shard: &BTreeMap<Key, Arc<Running>>,
        wanted: &Wanted,
    ) -> Option<Arc<Object>> {
        // One that is over has stored, even where it has yet to leave the table.
        if shard.get(&wanted.key).is_some_and(|running| running.takes_readers()) {
            return None;
        }
        let object = edge.store.find(&wanted.primary, &wanted.request).object?;
        let verdict = decide(edge.clock.wall(), Some(&object.head), &wanted.request);
        (verdict == Verdict::Fresh).then_some(object)
    }

    /// Returns the flight that takes readers for `wanted`, and what sends it off once somebody is on
    /// it: a new one goes with `slot` or a free one. `None` where there is none.
    fn running(
        edge: &Arc<Edge>,
        shard: &mut BTreeMap<Key, Arc<Running>>,
        wanted: &Wanted,
        slot: Option<OwnedSemaphorePermit>,
    ) -> Option<(Arc<Running>, Departure)> {
        if let Some(running) = shard.get(&wanted.key)
            && running.takes_readers()
            // What it brings may be what was purged meanwhile.
            && running.purged(edge) == Purged::No
            && !running.is_invalidated(edge)
        {
            return Some((Arc::clone(running), Departure(None)));
        }
        let slot = slot.or_else(|| Arc::clone(&edge.flights.slots).try_acquire_owned().ok())?;
        let running = Arc::new(Running::new(edge, wanted.clone()));
        shard.insert(running.wanted.key.clone(), Arc::clone(&running));
        Some((running, Departure(Some(slot))))
    }

    /// Ends `running`, and takes it out of the table unless another flight has its place already.
    fn remove(&self, running: &Arc<Running>) {
        let mut shard = self.shard(&running.wanted.key);
        if shard.get(&running.wanted.key).is_some_and(|held| Arc::ptr_eq(held, running)) {
            shard.remove(&running.wanted.key);
        }
    }
}

/// What a flight needs to be sent off; nothing where it is under way.
///
/// A fetch ends at once where nobody wants anything of its flight, and on another thread it would
/// look before the first one is on it, who would then wait for a fetch that is over.
#[must_use]
struct Departure(Option<OwnedSemaphorePermit>);

impl Departure {
    fn depart(self, edge: &Arc<Edge>, running: &Arc<Running>) {
        let Self(Some(slot)) = self else { return };
        tokio::spawn(fetch::fetch(Arc::clone(edge), Arc::clone(edge), Arc::clone(running), slot));
    }
}

/// What a request found when it came for a flight.
enum Boarded {
    /// It waits for the flight's answer.
    On { running: Arc<Running>, reader: ReaderId, receiver: oneshot::Receiver<Answered> },
    /// The flight has just ended.
    Landed(Arc<Object>),
}

/// A reader without an answer yet; dropped when its client goes away.
struct Waiting {
    edge: Arc<Edge>,
    running: Arc<Running>,
    reader: Option<ReaderId>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(reader) = self.reader {
            self.running.tell(&self.edge, Input::ReaderLeft { reader });
        }
    }
}

/// A reader of an arriving body.
#[derive(Debug)]
pub(crate) struct FillReader {
    edge: Arc<Edge>,
    running: Arc<Running>,
    reader: ReaderId,
}

impl FillReader {
    pub(crate) fn poll_read(
        &self,
        cx: &Context<'_>,
        at: u64,
        until: u64,
    ) -> Poll<Option<Result<Bytes, Broken>>> {
        self.running.fill.poll_read(cx, self.reader, at, until)
    }

    /// Returns how many bytes have arrived.
    pub(crate) fn arrived(&self) -> u64 {
        self.running.fill.readable()
    }
}

impl Drop for FillReader {
    fn drop(&mut self) {
        self.running.fill.remove_reader(self.reader);
        self.running.tell(&self.edge, Input::ReaderLeft { reader: self.reader });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What the locks guard is whole between any two statements that can panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
