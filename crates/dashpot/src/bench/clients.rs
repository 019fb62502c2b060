//! Several viewers of one film on one link, all with the same rule: how fairly they share it.

use super::{
    extras::{self, Whose},
    in_order::in_order,
    oracle::{Figures, Sessions},
    parquet,
    plan::{BLOCK, Plan},
    row::{self, Kind},
};
use crate::rule;
use anyhow::{Context as _, bail};
use dashpot_qoe::{
    Metric,
    stats::{jain, mean},
};
use dashpot_sim::sweep::{Job, Played};
use std::{
    fs::{self, File},
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
};

/// The folder in `--out` that logs go to.
pub(super) const LOGS: &str = "logs";

/// The most viewers of one link.
pub(super) const CLIENTS_MAX: u32 = 1_000;

/// What stands in a viewer's row before the columns of a session: how many there were, and which
/// of them this one is, counted from 1.
const LEADING: [(&str, Kind); 2] = [("clients", Kind::Integer), ("client", Kind::Integer)];

/// What rules are compared by: how well viewers fared, and how fairly.
const COMPARED: [&str; 4] = ["qoe_lin", "jain_qoe_lin", "jain_bitrate", "stall_ratio"];

/// What is written of viewers, and who plays them.
#[derive(Debug, Default)]
pub(super) struct How<'a> {
    pub(super) threads: usize,
    /// Where rows and logs go.
    pub(super) out: Option<&'a Path>,
    /// The sessions of which logs are wanted, in order.
    pub(super) logged: Vec<usize>,
    /// Where inputs for ITU-T P.1203 go.
    pub(super) p1203: Option<&'a Path>,
}

impl How<'_> {
    /// Returns where the logs of a session go that are wanted.
    fn logs(&self, index: usize) -> Option<PathBuf> {
        self.logged.binary_search(&index).ok()?;
        self.out.map(|out| out.join(LOGS))
    }

    fn make_folders(&self) -> anyhow::Result<()> {
        let logs = self.logged.first().and_then(|first| self.logs(*first));
        for folder in logs.as_deref().into_iter().chain(self.p1203) {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
        }
        Ok(())
    }

    /// Writes what is wanted of a session's viewers, apart from their rows.
    fn write(&self, plan: &Plan, index: usize, viewers: &[Played]) -> anyhow::Result<()> {
        let logs = self.logs(index);
        for (viewer, played) in (1..).zip(viewers) {
            let whose = Whose::one_of(index, viewer);
            if let Some(folder) = &logs {
                extras::log(plan, whose, folder, &played.records)?;
            }
            if let Some(folder) = self.p1203 {
                extras::p1203_of(plan, whose, folder, played)?;
            }
        }
        Ok(())
    }
}

/// Plays every session of `plan` with all its viewers, and writes what is wanted of each; what they
/// came to together is returned.
pub(super) fn run(plan: &Plan, how: &How<'_>) -> anyhow::Result<Sessions> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(how.threads).build();
    let pool = pool.context("cannot start threads: try a lower --threads")?;
    how.make_folders()?;
    let mut rows = how.out.map(Rows::create).transpose()?;
    let mut figures = Vec::new();
    for from in (0..plan.len()).step_by(BLOCK) {
        let block = from..(from + BLOCK).min(plan.len());
        let played = pool.install(|| {
            in_order(block.collect(), |index| {
                let job = plan.job(index);
                let viewers = together(&job, how.logs(index).is_some())?;
                how.write(plan, index, &viewers)?;
                let lines = rows.as_ref().map(|_| lines(&job, &viewers)).unwrap_or_default();
                Ok((all(&job, &viewers), lines))
            })
        })?;
        for (of_all, lines) in played {
            figures.push(of_all);
            if let Some(rows) = &mut rows {
                rows.write(&lines)?;
            }
        }
    }
    if let Some((rows, out)) = rows.zip(how.out) {
        rows.finish(out)?;
    }
    Ok(Sessions::new(figures, &COMPARED))
}

