//! What entries are known by.

use std::hash::{BuildHasherDefault, Hasher};

/// What an entry is known by: a hash of its key, or a number in a simulation.
pub type Id = u128;

/// A map by id whose order depends on nothing but the calls.
pub(crate) type IdMap<V> = std::collections::HashMap<Id, V, BuildHasherDefault<IdHasher>>;

/// Hashes an id, which may be a small number as well as a hash.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = mix(self.0 ^ u64::from(byte));
        }
    }

    fn write_u128(&mut self, id: u128) {
        self.0 = fold(id, self.0);
    }
}

/// Returns 64 well-mixed bits of `id`, others for each `seed`.
pub(crate) fn fold(id: Id, seed: u64) -> u64 {
    let [low, high] = [0, 64].map(|shift| u64::try_from((id >> shift) & LOW).unwrap_or(0));
    mix(mix(low ^ seed) ^ high)
}

const LOW: u128 = 0xffff_ffff_ffff_ffff;

/// The finalizer of `SplitMix64`: every bit of the result depends on every bit of `value`.
const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
