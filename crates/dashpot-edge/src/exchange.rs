//! One request to the upstreams, accounted for.

use std::time::Duration;

use dashpot_cache::Times;

use crate::{
    edge::Edge,
    upstream::{Arriving, Ask, NoResponse},
};

/// What came of a request to the upstreams.
pub(crate) struct Exchange {
    pub(crate) sent: Result<Arriving, NoResponse>,
    pub(crate) times: Times,
    /// How long it was until there was a head, or none.
    pub(crate) took: Duration,
}

impl Edge {
    /// Sends `ask`, waits for the response head, but not for longer than `limit`, and notes how the
    /// origin is.
    pub(crate) async fn ask(&self, limit: Duration, ask: Ask) -> Exchange {
        let (began, requested) = (self.clock.mono(), self.clock.wall());
        self.stats.upstream_requests.inc();
        let sent = self.upstream.send_within(limit, ask).await;
        self.note_origin(sent.as_ref().err().map(|failed| failed.failure));
        let took = self.clock.mono().since(began);
        self.stats.upstream_seconds.observe(took.as_secs_f64());
        Exchange { sent, times: Times { requested, responded: self.clock.wall() }, took }
    }
}
