//! The task that fetches one part, whoever waits for it.

use std::{
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use dashpot_cache::{
    Failure, Key, Part, PartAnswer, Portion, ResponseHead, Tags, Times, block_at, by_block,
};
use dashpot_http::range::ByteRange;
use http::{HeaderMap, Method, Version, header};
use tokio::sync::watch;

use super::{given::Given, parts::Parts, wanted_first};
use crate::{
    edge::Edge,
    exchange::Exchange,
    fill::Fill,
    flights::{Wanted, shared_headers},
    purging::Since,
    upstream::{Arriving, Ask, NoResponse, head_of},
};

/// A fetch of one part, or of what says whether the parts there are can still be used.
#[derive(Debug)]
pub(super) struct Fetch {
    pub(super) wanted: Wanted,
    /// What is asked for; nothing stands for the whole.
    pub(super) asked: Option<Portion>,
    pub(super) purpose: Purpose,
    /// When it began.
    since: Since,
    /// The part as it arrives, from its first byte on.
    pub(super) fill: Fill,
    extent: OnceLock<ByteRange>,
    outcome: watch::Sender<Option<Outcome>>,
    took: OnceLock<Duration>,
    /// Where it is found.
    keys: Mutex<Vec<Key>>,
}

/// What a fetch is for.
#[derive(Debug)]
pub(super) enum Purpose {
    /// The first part of a resource that nothing is known of.
    First,
    /// One more part.
    More(Arc<Parts>),
    /// The validation of the parts there are.
    Validation(Arc<Parts>),
}

/// What the head of the answer comes to, for all who wait for it.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// This extent of these parts arrives.
    Part { parts: Arc<Parts>, extent: ByteRange },
    /// What there is can be used.
    Validated(Arc<Parts>),
    /// What there is may be used although it is stale.
    Stale(Arc<Parts>),
    /// What there was is of another representation, and gone.
    Changed,
    /// The answer to a request for the whole.
    Ordinary(Given),
    /// The resource ends before; this is the head of a 416.
    Unsatisfied { headers: Arc<HeaderMap>, length: u64 },
    /// What comes is for its own request only.
    Unusable,
    /// Nothing came.
    Failed(NoResponse),
}

impl Fetch {
    fn new(wanted: &Wanted, asked: Option<Portion>, purpose: Purpose, since: Since) -> Self {
        Self {
            wanted: Wanted { stored: None, given: None, ..wanted.clone() },
            asked,
            purpose,
            since,
            fill: Fill::default(),
            extent: OnceLock::new(),
            outcome: watch::Sender::new(None),
            took: OnceLock::new(),
            keys: Mutex::default(),
        }
    }

    /// Returns the fetch of what is `asked` of a resource that nothing is known of.
    pub(super) fn of_first(wanted: &Wanted, asked: Portion, since: Since) -> Self {
        Self::new(wanted, Some(asked), Purpose::First, since)
    }

    /// Returns the fetch of one block of `parts`.
    pub(super) fn of_block(
        wanted: &Wanted,
        parts: Arc<Parts>,
        block: ByteRange,
        since: Since,
    ) -> Self {
        let asked = Some(Portion::Range(block));
        let fetch = Self::new(wanted, asked, Purpose::More(parts), since);
        fetch.extent.get_or_init(|| block);
        fetch
    }

    /// Returns the validation of `parts`, with what is `asked` for in case they have changed.
    pub(super) fn of_validation(
        wanted: &Wanted,
        parts: Arc<Parts>,
        asked: Option<Portion>,
        since: Since,
    ) -> Self {
        Self::new(wanted, asked, Purpose::Validation(parts), since)
    }

    /// Returns which bytes arrive, once that is known.
    pub(super) fn extent(&self) -> Option<ByteRange> {
        self.extent.get().copied()
    }

    /// Returns whether what it brings may be from before a purge or an unsafe request, so that
    /// nobody who comes from here on may share it.
    pub(super) fn is_obsolete(&self, edge: &Edge) -> bool {
        // More of parts that are in use still is of their very representation, or nothing.
        if let Purpose::More(_) = self.purpose {
            return false;
        }
        let told = &*self.outcome.borrow();
        let tags = if let Some(Outcome::Part { parts, .. } | Outcome::Validated(parts)) = told {
            parts.head.tags.clone()
        } else {
            Tags::unknown()
        };
        edge.store.purging.is_obsolete(&self.wanted.primary, &tags, self.since)
    }

    /// Returns how long the origin took to answer.
    pub(super) fn took(&self) -> Option<Duration> {
        self.took.get().copied()
    }

