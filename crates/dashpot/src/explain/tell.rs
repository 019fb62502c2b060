//! What is said about a session and about one of its choices.

use super::log::{Event, Line, Rung, Segment};
use dashpot_base::{Bitrate, ByteSize};
use serde::Serialize;
use std::fmt::Write as _;

const VIDEO: &str = "video";

/// Every change of rung and every stall, in order.
#[derive(Debug, Serialize)]
pub(super) struct Story {
    choices: usize,
    turns: Vec<Turn>,
}

/// One thing that a viewer could have seen.
#[derive(Debug, Serialize)]
struct Turn {
    t_ms: u64,
    what: String,
    buffer_ms: Option<u64>,
    throughput_bps: Option<u64>,
    reason: String,
}

impl Story {
    pub(super) fn of(session: &[Line]) -> Self {
        let (mut turns, mut choices, mut before) = (Vec::new(), 0, None);
        for line in session {
            let turn = match &line.event {
                Event::Rung(rung) if rung.media == VIDEO => {
                    choices += 1;
                    let previous = before.replace(rung.choice);
                    if previous == Some(rung.choice) {
                        continue;
                    }
                    let rate = Bitrate::from_bps(rung.bitrate_bps);
                    let way = match previous {
                        None => "begins at",
                        Some(previous) if previous < rung.choice => "up to",
                        Some(_) => "down to",
                    };
                    Turn {
                        t_ms: line.t_ms,
                        what: format!("{way} rung {}, {rate}", rung.choice),
                        buffer_ms: Some(rung.buffer_ms),
                        throughput_bps: rung.throughput_bps,
                        reason: rung.reason.clone(),
                    }
                }
                Event::Stall { .. } => Turn::bare(line.t_ms, "stalls", "the buffer is dry"),
                Event::Play { reason, held_ms } => {
                    Turn::bare(line.t_ms, &format!("plays after {}", seconds(*held_ms)), reason)
                }
                Event::Skip { latency_ms, from_ms, to_ms } => {
                    let skipped = seconds(to_ms.saturating_sub(*from_ms));
                    let why = format!("{} behind the live edge", seconds(*latency_ms));
                    Turn::bare(line.t_ms, &format!("skips {skipped}"), &why)
                }
                Event::Abandon { reason, media, size_bytes } if media == VIDEO => {
                    let size = ByteSize::new(*size_bytes);
                    Turn::bare(line.t_ms, &format!("gives up a segment after {size}"), reason)
                }
                Event::Failure { reason, what } => {
                    Turn::bare(line.t_ms, &format!("failed: {what}"), reason)
                }
                Event::Rung(_) | Event::Segment(_) | Event::Abandon { .. } | Event::Other => {
                    continue;
                }
            };
            turns.push(turn);
        }
        Self { choices, turns }
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let mut row = |cells: [&str; 5]| {
            let [t, buffer, throughput, reason, what] = cells;
            // Writing to a string cannot fail.
            writeln!(text, "{t:>10}  {buffer:>9}  {throughput:>12}  {reason:<24}  {what}").is_ok()
        };
        row(["time", "buffer", "throughput", "why", "what"]);
        for turn in &self.turns {
            row([
                &seconds(turn.t_ms),
                &turn.buffer_ms.map(seconds).unwrap_or_default(),
                &turn.throughput_bps.map(rate).unwrap_or_default(),
                &turn.reason,
                &turn.what,
            ]);
        }
        writeln!(text, "{} choices of video in all; `--at TIME` explains one", self.choices)
            .unwrap_or_default();
        text
    }
}

impl Turn {
    fn bare(t_ms: u64, what: &str, reason: &str) -> Self {
        let (what, reason) = (what.to_owned(), reason.to_owned());
        Self { t_ms, what, buffer_ms: None, throughput_bps: None, reason }
    }
}

/// One choice: what was seen when it was made, and what came of it.
#[derive(Debug, Serialize)]
pub(super) struct Choice {
    t_ms: u64,
    #[serde(flatten)]
    rung: Rung,
    /// What the reason says in words.
    meaning: Option<&'static str>,
    previous: Option<Rung>,
    /// The last segment of video that had arrived.
    last_segment: Option<Segment>,
    /// The segment that the choice brought.
    brought: Option<Segment>,
    arrived_at_ms: Option<u64>,
    /// Stalls between the choice and that arrival.
    stalls: usize,
    /// Whether the segment was given up halfway, and why.
    given_up: Option<String>,
}

