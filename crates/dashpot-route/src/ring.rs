//! A ring of points: a key belongs to the server whose point is the next one clockwise.
//!
//! Karger et al., "Consistent Hashing and Random Trees", STOC 1997; the points of each server by
//! its weight as in libketama and nginx' `hash … consistent` (160 for each unit of weight).
//!
//! ```
//! use dashpot_route::{Node, Ring, hash};
//!
//! let ring = Ring::new(&["edge-1", "edge-2", "edge-3"].map(|id| Node::new(id, 1)), Ring::POINTS);
//! let home = ring.find(hash(b"/film/v1/7.m4s"), |_| true);
//! assert_eq!(home, ring.find(hash(b"/film/v1/7.m4s"), |_| true));
//! ```

use crate::hash::{Node, mix};

/// A ring.
#[derive(Clone, Debug)]
pub struct Ring {
    /// The points and their servers, in the order of the ring.
    points: Vec<(u64, u16)>,
}

impl Ring {
    /// Points for each unit of weight, as in libketama and nginx.
    pub const POINTS: usize = 160;
    /// Points that a ring may have: 16 MiB of them, and enough for 6,000 servers of one weight.
    pub const POINTS_MAX: usize = 1 << 20;

    /// Returns the ring of `nodes`, with so many points for each unit of weight; fewer, where all of
    /// them would be more than [`Ring::POINTS_MAX`]. Of more than
    /// [`NODES_MAX`](crate::NODES_MAX) nodes the first ones have points.
    #[must_use]
    pub fn new(nodes: &[Node], points: usize) -> Self {
        let nodes = &nodes[..nodes.len().min(crate::NODES_MAX)];
        let weights = nodes.iter().map(|node| node.weight as usize).sum::<usize>().max(1);
        let each = points.min(Self::POINTS_MAX / weights).max(1);
        let mut ring = Vec::new();
        for (index, node) in (0_u16..).zip(nodes) {
            let count = (node.weight as usize).saturating_mul(each);
            // Where even one point for each unit of weight is too many, the rest is cut.
            let count = count.min(Self::POINTS_MAX - ring.len());
            ring.extend((1..).take(count).map(|point| (mix(node.hash, point), index)));
        }
        ring.sort_unstable();
        Self { points: ring }
    }

    /// Returns the first server clockwise from this hash that is accepted, or `None` where none is.
    #[must_use]
    pub fn find(&self, hash: u64, mut accept: impl FnMut(usize) -> bool) -> Option<usize> {
        let begin = self.points.partition_point(|(point, _)| *point < hash);
        let (before, after) = self.points.split_at(begin);
        let mut last = None;
        for (_, index) in after.iter().chain(before) {
            // Neighbouring points are often of one server, which has been asked about.
            if last != Some(*index) && accept(usize::from(*index)) {
                return Some(usize::from(*index));
            }
            last = Some(*index);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_point_clockwise_and_past_the_end_the_first() {
        let ring = Ring { points: vec![(10, 2), (20, 0), (30, 1)] };
        for (hash, expected) in [(0, 2), (10, 2), (11, 0), (30, 1), (31, 2)] {
            assert_eq!(ring.find(hash, |_| true), Some(expected), "{hash}");
        }
        assert_eq!(ring.find(11, |index| index != 0), Some(1));
        assert_eq!(ring.find(11, |_| false), None);
        assert_eq!(Ring::new(&[], 160).find(11, |_| true), None);
    }

    #[test]
    fn weights_are_points_and_there_is_a_most_of_them() {
        let count = |weights: &[u32], points, of| {
            let nodes: Vec<_> =
                weights.iter().map(|weight| Node::new(&weight.to_string(), *weight)).collect();
            let ring = Ring::new(&nodes, points);
            ring.points.iter().filter(|(_, index)| *index == of).count()
        };
        assert_eq!(count(&[1, 3, 0], 160, 1), 480);
        assert_eq!(count(&[1, 3, 0], 160, 2), 0);
        assert_eq!(count(&[1, 65_536], 160, 0), 15);
    }
}
