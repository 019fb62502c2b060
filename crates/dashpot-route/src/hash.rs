//! What the hashing algorithms share: servers and keys as numbers.
//!
//! A server's number comes from its id alone, never from its place in a list, so that two
//! balancers with the same servers agree in whatever order they list them.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Servers that a hash table may have: fewer than 65,536, so that two bytes name one.
pub const NODES_MAX: usize = 8_192;

/// A server as a hash table sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// The hash of its id.
    pub hash: u64,
    /// Its share of the keys, next to the weights of the others; with 0 it has none.
    pub weight: u32,
}

impl Node {
    /// Returns the node of a server.
    #[must_use]
    pub fn new(id: &str, weight: u32) -> Self {
        Self { hash: hash(id.as_bytes()), weight }
    }
}

/// Returns the hash of a key or an id.
#[must_use]
pub fn hash(bytes: &[u8]) -> u64 {
    // xxHash3: of the fast ones that spread short keys evenly, the one the workspace has.
    xxh3_64_with_seed(bytes, 0)
}

/// Returns a number that depends on both and looks like neither (the finaliser of splitmix64,
/// Steele, Lea and Flood 2014).
#[must_use]
pub(crate) const fn mix(a: u64, b: u64) -> u64 {
    let mut z = a ^ b.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Returns a number above 0 and below 1.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "52 bits and a half fit a double exactly")]
pub(crate) fn unit(hash: u64) -> f64 {
    ((hash >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
}

/// Returns where in `0..count` a hash falls, each place as likely as the others (Lemire 2019).
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "the upper half of a product is below `count`")]
pub(crate) fn place(hash: u64, count: usize) -> usize {
    ((u128::from(hash) * count as u128) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_an_id_never_changes() {
        // Balancers of different versions run side by side, and must agree.
        assert_eq!(hash(b""), 0x2D06_8005_38D3_94C2);
        assert_eq!(mix(1, 2), mix(1, 2));
        assert_ne!(mix(1, 2), mix(2, 1));
    }

    #[test]
    fn units_and_places_stay_within_their_bounds() {
        for hash in [0, 1, u64::MAX / 2, u64::MAX] {
            assert!(0.0 < unit(hash) && unit(hash) < 1.0);
            assert!(place(hash, 7) < 7);
        }
        assert_eq!((place(0, 7), place(u64::MAX, 7)), (0, 6));
    }
}
