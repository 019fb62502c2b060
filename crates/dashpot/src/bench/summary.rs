//! What a sweep says: each rule's figures over all traces, and how rules differ.

use super::{parquet::Columns, plan::Plan, report, row, table};
use anyhow::Context as _;
use dashpot_base::Seed;
use dashpot_qoe::{
    Better, Metric,
    stats::{Difference, Figures, Interval, compare, mean, mean_interval, present, worst},
};
use dashpot_sim::{lab::Edge, sweep::Live};
use serde::Serialize;
use serde_json::json;
use std::{collections::BTreeMap, path::Path};

/// The figures that rules are compared by; all together are one family of tests, so that each one
/// more makes the others count for less.
const COMPARED: [Metric; 4] =
    [Metric::QoeLin, Metric::BitrateKbps, Metric::StallRatio, Metric::SwitchesPerMinute];

/// The same of live sessions.
const COMPARED_LIVE: [Metric; 4] =
    [Metric::Nqoe, Metric::BitrateKbps, Metric::StallRatio, Metric::LiveLatencySeconds];

/// The share of traces that are looked at as the worst.
pub(super) const WORST: f64 = 0.05;

/// Everything that is printed of a sweep.
#[derive(Debug)]
pub(super) struct Summary {
    pub(super) rules: Vec<String>,
    pub(super) movies: usize,
    pub(super) traces: usize,
    pub(super) kept: usize,
    pub(super) buffer_ms: u128,
    pub(super) seed: Seed,
    /// The cache before the origin, where there was one.
    pub(super) edge: Option<Edge>,
    /// Those metrics that are compared or drawn, by rule and trace: the mean over films.
    figures: Vec<Figures>,
    /// Every metric, in the order of columns, by rule.
    spreads: Vec<Vec<Spread>>,
    /// By rule: how many sessions did not end with the film, by the word for how they did.
    pub(super) unfinished: Vec<BTreeMap<String, usize>>,
    pub(super) differences: Vec<Difference>,
    pub(super) live: Option<Live>,
    /// The figures that rules are compared by, the one that ranks them first.
    pub(super) compared: [Metric; 4],
}

/// A figure of a rule over all traces.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Spread {
    /// The mean over traces.
    pub(super) mean: Option<f64>,
    /// The mean over the worst traces; absent where nothing is worse than anything.
    pub(super) worst_5_percent: Option<f64>,
}

impl Spread {
    fn of(values: &[f64], metric: Metric) -> Self {
        let values = present(values).collect::<Vec<_>>();
        let worst_5_percent = match metric.better() {
            Better::Higher => worst(&values, WORST, true),
            Better::Lower => worst(&values, WORST, false),
            Better::Neither => None,
        };
        Self { mean: mean(&values), worst_5_percent }
    }
}

/// Returns a metric by rule and trace, the mean over films; no number where no session has it.
fn means(plan: &Plan, columns: &Columns<'_>, metric: Metric) -> anyhow::Result<Vec<Vec<f64>>> {
    let (rules, traces) = (plan.rules.len(), plan.networks.len());
    let mut sums = vec![vec![0.0; traces]; rules];
    let mut counts = vec![vec![0_u32; traces]; rules];
    let mut index = 0;
    columns.reals(metric.name(), |value| {
        let (rule, trace) = (index % rules, index / rules % traces);
        if let Some(value) = value {
            sums[rule][trace] += value;
            counts[rule][trace] += 1;
        }
        index += 1;
    })?;
    for (sum, count) in sums.iter_mut().flatten().zip(counts.iter().flatten()) {
        *sum = if *count == 0 { f64::NAN } else { *sum / f64::from(*count) };
    }
    Ok(sums)
}

