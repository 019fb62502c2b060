//! Flags of `dashpot edge`: the upstreams and how requests are sent to them.

use dashpot_edge::Behind;

/// The upstreams and how requests are sent to them.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Upstreams")]
pub(super) struct BehindArgs {}

impl From<BehindArgs> for Behind {
    fn from(_: BehindArgs) -> Self {
        Self::default()
    }
}
