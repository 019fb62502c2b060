//! `dashpot play`: one session without a screen, and how it went.

mod link;
mod log;
mod report;
mod screen;
mod tally;

use crate::{ExitStatus, cli, rule, signal};
use anyhow::{Context as _, bail};
use clap::ValueEnum;
use dashpot_base::{Seed, parse_duration};
use dashpot_client::{CmcdMode, Config, Outcome, Snapshot};
use dashpot_player::DoneReason;
use dashpot_serve::Clock;
use log::SessionLog;
use report::Report;
use screen::Screen;
use std::{fs, path::PathBuf, time::Duration};
use tally::Tally;
use url::Url;

/// How often the live view is drawn: ten times a second looks like motion and costs nothing.
const REFRESH: Duration = Duration::from_millis(100);

/// What may be typed after `dashpot play`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// URL of the MPD
    url: Url,
    /// Rule that chooses the rungs, with parameters where wished: `throughput:safety=0.8`, or
    /// `exec:COMMAND` for a program or `onnx:FILE` for a network that does (docs/policies.md); a
    /// wrong name lists them all
    #[arg(long, value_name = "NAME", default_value = "dynamic-o", env = "DASHPOT_PLAY_ABR",
          value_parser = rule::spec)]
    abr: String,
    /// Authority to trust besides the machine's, in PEM, such as that of `dashpot up --tls`
    #[arg(long, value_name = "FILE", env = "DASHPOT_PLAY_CACERT")]
    cacert: Option<PathBuf>,
    /// End after this long; without it, at the end of the film
    #[arg(long = "for", value_name = "TIME", env = "DASHPOT_PLAY_FOR",
          value_parser = parse_duration)]
    for_time: Option<Duration>,
    /// Access line to emulate: a rate, or a CSV trace of `duration_ms,bandwidth_kbps,latency_ms`
    #[arg(long, value_name = "RATE|TRACE", env = "DASHPOT_PLAY_LINK")]
    link: Option<String>,
    /// Latency of the emulated line, paid once a request
    #[arg(long, value_name = "TIME", env = "DASHPOT_PLAY_LATENCY",
          value_parser = parse_duration)]
    latency: Option<Duration>,
    /// Share of requests that the emulated line loses, from 0 to 1
    #[arg(long, value_name = "RATIO", default_value_t = 0.0, env = "DASHPOT_PLAY_LOSS",
          value_parser = ratio)]
    loss: f64,
    /// Fixes which requests are lost
    #[arg(long, value_name = "N", default_value_t = 1, env = "DASHPOT_PLAY_SEED")]
    seed: u64,
    /// Go to this position: `30s` at the start, `30s@5s` when 5 s have passed; may be repeated
    #[arg(long, value_name = "TIME[@WHEN]", value_parser = seek)]
    seek: Vec<Seek>,
    /// Most media kept ahead of the playhead
    #[arg(long, value_name = "TIME", default_value = "25s", env = "DASHPOT_PLAY_BUFFER",
          value_parser = parse_duration)]
    buffer: Duration,
    /// How far behind the live edge of a live presentation to play, at least one and a half segments;
    /// without it, what the MPD says
    #[arg(long, value_name = "TIME", env = "DASHPOT_PLAY_LIVE_LATENCY", value_parser = parse_duration)]
    live_latency: Option<Duration>,
    /// Audio language wished for, such as `en` or `ko`
    #[arg(long, value_name = "TAG", env = "DASHPOT_PLAY_LANGUAGE")]
    language: Option<String>,
    /// Where the player tells caches and servers about itself (CTA-5004)
    #[arg(long, value_name = "WHERE", default_value = "header", env = "DASHPOT_PLAY_CMCD")]
    cmcd: Cmcd,
    /// Write every decision and event to this file, one line of JSON each
    #[arg(long, value_name = "FILE", env = "DASHPOT_PLAY_LOG")]
    log: Option<PathBuf>,
    /// Shape of the result on stdout
    #[arg(long, value_name = "FORMAT", default_value = "text", env = "DASHPOT_PLAY_FORMAT")]
    format: Format,
    /// Fail (exit code 1) where more than this share of the time watched was spent stalled
    #[arg(long, value_name = "RATIO", env = "DASHPOT_PLAY_MAX_STALL_RATIO", value_parser = ratio)]
    max_stall_ratio: Option<f64>,
}

/// Where CMCD goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Cmcd {
    /// Into request header fields
    Header,
    /// Into the query of each URL
    Query,
    /// Nowhere
    Off,
}

/// Shapes of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table for people
    Text,
    /// One JSON object
    Json,
}

