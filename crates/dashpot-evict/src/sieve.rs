//! SIEVE: a line that is not reordered, and a hand that spares what was used since it last came by.
//!
//! Zhang et al., "SIEVE is Simpler than LRU", NSDI 2024. What is asked for once leaves soon, as the
//! hand stays among the new ones while what is popular sinks behind it.

use crate::{
    Entry, Id, Policy,
    queue::{Queue, Slot},
};

/// SIEVE.
#[derive(Clone, Debug, Default)]
pub struct Sieve {
    queue: Queue<Visited>,
    /// Where the search for the next to leave goes on; at the oldest where there is none.
    hand: Option<Slot>,
}

/// Whether an entry was used since the hand last came by.
type Visited = bool;

impl Sieve {
    /// Takes out what is at `slot`, and moves the hand on where it points there.
    fn take(&mut self, slot: Slot) -> Entry {
        if self.hand == Some(slot) {
            self.hand = self.queue.newer(slot);
        }
        self.queue.take(slot)
    }
}

impl Policy for Sieve {
    fn insert(&mut self, id: Id, weight: u64) {
        match self.queue.find(id) {
            Some(slot) => {
                self.queue.weigh(slot, weight);
                *self.queue.mark(slot) = true;
            }
            None => self.queue.push(Entry { id, weight }),
        }
    }

    fn touch(&mut self, id: Id) -> bool {
        let found = self.queue.find(id);
        if let Some(slot) = found {
            *self.queue.mark(slot) = true;
        }
        found.is_some()
    }

    fn evict(&mut self) -> Option<Entry> {
        let mut slot = self.hand.or(self.queue.oldest())?;
        // Each step clears a mark, so that this ends within a round, and a touch pays for a step.
        while std::mem::take(self.queue.mark(slot)) {
            slot = self.queue.newer(slot).or(self.queue.oldest())?;
        }
        self.hand = Some(slot);
        Some(self.take(slot))
    }

    fn remove(&mut self, id: Id) -> Option<u64> {
        let slot = self.queue.find(id)?;
        Some(self.take(slot).weight)
    }

    fn weight(&self) -> u64 {
        self.queue.weight()
    }

    fn len(&self) -> usize {
        self.queue.len()
    }
}
