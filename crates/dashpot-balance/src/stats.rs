//! What is counted.

use crate::pool::Pool;
use dashpot_serve::{Counter, Family, Gauge, Metric, Metrics, Role};

type Labels = Vec<(&'static str, String)>;

/// The metrics of a balancer.
#[derive(Debug)]
pub(crate) struct Stats {
    metrics: Metrics,
    /// Connections that clients have open.
    pub(crate) connections: Gauge,
    /// Connections that were given to another backend.
    pub(crate) redispatches: Counter,
    taken: Family<Labels, Counter>,
    cut: Family<Labels, Counter>,
    relayed: Family<Labels, Counter>,
    backend_connections: Family<Labels, Gauge>,
    backend_opened: Family<Labels, Counter>,
    backend_failures: Family<Labels, Counter>,
    backend_up: Family<Labels, Gauge>,
}

/// What is counted of one backend.
#[derive(Clone, Debug)]
pub(crate) struct Counts {
    /// Connections that were made to it.
    pub(crate) opened: Counter,
    /// Connections that could not be made, or that it reset before its first byte.
    pub(crate) failed: Counter,
    /// Bytes from clients to it.
    pub(crate) up_bytes: Counter,
    /// Bytes from it to clients.
    pub(crate) down_bytes: Counter,
}

impl Stats {
    pub(crate) fn new() -> Self {
        let mut metrics = Metrics::new(Role::Balance);
        Self {
            connections: metrics.gauge(Metric::Connections),
            redispatches: metrics.counter(Metric::Redispatches),
            taken: metrics.counters(Metric::ConnectionsOpened),
            cut: metrics.counters(Metric::ConnectionsReset),
            relayed: metrics.counters(Metric::RelayedBytes),
            backend_connections: metrics.gauges(Metric::BackendConnections),
            backend_opened: metrics.counters(Metric::BackendConnectionsOpened),
            backend_failures: metrics.counters(Metric::BackendFailures),
            backend_up: metrics.gauges(Metric::BackendUp),
            metrics,
        }
    }

    /// Returns the counts of a backend; they go on where one of that name was there before.
    pub(crate) fn of(&self, backend: &str) -> Counts {
        let labels = of_backend(backend);
        let bytes = |direction: &str| {
            let labels = vec![("backend", backend.to_owned()), ("direction", direction.to_owned())];
            self.relayed.get_or_create(&labels).clone()
        };
        Counts {
            opened: self.backend_opened.get_or_create(&labels).clone(),
            failed: self.backend_failures.get_or_create(&labels).clone(),
            up_bytes: bytes("up"),
            down_bytes: bytes("down"),
        }
    }

    /// Counts a connection that was taken.
    pub(crate) fn taken(&self) {
        self.taken.get_or_create(&vec![("protocol", "tcp".to_owned())]).inc();
    }

    /// Counts a connection that did not end as it should.
    pub(crate) fn cut(&self, reason: &'static str) {
        self.cut.get_or_create(&vec![("reason", reason.to_owned())]).inc();
    }

    /// Returns all metrics as text.
    pub(crate) fn response(&self, pool: &Pool) -> http::Response<bytes::Bytes> {
        // Those of backends that have been taken off the list are told no more.
        self.backend_connections.clear();
        self.backend_up.clear();
        for backend in pool.shown() {
            let labels = of_backend(&backend.name);
            self.backend_connections.get_or_create(&labels).set(backend.connections.into());
            let is_up = backend.against.is_none();
            self.backend_up.get_or_create(&labels).set(is_up.into());
        }
        self.metrics.response()
    }
}

fn of_backend(name: &str) -> Labels {
    vec![("backend", name.to_owned())]
}
