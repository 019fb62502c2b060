//! Traces as Pensieve has them: at these seconds, these Mbit/s.

/// The most rows of a trace: eleven days of one-second rows. More is a wrong file.
const ROWS_MAX: usize = 1_000_000;

/// The lowest mean rate of a trace, in Mbit/s: below a kilobit a second nothing is streamed, and
/// chunks would go around the trace for ever.
const MBPS_MIN: f64 = 0.001;

/// A link's rates over time; it starts over at its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// Seconds; the rate of a row holds from the row before until then.
    pub(super) times: Vec<f64>,
    /// Mbit/s. The first row's is never used.
    pub(super) mbps: Vec<f64>,
}

/// Why rows make no trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TraceProblem {
    /// There are fewer than two rows.
    #[error("fewer than two rows")]
    TooShort,
    /// There are more than a million rows.
    #[error("more than {ROWS_MAX} rows")]
    TooLong,
    /// This line, counted from 1, is not two numbers.
    #[error("line {0} is not seconds and Mbit/s")]
    NotTwoNumbers(usize),
    /// The row of this number, counted from 1, is no later than the one before it, or its time
    /// is none; the first one's is 0 at least.
    #[error("row {0} is no later than the row before")]
    NotLater(usize),
    /// The row of this number, counted from 1, has no rate.
    #[error("row {0} has a rate that is no rate")]
    NoRate(usize),
    /// On the whole the link carries less than a kilobit a second.
    #[error("less than a kilobit a second on the whole")]
    TooSlow,
}

impl Trace {
    /// Returns the trace of `rows`: seconds, and the Mbit/s from the row before until then.
    ///
    /// # Errors
    /// Where the rows make no trace.
    pub fn new(rows: &[(f64, f64)]) -> Result<Self, TraceProblem> {
        if rows.len() < 2 {
            return Err(TraceProblem::TooShort);
        }
        if ROWS_MAX < rows.len() {
            return Err(TraceProblem::TooLong);
        }
        let mut before = -f64::MIN_POSITIVE;
        let (mut megabits, mut slack) = (0.0, 0.0);
        for (row, &(time, mbps)) in (1..).zip(rows) {
            if !(time.is_finite() && before < time) {
                return Err(TraceProblem::NotLater(row));
            }
            if !(mbps.is_finite() && 0.0 <= mbps) {
                return Err(TraceProblem::NoRate(row));
            }
            megabits += mbps * (time - before) * slack;
            (before, slack) = (time, 1.0);
        }
        if megabits < MBPS_MIN * before || megabits < MBPS_MIN {
            return Err(TraceProblem::TooSlow);
        }
        let (times, mbps) = rows.iter().copied().unzip();
        Ok(Self { times, mbps })
    }

    /// Reads lines of seconds and Mbit/s with white space between them; blank lines are skipped.
    ///
    /// # Errors
    /// Where a line is not such a row, or the rows make no trace.
    pub fn parse(text: &str) -> Result<Self, TraceProblem> {
        let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        let rows = lines.take(ROWS_MAX + 1).map(|(number, line)| {
            let mut fields = line.split_whitespace().map(str::parse::<f64>);
            match (fields.next(), fields.next(), fields.next()) {
                (Some(Ok(time)), Some(Ok(mbps)), None) => Ok((time, mbps)),
                (_, _, _) => Err(TraceProblem::NotTwoNumbers(number)),
            }
        });
        Self::new(&rows.collect::<Result<Vec<_>, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_whole_or_refused() {
        let check = |text, expected| assert_eq!(Trace::parse(text).err(), expected, "{text}");
        check("0 1\n1.5\t2.25\n\n", None);
        check("0 1\n", Some(TraceProblem::TooShort));
        check("0 1\n1 x\n", Some(TraceProblem::NotTwoNumbers(2)));
        check("0 1 2\n", Some(TraceProblem::NotTwoNumbers(1)));
        check("0 1\n\n1\n", Some(TraceProblem::NotTwoNumbers(3)));
        check("0 1\n0 1\n", Some(TraceProblem::NotLater(2)));
        check("-1 1\n0 1\n", Some(TraceProblem::NotLater(1)));
        check("0 1\nNaN 1\n", Some(TraceProblem::NotLater(2)));
        check("0 1\n1 -1\n", Some(TraceProblem::NoRate(2)));
        check("0 1\n1 inf\n", Some(TraceProblem::NoRate(2)));
        // The first row's rate is never used.
        check("0 9\n1 0\n", Some(TraceProblem::TooSlow));
        check("0 9\n1 0\n1e9 0.0000001\n", Some(TraceProblem::TooSlow));
        check("0 9\n0.0001 1\n", Some(TraceProblem::TooSlow));
    }
}
