//! Bit rates and byte sizes.

use crate::Span;
use std::{fmt, iter::Sum, ops, time::Duration};

/// A data rate in bits per second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bitrate(u64);

impl Bitrate {
    /// Returns a rate of `bps` bits per second.
    #[must_use]
    pub const fn from_bps(bps: u64) -> Self {
        Self(bps)
    }

    /// Returns a rate of `kbps` times 1,000 bits per second, saturating.
    #[must_use]
    pub const fn from_kbps(kbps: u64) -> Self {
        Self(kbps.saturating_mul(1_000))
    }

    /// Returns the rate in bits per second.
    #[must_use]
    pub const fn bps(self) -> u64 {
        self.0
    }

    /// Returns what is left of this rate when `other` is taken off; zero where that is more.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// Returns the rate that moves `size` in `took`, or `None` where `took` is zero.
    #[must_use]
    #[inline]
    pub fn over(size: ByteSize, took: impl Into<Span>) -> Option<Self> {
        let nanos = took.into().nanos();
        // Nearly all bodies fit in 64 bits, whose division takes a fraction of the time.
        if let Some(bit_nanos) = size.bytes().checked_mul(8 * 1_000_000_000) {
            return bit_nanos.checked_div(nanos).map(Self);
        }
        let bit_nanos = u128::from(size.bytes()) * 8 * 1_000_000_000;
        Some(Self(u64::try_from(bit_nanos.checked_div(nanos.into())?).unwrap_or(u64::MAX)))
    }

    /// Returns how long `size` takes at this rate, rounded up to whole nanoseconds, or `None` at
    /// a rate of zero.
    #[must_use]
    pub fn time_for(self, size: ByteSize) -> Option<Duration> {
        if self.0 == 0 {
            return None;
        }
        let nanos = (u128::from(size.bytes()) * 8 * 1_000_000_000).div_ceil(u128::from(self.0));
        Some(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
    }

    /// Returns how many whole bytes this rate moves in `span`.
    #[must_use]
    pub fn bytes_in(self, span: impl Into<Span>) -> ByteSize {
        let bytes = u128::from(self.0) * u128::from(span.into().nanos()) / 8_000_000_000;
        ByteSize::new(u64::try_from(bytes).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for Bitrate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (value, unit) = scaled(self.0, 1_000, &["bps", "kbps", "Mbps", "Gbps"]);
        write!(f, "{value}{unit}")
    }
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSize(u64);

impl ByteSize {
    /// No bytes.
    pub const ZERO: Self = Self(0);

    /// Returns a size of `bytes` bytes.
    #[must_use]
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// Returns a size of `mebibytes` times 1,048,576 bytes, saturating.
    #[must_use]
    pub const fn from_mib(mebibytes: u64) -> Self {
        Self(mebibytes.saturating_mul(1 << 20))
    }

    /// Returns the size in bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl ops::Add for ByteSize {
    type Output = Self;
    #[inline]
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl ops::AddAssign for ByteSize {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for ByteSize {
    fn sum<I: Iterator<Item = Self>>(sizes: I) -> Self {
        sizes.fold(Self::ZERO, ops::Add::add)
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (value, unit) = scaled(self.0, 1_024, &["B", "KiB", "MiB", "GiB", "TiB"]);
        write!(f, "{value}{unit}")
    }
}

/// Returns `value` in the largest of `units` that keeps it at 1 or above, with one decimal where
/// it is not whole.
fn scaled(value: u64, step: u64, units: &[&'static str]) -> (String, &'static str) {
    let mut divisor = 1_u64;
    let mut unit = 0;
    while unit + 1 < units.len() && divisor * step <= value {
        divisor *= step;
        unit += 1;
    }
    let whole = value / divisor;
    let tenths = u128::from(value % divisor) * 10 / u128::from(divisor);
    let text = if tenths == 0 { format!("{whole}") } else { format!("{whole}.{tenths}") };
    (text, units[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_sizes_print_in_units_a_person_reads() {
        assert_eq!(Bitrate::from_kbps(1_800).to_string(), "1.8Mbps");
        assert_eq!(Bitrate::from_bps(999).to_string(), "999bps");
        assert_eq!(ByteSize::from_mib(512).to_string(), "512MiB");
        assert_eq!(ByteSize::new(1_536).to_string(), "1.5KiB");
    }

    #[test]
    fn a_rate_and_its_time_agree() {
        let rate = Bitrate::from_kbps(800);
        let size = ByteSize::new(100_000);
        assert_eq!(rate.time_for(size), Some(Duration::from_secs(1)));
        assert_eq!(Bitrate::over(size, Duration::from_secs(1)), Some(rate));
        assert_eq!(rate.bytes_in(Duration::from_secs(1)), size);
        assert_eq!(Bitrate::default().time_for(size), None);
    }
}
