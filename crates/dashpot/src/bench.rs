//! `dashpot bench`: every rule with every film over every network, in virtual time.

mod browser;
mod clients;
mod extras;
mod files;
mod in_order;
pub(crate) mod movies;
pub(crate) mod networks;
mod oracle;
mod parquet;
mod plan;
mod real;
mod report;
mod row;
mod store;
mod summary;
mod table;

use crate::{ExitStatus, cli, rule};
use anyhow::{Context as _, bail};
use clap::ValueEnum;
use dashpot_abr::Film as _;
use dashpot_base::{Seed, parse_duration};
use dashpot_net::Format as Lines;
use dashpot_sim::{
    input::{Movie, NetworkFormat},
    lab::Edge,
    sweep::{Live, Setup, split_rules},
};
use oracle::Oracle;
use plan::Plan;
use std::{path::PathBuf, time::Duration};
use store::Store;
use summary::Summary;

/// What may be typed after `dashpot bench`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Rules to be compared, with parameters where wished: `throughput,bola:gp=6,dynamic`, or
    /// `exec:COMMAND` for a program or `onnx:FILE` for a network that chooses (docs/policies.md); a
    /// wrong name lists them all
    #[arg(
        long,
        value_name = "RULES",
        default_value = "throughput,bola,dynamic",
        env = "DASHPOT_BENCH_ABR"
    )]
    abr: String,
    /// Networks: files or folders of traces, or `gen:KIND,seed=1,n=50` with KIND one of markov,
    /// step, lte, outage, profile, mixed [default: gen:mixed]
    #[arg(long, visible_alias = "network", value_name = "PATH|GEN", num_args = 1..,
          env = "DASHPOT_BENCH_TRACE")]
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
    /// Most media kept ahead of the playhead [default: 25s; with --oracle pensieve 60s]
    #[arg(long, value_name = "TIME", env = "DASHPOT_BENCH_BUFFER", value_parser = parse_duration)]
    buffer: Option<Duration>,
    /// Run the rules in another simulator instead, reproduced to the last digit, and print its own
    /// figures
    #[arg(long, value_name = "NAME", env = "DASHPOT_BENCH_ORACLE")]
    oracle: Option<Oracle>,
    /// With `--oracle pensieve`: what a rule brings along from each trace to the next; with state
    /// carried, published sessions come out [default: carried]
    #[arg(long, value_name = "STATE", env = "DASHPOT_BENCH_ORACLE_STATE", requires = "oracle")]
    oracle_state: Option<oracle::State>,
    /// With `--oracle pensieve`: find the best there was to be had of each trace, too, and how far
    /// behind it each session stayed
    #[arg(long, env = "DASHPOT_BENCH_OPTIMUM", requires = "oracle")]
    optimum: bool,
    /// Let so many viewers with the same rule share each network, 2 s apart, and print how fair
    /// that is (Jain's index of rates and of `QoE_lin`); --out gets clients.csv with a row for each network, and
    /// viewers.csv and viewers.parquet with one for each viewer
    #[arg(long, value_name = "N", env = "DASHPOT_BENCH_CLIENTS",
          value_parser = clap::value_parser!(u32).range(1..=i64::from(clients::CLIENTS_MAX)),
          conflicts_with_all = ["oracle", "real"])]
    clients: Option<u32>,
    /// Put a cache before the origin: how much it holds, and what else is to differ from
    /// `1GiB,rtt=2ms,origin-rtt=150ms,origin-rate=4Mbps,viewers-before=3`. With --clients all
    /// viewers of a network share it
    ///
    /// It evicts by SIEVE, as `dashpot edge` does. `rtt` is paid on top of the network's own latency for
    /// what the cache holds, `origin-rtt` besides for what it does not, and that comes no faster than
    /// `origin-rate`. `viewers-before` have each left the beginning of the film in it, at a rung and
    /// up to a point that --seed draws for each network.
    #[arg(long, value_name = "SIZE[,…]", env = "DASHPOT_BENCH_EDGE",
          conflicts_with_all = ["oracle", "real"])]
    edge: Option<String>,
    /// Play films that come into being meanwhile, so far behind the live edge; compare by `NQoE` and
    /// latency, too (docs/abr.md)
    #[arg(long, value_name = "TIME", env = "DASHPOT_BENCH_LIVE", value_parser = parse_duration,
          conflicts_with_all = ["oracle", "real", "edge"])]
    live: Option<Duration>,
    /// With `--live`: send a segment while it is made, in chunks of this length; 0s sends it whole
    #[arg(long, value_name = "TIME", default_value = "500ms", env = "DASHPOT_BENCH_CHUNK",
          requires = "live", value_parser = parse_duration)]
    chunk: Duration,
    /// Fixes whatever is random
    #[arg(long, value_name = "N", default_value_t = 1, env = "DASHPOT_BENCH_SEED")]
    seed: u64,
    /// Folder that gets sessions.csv, sessions.parquet and report.html; what is there of the same inputs already
    /// is not played again
    #[arg(long, value_name = "DIR", env = "DASHPOT_BENCH_OUT")]
    out: Option<PathBuf>,
    /// Write the decision log of these sessions to DIR/logs, for `dashpot explain`: numbers of rows,
    /// or patterns for RULE/FILM/TRACE with `*` for any letters; with --clients that of each viewer
    #[arg(long, value_name = "WHICH", num_args = 1.., requires = "out")]
    log: Vec<String>,
    /// Write each session, and of --clients each viewer's, as input for ITU-T P.1203 in mode 0 to this folder; sizes of pictures are
    /// guessed from rates, and the sound is a steady 128 kbit/s
    #[arg(long, value_name = "DIR", conflicts_with = "oracle")]
    p1203: Option<PathBuf>,
    /// Threads that play [default: one for each processor]; results do not depend on it. With
    /// --browser, browsers at once [default: one for two processors]
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true,
        env = "DASHPOT_BENCH_THREADS"
    )]
    threads: usize,
    /// Play in real time too, over HTTP through an origin with the test film, an edge and the trace as
    /// access line, and tell how the two agree
    #[arg(long, env = "DASHPOT_BENCH_REAL", group = "in-real-time", conflicts_with_all = ["movie", "out", "oracle", "p1203"])]
    real: bool,
    /// Play in real time over such a chain, and have dash.js in headless Chromium (or the program at
    /// PATH) take part; in --abr it is `dash.js`, with `abr=dynamic|throughput|bola|l2a|lolp` and
    /// `buffer=own` where wished
    #[arg(long, value_name = "PATH", num_args = 0..=1, require_equals = true,
          env = "DASHPOT_BENCH_BROWSER", group = "in-real-time",
          conflicts_with_all = ["real", "movie", "oracle", "clients", "edge", "live", "p1203"])]
    browser: Option<Option<PathBuf>>,
    /// How much media each session of `--real` or `--browser` plays
    #[arg(long, value_name = "TIME", default_value = "60s", env = "DASHPOT_BENCH_LENGTH",
          requires = "in-real-time", value_parser = parse_duration)]
    length: Duration,
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

