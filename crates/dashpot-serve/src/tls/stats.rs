//! What is counted of TLS.

use super::CertificateState;
use crate::{Counter, Family, Gauge, Metric, Metrics};

/// Labels of one metric.
type Labels = Vec<(&'static str, &'static str)>;

/// The counters of TLS; clones count into the same ones.
#[derive(Clone, Debug, Default)]
pub struct TlsStats {
    pub(crate) handshakes: Counter,
    failures: Family<Labels, Counter>,
    pub(super) reloaded: Counter,
    pub(super) reload_failed: Counter,
    expiry: Family<Vec<(&'static str, String)>, Gauge>,
}

/// Why a handshake failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HandshakeFailure {
    /// It took too long.
    Timeout,
    /// The client went away.
    Closed,
    /// What came is not TLS.
    NotTls,
    /// No version, cipher or protocol is common to both.
    Incompatible,
    /// The client refused, mostly because it does not trust the certificate.
    Refused,
    /// Anything else.
    Other,
}

impl HandshakeFailure {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Closed => "closed",
            Self::NotTls => "not-tls",
            Self::Incompatible => "incompatible",
            Self::Refused => "refused",
            Self::Other => "other",
        }
    }
}

impl TlsStats {
    /// Registers the counters.
    #[must_use]
    pub fn new(metrics: &mut Metrics) -> Self {
        let reloads: Family<Labels, Counter> = metrics.counters(Metric::CertificateReloads);
        let reload = |result| reloads.get_or_create(&vec![("result", result)]).clone();
        Self {
            handshakes: metrics.counter(Metric::TlsHandshakes),
            failures: metrics.counters(Metric::TlsHandshakeFailures),
            reloaded: reload("ok"),
            reload_failed: reload("failed"),
            expiry: metrics.gauges(Metric::CertificateExpirySeconds),
        }
    }

    pub(crate) fn failed(&self, failure: HandshakeFailure) {
        self.failures.get_or_create(&vec![("reason", failure.as_str())]).inc();
    }

    /// Tells when each certificate ends; of two with one name, the one that ends first.
    pub(super) fn set_expiry(&self, states: &[CertificateState]) {
        self.expiry.clear();
        let mut states: Vec<_> = states.iter().collect();
        states.sort_by_key(|state| std::cmp::Reverse(state.expires));
        for state in states {
            let seconds = i64::try_from(state.expires.unix_seconds()).unwrap_or(i64::MAX);
            self.expiry.get_or_create(&vec![("name", state.name.clone())]).set(seconds);
        }
    }
}
