//! A cache as it is typed: `2GiB,rtt=10ms,origin-rtt=60ms`.

use super::Edge;
use dashpot_base::{ByteSize, ParseUnitError, parse_duration};
use std::{fmt, time::Duration};

/// Why a cache cannot be had as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EdgeError {
    /// Nothing says how much it holds.
    #[error("how much the cache holds is missing: `2GiB` or `size=2GiB`")]
    NoSize,
    /// There is no such parameter.
    #[error(
        "`{0}`: parameters are size=1GiB, rtt=2ms, origin-rtt=150ms, origin-rate=4Mbps, \
         viewers-before=3"
    )]
    Unknown(String),
    /// A parameter is there twice.
    #[error("`{0}` is given twice")]
    Twice(String),
    /// A value is none of its parameter's.
    #[error("`{0}`")]
    BadValue(String, #[source] ParseUnitError),
    /// A value is beyond what a session can be played with.
    #[error("`{0}` is not {1}")]
    OutOfRange(String, &'static str),
}

/// The longest round trip: several times that of a geostationary satellite.
const ROUND_TRIP_MAX: Duration = Duration::from_secs(10);

/// The most viewers before: each costs a walk through the film for every session.
const BEFORE_MAX: u32 = 100_000;

impl Edge {
    /// Reads `SIZE` and parameters, of which only the size must be there:
    /// `2GiB,rtt=10ms,origin-rtt=60ms,origin-rate=20Mbps,viewers-before=5`.
    ///
    /// # Errors
    /// Where the size is missing, or there is no such parameter, or not with that value.
    pub fn parse(text: &str) -> Result<Self, EdgeError> {
        let mut edge = Self::default();
        let (mut near, mut far) = (edge.hit_latency, edge.miss_latency - edge.hit_latency);
        let mut seen = Vec::new();
        for (place, field) in text.split(',').map(str::trim).enumerate() {
            let (key, value) = match field.split_once('=') {
                Some((key, value)) => (key.trim(), value.trim()),
                None if place == 0 && !field.is_empty() => ("size", field),
                None => return Err(EdgeError::Unknown(field.to_owned())),
            };
            if seen.contains(&key) {
                return Err(EdgeError::Twice(key.to_owned()));
            }
            seen.push(key);
            let bad = |error| EdgeError::BadValue(field.to_owned(), error);
            match key {
                "size" => edge.capacity = value.parse().map_err(bad)?,
                "rtt" => near = round_trip(field, value)?,
                "origin-rtt" => far = round_trip(field, value)?,
                "origin-rate" => edge.miss_rate = value.parse().map_err(bad)?,
                "viewers-before" => edge.viewers_before = count(field, value)?,
                _ => return Err(EdgeError::Unknown(field.to_owned())),
            }
        }
        if !seen.contains(&"size") {
            return Err(EdgeError::NoSize);
        }
        if edge.capacity == ByteSize::ZERO {
            return Err(EdgeError::OutOfRange(text.to_owned(), "a size above 0"));
        }
        // Below this a segment takes days, and every session ends by its time limit.
        if edge.miss_rate.bps() < 1_000 {
            return Err(EdgeError::OutOfRange(text.to_owned(), "an origin of 1kbps or more"));
        }
        (edge.hit_latency, edge.miss_latency) = (near, near + far);
        Ok(edge)
    }
}

/// Says it as it may be typed, every parameter with its value.
impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let far = self.miss_latency.saturating_sub(self.hit_latency);
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        write!(
            f,
            "size={},rtt={},origin-rtt={},origin-rate={},viewers-before={}",
            whole(self.capacity.bytes(), &[("GiB", 1 << 30), ("MiB", 1 << 20), ("B", 1)]),
            whole(nanos(self.hit_latency), TIMES),
            whole(nanos(far), TIMES),
            whole(self.miss_rate.bps(), &[("Mbps", 1_000_000), ("kbps", 1_000), ("bps", 1)]),
            self.viewers_before,
        )
    }
}

