//! What is stored in parts, as it comes to the disk.

use std::sync::Arc;

use dashpot_cache::Key;
use dashpot_http::range::ByteRange;

use super::{
    index::hash_of,
    record::{Kind, VariantOf},
    tier::Disk,
    writer::Put,
};
use crate::{
    blocks::{Block, Parts},
    object::{Blocks, StoredBody},
};

impl Disk {
    /// Takes note of `parts`, which memory has just stored under `key`: their head is written
    /// where the disk has one, or anything else that is older, under that key.
    pub(crate) fn stored_parts(
        &self,
        key: &Key,
        variant_of: Option<VariantOf>,
        parts: &Arc<Parts>,
    ) {
        if self.index().expects(hash_of(key)) {
            self.offer_parts(key, variant_of, parts);
        }
    }

    /// Has the head of `parts` written under `key`.
    pub(crate) fn offer_parts(&self, key: &Key, variant_of: Option<VariantOf>, parts: &Parts) {
        let body = StoredBody::Memory(Arc::default());
        self.offer(Put {
            key: key.as_str().to_owned(),
            hash: hash_of(key),
            variant_of,
            kind: Kind::Parts { id: parts.id, length: parts.length },
            head: Arc::clone(&parts.head),
            body,
            epoch: parts.epoch,
            ticket: 0,
        });
    }

    /// Returns whether a block that memory has just stored under `key` is to be written: it was
    /// asked for before, or is there with less in it.
    pub(crate) fn admits_block(&self, key: &Key) -> bool {
        let hash = hash_of(key);
        let mut index = self.index();
        // Asked first, so that it is remembered.
        let is_admitted = index.admits(hash);
        is_admitted || index.expects(hash)
    }

    /// Returns whether the block under `key` is on the disk or on its way there.
    pub(crate) fn has_block(&self, key: &Key) -> bool {
        self.index().expects(hash_of(key))
    }

    /// Returns whether anything is on the disk under `key`.
    pub(crate) fn has(&self, key: &Key) -> bool {
        self.index().get(hash_of(key)).is_some()
    }

    /// Returns whether blocks of `parts` are found on the disk or will be.
    pub(crate) fn has_parts(&self, parts: &Parts) -> bool {
        self.index().expects_parts(parts.id)
    }

    /// Has `block` of `parts` written under `key`, behind their head.
    pub(crate) fn offer_block(&self, key: &Key, parts: &Parts, block: &Block) {
        self.offer(Put {
            key: key.as_str().to_owned(),
            hash: hash_of(key),
            variant_of: None,
            kind: Kind::Block { id: parts.id, extent: block.extent },
            head: Arc::clone(&parts.head),
            body: StoredBody::Memory(Arc::new(Blocks::of(block.bytes.clone()))),
            epoch: parts.epoch,
            ticket: 0,
        });
    }

    /// Returns which bytes of its resource the block under `key` has.
    pub(crate) fn block_extent(&self, key: &Key) -> Option<ByteRange> {
        match self.index().get(hash_of(key))?.kind {
            Kind::Block { extent, .. } => Some(extent),
            Kind::Whole | Kind::Parts { .. } => None,
        }
    }

    /// Returns which bytes of the representation `id` are here.
    pub(crate) fn extents(&self, id: u64) -> Vec<ByteRange> {
        self.index().extents(id)
    }

    /// Returns whether what is under `key` is the head of the parts `id`.
    pub(crate) fn is_head_of(&self, key: &Key, id: u64) -> bool {
        let index = self.index();
        index.get(hash_of(key)).is_some_and(|entry| entry.kind.id() == Some(id))
    }
}
