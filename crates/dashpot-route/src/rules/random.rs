//! Random: any, by weight; with two draws the less loaded of them.
//!
//! HAProxy's `random(draws)` and nginx' `random two least_conn`.

use super::{Entry, least::waiting};
use crate::{Rule, View};

pub(super) const ENTRIES: &[Entry] = &[Entry {
    name: "random",
    about: "any, by weight; of several draws the least loaded (HAProxy random)",
    make: |params| Box::new(Random { draws: params.count("draws", 1, 1..=8) }),
}];

/// Draws that a lighter server may decline: at a tenth of the greatest weight one request in five
/// declines so often, and then all weights are summed up.
const DECLINED_MAX: usize = 16;

#[derive(Clone, Debug)]
struct Random {
    draws: usize,
}

impl Random {
    /// Draws a server, each as likely as its weight.
    fn weighted(view: &mut View<'_>) -> Option<usize> {
        let heaviest = f64::from(view.total.heaviest);
        for _ in 0..DECLINED_MAX {
            let index = view.draw(None)?;
            if view.rng.unit() * heaviest < view.servers[index].weight() {
                return Some(index);
            }
        }
        let total: f64 = view.fit.iter().map(|index| weight(view, *index)).sum();
        let mut left = view.rng.unit() * total;
        for &index in view.fit {
            left -= weight(view, index);
            if left < 0.0 {
                return Some(index);
            }
        }
        // What rounding leaves falls to whoever may have it.
        view.next(0)
    }
}

impl Rule for Random {
    fn name(&self) -> &'static str {
        "random"
    }

    fn pick(&mut self, view: &mut View<'_>) -> Option<usize> {
        let mut best = Self::weighted(view)?;
        // A weight is heeded by the draws already; what is left to compare is the load.
        let load = |view: &View<'_>, index: usize| waiting(&view.servers[index]);
        for _ in 1..self.draws {
            let other = Self::weighted(view)?;
            let (here, there) = (load(view, best), load(view, other));
            view.note(other, there);
            if there < here {
                best = other;
            }
        }
        Some(best)
    }
}

fn weight(view: &View<'_>, index: usize) -> f64 {
    if view.is_untried(index) { view.servers[index].weight() } else { 0.0 }
}
