//! Metrics: every name a server may expose, and their text form (`OpenMetrics` 1.0).

pub use prometheus_client::metrics::{
    counter::Counter, family::Family, gauge::Gauge, histogram::Histogram,
};

use bytes::Bytes;
use http::{HeaderValue, Response, header};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::histogram::exponential_buckets,
    registry::Registry,
};
use std::{fmt, hash::Hash};

/// What a server is in the chain; the second word of its metrics' names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Makes manifests and segments.
    Origin,
    /// Caches them.
    Edge,
    /// Answers for names.
    Dns,
    /// Gives connections to servers.
    Balance,
}

impl Role {
    /// Returns the role as it stands in names and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Origin => "origin",
            Self::Edge => "edge",
            Self::Dns => "dns",
            Self::Balance => "balance",
        }
    }
}

/// All metrics; the name on the wire is `dashpot_<role>_<name>`, and `_total` for counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Requests answered, by whatever labels the role gives them.
    Requests,
    /// Responses by the class of their status.
    Responses,
    /// From a request's head to the end of its response.
    RequestSeconds,
    /// Bytes of response bodies handed to clients.
    ResponseBytes,
    /// Connections that clients have open.
    Connections,
    /// Connections begun, by the protocol spoken.
    ConnectionsOpened,
    /// Requests refused before they were any, by reason.
    Refused,
    /// TLS handshakes that came to a connection.
    TlsHandshakes,
    /// TLS handshakes that did not, by reason.
    TlsHandshakeFailures,
    /// Times that the certificates were read again, by result.
    CertificateReloads,
    /// When each certificate ends, as a Unix time.
    CertificateExpirySeconds,
    /// Access-log lines given up because the writer could not keep up.
    AccessLogDropped,
    /// Answers cut short, because a datagram does not hold them.
    Truncated,
    /// Answers held back, because a network asks too much.
    Limited,
    /// The version of each zone that is answered from.
    ZoneSerial,
    /// Faults that responses have met on purpose, by kind.
    Faults,
    /// Requests sent upstream.
    UpstreamRequests,
    /// Upstream fetches that failed.
    UpstreamErrors,
    /// Bytes of bodies that came from upstream.
    UpstreamBytes,
    /// From asking upstream to the head of its answer.
    UpstreamSeconds,
    /// Requests that waited for another one's fetch.
    Collapsed,
    /// Bodies from upstream that broke off and went on.
    Resumed,
    /// Fetches that are filling the cache.
    Fills,
    /// What is in use of what the server can do, in percent.
    LoadPercent,
    /// Whether the server is under duress: 1 or 0.
    Duress,
    /// Stored responses.
    CacheObjects,
    /// Bytes they take.
    CacheBytes,
    /// Stored responses that had to leave for others.
    Evictions,
    /// Fetches that nobody had asked for yet.
    Prefetches,
    /// What came of them and was asked for then.
    PrefetchHits,
    /// Purges that were made.
    Purges,
    /// Purges that look-ups consider.
    PurgeRules,
    /// Files of the disk tier.
    DiskObjects,
    /// Bytes they take.
    DiskBytes,
    /// Requests answered from the disk tier.
    DiskHits,
    /// Responses and newer heads written to it.
    DiskWrites,
    /// Writes given up because the disk could not keep up or rests after an error.
    DiskDroppedWrites,
    /// Files of it that were not what was written.
    DiskChecksumFailures,
    /// Errors of the file system.
    DiskErrors,
    /// Responses read from the disk tier into memory.
    DiskPromoted,
    /// Connections that backends have open.
    BackendConnections,
    /// Connections that were made to backends.
    BackendConnectionsOpened,
    /// Connections to backends that failed.
    BackendFailures,
    /// Whether backends may be given anything.
    BackendUp,
    /// Connections that were given to another backend.
    Redispatches,
    /// Bytes passed on between clients and backends.
    RelayedBytes,
    /// Connections that were not ended by both sides.
    ConnectionsReset,
}

