//! Quantities as people type them: `512MiB`, `3Mbps`, `500ms`. A bare number is refused.

use crate::{Bitrate, ByteSize};
use std::{str::FromStr, time::Duration};

/// Why a quantity with a unit was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseUnitError {
    /// The text does not begin with a number.
    #[error("`{text}` does not begin with a number")]
    NoNumber {
        /// What was given.
        text: String,
    },
    /// The unit is missing or unknown.
    #[error("`{text}` needs a unit: one of {units}")]
    BadUnit {
        /// What was given.
        text: String,
        /// The units that are accepted, for the message.
        units: String,
    },
    /// The value does not fit in 64 bits.
    #[error("`{text}` is too large")]
    TooLarge {
        /// What was given.
        text: String,
    },
}

const RATE_UNITS: &[(&str, u64)] =
    &[("bps", 1), ("kbps", 1_000), ("Mbps", 1_000_000), ("Gbps", 1_000_000_000)];
const SIZE_UNITS: &[(&str, u64)] = &[
    ("B", 1),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
];
const TIME_UNITS: &[(&str, u64)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

impl FromStr for Bitrate {
    type Err = ParseUnitError;
    fn from_str(text: &str) -> Result<Self, ParseUnitError> {
        parse(text, RATE_UNITS).map(Self::from_bps)
    }
}

impl FromStr for ByteSize {
    type Err = ParseUnitError;
    fn from_str(text: &str) -> Result<Self, ParseUnitError> {
        parse(text, SIZE_UNITS).map(Self::new)
    }
}

/// Parses a span such as `500ms`, `20s`, `1.5h`.
///
/// # Errors
/// Where the number or its unit is missing, unknown or too large.
pub fn parse_duration(text: &str) -> Result<Duration, ParseUnitError> {
    parse(text, TIME_UNITS).map(Duration::from_nanos)
}

fn parse(text: &str, units: &[(&str, u64)]) -> Result<u64, ParseUnitError> {
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let too_large = || ParseUnitError::TooLarge { text: text.to_owned() };
    let no_number = || ParseUnitError::NoNumber { text: text.to_owned() };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.contains('.') {
        return Err(no_number());
    }
    let Some(&(_, factor)) = units.iter().find(|(name, _)| *name == unit.trim_start()) else {
        let units = units.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        return Err(ParseUnitError::BadUnit { text: text.to_owned(), units });
    };
    // Beyond twelve decimals nothing is left of any unit; the cut keeps the scale in 64 bits.
    let fraction = &fraction[..fraction.len().min(12)];
    let scale = (0..fraction.len()).fold(1_u128, |scale, _| scale * 10);
    let whole: u128 = whole.parse().map_err(|_| too_large())?;
    let fraction: u128 = if fraction.is_empty() { 0 } else { fraction.parse().unwrap_or(0) };
    let value = whole
        .checked_mul(u128::from(factor))
        .ok_or_else(too_large)?
        .saturating_add(fraction * u128::from(factor) / scale);
    u64::try_from(value).map_err(|_| too_large())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_size(text: &str, expected: Option<u64>) {
        assert_eq!(text.parse::<ByteSize>().ok().map(ByteSize::bytes), expected, "{text}");
    }

    #[test]
    fn sizes_need_a_unit_and_a_number() {
        for (text, expected) in [
            ("512MiB", Some(512 << 20)),
            ("1.5KiB", Some(1_536)),
            ("10 MB", Some(10_000_000)),
            ("512", None),
            ("MiB", None),
            ("-1B", None),
            ("1..5B", None),
            ("1mib", None),
            ("99999999999999999999999TiB", None),
        ] {
            check_size(text, expected);
        }
    }

    #[test]
    fn rates_and_times_have_their_own_units() {
        assert_eq!("3Mbps".parse(), Ok(Bitrate::from_kbps(3_000)));
        assert_eq!("0.7Mbps".parse(), Ok(Bitrate::from_kbps(700)));
        assert!("3MB".parse::<Bitrate>().is_err());
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_duration("1.5h"), Ok(Duration::from_secs(5_400)));
        let message = parse_duration("20").unwrap_err().to_string();
        assert!(message.contains("needs a unit"), "{message}");
    }
}
