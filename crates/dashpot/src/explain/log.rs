//! A session's log, read back.

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
};

/// Largest log that is read: some hundred hours of a session.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// One line, as far as an explanation needs it; the writer's side is `dashpot_qoe::Event`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Line {
    pub(super) t_ms: u64,
    #[serde(flatten)]
    pub(super) event: Event,
}

/// What a line tells. Sound has no ladder, so only video is explained.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum Event {
    Rung(Rung),
    Segment(Segment),
    Abandon {
        reason: String,
        media: String,
        size_bytes: u64,
    },
    Play {
        reason: String,
        held_ms: u64,
    },
    Stall {
        position_ms: u64,
    },
    Skip {
        latency_ms: u64,
        from_ms: u64,
        to_ms: u64,
    },
    Failure {
        reason: String,
        what: String,
    },
    #[serde(other)]
    Other,
}

/// A choice and what was seen when it was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Rung {
    pub(super) choice: usize,
    pub(super) reason: String,
    pub(super) media: String,
    pub(super) bitrate_bps: u64,
    pub(super) buffer_ms: u64,
    pub(super) throughput_bps: Option<u64>,
}

/// A segment that arrived.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Segment {
    pub(super) media: String,
    pub(super) rung: usize,
    pub(super) bitrate_bps: u64,
    pub(super) number: u64,
    pub(super) start_ms: u64,
    pub(super) duration_ms: u64,
    pub(super) size_bytes: u64,
    pub(super) took_ms: u64,
    pub(super) first_byte_ms: u64,
    pub(super) buffer_ms: u64,
    pub(super) cache_status: Option<String>,
}

/// Reads the log at `path`.
///
/// # Errors
/// Where it cannot be read, or a line of it is none of a session's log.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<Line>> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    if FILE_BYTES_MAX < size {
        bail!("it is {size} bytes; a log may have {FILE_BYTES_MAX}");
    }
    let mut lines = Vec::new();
    for (index, line) in BufReader::new(file.take(FILE_BYTES_MAX)).lines().enumerate() {
        let line = line.with_context(|| format!("line {} is not text", index + 1))?;
        if line.trim().is_empty() {
            continue;
        }
        lines.push(parse(&line).with_context(|| {
            format!(
                "line {} is none of a session's log (`dashpot play --log` writes one)",
                index + 1
            )
        })?);
    }
    Ok(lines)
}

pub(super) fn parse(line: &str) -> Result<Line, serde_json::Error> {
    serde_json::from_str(line)
}