const TIMES: &[(&str, u64)] = &[("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1)];

/// Returns `value` in the largest of the units of which it is a whole number, 0 in the smallest.
fn whole(value: u64, units: &[(&str, u64)]) -> String {
    let fits = |&&(_, unit): &&(&str, u64)| unit <= value && value.is_multiple_of(unit);
    let unit = units.iter().find(fits).or(units.last());
    unit.map_or_else(String::new, |(name, unit)| format!("{}{name}", value / unit))
}

fn round_trip(field: &str, value: &str) -> Result<Duration, EdgeError> {
    let time =
        parse_duration(value).map_err(|error| EdgeError::BadValue(field.to_owned(), error))?;
    let in_range = time <= ROUND_TRIP_MAX;
    in_range.then_some(time).ok_or_else(|| EdgeError::OutOfRange(field.to_owned(), "at most 10s"))
}

fn count(field: &str, value: &str) -> Result<u32, EdgeError> {
    let count = value.parse().ok().filter(|count| *count <= BEFORE_MAX);
    count.ok_or_else(|| EdgeError::OutOfRange(field.to_owned(), "a number from 0 to 100000"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dashpot_base::Bitrate;

    #[test]
    fn what_is_not_typed_has_its_default_and_what_is_said_can_be_read_again() {
        let two = ByteSize::from_mib(2_048);
        let check = |text: &str, expected: Edge| {
            let read = Edge::parse(text).unwrap();
            assert_eq!(read, expected, "{text}");
            assert_eq!(Edge::parse(&read.to_string()), Ok(read), "{read}");
        };
        let said = "size=1GiB,rtt=2ms,origin-rtt=150ms,origin-rate=4Mbps,viewers-before=3";
        assert_eq!(Edge::default().to_string(), said);
        check("1GiB", Edge::default());
        check(
            "1.5KiB,rtt=0ns,origin-rtt=1.5ms",
            Edge {
                capacity: ByteSize::new(1_536),
                hit_latency: Duration::ZERO,
                miss_latency: Duration::from_micros(1_500),
                ..Edge::default()
            },
        );
        check("2GiB", Edge { capacity: two, ..Edge::default() });
        check("size=2GiB", Edge { capacity: two, ..Edge::default() });
        let all = Edge {
            capacity: two,
            hit_latency: Duration::from_millis(10),
            miss_latency: Duration::from_millis(70),
            miss_rate: Bitrate::from_kbps(20_000),
            viewers_before: 0,
            ..Edge::default()
        };
        check("2GiB, rtt=10ms, origin-rtt=60ms, origin-rate=20Mbps, viewers-before=0", all);
        check("origin-rate=20Mbps,viewers-before=0,rtt=10ms,origin-rtt=60ms,size=2GiB", all);
    }

    #[test]
    fn what_cannot_be_had_is_refused_with_what_can() {
        let check = |text: &str, expected: &str| {
            let error = Edge::parse(text).unwrap_err();
            let source = std::error::Error::source(&error).map(ToString::to_string);
            let message = format!("{error}: {}", source.unwrap_or_default());
            assert!(message.contains(expected), "{text}: {message}");
        };
        check("", "parameters are size=1GiB");
        check("rtt=1ms", "how much the cache holds is missing");
        check("2GiB,rtt", "`rtt`: parameters are");
        check("2GiB,ttl=1s", "`ttl=1s`: parameters are");
        check("2GiB,size=1GiB", "`size` is given twice");
        check("2", "needs a unit: one of B, KiB");
        check("2GiB,rtt=20", "`rtt=20`: `20` needs a unit");
        check("2GiB,rtt=11s", "`rtt=11s` is not at most 10s");
        check("0B", "not a size above 0");
        check("2GiB,origin-rate=0bps", "not an origin of 1kbps or more");
        check("2GiB,viewers-before=-1", "is not a number from 0 to 100000");
    }
}
