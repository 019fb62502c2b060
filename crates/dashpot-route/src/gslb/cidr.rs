//! Values by network, the longest prefix first, and for how wide a network an answer holds.
//!
//! ```
//! use dashpot_route::gslb::CidrMap;
//!
//! let mut regions = CidrMap::default();
//! regions.insert("10.0.0.0/8".parse().unwrap(), "korea");
//! regions.insert("10.1.0.0/16".parse().unwrap(), "japan");
//! let found = regions.find("10.2.3.4".parse().unwrap(), 24);
//! // Of 10/8 only 10.1/16 is elsewhere: what holds for 10.2.3.4 holds for 10.2/15.
//! assert_eq!((found.value, found.scope), (Some(&"korea"), 15));
//! ```

use ipnet::IpNet;
use std::{collections::BTreeMap, net::IpAddr};

/// Networks that a map may have: of the Internet's table of a million, what a lab needs.
pub const NETWORKS_MAX: usize = 100_000;

/// Values by network.
#[derive(Clone, Debug)]
pub struct CidrMap<T> {
    v4: Tree<T>,
    v6: Tree<T>,
}

impl<T> Default for CidrMap<T> {
    fn default() -> Self {
        Self { v4: Tree::default(), v6: Tree::default() }
    }
}

/// What is known of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'a, T> {
    /// The value of the longest prefix that covers it.
    pub value: Option<&'a T>,
    /// The length of the shortest prefix of the address all of which has this value's network as its
    /// longest: for whom the answer may be given out again (RFC 7871 §7.2.1, SCOPE PREFIX-LENGTH).
    pub scope: u8,
}

impl<T> CidrMap<T> {
    /// Gives a network a value, in place of the one it had. Returns whether there was room.
    pub fn insert(&mut self, network: IpNet, value: T) -> bool {
        let key = key(network.network(), network.prefix_len());
        let has_room = self.len() < NETWORKS_MAX;
        let nets = &mut self.tree_mut(network.addr()).0;
        if has_room || nets.contains_key(&key) {
            nets.insert(key, value);
            return true;
        }
        false
    }

    /// Returns how many networks there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.v4.0.len() + self.v6.0.len()
    }

    /// Returns whether there are no networks.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns what is known of the first `bits` of an address, of all of it at most.
    #[must_use]
    pub fn find(&self, address: IpAddr, bits: u8) -> Found<'_, T> {
        let address = address.to_canonical();
        let (tree, most) = match address {
            IpAddr::V4(_) => (&self.v4, 32),
            IpAddr::V6(_) => (&self.v6, 128),
        };
        let bits = bits.min(most);
        let value = tree.covering(address, bits).and_then(|key| tree.0.get(&key));
        Found { value, scope: tree.scope(address, most) }
    }

    /// Returns the value of the longest prefix that covers an address, to change it.
    pub fn find_mut(&mut self, address: IpAddr) -> Option<&mut T> {
        let address = address.to_canonical();
        let tree = self.tree_mut(address);
        let key = tree.covering(address, 128)?;
        tree.0.get_mut(&key)
    }

    fn tree_mut(&mut self, address: IpAddr) -> &mut Tree<T> {
        match address {
            IpAddr::V4(_) => &mut self.v4,
            IpAddr::V6(_) => &mut self.v6,
        }
    }
}

impl<T: PartialEq + Clone> CidrMap<T> {
    /// Makes one network of several that have the same value and lie together, so that answers hold
    /// for as many as they can. No address gets another value by it.
    pub fn merge(&mut self) {
        self.v4.merge();
        self.v6.merge();
    }
}

/// Networks by their first address, at the left of 128 bits, and their length.
#[derive(Clone, Debug)]
struct Tree<T>(BTreeMap<(u128, u8), T>);

impl<T> Default for Tree<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Tree<T> {
    /// Returns the longest network of at most so many bits that covers an address.
    fn covering(&self, address: IpAddr, bits: u8) -> Option<(u128, u8)> {
        let (whole, _) = key(address, 128);
        let mut at = key(address, bits);
        loop {
            let (&(first, length), _) = self.0.range(..=at).next_back()?;
            // Whatever covers the address lies before it and shares its first bits with all that
            // lies between both: there is nothing longer than those to look for.
            let common = (first ^ whole).leading_zeros();
            if u32::from(length) <= common {
                return Some((first, length));
            }
            at = key(address, u8::try_from(common).unwrap_or(128));
        }
    }

    /// Returns the shortest length at which the address' network has no smaller one inside.
    fn scope(&self, address: IpAddr, most: u8) -> u8 {
        let is_whole = |length: u8| {
            let (first, _) = key(address, length);
            let last = first | !mask(length);
            !self.0.range((first, 0)..=(last, 128)).any(|((_, inner), _)| length < *inner)
        };
        // What has none inside has none in any part of it.
        let (mut least, mut most) = (0, most);
        while least < most {
            let half = (least + most) / 2;
            if is_whole(half) { most = half } else { least = half + 1 }
        }
        least
    }
}

