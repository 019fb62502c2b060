//! Flags of `dashpot edge`: logs, metrics and what is told to those behind and in front.

use clap::ValueEnum;
use dashpot_base::parse_duration;
use dashpot_edge::Ops;
use dashpot_serve::LogFormat;
use std::time::Duration;

/// Logs, metrics and what is told to those behind and in front.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Operations")]
pub(super) struct OpsArgs {
    /// How a line of the access log is written
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "json",
        env = "DASHPOT_EDGE_ACCESS_LOG_FORMAT"
    )]
    access_log_format: FormatName,
    /// Tell players in CMSD-Dynamic (CTA-5006) of throughput and round trip, as the kernel has them,
    /// and of duress
    #[arg(long, env = "DASHPOT_EDGE_CMSD")]
    cmsd: bool,
    /// Show the cache key in Cache-Status
    #[arg(long, env = "DASHPOT_EDGE_CACHE_STATUS_KEY")]
    cache_status_key: bool,
    /// How long responses in flight may take once SIGTERM or Ctrl-C has come; a second one ends at
    /// once
    #[arg(long, value_name = "TIME", default_value = "10s", env = "DASHPOT_EDGE_DRAIN",
          value_parser = parse_duration)]
    pub(super) drain: Duration,
}

/// Names of the access log's formats.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormatName {
    /// An object with all there is: timings, Cache-Status, CMCD, trace
    Json,
    /// Apache's and nginx's combined log format
    Combined,
}

impl From<OpsArgs> for Ops {
    fn from(args: OpsArgs) -> Self {
        Self {
            cmsd: args.cmsd,
            cache_status_key: args.cache_status_key,
            access_log_format: match args.access_log_format {
                FormatName::Json => LogFormat::Json,
                FormatName::Combined => LogFormat::Combined,
            },
        }
    }
}
