//! Least connections and least response time: ask whoever has the least to do.
//!
//! Least connections as HAProxy's `leastconn` and nginx' `least_conn`: requests in flight over the
//! weight. Least time as Traefik's `leasttime` and NGINX Plus' `least_time header`: the mean time to
//! the first byte, times one more than the requests in flight, over the weight. Ties take turns.

use super::Entry;
use crate::{Answer, Rule, Server, View};
use dashpot_base::MonoTime;
use std::time::Duration;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "least-connections",
        about: "fewest requests in flight for its weight (HAProxy leastconn)",
        make: |_| Box::new(LeastConnections::default()),
    },
    Entry {
        name: "least-time",
        about: "shortest mean time to the first byte, by requests in flight (Traefik leasttime)",
        make: |params| {
            // Ten seconds, as PeakEWMA: long enough for a mean, short enough to see a change.
            let decay = params.span("decay", (Duration::from_secs(10), "10s"));
            Box::new(LeastTime { decay, next: 0 })
        },
    },
];

#[derive(Clone, Debug, Default)]
struct LeastConnections {
    next: usize,
}

impl Rule for LeastConnections {
    fn name(&self) -> &'static str {
        "least-connections"
    }

    fn pick(&mut self, view: &mut View<'_>) -> Option<usize> {
        let begin = view.fit.partition_point(|index| *index < self.next);
        // One more than there are, so that of idle servers the heaviest is asked first.
        let index = view.least(begin, |server| waiting(server) / server.weight())?;
        self.next = index + 1;
        Some(index)
    }
}

#[derive(Clone, Debug)]
struct LeastTime {
    decay: Duration,
    next: usize,
}

impl Rule for LeastTime {
    fn name(&self) -> &'static str {
        "least-time"
    }

    fn pick(&mut self, view: &mut View<'_>) -> Option<usize> {
        let begin = view.fit.partition_point(|index| *index < self.next);
        let score = |server: &Server| {
            // Whoever has never answered is asked first: there is no other way to know.
            server.latency.seconds.unwrap_or(0.0) * waiting(server) / server.weight()
        };
        let index = view.least(begin, score)?;
        self.next = index + 1;
        Some(index)
    }

    fn answered(&self, now: MonoTime, server: &mut Server, answer: &Answer) {
        // A failure says nothing of how fast answers are. What is slow is found by them; what
        // fails, by probes and ejection.
        if answer.failure.is_some() {
            return;
        }
        let took = answer.took.as_secs_f64();
        let kept = server.latency.kept(now, self.decay);
        // Answers that come in one moment would weigh nothing: each has a hundredth at least.
        let kept = kept.min(0.99);
        let mean = server.latency.seconds.map_or(took, |mean| mean * kept + took * (1.0 - kept));
        (server.latency.seconds, server.latency.at) = (Some(mean), now);
    }
}

/// Returns a server's requests in flight with the one that is to be placed.
pub(super) fn waiting(server: &Server) -> f64 {
    f64::from(server.in_flight) + 1.0
}
