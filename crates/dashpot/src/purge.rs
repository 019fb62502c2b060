//! `dashpot purge`: declare what an edge has stored obsolete.

use crate::{ExitStatus, cli, operator};
use serde_json::json;

/// What may be typed after `dashpot purge`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    edge: operator::Reach,
    #[command(flatten)]
    scope: Scope,
    /// Do not forget it: validate it before its next use
    #[arg(long)]
    soft: bool,
}

/// What is purged.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Scope {
    /// One URL or path, with all its variants
    #[arg(long)]
    url: Option<String>,
    /// All URLs that begin so
    #[arg(long)]
    prefix: Option<String>,
    /// All responses with this tag (Surrogate-Key, Cache-Tag or xkey)
    #[arg(long)]
    tag: Option<String>,
    /// Everything
    #[arg(long)]
    all: bool,
}

/// Purges and prints what that concerned.
///
/// # Errors
/// Where the edge cannot be reached or refuses.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitStatus> {
    let Scope { url, prefix, tag, all } = args.scope;
    let asked = json!({ "url": url, "prefix": prefix, "tag": tag, "all": all, "soft": args.soft });
    let done = operator::Api::new(&args.edge)?.post("/purge", &asked).await?;
    cli::print(&format!("{} stored responses purged, epoch {}", done["objects"], done["epoch"]));
    Ok(ExitStatus::Done)
}
