//! Flags of `dashpot edge`: caching policy: what the operator adds to, or takes from, what the origin says.

use dashpot_edge::Policy;

/// Caching policy: what the operator adds to, or takes from, what the origin says.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Caching")]
pub(super) struct PolicyArgs {}

impl From<PolicyArgs> for Policy {
    fn from(_: PolicyArgs) -> Self {
        Self::default()
    }
}
