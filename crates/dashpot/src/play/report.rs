//! The result: a table for people, JSON for programs.

use super::tally::Tally;
use dashpot_base::{Bitrate, ByteSize};
use dashpot_client::Outcome;
use dashpot_qoe::{Metric, Summary};
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
    /// What there is to say of a live session.
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<Live>,
    /// What the MPD declares and could not be played, and why.
    problems: Vec<String>,
}

/// How a session kept to its live edge.
#[derive(Debug, Serialize)]
struct Live {
    latency_mean_s: f64,
    latency_p95_s: f64,
    latency_end_s: f64,
    playback_rate_mean: f64,
    playback_rate_changes: f64,
    skips: f64,
}

impl Live {
    /// Returns what a session's log says; `None` where it was not live or nothing was played.
    fn of(tally: &Tally, summary: &Summary) -> Option<Self> {
        // Without a ladder there are no scores, which nobody asks for.
        let measures = tally.tracker.measures(summary, &[]);
        Some(Self {
            latency_mean_s: measures.get(Metric::LiveLatencySeconds)?,
            latency_p95_s: measures.get(Metric::LiveLatencyP95Seconds)?,
            latency_end_s: measures.get(Metric::LiveLatencyEndSeconds)?,
            playback_rate_mean: measures.get(Metric::PlaybackRate)?,
            playback_rate_changes: measures.get(Metric::RateChanges)?,
            skips: measures.get(Metric::Skips)?,
        })
    }
}

impl Report {
    pub(super) fn new(outcome: Outcome, tally: &Tally) -> Self {
        Self {
            ended: outcome.reason.to_string(),
            took_ms: u64::try_from(outcome.took.as_millis()).unwrap_or(u64::MAX),
            live: Live::of(tally, &outcome.summary),
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
        if let Some(live) = &self.live {
            let latency =
                format!("{:.2} s, 95 % below {:.2} s", live.latency_mean_s, live.latency_p95_s);
            row("live latency", latency);
            let changes = live.playback_rate_changes;
            row(
                "playback rate",
                format!("{:.3}, changed {changes} times", live.playback_rate_mean),
            );
            row("skips", live.skips.to_string());
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
