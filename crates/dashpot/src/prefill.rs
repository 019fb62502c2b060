//! `dashpot prefill`: fill an edge's cache before anybody asks.

use crate::{ExitStatus, cli, operator};
use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::{io::IsTerminal as _, time::Duration};

/// How often the edge is asked how far it is: often enough for a bar to move.
const POLL_EVERY: Duration = Duration::from_millis(200);

/// What may be typed after `dashpot prefill`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    edge: operator::Reach,
    /// MPD, by its URL or path at the edge: all its segments are fetched
    #[arg(long, value_name = "URL", required_unless_present = "urls")]
    mpd: Option<String>,
    /// URLs or paths to fetch
    urls: Vec<String>,
    /// Fetches begun in a second
    #[arg(long, value_name = "N", default_value_t = 20)]
    rate: u32,
    /// Fetches at a time
    #[arg(long, value_name = "N", default_value_t = 4)]
    concurrency: u32,
}

/// Has the edge fetch, shows how far it is, and prints what came of it.
///
/// # Errors
/// Where the edge cannot be reached or refuses.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitStatus> {
    let api = operator::Api::new(&args.edge)?;
    let asked = json!({ "mpd": args.mpd, "urls": args.urls, "rate_per_s": args.rate,
        "concurrency": args.concurrency });
    let begun = api.post("/prefill", &asked).await?;
    let Some(id) = begun["id"].as_str() else { bail!("the edge named no job") };
    let (path, bar) = (format!("/prefill/{id}"), bar()?);
    let mut pace = tokio::time::interval(POLL_EVERY);
    let progress = loop {
        pace.tick().await;
        let progress = api.get(&path).await?;
        let count = |name: &str| progress[name].as_u64().unwrap_or_default();
        bar.set_length(count("total"));
        bar.set_position(count("done") + count("failed"));
        if progress["state"] != "running" {
            break progress;
        }
    };
    bar.finish_and_clear();
    Ok(tell(&progress))
}

fn tell(progress: &Value) -> ExitStatus {
    let (done, bytes, failed) = (&progress["done"], &progress["bytes"], &progress["failed"]);
    let mut text = format!("{done} fetched, {bytes} bytes, {failed} failed");
    for failure in progress["failures"].as_array().into_iter().flatten() {
        let part = |name: &str| failure[name].as_str().unwrap_or_default();
        text.push_str(&format!("\n{}: {}", part("url"), part("reason")));
    }
    cli::print(&text);
    if failed == &json!(0) && progress["state"] == "finished" {
        ExitStatus::Done
    } else {
        ExitStatus::CheckFailed
    }
}

/// Returns a bar on stderr; a hidden one where nobody watches.
fn bar() -> anyhow::Result<ProgressBar> {
    if !std::io::stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len}")
        .context("the bar's template is wrong")?;
    Ok(ProgressBar::new(0).with_style(style))
}
