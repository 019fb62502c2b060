//! The memory tier: what is stored under which key.

mod explain;
mod parts;
mod reclaim;
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
pub(crate) use reclaim::reclaim;
pub(crate) use sweep::Swept;

use crate::{
    Eviction,
    blocks::{Block, Parts},
    disk::{Disk, DiskBody, OnDisk, VariantOf},
    object::{Blocks, Object, StoredBody},
    purging::Purging,
};

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
    /// Parts are stored under keys of their own.
    Parts(Arc<Parts>),
    Block(Arc<Block>),
}

/// Which headers select a variant. The epoch is part of each variant's key, so that removing the
/// selector makes all its variants unreachable at once.
#[derive(Debug)]
struct Selector {
    vary: Vary,
    epoch: u64,
}

/// The memory tier, weighed by bytes, and the disk tier behind it where there is one.
#[derive(Debug)]
pub(crate) struct Store {
    slots: Cache<Key, Slot>,
    unshareable: Cache<Key, ()>,
    /// Keys whose refresh has just failed.
    resting: Cache<Key, ()>,
    epochs: AtomicU64,
    /// What may not be served although it is here.
    pub(crate) purging: Purging,
    disk: Option<Arc<Disk>>,
}

/// What a look-up found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// The key of the variant that the request selects, where the resource has variants.
    pub(crate) variant: Option<Key>,
    pub(crate) object: Option<Arc<Object>>,
    /// What there is where it is not stored whole.
    pub(crate) parts: Option<Arc<Parts>>,
}

