//! Flags of what walks from the root: whom it asks and how.

use anyhow::Context as _;
use dashpot_base::parse_duration;
use dashpot_dns::{Anchor, Ask, ResolverOptions, Subnet};
use ipnet::IpNet;
use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

/// Whom a walk asks and how.
#[derive(Debug, clap::Args)]
pub(super) struct Reach {
    /// Address of a server of the root, with a port where it is not --port; repeatable
    #[arg(long = "root", value_name = "ADDR", env = "DASHPOT_DNS_ROOTS", value_delimiter = ' ')]
    roots: Vec<Place>,
    /// Port of the name servers that referrals lead to
    #[arg(long, value_name = "PORT", default_value_t = 53, env = "DASHPOT_DNS_PORT")]
    port: u16,
    /// Name server that answers on another port, as in 127.53.1.1:5301; repeatable
    #[arg(
        long = "port-of",
        value_name = "ADDR:PORT",
        env = "DASHPOT_DNS_PORT_OF",
        value_delimiter = ' '
    )]
    ports: Vec<SocketAddr>,
    /// Address to ask from: that of a provider, by which name servers tell where its clients are
    #[arg(long, value_name = "IP", env = "DASHPOT_DNS_SOURCE")]
    source: Option<IpAddr>,
    /// Wait so long for a name server before it, or another one, is asked again
    #[arg(long, value_name = "TIME", default_value = "400ms", env = "DASHPOT_DNS_HOP_TIMEOUT",
          value_parser = parse_duration)]
    hop_timeout: Duration,
    /// Ask each name server so often
    #[arg(long, value_name = "N", default_value_t = 2, env = "DASHPOT_DNS_TRIES",
          value_parser = clap::value_parser!(u8).range(1..))]
    tries: u8,
    /// Do not spell names in a random case (0x20), so that forged answers have less to guess
    #[arg(long, env = "DASHPOT_DNS_NO_SPELLING")]
    no_spelling: bool,
    /// Tell every name server the whole name (no RFC 9156)
    #[arg(long, env = "DASHPOT_DNS_NO_MINIMISATION")]
    no_minimisation: bool,
    /// Tell name servers the network of the client (RFC 7871): off, clients, or one such as 10.1.2.0/24
    #[arg(long, value_name = "WHOSE", default_value = "off", env = "DASHPOT_DNS_SUBNET")]
    subnet: Whose,
    /// File of DS or DNSKEY records that are believed; with it, answers are validated (DNSSEC)
    #[arg(long, value_name = "FILE", env = "DASHPOT_DNS_ANCHORS")]
    anchors: Option<PathBuf>,
}

/// An address with or without a port.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    ip: IpAddr,
    port: Option<u16>,
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let whole = text.parse().map(|at: SocketAddr| Self { ip: at.ip(), port: Some(at.port()) });
        let bare = |_| text.parse().map(|ip| Self { ip, port: None });
        whole.or_else(bare).map_err(|_: std::net::AddrParseError| {
            "give an address, such as 127.53.0.1 or 127.53.0.1:5300".to_owned()
        })
    }
}

impl Place {
    pub(super) fn at(self, port: u16) -> SocketAddr {
        SocketAddr::new(self.ip, self.port.unwrap_or(port))
    }
}

/// Whose networks name servers are told.
#[derive(Clone, Copy, Debug)]
struct Whose(Subnet);

impl FromStr for Whose {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self(Subnet::Off)),
            "clients" => Ok(Self(Subnet::Clients)),
            network => network
                .parse()
                .map(|network: IpNet| Self(Subnet::Always(network)))
                .map_err(|_| "give `off`, `clients` or a network such as 10.1.2.0/24".to_owned()),
        }
    }
}

impl Reach {
    /// Returns whether answers are to be validated.
    pub(super) const fn validates(&self) -> bool {
        self.anchors.is_some()
    }

    /// Returns what is meant, with resolvers to ask in the place of the root where there are any.
    ///
    /// # Errors
    /// Where the file of trust anchors cannot be read.
    pub(super) fn options(&self, resolvers: &[Place]) -> anyhow::Result<ResolverOptions> {
        let anchors = match &self.anchors {
            None => Vec::new(),
            Some(path) => {
                let path_told = path.display();
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read `{path_told}`"))?;
                Anchor::parse_all(&text).with_context(|| format!("cannot use `{path_told}`"))?
            }
        };
        let all = |places: &[Place]| places.iter().map(|place| place.at(self.port)).collect();
        let ask = match resolvers {
            [] => Ask::Roots(all(&self.roots)),
            resolvers => Ask::Resolvers(all(resolvers)),
        };
        Ok(ResolverOptions {
            ask,
            port: self.port,
            ports: self.ports.iter().map(|at| (at.ip(), at.port())).collect(),
            source: self.source,
            hop_timeout: self.hop_timeout,
            tries: self.tries,
            spells: !self.no_spelling,
            minimises: !self.no_minimisation,
            subnet: self.subnet.0,
            anchors,
            ..ResolverOptions::default()
        })
    }
}
