//! Flags of `dashpot edge`: hTTPS, HTTP/2 and HTTP/3 towards clients.

use dashpot_edge::Tls;

/// HTTPS, HTTP/2 and HTTP/3 towards clients.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "TLS")]
pub(super) struct TlsArgs {}

impl From<TlsArgs> for Tls {
    fn from(_: TlsArgs) -> Self {
        Self::default()
    }
}
