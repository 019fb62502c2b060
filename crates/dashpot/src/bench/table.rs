//! The result as tables and sentences.

use super::summary::{Summary, WORST};
use dashpot_qoe::{
    Better, Metric,
    stats::{Difference, Interval, Verdict},
};
use serde_json::{Value, json};
use std::{fmt::Write as _, path::PathBuf};

/// A column: its two lines of heading, its figure, what to multiply it by, and its decimals.
pub(super) struct Column(
    pub(super) &'static str,
    pub(super) &'static str,
    pub(super) Metric,
    pub(super) f64,
    pub(super) usize,
);

const COLUMNS: [Column; 9] = [
    Column("QoE_lin", "", Metric::QoeLin, 1.0, 3),
    Column("bitrate", "kbit/s", Metric::BitrateKbps, 1.0, 0),
    Column("stalled", "%", Metric::StallRatio, 100.0, 2),
    Column("stalls", "", Metric::Stalls, 1.0, 2),
    Column("start-up", "s", Metric::StartupSeconds, 1.0, 2),
    Column("switches", "/min", Metric::SwitchesPerMinute, 1.0, 2),
    Column("reaction", "s", Metric::ReactionSeconds, 1.0, 1),
    Column("wasted", "%", Metric::WasteRatio, 100.0, 2),
    Column("estimate", "off by %", Metric::EstimateError, 100.0, 1),
];

/// Columns that only sessions with a cache before the origin have.
const EDGE_COLUMNS: [Column; 2] = [
    Column("hits", "%", Metric::HitRatio, 100.0, 1),
    Column("hits", "% bytes", Metric::ByteHitRatio, 100.0, 1),
];

/// Columns that only sessions have whose film was compared with its source.
const SSIM_COLUMNS: [Column; 1] = [Column("SSIM", "dB", Metric::SsimDb, 1.0, 2)];

/// The columns of live sessions.
const LIVE_COLUMNS: [Column; 10] = [
    Column("NQoE", "", Metric::Nqoe, 1.0, 3),
    Column("bitrate", "kbit/s", Metric::BitrateKbps, 1.0, 0),
    Column("latency", "s", Metric::LiveLatencySeconds, 1.0, 2),
    Column("latency", "p95, s", Metric::LiveLatencyP95Seconds, 1.0, 2),
    Column("stalled", "%", Metric::StallRatio, 100.0, 2),
    Column("stalls", "", Metric::Stalls, 1.0, 2),
    Column("switches", "/min", Metric::SwitchesPerMinute, 1.0, 2),
    Column("speed", "off by %", Metric::PlaybackRateOff, 100.0, 2),
    Column("skips", "", Metric::Skips, 1.0, 2),
    Column("estimate", "off by %", Metric::EstimateError, 100.0, 1),
];

/// Returns the columns that are shown of these sessions.
pub(super) fn columns(summary: &Summary) -> Vec<&'static Column> {
    let edge = EDGE_COLUMNS.iter().filter(|_| summary.edge.is_some());
    let has = |metric| (0..summary.rules.len()).any(|it| summary.spread(it, metric).mean.is_some());
    let ssim = SSIM_COLUMNS.iter().filter(|it| has(it.2));
    let own = if summary.live.is_some() { &LIVE_COLUMNS[..] } else { &COLUMNS[..] };
    own.iter().chain(ssim).chain(edge).collect()
}

/// With more rules than this only the best one's differences are told in words.
const ALL_PAIRS_MAX: usize = 4;

/// Returns what is printed for people.
pub(super) fn text(summary: &Summary, written: &[PathBuf]) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    write_all(&mut text, summary, written).unwrap_or_default();
    text
}

fn write_all(text: &mut String, summary: &Summary, written: &[PathBuf]) -> std::fmt::Result {
    writeln!(text, "{} ({} were there already)", headline(summary), summary.kept)?;
    writeln!(text, "\n{}\n", verdict(summary))?;
    figures(text, summary)?;
    differences(text, summary)?;
    if !written.is_empty() {
        writeln!(text)?;
    }
    for path in written {
        writeln!(text, "{}", path.display())?;
    }
    Ok(())
}

