//! Flags of `dashpot edge`: what it can do, which its load is told by.

use dashpot_base::Bitrate;
use dashpot_edge::Load;

/// What the edge can do, which its load is told by.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Operations")]
pub(super) struct LoadArgs {
    /// Open connections that are all the edge can serve: what the load in /health and CMSD is told
    /// by [default: as many as there may be]
    #[arg(long, value_name = "N", env = "DASHPOT_EDGE_CAPACITY_CONNECTIONS",
          value_parser = clap::value_parser!(u64).range(1..))]
    capacity_connections: Option<u64>,
    /// Rate of response bodies that is all the edge can send, such as 1Gbps [default: does not count]
    #[arg(long, value_name = "RATE", env = "DASHPOT_EDGE_CAPACITY_EGRESS",
          value_parser = parse_rate)]
    capacity_egress: Option<Bitrate>,
    /// Load, in percent, at which the edge says that it is under duress (CMSD `du`), until it has
    /// fallen by ten
    #[arg(long, value_name = "PERCENT", default_value_t = 90, env = "DASHPOT_EDGE_DURESS_AT",
          value_parser = clap::value_parser!(u8).range(1..=100))]
    duress_at: u8,
}

fn parse_rate(text: &str) -> Result<Bitrate, String> {
    match text.parse::<Bitrate>() {
        Ok(rate) if rate.bps() == 0 => Err("give more than nothing".to_owned()),
        Ok(rate) => Ok(rate),
        Err(error) => Err(error.to_string()),
    }
}

impl From<LoadArgs> for Load {
    fn from(args: LoadArgs) -> Self {
        Self {
            connections: args.capacity_connections,
            egress: args.capacity_egress,
            duress_percent: args.duress_at,
        }
    }
}
