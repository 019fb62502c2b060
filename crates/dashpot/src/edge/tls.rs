//! Flags of `dashpot edge`: HTTPS, HTTP/2 and HTTP/3 towards clients.

use super::parse;
use clap::ValueEnum;
use dashpot_edge::Tls;
use dashpot_serve::TlsMin;
use std::{net::SocketAddr, path::PathBuf};

/// HTTPS, HTTP/2 and HTTP/3 towards clients.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "TLS")]
pub(super) struct TlsArgs {
    /// Address to serve HTTPS on (HTTP/2 and HTTP/1.1), besides --listen; repeatable
    #[arg(long, value_name = "ADDR", env = "DASHPOT_EDGE_TLS_LISTEN", value_delimiter = ',',
          value_parser = parse::addr)]
    tls_listen: Vec<SocketAddr>,
    /// Certificate chain in PEM, read again when it changes; repeatable: SNI chooses, the first is
    /// the default
    #[arg(long, value_name = "FILE", env = "DASHPOT_EDGE_TLS_CERT", value_delimiter = ',')]
    tls_cert: Vec<PathBuf>,
    /// Private key in PEM, one for each certificate in the same order
    #[arg(long, value_name = "FILE", env = "DASHPOT_EDGE_TLS_KEY", value_delimiter = ',')]
    tls_key: Vec<PathBuf>,
    /// Oldest version of TLS to speak
    #[arg(long, value_name = "VERSION", default_value = "1.2", env = "DASHPOT_EDGE_TLS_MIN")]
    tls_min: MinName,
    /// Serve HTTP/3, too, on the UDP ports of the same numbers (experimental)
    #[arg(long, env = "DASHPOT_EDGE_HTTP3")]
    http3: bool,
}

/// Names of the oldest version.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum MinName {
    /// What television sets of the last decade need
    #[value(name = "1.2")]
    Tls12,
    /// Clients since 2018
    #[value(name = "1.3")]
    Tls13,
}

impl From<TlsArgs> for Tls {
    fn from(args: TlsArgs) -> Self {
        Self {
            listen: args.tls_listen,
            certs: args.tls_cert,
            keys: args.tls_key,
            http3: args.http3,
            min: match args.tls_min {
                MinName::Tls12 => TlsMin::Tls12,
                MinName::Tls13 => TlsMin::Tls13,
            },
        }
    }
}
