//! Flags of `dashpot edge`: how bodies are fetched, and fetched on.

use super::parse;
use clap::ValueEnum;
use dashpot_edge::{Fill, Prefetch};

/// How bodies are fetched, and fetched on.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Filling")]
pub(super) struct FillArgs {
    /// How often in a row the rest of a body that broke off is asked for; 0 cuts its readers
    #[arg(long, value_name = "N", default_value_t = Fill::default().resumes_max,
          env = "DASHPOT_EDGE_RESUMES_MAX")]
    resumes_max: u32,
    /// Fetches that fill the cache at a time; further requests go past the cache
    #[arg(long, value_name = "N", default_value_t = Fill::default().fills_max,
          env = "DASHPOT_EDGE_FILLS_MAX", value_parser = parse::count)]
    fills_max: usize,
    /// Which segments to fetch before they are asked for
    #[arg(long, value_name = "HOW", default_value = "off", env = "DASHPOT_EDGE_PREFETCH")]
    prefetch: PrefetchName,
    /// Fetches by --prefetch at a time
    #[arg(long, value_name = "N", default_value_t = Prefetch::default().outstanding_max,
          env = "DASHPOT_EDGE_PREFETCH_MAX", value_parser = parse::count)]
    prefetch_max: usize,
    /// Fetches by --prefetch at a time for one client
    #[arg(long, value_name = "N", default_value_t = Prefetch::default().per_client_max,
          env = "DASHPOT_EDGE_PREFETCH_CLIENT_MAX", value_parser = parse::count)]
    prefetch_client_max: usize,
}

/// What is fetched before it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PrefetchName {
    /// Nothing
    Off,
    /// What players announce by CMCD (nor, nrr)
    Cmcd,
    /// What follows two numbered ones in a row
    Pattern,
    /// Both
    Both,
}

impl From<FillArgs> for Fill {
    fn from(args: FillArgs) -> Self {
        let mut fill = Self::default();
        (fill.resumes_max, fill.fills_max) = (args.resumes_max, args.fills_max);
        let how = args.prefetch;
        fill.prefetch = Prefetch {
            by_cmcd: matches!(how, PrefetchName::Cmcd | PrefetchName::Both),
            by_pattern: matches!(how, PrefetchName::Pattern | PrefetchName::Both),
            outstanding_max: args.prefetch_max,
            per_client_max: args.prefetch_client_max,
        };
        fill
    }
}
