//! What can go wrong between a balancer and a server.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How a probe or a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// There was no connection: refused, unreachable, or no name.
    Connect,
    /// The TLS handshake failed.
    Tls,
    /// There was no answer in time.
    Timeout,
    /// The connection ended before the answer did.
    Closed,
    /// The answer had this status.
    Status(u16),
    /// The answer was not what was expected.
    Content,
}

impl Failure {
    /// Returns whether it speaks against the server as such, rather than against one request of it:
    /// an answer below 500 is the server's at work (RFC 9110 §15.5).
    #[must_use]
    pub const fn is_fault(self) -> bool {
        match self {
            Self::Connect | Self::Tls | Self::Timeout | Self::Closed | Self::Content => true,
            Self::Status(status) => 500 <= status,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => f.write_str("no connection"),
            Self::Tls => f.write_str("TLS handshake failed"),
            Self::Timeout => f.write_str("no answer in time"),
            Self::Closed => f.write_str("connection closed early"),
            Self::Status(status) => write!(f, "status {status}"),
            Self::Content => f.write_str("unexpected answer"),
        }
    }
}
