//! Passive health: a server whose answers fail is passed over for a while.
//!
//! After Envoy's outlier detection, with its defaults: failures in a row eject at once; at each
//! sweep, so does a success rate far below that of the others. An ejection lasts longer each time,
//! and never are more than a part of the servers ejected.
//!
//! ```
//! use dashpot_base::MonoTime;
//! use dashpot_route::outlier::{Outliers, Settings};
//!
//! let mut outliers = Outliers::new(Settings::default(), 10, MonoTime::ZERO);
//! let now = MonoTime::from_nanos(1_000_000_000);
//! for _ in 0..5 {
//!     outliers.failed(now, 3);
//! }
//! assert!(outliers.is_ejected(now, 3));
//! assert_eq!(outliers.ejected_until(now, 3), Some(MonoTime::from_nanos(31_000_000_000)));
//! ```

use dashpot_base::MonoTime;
use std::time::Duration;

/// Who is ejected, and for how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Failures in a row that eject; at least one.
    pub consecutive: u32,
    /// From one comparison of success rates to the next; at least a millisecond.
    pub sweep: Duration,
    /// How long the first ejection lasts; the nth one n times as long.
    pub ejection: Duration,
    /// How long an ejection lasts at most.
    pub ejection_max: Duration,
    /// The part of the servers that may be ejected at once; one server may always be.
    pub ejected_ratio_max: f64,
    /// How many servers with enough requests there must be to compare success rates.
    pub rated_servers_min: usize,
    /// How many requests in a sweep are enough.
    pub rated_requests_min: u64,
    /// How many standard deviations below the mean a success rate is an outlier; 0 compares none.
    pub deviations: f64,
}

impl Default for Settings {
    /// Envoy's `consecutive_5xx`, `interval`, `base_ejection_time`, `max_ejection_time`,
    /// `max_ejection_percent`, `success_rate_minimum_hosts`, `success_rate_request_volume` and
    /// `success_rate_stdev_factor`.
    fn default() -> Self {
        Self {
            consecutive: 5,
            sweep: Duration::from_secs(10),
            ejection: Duration::from_secs(30),
            ejection_max: Duration::from_secs(300),
            ejected_ratio_max: 0.1,
            rated_servers_min: 5,
            rated_requests_min: 100,
            deviations: 1.9,
        }
    }
}

/// What is known of all servers' answers.
#[derive(Clone, Debug)]
pub struct Outliers {
    settings: Settings,
    records: Vec<Record>,
    sweeps_at: MonoTime,
}

/// What is known of one server's answers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Record {
    in_a_row: u32,
    requests: u64,
    failures: u64,
    /// How often it was ejected, less the sweeps that it has been well since.
    times: u32,
    until: MonoTime,
}

impl Record {
    #[expect(clippy::cast_precision_loss, reason = "requests of one sweep are far below 2^53")]
    fn success_rate(&self) -> f64 {
        1.0 - self.failures as f64 / self.requests as f64
    }
}

impl Outliers {
    /// Returns the record of `count` servers of which nothing is known.
    #[must_use]
    pub fn new(settings: Settings, count: usize, now: MonoTime) -> Self {
        let sweeps_at = now.after(settings.sweep.max(Duration::from_millis(1)));
        Self { settings, records: vec![Record::default(); count], sweeps_at }
    }

    /// Notes an answer that was as it should be.
    pub fn succeeded(&mut self, index: usize) {
        if let Some(record) = self.records.get_mut(index) {
            record.in_a_row = 0;
            record.requests += 1;
        }
    }

    /// Notes a failure, and returns whether it ejects the server.
    pub fn failed(&mut self, now: MonoTime, index: usize) -> bool {
        let Some(record) = self.records.get_mut(index) else { return false };
        record.in_a_row = record.in_a_row.saturating_add(1);
        record.requests += 1;
        record.failures += 1;
        let is_outlier = self.settings.consecutive.max(1) <= record.in_a_row;
        is_outlier && self.eject(now, index)
    }

    /// Takes a server back that has proved to be well by other means, as a probe.
    pub fn forgive(&mut self, index: usize) {
        if let Some(record) = self.records.get_mut(index) {
            (record.until, record.in_a_row) = (MonoTime::ZERO, 0);
        }
    }

    /// Compares success rates if that is due, and returns whether that has ejected any server.
    pub fn sweep(&mut self, now: MonoTime) -> bool {
        if now < self.sweeps_at {
            return false;
        }
        self.sweeps_at = now.after(self.settings.sweep.max(Duration::from_millis(1)));
        let mut any = false;
        if let Some(least) = self.least_rate() {
            for index in 0..self.records.len() {
                let record = self.records[index];
                let is_rated = self.settings.rated_requests_min.max(1) <= record.requests;
                any |= is_rated && record.success_rate() < least && self.eject(now, index);
            }
        }
        for record in &mut self.records {
            (record.requests, record.failures) = (0, 0);
            if record.until <= now {
                record.times = record.times.saturating_sub(1);
            }
        }
        any
    }

