//! The command line: what may be typed, and which command it starts.

use crate::{
    ExitStatus, balance, bench, config, dns, edge, explain, gym, ingest, log, origin, play,
    prefill, purge, sign, up,
};
use anyhow::Context as _;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use std::{ffi::OsString, path::PathBuf};

/// An adaptive-streaming delivery chain: DASH origin, edge cache, headless client.
///
/// `dashpot up` starts all of it on this machine with a test film and prints the address of a
/// page that plays it.
#[derive(Debug, Parser)]
#[command(name = "dashpot", version, max_term_width = 100, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    log: log::Args,
    /// TOML file with a table for each command, its flags by name: `[edge]`, `cache-mem = "1GiB"`
    #[arg(long, global = true, value_name = "FILE", help_heading = "Common options")]
    config: Option<PathBuf>,
    /// Print the configuration in force and where each value comes from, and stop
    #[arg(long, global = true, help_heading = "Common options")]
    print_config: bool,
}

const AFTER_HELP: &str = "\
Precedence: flag > DASHPOT_* in the environment > --config file > default.
Sizes are written 512MiB, times 500ms, rates 3Mbps. Port 0 takes a free port.
Exit codes: 0 done, 1 ran but a check failed, 2 could not run.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Start everything on this machine: origin, edges and a web page that plays
    Up(up::Args),
    /// Serve a folder of media as MPEG-DASH in four forms
    Origin(origin::Args),
    /// Cache in front of any HTTP origin
    Edge(Box<edge::Args>),
    /// Run name servers for zones of your own
    Dns(dns::Args),
    /// Give connections to several servers
    Balance(balance::Args),
    /// Tell an edge that what it has stored is obsolete
    Purge(purge::Args),
    /// Have an edge fetch before anybody asks
    Prefill(prefill::Args),
    /// Sign a URL for an edge that asks for it
    Sign(sign::Args),
    /// Play an MPD without a screen and tell how it went
    Play(play::Args),
    /// Tell why a session chose as it did, out of its log
    Explain(explain::Args),
    /// Compare rate-adaptation rules, by the thousand sessions in virtual time
    Bench(Box<bench::Args>),
    /// Let a program train a policy: sessions that wait for its choices, in lines of JSON
    ///
    /// Reads requests on stdin and answers on stdout, one line each: `{"kind":"reset","n":8}`, then
    /// `{"kind":"step","actions":[0,…]}`. docs/policies.md has the fields, examples/gym a
    /// Gymnasium environment.
    Gym(gym::Args),
    /// Make assets out of films: a ladder of CMAF tracks
    Ingest(ingest::Args),
}

/// Parses the command line and runs the command.
///
/// # Errors
/// Where the command could not run; what to do about it is in the message.
pub(crate) fn run(args: Vec<OsString>) -> anyhow::Result<ExitStatus> {
    let (command, from_file) = match config::file_of(&args) {
        Some(file) => config::with_file(Cli::command(), &file)?,
        None => (Cli::command(), config::FromFile::new()),
    };
    let matches = command.clone().try_get_matches_from(args);
    let matches = matches.unwrap_or_else(|error| config::named(error, &from_file).exit());
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    if cli.print_config {
        print(&config::print(&command, &matches, &from_file));
        return Ok(ExitStatus::Done);
    }
    log::start(&cli.log)?;
    let names: Vec<_> =
        std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
    for name in config::unknown_variables(&command, names.iter().map(String::as_str)) {
        tracing::warn!("{name} is set, but no flag is called so");
    }
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?
        .block_on(start(cli.command))
}

/// Parses the command line and its configuration file once more, for what `--config` says now.
///
/// # Errors
/// Where it no longer says how to run an edge; what is wrong is in the message.
pub(crate) fn edge_again() -> anyhow::Result<edge::Args> {
    let args: Vec<OsString> = std::env::args_os().collect();
    let command = match config::file_of(&args) {
        Some(file) => config::with_file(Cli::command(), &file)?.0,
        None => Cli::command(),
    };
    let matches = command.try_get_matches_from(args).map_err(|error| {
        // What follows is for those who type.
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default();
        anyhow::anyhow!("{}", first.trim_start_matches("error: ").to_owned())
    })?;
    match Cli::from_arg_matches(&matches)?.command {
        Command::Edge(args) => Ok(*args),
        Command::Up(_)
        | Command::Origin(_)
        | Command::Dns(_)
        | Command::Balance(_)
        | Command::Purge(_)
        | Command::Prefill(_)
        | Command::Sign(_)
        | Command::Play(_)
        | Command::Explain(_)
        | Command::Bench(_)
        | Command::Gym(_)
        | Command::Ingest(_) => {
            anyhow::bail!("this process is no edge")
        }
    }
}

/// Returns what is in force for an edge, as [`edge_again`] reads it.
///
/// # Errors
/// Where the command line or the configuration file no longer say how to run an edge.
pub(crate) fn in_force_again() -> anyhow::Result<Vec<config::InForce>> {
    let args: Vec<OsString> = std::env::args_os().collect();
    let (command, from_file) = match config::file_of(&args) {
        Some(file) => config::with_file(Cli::command(), &file)?,
        None => (Cli::command(), config::FromFile::new()),
    };
    let matches = command.clone().try_get_matches_from(args)?;
    Ok(config::in_force(&command, &matches, &from_file))
}

async fn start(command: Command) -> anyhow::Result<ExitStatus> {
    match command {
        Command::Up(args) => up::run(args).await,
        Command::Origin(args) => origin::run(args).await,
        Command::Edge(args) => edge::run(*args).await,
        Command::Dns(args) => dns::run(args).await,
        Command::Balance(args) => balance::run(args).await,
        Command::Purge(args) => purge::run(args).await,
        Command::Prefill(args) => prefill::run(args).await,
        Command::Sign(args) => sign::run(&args),
        Command::Play(args) => play::run(args).await,
        Command::Explain(args) => explain::run(&args),
        Command::Bench(args) => bench::run(&args).await,
        Command::Gym(args) => gym::run(&args),
        Command::Ingest(args) => ingest::run(args).await,
    }
}

/// Writes a result to stdout; a reader that has gone away is not an error.
pub(crate) fn print(text: &str) {
    use std::io::Write as _;
    let mut stdout = std::io::stdout().lock();
    let written = writeln!(stdout, "{}", text.trim_end_matches('\n')).and_then(|()| stdout.flush());
    if let Err(error) = written {
        tracing::debug!(%error, "stdout is closed");
    }
}
