//! What a balancer is told.

use crate::BackendSpec;
use dashpot_route::{health, outlier};
use ipnet::IpNet;
use std::{net::SocketAddr, time::Duration};

/// A balancer's configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where connections are taken.
    pub listen: Option<SocketAddr>,
    /// Where the operator asks and orders, on this machine only.
    pub admin: Option<SocketAddr>,
    /// Whom they are given to.
    pub backends: Vec<BackendSpec>,
    /// By which rule, as `dashpot_route::rules` reads it.
    pub algorithm: String,
    /// How long a connection to a backend may take to be made.
    pub connect_timeout: Duration,
    /// Other backends that are tried where one cannot be connected to.
    pub redispatch_max: usize,
    /// How long a connection may rest in both directions before it is reset.
    pub idle_timeout: Duration,
    /// The same once one side has ended its direction.
    pub fin_timeout: Duration,
    /// How long connections may go on once the shutdown has begun; then they are reset.
    pub drain: Duration,
    /// Connections at once; further ones wait in the operating system's backlog.
    pub connections_max: usize,
    /// Connections that the operating system takes ahead of the balancer.
    pub backlog: u32,
    /// Bytes that a direction of a connection may hold while it passes them on.
    pub buffer_bytes: usize,
    /// Whether bulk goes through the kernel alone.
    pub splice: Splice,
    /// Whether backends are told who the client is.
    pub proxy_out: ProxyOut,
    /// Whether those in front tell that.
    pub proxy_in: ProxyIn,
    /// How backends are probed.
    pub check: Check,
    /// When, and how many probes decide.
    pub health: health::Settings,
    /// When failures of connections eject one; `None` never.
    pub outliers: Option<outlier::Settings>,
    /// Choices that are kept for `/choices`.
    pub choices_max: usize,
    /// The seed of what is drawn.
    pub seed: u64,
}

/// Whether bulk goes through the kernel alone (`splice(2)`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Splice {
    /// Where there is much of it, on Linux.
    #[default]
    Auto,
    /// Never.
    Off,
}

/// Whether backends are told who the client is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProxyOut {
    /// No: the balancer is their client.
    #[default]
    Off,
    /// By the PROXY protocol, version 2.
    V2,
}

/// Whether those in front tell who the client is, by the PROXY protocol, version 2.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ProxyIn {
    /// No.
    #[default]
    Off,
    /// Connections from these networks do, all of them; from elsewhere none is taken, since a
    /// header is whatever its sender likes.
    From(Vec<IpNet>),
}

/// How backends are probed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Check {
    /// Not at all: they count as up.
    Off,
    /// By a connection that is made and closed.
    #[default]
    Tcp,
    /// By `GET` of this path, which is to be answered with a status from 200 to 399.
    Http(String),
}

impl Config {
    /// Returns the defaults, with nobody to listen to and nobody to give anything to.
    #[must_use]
    pub fn new() -> Self {
        Self {
            listen: None,
            admin: None,
            backends: Vec::new(),
            algorithm: "maglev".to_owned(),
            // A handshake within a region takes milliseconds; the first retransmission of a SYN
            // comes after one second (RFC 6298 §2), so that a lost one is tried elsewhere instead.
            connect_timeout: Duration::from_secs(1),
            // With one dead in a few, two more tries find a well one but once in many thousands.
            redispatch_max: 2,
            // Longer than the servers' own idle timeouts (75 s at an edge), so that those decide.
            idle_timeout: Duration::from_secs(300),
            // A peer that has gone without a word keeps no place for long.
            fin_timeout: Duration::from_secs(30),
            // Longer than a segment takes on a slow link.
            drain: Duration::from_secs(30),
            // As an edge takes: two descriptors each.
            connections_max: 16_384,
            // As `dashpot_serve::SocketOptions` has it.
            backlog: 4_096,
            // Whole small answers at once; only as long as there is something to pass on.
            buffer_bytes: 32 << 10,
            splice: Splice::Auto,
            proxy_out: ProxyOut::Off,
            proxy_in: ProxyIn::Off,
            check: Check::Tcp,
            health: health::Settings::default(),
            outliers: Some(outlier::Settings::default()),
            choices_max: 256,
            seed: 0,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}
