//! The servers of the chain, each with the address and the settings that `dashpot up` gives it.

use super::{
    Args,
    ca::Files,
    page::{AssetEntry, EdgeEntry, ManifestEntry},
    source::{Source, Unpacked},
};
use crate::ingest;
use anyhow::Context as _;
use dashpot_serve::Shutdown;
use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
};
use tokio::task::JoinSet;
use url::Url;

/// How far behind the page's port the origin's lies: past the eight edges that there may be.
const ORIGIN_OFFSET: u16 = 10;
/// How far behind the page's port its HTTPS port lies, with those of the edges behind it.
pub(super) const TLS_OFFSET: u16 = 20;
/// The four addressing forms, as the page lists them.
const FORMS: [&str; 4] = ["number", "time", "base", "list"];

/// The tasks of the servers.
pub(super) type Parts = JoinSet<anyhow::Result<()>>;

/// What stands behind the edges.
pub(super) struct Upstream {
    /// Where it is, without path.
    pub(super) url: Url,
    /// What it offers, where that is known.
    pub(super) assets: Vec<AssetEntry>,
    /// Its hand-written manifests.
    pub(super) manifests: Vec<ManifestEntry>,
    /// The one MPD to play, where it is elsewhere.
    pub(super) mpd: Option<String>,
}

/// Where the media of a run is.
pub(super) enum Media {
    /// In a folder, with or without manifests over it.
    Folder { media: PathBuf, manifests: Option<PathBuf> },
    /// Behind an origin elsewhere, which serves this MPD.
    Mpd(Url),
}

/// What every part of a run is started with.
pub(super) struct Ground<'a> {
    /// What was typed.
    pub(super) args: &'a Args,
    /// The address that the others lie behind; with port 0 they take any.
    pub(super) base: SocketAddr,
    /// Where the page is.
    pub(super) page: SocketAddr,
    /// What HTTPS is served with, if it is.
    pub(super) files: Option<Files>,
    /// What ends all parts.
    pub(super) shutdown: Shutdown,
}

/// Starts an origin over `media`.
///
/// # Errors
/// Where the media cannot be served or the address cannot be listened on.
pub(super) async fn origin(
    ground: &Ground<'_>,
    media: PathBuf,
    manifests: Option<PathBuf>,
    parts: &mut Parts,
) -> anyhow::Result<Upstream> {
    let server = dashpot_origin::bind(dashpot_origin::Config {
        manifests,
        player: Some(format!("http://{}/", ground.page)),
        data: dashpot_origin::DataConfig { sessions: true, cmsd: true, cmcd_log: None },
        ..dashpot_origin::Config::new(media, behind(ground.base, ORIGIN_OFFSET))
    })
    .await?;
    let assets = server.catalogue().assets().map(|asset| AssetEntry {
        name: asset.name.clone(),
        title: asset.title.clone(),
        forms: FORMS.to_vec(),
        loops: ground.args.loops,
    });
    let upstream = Upstream {
        url: Url::parse(&format!("http://{}/", server.addr())).context("the origin's address")?,
        assets: assets.collect(),
        manifests: server.manifests().map(manifest_entry).collect(),
        mpd: None,
    };
    let shutdown = ground.shutdown.clone();
    parts.spawn(async move { Ok(server.run(shutdown).await?) });
    Ok(upstream)
}

/// Returns what the edges stand in front of when an MPD elsewhere is played.
pub(super) fn elsewhere(mpd: &Url) -> Upstream {
    let mut url = mpd.clone();
    url.set_path("/");
    url.set_query(None);
    url.set_fragment(None);
    let path = &mpd[url::Position::BeforePath..url::Position::AfterQuery];
    Upstream { url, assets: Vec::new(), manifests: Vec::new(), mpd: Some(path.to_owned()) }
}

/// Starts the edge of that number in front of `upstream`.
///
/// # Errors
/// Where it cannot listen.
pub(super) async fn edge(
    ground: &Ground<'_>,
    number: u16,
    upstream: &Upstream,
    parts: &mut Parts,
) -> anyhow::Result<(EdgeEntry, Option<EdgeEntry>)> {
    let name = format!("edge-{number}");
    let mut config = dashpot_edge::Config::new(upstream.url.clone(), behind(ground.base, number));
    config.name.clone_from(&name);
    config.cache_mem = ground.args.cache_mem;
    config.lab = dashpot_edge::Lab::On;
    if let Some(files) = &ground.files {
        config.tls = dashpot_edge::Tls {
            listen: vec![behind(ground.base, TLS_OFFSET + number)],
            certs: vec![files.cert.clone()],
            keys: vec![files.key.clone()],
            ..dashpot_edge::Tls::default()
        };
    }
    let server = dashpot_edge::bind(config).await?;
    let url = format!("http://{}", server.addr());
    let secure = server.tls_addrs().first().map(|addr| format!("https://{addr}"));
    let shutdown = ground.shutdown.clone();
    parts.spawn(async move { Ok(server.run(shutdown).await?) });
    let secure = secure.map(|url| EdgeEntry { name: name.clone(), url, lab: true });
    Ok((EdgeEntry { name, url, lab: true }, secure))
}

fn manifest_entry(file: &str) -> ManifestEntry {
    let name = file.trim_end_matches(".mpd").to_owned();
    ManifestEntry { title: name.replace('-', " "), path: format!("/manifests/{file}"), name }
}

/// Makes sure that the media is there: unpacks the test film, or ingests a person's own.
pub(super) async fn media(source: Source) -> anyhow::Result<(Media, Option<Unpacked>)> {
    Ok(match source {
        Source::Film => {
            let unpacked = Unpacked::film()?;
            let (media, manifests) = (unpacked.media(), Some(unpacked.manifests()));
            (Media::Folder { media, manifests }, Some(unpacked))
        }
        Source::File(film) => {
            let unpacked = Unpacked::empty()?;
            ingest::film(&film, &unpacked.media()).await?;
            (Media::Folder { media: unpacked.media(), manifests: None }, Some(unpacked))
        }
        Source::Folder(media) => (Media::Folder { media, manifests: None }, None),
        Source::Mpd(url) => (Media::Mpd(url), None),
    })
}

/// Returns the address `number` ports behind `base`, or a free port where that is taken.
pub(super) fn behind(base: SocketAddr, number: u16) -> SocketAddr {
    let port = if base.port() == 0 { 0 } else { base.port().checked_add(number).unwrap_or(0) };
    free_or_any(SocketAddr::new(base.ip(), port))
}

/// Returns `addr`, with port 0 where somebody listens there already.
pub(super) fn free_or_any(addr: SocketAddr) -> SocketAddr {
    match TcpListener::bind(addr) {
        Ok(_) => addr,
        Err(_) => SocketAddr::new(addr.ip(), 0),
    }
}
