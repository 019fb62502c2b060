//! The result as one HTML page and its figures as files: for those who were not there.

mod session;

use super::{plan::Plan, summary::Summary, table};
use anyhow::Context as _;
use dashpot_qoe::{
    Better, Metric,
    stats::{Difference, Verdict},
};
use dashpot_report::{
    COLOURED, Cdf, Cell, Interval, Intervals, Page, QUIET, Table, cdf, colour, intervals, png,
};
use dashpot_sim::sweep::{Live, Played};
use std::{fs, path::Path};

/// Where the sessions of a report come from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source<'a> {
    /// They can be played again at any time.
    Virtual,
    /// They were played in real time.
    Real {
        /// In the order of the plan.
        sessions: &'a [Played],
        /// With what, in a sentence.
        with: &'a str,
        /// The versions of those that took part.
        versions: &'a str,
    },
}

/// The figures of live sessions whose distributions are drawn.
const DRAWN_LIVE: [(Metric, f64, &str); 5] = [
    (Metric::Nqoe, 1.0, "NQoE"),
    (Metric::BitrateKbps, 1e-3, "mean bitrate, Mbit/s"),
    (Metric::StallRatio, 100.0, "time stalled, % of time watched"),
    (Metric::LiveLatencySeconds, 1.0, "mean latency, s"),
    (Metric::LiveLatencyP95Seconds, 1.0, "latency that is not passed for 95 % of the time, s"),
];

/// The same of films that were there.
const DRAWN: [(Metric, f64, &str); 4] = [
    (Metric::QoeLin, 1.0, "QoE_lin a segment"),
    (Metric::BitrateKbps, 1e-3, "mean bitrate, Mbit/s"),
    (Metric::StallRatio, 100.0, "time stalled, % of time watched"),
    (Metric::SwitchesPerMinute, 1.0, "switches a minute"),
];

/// Returns whether the distribution of that metric is drawn, of sessions of this kind.
pub(super) fn is_drawn(metric: Metric, live: Option<Live>) -> bool {
    drawn(live).iter().any(|(drawn, ..)| *drawn == metric)
}

fn drawn(live: Option<Live>) -> &'static [(Metric, f64, &'static str)] {
    if live.is_some() { &DRAWN_LIVE } else { &DRAWN }
}

/// Writes `report.html` and the figures, as SVG and as PNG, into `folder`.
///
/// # Errors
/// Where a session cannot be played again, a figure not be drawn or a file not be written.
pub(super) fn publish(
    summary: &Summary,
    plan: &Plan,
    source: Source<'_>,
    folder: &Path,
) -> anyhow::Result<()> {
    let ranks = table::ranked(summary);
    let mut figures = Vec::new();
    for &(metric, scale, label) in drawn(summary.live) {
        figures.push((
            metric.name().to_owned(),
            label.to_owned(),
            distribution(summary, &ranks, metric, scale, label)?,
        ));
    }
    let differences = against_best(summary, &ranks)?;
    let session = session::draw(summary, plan, source, &ranks)?;
    let drawn = folder.join("figures");
    fs::create_dir_all(&drawn).with_context(|| format!("cannot make `{}`", drawn.display()))?;
    for (name, _, svg) in &figures {
        save(&drawn, name, svg)?;
    }
    if let Some(svg) = &differences {
        save(&drawn, "differences", svg)?;
    }
    for (name, (_, svg)) in ["session-best", "session-second"].iter().zip(&session) {
        save(&drawn, name, svg)?;
    }
    let headline = match source {
        Source::Virtual => table::headline(summary),
        Source::Real { versions, .. } => {
            format!("{}; in real time: {versions}", table::headline(summary))
        }
    };
    let mut page = Page::new("ABR benchmark", &headline);
    let mut captioned = figures.into_iter().map(|(_, label, svg)| {
        (format!("{label}: the share of traces on which it is at most so much"), svg)
    });
    first_screen(
        &mut page,
        summary,
        &ranks,
        differences.into_iter().map(against).chain(captioned.next()),
    );
    page.heading("Other figures");
    page.figures(&captioned.collect::<Vec<_>>());
    page.heading("Differences, pair by pair");
    page.paragraph(
        "Each pair of rules is compared on the same traces. The interval is that of the mean \
         difference (95 %, bootstrap over traces); p is of the signed-rank test, adjusted (Holm) for \
         every comparison in this table. A difference is called one where p is below 0.05 and the \
         interval excludes zero; where none is shown there may still be one, too small for so many traces.",
    );
    page.html(&pairs(summary).html());
    if !session.is_empty() {
        page.heading("One session, second by second");
    }
    for figure in session {
        page.figures(&[figure]);
    }
    provenance(&mut page, summary, plan, source);
    write(&folder.join("report.html"), page.finish().as_bytes())
}

