//! Flags of `dashpot edge`: which requests are for the same resource.

use dashpot_edge::Keys;

/// Which requests are for the same resource.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Keys")]
pub(super) struct KeysArgs {}

impl From<KeysArgs> for Keys {
    fn from(_: KeysArgs) -> Self {
        Self::default()
    }
}
