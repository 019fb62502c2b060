//! Caching policy: what the operator adds to, or takes from, what the origin says.

use std::{collections::BTreeMap, time::Duration};

use dashpot_cache::Rules;

/// Caching policy: what the operator adds to, or takes from, what the origin says.
///
/// Without a word of the operator nothing is stored that the origin does not allow. For the live
/// edge of an origin that says nothing of its errors, `404=1s,410=10s,425=200ms` keeps a herd of
/// players that are early from asking it one by one, and none of them waiting for long.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Policy {
    /// The longest lifetime guessed from `Last-Modified` where the origin names none; zero guesses
    /// none.
    pub heuristic_max: Duration,
    /// How long a response is kept of which the origin says nothing; zero keeps none.
    pub default_ttl: Duration,
    /// How long a response of a status is kept of which the origin says nothing.
    pub negative_ttls: BTreeMap<u16, Duration>,
    /// How far past its lifetime a response is used while the origin cannot be reached; zero uses
    /// none.
    pub stale_if_disconnected: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        let Rules { heuristic_max, default_ttl, negative_ttls, stale_if_disconnected } =
            Rules::default();
        Self { heuristic_max, default_ttl, negative_ttls, stale_if_disconnected }
    }
}

impl Policy {
    /// Returns the part that decides what is stored and for how long.
    pub(crate) fn rules(&self) -> Rules {
        Rules {
            heuristic_max: self.heuristic_max,
            default_ttl: self.default_ttl,
            negative_ttls: self.negative_ttls.clone(),
            stale_if_disconnected: self.stale_if_disconnected,
        }
    }
}
