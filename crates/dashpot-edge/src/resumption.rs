//! When the rest of a body that broke off is asked for, and for how long.

use std::time::Duration;

use dashpot_base::{MonoTime, Rng};
use dashpot_cache::Resumes;
use tokio::time::sleep;

use crate::edge::Edge;

/// A body that has broken off and whose rest is asked for.
pub(crate) struct Resumption {
    rng: Rng,
    /// When its silence will have lasted for too long, whatever was tried.
    given_up_at: MonoTime,
}

impl Resumption {
    /// Returns the resumption of a body that breaks off at this moment.
    pub(crate) fn begin(edge: &Edge) -> Self {
        edge.stats.upstream_errors.inc();
        // The other half has been its connection's to be silent in.
        let given_up_at = edge.clock.mono().after(edge.flight_limits.idle_timeout / 2);
        Self { rng: Rng::new(edge.flights.next_seed()), given_up_at }
    }

    /// Waits until the rest may be asked for once more, and returns how long the answer may take;
    /// `None` where enough has been tried.
    pub(crate) async fn wait(&mut self, edge: &Edge, resumes: &mut Resumes) -> Option<Duration> {
        let limits = &edge.flight_limits;
        let wait = resumes.next(limits.resumes_max, &mut self.rng)?;
        if self.given_up_at.since(edge.clock.mono()) <= wait {
            return None;
        }
        sleep(wait).await;
        Some(self.given_up_at.since(edge.clock.mono()).min(limits.head_timeout))
    }
}
