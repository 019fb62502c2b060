//! Flags of `dashpot edge`: how bodies are fetched, and fetched on.

use dashpot_edge::Fill;

/// How bodies are fetched, and fetched on.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Filling")]
pub(super) struct FillArgs {}

impl From<FillArgs> for Fill {
    fn from(_: FillArgs) -> Self {
        Self::default()
    }
}
