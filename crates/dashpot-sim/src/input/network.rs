//! Networks, of any format.

use super::{Hasher, Period, sabre};
use crate::oracle::pensieve;
use dashpot_base::Bitrate;
use dashpot_net::{Format, Row, Trace, TraceError, UNLIMITED};
use std::{sync::Arc, time::Duration};

/// The longest stretch, or latency, in a Sabre file: a century, as elsewhere.
const MS_MAX: f64 = 100.0 * 366.0 * 86_400e3;

/// A network that sessions are played over.
#[derive(Clone, Debug)]
pub struct Network {
    /// What it is called, in results.
    pub name: String,
    /// As native sessions have it.
    pub trace: Trace,
    /// As published simulators have it; not rounded to whole nanoseconds and bits.
    pub periods: Arc<[Period]>,
    /// As Pensieve's file has it, where it is from one.
    own: Option<Arc<pensieve::Trace>>,
    /// Identifies its content, whatever its name.
    pub hash: u64,
}

/// How a network is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkFormat {
    /// Sabre's JSON.
    Sabre,
    /// Lines of one of the formats that [`dashpot_net`] reads.
    Lines(Format),
}

/// Why a text is no network.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// No format is recognised.
    #[error(
        "it is no trace: neither lines of `duration_ms,bandwidth_kbps,latency_ms` (ours), of \
         `seconds Mbit/s` (Pensieve), of milliseconds (Mahimahi), nor Sabre's JSON"
    )]
    Unknown,
    /// A line cannot be used.
    #[error(transparent)]
    Lines(#[from] TraceError),
    /// Sabre's JSON cannot be used.
    #[error(transparent)]
    Sabre(#[from] sabre::SabreError),
    /// A period lasts too long for a session to be timed by it, or carries too much.
    #[error("period {index} is longer than a century, shorter than a nanosecond or too fast")]
    Beyond {
        /// Which, counted from 0.
        index: usize,
    },
}

impl NetworkFormat {
    /// Returns the format that `text` is written in, by its first words.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        match text.trim_start().bytes().next()? {
            b'[' | b'{' => Some(Self::Sabre),
            _ => Format::of(text).map(Self::Lines),
        }
    }
}

impl Network {
    /// Returns `trace` as a network.
    #[must_use]
    pub fn new(name: String, trace: Trace) -> Self {
        let periods = trace.rows().map(period).collect();
        Self::of(name, trace, periods)
    }

    /// Reads a network in `format`, or in whichever it is recognised to be in. `latency` is that of
    /// formats that have none of their own.
    ///
    /// # Errors
    /// Where it is none; the place is in the message.
    pub fn read(
        name: String,
        text: &str,
        format: Option<NetworkFormat>,
        latency: Duration,
    ) -> Result<Self, NetworkError> {
        let format = format.or_else(|| NetworkFormat::of(text)).ok_or(NetworkError::Unknown)?;
        match format {
            NetworkFormat::Lines(format) => {
                let mut network = Self::new(name, format.read(text, latency)?);
                if format == Format::Pensieve {
                    network.own = pensieve::Trace::parse(text).ok().map(Arc::new);
                }
                Ok(network)
            }
            NetworkFormat::Sabre => {
                let periods = sabre::network(text)?;
                let trace = trace(&periods)?;
                Ok(Self::of(name, trace, periods.into()))
            }
        }
    }

    /// Returns the network as Pensieve's environment has it: its own file as it stands, of others
    /// the ends of their periods.
    ///
    /// # Errors
    /// Where that environment has no use for it.
    pub fn pensieve(&self) -> Result<Arc<pensieve::Trace>, pensieve::TraceProblem> {
        if let Some(own) = &self.own {
            return Ok(Arc::clone(own));
        }
        let mut at = 0.0;
        let ends = self.periods.iter().map(|period| {
            at += period.duration_ms / 1e3;
            (at, period.bandwidth_kbps / 1e3)
        });
        let rows = std::iter::once((0.0, 0.0)).chain(ends).collect::<Vec<_>>();
        Ok(Arc::new(pensieve::Trace::new(&rows)?))
    }

    fn of(name: String, trace: Trace, periods: Arc<[Period]>) -> Self {
        let mut hasher = Hasher::default();
        for it in periods.iter() {
            hasher.list([it.duration_ms, it.bandwidth_kbps, it.latency_ms].iter());
        }
        Self { name, trace, periods, own: None, hash: hasher.finish() }
    }
}