/// One move of the viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seek {
    to: Duration,
    /// After this much of the session.
    after: Duration,
}

/// Plays, and prints how it went; an interrupt ends the session and not the report.
///
/// # Errors
/// Where there is nothing to play, or a file that was named cannot be read or written.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitStatus> {
    let mut screen = Screen::on_terminal(args.buffer);
    let mut log = args.log.as_deref().map(SessionLog::create).transpose()?;
    let config = config(&args, screen.is_some())?;
    let mut tally = Tally::default();
    let observe = |seen: Snapshot<'_>| match seen.record {
        Some(record) => {
            tally.add(record);
            if let Some(log) = &mut log {
                log.write(record);
            }
        }
        None => {
            if let Some(screen) = &mut screen {
                screen.draw(&tally, seen.session, seen.now);
            }
        }
    };
    let played = dashpot_client::play(config, signal::interrupted(), observe).await;
    if let Some(screen) = &mut screen {
        screen.erase();
    }
    let outcome = played?;
    let status = verdict(&outcome, &tally, args.max_stall_ratio);
    let report = Report::new(outcome, &tally);
    cli::print(&match args.format {
        Format::Text => report.text(),
        Format::Json => report.json()?,
    });
    log.map_or(Ok(()), SessionLog::finish)?;
    Ok(status)
}

/// Returns whether the session held what was asked of it; says why where it did not.
fn verdict(outcome: &Outcome, tally: &Tally, stall_ratio_max: Option<f64>) -> ExitStatus {
    let failure = tally.failure.as_deref();
    if matches!(outcome.reason, DoneReason::Failed { .. } | DoneReason::RuleFailed { .. }) {
        let error = outcome.error.as_ref().map(|error| error as &dyn std::error::Error);
        tracing::error!(reason = %outcome.reason, error, "the session broke off");
        // Before the first picture nothing ran that could have failed a check.
        return match outcome.summary.startup_ms {
            Some(_) => ExitStatus::CheckFailed,
            None => ExitStatus::CouldNotRun,
        };
    }
    // Without a picture there is no stall either, and yet nothing that could pass for a session.
    let Some(ratio) = outcome.summary.stall_ratio else {
        if outcome.reason == DoneReason::Stopped && stall_ratio_max.is_none() {
            return ExitStatus::Done;
        }
        tracing::error!(failure, "nothing was played");
        return ExitStatus::CheckFailed;
    };
    match stall_ratio_max {
        Some(max) if max < ratio => {
            tracing::error!(ratio, max, "stalled for longer than --max-stall-ratio allows");
            ExitStatus::CheckFailed
        }
        Some(_) | None => ExitStatus::Done,
    }
}

fn config(args: &Args, live: bool) -> anyhow::Result<Config> {
    if !["http", "https"].contains(&args.url.scheme()) {
        bail!("`{}` is not an http or https URL", args.url);
    }
    let rule = rule::make(&args.abr).with_context(|| format!("--abr {}", args.abr))?;
    let started = Clock::system().wall().unix_millis();
    let player = dashpot_player::Config {
        language: args.language.clone(),
        buffer_max: args.buffer,
        live_latency: args.live_latency,
        stop_after_time: args.for_time,
        // CTA-5004 `sid`: told apart on one machine by the process, and from run to run by time.
        session_id: Some(format!("{started:x}-{:x}", std::process::id())),
        ..dashpot_player::Config::new(args.url.clone())
    };
    let ca = match &args.cacert {
        Some(path) => fs::read(path)
            .with_context(|| format!("cannot read the authority `{}`", path.display()))?,
        None => Vec::new(),
    };
    Ok(Config {
        link: link::of(args.link.as_deref(), args.latency)?,
        loss_ratio: args.loss,
        seed: Seed(args.seed),
        cmcd: match args.cmcd {
            Cmcd::Header => CmcdMode::Headers,
            Cmcd::Query => CmcdMode::Query,
            Cmcd::Off => CmcdMode::Off,
        },
        seeks: args.seek.iter().map(|seek| (seek.after, seek.to)).collect(),
        refresh: live.then_some(REFRESH),
        ca,
        ..Config::new(player, rule)
    })
}

fn ratio(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(ratio) if (0.0..=1.0).contains(&ratio) => Ok(ratio),
        Ok(_) | Err(_) => Err("a ratio is a number from 0 to 1".to_owned()),
    }
}

fn seek(text: &str) -> Result<Seek, String> {
    let (to, after) = text.split_once('@').unwrap_or((text, "0s"));
    let time = |text| parse_duration(text).map_err(|error| error.to_string());
    Ok(Seek { to: time(to)?, after: time(after)? })
}

#[cfg(test)]
mod tests;