/// Writes a figure as a drawing and as a bitmap.
fn save(folder: &Path, name: &str, svg: &str) -> anyhow::Result<()> {
    write(&folder.join(format!("{name}.svg")), svg.as_bytes())?;
    let bitmap = png(svg).with_context(|| format!("cannot draw `{name}.png`"))?;
    write(&folder.join(format!("{name}.png")), &bitmap)
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write `{}`", path.display()))
}

/// What is to be taken away: the verdict, each rule's figures, and how far the others are from the best.
fn first_screen(
    page: &mut Page,
    summary: &Summary,
    ranks: &[usize],
    drawn: impl Iterator<Item = (String, String)>,
) {
    let about_best = summary.differences.iter().filter(|it| {
        it.metric == summary.compared[0]
            && ranks.first().is_some_and(|best| [it.a, it.b].contains(best))
    });
    let support = about_best.map(|it| table::sentence(summary, it));
    page.verdict(&table::verdict(summary), &support.take(COLOURED).collect::<Vec<_>>());
    page.html(&figures(summary, ranks).html());
    page.figures(&drawn.collect::<Vec<_>>());
}

fn against(svg: String) -> (String, String) {
    let caption = "Mean difference from the best rule with its 95 % interval, paired by trace; grey: no difference is shown";
    (caption.to_owned(), svg)
}

fn figures(summary: &Summary, ranks: &[usize]) -> Table {
    let columns = table::columns(summary);
    let mut heads = vec![("rule".to_owned(), "as it was asked for".to_owned())];
    for column in &columns {
        let (metric, unit) = (column.2, column.1);
        let head =
            if unit.is_empty() { column.0.to_owned() } else { format!("{}, {unit}", column.0) };
        heads.push((head, format!("{}: mean over traces", metric.name())));
        if metric == summary.compared[0] {
            heads.push(("worst 5 %".to_owned(), "mean of the worst traces".to_owned()));
        }
    }
    let mean = |rule: usize| summary.spread(rule, summary.compared[0]).mean.unwrap_or(f64::NAN);
    let (top, bottom) = ranks.iter().fold((f64::NEG_INFINITY, 0.0_f64), |(top, bottom), &rule| {
        (top.max(mean(rule)), bottom.min(mean(rule)))
    });
    let rows = ranks.iter().map(|&rule| {
        let mut row = vec![Cell::Text(summary.rules[rule].clone())];
        for column in &columns {
            let (metric, scale, decimals) = (column.2, column.3, column.4);
            let spread = summary.spread(rule, metric);
            let text = |value: Option<f64>| {
                value
                    .map_or_else(|| "–".to_owned(), |value| format!("{:.decimals$}", value * scale))
            };
            if metric == summary.compared[0] {
                row.push(Cell::Bar(text(spread.mean), (mean(rule) - bottom) / (top - bottom)));
                row.push(Cell::Number(text(spread.worst_5_percent)));
            } else {
                row.push(Cell::Number(text(spread.mean)));
            }
        }
        row
    });
    Table { heads, rows: rows.collect(), marked: Some(0) }
}

/// Draws how far each rule is from the best one.
fn against_best(summary: &Summary, ranks: &[usize]) -> anyhow::Result<Option<String>> {
    let Some((&best, others)) = ranks.split_first() else { return Ok(None) };
    let items = others.iter().enumerate().filter_map(|(place, &rule)| {
        let pair = summary.differences.iter().find(|it| {
            it.metric == summary.compared[0] && [(it.a, it.b), (it.b, it.a)].contains(&(rule, best))
        })?;
        let sign = if pair.a == rule { 1.0 } else { -1.0 };
        let ends = [pair.interval.low * sign, pair.interval.high * sign];
        Some(Interval {
            name: summary.rules[rule].clone(),
            low: ends[0].min(ends[1]),
            middle: pair.interval.mean * sign,
            high: ends[0].max(ends[1]),
            colour: match pair.verdict() {
                Verdict::More | Verdict::Less => colour(place + 1),
                Verdict::NotShown | Verdict::Same => QUIET,
            },
        })
    });
    let items: Vec<_> = items.collect();
    if items.is_empty() {
        return Ok(None);
    }
    let label = format!("{} less that of {}", summary.compared[0].name(), summary.rules[best]);
    Ok(Some(intervals(&Intervals { label, against_zero: true, items })?))
}

