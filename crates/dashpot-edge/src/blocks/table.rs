//! The fetches of parts that are under way.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use dashpot_base::ByteSize;
use dashpot_cache::{BLOCK_BYTES, Key, ReaderId};

use super::fetch::{Fetch, fetch};
use crate::{edge::Edge, purging::Since};

/// All fetches of parts, by what they fetch.
#[derive(Debug)]
pub(crate) struct Table {
    up: Mutex<Up>,
    /// Fetches begun while there are so many that nobody need wait for.
    max: usize,
    readers: AtomicU64,
}

#[derive(Debug, Default)]
struct Up {
    fetches: BTreeMap<Key, Arc<Fetch>>,
    count: usize,
}

/// What whoever wants a part gets.
pub(super) enum Joined<T> {
    /// It has come meanwhile.
    Landed(T),
    /// Another one's fetch.
    Following(Arc<Fetch>),
    /// A fetch of its own.
    Leading(Arc<Fetch>),
}

impl Table {
    /// Returns an empty table of an edge that may store so much.
    pub(crate) fn new(cache_mem: ByteSize) -> Self {
        /// What little memory a test or a toy gives must do for one response of three blocks.
        const MIN: u64 = 4;
        // Parts that arrive take a quarter of what they may take once they are stored.
        let max = (cache_mem.bytes() / 4 / BLOCK_BYTES).max(MIN);
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        Self { up: Mutex::default(), max, readers: AtomicU64::new(0) }
    }

    /// Returns whether no fetch is to begin that can be done without.
    pub(super) fn is_full(&self) -> bool {
        self.max <= self.lock().count
    }

    /// Returns how many fetches are under way.
    pub(crate) fn count(&self) -> usize {
        self.lock().count
    }

    /// Returns a name that no reader has had.
    pub(super) fn reader(&self) -> ReaderId {
        ReaderId(self.readers.fetch_add(1, Ordering::Relaxed))
    }

    /// Returns the fetch under `key`; unless it `landed` just before, begins what `make` returns
    /// where there is none.
    pub(super) fn join<T>(
        edge: &Arc<Edge>,
        key: &Key,
        landed: impl FnOnce() -> Option<T>,
        make: impl FnOnce(Since) -> Fetch,
    ) -> Joined<T> {
        let mut up = edge.blocks.lock();
        if let Some(fetch) = up.fetches.get(key)
            && !fetch.is_obsolete(edge)
        {
            return Joined::Following(Arc::clone(fetch));
        }
        // A fetch stores before it leaves the table.
        if let Some(landed) = landed() {
            return Joined::Landed(landed);
        }
        let own = Arc::new(make(edge.store.purging.now()));
        up.fetches.insert(key.clone(), Arc::clone(&own));
        up.count += 1;
        drop(up);
        tokio::spawn(fetch(Arc::clone(edge), Arc::clone(&own), key.clone()));
        Joined::Leading(own)
    }

    /// Lets `fetch` be found under `key`, too, unless another one is.
    pub(super) fn also(&self, key: Key, fetch: &Arc<Fetch>) {
        self.lock().fetches.entry(key).or_insert_with(|| Arc::clone(fetch));
    }

    /// Takes out a fetch that has ended.
    pub(super) fn remove(&self, keys: &[Key], fetch: &Arc<Fetch>) {
        let mut up = self.lock();
        for key in keys {
            if up.fetches.get(key).is_some_and(|held| Arc::ptr_eq(held, fetch)) {
                up.fetches.remove(key);
            }
        }
        up.count -= 1;
    }

    fn lock(&self) -> MutexGuard<'_, Up> {
        // The table is whole between any two statements that can panic.
        self.up.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
