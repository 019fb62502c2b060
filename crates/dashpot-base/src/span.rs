//! Spans of time in one word.

use std::{fmt, ops, time::Duration};

/// A span of whole nanoseconds: a [`Duration`] in one word instead of two, for what reckons with
/// spans all the time. Sums and differences stop at both ends, zero and five centuries.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(u64);

impl Span {
    /// No time.
    pub const ZERO: Self = Self(0);

    /// The longest.
    pub const MAX: Self = Self(u64::MAX);

    /// Returns the span of `nanos` nanoseconds.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Returns the span of `millis` milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// Returns the nanoseconds.
    #[must_use]
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// Returns the span in seconds, as [`Duration::as_secs_f64`] reckons.
    #[must_use]
    #[inline]
    pub fn as_secs_f64(self) -> f64 {
        let (seconds, nanos) = (self.0 / 1_000_000_000, self.0 % 1_000_000_000);
        // A number of 64 bits takes several steps to convert.
        match (u32::try_from(seconds), u32::try_from(nanos)) {
            (Ok(seconds), Ok(nanos)) => f64::from(seconds) + f64::from(nanos) / 1e9,
            _ => Duration::from(self).as_secs_f64(),
        }
    }

    /// Returns whether it is no time at all.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Returns what is left of it without `other`; none where that is longer.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// Returns what is left of it without `other`, or `None` where that is longer.
    #[must_use]
    #[inline]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// Returns how far the two are apart.
    #[must_use]
    pub const fn abs_diff(self, other: Self) -> Self {
        Self(self.0.abs_diff(other.0))
    }
}

impl ops::Add for Span {
    type Output = Self;
    #[inline]
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl ops::AddAssign for Span {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl ops::Mul<u32> for Span {
    type Output = Self;
    #[inline]
    fn mul(self, times: u32) -> Self {
        Self(self.0.saturating_mul(times.into()))
    }
}

impl ops::Div<u32> for Span {
    type Output = Self;

    /// # Panics
    /// Where it is divided by zero.
    #[inline]
    fn div(self, by: u32) -> Self {
        Self(self.0 / u64::from(by))
    }
}

impl From<Duration> for Span {
    #[inline]
    fn from(span: Duration) -> Self {
        let whole = span.as_secs().checked_mul(1_000_000_000);
        Self(whole.map_or(u64::MAX, |whole| whole.saturating_add(span.subsec_nanos().into())))
    }
}

impl From<Span> for Duration {
    #[inline]
    fn from(span: Span) -> Self {
        Self::from_nanos(span.0)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Duration::from(*self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spans_stop_at_both_ends() {
        let second = Span::from_millis(1_000);
        assert_eq!(Span::from(Duration::MAX), Span::MAX);
        assert_eq!(Span::MAX + second, Span::MAX);
        assert_eq!(Span::MAX * 2, Span::MAX);
        assert_eq!(Span::ZERO.saturating_sub(second), Span::ZERO);
        assert_eq!((second.checked_sub(Span::MAX), second / 4), (None, Span::from_millis(250)));
        assert_eq!(format!("{second:?}"), "1s");
    }

    proptest! {
        #[test]
        fn law_a_span_is_the_duration_that_it_was_made_of(nanos: u64) {
            let (span, duration) = (Span::from_nanos(nanos), Duration::from_nanos(nanos));
            prop_assert_eq!((Span::from(duration), Duration::from(span)), (span, duration));
            prop_assert_eq!(span.as_secs_f64().to_bits(), duration.as_secs_f64().to_bits());
        }
    }
}