impl Metric {
    /// Returns the name without role and suffix, and what it counts.
    const fn name_and_help(self) -> (&'static str, &'static str) {
        match self {
            Self::Requests => ("requests", "Requests answered"),
            Self::Responses => ("responses", "Responses by class of status"),
            Self::RequestSeconds => ("request_seconds", "Request head to end of response"),
            Self::ResponseBytes => ("response_bytes", "Body bytes handed to clients"),
            Self::Connections => ("connections", "Open client connections"),
            Self::ConnectionsOpened => ("connections_opened", "Client connections by protocol"),
            Self::Refused => ("refused", "Requests refused unread by reason"),
            Self::TlsHandshakes => ("tls_handshakes", "TLS handshakes completed"),
            Self::TlsHandshakeFailures => ("tls_handshake_failures", "TLS handshakes failed"),
            Self::CertificateReloads => ("certificate_reloads", "Certificates read again"),
            Self::CertificateExpirySeconds => {
                ("certificate_expiry_seconds", "Unix time at which the certificate ends")
            }
            Self::AccessLogDropped => ("access_log_dropped", "Access log lines given up"),
            Self::Truncated => ("truncated", "Answers cut short for UDP"),
            Self::Limited => ("limited", "Answers held back by the rate limit"),
            Self::ZoneSerial => ("zone_serial", "Serial of the zone answered from"),
            Self::Faults => ("faults", "Faults injected by kind"),
            Self::UpstreamRequests => ("upstream_requests", "Requests sent upstream"),
            Self::UpstreamErrors => ("upstream_errors", "Upstream fetches that failed"),
            Self::UpstreamBytes => ("upstream_bytes", "Body bytes from upstream"),
            Self::UpstreamSeconds => ("upstream_seconds", "Upstream request to response head"),
            Self::Collapsed => ("collapsed", "Requests that waited for the same fetch"),
            Self::Resumed => ("resumed", "Upstream bodies that broke off and went on"),
            Self::Fills => ("fills", "Fetches filling the cache"),
            Self::LoadPercent => ("load_percent", "Share in use of what the server can do"),
            Self::Duress => ("duress", "1 while the server is under duress"),
            Self::CacheObjects => ("cache_objects", "Stored responses"),
            Self::CacheBytes => ("cache_bytes", "Bytes of stored responses"),
            Self::Prefetches => ("prefetches", "Fetches ahead of requests"),
            Self::PrefetchHits => ("prefetch_hits", "Requests for what was fetched ahead"),
            Self::Purges => ("purges", "Purges made"),
            Self::PurgeRules => ("purge_rules", "Purges that look-ups consider"),
            Self::Evictions => ("evictions", "Stored responses evicted"),
            Self::DiskObjects => ("disk_objects", "Files of the disk tier"),
            Self::DiskBytes => ("disk_bytes", "Bytes of the disk tier"),
            Self::DiskHits => ("disk_hits", "Requests answered from disk"),
            Self::DiskWrites => ("disk_writes", "Responses and heads written to disk"),
            Self::DiskDroppedWrites => ("disk_dropped_writes", "Writes to disk given up"),
            Self::DiskChecksumFailures => ("disk_checksum_failures", "Damaged files on disk"),
            Self::DiskErrors => ("disk_errors", "Errors of the disk tier's file system"),
            Self::DiskPromoted => ("disk_promoted", "Responses read from disk into memory"),
            Self::BackendConnections => ("backend_connections", "Open connections by backend"),
            Self::BackendConnectionsOpened => {
                ("backend_connections_opened", "Connections made by backend")
            }
            Self::BackendFailures => ("backend_failures", "Backend connections that failed"),
            Self::BackendUp => ("backend_up", "1 where a backend may be given connections"),
            Self::Redispatches => ("redispatches", "Connections tried at another backend"),
            Self::RelayedBytes => ("relayed_bytes", "Bytes passed on by direction"),
            Self::ConnectionsReset => ("connections_reset", "Connections ended early by reason"),
        }
    }
}

