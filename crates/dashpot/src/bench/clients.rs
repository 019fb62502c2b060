//! Several viewers of one film on one link, all with the same rule: how fairly they share it.

use super::{oracle::Sessions, plan::Plan};
use crate::rule;
use anyhow::{Context as _, bail};
use dashpot_base::Seed;
use dashpot_player::DoneReason;
use dashpot_qoe::stats::{jain, mean};
use dashpot_sim::{
    lab::{Lab, shared},
    sweep::Job,
};
use rayon::prelude::*;
use std::time::Duration;

/// The most viewers of one link.
pub(super) const CLIENTS_MAX: u32 = 1_000;

/// Viewers come one after the other, so far apart: all at once would be all alike.
const APART: Duration = Duration::from_secs(2);

/// Plays every session of `plan` with so many viewers at a time.
pub(super) fn run(plan: &Plan, clients: u32, threads: usize) -> anyhow::Result<Sessions> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.context("cannot start threads: try a lower --threads")?;
    let figures = pool.install(|| {
        let sessions = (0..plan.len()).into_par_iter();
        sessions.map(|index| session(&plan.job(index), clients)).collect::<anyhow::Result<_>>()
    });
    Ok(Sessions::new(figures?))
}

fn session(job: &Job<'_>, clients: u32) -> anyhow::Result<Vec<(&'static str, f64)>> {
    let labs = (0..clients).map(|client| {
        let rule = rule::make(job.rule).with_context(|| format!("--abr {}", job.rule))?;
        let mut lab = Lab::new(job.movie.lab.clone(), job.network.trace.clone(), rule);
        lab.buffer = job.setup.buffer;
        lab.seed = Seed(job.setup.seed);
        lab.begins = APART * client;
        Ok(lab)
    });
    let outcomes = shared(labs.collect::<anyhow::Result<Vec<_>>>()?);
    let failed = outcomes.iter().find_map(|outcome| match &outcome.done {
        Some(DoneReason::RuleFailed { why }) => Some(why),
        _ => None,
    });
    if let Some(why) = failed {
        bail!("the rule failed with `{}` over `{}`: {why}", job.movie.name, job.network.name);
    }
    #[expect(clippy::cast_precision_loss, reason = "rates and times of a session")]
    let of = |figure: fn(&dashpot_qoe::Summary) -> u64| {
        outcomes.iter().map(|outcome| figure(&outcome.summary) as f64).collect::<Vec<_>>()
    };
    let rates = of(|summary| summary.average_bitrate_bps.unwrap_or_default());
    let mean = |values: &[f64]| mean(values).unwrap_or_default();
    let stalled = outcomes.iter().map(|outcome| outcome.summary.stall_ratio.unwrap_or_default());
    Ok(vec![
        ("clients", f64::from(clients)),
        ("jain_bitrate", jain(&rates).unwrap_or_default()),
        ("bitrate_kbps", mean(&rates) / 1e3),
        ("bitrate_kbps_least", rates.iter().copied().fold(f64::INFINITY, f64::min) / 1e3),
        ("stall_ratio", mean(&stalled.collect::<Vec<_>>())),
        ("stalls", mean(&of(|summary| summary.stalls))),
        ("switches", mean(&of(|summary| summary.switches))),
        ("startup_s", mean(&of(|summary| summary.startup_ms.unwrap_or_default())) / 1e3),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use dashpot_net::Trace;
    use dashpot_sim::{
        input::{Network, Vbr},
        sweep::Setup,
    };

    #[test]
    fn viewers_of_one_link_share_it_and_one_alone_is_fair() {
        let trace = Trace::parse("1000,6000,20").unwrap();
        let plan = Plan {
            rules: vec!["throughput".to_owned(), "bola".to_owned()],
            movies: vec![Vbr::parse("vbr,segments=40").unwrap().movie().unwrap()],
            networks: vec![Network::new("steady".to_owned(), trace)],
            setup: Setup { buffer: Duration::from_secs(25), seed: 1 },
        };
        for index in 0..plan.len() {
            let job = plan.job(index);
            let figure = |clients: u32, name: &str| {
                let figures = session(&job, clients).unwrap();
                figures.into_iter().find(|(other, _)| *other == name).unwrap().1
            };
            assert!((figure(1, "jain_bitrate") - 1.0).abs() < 1e-12, "{}", job.rule);
            let (alone, shared) = (figure(1, "bitrate_kbps"), figure(4, "bitrate_kbps"));
            assert!(shared < alone && shared < 6_000.0 / 4.0 * 1.2, "{}: {shared}", job.rule);
            let fair = figure(4, "jain_bitrate");
            assert!((0.8..=1.0).contains(&fair), "{}: {fair}", job.rule);
        }
        let json = |threads| run(&plan, 3, threads).unwrap().json(&plan).unwrap();
        assert_eq!(json(1), json(2));
    }
}
