//! How often each viewer has asked for each thing.

use std::collections::{BTreeMap, VecDeque};
use xxhash_rust::xxh3::Xxh3;

/// Pairs of viewer and path that are counted: a hundred viewers of hundreds of segments each. The
/// oldest are forgotten, and count from 1 again.
const PAIRS_MAX: usize = 1 << 16;

#[derive(Debug, Default)]
pub(super) struct Attempts {
    counts: BTreeMap<u64, u64>,
    /// In the order in which they came.
    order: VecDeque<u64>,
}

impl Attempts {
    /// Counts a further attempt and returns its number, from 1.
    pub(super) fn begin(&mut self, viewer: &str, path: &str) -> u64 {
        let key = key(viewer, path);
        if !self.counts.contains_key(&key) {
            self.order.push_back(key);
            if PAIRS_MAX < self.order.len()
                && let Some(oldest) = self.order.pop_front()
            {
                self.counts.remove(&oldest);
            }
        }
        let count = self.counts.entry(key).or_default();
        *count += 1;
        *count
    }

    /// Returns the number of the attempt under way.
    pub(super) fn count(&self, viewer: &str, path: &str) -> u64 {
        self.counts.get(&key(viewer, path)).copied().unwrap_or(1)
    }
}

fn key(viewer: &str, path: &str) -> u64 {
    let mut hash = Xxh3::new();
    hash.update(viewer.as_bytes());
    hash.update(&[0xff]);
    hash.update(path.as_bytes());
    hash.digest()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_viewer_and_path_is_counted_apart_and_the_table_is_bounded() {
        let mut attempts = Attempts::default();
        assert_eq!(attempts.count("a", "/x"), 1);
        let counted = [("a", "/x"), ("a", "/x"), ("b", "/x"), ("a", "/y"), ("a", "/x")]
            .map(|(viewer, path)| attempts.begin(viewer, path));
        assert_eq!(counted, [1, 2, 1, 1, 3]);
        assert_eq!(attempts.count("a", "/x"), 3);
        for other in 0..PAIRS_MAX {
            attempts.begin("c", &other.to_string());
        }
        assert_eq!(attempts.counts.len(), PAIRS_MAX);
        assert_eq!(attempts.order.len(), PAIRS_MAX);
        assert_eq!(attempts.begin("a", "/x"), 1);
    }
}
