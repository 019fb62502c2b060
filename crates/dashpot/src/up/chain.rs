//! The parts of the chain: started from the origin forward, ended together.

use super::{
    Args,
    page::{OriginEntry, PageConfig},
    parts::{self, Ground, Media, Parts},
    secure::{Secure, serve_page},
    source::{Source, Unpacked},
};
use anyhow::Context as _;
use dashpot_serve::{Listener, Shutdown};
use std::{
    fmt::Write as _,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

/// Where the page is looked for first.
const PAGE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// The running chain.
#[derive(Debug)]
pub(super) struct Chain {
    page: SocketAddr,
    config: PageConfig,
    secure: Option<Secure>,
    shutdown: Shutdown,
    parts: Parts,
    // Last, so that the files outlive the servers that read them.
    _unpacked: Option<Unpacked>,
}

impl Chain {
    /// Starts origin, edges and page on loopback.
    ///
    /// # Errors
    /// Where the source cannot be served or a part cannot listen.
    pub(super) async fn start(args: &Args, source: Source) -> anyhow::Result<Self> {
        let mut parts = Parts::new();
        let base = args.listen.unwrap_or_else(|| parts::free_or_any(PAGE));
        let page = Listener::bind(base).await?;
        let files = args.certificate()?;
        let ground = Ground { args, base, page: page.addr(), files, shutdown: Shutdown::new() };
        let (media, unpacked) = parts::media(source).await?;
        let upstream = match media {
            Media::Folder { media, manifests } => {
                parts::origin(&ground, media, manifests, &mut parts).await?
            }
            Media::Mpd(url) => parts::elsewhere(&url),
        };
        let (mut edges, mut secure_edges) = (Vec::new(), Vec::new());
        for number in 1..=args.edges {
            let (edge, secure) = parts::edge(&ground, number, &upstream, &mut parts).await?;
            edges.push(edge);
            secure_edges.extend(secure);
        }
        let config = PageConfig {
            version: env!("CARGO_PKG_VERSION"),
            edges,
            origin: OriginEntry { url: upstream.url.to_string() },
            assets: upstream.assets,
            manifests: upstream.manifests,
            mpd: upstream.mpd,
        };
        let secure = match ground.files.clone() {
            Some(files) => {
                Some(Secure::start(&ground, files, &config, secure_edges, &mut parts).await?)
            }
            None => None,
        };
        serve_page(page, &config, &ground.shutdown, &mut parts)?;
        Ok(Self {
            secure,
            page: ground.page,
            config,
            shutdown: ground.shutdown,
            parts,
            _unpacked: unpacked,
        })
    }

    /// Returns the addresses for a person, the page's first.
    pub(super) fn addresses(&self) -> String {
        let mut text = format!("http://{}/\n\n", self.page);
        let mut line = |name: &str, url: &str, what: &str| {
            // Writing to a string cannot fail.
            writeln!(text, "  {name:<8} {:<28} {what}", url.trim_end_matches('/')).is_ok()
        };
        line("page", &format!("http://{}", self.page), "open this in a browser");
        for edge in &self.config.edges {
            line(&edge.name, &edge.url, "cache; a link of its own for each viewer");
        }
        line("origin", &self.config.origin.url, "assets, MPDs, metrics");
        if let Some(secure) = &self.secure {
            text.push_str(&secure.addresses());
        }
        text.push_str("\nCtrl-C ends all of it.");
        text
    }

    /// Runs until `interrupted` or until a part ends by itself, then drains all of them.
    ///
    /// # Errors
    /// Where a part ended with an error.
    pub(super) async fn run_until(
        mut self,
        interrupted: impl Future<Output = ()>,
    ) -> anyhow::Result<()> {
        let mut outcome = Ok(());
        tokio::select! {
            () = interrupted => (),
            Some(ended) = self.parts.join_next() => {
                outcome = ended.context("a part of the chain panicked").flatten();
            }
        }
        self.shutdown.begin();
        while let Some(ended) = self.parts.join_next().await {
            outcome = outcome.and(ended.context("a part of the chain panicked").flatten());
        }
        outcome
    }
}
