//! One session as a row: the columns of the files that a sweep writes.

use anyhow::{Context as _, bail};
use dashpot_qoe::Metric;
use dashpot_sim::sweep::{Job, Played};
use std::fmt::Write as _;
use xxhash_rust::xxh3::xxh3_64;

/// What stands before the figures: the session's own hash, what it was played with, and how it
/// ended. The first column is the key by which a row is found again.
const LEADING: [&str; 11] = [
    "session",
    "config",
    "film_hash",
    "trace_hash",
    "seed",
    "version",
    "buffer_ms",
    "abr",
    "film",
    "trace",
    "ended",
];

/// The version that rows carry.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How a column is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    Real,
}

/// Returns the columns in order.
pub(super) fn columns() -> impl Iterator<Item = (&'static str, Kind)> {
    let leading = LEADING.into_iter().map(|name| match name {
        "seed" | "buffer_ms" => (name, Kind::Integer),
        _ => (name, Kind::Text),
    });
    leading.chain(Metric::ALL.into_iter().map(|metric| (metric.name(), Kind::Real)))
}

/// Returns the header line with its end.
pub(super) fn header() -> String {
    let names = columns().map(|(name, _)| name).collect::<Vec<_>>();
    names.join(",") + "\n"
}

/// Returns the key of a session, as its row begins with it: of what it was played with and of the
/// names that its row carries.
pub(super) fn key(job: &Job<'_>) -> u64 {
    let Job { movie, network, .. } = job;
    xxh3_64(format!("{:x};{};{}", job.hash(), movie.name, network.name).as_bytes())
}

/// Returns the row of a session with its line end.
pub(super) fn line(job: &Job<'_>, played: &Played) -> String {
    with_hashes(job, played, (key(job), job.config_hash()), VERSION)
}

/// Returns the row of a session in real time, with its line end: `how` tells what else it was
/// played with, and `version` is that of all that took part.
pub(super) fn real_line(job: &Job<'_>, played: &Played, how: &str, version: &str) -> String {
    let config = xxh3_64(format!("{how};{version};{:x}", job.config_hash()).as_bytes());
    let key = xxh3_64(format!("{config:x};{:x}", key(job)).as_bytes());
    with_hashes(job, played, (key, config), version)
}

/// Returns the version of rows in which others take part, too.
pub(super) fn version_with(others: &str) -> String {
    format!("{VERSION} {others}").trim_end().to_owned()
}

fn with_hashes(job: &Job<'_>, played: &Played, (key, config): (u64, u64), version: &str) -> String {
    let mut line = format!(
        "{key:016x},{config:016x},{:016x},{:016x},{},{version},{},{},{},{},{}",
        job.movie.hash,
        job.network.hash,
        job.setup.seed,
        job.setup.buffer.as_millis(),
        quoted(job.rule),
        job.movie.name,
        job.network.name,
        played.ended,
    );
    for (_, value) in played.measures.iter() {
        line.push(',');
        if let Some(value) = value {
            // Writing to a string cannot fail.
            write!(line, "{value}").unwrap_or_default();
        }
    }
    line.push('\n');
    line
}

/// Rules are the one text with commas in it; names of files are free of them.
fn quoted(rule: &str) -> String {
    if rule.contains(',') { format!("\"{rule}\"") } else { rule.to_owned() }
}

/// Splits a session's line into its fields.
pub(super) fn fields(line: &str) -> anyhow::Result<Vec<&str>> {
    split(line, columns().count())
}

/// Splits a line into so many fields.
pub(super) fn split(line: &str, columns: usize) -> anyhow::Result<Vec<&str>> {
    let mut fields = Vec::new();
    let mut rest = line.trim_end_matches('\n');
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let (field, after) = quoted.split_once('"').context("a quote that never ends")?;
                (field, after.strip_prefix(','))
            }
            None => rest.split_once(',').map_or((rest, None), |(field, rest)| (field, Some(rest))),
        };
        fields.push(field);
        match after {
            Some(after) => rest = after,
            None => break,
        }
    }
    if fields.len() != columns {
        bail!("a row has {} fields instead of {columns}", fields.len());
    }
    Ok(fields)
}

/// The column that tells how a session ended.
pub(super) const ENDED: &str = LEADING[LEADING.len() - 1];

#[cfg(test)]
mod tests {
    use super::*;
    use dashpot_net::Generator;
    use dashpot_qoe::Measures;
    use dashpot_sim::{
        input::{Network, Vbr},
        sweep::Setup,
    };
    use std::time::Duration;

    #[test]
    fn a_row_is_read_as_it_was_written() {
        let movie = Vbr::parse("vbr,segments=20").unwrap().movie().unwrap();
        let traces = Generator::parse("lte,n=1").unwrap().traces().unwrap();
        let (name, trace) = traces.into_iter().next().unwrap();
        let network = Network::new(name, trace);
        let setup = Setup::new(Duration::from_secs(25), 1);
        for rule in ["throughput:safety=0.8", "throughput"] {
            let job = Job { rule, movie: &movie, network: &network, setup };
            let played = job.play(false).unwrap();
            let line = line(&job, &played);
            let read = fields(&line).unwrap();
            assert_eq!(
                (read[0], read[7], read[9]),
                (&*format!("{:016x}", key(&job)), rule, &*network.name)
            );
            assert_eq!(measures(&read).unwrap(), (played.ended, played.measures));
        }
        let line = line_of("\"a:b=1,c=2\"");
        let commas = fields(&line).unwrap().len();
        assert_eq!(commas, columns().count());
        assert!(fields("a,b").is_err());
        assert!(fields(&line_of("\"a")).is_err());
    }

    /// Returns why the session of these fields ended, and its figures.
    fn measures<'a>(fields: &[&'a str]) -> anyhow::Result<(&'a str, Measures)> {
        let mut measures = Measures::default();
        for (metric, text) in Metric::ALL.into_iter().zip(&fields[LEADING.len()..]) {
            if !text.is_empty() {
                let value =
                    text.parse::<f64>().with_context(|| format!("`{text}` is no number"))?;
                measures.set(metric, Some(value));
            }
        }
        Ok((fields[LEADING.len() - 1], measures))
    }

    fn line_of(rule: &str) -> String {
        let count = columns().count();
        (0..count).map(|i| if i == 7 { rule } else { "" }).collect::<Vec<_>>().join(",")
    }
}
