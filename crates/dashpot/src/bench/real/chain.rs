//! An origin with the test film and an edge in front of it, on loopback, for the length of a run.

use crate::up::Unpacked;
use anyhow::Context as _;
use dashpot_edge::ViewerLink;
use dashpot_serve::Shutdown;
use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};
use tokio::task::JoinSet;
use url::Url;

/// How long the test film is.
const FILM: Duration = Duration::from_secs(24);

/// How often an asset may be looped (the origin's own bound).
const LOOPS_MAX: u64 = 1_000;

/// Origin and edge.
#[derive(Debug)]
pub(in crate::bench) struct Chain {
    mpd: Url,
    edge: dashpot_edge::Handle,
    shutdown: Shutdown,
    parts: JoinSet<anyhow::Result<()>>,
    // Last, so that the files outlive the server that reads them.
    _media: Unpacked,
}

impl Chain {
    /// Starts both, with the film looped to at least `length`.
    ///
    /// # Errors
    /// Where the film cannot be unpacked, is too short for `length`, or nothing can listen.
    pub(in crate::bench) async fn start(length: Duration) -> anyhow::Result<Self> {
        let loops = length.as_secs().div_ceil(FILM.as_secs()).max(1);
        anyhow::ensure!(loops <= LOOPS_MAX, "a session in real time may be 6 hours long");
        let (media, shutdown) = (Unpacked::film()?, Shutdown::new());
        let mut parts = JoinSet::new();
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let origin = dashpot_origin::bind(dashpot_origin::Config::new(media.media(), any)).await?;
        let url =
            Url::parse(&format!("http://{}/", origin.addr())).context("the origin's address")?;
        let mut config = dashpot_edge::Config::new(url, any);
        config.lab = dashpot_edge::Lab::On;
        let edge = dashpot_edge::bind(config).await?;
        let handle = edge.handle();
        let mpd = format!("http://{}/vod/film/loop_{loops}/number.mpd", edge.addr());
        let (origin_end, edge_end) = (shutdown.clone(), shutdown.clone());
        parts.spawn(async move { Ok(origin.run(origin_end).await?) });
        parts.spawn(async move { Ok(edge.run(edge_end).await?) });
        Ok(Self {
            mpd: Url::parse(&mpd).context("the MPD's address")?,
            edge: handle,
            shutdown,
            parts,
            _media: media,
        })
    }

    /// Returns the address of the MPD, through the edge.
    pub(in crate::bench) const fn mpd(&self) -> &Url {
        &self.mpd
    }

    /// Returns what opens links through the edge.
    pub(in crate::bench) fn links(&self) -> Links {
        Links { edge: self.edge.clone(), mpd: self.mpd.clone() }
    }

    /// Ends both.
    ///
    /// # Errors
    /// Where one of them ended with an error.
    pub(in crate::bench) async fn stop(mut self) -> anyhow::Result<()> {
        self.shutdown.begin();
        while let Some(ended) = self.parts.join_next().await {
            ended.context("a server panicked")??;
        }
        Ok(())
    }
}

/// Opens links through the edge for players that have none of their own.
#[derive(Clone, Debug)]
pub(in crate::bench) struct Links {
    edge: dashpot_edge::Handle,
    mpd: Url,
}

impl Links {
    /// Opens a link, and returns the address that the MPD has over it.
    ///
    /// # Errors
    /// Where the system has no randomness for its name.
    pub(in crate::bench) fn open(&self) -> anyhow::Result<(ViewerLink, Url)> {
        let link = self.edge.open_link()?.context("the edge has no lab")?;
        let mut mpd = self.mpd.clone();
        mpd.set_path(&format!("{}{}", link.prefix(), self.mpd.path()));
        Ok((link, mpd))
    }
}