    /// Waits for the head of the answer.
    pub(super) async fn outcome(&self) -> Outcome {
        let mut outcome = self.outcome.subscribe();
        let told = outcome.wait_for(Option::is_some).await.map(|told| told.clone());
        // The sender is this fetch's own: it is there as long as this waits.
        told.ok().flatten().unwrap_or(Outcome::Changed)
    }

    pub(super) fn tell(&self, outcome: Outcome) {
        self.outcome.send_if_modified(|told| {
            let is_first = told.is_none();
            told.get_or_insert(outcome);
            is_first
        });
    }
}

/// Fetches for `fetch`, which is found under `key`, until it has come to its end.
pub(super) async fn fetch(edge: Arc<Edge>, fetch: Arc<Fetch>, key: Key) {
    fetch.keys.lock().unwrap_or_else(PoisonError::into_inner).push(key);
    let Since { epoch, invalidations } = fetch.since;
    let fetching = Fetching { edge, fetch, epoch, invalidations, is_whole: AtomicBool::new(false) };
    if let Some(Arrival { parts, extent, connection }) = fetching.begin().await {
        fetching.fill(&parts, extent, connection).await;
    }
}

/// A fetch under way. However it ends, nobody waits for it any longer then, and it leaves the table.
pub(super) struct Fetching {
    pub(super) edge: Arc<Edge>,
    pub(super) fetch: Arc<Fetch>,
    /// The purge epoch in which it began.
    pub(super) epoch: u64,
    /// The invalidations before it began.
    pub(super) invalidations: u64,
    /// Whether all of the part has come.
    pub(super) is_whole: AtomicBool,
}

/// A part whose head has come.
struct Arrival {
    parts: Arc<Parts>,
    extent: ByteRange,
    connection: Connection,
}

/// A body under way on one connection.
pub(super) struct Connection {
    pub(super) body: reqwest::Body,
    /// Bytes at its beginning that are not wanted.
    pub(super) skip: u64,
}

impl Drop for Fetching {
    fn drop(&mut self) {
        let detail = "the edge gave the fetch up".to_owned();
        self.fetch.tell(Outcome::Failed(NoResponse { failure: Failure::Abandoned, detail }));
        if !self.is_whole.load(Ordering::Relaxed) {
            self.fetch.fill.cut(Failure::Truncated);
        }
        let keys =
            std::mem::take(&mut *self.fetch.keys.lock().unwrap_or_else(PoisonError::into_inner));
        self.edge.blocks.remove(&keys, &self.fetch);
    }
}

impl Fetching {
    /// Asks, says what the head of the answer means, and returns the body where it is to be read.
    async fn begin(&self) -> Option<Arrival> {
        let fetch = &*self.fetch;
        let mut headers = shared_headers(&fetch.wanted.request.headers, None);
        if let Some(asked) = fetch.asked {
            headers.insert(header::RANGE, asked.to_value());
        }
        match &fetch.purpose {
            Purpose::First => {}
            Purpose::More(parts) => insist_on(parts, &mut headers),
            Purpose::Validation(parts) => {
                parts.head.write_preconditions(&mut headers);
            }
        }
        let (response, times, took) =
            match self.send(self.edge.flight_limits.head_timeout, headers).await {
                Ok(sent) => sent,
                Err(failed) => {
                    self.failed(failed);
                    return None;
                }
            };
        fetch.took.get_or_init(|| took);
        let (answer, told) = self.read(fetch.asked, &response, times);
        match answer {
            PartAnswer::Part(part) => {
                let skip = part.skip;
                let (parts, extent) = self.part_arrived(*part, &told, times)?;
                let connection = Connection { body: response.into_body(), skip };
                Some(Arrival { parts, extent, connection })
            }
            PartAnswer::NotModified if fetch.is_validation() => {
                self.validated(&told, times);
                None
            }
            PartAnswer::Unsatisfied { length } => {
                match &fetch.purpose {
                    Purpose::First => {
                        let headers = Arc::new(told.headers);
                        fetch.tell(Outcome::Unsatisfied { headers, length });
                    }
                    Purpose::More(parts) | Purpose::Validation(parts) => self.changed(parts),
                }
                None
            }
            PartAnswer::Unusable(_) => {
                self.edge.store.mark_unshareable(fetch.wanted.primary.clone());
                self.drop_parts();
                fetch.tell(Outcome::Unusable);
                None
            }
            PartAnswer::NotModified | PartAnswer::Ordinary => {
                let given = Given::new((response, times, took), fetch.since);
                self.ordinary(given, told.status);
                None
            }
        }
    }

    /// Asks the upstream, and waits no longer than `limit` for an answer.
    pub(super) async fn send(
        &self,
        limit: Duration,
        headers: HeaderMap,
    ) -> Result<(Arriving, Times, Duration), NoResponse> {
        let edge = &self.edge;
        let ask = Ask {
            method: Method::GET,
            path_and_query: self.fetch.wanted.path_and_query.clone(),
            headers,
            version: Version::HTTP_11,
            body: None,
        };
        let Exchange { sent, times, took } = edge.ask(limit, ask).await;
        sent.map(|response| (response, times, took))
    }