#[expect(clippy::cast_precision_loss, reason = "below 2^53 bits a second")]
fn period(row: &Row) -> Period {
    Period {
        duration_ms: row.duration.as_nanos() as f64 / 1e6,
        bandwidth_kbps: row.rate.bps() as f64 / 1e3,
        latency_ms: row.latency.as_nanos() as f64 / 1e6,
    }
}

fn trace(periods: &[Period]) -> Result<Trace, NetworkError> {
    let rows = periods.iter().enumerate().map(|(index, period)| {
        let beyond = || NetworkError::Beyond { index };
        let nanos = whole(period.duration_ms * 1e6, MS_MAX * 1e6).filter(|nanos| *nanos != 0);
        let latency = whole(period.latency_ms * 1e6, MS_MAX * 1e6).ok_or_else(beyond)?;
        let bps = whole(period.bandwidth_kbps * 1e3, 1e18).ok_or_else(beyond)?;
        Ok(Row {
            duration: Duration::from_nanos(nanos.ok_or_else(beyond)?),
            rate: Bitrate::from_bps(bps.min(UNLIMITED.bps() - 1)),
            latency: Duration::from_nanos(latency),
        })
    });
    Ok(Trace::from_rows(rows.collect::<Result<Vec<_>, NetworkError>>()?)?)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "neither negative nor above `max`, which is far below 2^64"
)]
fn whole(value: f64, max: f64) -> Option<u64> {
    (0.0..=max).contains(&value).then(|| value.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: &[(u64, u64, u64)]) {
        let network = Network::read("n".to_owned(), text, None, Duration::from_millis(80)).unwrap();
        let rows = network.trace.rows().map(|row| {
            let ms = |span: Duration| u64::try_from(span.as_millis()).unwrap();
            (ms(row.duration), row.rate.bps() / 1_000, ms(row.latency))
        });
        assert_eq!(rows.collect::<Vec<_>>(), expected, "{text}");
        assert_eq!(network.periods.len(), expected.len());
    }

    #[test]
    fn a_format_is_recognised_by_its_first_words() {
        check("1000,500,20\n", &[(1_000, 500, 20)]);
        check("\n0 1\n2.5 4\n", &[(2_500, 4_000, 80)]);
        check("50\n100\n", &[(100, 240, 80)]);
        let sabre = r#" [{"duration_ms":1000.5,"bandwidth_kbps":500.25,"latency_ms":20}]"#;
        check(sabre, &[(1_000, 500, 20)]);
        let periods = Network::read(String::new(), sabre, None, Duration::ZERO).unwrap().periods;
        assert_eq!(format!("{:?}", periods[0].bandwidth_kbps), "500.25");
    }

    #[test]
    fn what_is_no_network_is_refused_with_what_is() {
        let check = |text: &str, words: &str| {
            let read = Network::read(String::new(), text, None, Duration::ZERO);
            let message = read.unwrap_err().to_string();
            assert!(message.contains(words), "{text}: {message}");
        };
        check("<html>", "it is no trace: neither lines");
        check("", "it is no trace");
        check("1,2", "line 1 has 2 fields");
        check("{}", "not in Sabre's form");
        let sabre = r#"[{"duration_ms":1e300,"bandwidth_kbps":1,"latency_ms":1}]"#;
        check(sabre, "period 0 is longer than a century");
    }

    #[test]
    fn the_hash_is_of_the_content_and_not_of_the_name_or_format() {
        let read = |name: &str, text| {
            Network::read(name.to_owned(), text, None, Duration::ZERO).unwrap().hash
        };
        let json = r#"[{"duration_ms":1000,"bandwidth_kbps":500,"latency_ms":20}]"#;
        assert_eq!(read("a", "1000,500,20"), read("b", json));
        assert_ne!(read("a", "1000,500,20"), read("a", "1000,500,21"));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in r#"[\[\]{}"a-z_0-9 ,.:e\n\t+-]{0,120}"#) {
            drop(Network::read(String::new(), &text, None, Duration::ZERO));
        }

        #[test]
        fn no_numbers_make_the_reader_panic(
            duration in any::<f64>(), bandwidth in any::<f64>(), latency in any::<f64>(),
        ) {
            let text = serde_json::json!([{"duration_ms": duration, "bandwidth_kbps": bandwidth,
                                           "latency_ms": latency}]);
            drop(Network::read(String::new(), &text.to_string(), None, Duration::ZERO));
        }
    }
}
