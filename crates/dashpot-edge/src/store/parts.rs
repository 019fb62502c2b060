//! What is stored of resources that are not stored whole.

use std::sync::Arc;

use dashpot_cache::{Key, Purged, RequestHead};
use dashpot_http::range::ByteRange;

use super::{Slot, Store};
use crate::{
    blocks::{Block, Parts},
    disk::{Disk, DiskBody, OnDisk},
    flights::Wanted,
};

impl Store {
    /// Stores `parts` of what answers `request` under the primary `key`.
    pub(crate) fn insert_parts(&self, key: Key, request: &RequestHead, parts: Arc<Parts>) {
        let head = Arc::clone(&parts.head);
        self.place(key, request, &head.vary, Slot::Parts(parts));
    }

    /// Returns what memory has of the block under `key`.
    pub(crate) fn block(&self, key: &Key) -> Option<Arc<Block>> {
        match self.slots.get(key) {
            Some(Slot::Block(block)) => Some(block),
            Some(Slot::Object(_) | Slot::Vary(_) | Slot::Parts(_)) | None => None,
        }
    }

    /// Returns which bytes of its resource are stored of the block under `key`.
    pub(crate) fn block_extent(&self, key: &Key) -> Option<ByteRange> {
        match self.block(key) {
            Some(block) => Some(block.extent),
            None => self.disk.as_ref()?.block_extent(key),
        }
    }

    /// Returns where on the disk the block under `key` is; a use of it is counted.
    pub(crate) fn block_on_disk(&self, key: &Key) -> Option<OnDisk> {
        self.disk.as_ref()?.find(key).filter(|found| found.extent().is_some())
    }

    /// Stores a block of `parts` under its own `key`; they answer what `wanted` asks for.
    pub(crate) fn insert_block(&self, key: Key, wanted: &Wanted, parts: &Parts, block: Arc<Block>) {
        if let Some(disk) = &self.disk
            && disk.admits_block(&key)
        {
            self.offer_block(disk, &key, wanted, parts, &block);
        }
        self.slots.insert(key, Slot::Block(block));
    }

    /// Takes note that `block` of `parts`, which memory has under `key`, was asked for again.
    pub(crate) fn block_asked_again(
        &self,
        key: &Key,
        wanted: &Wanted,
        parts: &Parts,
        block: &Block,
    ) {
        if let Some(disk) = &self.disk
            && !disk.has_block(key)
        {
            self.offer_block(disk, key, wanted, parts, block);
        }
    }

    fn offer_block(&self, disk: &Disk, key: &Key, wanted: &Wanted, parts: &Parts, block: &Block) {
        let (of, variant_of) = match self.slots.get(&wanted.primary) {
            Some(Slot::Vary(selector)) => {
                let of = Disk::variant_of(&wanted.primary, selector.epoch);
                (selector.variant(&wanted.primary, &wanted.request), Some(of))
            }
            Some(Slot::Object(_) | Slot::Parts(_) | Slot::Block(_)) | None => {
                (wanted.primary.clone(), None)
            }
        };
        if !disk.has_parts(parts) {
            match self.slots.get(&of) {
                Some(Slot::Parts(held)) if held.id == parts.id => {
                    disk.offer_parts(&of, variant_of, &held);
                }
                // They have been removed since.
                Some(_) | None => return,
            }
        }
        disk.offer_block(key, parts, block);
    }

    /// Keeps in memory what was read from the disk of a block.
    pub(crate) fn keep_block(&self, key: Key, block: &Arc<Block>) {
        // What has come into memory since is newer.
        self.slots.entry(key).or_insert_with(|| Slot::Block(Arc::clone(block)));
    }

    /// Keeps in memory the head of parts that was read from `body`, unless it has left the disk.
    pub(crate) fn keep_parts(&self, key: Key, parts: &Arc<Parts>, body: &DiskBody) {
        let Some(disk) = &self.disk else { return };
        disk.while_there(body, || {
            self.slots.entry(key).or_insert_with(|| Slot::Parts(Arc::clone(parts)));
        });
    }

    /// Removes what is under the primary `key`, where `request` finds the parts `id` there.
    pub(crate) fn remove_parts(&self, key: &Key, request: &RequestHead, id: u64) {
        let found = self.find(key, request);
        let is_on_disk =
            |key: &Key| self.disk.as_ref().is_some_and(|disk| disk.is_head_of(key, id));
        let is_there = match found.parts {
            Some(parts) => parts.id == id,
            None => is_on_disk(key) || found.variant.is_some_and(|variant| is_on_disk(&variant)),
        };
        if is_there {
            self.remove(key);
        }
    }

    /// Returns `parts` of the resource `primary` as the purges since their fetch leave them.
    pub(crate) fn unpurged_parts(&self, primary: &Key, parts: Arc<Parts>) -> Option<Arc<Parts>> {
        match self.purging.check(primary, &parts.head.tags, parts.epoch) {
            Purged::No => Some(parts),
            Purged::Hard => None,
            // As often as they are looked up, until their validation.
            Purged::Soft(at) => {
                Some(Arc::new(parts.under(parts.head.stale_since(at), parts.epoch)))
            }
        }
    }
}
