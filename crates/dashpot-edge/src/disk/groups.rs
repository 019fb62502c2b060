//! Which blocks on the disk belong together.

use std::collections::{BTreeMap, BTreeSet};

/// The blocks of each resource that is stored in parts, by the number of its representation.
#[derive(Debug, Default)]
pub(super) struct Groups(BTreeMap<u64, Group>);

/// What belongs to one representation. Blocks without a head are of no use to anybody.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) head: Option<u128>,
    pub(super) blocks: BTreeSet<u128>,
}

impl Groups {
    /// Returns the head of the blocks of `id`.
    pub(super) fn head(&self, id: u64) -> Option<u128> {
        self.0.get(&id)?.head
    }

    /// Returns the blocks of `id`.
    pub(super) fn blocks(&self, id: u64) -> impl Iterator<Item = u128> {
        self.0.get(&id).into_iter().flat_map(|group| group.blocks.iter().copied())
    }

    pub(super) fn set_head(&mut self, id: u64, hash: u128) {
        self.0.entry(id).or_default().head = Some(hash);
    }

    pub(super) fn add_block(&mut self, id: u64, hash: u128) {
        self.0.entry(id).or_default().blocks.insert(hash);
    }

    pub(super) fn remove_block(&mut self, id: u64, hash: u128) {
        if let Some(group) = self.0.get_mut(&id) {
            group.blocks.remove(&hash);
            if group.blocks.is_empty() && group.head.is_none() {
                self.0.remove(&id);
            }
        }
    }

    pub(super) fn remove(&mut self, id: u64) -> Option<Group> {
        self.0.remove(&id)
    }

    pub(super) fn restore(&mut self, id: u64, group: Group) {
        self.0.insert(id, group);
    }

    /// Returns a representation of which there are blocks only.
    pub(super) fn headless(&self) -> Option<u64> {
        self.0.iter().find(|(_, group)| group.head.is_none()).map(|(id, _)| *id)
    }

    /// Returns the highest number.
    pub(super) fn last(&self) -> Option<u64> {
        self.0.last_key_value().map(|(id, _)| *id)
    }
}
