//! What an edge counts.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use dashpot_base::MonoTime;
use dashpot_route::load::Load;
use dashpot_serve::{Counter, Family, Gauge, Histogram, Metric, Metrics};
use http::{HeaderValue, Method, StatusCode};
use serde::{Serialize, Serializer};

use crate::disk::DiskReport;

/// Requests that the page of the edge shows; a screen holds fewer.
const RECENT_MAX: usize = 50;

/// A metric's labels.
type Labels = Vec<(&'static str, &'static str)>;

/// How a request was served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Served {
    /// From the store.
    Hit,
    /// From the store, although stale.
    Stale,
    /// Through a fetch that may be shared.
    Miss,
    /// Past the cache.
    Pass,
    /// With an error of the edge's own.
    Error,
}

impl Served {
    const ALL: [Self; 5] = [Self::Hit, Self::Stale, Self::Miss, Self::Pass, Self::Error];

    /// Returns the word for it in metrics, logs and `Server-Timing`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Stale => "stale",
            Self::Miss => "miss",
            Self::Pass => "pass",
            Self::Error => "error",
        }
    }
}

/// The counters of an edge.
#[derive(Debug)]
pub(crate) struct Stats {
    /// Requests and bytes of their responses, by how they were served.
    served: [(Counter, Counter); Served::ALL.len()],
    /// Responses by the first digit of their status, from 1.
    responses: [Counter; 5],
    pub(crate) request_seconds: Histogram,
    pub(crate) upstream_requests: Counter,
    pub(crate) upstream_errors: Counter,
    pub(crate) upstream_bytes: Counter,
    pub(crate) upstream_seconds: Histogram,
    pub(crate) collapsed: Counter,
    pub(crate) resumed: Counter,
    pub(crate) evictions: Counter,
    pub(crate) connections: Gauge,
    pub(crate) purges: Counter,
    purge_rules: Gauge,
    /// Connections begun, by protocol.
    pub(crate) protocols: Family<Vec<(&'static str, &'static str)>, Counter>,
    /// Requests refused before they were any, by reason.
    pub(crate) refused: Family<Vec<(&'static str, &'static str)>, Counter>,
    pub(crate) prefetches: Counter,
    pub(crate) prefetch_hits: Counter,
    fills: Gauge,
    load_percent: Gauge,
    duress: Gauge,
    objects: Gauge,
    bytes: Gauge,
    recent: Mutex<VecDeque<Recent>>,
    /// Responses that have ended.
    ended: AtomicU64,
    /// The second of the run in which `listed` counts.
    listing: AtomicU64,
    /// Requests of that second that are to be remembered.
    listed: AtomicUsize,
}

/// One request, as the page of the edge shows it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Recent {
    pub(crate) unix_ms: u64,
    #[serde(serialize_with = "method")]
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) status: u16,
    #[serde(serialize_with = "field_value")]
    pub(crate) cache_status: Option<HeaderValue>,
    pub(crate) bytes: u64,
    pub(crate) took_ms: u64,
    pub(crate) viewer: Option<String>,
}

fn method<S: Serializer>(method: &Method, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(method.as_str())
}

#[expect(clippy::ref_option, reason = "serde passes the field by reference")]
fn field_value<S: Serializer>(value: &Option<HeaderValue>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(value.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default())
}

/// What changes without being counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Levels {
    pub(crate) purge_rules: usize,
    pub(crate) fills: usize,
    pub(crate) objects: u64,
    pub(crate) bytes: u64,
}

/// The answer to `/_dashpot/stats`.
#[derive(Debug, Serialize)]
pub(crate) struct Report<'a> {
    pub(crate) name: &'a str,
    pub(crate) uptime_ms: u128,
    requests: u64,
    hits: u64,
    misses: u64,
    stale: u64,
    hit_ratio: f64,
    bytes_to_clients: u64,
    bytes_from_origin: u64,
    objects: u64,
    cache_bytes: u64,
    pub(crate) cache_bytes_max: u64,
    fills_running: usize,
    pub(crate) tiers: Tiers,
    pub(crate) recent: Vec<Recent>,
}

/// What each tier holds.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Tiers {
    pub(crate) memory: MemoryReport,
    pub(crate) disk: Option<DiskReport>,
}

/// The memory tier in `/_dashpot/stats`.
#[derive(Debug, Default, Serialize)]
pub(crate) struct MemoryReport {
    pub(crate) objects: u64,
    pub(crate) bytes: u64,
    pub(crate) bytes_max: u64,
}

impl Stats {
    pub(crate) fn new(metrics: &mut Metrics) -> Self {
        let requests: Family<Labels, Counter> = metrics.counters(Metric::Requests);
        let bytes: Family<Labels, Counter> = metrics.counters(Metric::ResponseBytes);
        let responses: Family<Labels, Counter> = metrics.counters(Metric::Responses);
        let one = |of: &Family<Labels, Counter>, label| of.get_or_create(&vec![label]).clone();
        let served = |served: Served| {
            let label = ("cache", served.as_str());
            (one(&requests, label), one(&bytes, label))
        };
        Self {
            served: Served::ALL.map(served),
            responses: ["1xx", "2xx", "3xx", "4xx", "5xx"]
                .map(|class| one(&responses, ("status", class))),
            request_seconds: metrics.seconds(Metric::RequestSeconds),
            upstream_requests: metrics.counter(Metric::UpstreamRequests),
            upstream_errors: metrics.counter(Metric::UpstreamErrors),
            upstream_bytes: metrics.counter(Metric::UpstreamBytes),
            upstream_seconds: metrics.seconds(Metric::UpstreamSeconds),
            collapsed: metrics.counter(Metric::Collapsed),
            resumed: metrics.counter(Metric::Resumed),
            evictions: metrics.counter(Metric::Evictions),
            connections: metrics.gauge(Metric::Connections),
            purges: metrics.counter(Metric::Purges),
            prefetches: metrics.counter(Metric::Prefetches),
            prefetch_hits: metrics.counter(Metric::PrefetchHits),
            purge_rules: metrics.gauge(Metric::PurgeRules),
            protocols: metrics.counters(Metric::ConnectionsOpened),
            refused: metrics.counters(Metric::Refused),
            fills: metrics.gauge(Metric::Fills),
            load_percent: metrics.gauge(Metric::LoadPercent),
            duress: metrics.gauge(Metric::Duress),
            objects: metrics.gauge(Metric::CacheObjects),
            bytes: metrics.gauge(Metric::CacheBytes),
            recent: Mutex::default(),
            ended: AtomicU64::default(),
            listing: AtomicU64::default(),
            listed: AtomicUsize::default(),
        }
    }

