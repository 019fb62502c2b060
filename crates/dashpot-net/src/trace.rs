//! Rate and latency over time, as a table that loops.

mod format;
mod generate;

pub use format::Format;
pub use generate::{Generator, GeneratorError};

use dashpot_base::{Bitrate, MonoTime};
use std::{sync::Arc, time::Duration};

/// The rate of a link that holds nothing back: bodies pass it in no time.
pub const UNLIMITED: Bitrate = Bitrate::from_bps(u64::MAX);

/// The most rows of a trace: eleven days of one-second rows. More is a wrong file.
const ROWS_MAX: usize = 1_000_000;

/// The longest trace: a century, far inside what `MonoTime` can count.
const TOTAL_NANOS_MAX: u64 = 100 * 366 * 86_400 * 1_000_000_000;

const HEADER: [&str; 3] = ["duration_ms", "bandwidth_kbps", "latency_ms"];

/// One interval of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// How long it lasts; never zero.
    pub duration: Duration,
    /// What the link carries during it; zero is an outage.
    pub rate: Bitrate,
    /// From a request begun during it to the first bit, paid once per request.
    pub latency: Duration,
}

/// Why a row of a trace was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RowProblem {
    /// The row has not three fields.
    #[error("has {found} fields instead of duration_ms,bandwidth_kbps,latency_ms")]
    FieldCount {
        /// How many it has.
        found: usize,
    },
    /// A field is not a whole number that fits.
    #[error("{field} is `{text}`, not a whole number")]
    NotANumber {
        /// The column.
        field: &'static str,
        /// What stands there.
        text: String,
    },
    /// The interval lasts no time.
    #[error("duration_ms is 0")]
    NoDuration,
    /// The line has not the two fields of a Pensieve trace.
    #[error("has {found} fields instead of a time in s and a rate in Mbit/s")]
    WantsPair {
        /// How many it has.
        found: usize,
    },
    /// A field is not a number that could be meant.
    #[error("{field} is `{text}`, not a number from 0 that could be meant")]
    NotInRange {
        /// The column.
        field: &'static str,
        /// What stands there.
        text: String,
    },
    /// Time does not go on.
    #[error("does not go forward in time")]
    NotAscending,
    /// The trace up to this row, or the latency in it, is longer than a century.
    #[error("is beyond a century")]
    TooLong,
}

/// Why a trace was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TraceError {
    /// A row cannot be used.
    #[error("line {line} {problem}")]
    BadRow {
        /// Its line in the text, or its place in the list, from 1.
        line: usize,
        /// What is wrong with it.
        problem: RowProblem,
    },
    /// There are no rows.
    #[error("no rows")]
    Empty,
    /// No row carries anything, so nothing would ever arrive.
    #[error("every row has a bandwidth of 0")]
    NeverCarries,
    /// There are too many rows.
    #[error("more than {ROWS_MAX} rows")]
    TooManyRows,
}

/// A table of rates and latencies that starts over at its end. Clones share the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Each row with the nanosecond, counted from the start of the table, at which it ends.
    rows: Arc<[(u64, Row)]>,
}

impl Trace {
    /// Returns a link that never changes.
    ///
    /// # Errors
    /// Where `rate` is zero or `latency` is beyond a century.
    pub fn constant(rate: Bitrate, latency: Duration) -> Result<Self, TraceError> {
        Self::from_rows([Row { duration: Duration::from_secs(1), rate, latency }])
    }

    /// Returns the trace of `rows`.
    ///
    /// # Errors
    /// Where there are none or too many, one lasts no time, or none carries anything.
    pub fn from_rows(rows: impl IntoIterator<Item = Row>) -> Result<Self, TraceError> {
        Self::collect(rows.into_iter().enumerate().map(|(index, row)| Ok((index + 1, row))))
    }

    /// Reads lines of `duration_ms,bandwidth_kbps,latency_ms`, with or without that header;
    /// blank lines are skipped.
    ///
    /// # Errors
    /// Where a line is not such a row, or the rows make no trace.
    pub fn parse(text: &str) -> Result<Self, TraceError> {
        let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
        let mut lines = lines.filter(|(_, line)| !line.is_empty()).peekable();
        lines.next_if(|(_, line)| line.split(',').map(str::trim).eq(HEADER));
        Self::collect(lines.map(|(line, text)| match parse_row(text) {
            Ok(row) => Ok((line, row)),
            Err(problem) => Err(TraceError::BadRow { line, problem }),
        }))
    }

