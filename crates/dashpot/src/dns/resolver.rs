//! `dashpot dns resolver`: names for clients.

use super::reach::{Place, Reach};
use crate::{ExitStatus, cli, signal};
use dashpot_base::parse_duration;
use dashpot_dns::{ResolverConfig, ResolverOptions, bind_resolver};
use dashpot_names::Rules;
use dashpot_serve::{LogTo, Shutdown};
use std::{net::SocketAddr, time::Duration};

/// What may be typed after `dashpot dns resolver`.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Address for UDP and TCP; port 0 takes a free one; repeatable
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "127.0.0.1:5353",
        env = "DASHPOT_DNS_LISTEN",
        value_delimiter = ' '
    )]
    listen: Vec<SocketAddr>,
    /// Ask this resolver for everything in place of walking from the root; repeatable
    #[arg(
        long = "forward",
        value_name = "ADDR",
        env = "DASHPOT_DNS_FORWARD",
        value_delimiter = ' ',
        conflicts_with = "roots"
    )]
    forward: Vec<Place>,
    #[command(flatten)]
    reach: Reach,
    /// Keep so many answers
    #[arg(long, value_name = "N", default_value_t = 100_000, env = "DASHPOT_DNS_CACHE_ENTRIES")]
    cache_entries: usize,
    /// Keep answers so long at least: longer than their owners allow, where it is above 0
    #[arg(long, value_name = "TIME", default_value = "0s", env = "DASHPOT_DNS_TTL_MIN",
          value_parser = parse_duration)]
    ttl_min: Duration,
    /// Keep answers so long at most
    #[arg(long, value_name = "TIME", default_value = "24h", env = "DASHPOT_DNS_TTL_MAX",
          value_parser = parse_duration)]
    ttl_max: Duration,
    /// Keep that there is nothing so long at most
    #[arg(long, value_name = "TIME", default_value = "1h", env = "DASHPOT_DNS_NEGATIVE_TTL_MAX",
          value_parser = parse_duration)]
    negative_ttl_max: Duration,
    /// Answer with what no longer holds for so long, where nobody answers (RFC 8767)
    #[arg(long, value_name = "TIME", default_value = "0s", env = "DASHPOT_DNS_SERVE_STALE",
          value_parser = parse_duration)]
    serve_stale: Duration,
    /// Ask anew for what is used in the last PERCENT of its time; 0 for never
    #[arg(long, value_name = "PERCENT", default_value_t = 0, env = "DASHPOT_DNS_PREFETCH",
          value_parser = clap::value_parser!(u8).range(..=50))]
    prefetch: u8,
    /// Tell the walk to clients that ask for it, as `dashpot dns resolve --resolver` does
    #[arg(long, env = "DASHPOT_DNS_TELL")]
    tell: bool,
    /// Address for /health and /metrics [default: none]
    #[arg(long, value_name = "ADDR", env = "DASHPOT_DNS_HTTP")]
    http: Option<SocketAddr>,
    /// Where a JSON line for each query goes, with its walk: a file, `-` for stderr, or `off`
    #[arg(long, value_name = "FILE", default_value = "off", env = "DASHPOT_DNS_ACCESS_LOG",
          value_parser = |text: &str| Ok::<_, String>(LogTo::from(text)))]
    access_log: LogTo,
}

const AFTER_HELP: &str = "\
A chain of resolvers, each with --forward to the one above, is the other way to resolve: every level
keeps what it is told, and the log of each shows what reached it.";

/// Answers until it is interrupted.
///
/// # Errors
/// Where an address or a trust anchor cannot be had, or there is nobody to ask.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitStatus> {
    let rules = Rules {
        entries_max: args.cache_entries,
        ttl_min: seconds(args.ttl_min),
        ttl_max: seconds(args.ttl_max),
        negative_ttl_max: seconds(args.negative_ttl_max),
        stale_for: args.serve_stale,
        prefetch_percent: args.prefetch,
        ..Rules::default()
    };
    let options = args.reach.options(&args.forward)?;
    let resolver = ResolverOptions { rules, tells: args.tell, ..options };
    let (listen, http, access_log) = (args.listen, args.http, args.access_log);
    let server = bind_resolver(ResolverConfig { listen, resolver, http, access_log }).await?;
    for addr in server.addrs() {
        cli::print(&format!("dns://{addr}"));
    }
    if let Some(addr) = server.http_addr() {
        cli::print(&format!("http://{addr}"));
    }
    let shutdown = Shutdown::new();
    signal::begin_when_interrupted(&shutdown);
    server.run(shutdown).await;
    Ok(ExitStatus::Done)
}

/// Times to live are whole seconds; what is beyond them is the longest there is.
fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(dashpot_names::TTL_MAX)
}
