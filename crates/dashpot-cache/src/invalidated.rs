//! What unsafe requests have made obsolete while it was being fetched (RFC 9111 §4.4).
//!
//! What is stored is removed at once; what is under way began before the change, and may bring
//! what was before it. As with purges, each fetch notes when it began, and is asked before it
//! stores. Nothing of this needs to outlive the fetches, so that little is kept.

use std::collections::BTreeMap;

use crate::Key;

/// Keys that are kept one by one; as many fetches are seldom under way at a time.
const KEYS_MAX: usize = 4_096;

/// The invalidations of late, in the order in which they were made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invalidated {
    /// How many there have been.
    count: u64,
    /// Which one each key's last was.
    keys: BTreeMap<Key, u64>,
    order: BTreeMap<u64, Key>,
    /// Those up to this one are no longer known by their keys: they stand for every key.
    forgotten: u64,
}

impl Invalidated {
    /// Returns how many invalidations there have been: what a fetch notes as it begins.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Notes that what is under the primary `key` is obsolete; returns how many there have been.
    pub fn add(&mut self, key: Key) -> u64 {
        self.count += 1;
        if let Some(before) = self.keys.insert(key.clone(), self.count) {
            self.order.remove(&before);
        }
        self.order.insert(self.count, key);
        while KEYS_MAX < self.order.len() {
            let Some((number, oldest)) = self.order.pop_first() else { break };
            self.keys.remove(&oldest);
            self.forgotten = number;
        }
        self.count
    }

    /// Returns whether a fetch for the primary `key` that noted `since` as it began may bring what
    /// was before an invalidation.
    #[must_use]
    pub fn includes(&self, key: &Key, since: u64) -> bool {
        since < self.forgotten || self.keys.get(key).is_some_and(|&number| since < number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(path: &str) -> Key {
        Key::new("http", "h", path)
    }

    #[test]
    fn what_began_before_an_invalidation_is_obsolete_and_what_began_after_is_not() {
        let mut invalidated = Invalidated::default();
        let before = invalidated.count();
        assert!(!invalidated.includes(&key("/a"), before));
        let after = invalidated.add(key("/a"));
        assert!(invalidated.includes(&key("/a"), before));
        assert!(!invalidated.includes(&key("/a"), after));
        assert!(!invalidated.includes(&key("/b"), before));
        invalidated.add(key("/a"));
        assert!(invalidated.includes(&key("/a"), after));
    }

    #[test]
    fn what_is_forgotten_stands_for_every_key() {
        let mut invalidated = Invalidated::default();
        let first = invalidated.count();
        let mut last = 0;
        for number in 0..=KEYS_MAX {
            last = invalidated.add(key(&format!("/{number}")));
        }
        assert_eq!((invalidated.keys.len(), invalidated.order.len()), (KEYS_MAX, KEYS_MAX));
        assert!(invalidated.includes(&key("/never"), first));
        assert!(!invalidated.includes(&key("/never"), last));
    }
}