impl<T: PartialEq + Clone> Tree<T> {
    fn merge(&mut self) {
        for length in (1..=128_u8).rev() {
            let half = 1_u128 << (128 - length);
            let starts: Vec<_> = self
                .0
                .keys()
                .filter(|(bits, len)| *len == length && bits & half == 0)
                .map(|(bits, _)| *bits)
                .collect();
            for bits in starts {
                let (low, high) = ((bits, length), (bits | half, length));
                if self.0.get(&low) == self.0.get(&high) {
                    // Both halves are all of it: whatever the whole had, no address saw it.
                    self.0.remove(&high);
                    if let Some(value) = self.0.remove(&low) {
                        self.0.insert((bits, length - 1), value);
                    }
                }
            }
        }
        let is_idle = |key: &(u128, u8)| {
            let above =
                (0..key.1).rev().find_map(|length| self.0.get(&(key.0 & mask(length), length)));
            above.is_some() && above == self.0.get(key)
        };
        let idle: Vec<_> = self.0.keys().copied().filter(is_idle).collect();
        for key in idle {
            self.0.remove(&key);
        }
    }
}

fn key(address: IpAddr, length: u8) -> (u128, u8) {
    let bits = match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()) << 96,
        IpAddr::V6(v6) => v6.to_bits(),
    };
    (bits & mask(length), length)
}

/// Returns 128 bits of which the first `length` are set.
fn mask(length: u8) -> u128 {
    !u128::MAX.checked_shr(length.into()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn map(entries: &[(&str, u8)]) -> CidrMap<u8> {
        let mut map = CidrMap::default();
        for (network, value) in entries {
            assert!(map.insert(network.parse().unwrap(), *value));
        }
        map
    }

    fn check(entries: &[(&str, u8)], address: &str, expected: (Option<u8>, u8)) {
        let map = map(entries);
        let found = map.find(address.parse().unwrap(), 128);
        assert_eq!((found.value.copied(), found.scope), expected, "{entries:?} {address}");
    }

    #[test]
    fn the_longest_prefix_wins_and_the_scope_is_as_wide_as_it_can_be() {
        check(&[], "10.0.0.1", (None, 0));
        check(&[("0.0.0.0/0", 1)], "10.0.0.1", (Some(1), 0));
        let nets = [("10.0.0.0/8", 1), ("10.1.0.0/16", 2), ("10.1.2.3/32", 3)];
        check(&nets, "10.1.2.3", (Some(3), 32));
        check(&nets, "10.1.2.2", (Some(2), 32));
        check(&nets, "10.1.3.1", (Some(2), 24));
        check(&nets, "10.128.0.1", (Some(1), 9));
        check(&nets, "11.0.0.1", (None, 8));
        check(&nets, "192.0.2.1", (None, 1));
        check(&nets, "::ffff:10.1.2.3", (Some(3), 32));
        check(&[("2001:db8::/32", 1), ("2001:db8:1::/48", 2)], "2001:db8:1::1", (Some(2), 48));
        check(&nets, "2001:db8::1", (None, 0));
    }

    #[test]
    fn a_client_that_hides_its_last_bits_is_found_by_the_first() {
        let map = map(&[("10.1.0.0/16", 2), ("10.1.2.0/25", 3)]);
        assert_eq!(map.find("10.1.2.0".parse().unwrap(), 24).value, Some(&2));
        assert_eq!(map.find("10.1.2.0".parse().unwrap(), 25).value, Some(&3));
    }

    #[test]
    fn networks_that_lie_together_become_one() {
        let halves = [("10.0.0.0/9", 1), ("10.128.0.0/10", 1), ("10.192.0.0/10", 1)];
        let mut merged = map(&halves);
        merged.merge();
        assert_eq!(merged.len(), 1);
        assert_eq!(merged.find("10.200.0.1".parse().unwrap(), 32).scope, 8);
        let mut shadowed = map(&[("10.0.0.0/8", 9), ("10.0.0.0/9", 1), ("10.128.0.0/9", 1)]);
        shadowed.merge();
        assert_eq!(shadowed.find("10.200.0.1".parse().unwrap(), 32).value, Some(&1));
        let mut idle = map(&[("10.0.0.0/8", 1), ("10.1.0.0/16", 1)]);
        idle.merge();
        assert_eq!(idle.len(), 1);
    }

    fn entries() -> impl Strategy<Value = Vec<(u8, u8, u8)>> {
        // Of the first eight bits, so that networks meet.
        prop::collection::vec((any::<u8>(), 0..=8_u8, 0..3_u8), 0..12)
    }

    fn filled(entries: &[(u8, u8, u8)]) -> CidrMap<u8> {
        let mut map = CidrMap::default();
        for (first, length, value) in entries {
            let network = IpNet::new(IpAddr::from([*first, 0, 0, 0]), *length).unwrap().trunc();
            map.insert(network, *value);
        }
        map
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn law_merging_changes_no_value_and_scopes_hold_and_are_the_widest_that_do(
            entries in entries(),
        ) {
            let (before, mut after) = (filled(&entries), filled(&entries));
            after.merge();
            let value = |map: &CidrMap<u8>, first: u8| {
                map.find(IpAddr::from([first, 0, 0, 0]), 32).value.copied()
            };
            let is_one = |first: u8, scope: u8| {
                let span = 1_u16 << (8 - scope);
                let begin = u16::from(first) / span * span;
                (begin..begin + span).all(|other| {
                    value(&before, u8::try_from(other).unwrap()) == value(&before, first)
                })
            };
            for first in 0..=255 {
                prop_assert_eq!(value(&before, first), value(&after, first));
                let scope = after.find(IpAddr::from([first, 0, 0, 0]), 32).scope;
                prop_assert!(scope <= 8 && is_one(first, scope), "{} /{}", first, scope);
                // Where some of a block has no value at all, nothing is there to be merged.
                let wider = scope.checked_sub(1);
                let is_widest = wider.is_none_or(|wider| !is_one(first, wider));
                prop_assert!(is_widest, "{} /{}", first, scope);
            }
        }
    }
}
