//! The flags of `dashpot origin` for channels that encoders contribute.

use dashpot_base::ByteSize;
use dashpot_origin::ContributionConfig;
use std::time::Duration;

/// Who may contribute, and what is kept of it.
#[derive(Debug, clap::Args)]
pub(super) struct ContributionArgs {
    /// Let anybody on this machine contribute channels, by PUT or POST below /ingest/
    #[arg(long, env = "DASHPOT_ORIGIN_INGEST")]
    ingest: bool,
    /// Let encoders that know it contribute channels: as a bearer token, or as `key_TOKEN` behind /ingest/
    #[arg(long, value_name = "TOKEN", env = "DASHPOT_ORIGIN_INGEST_TOKEN", hide_env_values = true)]
    ingest_token: Option<String>,
    /// How far back a contributed channel is kept, in seconds
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 60,
        value_parser = clap::value_parser!(u64).range(4..=86_400),
        env = "DASHPOT_ORIGIN_INGEST_WINDOW"
    )]
    ingest_window: u64,
    /// Memory that one contributed channel may take
    #[arg(long, value_name = "SIZE", default_value = "256MiB", env = "DASHPOT_ORIGIN_INGEST_MEM")]
    ingest_mem: ByteSize,
}

impl From<ContributionArgs> for ContributionConfig {
    fn from(args: ContributionArgs) -> Self {
        Self {
            is_free: args.ingest,
            token: args.ingest_token,
            window: Duration::from_secs(args.ingest_window),
            bytes_max: args.ingest_mem,
        }
    }
}
