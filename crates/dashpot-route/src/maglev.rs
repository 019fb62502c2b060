//! Maglev hashing: a table in which each server has its share of the slots, almost exactly.
//!
//! Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016, §3.4.
//! Unlike there, the table is of all servers, well or not: a key whose server may not be had jumps
//! to another slot, so that a failure moves the keys of that server alone.
//!
//! ```
//! use dashpot_route::{Maglev, Node, hash};
//!
//! let edges = ["seoul-1", "seoul-2", "tokyo-1"].map(|id| Node::new(id, 1));
//! let table = Maglev::new(&edges, Maglev::SIZE);
//! let flow = hash(b"198.51.100.7:50123>203.0.113.1:443");
//! let home = table.find(flow, |_| true).expect("there are servers");
//! // While its server is away, a key goes elsewhere, and comes back afterwards.
//! assert_ne!(table.find(flow, |index| index != home), Some(home));
//! assert_eq!(table.find(flow, |_| true), Some(home));
//! ```

use crate::hash::{Node, mix, place};

/// Slots that are tried before the servers are gone through one by one: with a quarter of them to
/// be had, one key in a hundred million comes to that.
const JUMPS_MAX: u64 = 64;

/// A Maglev table.
#[derive(Clone, Debug)]
pub struct Maglev {
    /// The index of each slot's server.
    slots: Vec<u16>,
    nodes: Vec<Node>,
}

impl Maglev {
    /// The size of the paper's smaller table, and of Katran's and Envoy's: a prime above a hundred
    /// times as many servers as most pools have.
    pub const SIZE: usize = 65_537;
    /// The greatest size: Envoy's bound, 10 MB of table here.
    pub const SIZE_MAX: usize = 5_000_011;

    /// Returns the table of `nodes`, with the next prime from `size` on as many slots.
    ///
    /// Shares are true to one part in a hundred as long as there are a hundred slots for a server
    /// (§5.3 of the paper). Of more than [`NODES_MAX`](crate::NODES_MAX) nodes the first ones have
    /// slots.
    #[must_use]
    pub fn new(nodes: &[Node], size: usize) -> Self {
        let nodes = nodes[..nodes.len().min(crate::NODES_MAX)].to_vec();
        let size = next_prime(size.clamp(2, Self::SIZE_MAX));
        Self { slots: fill(&nodes, size), nodes }
    }

    /// Returns how many slots there are: none where no server has any weight.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.slots.len()
    }

    /// Returns the slot of a key's hash.
    #[must_use]
    pub fn slot(&self, hash: u64) -> usize {
        place(hash, self.slots.len())
    }

    /// Returns the servers of all slots.
    pub fn slots(&self) -> impl Iterator<Item = usize> + '_ {
        self.slots.iter().copied().map(usize::from)
    }

    /// Returns the first server for this hash that is accepted, or `None` where none is.
    #[must_use]
    pub fn find(&self, hash: u64, mut accept: impl FnMut(usize) -> bool) -> Option<usize> {
        let mut jump = hash;
        for step in 1..=JUMPS_MAX {
            let index = usize::from(*self.slots.get(self.slot(jump))?);
            if accept(index) {
                return Some(index);
            }
            // A jump to anywhere spreads one server's keys over all others, where the next slot's
            // server would get them in a lump (Chen et al., AAAI 2021, of bounded loads).
            jump = mix(hash, step);
        }
        let begin = place(jump, self.nodes.len());
        let order = (begin..self.nodes.len()).chain(0..begin);
        order.into_iter().find(|index| self.nodes[*index].weight != 0 && accept(*index))
    }
}

/// Gives each server every slot that it prefers and that is free, in turns (§3.4, pseudocode 1).
fn fill(nodes: &[Node], size: usize) -> Vec<u16> {
    const FREE: u16 = u16::MAX;
    let heaviest = nodes.iter().map(|node| node.weight).max().unwrap_or(0);
    if heaviest == 0 {
        return Vec::new();
    }
    let mut turns: Vec<_> =
        (0..).zip(nodes).map(|(index, node)| Turn::new(index, node, size)).collect();
    // Who comes first has the better slots: that must not depend on the order of the list.
    turns.sort_by_key(|turn| (turn.hash, turn.index));
    let mut slots = vec![FREE; size];
    let mut free = size;
    loop {
        for turn in &mut turns {
            // A server of half the weight takes every other turn.
            turn.credit += u64::from(turn.weight);
            if turn.credit < u64::from(heaviest) {
                continue;
            }
            turn.credit -= u64::from(heaviest);
            while slots[turn.slot] != FREE {
                turn.slot = (turn.slot + turn.skip) % size;
            }
            slots[turn.slot] = turn.index;
            free -= 1;
            if free == 0 {
                return slots;
            }
        }
    }
}

/// A server's walk through the slots: from an offset, by a skip that meets them all.
struct Turn {
    index: u16,
    hash: u64,
    weight: u32,
    credit: u64,
    slot: usize,
    skip: usize,
}

impl Turn {
    fn new(index: u16, node: &Node, size: usize) -> Self {
        Self {
            index,
            hash: node.hash,
            weight: node.weight,
            credit: 0,
            slot: place(mix(node.hash, 1), size),
            skip: place(mix(node.hash, 2), size - 1) + 1,
        }
    }
}

/// Returns the least prime that is `size` or more: only of a prime is every skip a walk through
/// all slots.
fn next_prime(size: usize) -> usize {
    let is_prime = |candidate: &usize| {
        (2..)
            .take_while(|factor| factor * factor <= *candidate)
            .all(|factor| !candidate.is_multiple_of(factor))
    };
    (size..).find(is_prime).unwrap_or(Maglev::SIZE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_a_prime() {
        for (size, expected) in
            [(0, 2), (4, 5), (65_536, 65_537), (65_537, 65_537), (5_000_011, 5_000_011)]
        {
            assert_eq!(next_prime(size.clamp(2, Maglev::SIZE_MAX)), expected);
        }
    }

    #[test]
    fn slots_follow_the_weights() {
        let nodes =
            [("a", 1), ("b", 2), ("c", 0), ("d", 4)].map(|(id, weight)| Node::new(id, weight));
        let table = Maglev::new(&nodes, Maglev::SIZE);
        let count = |of: usize| table.slots().filter(|index| *index == of).count();
        let counts = [count(0), count(1), count(2), count(3)];
        let seventh = Maglev::SIZE / 7;
        for (count, weight) in counts.into_iter().zip([1, 2, 0, 4]) {
            assert!(count.abs_diff(seventh * weight) <= 4, "{counts:?}");
        }
    }

    #[test]
    fn without_servers_there_is_none() {
        assert_eq!(Maglev::new(&[], 7).find(1, |_| true), None);
        assert_eq!(Maglev::new(&[Node::new("a", 0)], 7).find(1, |_| true), None);
        assert_eq!(Maglev::new(&[Node::new("a", 1)], 7).find(1, |_| false), None);
    }

    #[test]
    fn one_server_among_a_thousand_is_found() {
        let nodes: Vec<_> = (0..1_000).map(|index| Node::new(&format!("s{index}"), 1)).collect();
        let table = Maglev::new(&nodes, Maglev::SIZE);
        assert!((0..100).all(|key| table.find(mix(key, 0), |index| index == 500) == Some(500)));
    }
}
