//! The rules in other people's simulators, whose figures are printed under the names that they
//! have there.

mod told;

use super::{in_order::in_order, plan::Plan};
use crate::rule;
use anyhow::{Context as _, bail};
use clap::ValueEnum;
use dashpot_abr::Rule;
use dashpot_qoe::{ChunkQoe, stats::mean};
use dashpot_sim::{
    oracle::{pensieve, sabre},
    sweep::Job,
};
use serde_json::Value;
use std::{fmt::Write as _, fs, path::Path, sync::Arc, time::Duration};
use told::Told;

/// Whose simulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Oracle {
    /// Sabre (ACM Multimedia Systems 2018), bit for bit
    Sabre,
    /// The test environment of Pensieve (SIGCOMM 2017), bit for bit
    Pensieve,
}

/// The figures of one session, in the oracle's order; one that has no meaning for it is no number.
pub(super) type Figures = Vec<(&'static str, f64)>;

/// Every session's figures, in the plan's order.
#[derive(Debug)]
pub(super) struct Sessions {
    figures: Vec<Figures>,
    /// The figures that rules are compared by.
    compared: &'static [&'static str],
}

impl Oracle {
    /// Returns the buffer of the original, where none was asked for.
    pub(super) const fn buffer(self) -> Duration {
        match self {
            Self::Sabre => Duration::from_secs(25),
            Self::Pensieve => Duration::from_secs(60),
        }
    }

    /// Runs every session of `plan`.
    pub(super) fn run(self, plan: &Plan, threads: usize) -> anyhow::Result<Sessions> {
        let figures = pool(threads)?.install(|| {
            in_order((0..plan.len()).collect(), |index| {
                let job = plan.job(index);
                match self {
                    Self::Sabre => sabre_session(&job),
                    Self::Pensieve => pensieve_session(&job),
                }
            })
        });
        Ok(Sessions { figures: figures?, compared: self.compared() })
    }

    /// Returns the figures that rules are compared by: the score and what it is made of.
    const fn compared(self) -> &'static [&'static str] {
        match self {
            Self::Sabre => &["time average score", "time average played bitrate", "rebuffer ratio"],
            Self::Pensieve => &["QoE_lin", "bitrate_kbps", "stall_s"],
        }
    }
}

fn pool(threads: usize) -> anyhow::Result<rayon::ThreadPool> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.context("cannot start threads: try a lower --threads")
}

fn sabre_session(job: &Job<'_>) -> anyhow::Result<Figures> {
    let mut rule = made(job)?;
    let options = sabre::Options { buffer_ms: buffer_ms(job), ..sabre::Options::default() };
    let outcome = sabre::run(&job.movie.film, &job.network.periods, rule.as_mut(), &options);
    unfailed(job, rule.as_ref())?;
    Ok(outcome.metrics().collect())
}

fn trace(job: &Job<'_>) -> anyhow::Result<Arc<pensieve::Trace>> {
    let trace = job.network.pensieve();
    trace.with_context(|| format!("the trace {}", job.network.name))
}

fn setup<'a>(job: &Job<'a>, trace: &'a pensieve::Trace) -> pensieve::Setup<'a> {
    pensieve::Setup {
        buffer_max_ms: buffer_ms(job),
        ..pensieve::Setup::new(&job.movie.film, trace)
    }
}

