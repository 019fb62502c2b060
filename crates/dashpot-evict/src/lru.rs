//! The least recently used leaves first.

use crate::{Entry, Id, Policy, queue::Queue};

/// Least recently used.
#[derive(Clone, Debug, Default)]
pub struct Lru {
    queue: Queue<()>,
}

impl Policy for Lru {
    fn insert(&mut self, id: Id, weight: u64) {
        match self.queue.find(id) {
            Some(slot) => {
                self.queue.weigh(slot, weight);
                self.queue.renew(slot);
            }
            None => self.queue.push(Entry { id, weight }),
        }
    }

    fn touch(&mut self, id: Id) -> bool {
        let found = self.queue.find(id);
        if let Some(slot) = found {
            self.queue.renew(slot);
        }
        found.is_some()
    }

    fn evict(&mut self) -> Option<Entry> {
        let oldest = self.queue.oldest()?;
        Some(self.queue.take(oldest))
    }

    fn remove(&mut self, id: Id) -> Option<u64> {
        let slot = self.queue.find(id)?;
        Some(self.queue.take(slot).weight)
    }

    fn weight(&self) -> u64 {
        self.queue.weight()
    }

    fn len(&self) -> usize {
        self.queue.len()
    }
}
