//! Flags of `dashpot edge`: logs, metrics and what is told to those behind and in front.

use dashpot_edge::Ops;

/// Logs, metrics and what is told to those behind and in front.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Operations")]
pub(super) struct OpsArgs {}

impl From<OpsArgs> for Ops {
    fn from(_: OpsArgs) -> Self {
        Self::default()
    }
}