fn pensieve_session(job: &Job<'_>) -> anyhow::Result<Figures> {
    let mut rule = made(job)?;
    let trace = trace(job)?;
    let setup = setup(job, &trace);
    let chunks = pensieve::run(&setup, rule.as_mut());
    unfailed(job, rule.as_ref())?;
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

fn made(job: &Job<'_>) -> anyhow::Result<Box<dyn Rule>> {
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

impl Sessions {
    /// Finds the best `QoE_lin` of each film and trace in Pensieve's environment, and adds it and
    /// what each session lacks of it to its figures.
    pub(super) fn add_optima(&mut self, plan: &Plan, threads: usize) -> anyhow::Result<()> {
        let rules = plan.rules.len();
        let optima = pool(threads)?.install(|| {
            // All rules of a film and a trace follow each other in the plan.
            in_order((0..plan.len() / rules).collect(), |place| {
                let job = plan.job(place * rules);
                let trace = trace(&job)?;
                let precision = pensieve::Precision::default();
                let best = pensieve::optimum(&setup(&job, &trace), ChunkQoe::LINEAR, precision);
                Ok(best.value)
            })
        })?;
        for (index, figures) in self.figures.iter_mut().enumerate() {
            let optimum = optima[index / rules];
            let own = figures.first().map_or(0.0, |(_, value)| *value);
            figures.push(("QoE_lin_optimum", optimum));
            figures.push(("QoE_lin_lacking", optimum - own));
        }
        Ok(())
    }

    /// Returns sessions with these figures, in the plan's order, of which rules are compared by
    /// some.
    pub(super) const fn new(figures: Vec<Figures>, compared: &'static [&'static str]) -> Self {
        Self { figures, compared }
    }

    /// Returns one line of JSON for each session: what it was, where there are several, and its
    /// figures. Where there are several traces, a last line has means and differences.
    pub(super) fn json(&self, plan: &Plan) -> anyhow::Result<String> {
        let mut text = String::new();
        for (job, figures) in plan.jobs().zip(&self.figures) {
            let mut fields = Vec::new();
            if 1 < plan.len() {
                fields.extend(names(&job).map(|(key, value)| (key, Value::from(value))));
            }
            fields.extend(figures.iter().map(|(name, value)| (*name, Value::from(*value))));
            // A map would put the names in another order than the oracle prints.
            let fields = fields.iter().map(|(key, value)| {
                serde_json::to_string(key).map(|key| format!("{key}: {value}"))
            });
            let fields =
                fields.collect::<Result<Vec<_>, _>>().context("cannot write the result")?;
            write!(text, "{{{}}}", fields.join(", ")).unwrap_or_default();
            text.push('\n');
        }
        if let Some(told) = Told::of(self, plan) {
            writeln!(text, "{}", told.json()).unwrap_or_default();
        }
        Ok(text)
    }

    /// Returns the figures as people read them: of one session all, of several each rule's means.
    pub(super) fn text(&self, plan: &Plan) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        self.write(plan, &mut text).unwrap_or_default();
        text
    }

    fn write(&self, plan: &Plan, text: &mut String) -> std::fmt::Result {
        let Some(first) = self.figures.first() else { return Ok(()) };
        let rules = plan.rules.len();
        let width = plan.rules.iter().map(String::len).max().unwrap_or_default().max(16);
        if 1 < plan.len() {
            writeln!(text, "Means over {} sessions of each rule\n", plan.len() / rules)?;
            write!(text, "{:31}", "")?;
            for rule in &plan.rules {
                write!(text, " {rule:>width$}")?;
            }
            writeln!(text)?;
        }
        for (metric, (name, _)) in first.iter().enumerate() {
            write!(text, "{name:31}")?;
            for rule in 0..rules {
                let of_rule = self.figures.iter().skip(rule).step_by(rules);
                let values = of_rule.map(|it| it[metric].1).filter(|value| !value.is_nan());
                match mean(&values.collect::<Vec<_>>()) {
                    Some(mean) => write!(text, " {mean:>width$.6}")?,
                    None => write!(text, " {:>width$}", "-")?,
                }
            }
            writeln!(text)?;
        }
        Told::of(self, plan).map_or(Ok(()), |told| told.write(text))
    }

    /// Writes every session to the CSV file `path`.
    pub(super) fn save(&self, plan: &Plan, path: &Path) -> anyhow::Result<()> {
        let first = self.figures.first().into_iter().flatten().map(|(name, _)| *name);
        let header = ["abr", "film", "trace"].into_iter().chain(first).collect::<Vec<_>>();
        let mut text = header.join(",") + "\n";
        for (job, figures) in plan.jobs().zip(&self.figures) {
            let [abr, film, trace] = names(&job).map(|(_, name)| name);
            // Rules are the one name with commas in it.
            write!(text, "\"{abr}\",{film},{trace}").unwrap_or_default();
            for (_, value) in figures {
                text.push(',');
                if !value.is_nan() {
                    write!(text, "{value}").unwrap_or_default();
                }
            }
            text.push('\n');
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(path, text))
            .with_context(|| format!("cannot write `{}`", path.display()))
    }
}

fn names<'a>(job: &Job<'a>) -> [(&'static str, &'a str); 3] {
    [("abr", job.rule), ("film", &job.movie.name), ("trace", &job.network.name)]
}

#[cfg(test)]
mod tests;
