//! Fetching what viewers will ask for next, with what is left of the way to the origin.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use dashpot_cache::{Key, Next, RequestHead, Sequences, Verdict, announced, decide};
use dashpot_http::cmcd::Cmcd;
use dashpot_serve::Counter;
use http::{HeaderMap, HeaderValue, Method, Request, header};
use moka::sync::Cache;

use crate::{
    Prefetch,
    edge::Edge,
    errand::{self, Failed},
};

/// How long a guess that led to nothing is not made again: a live segment may be there by then.
const REFUSED_FOR: Duration = Duration::from_secs(5);
/// How long what was fetched ahead counts as such: longer than a viewer's buffer.
const AWAITED_FOR: Duration = Duration::from_secs(60);
/// Keys that are remembered of either.
const KEYS_MAX: u64 = 16_384;

/// What is fetched ahead.
#[derive(Debug)]
pub(crate) struct Prefetching {
    config: Prefetch,
    sequences: Mutex<Sequences>,
    outstanding: AtomicUsize,
    by_client: Mutex<BTreeMap<IpAddr, usize>>,
    refused: Cache<Key, ()>,
    awaited: Cache<Key, ()>,
    begun: Counter,
    hits: Counter,
}

/// Who sends a request, told to where it is answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientAddr(pub(crate) IpAddr);

/// What a request says of the next one, read before it is answered.
#[derive(Debug)]
pub(crate) struct Hint {
    client: IpAddr,
    path_and_query: String,
    /// The fields that select a variant and a host.
    headers: HeaderMap,
    cmcd: Option<Box<Cmcd>>,
}

impl Prefetching {
    /// Returns what `config` asks for; `None` where that is nothing.
    pub(crate) fn new(config: Prefetch, begun: Counter, hits: Counter) -> Option<Box<Self>> {
        let marks =
            |how_long| Cache::builder().max_capacity(KEYS_MAX).time_to_live(how_long).build();
        (config.by_cmcd || config.by_pattern).then(|| {
            Box::new(Self {
                config,
                sequences: Mutex::default(),
                outstanding: AtomicUsize::new(0),
                by_client: Mutex::default(),
                refused: marks(REFUSED_FOR),
                awaited: marks(AWAITED_FOR),
                begun,
                hits,
            })
        })
    }

    /// Reads what `request` says of the next one.
    pub(crate) fn read<B>(&self, request: &Request<B>) -> Option<Box<Hint>> {
        let client = request.extensions().get::<ClientAddr>()?.0;
        if request.method() != Method::GET {
            return None;
        }
        let cmcd = self.config.by_cmcd.then(|| {
            let query = request.uri().query().and_then(Cmcd::from_query);
            query.or_else(|| Cmcd::from_headers(request.headers())).map(Box::new)
        });
        let mut headers = HeaderMap::new();
        for name in [header::HOST, header::ACCEPT_ENCODING] {
            if let Some(value) = request.headers().get(&name) {
                headers.insert(name, value.clone());
            }
        }
        let path_and_query = request.uri().path_and_query()?.as_str().to_owned();
        Some(Box::new(Hint { client, path_and_query, headers, cmcd: cmcd.flatten() }))
    }

    fn next(&self, path: &str, hint: &Hint) -> Option<Next> {
        let said = hint.cmcd.as_ref().and_then(|cmcd| {
            announced(path, cmcd.next_object.as_deref(), cmcd.next_range.as_deref())
        });
        if !self.config.by_pattern {
            return said;
        }
        let shown = lock(&self.sequences).follow(path);
        said.or(shown.map(|path_and_query| Next { path_and_query, range: None }))
    }

    /// Counts a fetch for `client`, unless there are as many as may be.
    fn take(&self, client: IpAddr) -> bool {
        let mut by_client = lock(&self.by_client);
        let of_client = by_client.get(&client).copied().unwrap_or(0);
        if self.config.per_client_max <= of_client
            || self.config.outstanding_max <= self.outstanding.load(Ordering::Relaxed)
        {
            return false;
        }
        self.outstanding.fetch_add(1, Ordering::Relaxed);
        by_client.insert(client, of_client + 1);
        true
    }
}

/// A fetch that is counted, until it is dropped.
struct Taken {
    edge: Arc<Edge>,
    client: IpAddr,
}

impl Drop for Taken {
    fn drop(&mut self) {
        let Some(prefetching) = &self.edge.prefetching else { return };
        prefetching.outstanding.fetch_sub(1, Ordering::Relaxed);
        let mut by_client = lock(&prefetching.by_client);
        if let Some(of_client) = by_client.get_mut(&self.client) {
            *of_client -= 1;
            if *of_client == 0 {
                by_client.remove(&self.client);
            }
        }
    }
}

/// Notes that what `hint` is of was answered well, and fetches what comes next where that is known
/// and there is room.
pub(crate) fn go_on(edge: &Arc<Edge>, hint: Hint) {
    let Some(prefetching) = &edge.prefetching else { return };
    let path = edge.naming.kept(&hint.path_and_query).into_owned();
    let key = edge.naming.key(&hint.headers, &path);
    if prefetching.awaited.remove(&key).is_some() {
        prefetching.hits.inc();
    }
    let Some(next) = prefetching.next(&path, &hint) else { return };
    let key = edge.naming.key(&hint.headers, &next.path_and_query);
    if is_busy(edge) || prefetching.refused.contains_key(&key) || is_there(edge, &key, &hint) {
        return;
    }
    if !prefetching.take(hint.client) {
        return;
    }
    let taken = Taken { edge: Arc::clone(edge), client: hint.client };
    prefetching.begun.inc();
    tokio::spawn(fetch(taken, key, next, hint.headers));
}

/// Viewers' own fetches come first: half of the room is theirs alone.
fn is_busy(edge: &Edge) -> bool {
    edge.flights.room() / 2 <= edge.flights.count()
}

/// Returns whether what is under `key` is on its way, or here and fresh.
fn is_there(edge: &Edge, key: &Key, hint: &Hint) -> bool {
    let request = RequestHead::new(Method::GET, hint.headers.clone());
    let found = edge.store.find(key, &request);
    let head = found.object.as_ref().map(|object| &*object.head);
    decide(edge.clock.wall(), head, &request) == Verdict::Fresh
        || edge.flights.is_up(found.variant.as_ref().unwrap_or(key))
}

async fn fetch(taken: Taken, key: Key, next: Next, mut headers: HeaderMap) {
    let range = next.range.as_ref().and_then(|range| HeaderValue::try_from(range).ok());
    if let Some(range) = range {
        headers.insert(header::RANGE, range);
    }
    let fetched = errand::run(&taken.edge, &next.path_and_query, headers, 0).await;
    let Some(prefetching) = &taken.edge.prefetching else { return };
    match fetched {
        Ok(_) => prefetching.awaited.insert(key, ()),
        Err(Failed::Status(_) | Failed::NotStored(_) | Failed::NotAUrl | Failed::Truncated) => {
            prefetching.refused.insert(key, ());
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What the locks guard is whole between any two statements that can panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
