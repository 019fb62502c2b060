//! The result: a table for people, JSON for programs.

use super::tally::Tally;
use dashpot_base::{Bitrate, ByteSize};
use dashpot_client::Outcome;
use dashpot_qoe::Summary;
use serde::Serialize;
use std::fmt::Write as _;

/// What `dashpot play` prints at its end.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// Why the session ended.
    ended: String,
    /// How long it took, waits and all.
    took_ms: u64,
    #[serde(flatten)]
    summary: Summary,
    /// Of `segments`, those that a cache on the way had.
    segments_from_cache: u64,
    /// What the MPD declares and could not be played, and why.
    problems: Vec<String>,
}

impl Report {
    pub(super) fn new(outcome: Outcome, tally: &Tally) -> Self {
        Self {
            ended: outcome.reason.to_string(),
            took_ms: u64::try_from(outcome.took.as_millis()).unwrap_or(u64::MAX),
            summary: outcome.summary,
            segments_from_cache: tally.from_cache,
            problems: outcome.problems,
        }
    }

    /// Returns the report as one JSON object.
    pub(super) fn json(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string_pretty(self)?)
    }

    /// Returns the report as a table.
    pub(super) fn text(&self) -> String {
        let it = &self.summary;
        let mut table = String::new();
        let mut row = |name: &str, value: String| {
            // Writing to a string cannot fail.
            writeln!(table, "{name:<16} {value}").is_ok()
        };
        row("ended", format!("{}, after {}", self.ended, seconds(self.took_ms)));
        row("played", seconds(it.played_ms));
        row("average bitrate", it.average_bitrate_bps.map_or_else(none, rate));
        row(
            "switches",
            match it.switches {
                0 => "0".to_owned(),
                switches => format!("{switches}, of {} on average", rate(it.switch_bps_mean)),
            },
        );
        row("startup", it.startup_ms.map_or_else(none, seconds));
        row(
            "stalls",
            match it.stalls {
                0 => "0".to_owned(),
                stalls => format!("{stalls}, {} in all", seconds(it.stall_ms)),
            },
        );
        row("stall ratio", it.stall_ratio.map_or_else(none, |it| format!("{:.2} %", it * 100.0)));
        if 0 < it.seeks {
            row("seeks", format!("{}, {} of waiting", it.seeks, seconds(it.seek_ms)));
        }
        let downloaded = ByteSize::new(it.downloaded_bytes);
        row("downloaded", format!("{downloaded} in {} segments", it.segments));
        let bytes = |bytes| ByteSize::new(bytes).to_string();
        row("unplayed", format!("{}, buffered at the end", bytes(it.unplayed_bytes)));
        row("wasted", format!("{}, dropped by seeks or broken off", bytes(it.wasted_bytes)));
        row("from a cache", format!("{} of {} segments", self.segments_from_cache, it.segments));
        row("failures", it.failures.to_string());
        if !self.problems.is_empty() {
            row("problems", format!("{} in the MPD, told on stderr", self.problems.len()));
        }
        for share in &it.rungs {
            let name = format!("at {}", rate(share.bitrate_bps));
            row(&name, seconds(share.played_ms));
        }
        table
    }
}

fn rate(bps: u64) -> String {
    Bitrate::from_bps(bps).to_string()
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03} s", ms / 1_000, ms % 1_000)
}

fn none() -> String {
    "none".to_owned()
}

#[cfg(test)]
mod tests;