    /// Counts a request whose response begins.
    pub(crate) fn answered(&self, served: Served, status: StatusCode) {
        self.served[served as usize].0.inc();
        let class = usize::from(status.as_u16() / 100);
        if let Some(responses) = class.checked_sub(1).and_then(|class| self.responses.get(class)) {
            responses.inc();
        }
    }

    /// Counts bytes that the client of a response took.
    pub(crate) fn sending(&self, served: Served, bytes: u64) {
        self.served[served as usize].1.inc_by(bytes);
    }

    /// Counts a response that has ended, and what its client took of it since it was counted last.
    pub(crate) fn sent(&self, served: Served, bytes: u64, took: Duration) {
        self.sending(served, bytes);
        self.ended.fetch_add(1, Ordering::Relaxed);
        self.request_seconds.observe(took.as_secs_f64());
    }

    /// Counts `data` that came from upstream and returns its length.
    pub(crate) fn came_from_origin(&self, data: &Bytes) -> u64 {
        let len = u64::try_from(data.len()).unwrap_or(u64::MAX);
        self.upstream_bytes.inc_by(len);
        len
    }

    /// Returns whether a request that comes at `now` is to be remembered: as many of each second
    /// as the page shows. The others of a busy edge would be pushed out before anybody saw them,
    /// and every hit would pay for it with allocations and a lock.
    pub(crate) fn is_to_remember(&self, now: MonoTime) -> bool {
        let second = now.since(MonoTime::ZERO).as_secs();
        if self.listing.load(Ordering::Relaxed) != second {
            // Where two requests begin a second at once, it may get a few more.
            self.listing.store(second, Ordering::Relaxed);
            self.listed.store(0, Ordering::Relaxed);
        }
        self.listed.load(Ordering::Relaxed) < RECENT_MAX
            && self.listed.fetch_add(1, Ordering::Relaxed) < RECENT_MAX
    }

    pub(crate) fn remember(&self, request: Recent) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let oldest = if recent.len() < RECENT_MAX { None } else { recent.pop_back() };
        recent.push_front(request);
        // Freed without the lock.
        drop(recent);
        drop(oldest);
    }

    /// Returns the bytes of bodies that clients took.
    pub(crate) fn bytes_to_clients(&self) -> u64 {
        self.served.iter().map(|(_, bytes)| bytes.get()).sum()
    }

    /// Returns how many responses have begun and not ended.
    pub(crate) fn in_flight(&self) -> u64 {
        // What ends between the two reads is in neither.
        let ended = self.ended.load(Ordering::Relaxed);
        let begun: u64 = self.served.iter().map(|(requests, _)| requests.get()).sum();
        begun.saturating_sub(ended)
    }

    /// Brings the gauges of the load up to date.
    pub(crate) fn set_load(&self, load: Load) {
        self.load_percent.set(load.percent.into());
        self.duress.set(load.is_duress.into());
    }

    /// Brings the gauges up to date.
    pub(crate) fn set_levels(&self, levels: Levels) {
        let gauge = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        self.purge_rules.set(i64::try_from(levels.purge_rules).unwrap_or(i64::MAX));
        self.fills.set(i64::try_from(levels.fills).unwrap_or(i64::MAX));
        self.objects.set(gauge(levels.objects));
        self.bytes.set(gauge(levels.bytes));
    }

    /// Returns the counts, and what was served last, the newest first.
    pub(crate) fn report<'a>(&self, name: &'a str, levels: Levels) -> Report<'a> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let count = |served: Served| self.served[served as usize].0.get();
        let (hits, misses, stale) = (count(Served::Hit), count(Served::Miss), count(Served::Stale));
        Report {
            name,
            uptime_ms: 0,
            requests: Served::ALL.map(count).iter().sum(),
            hits,
            misses,
            stale,
            hit_ratio: ratio(hits, hits + misses + stale),
            bytes_to_clients: self.bytes_to_clients(),
            bytes_from_origin: self.upstream_bytes.get(),
            objects: levels.objects,
            cache_bytes: levels.bytes,
            cache_bytes_max: 0,
            fills_running: levels.fills,
            tiers: Tiers::default(),
            recent: recent.iter().cloned().collect(),
        }
    }
}

/// Returns `part` of `whole`, of those that the cache could have answered; zero of nothing.
#[expect(clippy::cast_precision_loss, reason = "a ratio to show; counts stay below 2^53")]
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use dashpot_serve::Role;

    use super::*;

    #[test]
    fn no_more_of_a_second_is_remembered_than_the_page_shows() {
        let stats = Stats::new(&mut Metrics::new(Role::Edge));
        for second in [0, 1, 7] {
            let now = MonoTime::ZERO.after(Duration::from_secs(second));
            let remembered = (0..RECENT_MAX * 3).filter(|_| stats.is_to_remember(now)).count();
            assert_eq!(remembered, RECENT_MAX);
        }
    }
}