/// The metrics of one server: registered while it starts, then shared.
pub struct Metrics {
    registry: Registry,
}

impl Metrics {
    /// Returns a set without metrics for a server of `role`.
    #[must_use]
    pub fn new(role: Role) -> Self {
        Self { registry: Registry::with_prefix(format!("dashpot_{}", role.as_str())) }
    }

    /// Registers and returns a counter.
    pub fn counter(&mut self, metric: Metric) -> Counter {
        self.register(metric, Counter::default())
    }

    /// Registers and returns a counter for each set of labels.
    pub fn counters<L>(&mut self, metric: Metric) -> Family<L, Counter>
    where
        L: EncodeLabelSet + Clone + Eq + Hash + fmt::Debug + Send + Sync + 'static,
    {
        self.register(metric, Family::default())
    }

    /// Registers and returns a gauge for each set of labels.
    pub fn gauges<L>(&mut self, metric: Metric) -> Family<L, Gauge>
    where
        L: EncodeLabelSet + Clone + Eq + Hash + fmt::Debug + Send + Sync + 'static,
    {
        self.register(metric, Family::default())
    }

    /// Registers a family of counters that exists already.
    pub fn register_counters<L>(&mut self, metric: Metric, counters: &Family<L, Counter>)
    where
        L: EncodeLabelSet + Clone + Eq + Hash + fmt::Debug + Send + Sync + 'static,
    {
        self.register(metric, counters.clone());
    }

    /// Registers and returns a gauge.
    pub fn gauge(&mut self, metric: Metric) -> Gauge {
        self.register(metric, Gauge::default())
    }

    /// Registers a gauge that exists already, such as that of [`Options`](crate::Options).
    pub fn register_gauge(&mut self, metric: Metric, gauge: &Gauge) {
        self.register(metric, gauge.clone());
    }

    /// Registers and returns a histogram of seconds.
    pub fn seconds(&mut self, metric: Metric) -> Histogram {
        // 100 µs (a hit on loopback) to 26 s (longer than any segment), four to a decade or so.
        self.register(metric, Histogram::new(exponential_buckets(0.000_1, 2.0, 19)))
    }

    fn register<M>(&mut self, metric: Metric, value: M) -> M
    where
        M: prometheus_client::registry::Metric + Clone,
    {
        let (name, help) = metric.name_and_help();
        self.registry.register(name, help, value.clone());
        value
    }

    /// Returns all values as text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        encode(&mut out, &self.registry).unwrap_or_default();
        out
    }

    /// Returns the answer to `GET /metrics`.
    #[must_use]
    pub fn response(&self) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from(self.to_text()));
        let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        let no_store = HeaderValue::from_static("no-store");
        response.headers_mut().insert(header::CACHE_CONTROL, no_store);
        response
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_openmetrics_with_roles_units_and_totals() {
        let mut metrics = Metrics::new(Role::Edge);
        let requests = metrics.counters::<Vec<(&'static str, &'static str)>>(Metric::Requests);
        requests.get_or_create(&vec![("cache", "hit")]).inc_by(3);
        metrics.gauge(Metric::CacheBytes).set(42);
        metrics.counter(Metric::ResponseBytes).inc_by(7);
        metrics.seconds(Metric::RequestSeconds).observe(0.003);
        let text = metrics.to_text();
        for line in [
            "dashpot_edge_requests_total{cache=\"hit\"} 3",
            "dashpot_edge_cache_bytes 42",
            "dashpot_edge_response_bytes_total 7",
            "dashpot_edge_request_seconds_count 1",
            "# TYPE dashpot_edge_request_seconds histogram",
            "# EOF",
        ] {
            assert!(text.lines().any(|got| got == line), "{line} in {text}");
        }
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let value = line.rsplit(' ').next().unwrap();
            assert!(value.parse::<f64>().is_ok(), "{line}");
        }
    }
}
