//! Smooth weighted round robin: turns by weight, spread as evenly as they can be.
//!
//! nginx since 1.3.1 (`ngx_http_upstream_get_round_robin_peer`): in each round every server earns
//! its weight, the one with the most is chosen and pays what all have earned. Of weights 5, 1, 1 the
//! order is a a b a c a a, not a a a a a b c.

use super::Entry;
use crate::{Rule, View};

pub(super) const ENTRIES: &[Entry] = &[Entry {
    name: "smooth",
    about: "turns by weight, spread evenly (nginx smooth weighted round robin)",
    make: |_| Box::new(Smooth),
}];

#[derive(Clone, Debug)]
struct Smooth;

impl Rule for Smooth {
    fn name(&self) -> &'static str {
        "smooth"
    }

    fn pick(&mut self, view: &mut View<'_>) -> Option<usize> {
        let mut best = None::<usize>;
        let mut earned = 0.0;
        for &index in view.fit {
            if !view.is_untried(index) {
                continue;
            }
            let weight = view.servers[index].weight();
            view.servers[index].credit += weight;
            earned += weight;
            let credit = view.servers[index].credit;
            view.note(index, -credit);
            if best.is_none_or(|best| view.servers[best].credit < credit) {
                best = Some(index);
            }
        }
        view.servers[best?].credit -= earned;
        best
    }
}