/// The buffer where none is asked for: Sabre's, and the one that `dashpot play` has.
const BUFFER: Duration = Duration::from_secs(25);

/// The least buffer that a session can be played with.
const BUFFER_MIN: Duration = Duration::from_secs(1);

/// The most sessions of one sweep: what a day plays.
const SESSIONS_MAX: usize = 100_000_000;

/// Plays all sessions that are not there yet, and prints how the rules compare.
///
/// # Errors
/// Where a rule, a film or a network is none, or files cannot be read or written.
pub(crate) async fn run(args: &Args) -> anyhow::Result<ExitStatus> {
    let plan = plan(args)?;
    if let Some(oracle) = args.oracle {
        return ask(oracle, &plan, args);
    }
    if args.clients.is_some() {
        let logged = extras::choose(&plan, &args.log)?;
        let (out, p1203) = (args.out.as_deref(), args.p1203.as_deref());
        let sessions =
            clients::run(&plan, &clients::How { threads: args.threads, out, logged, p1203 })?;
        return say(&sessions, "clients", &plan, args);
    }
    if args.real {
        return real::run(real_request(args, plan)).await;
    }
    if let Some(program) = &args.browser {
        return browser::run(browser_request(args, plan, program.clone())).await;
    }
    let logged = extras::choose(&plan, &args.log)?;
    let temporary = args.out.is_none().then(tempfile::tempdir).transpose();
    let temporary = temporary.context("cannot make a temporary folder")?;
    let folder = args.out.as_deref().or(temporary.as_ref().map(tempfile::TempDir::path));
    let mut store = Store::open(folder.context("no folder to write to")?)?;
    let kept = plan.play(&mut store, args.threads)?;
    let sessions = store.finish(&plan)?;
    parquet::write(&sessions, &store.parquet())?;
    let summary = Summary::read(&plan, &store.parquet(), kept, Seed(args.seed))?;
    let mut written = Vec::new();
    if let Some(out) = &args.out {
        report::publish(&summary, &plan, report::Source::Virtual, out)?;
        written.extend([out.join("report.html"), sessions, store.parquet()]);
        if !logged.is_empty() {
            written.extend(extras::logs(&plan, logged, &out.join(clients::LOGS))?);
        }
    }
    if let Some(folder) = &args.p1203 {
        extras::p1203(&plan, folder)?;
        written.push(folder.clone());
    }
    cli::print(&match args.format {
        Format::Text => table::text(&summary, &written),
        Format::Json => summary.json()?,
    });
    Ok(ExitStatus::Done)
}