    /// Returns what `response` to a request for what is `asked` comes to.
    pub(super) fn read(
        &self,
        asked: Option<Portion>,
        response: &Arriving,
        times: Times,
    ) -> (PartAnswer, ResponseHead) {
        let told = head_of(&Method::GET, response);
        let request = &self.fetch.wanted.request;
        (PartAnswer::of(request, asked, &told, times, &self.edge.rules), told)
    }

    /// Takes in a part that arrives; returns what it belongs to, unless nobody can read it.
    fn part_arrived(
        &self,
        part: Part,
        told: &ResponseHead,
        times: Times,
    ) -> Option<(Arc<Parts>, ByteRange)> {
        let fetch = &*self.fetch;
        let extent = self.target(&part);
        if fetch.extent().is_some_and(|asked| asked.first != extent.first) {
            // Readers count on where it begins.
            self.drop_parts();
            fetch.tell(Outcome::Unusable);
            return None;
        }
        if let Purpose::More(parts) = &fetch.purpose
            && !parts.goes_with(&part)
        {
            self.changed(parts);
            return None;
        }
        let parts = self.adopt(part, told, times, extent);
        fetch.extent.get_or_init(|| extent);
        self.announce(&parts, extent);
        fetch.tell(Outcome::Part { parts: Arc::clone(&parts), extent });
        Some((parts, extent))
    }

    /// Returns what is fetched when `part` is what came: no less than what its request begins with.
    fn target(&self, part: &Part) -> ByteRange {
        let needed = wanted_first(&self.fetch.wanted).filter(|&at| at < part.length);
        let is_short = needed.is_some_and(|at| {
            part.extent.last < at && block_at(at, part.length).first <= part.extent.first
        });
        match part.validator {
            // The rest is asked for afterwards.
            Some(_) if is_short => {
                ByteRange { first: part.extent.first, ..block_at(part.extent.first, part.length) }
            }
            Some(_) | None => part.extent,
        }
    }

    /// Returns the parts that `part` belongs to from here on.
    fn adopt(
        &self,
        part: Part,
        told: &ResponseHead,
        times: Times,
        extent: ByteRange,
    ) -> Arc<Parts> {
        let (store, wanted) = (&self.edge.store, &self.fetch.wanted);
        let found = store.find(&wanted.primary, &wanted.request);
        let known = match &self.fetch.purpose {
            Purpose::More(parts) => Some(Arc::clone(parts)),
            Purpose::First | Purpose::Validation(_) => found.parts,
        };
        let parts = match known.filter(|known| known.goes_with(&part)) {
            // RFC 9111 §3.4: what the newer part says of the whole replaces what the others said.
            Some(known) => {
                match known.head.refreshed(&wanted.request, &told.headers, times, &self.edge.rules)
                {
                    Some(head) => Arc::new(known.under(head, self.epoch_with(&known))),
                    None => known,
                }
            }
            None => Arc::new(Parts {
                head: part.head.into(),
                length: part.length,
                validator: part.validator,
                id: store.next_epoch(),
                epoch: self.epoch,
            }),
        };
        // What is small comes whole, and is stored as such; what is stored whole stays so.
        if extent.size() != parts.length && found.object.is_none() {
            self.keep(Arc::clone(&parts));
        }
        parts
    }

    /// Returns the purge epoch of `known` parts with the one that this fetch adds.
    fn epoch_with(&self, known: &Parts) -> u64 {
        match self.fetch.purpose {
            // What purges have made stale is good again.
            Purpose::Validation(_) => self.epoch,
            Purpose::First | Purpose::More(_) => known.epoch.min(self.epoch),
        }
    }

    /// Lets others find this fetch by the blocks that it fetches all of.
    fn announce(&self, parts: &Parts, extent: ByteRange) {
        for piece in by_block(extent) {
            if piece == block_at(piece.first, parts.length) {
                let key = self.fetch.wanted.primary.block(parts.id, piece.first);
                self.edge.blocks.also(key.clone(), &self.fetch);
                self.fetch.keys.lock().unwrap_or_else(PoisonError::into_inner).push(key);
            }
        }
    }
}

impl Fetch {
    const fn is_validation(&self) -> bool {
        matches!(self.purpose, Purpose::Validation(_))
    }
}

/// Writes into an upstream `request` that a part is wanted of the representation of `parts` only.
pub(super) fn insist_on(parts: &Parts, request: &mut HeaderMap) {
    if let Some(validator) = &parts.validator {
        request.insert(header::IF_RANGE, validator.to_value());
    }
}
