//! What figures of several traces say: means and differences, with how sure they are.

use super::{super::table, Sessions};
use crate::bench::plan::Plan;
use dashpot_base::Seed;
use dashpot_qoe::stats::{Difference, Figures, Interval, compare, mean, mean_interval, present};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Decimals of means and differences: as many as published tables have.
const DECIMALS: usize = 4;

/// The figures that rules are compared by, by rule and trace.
pub(super) struct Told<'a> {
    rules: &'a [String],
    figures: Vec<Figures<&'static str>>,
    differences: Vec<Difference<&'static str>>,
    seed: Seed,
}

impl<'a> Told<'a> {
    /// Returns what is to be told; `None` of a single trace, which says nothing of others.
    pub(super) fn of(sessions: &Sessions, plan: &'a Plan) -> Option<Self> {
        let (rules, traces) = (plan.rules.len(), plan.networks.len());
        if traces < 2 {
            return None;
        }
        let of_trace = |place: usize, rule: usize, trace: usize| {
            let of_films =
                sessions.figures.iter().skip(trace * rules + rule).step_by(rules * traces);
            let values = of_films.map(|figures| figures[place].1).filter(|value| !value.is_nan());
            mean(&values.collect::<Vec<_>>()).unwrap_or(f64::NAN)
        };
        let first = sessions.figures.first()?;
        let figures = sessions.compared.iter().filter_map(|&metric| {
            let place = first.iter().position(|(name, _)| *name == metric)?;
            let of_rule = |rule| (0..traces).map(|trace| of_trace(place, rule, trace)).collect();
            Some(Figures { metric, values: (0..rules).map(of_rule).collect() })
        });
        let figures = figures.collect::<Vec<_>>();
        let seed = Seed(plan.setup.seed);
        let differences = compare(&figures, seed);
        Some(Self { rules: &plan.rules, figures, differences, seed })
    }

    /// Returns each rule's mean of a figure with its interval.
    fn means(&self, figures: &'a Figures<&'static str>) -> impl Iterator<Item = (&str, Interval)> {
        self.rules.iter().zip(&figures.values).filter_map(|(rule, values)| {
            let values = present(values).collect::<Vec<_>>();
            Some((rule.as_str(), mean_interval(&values, self.seed)?))
        })
    }

    pub(super) fn json(&'a self) -> Value {
        let means = self.figures.iter().flat_map(|figures| {
            self.means(figures).map(|(abr, Interval { mean, low, high })| {
                json!({ "figure": figures.metric, "abr": abr, "mean": mean, "interval_95": [low, high] })
            })
        });
        let differences = self.differences.iter().map(|it| table::json(it.metric, self.rules, it));
        json!({
            "means": means.collect::<Vec<_>>(),
            "differences": differences.collect::<Vec<_>>(),
        })
    }

    pub(super) fn write(&'a self, text: &mut String) -> std::fmt::Result {
        let width = self.rules.iter().map(String::len).max().unwrap_or_default();
        writeln!(text, "\nMeans over traces with 95 % intervals (bootstrap, BCa)")?;
        for figures in &self.figures {
            writeln!(text, "\n{}", figures.metric)?;
            for (rule, Interval { mean, low, high }) in self.means(figures) {
                writeln!(
                    text,
                    "  {rule:width$} {mean:.DECIMALS$} [{low:.DECIMALS$}, {high:.DECIMALS$}]"
                )?;
            }
        }
        if self.differences.is_empty() {
            return Ok(());
        }
        table::differences_head(text, self.differences.len())?;
        for figures in &self.figures {
            writeln!(text, "\n{}", figures.metric)?;
            for it in self.differences.iter().filter(|it| it.metric == figures.metric) {
                let (a, b) = (&self.rules[it.a], &self.rules[it.b]);
                writeln!(text, "  {}", table::told([a, b], it, DECIMALS))?;
            }
        }
        Ok(())
    }
}