fn distribution(
    summary: &Summary,
    ranks: &[usize],
    metric: Metric,
    scale: f64,
    label: &str,
) -> anyhow::Result<String> {
    let series = ranks.iter().take(COLOURED).enumerate().map(|(place, &rule)| {
        let values = summary.values(rule, metric).map(|value| value * scale).collect();
        (summary.rules[rule].clone(), colour(place), values)
    });
    Ok(cdf(&Cdf { label: label.to_owned(), series: series.collect() })?)
}

fn pairs(summary: &Summary) -> Table {
    let heads = ["figure", "rules", "mean difference", "95 % interval", "p", "traces", "in words"];
    let of = |metric| summary.differences.iter().filter(move |it| it.metric == metric);
    let rows = summary.compared.into_iter().flat_map(of).map(|it| {
        let decimals = table::decimals(it.metric);
        vec![
            Cell::Text(it.metric.name().to_owned()),
            Cell::Text(format!("{} − {}", summary.rules[it.a], summary.rules[it.b])),
            Cell::Number(format!("{:+.decimals$}", it.interval.mean)),
            Cell::Number(format!(
                "{:+.decimals$} to {:+.decimals$}",
                it.interval.low, it.interval.high
            )),
            Cell::Number(table::probability(it.adjusted)),
            Cell::Number(it.pairs.to_string()),
            Cell::Text(in_words(summary, it)),
        ]
    });
    let heads = heads.iter().map(|head| ((*head).to_owned(), String::new())).collect();
    Table { heads, rows: rows.collect(), marked: None }
}

fn in_words(summary: &Summary, it: &Difference) -> String {
    let (a, b) = (&summary.rules[it.a], &summary.rules[it.b]);
    let (more, less) = match it.metric.better() {
        Better::Higher => ("better", "worse"),
        Better::Lower => ("worse", "better"),
        Better::Neither => ("more", "less"),
    };
    match it.verdict() {
        Verdict::More => format!("{a} is {more} than {b}"),
        Verdict::Less => format!("{a} is {less} than {b}"),
        Verdict::NotShown => "no difference is shown".to_owned(),
        Verdict::Same => "the same on every trace".to_owned(),
    }
}

fn provenance(page: &mut Page, summary: &Summary, plan: &Plan, source: Source<'_>) {
    page.heading("What this was made from");
    let films = plan.movies.iter().map(|movie| {
        vec![
            Cell::Text("film".to_owned()),
            Cell::Text(movie.name.clone()),
            Cell::Text(format!("{:016x}", movie.hash)),
        ]
    });
    let networks = plan.networks.iter().map(|network| {
        vec![
            Cell::Text("trace".to_owned()),
            Cell::Text(network.name.clone()),
            Cell::Text(format!("{:016x}", network.hash)),
        ]
    });
    page.paragraph(&format!(
        "dashpot {}, {}. {} sessions.csv beside this page has every figure of every session, with \
         the hashes of what it was played with.",
        env!("CARGO_PKG_VERSION"),
        table::headline(summary),
        match source {
            Source::Virtual => {
                "Every session is the player itself in virtual time; the same command gives the same \
                 figures to the last digit, whatever the number of threads."
            }
            Source::Real { with, .. } => with,
        },
    ));
    let heads = ["what", "name", "hash of its content"];
    let heads = heads.iter().map(|head| ((*head).to_owned(), String::new())).collect();
    let rows = films.chain(networks).take(SOURCES_MAX).collect();
    let sources = plan.movies.len() + plan.networks.len();
    let line = match sources.saturating_sub(SOURCES_MAX) {
        0 => "Films and traces, with their hashes".to_owned(),
        more => format!("Films and traces, with their hashes; {more} more are in sessions.csv"),
    };
    page.folded(&line, &Table { heads, rows, marked: None }.html());
}

/// Films and traces that are listed by name; a reader of more looks into the rows.
const SOURCES_MAX: usize = 200;
