//! Round robin: each in turn, whatever its weight.
//!
//! As a name server's rotation (RFC 1794 §2) and as nginx' default without weights.

use super::Entry;
use crate::{Rule, View};

pub(super) const ENTRIES: &[Entry] = &[Entry {
    name: "round-robin",
    about: "each server in turn, weights aside (RFC 1794)",
    make: |_| Box::new(RoundRobin::default()),
}];

#[derive(Clone, Debug, Default)]
struct RoundRobin {
    /// The index of whoever had the last request, and one.
    next: usize,
}

impl Rule for RoundRobin {
    fn name(&self) -> &'static str {
        "round-robin"
    }

    fn pick(&mut self, view: &mut View<'_>) -> Option<usize> {
        // By the place among all servers, so that nobody's turn comes twice when one goes away.
        let begin = view.fit.partition_point(|index| *index < self.next);
        let index = view.next(begin)?;
        self.next = index + 1;
        Some(index)
    }
}
