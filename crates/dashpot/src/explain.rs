//! `dashpot explain`: why a session chose as it did, out of its log.

mod log;
mod tell;

use crate::{ExitStatus, cli};
use anyhow::Context as _;
use clap::ValueEnum;
use dashpot_base::parse_duration;
use std::{path::PathBuf, time::Duration};

/// What may be typed after `dashpot explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Log of a session, as `dashpot play --log` and `dashpot bench --log` write it
    log: PathBuf,
    /// Explain the choice in force at this time of the session; without it, list every change of
    /// rung and every stall
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    at: Option<Duration>,
    /// Shape of the result on stdout
    #[arg(long, value_name = "FORMAT", default_value = "text", env = "DASHPOT_EXPLAIN_FORMAT")]
    format: Format,
}

/// Shapes of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Sentences and tables for people
    Text,
    /// One JSON object
    Json,
}

/// Reads the log and prints what it says.
///
/// # Errors
/// Where the log cannot be read, or holds no choice to explain.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitStatus> {
    let place = args.log.display();
    let session = log::read(&args.log).with_context(|| format!("cannot explain `{place}`"))?;
    let Some(at) = args.at else {
        let story = tell::Story::of(&session);
        cli::print(&match args.format {
            Format::Text => story.text(),
            Format::Json => serde_json::to_string_pretty(&story)?,
        });
        return Ok(ExitStatus::Done);
    };
    let at_ms = u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
    let choice = tell::Choice::at(&session, at_ms).with_context(|| {
        format!("`{place}` holds no choice of video up to {}", tell::seconds(at_ms))
    })?;
    cli::print(&match args.format {
        Format::Text => choice.text(),
        Format::Json => serde_json::to_string_pretty(&choice)?,
    });
    Ok(ExitStatus::Done)
}

#[cfg(test)]
mod tests;
