//! `dashpot bench`: every rule with every film over every network, in virtual time.

mod files;
mod movies;
mod networks;
mod parquet;
mod plan;
mod row;
mod store;
mod summary;
mod table;

use crate::{ExitStatus, cli};
use anyhow::{Context as _, bail};
use clap::ValueEnum;
use dashpot_base::{Seed, parse_duration};
use dashpot_net::Format as Lines;
use dashpot_sim::{
    input::NetworkFormat,
    sweep::{Setup, split_rules},
};
use plan::Plan;
use std::{path::PathBuf, time::Duration};
use store::Store;
use summary::Summary;

/// What may be typed after `dashpot bench`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Rules to be compared, with parameters where wished: `throughput,bola:gp=6,dynamic`; a wrong
    /// name lists them all
    #[arg(
        long,
        value_name = "RULES",
        default_value = "throughput,bola,dynamic",
        env = "DASHPOT_BENCH_ABR"
    )]
    abr: String,
    /// Networks: files or folders of traces, or `gen:KIND,seed=1,n=50` with KIND one of markov,
    /// step, lte, outage, profile, mixed [default: gen:mixed]
    #[arg(long, value_name = "PATH|GEN", num_args = 1.., env = "DASHPOT_BENCH_TRACE")]
    trace: Vec<String>,
    /// What the trace files are, where it is not to be told from their content
    #[arg(long, value_name = "FORMAT", env = "DASHPOT_BENCH_TRACE_FORMAT")]
    trace_format: Option<TraceFormat>,
    /// Latency of traces that have none of their own (Pensieve, Mahimahi), paid once a request
    #[arg(long, value_name = "TIME", default_value = "80ms", env = "DASHPOT_BENCH_LATENCY",
          value_parser = parse_duration)]
    latency: Duration,
    /// Films: Sabre's JSON, an asset's folder, an MPD with its files beside it, or
    /// `gen:vbr,seed=1,segments=150` [default: gen:vbr]
    #[arg(long, value_name = "PATH|GEN", num_args = 1.., env = "DASHPOT_BENCH_MOVIE")]
    movie: Vec<String>,
    /// Most media kept ahead of the playhead
    #[arg(long, value_name = "TIME", default_value = "25s", env = "DASHPOT_BENCH_BUFFER",
          value_parser = parse_duration)]
    buffer: Duration,
    /// Fixes whatever is random
    #[arg(long, value_name = "N", default_value_t = 1, env = "DASHPOT_BENCH_SEED")]
    seed: u64,
    /// Folder that gets sessions.csv and sessions.parquet; what is there of the same inputs already
    /// is not played again
    #[arg(long, value_name = "DIR", env = "DASHPOT_BENCH_OUT")]
    out: Option<PathBuf>,
    /// Threads that play [default: one for each processor]; results do not depend on it
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true,
        env = "DASHPOT_BENCH_THREADS"
    )]
    threads: usize,
    /// Shape of the result on stdout
    #[arg(long, value_name = "FORMAT", default_value = "text", env = "DASHPOT_BENCH_FORMAT")]
    format: Format,
}

/// What trace files are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TraceFormat {
    /// Lines of `duration_ms,bandwidth_kbps,latency_ms`
    Csv,
    /// Sabre's JSON
    Sabre,
    /// Lines of `seconds Mbit/s`
    Pensieve,
    /// Lines of milliseconds, one for each packet of 1500 bytes
    Mahimahi,
}

impl From<TraceFormat> for NetworkFormat {
    fn from(format: TraceFormat) -> Self {
        match format {
            TraceFormat::Csv => Self::Lines(Lines::Csv),
            TraceFormat::Sabre => Self::Sabre,
            TraceFormat::Pensieve => Self::Lines(Lines::Pensieve),
            TraceFormat::Mahimahi => Self::Lines(Lines::Mahimahi),
        }
    }
}

/// Shapes of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Tables and sentences for people
    Text,
    /// One JSON object
    Json,
}

/// The least buffer that a session can be played with.
const BUFFER_MIN: Duration = Duration::from_secs(1);

/// The most sessions of one sweep: what a day plays.
const SESSIONS_MAX: usize = 100_000_000;

/// Plays all sessions that are not there yet, and prints how the rules compare.
///
/// # Errors
/// Where a rule, a film or a network is none, or files cannot be read or written.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitStatus> {
    let plan = plan(args)?;
    let temporary = args.out.is_none().then(tempfile::tempdir).transpose();
    let temporary = temporary.context("cannot make a temporary folder")?;
    let folder = args.out.as_deref().or(temporary.as_ref().map(tempfile::TempDir::path));
    let mut store = Store::open(folder.context("no folder to write to")?)?;
    let kept = plan.play(&mut store, args.threads)?;
    let sessions = store.finish(&plan)?;
    parquet::write(&sessions, &store.parquet())?;
    let summary = Summary::read(&plan, &sessions, kept, Seed(args.seed))?;
    cli::print(&match args.format {
        Format::Text => table::text(&summary, args.out.as_deref()),
        Format::Json => summary.json()?,
    });
    Ok(ExitStatus::Done)
}

fn plan(args: &Args) -> anyhow::Result<Plan> {
    let rules = split_rules(&args.abr);
    if rules.is_empty() {
        bail!(
            "--abr names no rule; there are {}",
            dashpot_abr::names().collect::<Vec<_>>().join(", ")
        );
    }
    for (index, rule) in rules.iter().enumerate() {
        dashpot_abr::parse(rule).with_context(|| format!("--abr {rule}"))?;
        if rules[..index].contains(rule) {
            bail!("--abr names `{rule}` twice");
        }
    }
    if args.buffer < BUFFER_MIN {
        bail!("--buffer must be at least 1s");
    }
    let format = args.trace_format.map(NetworkFormat::from);
    let networks = networks::read(&args.trace, format, args.latency)?;
    let movies = movies::read(&args.movie)?;
    let setup = Setup { buffer: args.buffer, seed: args.seed };
    let plan = Plan { rules, movies, networks, setup };
    if SESSIONS_MAX < plan.len() {
        bail!("these are {} sessions; at most {SESSIONS_MAX} are played at once", plan.len());
    }
    Ok(plan)
}
