//! Flags of `dashpot edge`: the operator's listener: purge, prefill, reload.

use dashpot_edge::Admin;

/// The operator's listener: purge, prefill, reload.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Administration")]
pub(super) struct AdminArgs {}

impl From<AdminArgs> for Admin {
    fn from(_: AdminArgs) -> Self {
        Self::default()
    }
}
