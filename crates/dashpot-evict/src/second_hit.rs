//! Who may enter: what is asked for again within a while.

use crate::{Id, id::fold};

/// Remembers, in fixed memory, which ids were seen lately.
///
/// Two Bloom filters: one is written, and when it holds its half of the ids it becomes the old
/// one, whose predecessor is forgotten. An id is remembered for at least as long as half of
/// [`SecondHit::new`]'s `ids` others take to come, and for twice that at most.
#[derive(Clone, Debug)]
pub struct SecondHit {
    young: Vec<u64>,
    old: Vec<u64>,
    /// Ids in `young`.
    count: u64,
    half: u64,
    seed: u64,
}

/// Bits of a filter for each id it holds: with [`PROBES`] one id in a hundred that was never seen
/// is taken for one that was, which costs one needless write.
const BITS_PER_ID: u64 = 10;
/// Bits that stand for an id in a filter.
const PROBES: usize = 4;

impl SecondHit {
    /// Returns a filter that remembers `ids` ids in 2.5 bytes each; `seed` makes its rare
    /// confusions differ from those of others.
    #[must_use]
    pub fn new(ids: u64, seed: u64) -> Self {
        let half = ids.div_ceil(2).max(1);
        let words = half.saturating_mul(BITS_PER_ID).div_ceil(64);
        let empty = vec![0; usize::try_from(words).unwrap_or(usize::MAX)];
        Self { young: empty.clone(), old: empty, count: 0, half, seed }
    }

    /// Returns whether `id` was seen lately, and remembers that it was.
    pub fn admits(&mut self, id: Id) -> bool {
        let bits = Bits::of(id, self.seed, self.young.len());
        if bits.are_in(&self.young) {
            return true;
        }
        let was_seen = bits.are_in(&self.old);
        if self.count == self.half {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.fill(0);
            self.count = 0;
        }
        bits.set(&mut self.young);
        self.count += 1;
        was_seen
    }
}

/// Which bits stand for an id: the word and the mask of each.
struct Bits([(usize, u64); PROBES]);

impl Bits {
    fn of(id: Id, seed: u64, words: usize) -> Self {
        let (mut at, step) = (fold(id, seed), fold(id, !seed) | 1);
        let len = u64::try_from(words).unwrap_or(u64::MAX).saturating_mul(64);
        Self(std::array::from_fn(|_| {
            at = at.wrapping_add(step);
            let bit = at % len;
            (usize::try_from(bit / 64).unwrap_or(0), 1 << (bit % 64))
        }))
    }

    fn are_in(&self, filter: &[u64]) -> bool {
        self.0.iter().all(|&(word, mask)| filter[word] & mask != 0)
    }

    fn set(&self, filter: &mut [u64]) {
        for &(word, mask) in &self.0 {
            filter[word] |= mask;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_admitted_when_it_comes_again_and_forgotten_in_halves() {
        let mut filter = SecondHit::new(4, 7);
        assert!(!filter.admits(1));
        assert!(filter.admits(1));
        assert!(!filter.admits(2));
        // The young half is full of 1 and 2; both are still known from the old one.
        assert!(!filter.admits(3));
        assert!(filter.admits(1));
        // 3 and 1 are old by the next, and 2 is forgotten.
        assert!(!filter.admits(4));
        assert!(filter.admits(3));
        assert!(!filter.admits(2));
    }

    #[test]
    fn few_ids_are_taken_for_others() {
        let mut filter = SecondHit::new(20_000, 1);
        let confused = (0..10_000).filter(|&id| filter.admits(id)).count();
        // 1.2 % once it is full, and less on the way there.
        assert!(confused < 120, "{confused}");
        assert!((0..10_000).all(|id| filter.admits(id)));
    }

    #[test]
    fn the_same_calls_give_the_same_answers_and_another_seed_other_confusions() {
        let run = |seed| {
            let mut filter = SecondHit::new(64, seed);
            (0..5_000_u128).filter(|&id| filter.admits(id)).collect::<Vec<_>>()
        };
        assert_eq!(run(3), run(3));
        assert_ne!(run(3), run(4));
    }
}
