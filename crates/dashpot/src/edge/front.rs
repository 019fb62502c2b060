//! Flags of `dashpot edge`: what clients may take, and what they must show.

use dashpot_edge::Front;

/// What clients may take, and what they must show.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Clients")]
pub(super) struct FrontArgs {}

impl From<FrontArgs> for Front {
    fn from(_: FrontArgs) -> Self {
        Self::default()
    }
}
