//! Rendezvous hashing: each server draws a number for the key, and the highest wins.
//!
//! Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", IEEE/ACM Transactions
//! on Networking 1998; weights by the logarithm (Schindelhauer and Schomaker, "Weighted Distributed
//! Hash Tables", SPAA 2005). There is no table, every server is asked, and what one leaves is
//! spread exactly.
//!
//! ```
//! use dashpot_route::{Node, Rendezvous, hash};
//!
//! let shields = Rendezvous::new(&["shield-1", "shield-2"].map(|id| Node::new(id, 1)));
//! let first = shields.find(hash(b"/film/v1/7.m4s"), |_| true).expect("there are servers");
//! // Its second choice is as steady as the first.
//! assert_eq!(shields.find(hash(b"/film/v1/7.m4s"), |index| index != first), Some(1 - first));
//! ```

use crate::hash::{Node, mix, unit};
use std::cmp::Ordering;

/// Servers of which each key has an order of its own.
#[derive(Clone, Debug)]
pub struct Rendezvous {
    nodes: Vec<Node>,
    /// Whether no server weighs more than another: then no logarithms are needed.
    is_even: bool,
}

impl Rendezvous {
    /// Returns the order of `nodes`.
    #[must_use]
    pub fn new(nodes: &[Node]) -> Self {
        let mut weights = nodes.iter().map(|node| node.weight).filter(|weight| *weight != 0);
        let first = weights.next();
        let is_even = weights.all(|weight| Some(weight) == first);
        Self { nodes: nodes.to_vec(), is_even }
    }

    /// Returns the highest of the servers that are accepted, or `None` where none is. Only those are
    /// asked about that are higher than all before them.
    #[must_use]
    pub fn find(&self, hash: u64, mut accept: impl FnMut(usize) -> bool) -> Option<usize> {
        let mut best = None::<(f64, u64, usize)>;
        for (index, node) in self.nodes.iter().enumerate() {
            if node.weight == 0 {
                continue;
            }
            let draw = mix(hash, node.hash);
            let distance = if self.is_even { 0.0 } else { distance(draw, node.weight) };
            // Of two servers of one hash, which is one server listed twice, the first is it.
            let is_higher = best.is_none_or(|(least, highest, _)| {
                distance.total_cmp(&least).then(highest.cmp(&draw)) == Ordering::Less
            });
            if is_higher && accept(index) {
                best = Some((distance, draw, index));
            }
        }
        best.map(|(_, _, index)| index)
    }
}

/// Returns how far a draw is from the top: exponential with the weight as its rate, so that each
/// is the least as often as its share says.
fn distance(draw: u64, weight: u32) -> f64 {
    -libm::log(unit(draw)) / f64::from(weight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_follow_the_weights() {
        let nodes = [("a", 1), ("b", 0), ("c", 3)].map(|(id, weight)| Node::new(id, weight));
        let order = Rendezvous::new(&nodes);
        let mut counts = [0_u32; 3];
        for key in 0..40_000 {
            counts[order.find(mix(key, 0), |_| true).unwrap()] += 1;
        }
        assert!(counts[0].abs_diff(10_000) < 400 && counts[1] == 0, "{counts:?}");
        assert_eq!(Rendezvous::new(&nodes[1..2]).find(1, |_| true), None);
    }

    #[test]
    fn equal_weights_are_as_good_as_none() {
        let nodes = |weight| ["a", "b", "c"].map(|id| Node::new(id, weight));
        let (ones, sevens) = (Rendezvous::new(&nodes(1)), Rendezvous::new(&nodes(7)));
        assert!(ones.is_even && sevens.is_even);
        let uneven = Rendezvous { nodes: nodes(7).to_vec(), is_even: false };
        for key in 0..100 {
            let found = ones.find(key, |_| true);
            assert_eq!(found, sevens.find(key, |_| true));
            assert_eq!(found, uneven.find(key, |_| true));
        }
    }
}
