//! One session of the best rule and of the next, over the trace on which they differ the most.

use super::{
    super::{
        browser::is_one,
        plan::{Plan, played},
        summary::Summary,
    },
    Source,
};
use anyhow::Context as _;
use dashpot_qoe::{Event, Media, Record};
use dashpot_report::{Line, Panel, QUIET, Stack, colour, stack};
use dashpot_sim::{
    input::Network,
    sweep::{Job, Played},
};
use std::ops::Range;

/// Returns a caption and a figure for each of the two.
///
/// # Errors
/// Where a rule is none, or a figure cannot be drawn.
pub(super) fn draw(
    summary: &Summary,
    plan: &Plan,
    source: Source<'_>,
    ranks: &[usize],
) -> anyhow::Result<Vec<(String, String)>> {
    let Some(movie) = plan.movies.first() else { return Ok(Vec::new()) };
    let shown = shown(summary, source, ranks);
    let Some(trace) = telling(summary, &shown) else { return Ok(Vec::new()) };
    let network = &plan.networks[trace];
    let mut figures = Vec::new();
    for rule in shown {
        let name = &summary.rules[rule];
        let again;
        let played = match source {
            Source::Virtual => {
                again = played(&Job { rule: name, movie, network, setup: plan.setup }, true)?;
                &again
            }
            Source::Real { sessions, .. } => {
                let found = sessions.get(trace * summary.rules.len() + rule);
                found.context("a session was not kept")?
            }
        };
        let caption = format!(
            "{name} over {}, the trace on which the two {} differ the most, with {}",
            network.name,
            match source {
                Source::Virtual => "best rules",
                Source::Real { .. } => "rules shown",
            },
            movie.name
        );
        figures.push((caption, figure(played, network)?));
    }
    Ok(figures)
}

/// Returns the best rule and the next; where dash.js plays, the best and whichever of the two kinds
/// that is not.
fn shown(summary: &Summary, source: Source<'_>, ranks: &[usize]) -> Vec<usize> {
    let Some((&best, others)) = ranks.split_first() else { return Vec::new() };
    let is_browser = |rule: usize| is_one(&summary.rules[rule]);
    let of_other_kind = others.iter().find(|rule| is_browser(**rule) != is_browser(best));
    let second = match source {
        Source::Virtual => others.first(),
        Source::Real { .. } => of_other_kind.or(others.first()),
    };
    std::iter::once(best).chain(second.copied()).collect()
}

/// Returns the trace on which the rules `shown` differ the most; the first where there is one rule.
fn telling(summary: &Summary, shown: &[usize]) -> Option<usize> {
    let [first, second] = *shown else { return (!shown.is_empty()).then_some(0) };
    let apart = |trace: usize| {
        let at = |rule| summary.value(rule, summary.compared[0], trace);
        Some((at(first)? - at(second)?).abs())
    };
    let apart = (0..summary.traces).filter_map(|trace| Some((trace, apart(trace)?)));
    apart.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))).map(|(trace, _)| trace)
}

fn figure(played: &Played, network: &Network) -> anyhow::Result<String> {
    let seconds = played.took.as_secs_f64();
    let mut seen = Seen::default();
    for record in &played.records {
        seen.add(record, seconds);
    }
    let stalls = seen.stalls;
    let line = |name: &str, colour, points, is_step| Line {
        name: name.to_owned(),
        colour,
        points,
        is_step,
    };
    let rates = Panel {
        label: "Mbit/s".to_owned(),
        lines: vec![
            line("link", QUIET, link(network, seconds), true),
            line("estimate", colour(5), seen.estimate, true),
            line("rung", colour(0), seen.rung, true),
        ],
        marked: stalls.clone(),
    };
    let buffer = Panel {
        label: "buffer, s".to_owned(),
        lines: vec![line("buffer", colour(2), seen.buffer, false)],
        marked: stalls,
    };
    Ok(stack(&Stack { seconds, panels: vec![rates, buffer] })?)
}

/// What a session's records show, in seconds and Mbit/s.
#[derive(Default)]
struct Seen {
    rung: Vec<(f64, f64)>,
    estimate: Vec<(f64, f64)>,
    buffer: Vec<(f64, f64)>,
    stalls: Vec<Range<f64>>,
}

impl Seen {
    fn add(&mut self, record: &Record, end: f64) {
        let at = record.at.since(dashpot_base::MonoTime::ZERO).as_secs_f64();
        if let &Event::Rung { media: Media::Video, bitrate, buffer, throughput, .. } = &record.event
        {
            self.rung.push((at, megabits(bitrate.bps())));
            self.estimate.extend(throughput.map(|rate| (at, megabits(rate.bps()))));
            self.buffer.push((at, buffer.as_secs_f64()));
        } else if let &Event::Segment { media: Media::Video, buffer, .. } = &record.event {
            self.buffer.push((at, buffer.as_secs_f64()));
        } else if let Event::Stall { .. } = &record.event {
            self.buffer.push((at, 0.0));
            self.stalls.push(at..end);
        } else if let Event::Play { .. } = &record.event
            && let Some(stall) = self.stalls.last_mut()
        {
            stall.end = stall.end.min(at);
        }
    }
}

/// Returns what the link carries, once around and around again until `end`.
fn link(network: &Network, end: f64) -> Vec<(f64, f64)> {
    let mut at = 0.0;
    let periods = network.periods.iter().cycle().map(|period| {
        let begins = at;
        at += period.duration_ms / 1_000.0;
        (begins, period.bandwidth_kbps / 1_000.0)
    });
    periods.take_while(|(begins, _)| *begins < end).take(POINTS_MAX).collect()
}

/// More points than pixels show nothing more, and make the page heavy.
const POINTS_MAX: usize = 20_000;

#[expect(clippy::cast_precision_loss, reason = "rates above 2^53 bps do not exist")]
fn megabits(bps: u64) -> f64 {
    bps as f64 / 1e6
}
