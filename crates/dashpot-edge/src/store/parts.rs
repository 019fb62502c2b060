//! What is stored of resources that are not stored whole.

use std::sync::Arc;

use dashpot_cache::{Key, Purged, RequestHead};

use super::{Slot, Store};
use crate::blocks::{Block, Parts};

impl Store {
    /// Stores `parts` of what answers `request` under the primary `key`.
    pub(crate) fn insert_parts(&self, key: Key, request: &RequestHead, parts: Arc<Parts>) {
        let head = Arc::clone(&parts.head);
        self.place(key, request, &head.vary, Slot::Parts(parts));
    }

    /// Returns what is stored of the block under `key`.
    pub(crate) fn block(&self, key: &Key) -> Option<Arc<Block>> {
        match self.slots.get(key) {
            Some(Slot::Block(block)) => Some(block),
            Some(Slot::Object(_) | Slot::Vary(_) | Slot::Parts(_)) | None => None,
        }
    }

    /// Stores a block under its own `key`.
    pub(crate) fn insert_block(&self, key: Key, block: Arc<Block>) {
        self.slots.insert(key, Slot::Block(block));
    }

    /// Returns `parts` of the resource `primary` as the purges since their fetch leave them.
    pub(super) fn unpurged_parts(&self, primary: &Key, parts: Arc<Parts>) -> Option<Arc<Parts>> {
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
