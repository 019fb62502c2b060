//! The trace files of others, and which of them a text is.

use super::{Row, RowProblem, Trace, TraceError};
use dashpot_base::Bitrate;
use std::time::Duration;

/// How a trace is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Lines of `duration_ms,bandwidth_kbps,latency_ms`.
    Csv,
    /// Lines of a time in seconds and a rate in Mbit/s, as Pensieve's simulator (SIGCOMM 2017)
    /// reads them: each rate holds from the time of the line before to that of its own.
    Pensieve,
    /// Lines of one time in milliseconds, at each of which a packet of 1500 bytes may leave, as
    /// Mahimahi's link shell (ATC 2015) reads them.
    Mahimahi,
}

/// The bits of one of Mahimahi's packets.
const PACKET_BITS: u64 = 1_500 * 8;

/// How long packets are counted together to make a rate. Mahimahi's files have whole milliseconds,
/// in which there is a packet or none: a tenth of a second holds enough of them to speak of a rate,
/// and is short beside any segment.
const BIN_MS: u64 = 100;

/// The shortest interval that counts; two times of a Pensieve trace that are nearer are refused as
/// not ascending.
const NANOS_PER_SECOND: f64 = 1e9;

/// The latest time in a file, in milliseconds: a year.
const MS_MAX: u64 = 366 * 86_400_000;

/// The fastest rate in a file, in Mbit/s.
const MBPS_MAX: f64 = 1e9;

impl Format {
    /// Returns the format that the first line with anything on it is written in; `None` where it
    /// is of none.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
        if line.contains(',') {
            return Some(Self::Csv);
        }
        let mut fields = line.split_whitespace().map(str::parse::<f64>);
        match (fields.next(), fields.next(), fields.next()) {
            (Some(Ok(_)), None, _) => Some(Self::Mahimahi),
            (Some(Ok(_)), Some(Ok(_)), None) => Some(Self::Pensieve),
            _ => None,
        }
    }

    /// Reads a trace. `latency` is that of formats which have none of their own.
    ///
    /// # Errors
    /// Where a line is not what the format wants, or the lines make no trace.
    pub fn read(self, text: &str, latency: Duration) -> Result<Trace, TraceError> {
        match self {
            Self::Csv => Trace::parse(text),
            Self::Pensieve => pensieve(text, latency),
            Self::Mahimahi => mahimahi(text, latency),
        }
    }
}

/// The lines that say something, with their numbers.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    lines.filter(|(_, line)| !line.is_empty())
}

fn pensieve(text: &str, latency: Duration) -> Result<Trace, TraceError> {
    let mut before: Option<f64> = None;
    let rows = lines(text).filter_map(|(line, text)| {
        let bad = |problem| Err(TraceError::BadRow { line, problem });
        let (at, mbps) = match pair(text) {
            Ok(pair) => pair,
            Err(problem) => return Some(bad(problem)),
        };
        // The first line only says when the second one's rate begins.
        let since = before.replace(at)?;
        let nanos = (at - since) * NANOS_PER_SECOND;
        if nanos < 1.0 {
            return Some(bad(RowProblem::NotAscending));
        }
        let duration = Duration::from_nanos(whole(nanos));
        let rate = Bitrate::from_bps(whole(mbps * 1e6));
        Some(Ok((line, Row { duration, rate, latency })))
    });
    Trace::collect(rows)
}

/// Reads a time in seconds and a rate in Mbit/s.
fn pair(text: &str) -> Result<(f64, f64), RowProblem> {
    let fields = text.split_whitespace().collect::<Vec<_>>();
    let [at, mbps] = fields[..] else {
        return Err(RowProblem::WantsPair { found: fields.len() });
    };
    #[expect(clippy::cast_precision_loss, reason = "a round number of seconds")]
    let at_max = MS_MAX as f64 / 1e3;
    Ok((real("the time", at, at_max)?, real("the rate", mbps, MBPS_MAX)?))
}

fn real(field: &'static str, text: &str, max: f64) -> Result<f64, RowProblem> {
    let value = text.parse::<f64>().ok().filter(|value| (0.0..=max).contains(value));
    value.ok_or_else(|| RowProblem::NotInRange { field, text: text.chars().take(40).collect() })
}

/// Rounds a number that is neither negative nor beyond the bounds of `real`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bounded where it was read; a cast from a float saturates"
)]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

fn mahimahi(text: &str, latency: Duration) -> Result<Trace, TraceError> {
    let mut packets: Vec<u64> = Vec::new();
    let mut last = 0;
    for (line, text) in lines(text) {
        let bad = |problem| TraceError::BadRow { line, problem };
        let at = super::whole("the time in ms", text).map_err(bad)?;
        if MS_MAX < at {
            return Err(bad(RowProblem::TooLong));
        }
        if at < last {
            return Err(bad(RowProblem::NotAscending));
        }
        last = at;
        // A packet at the end of a bin belongs to it, as the trace ends with its last packet.
        let bin = usize::try_from(at.saturating_sub(1) / BIN_MS).unwrap_or(usize::MAX);
        if super::ROWS_MAX <= bin {
            return Err(TraceError::TooManyRows);
        }
        if packets.len() <= bin {
            packets.resize(bin + 1, 0);
        }
        packets[bin] += 1;
    }
    if last == 0 {
        return Err(TraceError::Empty);
    }
    let bins = packets.into_iter().zip(0_u64..).map(|(packets, bin)| {
        let ms = last.saturating_sub(bin * BIN_MS).min(BIN_MS);
        let rate = Bitrate::from_bps(packets.saturating_mul(PACKET_BITS) * 1_000 / ms.max(1));
        Row { duration: Duration::from_millis(ms), rate, latency }
    });
    Trace::from_rows(bins)
}

#[cfg(test)]
mod tests;
