//! The memory tier: what is stored under which key.

mod explain;
mod sweep;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use dashpot_base::ByteSize;
use dashpot_cache::{Key, RequestHead};
use dashpot_http::vary::Vary;
use dashpot_serve::Counter;
use moka::{notification::RemovalCause, policy::EvictionPolicy, sync::Cache};

pub(crate) use explain::Held;
pub(crate) use sweep::Swept;

use crate::{Eviction, object::Object, purging::Purging};

/// How long a key whose response could not be shared is fetched by each on its own.
///
/// Long enough that an uncacheable resource does not make its viewers queue for each other's
/// heads; short enough that an origin which mends its headers is cached within seconds.
const UNSHAREABLE_FOR: Duration = Duration::from_secs(10);
/// Keys remembered as unshareable: a few megabytes at most.
const UNSHAREABLE_MAX: u64 = 16_384;

/// How long what is stale is served without another attempt to refresh it after one has failed.
///
/// An origin that is down is not asked by every hit of every viewer; one that comes back is
/// noticed within a segment or two.
const REFRESH_REST: Duration = Duration::from_secs(5);
/// Keys remembered as resting: a few megabytes at most.
const RESTING_MAX: u64 = 16_384;

/// What is under a key.
#[derive(Clone, Debug)]
enum Slot {
    Object(Arc<Object>),
    /// The response depends on these request headers; the variants have keys of their own.
    Vary(Arc<Selector>),
}

/// Which headers select a variant. The epoch is part of each variant's key, so that removing the
/// selector makes all its variants unreachable at once.
#[derive(Debug)]
struct Selector {
    vary: Vary,
    epoch: u64,
}

/// The memory tier, weighed by bytes.
#[derive(Debug)]
pub(crate) struct Store {
    slots: Cache<Key, Slot>,
    unshareable: Cache<Key, ()>,
    /// Keys whose refresh has just failed.
    resting: Cache<Key, ()>,
    epochs: AtomicU64,
    /// What may not be served although it is here.
    pub(crate) purging: Purging,
}

/// What a look-up found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// The key of the variant that the request selects, where the resource has variants.
    pub(crate) variant: Option<Key>,
    pub(crate) object: Option<Arc<Object>>,
}

impl Store {
    /// Returns an empty store; `evictions` counts what has to leave it for want of room.
    pub(crate) fn new(capacity: ByteSize, eviction: Eviction, evictions: Counter) -> Self {
        let policy = match eviction {
            Eviction::Lru => EvictionPolicy::lru(),
            Eviction::TinyLfu => EvictionPolicy::tiny_lfu(),
        };
        let slots = Cache::builder()
            .max_capacity(capacity.bytes())
            .eviction_policy(policy)
            .weigher(|key: &Key, slot: &Slot| weight(key, slot))
            .eviction_listener(move |_, _, cause| {
                if cause == RemovalCause::Size {
                    evictions.inc();
                }
            })
            .build();
        let marks =
            |max, how_long| Cache::builder().max_capacity(max).time_to_live(how_long).build();
        Self {
            slots,
            unshareable: marks(UNSHAREABLE_MAX, UNSHAREABLE_FOR),
            resting: marks(RESTING_MAX, REFRESH_REST),
            epochs: AtomicU64::new(0),
            purging: Purging::default(),
        }
    }

    /// Returns what is stored for `request` under the primary `key`.
    pub(crate) fn find(&self, key: &Key, request: &RequestHead) -> Found {
        match self.slots.get(key) {
            None => Found { variant: None, object: None },
            Some(Slot::Object(object)) => {
                Found { variant: None, object: self.unpurged(key, key, object) }
            }
            Some(Slot::Vary(selector)) => {
                let primary = key;
                let key = selector.variant(key, request);
                let object = match self.slots.get(&key) {
                    Some(Slot::Object(object)) => self.unpurged(primary, &key, object),
                    Some(Slot::Vary(_)) | None => None,
                };
                Found { variant: Some(key), object }
            }
        }
    }

    /// Stores `object`, which answers `request`, under the primary `key`.
    pub(crate) fn insert(&self, key: Key, request: &RequestHead, object: Arc<Object>) {
        let vary = &object.head.vary;
        if matches!(vary, Vary::Fields(names) if names.is_empty()) {
            self.slots.insert(key, Slot::Object(object));
            return;
        }
        let selector = match self.slots.get(&key) {
            Some(Slot::Vary(selector)) if selector.vary == *vary => selector,
            Some(Slot::Vary(_) | Slot::Object(_)) | None => {
                let epoch = self.epochs.fetch_add(1, Ordering::Relaxed);
                let selector = Arc::new(Selector { vary: vary.clone(), epoch });
                self.slots.insert(key.clone(), Slot::Vary(Arc::clone(&selector)));
                selector
            }
        };
        self.slots.insert(selector.variant(&key, request), Slot::Object(object));
    }

    /// Removes what is under the primary `key`, all variants included.
    pub(crate) fn remove(&self, key: &Key) {
        self.slots.invalidate(key);
    }

    pub(crate) fn mark_unshareable(&self, key: Key) {
        self.unshareable.insert(key, ());
    }

    pub(crate) fn unmark_unshareable(&self, key: &Key) {
        self.unshareable.invalidate(key);
    }

    pub(crate) fn is_unshareable(&self, key: &Key) -> bool {
        self.unshareable.contains_key(key)
    }

    /// Notes that a refresh of what is under `key` has failed.
    pub(crate) fn let_rest(&self, key: Key) {
        self.resting.insert(key, ());
    }

    /// Returns whether what is under `key` is not to be refreshed yet.
    pub(crate) fn is_resting(&self, key: &Key) -> bool {
        self.resting.contains_key(key)
    }

    /// Returns the entries and bytes held, once pending evictions are done.
    pub(crate) fn usage(&self) -> (u64, u64) {
        self.slots.run_pending_tasks();
        (self.slots.entry_count(), self.slots.weighted_size())
    }
}

impl Selector {
    fn variant(&self, key: &Key, request: &RequestHead) -> Key {
        key.variant(self.epoch, &self.vary, &request.headers)
    }
}

/// Returns the bytes that a slot takes; the configuration keeps objects below 4 GiB.
fn weight(key: &Key, slot: &Slot) -> u32 {
    /// What the index itself takes for an entry, roughly.
    const ENTRY_BYTES: u64 = 448;
    let key_bytes = u64::try_from(key.as_str().len()).unwrap_or(u64::MAX);
    let slot_bytes = match slot {
        Slot::Object(object) => object.body.weight_bytes() + object.head.weight_bytes(),
        Slot::Vary(_) => 0,
    };
    u32::try_from(key_bytes + slot_bytes + ENTRY_BYTES).unwrap_or(u32::MAX)
}