impl Choice {
    /// Explains the last choice of video made at or before `at_ms`.
    pub(super) fn at(session: &[Line], at_ms: u64) -> Option<Self> {
        let made = session.iter().rposition(|line| line.t_ms <= at_ms && is_choice(line))?;
        let (before, rest) = session.split_at(made);
        let (line, after) = rest.split_first()?;
        let Event::Rung(rung) = &line.event else { return None };
        let until = after.iter().position(is_choice).unwrap_or(after.len());
        let after = &after[..until];
        let brought = after.iter().find_map(|line| Some((line.t_ms, video_segment(line)?)));
        let arrived_at_ms = brought.map(|(t_ms, _)| t_ms);
        let waited = |line: &&Line| arrived_at_ms.is_none_or(|arrived| line.t_ms <= arrived);
        Some(Self {
            t_ms: line.t_ms,
            rung: rung.clone(),
            meaning: dashpot_abr::Reason::named(&rung.reason).map(dashpot_abr::Reason::meaning),
            previous: before.iter().rev().find_map(choice).cloned(),
            last_segment: before.iter().rev().find_map(video_segment).cloned(),
            brought: brought.map(|(_, segment)| segment.clone()),
            arrived_at_ms,
            stalls: after.iter().filter(waited).filter(|line| is_stall(line)).count(),
            given_up: after.iter().find_map(given_up),
        })
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let mut row = |name: &str, value: String| {
            // Writing to a string cannot fail.
            writeln!(text, "{name:<9} {value}").is_ok()
        };
        let Rung { choice, bitrate_bps, buffer_ms, throughput_bps, reason, .. } = &self.rung;
        row("at", seconds(self.t_ms));
        row("chose", format!("rung {choice}, {}", rate(*bitrate_bps)));
        row("why", self.meaning.map_or_else(|| reason.clone(), |it| format!("{reason}: {it}")));
        let throughput = throughput_bps.map_or_else(|| "not measured yet".to_owned(), rate);
        row("saw", format!("{} of buffer; throughput {throughput}", seconds(*buffer_ms)));
        match &self.previous {
            Some(it) => row("before", format!("rung {}, {}", it.choice, rate(it.bitrate_bps))),
            None => row("before", "nothing: the first choice of the session".to_owned()),
        };
        if let Some(segment) = &self.last_segment {
            row("", format!("had just got {}", arrival(segment)));
        }
        match (&self.brought, &self.given_up) {
            (_, Some(why)) => row("then", format!("gave the segment up halfway: {why}")),
            (Some(segment), None) => row("then", format!("got {}", arrival(segment))),
            (None, None) => row("then", "nothing came of it".to_owned()),
        };
        if 0 < self.stalls {
            row("", format!("stalled {} while it waited for it", times(self.stalls)));
        }
        text
    }
}

fn choice(line: &Line) -> Option<&Rung> {
    if let Event::Rung(rung) = &line.event
        && rung.media == VIDEO
    {
        return Some(rung);
    }
    None
}

fn is_choice(line: &Line) -> bool {
    choice(line).is_some()
}

fn video_segment(line: &Line) -> Option<&Segment> {
    if let Event::Segment(segment) = &line.event
        && segment.media == VIDEO
    {
        return Some(segment);
    }
    None
}

const fn is_stall(line: &Line) -> bool {
    matches!(line.event, Event::Stall { .. })
}

fn given_up(line: &Line) -> Option<String> {
    if let Event::Abandon { reason, media, .. } = &line.event
        && media == VIDEO
    {
        return Some(reason.clone());
    }
    None
}

fn arrival(segment: &Segment) -> String {
    let size = ByteSize::new(segment.size_bytes);
    let body_ms = segment.took_ms.saturating_sub(segment.first_byte_ms).max(1);
    let speed = Bitrate::from_bps(segment.size_bytes.saturating_mul(8_000) / body_ms);
    let cache = segment.cache_status.as_deref();
    let cache = cache.map_or_else(String::new, |status| format!(", cache: {status}"));
    format!(
        "segment {} at rung {}: {size} in {}, first byte after {}, {speed}; {} of buffer then{cache}",
        segment.number,
        segment.rung,
        seconds(segment.took_ms),
        seconds(segment.first_byte_ms),
        seconds(segment.buffer_ms),
    )
}

fn times(count: usize) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

fn rate(bps: u64) -> String {
    Bitrate::from_bps(bps).to_string()
}

pub(super) fn seconds(ms: u64) -> String {
    format!("{}.{:03} s", ms / 1_000, ms % 1_000)
}
