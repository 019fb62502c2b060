//! `dashpot up`: the whole chain on this machine.

mod ca;
mod chain;
pub(crate) mod page;
mod parts;
mod secure;
mod source;

pub(crate) use source::Unpacked;

use crate::{ExitStatus, cli, signal};
use anyhow::{Context as _, bail};
use chain::Chain;
use dashpot_base::ByteSize;
use dashpot_serve::Clock;
use source::Source;
use std::{net::SocketAddr, path::PathBuf};

/// What may be typed after `dashpot up`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to play: a film (it is ingested first), a folder of assets, or the URL of an MPD; the
    /// built-in test film where absent
    source: Option<String>,
    /// Address of the web page; the edges take the ports behind it [default: 127.0.0.1:8080, or a
    /// free port where that is taken]
    #[arg(long, value_name = "ADDR", env = "DASHPOT_UP_LISTEN")]
    listen: Option<SocketAddr>,
    /// How many edges stand in front of the origin
    #[arg(long, value_name = "N", default_value_t = 2, env = "DASHPOT_UP_EDGES",
          value_parser = clap::value_parser!(u16).range(1..=8))]
    edges: u16,
    /// Memory of each edge's cache
    #[arg(long, value_name = "SIZE", default_value = "128MiB", env = "DASHPOT_UP_CACHE_MEM")]
    cache_mem: ByteSize,
    /// How many times in a row the page plays an asset
    #[arg(long = "loop", value_name = "N", default_value_t = 8, env = "DASHPOT_UP_LOOP",
          value_parser = clap::value_parser!(u32).range(1..=1000))]
    loops: u32,
    /// Serve page and edges by HTTPS too, with a certificate of this machine's own authority
    #[arg(long, env = "DASHPOT_UP_TLS")]
    tls: bool,
    /// Folder that keeps the authority [default: dashpot/ca in the user's data folder]
    #[arg(long, value_name = "DIR", env = "DASHPOT_UP_TLS_STATE")]
    tls_state: Option<PathBuf>,
}

impl Args {
    /// Makes the certificate for HTTPS, where that is asked for.
    fn certificate(&self) -> anyhow::Result<Option<ca::Files>> {
        if !self.tls {
            return Ok(None);
        }
        let data = || {
            let home =
                || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share"));
            std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).or_else(home)
        };
        let folder = self.tls_state.clone().or_else(|| Some(data()?.join("dashpot/ca")));
        let folder = folder.context("cannot find the user's data folder: give --tls-state DIR")?;
        ca::prepare(&folder, Clock::system().wall()).map(Some)
    }
}

/// Starts the chain, prints its addresses, and runs until it is interrupted.
///
/// # Errors
/// Where a part of the chain cannot start or ends by itself.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitStatus> {
    if let Some(listen) = args.listen.filter(|listen| !listen.ip().is_loopback()) {
        // Its edges let anybody slow viewers down; that is nothing for a network.
        bail!(
            "cannot run on {listen}: `up` is for this machine alone, so give 127.0.0.1:{port} or \
             [::1]:{port}; `dashpot origin` and `dashpot edge` serve a network",
            port = listen.port()
        );
    }
    let source = Source::of(args.source.as_deref())?;
    let chain = Chain::start(&args, source).await?;
    cli::print(&chain.addresses());
    chain.run_until(signal::interrupted()).await?;
    Ok(ExitStatus::Done)
}