    fn collect(
        numbered: impl Iterator<Item = Result<(usize, Row), TraceError>>,
    ) -> Result<Self, TraceError> {
        let mut rows = Vec::new();
        let mut end = 0_u64;
        for item in numbered {
            let (line, row) = item?;
            end = end_of(row, end).map_err(|problem| TraceError::BadRow { line, problem })?;
            if rows.len() == ROWS_MAX {
                return Err(TraceError::TooManyRows);
            }
            rows.push((end, row));
        }
        if rows.is_empty() {
            return Err(TraceError::Empty);
        }
        if rows.iter().all(|(_, row)| row.rate == Bitrate::default()) {
            return Err(TraceError::NeverCarries);
        }
        Ok(Self { rows: rows.into() })
    }

    /// Returns the rows in order.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().map(|(_, row)| row)
    }

    /// Returns the row in force at `now` of a trace begun at `began`.
    pub(crate) fn at(&self, began: MonoTime, now: MonoTime) -> InForce {
        let total = self.rows.last().map_or(1, |(end, _)| *end);
        let into = now.nanos().saturating_sub(began.nanos()) % total;
        let index = self.rows.partition_point(|(end, _)| *end <= into);
        self.in_force(index, now, self.rows[index].0 - into)
    }

    /// Returns the row in force at `now`, at which `before` is over: nearly always the next one.
    pub(crate) fn after(&self, before: &InForce, began: MonoTime, now: MonoTime) -> InForce {
        if before.ends != Some(now) {
            return self.at(began, now);
        }
        let index = if before.index + 1 < self.rows.len() { before.index + 1 } else { 0 };
        let begins = index.checked_sub(1).map_or(0, |before| self.rows[before].0);
        self.in_force(index, now, self.rows[index].0 - begins)
    }

    fn in_force(&self, index: usize, now: MonoTime, nanos_left: u64) -> InForce {
        let ends = MonoTime::from_nanos(now.nanos().saturating_add(nanos_left));
        let Row { rate, latency, .. } = self.rows[index].1;
        InForce { index, rate, latency, ends: (1 < self.rows.len()).then_some(ends) }
    }
}

/// A row of a trace that has begun.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InForce {
    index: usize,
    pub(crate) rate: Bitrate,
    pub(crate) latency: Duration,
    /// When the next one takes over: never, where there is only one.
    pub(crate) ends: Option<MonoTime>,
}

/// Returns where `row` ends when it begins at nanosecond `start`.
fn end_of(row: Row, start: u64) -> Result<u64, RowProblem> {
    if row.duration.is_zero() {
        return Err(RowProblem::NoDuration);
    }
    if u128::from(TOTAL_NANOS_MAX) < row.latency.as_nanos() {
        return Err(RowProblem::TooLong);
    }
    u64::try_from(row.duration.as_nanos())
        .ok()
        .and_then(|nanos| nanos.checked_add(start))
        .filter(|end| *end <= TOTAL_NANOS_MAX)
        .ok_or(RowProblem::TooLong)
}

fn parse_row(line: &str) -> Result<Row, RowProblem> {
    let fields = line.split(',').map(str::trim).collect::<Vec<_>>();
    let [duration, bandwidth, latency] = fields[..] else {
        return Err(RowProblem::FieldCount { found: fields.len() });
    };
    Ok(Row {
        duration: Duration::from_millis(whole(HEADER[0], duration)?),
        rate: Bitrate::from_kbps(whole(HEADER[1], bandwidth)?),
        latency: Duration::from_millis(whole(HEADER[2], latency)?),
    })
}

fn whole(field: &'static str, text: &str) -> Result<u64, RowProblem> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let value = if digits { text.parse().ok() } else { None };
    value.ok_or_else(|| RowProblem::NotANumber { field, text: text.chars().take(40).collect() })
}

#[cfg(test)]
mod tests;
