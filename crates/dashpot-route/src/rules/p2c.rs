//! Power of two choices over PeakEWMA: of two servers drawn, the one that would answer sooner.
//!
//! The draw after Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", IEEE TPDS
//! 2001. The cost as Finagle's `aperture`/`p2cPeakEwma` and linkerd's balancer have it: an estimate
//! that rises to each peak at once and decays towards what is seen, times the requests in flight.
//! A failure counts as an answer that took as long as the penalty: a server that fails fast would
//! look fast otherwise, and draw everything to it.

use super::{Entry, least::waiting};
use crate::{Answer, Rule, Server, View};
use dashpot_base::MonoTime;
use std::time::Duration;

pub(super) const ENTRIES: &[Entry] = &[Entry {
    name: "p2c",
    about: "the better of two drawn, by PeakEWMA and requests in flight (Finagle, linkerd)",
    make: |params| {
        Box::new(P2c {
            // linkerd's: a server that was slow is asked again within half a minute.
            decay: params.span("decay", (Duration::from_secs(10), "10s")),
            // linkerd's default_rtt: better than a slow server, worse than a good one.
            start: params.span("start", (Duration::from_millis(30), "30ms")),
            // Of a server that usually takes 30 ms, forgotten 35 s after the last failure: as long
            // as an ejection.
            penalty: params.span("penalty", (Duration::from_secs(1), "1s")),
        })
    },
}];

#[derive(Clone, Debug)]
struct P2c {
    decay: Duration,
    start: Duration,
    penalty: Duration,
}

impl P2c {
    fn cost(&self, now: MonoTime, server: &Server) -> f64 {
        let latency = server.latency;
        let estimate = match latency.seconds {
            // Towards nothing while it is not asked, so that it will be.
            Some(seconds) => seconds * latency.kept(now, self.decay),
            None => self.start.as_secs_f64(),
        };
        estimate * waiting(server) / server.weight()
    }
}

impl Rule for P2c {
    fn name(&self) -> &'static str {
        "p2c"
    }

    fn pick(&mut self, view: &mut View<'_>) -> Option<usize> {
        let first = view.draw(None)?;
        let Some(second) = view.draw(Some(first)) else { return Some(first) };
        let costs = [first, second].map(|index| self.cost(view.now, &view.servers[index]));
        view.note(first, costs[0]);
        view.note(second, costs[1]);
        Some(if costs[1] < costs[0] { second } else { first })
    }

    fn answered(&self, now: MonoTime, server: &mut Server, answer: &Answer) {
        let took = match answer.failure {
            Some(_) => answer.took.max(self.penalty),
            None => answer.took,
        };
        let (took, kept) = (took.as_secs_f64(), server.latency.kept(now, self.decay));
        let before = server.latency.seconds.unwrap_or(0.0);
        let estimate = if before < took { took } else { before * kept + took * (1.0 - kept) };
        (server.latency.seconds, server.latency.at) = (Some(estimate), now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Failure;

    fn at(millis: u64) -> MonoTime {
        MonoTime::from_nanos(millis * 1_000_000)
    }

    #[test]
    fn an_estimate_rises_at_once_and_falls_by_the_clock() {
        let second = Duration::from_secs(1);
        let rule = P2c { decay: 10 * second, start: Duration::from_millis(30), penalty: second };
        let mut server = Server::new("a", 1);
        let mut check = |at_ms, took_ms, failure, expected: f64| {
            let took = Duration::from_millis(took_ms);
            rule.answered(at(at_ms), &mut server, &Answer { took, failure });
            let cost = rule.cost(at(at_ms), &server);
            assert!((cost - expected).abs() < 1e-6, "{at_ms} {cost}");
        };
        check(0, 100, None, 0.1);
        check(0, 400, None, 0.4);
        check(
            10_000,
            100,
            None,
            0.4 / std::f64::consts::E + 0.1 * (1.0 - 1.0 / std::f64::consts::E),
        );
        // A fast failure is a slow answer.
        check(10_000, 1, Some(Failure::Status(503)), 1.0);
        assert!((rule.cost(at(20_000), &server) - 1.0 / std::f64::consts::E).abs() < 1e-6);
        server.in_flight = 3;
        assert!((rule.cost(at(10_000), &server) - 4.0).abs() < 1e-6);
    }
}
