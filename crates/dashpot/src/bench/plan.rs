//! Which sessions there are, in which order, and playing them on all processors.

use super::{in_order::in_order, row, store::Store};
use crate::rule;
use anyhow::{Context as _, bail};
use dashpot_sim::{
    input::{Movie, Network},
    sweep::{Job, Played, Setup},
};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal as _;

/// Every combination of rules, films and networks.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) rules: Vec<String>,
    pub(super) movies: Vec<Movie>,
    pub(super) networks: Vec<Network>,
    pub(super) setup: Setup,
}

/// Sessions are played in blocks of this many, each written down before the next: what a sudden
/// end loses is less than a second's work.
pub(super) const BLOCK: usize = 256;

impl Plan {
    /// Returns how many sessions there are.
    pub(super) fn len(&self) -> usize {
        self.rules.len().saturating_mul(self.movies.len()).saturating_mul(self.networks.len())
    }

    /// Returns the session at `index`: film by film, network by network, rule by rule.
    pub(super) fn job(&self, index: usize) -> Job<'_> {
        let (rules, networks) = (self.rules.len(), self.networks.len());
        Job {
            rule: &self.rules[index % rules],
            network: &self.networks[index / rules % networks],
            movie: &self.movies[index / rules / networks],
            setup: self.setup,
        }
    }

    /// Returns every session in order.
    pub(super) fn jobs(&self) -> impl Iterator<Item = Job<'_>> {
        (0..self.len()).map(|index| self.job(index))
    }

    /// Plays what `store` has not, and returns how many sessions it had.
    pub(super) fn play(&self, store: &mut Store, threads: usize) -> anyhow::Result<usize> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.context("cannot start threads: try a lower --threads")?;
        let bar = bar(self.len())?;
        let mut kept = 0;
        for from in (0..self.len()).step_by(BLOCK) {
            let block = from..(from + BLOCK).min(self.len());
            let size = block.len();
            let missing = block.filter(|index| {
                let job = self.job(*index);
                // A program may have changed since it played.
                rule::is_outside(job.rule) || !store.has(row::key(&job))
            });
            let missing = missing.collect::<Vec<_>>();
            kept += size - missing.len();
            let lines = pool.install(|| {
                in_order(missing, |index| {
                    let job = self.job(index);
                    Ok(row::line(&job, &played(&job, false)?))
                })
            })?;
            store.append(&lines)?;
            bar.inc(u64::try_from(size).unwrap_or(u64::MAX));
        }
        bar.finish_and_clear();
        Ok(kept)
    }
}

/// Plays one session, and keeps its records where they are wanted. One whose rule failed is no
/// session of that rule, so that it ends the sweep.
pub(super) fn played(job: &Job<'_>, keep_records: bool) -> anyhow::Result<Played> {
    let rule = rule::make(job.rule).with_context(|| format!("--abr {}", job.rule))?;
    let played = job.play_by(rule, keep_records);
    match &played.failure {
        Some(why) => {
            bail!("the rule failed with `{}` over `{}`: {why}", job.movie.name, job.network.name)
        }
        None => Ok(played),
    }
}

/// Returns a bar on stderr where that is a terminal.
fn bar(sessions: usize) -> anyhow::Result<ProgressBar> {
    if !std::io::stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let style = "{wide_bar} {pos} of {len} sessions  {per_sec}  {eta} left";
    let style = ProgressStyle::with_template(style).context("the bar's template")?;
    Ok(ProgressBar::new(u64::try_from(sessions).unwrap_or(u64::MAX)).with_style(style))
}
