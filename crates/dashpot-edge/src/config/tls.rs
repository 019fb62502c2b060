//! HTTPS, HTTP/2 and HTTP/3 towards clients.

use std::{net::SocketAddr, path::PathBuf};

use dashpot_serve::TlsMin;

/// HTTPS, HTTP/2 and HTTP/3 towards clients.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// The addresses to speak TLS on, besides the plain one; none leaves TLS off.
    pub listen: Vec<SocketAddr>,
    /// Files of certificate chains; the first meets clients that ask for no name of the others.
    pub certs: Vec<PathBuf>,
    /// Files of their private keys, in the same order.
    pub keys: Vec<PathBuf>,
    /// The oldest version to speak.
    pub min: TlsMin,
    /// Whether to speak HTTP/3, too, on the UDP ports of the same numbers; experimental.
    pub http3: bool,
}
