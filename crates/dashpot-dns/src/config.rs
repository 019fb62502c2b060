//! What a name server is to do, and why it could not start.

use crate::{KeyError, ZoneError};
use dashpot_serve::{AccessLogError, BindError, LogTo};
use hickory_proto::rr::Name;
use ipnet::IpNet;
use std::{io, net::SocketAddr, num::NonZeroU32, path::PathBuf};

/// What name servers are to do in one process.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The servers, each with addresses and zones of its own.
    pub servers: Vec<ServerConfig>,
    /// Where `/health` and `/metrics` are answered, and DNS over HTTPS for the first server.
    pub http: Option<SocketAddr>,
    /// Where a line for each query goes.
    pub access_log: LogTo,
    /// Answers per second over UDP to a client's network; none where that is not limited.
    pub rate_limit: Option<NonZeroU32>,
}

/// A name server: its addresses answer for its zones and for no others.
#[derive(Clone, Debug, Default)]
pub struct ServerConfig {
    /// Addresses, for UDP and TCP alike.
    pub listen: Vec<SocketAddr>,
    /// What it answers for.
    pub zones: Vec<ZoneConfig>,
    /// What it calls itself, to those who ask (RFC 5001).
    pub nsid: Option<String>,
    /// Who may have whole zones (AXFR).
    pub transfer_to: Vec<IpNet>,
    /// Who is told that a zone has changed (NOTIFY).
    pub notify: Vec<SocketAddr>,
}

/// A zone of a server.
#[derive(Clone, Debug)]
pub struct ZoneConfig {
    /// Its name.
    pub name: Name,
    /// Where its records come from.
    pub from: ZoneFrom,
    /// Its private key in PEM, where its answers are to be signed.
    pub key: Option<PathBuf>,
}

/// Where a zone's records come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ZoneFrom {
    /// A zone file: this server is the zone's primary.
    File(PathBuf),
    /// Another server, which is asked again and again: this one is a secondary.
    Primary(SocketAddr),
}

/// Why a name server could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// An address cannot be listened on.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The access log cannot be opened.
    #[error(transparent)]
    AccessLog(#[from] AccessLogError),
    /// A file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A zone file is none.
    #[error("cannot serve the zone {zone}: {}{}", path.display(), source)]
    Zone {
        /// The zone.
        zone: String,
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<At>,
    },
    /// A key is none.
    #[error("cannot sign the zone {zone} with `{}`", path.display())]
    Key {
        /// The zone.
        zone: String,
        /// The key's file.
        path: PathBuf,
        /// What is wrong with it.
        source: KeyError,
    },
    /// A server has no zone, or no address.
    #[error("cannot serve: a server needs an address and a zone")]
    Nothing,
}

/// What is wrong with a zone file, as compilers write it: `:LINE: what`.
#[derive(Debug, PartialEq, Eq)]
pub struct At(pub ZoneError);

impl std::fmt::Display for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.line {
            Some(line) => write!(f, ":{line}: {}", self.0.fault),
            None => write!(f, ": {}", self.0.fault),
        }
    }
}

impl std::error::Error for At {}
