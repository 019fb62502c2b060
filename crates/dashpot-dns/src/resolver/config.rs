//! What a resolver is to do.

use crate::resolver::anchor::Anchor;
use dashpot_names::Rules;
use dashpot_serve::{AccessLogError, BindError, LogTo};
use ipnet::IpNet;
use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

/// What a resolver is to do. The default knows nobody to ask.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whom it asks.
    pub ask: Ask,
    /// The port on which name servers answer that referrals name.
    pub port: u16,
    /// Those that answer on another one.
    pub ports: BTreeMap<IpAddr, u16>,
    /// The address from which it asks: that of a provider, to name servers that tell by it.
    pub source: Option<IpAddr>,
    /// How long a name server may take before it is asked again, or another one is.
    pub hop_timeout: Duration,
    /// How often each name server is asked.
    pub tries: u8,
    /// Whether names are spelled in a random case, which a forger would have to guess.
    pub spells: bool,
    /// Whether each name server is told no more of the name than it needs (RFC 9156).
    pub minimises: bool,
    /// Whose networks are told to name servers (RFC 7871).
    pub subnet: Subnet,
    /// What its cache does with times to live.
    pub rules: Rules,
    /// Keys that are believed without proof; without any, nothing is validated.
    pub anchors: Vec<Anchor>,
    /// Whether who asks may have the walk, in an option of the answer.
    pub tells: bool,
}

/// Whom a resolver asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The servers of the root, and whomever they refer to.
    Roots(Vec<SocketAddr>),
    /// Other resolvers, for everything.
    Resolvers(Vec<SocketAddr>),
}

/// Whose networks name servers are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Subnet {
    /// Nobody's.
    #[default]
    Off,
    /// That which a client names, or else the client's own.
    Clients,
    /// This one for every client.
    Always(IpNet),
}

impl Default for Config {
    fn default() -> Self {
        Self {
            ask: Ask::Roots(Vec::new()),
            port: 53,
            ports: BTreeMap::new(),
            source: None,
            hop_timeout: Duration::from_millis(400),
            tries: 2,
            spells: true,
            minimises: true,
            subnet: Subnet::Off,
            rules: Rules::default(),
            anchors: Vec::new(),
            tells: false,
        }
    }
}

impl Config {
    /// Returns where the name server at `address` answers.
    pub(crate) fn server(&self, address: IpAddr) -> SocketAddr {
        SocketAddr::new(address, self.ports.get(&address).copied().unwrap_or(self.port))
    }

    pub(crate) const fn validates(&self) -> bool {
        !self.anchors.is_empty()
    }

    pub(crate) const fn forwards(&self) -> bool {
        matches!(self.ask, Ask::Resolvers(_))
    }
}

/// Where a resolver listens, besides what it does.
#[derive(Clone, Debug, Default)]
pub struct ResolverConfig {
    /// Addresses, for UDP and TCP alike.
    pub listen: Vec<SocketAddr>,
    /// What it does.
    pub resolver: Config,
    /// Where `/health` and `/metrics` are answered.
    pub http: Option<SocketAddr>,
    /// Where a line for each query goes.
    pub access_log: LogTo,
}

/// Why a resolver could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolverStartError {
    /// An address cannot be listened on.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The access log cannot be opened.
    #[error(transparent)]
    AccessLog(#[from] AccessLogError),
    /// It has nobody to ask.
    #[error("cannot resolve: name a server of the root, or a resolver to ask")]
    Nobody,
    /// What other resolvers say cannot be proved, since they do not say which zone it comes from.
    #[error("cannot validate what is forwarded: give a trust anchor or resolvers to ask, not both")]
    Unprovable,
    /// Name servers could not be asked from the address.
    #[error("cannot ask from {address}")]
    Source {
        /// The address.
        address: IpAddr,
        /// What the operating system said.
        source: std::io::Error,
    },
}