/// Runs the sessions in another simulator, and prints what that one prints.
fn ask(oracle: Oracle, plan: &Plan, args: &Args) -> anyhow::Result<ExitStatus> {
    let chosen = extras::choose(plan, &args.log)?;
    let folder = args.out.as_ref().map(|out| out.join("logs"));
    let logs = folder.as_deref().filter(|_| !chosen.is_empty());
    if let Some(folder) = logs {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
    }
    let how = oracle::How {
        threads: args.threads,
        state: args.oracle_state,
        logs: logs.map(|folder| (&*chosen, folder)),
    };
    let mut sessions = oracle.run(plan, &how)?;
    if args.optimum {
        if oracle != Oracle::Pensieve {
            bail!("the optimum is known in Pensieve's environment only: use --oracle pensieve");
        }
        sessions.add_optima(plan, args.threads)?;
    }
    let name = oracle.to_possible_value().map_or_else(String::new, |it| it.get_name().to_owned());
    say(&sessions, &name, plan, args)
}

/// Prints figures that are none of a session's own, and writes them down where asked to.
fn say(
    sessions: &oracle::Sessions,
    name: &str,
    plan: &Plan,
    args: &Args,
) -> anyhow::Result<ExitStatus> {
    if let Some(out) = &args.out {
        sessions.save(plan, &out.join(format!("{name}.csv")))?;
    }
    cli::print(&match args.format {
        Format::Text => sessions.text(plan),
        Format::Json => sessions.json(plan)?,
    });
    Ok(ExitStatus::Done)
}

fn browser_request(args: &Args, plan: Plan, program: Option<PathBuf>) -> browser::Request {
    browser::Request {
        plan,
        program,
        length: args.length,
        at_once: args.threads,
        out: args.out.clone(),
        log: args.log.clone(),
        format: args.format,
    }
}

fn real_request(args: &Args, plan: Plan) -> real::Request {
    let traces = plan.networks.into_iter().map(|network| (network.name, network.trace));
    real::Request {
        rules: plan.rules,
        traces: traces.collect(),
        buffer: plan.setup.buffer,
        length: args.length,
        seed: Seed(args.seed),
        json: args.format == Format::Json,
    }
}

/// Says whether there is such a rule, or such a contender in the browser.
fn check(name: &str, args: &Args) -> anyhow::Result<()> {
    if !browser::is_one(name) {
        return rule::check(name);
    }
    if args.browser.is_none() {
        bail!("dash.js plays in a browser: add --browser");
    }
    browser::Contender::parse(name).map(drop)
}

/// Returns how the films are played live, where that can be.
fn live(target: Duration, chunk: Duration, movies: &[Movie]) -> anyhow::Result<Live> {
    for movie in movies {
        let lengths = (0..movie.film.segments()).map(|index| movie.film.segment_ms(index));
        let longest = lengths.fold(0.0, f64::max) / 1e3;
        let piece = if chunk.is_zero() { longest } else { chunk.as_secs_f64().min(longest) };
        if target.as_secs_f64() < piece {
            bail!(
                "--live {} s: `{}` is sent in pieces of {piece} s, and none is there before it was \
                 captured; ask for more latency or a shorter --chunk",
                target.as_secs_f64(),
                movie.name,
            );
        }
    }
    Ok(Live { target, chunk })
}

fn plan(args: &Args) -> anyhow::Result<Plan> {
    let mut rules = split_rules(&args.abr);
    if args.browser.is_some() && !rules.iter().any(|rule| browser::is_one(rule)) {
        rules.push(browser::NAME.to_owned());
    }
    if rules.is_empty() {
        bail!(
            "--abr names no rule; there are {}",
            dashpot_abr::names().collect::<Vec<_>>().join(", ")
        );
    }
    for (index, name) in rules.iter().enumerate() {
        check(name, args).with_context(|| format!("--abr {name}"))?;
        if name.contains(['"', '\n', '\r']) {
            bail!(
                "--abr {name}: rows are told apart by it, so that it may have no quotes; put the command into a script"
            );
        }
        if rules[..index].contains(name) {
            bail!("--abr names `{name}` twice");
        }
    }
    let buffer = args.buffer.unwrap_or_else(|| args.oracle.map_or(BUFFER, Oracle::buffer));
    if buffer < BUFFER_MIN {
        bail!("--buffer must be at least 1s");
    }
    let format = args.trace_format.map(NetworkFormat::from);
    let networks = networks::read(&args.trace, format, args.latency)?;
    let movies = movies::read(&args.movie)?;
    let edge =
        args.edge.as_ref().map(|text| Edge::parse(text).with_context(|| format!("--edge {text}")));
    let viewers = args.clients.unwrap_or(1);
    let live = args.live.map(|target| live(target, args.chunk, &movies)).transpose()?;
    let setup = Setup { edge: edge.transpose()?, live, viewers, ..Setup::new(buffer, args.seed) };
    let plan = Plan { rules, movies, networks, setup };
    if SESSIONS_MAX < plan.len() {
        bail!("these are {} sessions; at most {SESSIONS_MAX} are played at once", plan.len());
    }
    Ok(plan)
}
