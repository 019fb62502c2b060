//! What the disk tier counts.

use dashpot_serve::{Counter, Gauge, Metric, Metrics};
use serde::Serialize;

/// The counters of a disk tier.
#[derive(Clone, Debug)]
pub(crate) struct Counters {
    pub(crate) objects: Gauge,
    pub(crate) bytes: Gauge,
    /// Requests answered from the disk.
    pub(crate) hits: Counter,
    pub(crate) writes: Counter,
    /// Writes given up because the disk could not keep up or rests after an error.
    pub(crate) dropped: Counter,
    pub(crate) checksum_failures: Counter,
    pub(crate) errors: Counter,
    pub(crate) promoted: Counter,
}

/// The disk tier in `/_dashpot/stats`.
#[derive(Debug, Serialize)]
pub(crate) struct DiskReport {
    objects: u64,
    bytes: u64,
    bytes_max: u64,
    hits: u64,
    writes: u64,
    dropped_writes: u64,
    checksum_failures: u64,
    errors: u64,
    promoted: u64,
}

impl Counters {
    pub(crate) fn new(metrics: &mut Metrics) -> Self {
        Self {
            objects: metrics.gauge(Metric::DiskObjects),
            bytes: metrics.gauge(Metric::DiskBytes),
            hits: metrics.counter(Metric::DiskHits),
            writes: metrics.counter(Metric::DiskWrites),
            dropped: metrics.counter(Metric::DiskDroppedWrites),
            checksum_failures: metrics.counter(Metric::DiskChecksumFailures),
            errors: metrics.counter(Metric::DiskErrors),
            promoted: metrics.counter(Metric::DiskPromoted),
        }
    }

    /// Returns the counts beside `objects` files that take `bytes` of `bytes_max`.
    pub(crate) fn report(&self, objects: u64, bytes: u64, bytes_max: u64) -> DiskReport {
        DiskReport {
            objects,
            bytes,
            bytes_max,
            hits: self.hits.get(),
            writes: self.writes.get(),
            dropped_writes: self.dropped.get(),
            checksum_failures: self.checksum_failures.get(),
            errors: self.errors.get(),
            promoted: self.promoted.get(),
        }
    }
}
