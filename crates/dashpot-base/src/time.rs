//! Monotonic time, wall time and media time: three clocks that are never mixed.

use crate::Span;
use std::{fmt, time::Duration};

/// Monotonic time in nanoseconds since the run began; for deadlines, rates and residence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MonoTime(u64);

impl MonoTime {
    /// The start of the run.
    pub const ZERO: Self = Self(0);

    /// Returns the time `nanos` nanoseconds into the run.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Returns the nanoseconds since the run began.
    #[must_use]
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// Returns this time moved later by `by`, saturating at the far end.
    #[must_use]
    #[inline]
    pub fn after(self, by: impl Into<Span>) -> Self {
        Self(self.0.saturating_add(by.into().nanos()))
    }

    /// Returns the time since `earlier`, or zero where `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// Returns the time since `earlier` in one word, or zero where `earlier` is later.
    #[must_use]
    #[inline]
    pub const fn span_since(self, earlier: Self) -> Span {
        Span::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for MonoTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}s", Duration::from_nanos(self.0).as_secs_f64())
    }
}

/// Wall-clock time as nanoseconds since the Unix epoch; for MPD availability, `Date` and `Age`.
///
/// Covers the years 1970 to 2554; earlier times are clamped to the epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WallTime(u64);

impl WallTime {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// Returns the time `since_epoch` after the Unix epoch, saturating at the far end.
    #[must_use]
    pub fn from_epoch(since_epoch: Duration) -> Self {
        Self(u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX))
    }

    /// Returns the time `seconds` whole seconds after the Unix epoch.
    #[must_use]
    pub fn from_unix_seconds(seconds: u64) -> Self {
        Self::from_epoch(Duration::from_secs(seconds))
    }

    /// Returns the span since the Unix epoch.
    #[must_use]
    pub const fn since_epoch(self) -> Duration {
        Duration::from_nanos(self.0)
    }

    /// Returns the whole seconds since the Unix epoch.
    #[must_use]
    pub const fn unix_seconds(self) -> u64 {
        self.since_epoch().as_secs()
    }

    /// Returns the whole milliseconds since the Unix epoch.
    #[must_use]
    pub const fn unix_millis(self) -> u64 {
        self.0 / 1_000_000
    }

    /// Returns this time moved later by `by`, saturating at the far end.
    #[must_use]
    #[inline]
    pub fn after(self, by: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX)))
    }

    /// Returns this time moved earlier by `by`, stopping at the epoch.
    #[must_use]
    pub fn before(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX)))
    }

    /// Returns the time since `earlier`, or zero where `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// A point or span on a media timeline: `ticks` of `timescale` per second.
///
/// Equality is of the fields; two values on different timescales are compared with
/// [`MediaTime::rescale`] or [`MediaTime::as_duration`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MediaTime {
    /// Ticks since the start of the timeline.
    pub ticks: u64,
    /// Ticks per second; never zero.
    pub timescale: u32,
}

impl MediaTime {
    /// Returns `ticks` on `timescale`, or `None` where `timescale` is zero.
    #[must_use]
    pub const fn new(ticks: u64, timescale: u32) -> Option<Self> {
        if timescale == 0 { None } else { Some(Self { ticks, timescale }) }
    }

    /// Returns this time on another timescale, rounded down, or `None` where it is zero.
    #[must_use]
    pub fn rescale(self, timescale: u32) -> Option<Self> {
        let scaled = u128::from(self.ticks) * u128::from(timescale);
        let ticks = scaled.checked_div(u128::from(self.timescale))?;
        Self::new(u64::try_from(ticks).unwrap_or(u64::MAX), timescale)
    }

    /// Returns this time as a span, rounded down to nanoseconds; zero on a timescale of zero.
    #[must_use]
    pub fn as_duration(self) -> Duration {
        let nanos = (u128::from(self.ticks) * 1_000_000_000)
            .checked_div(u128::from(self.timescale))
            .unwrap_or(0);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// Returns `span` on `timescale`, rounded down.
    #[must_use]
    pub fn from_duration(span: Duration, timescale: u32) -> Self {
        let ticks = span.as_nanos() * u128::from(timescale) / 1_000_000_000;
        Self { ticks: u64::try_from(ticks).unwrap_or(u64::MAX), timescale }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_saturate_instead_of_wrapping() {
        assert_eq!(MonoTime::ZERO.since(MonoTime::from_nanos(5)), Duration::ZERO);
        assert_eq!(MonoTime::from_nanos(u64::MAX).after(Duration::MAX).nanos(), u64::MAX);
        assert_eq!(WallTime::EPOCH.before(Duration::from_secs(1)), WallTime::EPOCH);
    }

    #[test]
    fn a_timescale_of_zero_is_refused() {
        assert_eq!(MediaTime::new(1, 0), None);
        assert_eq!(MediaTime { ticks: 1, timescale: 1 }.rescale(0), None);
    }

    proptest! {
        #[test]
        fn rescaling_up_by_a_multiple_and_back_is_the_identity(
            ticks in 0..1_u64 << 40, timescale in 1..100_000_u32, factor in 1..10_u32,
        ) {
            let time = MediaTime { ticks, timescale };
            let back = time.rescale(timescale * factor).and_then(|up| up.rescale(timescale));
            prop_assert_eq!(back, Some(time));
        }
    }
}