impl Store {
    /// Returns an empty store; `evictions` counts what has to leave it for want of room.
    pub(crate) fn new(
        capacity: ByteSize,
        eviction: Eviction,
        evictions: Counter,
        disk: Option<Arc<Disk>>,
    ) -> Self {
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
            epochs: AtomicU64::new(disk.as_ref().map_or(0, |disk| disk.next_epoch())),
            purging: Purging::default(),
            disk,
        }
    }

    /// Returns what is stored for `request` under the primary `key`.
    pub(crate) fn find(&self, key: &Key, request: &RequestHead) -> Found {
        match self.slots.get(key) {
            Some(Slot::Vary(selector)) => {
                let variant = selector.variant(key, request);
                let (object, parts) = self.usable(key, &variant, self.slots.get(&variant));
                Found { variant: Some(variant), object, parts }
            }
            slot => {
                let (object, parts) = self.usable(key, key, slot);
                Found { variant: None, object, parts }
            }
        }
    }

    /// Returns what is in the slot `key` of the resource `primary`, as purges leave it.
    fn usable(
        &self,
        primary: &Key,
        key: &Key,
        slot: Option<Slot>,
    ) -> (Option<Arc<Object>>, Option<Arc<Parts>>) {
        match slot {
            Some(Slot::Object(object)) => (self.unpurged(primary, key, object), None),
            Some(Slot::Parts(parts)) => (None, self.unpurged_parts(primary, parts)),
            Some(Slot::Vary(_) | Slot::Block(_)) | None => (None, None),
        }
    }

    /// Stores `object`, which answers `request`, under the primary `key`.
    pub(crate) fn insert(&self, key: Key, request: &RequestHead, object: Arc<Object>) {
        let head = Arc::clone(&object.head);
        self.place(key, request, &head.vary, Slot::Object(object));
    }

    /// Returns what no selector and no parts have had.
    pub(crate) fn next_epoch(&self) -> u64 {
        self.epochs.fetch_add(1, Ordering::Relaxed)
    }

    fn place(&self, key: Key, request: &RequestHead, vary: &Vary, slot: Slot) {
        if matches!(vary, Vary::Fields(names) if names.is_empty()) {
            return self.put(key, None, slot);
        }
        let selector = match self.selector(&key) {
            Some(selector) if selector.vary == *vary => selector,
            Some(_) | None => {
                let epoch = self.next_epoch();
                let selector = Arc::new(Selector { vary: vary.clone(), epoch });
                self.slots.insert(key.clone(), Slot::Vary(Arc::clone(&selector)));
                selector
            }
        };
        let variant_of = Disk::variant_of(&key, selector.epoch);
        self.put(selector.variant(&key, request), Some(variant_of), slot);
    }

    fn put(&self, key: Key, variant_of: Option<VariantOf>, slot: Slot) {
        match slot {
            Slot::Object(object) => {
                if let Some(disk) = &self.disk {
                    disk.stored(&key, variant_of, &object);
                }
                self.keep(key, object);
            }
            Slot::Parts(parts) => {
                if let Some(disk) = &self.disk {
                    disk.stored_parts(&key, variant_of, &parts);
                }
                self.slots.insert(key, Slot::Parts(parts));
            }
            Slot::Vary(_) | Slot::Block(_) => self.slots.insert(key, slot),
        }
    }

    /// Keeps `object` in memory, unless its body is not there.
    fn keep(&self, key: Key, object: Arc<Object>) {
        match object.body {
            StoredBody::Memory(_) => self.slots.insert(key, Slot::Object(object)),
            // What memory has is older.
            StoredBody::Disk(_) => self.slots.invalidate(&key),
        }
    }

    /// Returns what selects the variants under the primary `key`, in memory or on the disk.
    fn selector(&self, key: &Key) -> Option<Arc<Selector>> {
        match self.slots.get(key) {
            Some(Slot::Vary(selector)) => Some(selector),
            Some(Slot::Object(_) | Slot::Parts(_) | Slot::Block(_)) => None,
            None => self.disk.as_ref()?.with_selector(key, |vary, epoch| {
                let selector = Arc::new(Selector { vary: vary.clone(), epoch });
                self.slots.insert(key.clone(), Slot::Vary(Arc::clone(&selector)));
                selector
            }),
        }
    }

    /// Returns where on the disk is what memory does not have for `request` under the primary
    /// `key`, of which it knows the `variant` where there are variants; and that variant.
    pub(crate) fn find_on_disk(
        &self,
        key: &Key,
        variant: Option<&Key>,
        request: &RequestHead,
    ) -> Option<OnDisk> {
        let disk = self.disk.as_ref()?;
        if let Some(variant) = variant {
            return disk.find(variant);
        }
        disk.find(key).or_else(|| disk.find(&self.selector(key)?.variant(key, request)))
    }

    /// Takes note that `object`, found under the primary `key` and maybe as its `variant`, was
    /// asked for again: then it is worth a place on the disk.
    pub(crate) fn asked_again(&self, key: &Key, variant: Option<&Key>, object: &Arc<Object>) {
        if let Some(disk) = &self.disk
            && !object.is_offered()
        {
            self.offer(disk, key, variant, object);
        }
    }

    #[cold]
    fn offer(&self, disk: &Disk, key: &Key, variant: Option<&Key>, object: &Arc<Object>) {
        match (variant, self.slots.get(key)) {
            (None, _) => disk.asked_again(key, None, object),
            (Some(variant), Some(Slot::Vary(selector))) => {
                let of = Disk::variant_of(key, selector.epoch);
                disk.asked_again(variant, Some(of), object);
            }
            // The resource has been removed since.
            (Some(_), Some(Slot::Object(_) | Slot::Parts(_) | Slot::Block(_)) | None) => {}
        }
    }

    /// Keeps in memory what was read from the disk as `object`, whose body is `blocks`, unless it
    /// has left the disk.
    pub(crate) fn promote(&self, key: Key, object: &Object, body: &DiskBody, blocks: Blocks) {
        let Some(disk) = &self.disk else { return };
        let blocks = StoredBody::Memory(Arc::new(blocks));
        let promoted = Object::new(Arc::clone(&object.head), blocks, object.epoch());
        promoted.offer();
        let promoted = Slot::Object(Arc::new(promoted));
        disk.while_there(body, || {
            // What has come into memory since is newer.
            self.slots.entry(key).or_insert(promoted);
            disk.counters().promoted.inc();
        });
    }

    /// Returns the disk tier, where there is one.
    pub(crate) const fn disk(&self) -> Option<&Arc<Disk>> {
        self.disk.as_ref()
    }

    /// Removes what is under the primary `key`, all variants included.
    pub(crate) fn remove(&self, key: &Key) {
        // In this order, so that what comes from the disk into memory meanwhile leaves it, too.
        if let Some(disk) = &self.disk {
            disk.remove(key);
        }
        self.slots.invalidate(key);
    }

    /// Waits until what has been removed cannot come back, even if the process were killed.
    pub(crate) async fn unlinked(&self) {
        if let Some(disk) = &self.disk {
            disk.unlinked().await;
        }
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
        Slot::Vary(selector) => selector.vary.weight_bytes(),
        Slot::Parts(parts) => parts.head.weight_bytes(),
        Slot::Block(block) => block.extent.size(),
    };
    u32::try_from(key_bytes + slot_bytes + ENTRY_BYTES).unwrap_or(u32::MAX)
}
