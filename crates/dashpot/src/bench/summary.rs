//! What a sweep says: each rule's figures over all traces, and how rules differ.

use super::{plan::Plan, row, table};
use anyhow::Context as _;
use dashpot_base::Seed;
use dashpot_qoe::{
    Better, Metric,
    stats::{Difference, Figures, Interval, compare, mean, mean_interval, worst},
};
use dashpot_sim::{lab::Edge, sweep::Live};
use serde::Serialize;
use serde_json::json;
use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead as _, BufReader},
    path::Path,
};

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
    /// Every metric by rule and trace: the mean over films.
    figures: Vec<Figures>,
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

impl Summary {
    /// Reads the plan's rows, which are in its order.
    pub(super) fn read(
        plan: &Plan,
        sessions: &Path,
        kept: usize,
        seed: Seed,
    ) -> anyhow::Result<Self> {
        let cannot_read = || format!("cannot read `{}`", sessions.display());
        let (rules, traces) = (plan.rules.len(), plan.networks.len());
        let mut sums = vec![vec![vec![(0.0, 0_u32); traces]; rules]; Metric::ALL.len()];
        let mut unfinished = vec![BTreeMap::<String, usize>::new(); rules];
        let file = File::open(sessions).with_context(cannot_read)?;
        for (index, line) in BufReader::new(file).lines().skip(1).enumerate() {
            let line = line.with_context(cannot_read)?;
            let (ended, measures) = row::measures(&row::fields(&line)?)?;
            let (rule, trace) = (index % rules, index / rules % traces);
            if ended != "ended" {
                *unfinished[rule].entry(ended.to_owned()).or_default() += 1;
            }
            for (metric, value) in measures.iter() {
                if let Some(value) = value {
                    let (sum, count) = &mut sums[metric as usize][rule][trace];
                    (*sum, *count) = (*sum + value, *count + 1);
                }
            }
        }
        let average = |(sum, count): (f64, u32)| (0 < count).then(|| sum / f64::from(count));
        let figures = Metric::ALL.into_iter().zip(sums).map(|(metric, sums)| {
            let by_rule = sums.into_iter().map(|sums| sums.into_iter().map(average).collect());
            Figures { metric, values: by_rule.collect() }
        });
        let figures = figures.collect::<Vec<_>>();
        let compared = if plan.setup.live.is_some() { COMPARED_LIVE } else { COMPARED };
        let of_these = figures.iter().filter(|figures| compared.contains(&figures.metric));
        let differences = compare(&of_these.cloned().collect::<Vec<_>>(), seed);
        Ok(Self {
            rules: plan.rules.clone(),
            movies: plan.movies.len(),
            traces,
            kept,
            buffer_ms: plan.setup.buffer.as_millis(),
            seed,
            edge: plan.setup.edge,
            live: plan.setup.live,
            compared,
            figures,
            unfinished,
            differences,
        })
    }

    /// Returns a rule's figure over all traces.
    pub(super) fn spread(&self, rule: usize, metric: Metric) -> Spread {
        let values = self.values(rule, metric).collect::<Vec<_>>();
        let worst_5_percent = match metric.better() {
            Better::Higher => worst(&values, WORST, true),
            Better::Lower => worst(&values, WORST, false),
            Better::Neither => None,
        };
        Spread { mean: mean(&values), worst_5_percent }
    }

    /// Returns the mean of a rule's figure over all traces with its interval.
    pub(super) fn interval(&self, rule: usize, metric: Metric) -> Option<Interval> {
        mean_interval(&self.values(rule, metric).collect::<Vec<_>>(), self.seed)
    }

    /// Returns a rule's figure on each trace that has it.
    pub(super) fn values(&self, rule: usize, metric: Metric) -> impl Iterator<Item = f64> {
        let of_metric = self.figures.iter().filter(move |figures| figures.metric == metric);
        of_metric.flat_map(move |figures| figures.values[rule].iter().copied().flatten())
    }

    /// Returns a rule's figure on one trace.
    pub(super) fn value(&self, rule: usize, metric: Metric, trace: usize) -> Option<f64> {
        let figures = self.figures.iter().find(|figures| figures.metric == metric)?;
        *figures.values[rule].get(trace)?
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
