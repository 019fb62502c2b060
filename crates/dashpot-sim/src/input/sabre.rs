//! Sabre's two files: the film and the network.
//!
//! A film is `{"segment_duration_ms", "bitrates_kbps": [..], "segment_sizes_bits": [[..], ..]}`,
//! a network `[{"duration_ms", "bandwidth_kbps", "latency_ms"}, ..]`, which begins again at its end.

use super::Period;
use dashpot_abr::{Table, TableError};
use serde::Deserialize;
use thiserror::Error;

/// Why a text is no film or no network.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SabreError {
    /// It is not JSON, or not of that form; the source names line and column.
    #[error("not in Sabre's form")]
    Json(#[from] serde_json::Error),
    /// Its numbers make no film.
    #[error("no film")]
    Film(#[from] TableError),
    /// A period, counted from 0, cannot be.
    #[error("period {index}: {what}")]
    Period {
        /// Which.
        index: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Nothing would ever arrive.
    #[error("no period carries anything")]
    CarriesNothing,
}

#[derive(Deserialize)]
struct MovieFile {
    segment_duration_ms: f64,
    bitrates_kbps: Vec<f64>,
    segment_sizes_bits: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct PeriodFile {
    duration_ms: f64,
    bandwidth_kbps: f64,
    latency_ms: f64,
}

/// Returns the film that `text` describes.
///
/// # Errors
/// Where it describes none.
pub fn movie(text: &str) -> Result<Table, SabreError> {
    let file: MovieFile = serde_json::from_str(text)?;
    let lengths = vec![file.segment_duration_ms; file.segment_sizes_bits.len()];
    Ok(Table::new(file.bitrates_kbps, lengths, &file.segment_sizes_bits)?)
}

/// Returns the network that `text` describes.
///
/// # Errors
/// Where it describes none, or one over which nothing would ever arrive.
pub fn network(text: &str) -> Result<Vec<Period>, SabreError> {
    let file: Vec<PeriodFile> = serde_json::from_str(text)?;
    let periods = file.iter().enumerate().map(|(index, period)| {
        let PeriodFile { duration_ms, bandwidth_kbps, latency_ms } = *period;
        let wrong = |what| Err(SabreError::Period { index, what });
        if !(duration_ms.is_finite() && 0.0 < duration_ms) {
            return wrong("its duration is not positive");
        }
        if !(bandwidth_kbps.is_finite() && 0.0 <= bandwidth_kbps) {
            return wrong("its bandwidth is negative");
        }
        if !(latency_ms.is_finite() && 0.0 <= latency_ms) {
            return wrong("its latency is negative");
        }
        Ok(Period { duration_ms, bandwidth_kbps, latency_ms })
    });
    let periods = periods.collect::<Result<Vec<_>, _>>()?;
    if periods.iter().all(|period| period.bandwidth_kbps <= 0.0) {
        return Err(SabreError::CarriesNothing);
    }
    Ok(periods)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error as _;

    fn chain(error: &SabreError) -> String {
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        format!("{error}{cause}")
    }

    #[test]
    fn a_network_is_read_or_its_place_named() {
        let check = |text: &str, expected: &str| {
            let got = network(text).map(|periods| format!("{} periods", periods.len()));
            assert_eq!(got.unwrap_or_else(|error| chain(&error)), expected, "{text}");
        };
        let row = |duration: &str, bandwidth: &str, latency: &str| {
            format!(
                r#"{{"duration_ms":{duration},"bandwidth_kbps":{bandwidth},"latency_ms":{latency}}}"#
            )
        };
        let good = row("1000", "1500.5", "20");
        check(&format!("[{good},{}]", row("1", "0", "0")), "2 periods");
        check(
            &format!("[{good},{}]", row("0", "9", "9")),
            "period 1: its duration is not positive",
        );
        check(&format!("[{}]", row("9", "-1", "9")), "period 0: its bandwidth is negative");
        check(&format!("[{}]", row("9", "9", "-0.5")), "period 0: its latency is negative");
        check(&format!("[{}]", row("9", "0", "9")), "no period carries anything");
        check("[]", "no period carries anything");
        check(
            "[{\"duration_ms\":1}]",
            "not in Sabre's form: missing field `bandwidth_kbps` at line 1 column 18",
        );
    }

    #[test]
    fn a_film_is_read_or_its_place_named() {
        let check = |text: &str, expected: &str| {
            let got = movie(text).map(|film| format!("{} segments", film.segments()));
            assert_eq!(got.unwrap_or_else(|error| chain(&error)), expected, "{text}");
        };
        let of = |sizes: &str| {
            format!(
                r#"{{"segment_duration_ms":3000,"bitrates_kbps":[1,2],"segment_sizes_bits":{sizes}}}"#
            )
        };
        check(&of("[[5,6],[7,8]]"), "2 segments");
        check(&of("[[5,6],[7]]"), "no film: segment 1 has not one size for each rung");
        check(&of("[]"), "no film: no rungs or no segments");
        check(&of("[[5,-6]]"), "no film: a rate, length or size is no positive number");
        check("{", "not in Sabre's form: EOF while parsing an object at line 1 column 1");
    }
}
