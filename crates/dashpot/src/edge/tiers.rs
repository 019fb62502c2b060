//! Flags of `dashpot edge`: the tiers behind the memory tier, and who leaves and enters each.

use dashpot_edge::Tiers;

/// The tiers behind the memory tier, and who leaves and enters each.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Tiers")]
pub(super) struct TiersArgs {}

impl From<TiersArgs> for Tiers {
    fn from(_: TiersArgs) -> Self {
        Self::default()
    }
}
