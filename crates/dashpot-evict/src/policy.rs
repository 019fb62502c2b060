//! What all eviction policies have in common.

use std::fmt;

use crate::Id;

/// Something that a policy keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is known by.
    pub id: Id,
    /// What it weighs: bytes, or one where entries are counted.
    pub weight: u64,
}

/// The order in which the entries of a cache leave it.
///
/// Each operation takes constant time, amortised over a sequence of them. A policy knows no
/// capacity: whoever holds the cache makes room with [`Policy::evict_for`] before an insertion, not
/// after it, or what comes may be what leaves.
pub trait Policy: fmt::Debug + Send {
    /// Notes that `id` is in the cache and weighs `weight`; where it was there already, this is a
    /// use of it, and its weight changes.
    fn insert(&mut self, id: Id, weight: u64);

    /// Notes a use of `id`, and returns whether it is there.
    fn touch(&mut self, id: Id) -> bool;

    /// Takes out the entry that is to leave next; `None` where there is none.
    fn evict(&mut self) -> Option<Entry>;

    /// Takes out `id` for another reason, and returns its weight where it was there.
    fn remove(&mut self, id: Id) -> Option<u64>;

    /// Returns the weight of all entries.
    fn weight(&self) -> u64;

    /// Returns the number of entries.
    fn len(&self) -> usize;

    /// Returns whether there are no entries.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes out the next entry where all together and `incoming` weigh more than `capacity`.
    fn evict_for(&mut self, incoming: u64, capacity: u64) -> Option<Entry> {
        if capacity < self.weight().saturating_add(incoming) { self.evict() } else { None }
    }
}