fn together(job: &Job<'_>, keep_records: bool) -> anyhow::Result<Vec<Played>> {
    let make = || rule::make(job.rule).with_context(|| format!("--abr {}", job.rule));
    let viewers = job.play_together(make, keep_records)?;
    match viewers.iter().find_map(|played| played.failure.as_ref()) {
        Some(why) => {
            bail!("the rule failed with `{}` over `{}`: {why}", job.movie.name, job.network.name)
        }
        None => Ok(viewers),
    }
}

/// Returns what the viewers of one network came to: how fair it was, means, and the worst off.
fn all(job: &Job<'_>, viewers: &[Played]) -> Figures {
    let of = |metric| viewers.iter().filter_map(|it| it.measures.get(metric)).collect::<Vec<_>>();
    let average = |metric| mean(&of(metric)).unwrap_or(f64::NAN);
    let least = |metric| of(metric).into_iter().reduce(f64::min).unwrap_or(f64::NAN);
    // Who saw nothing at all had no share of the link, and one worth less than nothing is no share.
    let shares = |metric| {
        let shares = viewers.iter().map(|it| it.measures.get(metric).unwrap_or(0.0).max(0.0));
        jain(&shares.collect::<Vec<_>>()).unwrap_or(f64::NAN)
    };
    let mut figures = vec![
        ("clients", f64::from(job.setup.viewers)),
        ("jain_bitrate", shares(Metric::BitrateKbps)),
        ("jain_qoe_lin", shares(Metric::QoeLin)),
        ("bitrate_kbps", average(Metric::BitrateKbps)),
        ("bitrate_kbps_least", least(Metric::BitrateKbps)),
        ("qoe_lin", average(Metric::QoeLin)),
        ("qoe_lin_least", least(Metric::QoeLin)),
        ("stall_ratio", average(Metric::StallRatio)),
        ("stalls", average(Metric::Stalls)),
        ("switches_per_min", average(Metric::SwitchesPerMinute)),
        ("startup_s", average(Metric::StartupSeconds)),
    ];
    if job.setup.edge.is_some() {
        let metrics = [Metric::HitRatio, Metric::ByteHitRatio];
        figures.extend(metrics.map(|metric| (metric.name(), average(metric))));
    }
    figures
}

fn lines(job: &Job<'_>, viewers: &[Played]) -> String {
    let of_one =
        |(client, played)| format!("{},{client},{}", viewers.len(), row::line(job, played));
    (1_usize..).zip(viewers).map(of_one).collect()
}

/// The rows of all viewers on their way to a file, which takes its place when it is whole.
struct Rows {
    aside: PathBuf,
    writer: BufWriter<File>,
}

impl Rows {
    fn create(out: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(out)
            .with_context(|| format!("cannot make the folder `{}`", out.display()))?;
        let aside = out.join("viewers.csv.new");
        let file = File::create(&aside).with_context(|| cannot_write(&aside))?;
        let mut rows = Self { aside, writer: BufWriter::new(file) };
        let leading = LEADING.map(|(name, _)| name).join(",");
        rows.write(&format!("{leading},{}", row::header()))?;
        Ok(rows)
    }

    fn write(&mut self, text: &str) -> anyhow::Result<()> {
        self.writer.write_all(text.as_bytes()).with_context(|| cannot_write(&self.aside))
    }

    fn finish(mut self, out: &Path) -> anyhow::Result<()> {
        self.writer.flush().with_context(|| cannot_write(&self.aside))?;
        let path = out.join("viewers.csv");
        fs::rename(&self.aside, &path).with_context(|| cannot_write(&path))?;
        let columns = LEADING.into_iter().chain(row::columns()).collect::<Vec<_>>();
        parquet::write_columns(&path, &out.join("viewers.parquet"), &columns)
    }
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write `{}`", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use dashpot_net::Trace;
    use dashpot_sim::{
        input::{Network, Vbr},
        lab::Edge,
        sweep::Setup,
    };
    use std::time::Duration;