    /// Returns the success rate below which a server is an outlier, where enough can be compared.
    #[expect(clippy::cast_precision_loss, reason = "a count of servers")]
    fn least_rate(&self) -> Option<f64> {
        let least = self.settings.rated_requests_min.max(1);
        let rates = || {
            let rated = self.records.iter().filter(move |record| least <= record.requests);
            rated.map(Record::success_rate)
        };
        let count = rates().count();
        if count < self.settings.rated_servers_min.max(1) || self.settings.deviations <= 0.0 {
            return None;
        }
        let mean = rates().sum::<f64>() / count as f64;
        let variance =
            rates().map(|rate| (rate - mean) * (rate - mean)).sum::<f64>() / count as f64;
        Some(mean - self.settings.deviations * variance.sqrt())
    }

    /// Ejects a server unless as many are as may be.
    fn eject(&mut self, now: MonoTime, index: usize) -> bool {
        let ejected = self.records.iter().filter(|record| now < record.until).count();
        if self.is_ejected(now, index) || self.ejected_max() <= ejected {
            return false;
        }
        let settings = self.settings;
        let record = &mut self.records[index];
        record.times = record.times.saturating_add(1);
        record.in_a_row = 0;
        let lasts = settings.ejection.saturating_mul(record.times).min(settings.ejection_max);
        record.until = now.after(lasts);
        true
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a part of a count of servers"
    )]
    fn ejected_max(&self) -> usize {
        let ratio = self.settings.ejected_ratio_max.clamp(0.0, 1.0);
        ((self.records.len() as f64 * ratio).floor() as usize).max(1)
    }

    /// Returns whether a server is passed over at `now`.
    #[must_use]
    pub fn is_ejected(&self, now: MonoTime, index: usize) -> bool {
        self.ejected_until(now, index).is_some()
    }

    /// Returns until when a server is passed over, if it is.
    #[must_use]
    pub fn ejected_until(&self, now: MonoTime, index: usize) -> Option<MonoTime> {
        self.records.get(index).map(|record| record.until).filter(|until| now < *until)
    }

    /// Returns when success rates are compared next.
    #[must_use]
    pub const fn wake_at(&self) -> MonoTime {
        self.sweeps_at
    }

    pub(crate) fn record(&self, index: usize) -> Record {
        self.records.get(index).copied().unwrap_or_default()
    }

    /// Makes the list of servers another one, with what is known of each.
    pub(crate) fn replace(&mut self, records: Vec<Record>) {
        self.records = records;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: u64) -> MonoTime {
        MonoTime::from_nanos(seconds * 1_000_000_000)
    }

    fn fail(outliers: &mut Outliers, second: u64, index: usize, times: usize) -> bool {
        (0..times).fold(false, |any, _| outliers.failed(at(second), index) || any)
    }

    #[test]
    fn failures_in_a_row_eject_for_longer_each_time() {
        let mut outliers = Outliers::new(Settings::default(), 3, at(0));
        assert!(!fail(&mut outliers, 0, 0, 4));
        outliers.succeeded(0);
        assert!(!fail(&mut outliers, 0, 0, 4));
        for (second, lasts) in [(0, 30), (30, 60), (90, 90)] {
            assert!(fail(&mut outliers, second, 0, 5), "{second}");
            assert_eq!(outliers.ejected_until(at(second), 0), Some(at(second + lasts)));
            assert!(!outliers.is_ejected(at(second + lasts), 0));
        }
        // A server that stays well for a sweep is a time younger.
        for second in [180, 190] {
            assert!(!outliers.sweep(at(second)));
        }
        assert!(fail(&mut outliers, 200, 0, 5));
        assert_eq!(outliers.ejected_until(at(200), 0), Some(at(260)));
        outliers.forgive(0);
        assert!(!outliers.is_ejected(at(200), 0));
    }

    #[test]
    fn a_success_rate_far_below_the_others_ejects_at_the_sweep() {
        let mut outliers = Outliers::new(Settings::default(), 6, at(0));
        for index in 0..6 {
            for request in 0..100 {
                if index == 4 && request % 3 == 0 {
                    outliers.failed(at(1), index);
                } else {
                    outliers.succeeded(index);
                }
            }
        }
        assert!(!outliers.sweep(at(9)));
        assert!(outliers.sweep(at(10)));
        let ejected: Vec<_> = (0..6).filter(|index| outliers.is_ejected(at(10), *index)).collect();
        assert_eq!((ejected, outliers.wake_at()), (vec![4], at(20)));
    }

    proptest! {
        #[test]
        fn law_never_are_more_ejected_than_may_be_and_one_may_always(
            count in 1..40_usize, ratio in 0.0..1.0_f64,
            failing in prop::collection::vec(0..40_usize, 1..60),
        ) {
            let settings = Settings { ejected_ratio_max: ratio, ..Settings::default() };
            let mut outliers = Outliers::new(settings, count, at(0));
            let mut any = false;
            for index in failing {
                any |= index < count;
                fail(&mut outliers, 1, index, 5);
            }
            let ejected = (0..count).filter(|index| outliers.is_ejected(at(1), *index)).count();
            let most = (count as f64 * ratio).max(1.0);
            let is_within = ejected as f64 <= most && (!any || 1 <= ejected);
            prop_assert!(is_within, "{} of {}", ejected, most);
        }
    }
}