/// Returns what was played, in a line.
pub(super) fn headline(summary: &Summary) -> String {
    let Summary { rules, movies, traces, buffer_ms, seed, .. } = summary;
    let edge = summary.edge.map(|edge| format!(", a cache of {edge}")).unwrap_or_default();
    let live = summary.live.map(|live| format!(", {live}")).unwrap_or_default();
    format!(
        "{} x {} x {} = {} sessions, buffer of {} s, seed {}{edge}{live}",
        counted(rules.len(), "rule"),
        counted(*traces, "trace"),
        counted(*movies, "film"),
        summary.sessions(),
        real(*buffer_ms) / 1e3,
        seed.0,
    )
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of a buffer")]
const fn real(count: u128) -> f64 {
    count as f64
}

/// Returns the rules that have the first figure compared, the best mean first.
pub(super) fn ranked(summary: &Summary) -> Vec<usize> {
    let mean = |rule| Some((rule, summary.spread(rule, summary.compared[0]).mean?));
    let mut means: Vec<(usize, f64)> = (0..summary.rules.len()).filter_map(mean).collect();
    means.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    means.into_iter().map(|(rule, _)| rule).collect()
}

fn best(summary: &Summary) -> Option<usize> {
    ranked(summary).first().copied()
}

/// Says which rule to pick and how sure that is.
pub(super) fn verdict(summary: &Summary) -> String {
    let name = summary.compared[0].name();
    let Some(best) = best(summary) else {
        return "No session played anything that could be compared.".to_owned();
    };
    let rule = &summary.rules[best];
    if summary.rules.len() == 1 {
        return format!("{rule} was played alone: there is nothing to compare it with.");
    }
    let (mut sure, mut open) = (Vec::new(), Vec::new());
    for it in summary.differences.iter().filter(|it| it.metric == summary.compared[0]) {
        let other = if it.a == best { it.b } else { it.a };
        if it.a != best && it.b != best {
            continue;
        }
        let list = if it.winner() == Some(best) { &mut sure } else { &mut open };
        list.push(summary.rules[other].as_str());
    }
    let mut words = format!("{rule} has the highest mean {name}");
    if !sure.is_empty() {
        words += &format!("; it is shown to be better than {}", sure.join(", "));
    }
    if !open.is_empty() {
        words += &format!("; it is not shown to be better than {}", open.join(", "));
    }
    words += ".";
    if summary.traces < TRACES_ENOUGH {
        words += &format!(
            " Of {} the intervals are wide: {TRACES_ENOUGH} or more show smaller differences.",
            counted(summary.traces, "trace")
        );
    }
    words
}

/// With fewer traces the interval of a mean is wider than most differences between rules, and a
/// bootstrap of so few is narrower than the truth.
const TRACES_ENOUGH: usize = 20;

fn figures(text: &mut String, summary: &Summary) -> std::fmt::Result {
    let width = summary.rules.iter().map(String::len).max().unwrap_or_default().max(8);
    let columns = columns(summary);
    for heading in [|it: &Column| it.0, |it: &Column| it.1] {
        write!(text, "{:width$}", "")?;
        for column in &columns {
            write!(text, " {:>9}", heading(column))?;
        }
        writeln!(text)?;
    }
    for (index, rule) in summary.rules.iter().enumerate() {
        write!(text, "{rule:width$}")?;
        for column in &columns {
            cell(text, column, summary.spread(index, column.2).mean)?;
        }
        writeln!(text)?;
        write!(text, "{:>width$}", "worst")?;
        for column in &columns {
            cell(text, column, summary.spread(index, column.2).worst_5_percent)?;
        }
        writeln!(text)?;
        for (ended, count) in &summary.unfinished[index] {
            writeln!(text, "{:width$} {count} of its sessions ended otherwise: {ended}", "")?;
        }
    }
    let percent = WORST * 100.0;
    writeln!(
        text,
        "Means over traces; below each, the mean of the worst {percent} % of traces, figure by figure."
    )?;
    match summary.rules.len() {
        1 => means(text, summary),
        _ => Ok(()),
    }
}

/// Says how sure the means of a rule are that is compared with none.
fn means(text: &mut String, summary: &Summary) -> std::fmt::Result {
    writeln!(text, "\nMeans with 95 % intervals (bootstrap, BCa)\n")?;
    for metric in summary.compared {
        if let Some(Interval { mean, low, high }) = summary.interval(0, metric) {
            let decimals = if metric == Metric::BitrateKbps { 0 } else { 4 };
            let name = metric.name();
            writeln!(text, "  {name:18} {mean:.decimals$} [{low:.decimals$}, {high:.decimals$}]")?;
        }
    }
    Ok(())
}

fn cell(text: &mut String, column: &Column, value: Option<f64>) -> std::fmt::Result {
    match value {
        Some(value) => write!(text, " {:>9.*}", column.4, value * column.3),
        None => write!(text, " {:>9}", "-"),
    }
}

fn differences(text: &mut String, summary: &Summary) -> std::fmt::Result {
    if summary.differences.is_empty() {
        return Ok(());
    }
    differences_head(text, summary.differences.len())?;
    let best = best(summary);
    for metric in summary.compared {
        let of_metric = summary.differences.iter().filter(|it| it.metric == metric);
        let told = of_metric.filter(|it| {
            summary.rules.len() <= ALL_PAIRS_MAX || best == Some(it.a) || best == Some(it.b)
        });
        let mut told = told.peekable();
        if told.peek().is_some() {
            writeln!(text, "\n{}", title(metric))?;
        }
        for it in told {
            writeln!(text, "  {}", sentence(summary, it))?;
        }
    }
    if ALL_PAIRS_MAX < summary.rules.len() {
        writeln!(text, "\nThe other pairs are in --format json.")?;
    }
    Ok(())
}

/// Says what the sentences that follow are made of.
pub(super) fn differences_head(text: &mut String, comparisons: usize) -> std::fmt::Result {
    writeln!(
        text,
        "\nDifferences, paired by trace: mean and 95 % interval (bootstrap); p of the signed-rank test, \
         adjusted\n(Holm) for {}. Shown is what p < 0.05 and an interval without zero agree on.",
        counted(comparisons, "comparison"),
    )
}

fn title(metric: Metric) -> String {
    let better = match metric.better() {
        Better::Higher => " (higher is better)",
        Better::Lower => " (lower is better)",
        Better::Neither => "",
    };
    format!("{}{better}", metric.name())
}

pub(super) fn sentence(summary: &Summary, it: &Difference) -> String {
    // Rates in whole kbit/s; ratios with as many decimals as tell one stall of a long film.
    let decimals = if it.metric == Metric::BitrateKbps { 0 } else { 4 };
    told([&summary.rules[it.a], &summary.rules[it.b]], it, decimals)
}

/// Says in words how the rules `a` and `b` differ.
pub(super) fn told<M>([a, b]: [&str; 2], it: &Difference<M>, decimals: usize) -> String {
    let interval = it.interval;
    let figures = format!(
        "{:+.decimals$} [{:+.decimals$}, {:+.decimals$}], p {}, {} traces",
        interval.mean,
        interval.low,
        interval.high,
        probability(it.adjusted),
        it.pairs,
    );
    match it.verdict() {
        Verdict::More => format!("{a} has more than {b}: {figures}"),
        Verdict::Less => format!("{a} has less than {b}: {figures}"),
        Verdict::NotShown => format!("no difference is shown between {a} and {b}: {figures}"),
        Verdict::Same => format!("{a} and {b} are the same on every trace ({})", it.pairs),
    }
}

/// Returns a difference in the figure of that name as JSON.
pub(super) fn json<M>(metric: &str, rules: &[String], it: &Difference<M>) -> Value {
    json!({
        "metric": metric,
        "a": rules[it.a],
        "b": rules[it.b],
        "pairs": it.pairs,
        "mean_a_minus_b": it.interval.mean,
        "interval_95": [it.interval.low, it.interval.high],
        "wilcoxon_p": it.probability,
        "holm_p": it.adjusted,
        "verdict": match it.verdict() {
            Verdict::More => "a has more",
            Verdict::Less => "a has less",
            Verdict::NotShown => "no difference shown",
            Verdict::Same => "the same on every trace",
        },
    })
}

/// Returns how many decimals a difference in this figure is told with.
pub(super) const fn decimals(metric: Metric) -> usize {
    if matches!(metric, Metric::BitrateKbps) {
        0
    } else if matches!(metric, Metric::StallRatio) {
        5
    } else {
        3
    }
}

pub(super) fn probability(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_owned() } else { format!("= {p:.3}") }
}
