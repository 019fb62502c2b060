//! The log on stderr.

use clap::ValueEnum;
use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;

/// How much is logged, and in which shape.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to log: a level (error, warn, info, debug, trace), or `target=level` pairs with commas
    #[arg(
        long,
        global = true,
        value_name = "FILTER",
        default_value = "info",
        env = "DASHPOT_LOG_LEVEL",
        help_heading = "Common options"
    )]
    log_level: String,
    /// Shape of the log on stderr
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        default_value = "text",
        env = "DASHPOT_LOG_FORMAT",
        help_heading = "Common options"
    )]
    log_format: Format,
}

/// Shapes of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines for people
    Text,
    /// One JSON object a line
    Json,
}

/// Sends the log to stderr from here on.
///
/// # Errors
/// Where the filter cannot be parsed.
pub(crate) fn start(args: &Args) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&args.log_level).map_err(|cause| {
        anyhow::anyhow!("`--log-level {}` is not a filter: {cause}", args.log_level)
    })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let started = match args.log_format {
        Format::Text => builder.with_target(false).try_init(),
        Format::Json => builder.json().try_init(),
    };
    started.map_err(|cause| anyhow::anyhow!("the log could not be started: {cause}"))
}
