//! The rules in other people's simulators, whose figures are printed under the names that they
//! have there.

mod session;
mod told;

use super::{in_order::in_order, plan::Plan};
use anyhow::{Context as _, bail};
use clap::ValueEnum;
use dashpot_qoe::{ChunkQoe, stats::mean};
use dashpot_sim::{oracle::pensieve, sweep::Job};
use serde_json::Value;
use std::{fmt::Write as _, fs, path::Path, time::Duration};
use told::Told;

/// Whose simulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Oracle {
    /// Sabre (ACM Multimedia Systems 2018), bit for bit
    Sabre,
    /// The test environment of Pensieve (SIGCOMM 2017), bit for bit
    Pensieve,
}

/// What a rule brings along from one trace to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum State {
    /// Nothing: each session is as if it were alone
    Fresh,
    /// What it has learned, as in the published scripts, which run one rule over all traces
    Carried,
}

/// How an oracle's sessions are run.
#[derive(Clone, Copy, Debug)]
pub(super) struct How<'a> {
    /// How many threads; 0 for one a processor.
    pub(super) threads: usize,
    /// What was asked for, where anything was.
    pub(super) state: Option<State>,
    /// The sessions, in rising order, whose decision logs are written, and to which folder.
    pub(super) logs: Option<(&'a [usize], &'a Path)>,
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
    pub(super) fn run(self, plan: &Plan, how: &How<'_>) -> anyhow::Result<Sessions> {
        let state = self.state(how.state)?;
        let figures = pool(how.threads)?.install(|| match (self, state) {
            (Self::Sabre, _) => {
                in_order((0..plan.len()).collect(), |index| session::sabre(plan, index, how))
            }
            (Self::Pensieve, State::Fresh) => in_order((0..plan.len()).collect(), |index| {
                let mut rule = session::made(&plan.job(index))?;
                session::pensieve(plan, index, rule.as_mut(), how)
            }),
            (Self::Pensieve, State::Carried) => carried(plan, how),
        });
        Ok(Sessions { figures: figures?, compared: self.compared() })
    }

    /// Returns what a rule brings along from the trace before.
    fn state(self, asked: Option<State>) -> anyhow::Result<State> {
        match (self, asked) {
            (Self::Sabre, Some(State::Carried)) => bail!(
                "--oracle-state carried is for --oracle pensieve: each run of Sabre is one session"
            ),
            (Self::Sabre, _) => Ok(State::Fresh),
            (Self::Pensieve, asked) => Ok(asked.unwrap_or(State::Carried)),
        }
    }

    /// Returns the figures that rules are compared by: the score and what it is made of.
    const fn compared(self) -> &'static [&'static str] {
        match self {
            Self::Sabre => &["time average score", "time average played bitrate", "rebuffer ratio"],
            Self::Pensieve => &["QoE_lin", "bitrate_kbps", "stall_s"],
        }
    }
}

/// Runs Pensieve's sessions so that each rule goes through all traces of a film in the plan's order.
fn carried(plan: &Plan, how: &How<'_>) -> anyhow::Result<Vec<Figures>> {
    let (rules, traces) = (plan.rules.len(), plan.networks.len());
    // A walk is a film with a rule; its sessions are a rule's place apart.
    let walks = in_order((0..plan.movies.len() * rules).collect(), |walk| {
        let (movie, rule_number) = (walk / rules, walk % rules);
        let first = movie * traces * rules + rule_number;
        let mut rule = session::made(&plan.job(first))?;
        let sessions = (0..traces).map(|trace| {
            // What published scripts begin anew with each trace our rules do at a seek.
            rule.seeked();
            session::pensieve(plan, first + trace * rules, rule.as_mut(), how)
        });
        sessions.collect::<anyhow::Result<Vec<_>>>()
    })?;
    let mut walks = walks.into_iter().map(Vec::into_iter).collect::<Vec<_>>();
    let order = (0..plan.len()).map(|index| index / (rules * traces) * rules + index % rules);
    Ok(order.filter_map(|walk| walks.get_mut(walk)?.next()).collect())
}

fn pool(threads: usize) -> anyhow::Result<rayon::ThreadPool> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.context("cannot start threads: try a lower --threads")
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
                let trace = session::trace(&job)?;
                let precision = pensieve::Precision::default();
                let best =
                    pensieve::optimum(&session::setup(&job, &trace), ChunkQoe::LINEAR, precision);
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