impl Summary {
    /// Reads the plan's rows, which are in its order, from the Parquet file of its sessions: one
    /// metric after the other, so that a sweep may be larger than what there is of memory.
    pub(super) fn read(
        plan: &Plan,
        sessions: &Path,
        kept: usize,
        seed: Seed,
    ) -> anyhow::Result<Self> {
        let columns = Columns::open(sessions)?;
        let rules = plan.rules.len();
        let mut unfinished = vec![BTreeMap::<String, usize>::new(); rules];
        let mut index = 0;
        columns.texts(row::ENDED, |ended| {
            if ended != "ended" {
                *unfinished[index % rules].entry(ended.to_owned()).or_default() += 1;
            }
            index += 1;
        })?;
        let compared = if plan.setup.live.is_some() { COMPARED_LIVE } else { COMPARED };
        // The ones that are compared come first, in the order of columns.
        let (mut figures, mut drawn, mut spreads) = (Vec::new(), Vec::new(), Vec::new());
        for metric in Metric::ALL {
            let values = means(plan, &columns, metric)?;
            spreads.push(values.iter().map(|values| Spread::of(values, metric)).collect());
            if compared.contains(&metric) {
                figures.push(Figures { metric, values });
            } else if report::is_drawn(metric, plan.setup.live) {
                drawn.push(Figures { metric, values });
            }
        }
        let differences = compare(&figures, seed);
        figures.extend(drawn);
        Ok(Self {
            rules: plan.rules.clone(),
            movies: plan.movies.len(),
            traces: plan.networks.len(),
            kept,
            buffer_ms: plan.setup.buffer.as_millis(),
            seed,
            edge: plan.setup.edge,
            live: plan.setup.live,
            compared,
            figures,
            spreads,
            unfinished,
            differences,
        })
    }

    /// Returns a rule's figure over all traces.
    pub(super) fn spread(&self, rule: usize, metric: Metric) -> Spread {
        self.spreads[metric as usize][rule]
    }

    /// Returns the mean of a rule's figure over all traces with its interval, where rules are
    /// compared by it.
    pub(super) fn interval(&self, rule: usize, metric: Metric) -> Option<Interval> {
        mean_interval(&self.values(rule, metric).collect::<Vec<_>>(), self.seed)
    }

    /// Returns a rule's figure on each trace that has it, where it is compared or drawn.
    pub(super) fn values(&self, rule: usize, metric: Metric) -> impl Iterator<Item = f64> {
        let of_metric = self.figures.iter().filter(move |figures| figures.metric == metric);
        of_metric.flat_map(move |figures| present(&figures.values[rule]))
    }

    /// Returns a rule's figure on one trace.
    pub(super) fn value(&self, rule: usize, metric: Metric, trace: usize) -> Option<f64> {
        let figures = self.figures.iter().find(|figures| figures.metric == metric)?;
        figures.values[rule].get(trace).copied().filter(|value| !value.is_nan())
    }

    /// Returns how many sessions there are.
    pub(super) const fn sessions(&self) -> usize {
        self.rules.len() * self.movies * self.traces
    }

    /// Returns everything as one JSON object.
    pub(super) fn json(&self) -> anyhow::Result<String> {
        let rules = self.rules.iter().enumerate().map(|(index, rule)| {
            let metrics = Metric::ALL.map(|metric| {
                let mut spread = json!(self.spread(index, metric));
                if self.compared.contains(&metric) {
                    let interval = self.interval(index, metric);
                    spread["interval_95"] = json!(interval.map(|it| [it.low, it.high]));
                }
                (metric.name(), spread)
            });
            json!({
                "abr": rule,
                "metrics": BTreeMap::from(metrics),
                "unfinished": self.unfinished[index],
            })
        });
        let differences =
            self.differences.iter().map(|it| table::json(it.metric.name(), &self.rules, it));
        let all = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "sessions": self.sessions(),
            "kept": self.kept,
            "films": self.movies,
            "traces": self.traces,
            "buffer_ms": u64::try_from(self.buffer_ms).unwrap_or(u64::MAX),
            "live": self.live.map(|live| json!({
                "target_ms": u64::try_from(live.target.as_millis()).unwrap_or(u64::MAX),
                "chunk_ms": u64::try_from(live.chunk.as_millis()).unwrap_or(u64::MAX),
            })),
            "seed": self.seed.0,
            "edge": self.edge.map(|edge| edge.to_string()),
            "rules": rules.collect::<Vec<_>>(),
            "differences": differences.collect::<Vec<_>>(),
        });
        serde_json::to_string_pretty(&all).context("cannot write the result")
    }
}
