//! One session in another simulator.

use super::{Figures, How};
use crate::{
    bench::{
        extras::{self, Whose},
        plan::Plan,
    },
    rule,
};
use anyhow::{Context as _, bail};
use dashpot_abr::{Rule, Table};
use dashpot_qoe::{ChunkQoe, stats::mean};
use dashpot_sim::{
    oracle::{Recorder, pensieve, sabre},
    sweep::Job,
};
use std::sync::Arc;

/// Runs a session of Sabre's.
pub(super) fn sabre(plan: &Plan, index: usize, how: &How<'_>) -> anyhow::Result<Figures> {
    let job = &plan.job(index);
    let (mut rule, film) = (made(job)?, &job.movie.film);
    let options = sabre::Options { buffer_ms: buffer_ms(job), ..sabre::Options::default() };
    let mut recorder = recorder(film, index, how);
    let outcome = sabre::run_logged(film, &job.network.periods, rule.as_mut(), &options, |step| {
        if let Some(recorder) = &mut recorder {
            recorder.add(step);
        }
    });
    unfailed(job, rule.as_ref())?;
    write(plan, index, recorder, how)?;
    Ok(outcome.metrics().collect())
}

fn recorder<'a>(film: &'a Table, index: usize, how: &How<'_>) -> Option<Recorder<'a>> {
    let (logged, _) = how.logs?;
    logged.binary_search(&index).ok().map(|_| Recorder::new(film))
}

/// Writes the log of a session, where it was kept.
fn write(
    plan: &Plan,
    index: usize,
    recorder: Option<Recorder<'_>>,
    how: &How<'_>,
) -> anyhow::Result<()> {
    if let Some((recorder, (_, folder))) = recorder.zip(how.logs) {
        extras::log(plan, Whose::alone(index), folder, &recorder.finish())?;
    }
    Ok(())
}

pub(super) fn trace(job: &Job<'_>) -> anyhow::Result<Arc<pensieve::Trace>> {
    let trace = job.network.pensieve();
    trace.with_context(|| format!("the trace {}", job.network.name))
}

pub(super) fn setup<'a>(job: &Job<'a>, trace: &'a pensieve::Trace) -> pensieve::Setup<'a> {
    pensieve::Setup {
        buffer_max_ms: buffer_ms(job),
        ..pensieve::Setup::new(&job.movie.film, trace)
    }
}

/// Runs a session of Pensieve's by `rule`.
pub(super) fn pensieve(
    plan: &Plan,
    index: usize,
    rule: &mut dyn Rule,
    how: &How<'_>,
) -> anyhow::Result<Figures> {
    let job = &plan.job(index);
    let trace = trace(job)?;
    let setup = setup(job, &trace);
    let mut recorder = recorder(setup.film, index, how);
    let chunks = pensieve::run_logged(&setup, rule, |step| {
        if let Some(recorder) = &mut recorder {
            recorder.add(step);
        }
    });
    unfailed(job, rule)?;
    write(plan, index, recorder, how)?;
    let ladder = job.movie.film.ladder();
    // Nobody chose the first chunk, and what it takes is the start of playback: published figures
    // leave it out.
    let chosen = chunks.iter().skip(1);
    let kbps = chosen.clone().map(|chunk| ladder[chunk.rung.0]).collect::<Vec<_>>();
    let stalled = chosen.map(|chunk| chunk.stalled_ms).sum::<f64>() / 1e3;
    let changes = chunks.windows(2).filter(|pair| pair[0].rung != pair[1].rung);
    Ok(vec![
        ("QoE_lin", setup.qoe(ChunkQoe::LINEAR, &chunks)),
        ("QoE_log", setup.qoe(ChunkQoe::LOGARITHMIC, &chunks)),
        ("QoE_hd", setup.qoe(ChunkQoe::DEFINITION, &chunks)),
        ("bitrate_kbps", mean(&kbps).unwrap_or_default()),
        ("stall_s", stalled),
        ("switches", changes.map(|_| 1.0).sum::<f64>()),
    ])
}

pub(super) fn made(job: &Job<'_>) -> anyhow::Result<Box<dyn Rule>> {
    rule::make(job.rule).with_context(|| format!("--abr {}", job.rule))
}

/// A session whose rule failed is no session of that rule.
fn unfailed(job: &Job<'_>, rule: &dyn Rule) -> anyhow::Result<()> {
    match rule.failure() {
        Some(why) => {
            bail!("the rule failed with `{}` over `{}`: {why}", job.movie.name, job.network.name)
        }
        None => Ok(()),
    }
}

fn buffer_ms(job: &Job<'_>) -> f64 {
    job.setup.buffer.as_secs_f64() * 1e3
}
