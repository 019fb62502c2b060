//! Entries in a line, from the oldest to the newest, each to be found by its id.

use crate::{Entry, Id, id::IdMap};

/// Where an entry is, as long as it is there.
pub(crate) type Slot = usize;

/// A doubly linked list in one allocation, with an index.
#[derive(Clone, Debug)]
pub(crate) struct Queue<M> {
    slots: IdMap<Slot>,
    nodes: Vec<Node<M>>,
    free: Vec<Slot>,
    oldest: Option<Slot>,
    newest: Option<Slot>,
    weight: u64,
}

#[derive(Clone, Debug)]
struct Node<M> {
    entry: Entry,
    mark: M,
    older: Option<Slot>,
    newer: Option<Slot>,
}

// Not derived, which would ask the same of the mark.
impl<M> Default for Queue<M> {
    fn default() -> Self {
        Self {
            slots: IdMap::default(),
            nodes: Vec::new(),
            free: Vec::new(),
            oldest: None,
            newest: None,
            weight: 0,
        }
    }
}

impl<M: Default> Queue<M> {
    pub(crate) fn find(&self, id: Id) -> Option<Slot> {
        self.slots.get(&id).copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(crate) const fn weight(&self) -> u64 {
        self.weight
    }

    pub(crate) const fn oldest(&self) -> Option<Slot> {
        self.oldest
    }

    pub(crate) fn newer(&self, slot: Slot) -> Option<Slot> {
        self.nodes[slot].newer
    }

    /// Returns what the policy notes about an entry.
    pub(crate) fn mark(&mut self, slot: Slot) -> &mut M {
        &mut self.nodes[slot].mark
    }

    /// Changes the weight of what is at `slot`.
    pub(crate) fn weigh(&mut self, slot: Slot, weight: u64) {
        let entry = &mut self.nodes[slot].entry;
        self.weight = self.weight - entry.weight + weight;
        entry.weight = weight;
    }

    /// Adds an entry, whose id is not there yet, as the newest.
    pub(crate) fn push(&mut self, entry: Entry) {
        let node = Node { entry, mark: M::default(), older: None, newer: None };
        let slot = match self.free.pop() {
            Some(slot) => {
                self.nodes[slot] = node;
                slot
            }
            None => {
                self.nodes.push(node);
                self.nodes.len() - 1
            }
        };
        self.slots.insert(entry.id, slot);
        self.weight += entry.weight;
        self.link_newest(slot);
    }

    /// Takes out what is at `slot`.
    pub(crate) fn take(&mut self, slot: Slot) -> Entry {
        self.unlink(slot);
        let entry = self.nodes[slot].entry;
        self.slots.remove(&entry.id);
        self.free.push(slot);
        self.weight -= entry.weight;
        entry
    }

    /// Makes what is at `slot` the newest.
    pub(crate) fn renew(&mut self, slot: Slot) {
        self.unlink(slot);
        self.link_newest(slot);
    }

    fn link_newest(&mut self, slot: Slot) {
        let older = self.newest.replace(slot);
        (self.nodes[slot].older, self.nodes[slot].newer) = (older, None);
        match older {
            Some(older) => self.nodes[older].newer = Some(slot),
            None => self.oldest = Some(slot),
        }
    }

    fn unlink(&mut self, slot: Slot) {
        let (older, newer) = (self.nodes[slot].older, self.nodes[slot].newer);
        match older {
            Some(older) => self.nodes[older].newer = newer,
            None => self.oldest = newer,
        }
        match newer {
            Some(newer) => self.nodes[newer].older = older,
            None => self.newest = older,
        }
    }
}