    fn plan(rules: &[&str], setup: Setup) -> Plan {
        let trace = Trace::parse("1000,6000,20").unwrap();
        Plan {
            rules: rules.iter().map(|&rule| rule.to_owned()).collect(),
            movies: vec![Vbr::parse("vbr,segments=40").unwrap().movie().unwrap()],
            networks: vec![Network::new("steady".to_owned(), trace)],
            setup,
        }
    }

    fn how(threads: usize, out: &Path) -> How<'_> {
        How { threads, out: Some(out), ..How::default() }
    }

    const ALONE: Setup = Setup::new(Duration::from_secs(25), 1);

    #[test]
    fn viewers_of_one_link_share_it_and_one_alone_is_fair() {
        let plan = plan(&["throughput", "bola"], ALONE);
        for index in 0..plan.len() {
            let figure = |viewers: u32, name: &str| {
                let job = Job { setup: Setup { viewers, ..ALONE }, ..plan.job(index) };
                let figures = all(&job, &together(&job, false).unwrap());
                figures.into_iter().find(|(other, _)| *other == name).unwrap().1
            };
            let rule = plan.job(index).rule;
            for name in ["jain_bitrate", "jain_qoe_lin"] {
                assert!((figure(1, name) - 1.0).abs() < 1e-12, "{rule}");
                let fair = figure(4, name);
                assert!((0.8..=1.0).contains(&fair), "{rule}: {name} {fair}");
            }
            let (alone, shared) = (figure(1, "bitrate_kbps"), figure(4, "bitrate_kbps"));
            assert!(shared < alone && shared < 6_000.0 / 4.0 * 1.2, "{rule}: {shared}");
            assert!(figure(4, "bitrate_kbps_least") <= shared, "{rule}");
        }
    }

    #[test]
    fn each_viewer_has_a_row_whatever_the_threads() {
        let setup = Setup { viewers: 3, edge: Some(Edge::default()), ..ALONE };
        let plan = plan(&["throughput", "cache-aware"], setup);
        let mut first = None;
        for threads in [1, 2, 7] {
            let folder = tempfile::tempdir().unwrap();
            let out = folder.path().join("new");
            let json = run(&plan, &how(threads, &out)).unwrap().json(&plan).unwrap();
            assert_eq!(json.lines().count(), 2);
            assert!(json.contains("\"byte_hit_ratio\": 0."), "{json}");
            let rows = fs::read_to_string(out.join("viewers.csv")).unwrap();
            let columns = rows.lines().next().unwrap().split(',').count();
            let whos = rows.lines().skip(1).map(|line| {
                assert_eq!(row::split(line, columns).unwrap().len(), columns);
                line.split(',').take(2).collect::<Vec<_>>().join(" of ")
            });
            let expected = ["3 of 1", "3 of 2", "3 of 3"].repeat(2);
            assert_eq!(whos.collect::<Vec<_>>(), expected);
            let parquet = fs::read(out.join("viewers.parquet")).unwrap();
            let all = (json, rows, parquet);
            assert!(first.get_or_insert_with(|| all.clone()) == &all, "{threads} threads");
            assert_eq!(fs::read_dir(&out).unwrap().count(), 2, "work is left behind");
        }
    }

    #[test]
    fn what_is_worth_less_than_nothing_is_no_share_of_anything() {
        let mut played = together(&plan(&["bb"], ALONE).job(0), false).unwrap();
        let mut second = played[0].clone();
        played[0].measures.set(Metric::QoeLin, Some(1.0));
        second.measures.set(Metric::QoeLin, Some(-3.0));
        played.push(second);
        let plan = plan(&["bb"], ALONE);
        let figures = all(&plan.job(0), &played);
        let figure = |name: &str| figures.iter().find(|(other, _)| *other == name).unwrap().1;
        assert_eq!((figure("jain_qoe_lin"), figure("qoe_lin")), (0.5, -1.0));
        assert_eq!((figure("jain_bitrate"), figure("qoe_lin_least")), (1.0, -3.0));
        played[0].measures.set(Metric::QoeLin, Some(-1.0));
        let figures = all(&plan.job(0), &played);
        assert!(figures[2].1.is_nan(), "{figures:?}");
    }
}
