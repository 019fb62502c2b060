//! The server: scan, bind, route.

use crate::{
    admin,
    faults::{Faults, FaultsError, Met},
    media::Media,
    pages,
    reply::{Content, Driver, Paced, Resource, refuse},
    scan,
    store::Store,
};
use axum::{
    Extension, Router,
    body::Body,
    extract::{Request, State},
};
use dashpot_base::WallTime;
use dashpot_http::cors;
use dashpot_mpd::time::format_date_time;
use dashpot_packager::{
    Body as Planned, Cacheability, Catalogue, Found, Refused, asked_time, is_name, respond,
    respond_live,
};
use dashpot_serve::{
    AccessLog, AccessLogError, Asked, BindError, Clock, Counter, Ends, Family, Health, Listener,
    LogFormat, LogTo, Metric, Metrics, Options, Role, Shutdown, TowerToHyperService, serve,
};
use futures_util::future::join;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header, request::Parts};
use std::{borrow::Cow, io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use tracing::info;
use xxhash_rust::xxh3::Xxh3;

/// What an origin is to serve, and where.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder with one folder for each asset.
    pub media: PathBuf,
    /// A folder of hand-written manifests, served as they are below `/manifests/`.
    pub manifests: Option<PathBuf>,
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The page that plays a manifest, as `{player}?mpd={url}`; without one, the index says how to
    /// play on the command line.
    pub player: Option<String>,
    /// Where a line for each request goes.
    pub access_log: LogTo,
    /// Which requests go wrong on purpose.
    pub faults: FaultsConfig,
    /// Where the operator changes that: an address of this machine.
    pub admin: Option<SocketAddr>,
}

/// Who may have requests go wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultsConfig {
    /// A file of rules, as JSON.
    pub file: Option<PathBuf>,
    /// Whether URLs may ask for faults, as `fault_…` in their path.
    pub in_urls: bool,
}

impl Default for FaultsConfig {
    fn default() -> Self {
        Self { file: None, in_urls: true }
    }
}

/// Why an origin could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The media folder cannot be opened.
    #[error(
        "cannot open the media folder `{}`, which should hold one folder for each asset",
        path.display()
    )]
    Media {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The media folder cannot be listed.
    #[error("cannot list the media folder `{}`", path.display())]
    List {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// There is nothing in the media folder that can be served.
    #[error(
        "found no asset in `{}`: put fragmented .mp4 files into a folder of it, or make one with `dashpot ingest`{}",
        path.display(),
        skipped.iter().map(|reason| format!("; {reason}")).collect::<String>()
    )]
    Nothing {
        /// The folder.
        path: PathBuf,
        /// The folders that are there but cannot be served, with the reasons.
        skipped: Vec<String>,
    },
    /// The folder of manifests cannot be read, or one of them is not text.
    #[error("cannot read the manifests in `{}`", path.display())]
    Manifests {
        /// The folder or file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The address cannot be listened on.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The access log cannot be written.
    #[error(transparent)]
    AccessLog(#[from] AccessLogError),
    /// The rules of what goes wrong cannot be used.
    #[error(transparent)]
    Faults(#[from] FaultsError),
    /// Others could reach the operator's listener.
    #[error("cannot let everybody administer this origin on {addr}: listen on 127.0.0.1")]
    Admin {
        /// The address.
        addr: SocketAddr,
    },
}

/// Why a running origin ended before its shutdown. There is no such reason yet: what fails, fails
/// for one connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {}

/// An origin that listens, and serves once it is run.
#[derive(Debug)]
pub struct Server {
    listener: Listener,
    admin: Option<Listener>,
    origin: Origin,
}

/// What is served, and how.
#[derive(Debug)]
pub(crate) struct Origin {
    catalogue: Catalogue,
    media: Media,
    manifests: pages::Manifests,
    player: Option<String>,
    clock: Clock,
    pub(crate) faults: Faults,
    access_log: AccessLog,
    metrics: Metrics,
    requests: Family<Vec<(&'static str, String)>, Counter>,
}

/// Scans the media folder and listens.
///
/// # Errors
/// Says which folder or address is at fault, and what to do.
pub async fn bind(config: Config) -> Result<Server, StartError> {
    let path = || config.media.clone();
    let store =
        Store::local(&config.media).map_err(|source| StartError::Media { path: path(), source })?;
    let found =
        scan::scan(&store).await.map_err(|source| StartError::List { path: path(), source })?;
    let count = found.catalogue.assets().count();
    if count == 0 {
        return Err(StartError::Nothing { path: path(), skipped: found.skipped });
    }
    let manifests = match &config.manifests {
        Some(folder) => pages::Manifests::read(folder)
            .map_err(|(path, source)| StartError::Manifests { path, source })?,
        None => pages::Manifests::default(),
    };
    let listener = Listener::bind(config.listen).await?;
    let admin = match config.admin {
        Some(addr) if !addr.ip().is_loopback() => return Err(StartError::Admin { addr }),
        Some(addr) => Some(Listener::bind(addr).await?),
        None => None,
    };
    info!(addr = %listener.addr(), assets = count, skipped = found.skipped.len(), "origin listens");
    let (clock, mut metrics) = (Clock::system(), Metrics::new(Role::Origin));
    let dropped = metrics.counter(Metric::AccessLogDropped);
    let origin = Origin {
        access_log: AccessLog::open(
            config.access_log,
            LogFormat::Json,
            Role::Origin,
            clock.clone(),
            dropped,
        )?,
        catalogue: found.catalogue,
        media: Media::new(store, found.files, metrics.counter(Metric::ResponseBytes)),
        manifests,
        player: config.player,
        faults: Faults::new(
            config.faults.file.as_deref(),
            config.faults.in_urls,
            clock.clone(),
            metrics.counters(Metric::Faults),
        )?,
        clock,
        requests: metrics.counters(Metric::Requests),
        metrics,
    };
    Ok(Server { listener, admin, origin })
}

impl Server {
    /// Returns the address it listens on, with its real port.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.listener.addr()
    }

    /// Returns where the operator's listener is, where there is one.
    #[must_use]
    pub fn admin_addr(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(Listener::addr)
    }

    /// Returns what is served.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.origin.catalogue
    }

    /// Returns the file names of the hand-written manifests, in order.
    pub fn manifests(&self) -> impl Iterator<Item = &str> {
        self.origin.manifests.names()
    }

    /// Serves until the shutdown, then drains.
    ///
    /// # Errors
    /// None yet.
    pub async fn run(mut self, shutdown: Shutdown) -> Result<(), RunError> {
        let options = Options::new(shutdown.clone());
        self.origin.metrics.register_gauge(Metric::Connections, &options.connections);
        let (version, clock) = (env!("CARGO_PKG_VERSION"), self.origin.clock.clone());
        let health = Health { role: Role::Origin, version, clock, shutdown, tls: None };
        let shared: Shared = Arc::new((self.origin, health));
        let administered = administer(self.admin, Arc::clone(&shared), options.clone());
        let router = Router::new().fallback(handle).with_state(shared);
        let service_of =
            move |ends: Ends| TowerToHyperService::new(router.clone().layer(Extension(ends.peer)));
        join(serve(self.listener, service_of, options), administered).await;
        Ok(())
    }
}

/// What every request is answered from.
pub(crate) type Shared = Arc<(Origin, Health)>;

/// Serves the operator, where there is a listener for it.
async fn administer(listener: Option<Listener>, shared: Shared, options: Options) {
    let Some(listener) = listener else { return };
    let router = Router::new().fallback(admin::handle).with_state(shared);
    serve(listener, move |_| TowerToHyperService::new(router.clone()), options).await;
}

async fn handle(
    State(shared): State<Shared>,
    Extension(client): Extension<SocketAddr>,
    request: Request,
) -> Response<Body> {
    let (origin, health) = (&shared.0, &shared.1);
    // No method that is answered has a body to read.
    let (parts, _body) = request.into_parts();
    let logged = origin.access_log.begin(&Asked {
        client,
        method: &parts.method,
        uri: &parts.uri,
        headers: &parts.headers,
        version: parts.version,
    });
    let response = answer(origin, health, client, &parts).await;
    let labels = vec![
        ("kind", kind(parts.uri.path()).to_owned()),
        ("status", response.status().as_str().to_owned()),
    ];
    origin.requests.get_or_create(&labels).inc();
    logged.finish(response).map(Body::new)
}

/// Returns what is asked for, in the few words that a metric can have.
fn kind(path: &str) -> &'static str {
    if path.starts_with("/time/") {
        return "time";
    }
    if !["/vod/", "/live/", "/manifests/"].iter().any(|below| path.starts_with(below)) {
        return "page";
    }
    match path.rsplit_once('.') {
        Some((_, "mpd")) => "manifest",
        Some((before, "mp4")) if before.ends_with("/init") => "init",
        Some((_, "mp4")) => "file",
        Some((_, "m4s")) => "segment",
        Some((_, "vtt")) => "text",
        _ => "other",
    }
}

const METHODS: &str = "GET, HEAD, OPTIONS";

async fn answer(
    origin: &Origin,
    health: &Health,
    client: SocketAddr,
    request: &Parts,
) -> Response<Body> {
    let (method, headers) = (&request.method, &request.headers);
    if method == Method::OPTIONS {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        *response.headers_mut() = cors::preflight(headers, METHODS);
        // RFC 9110 §9.3.7: what an `OPTIONS` that is no preflight asks for.
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(METHODS));
        return response;
    }
    if method != Method::GET && method != Method::HEAD {
        let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, "only GET, HEAD and OPTIONS");
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(METHODS));
        return response;
    }
    match request.uri.path() {
        "/health" => return health.response().map(Body::from),
        "/metrics" => return origin.metrics.response().map(Body::from),
        _ => {}
    }
    let faults = &origin.faults;
    let mut met = match faults.meet(request, client.ip(), &origin.catalogue) {
        Ok(met) => met,
        Err(error) => return refuse(StatusCode::BAD_REQUEST, &format!("wrong fault: {error}")),
    };
    if let Some(response) = faults.instead(&mut met, request).await {
        return response;
    }
    let now = origin.clock.wall();
    let response = match origin.resource(&met, request.uri.query(), headers, now) {
        Ok(resource) => {
            let driver = Driver { media: origin.media.clone(), clock: origin.clock.clone() };
            met.edit(resource).answer(now, method, headers, driver).await
        }
        Err(refused) => refused_with(&refused),
    };
    faults.carry_out(&mut met, response)
}

/// Returns the answer where there is nothing else.
fn refused_with(refused: &Refused) -> Response<Body> {
    let why = refused.to_string();
    match refused {
        Refused::NotFound(_) => refuse(StatusCode::NOT_FOUND, &why),
        Refused::BadRequest(_) => refuse(StatusCode::BAD_REQUEST, &why),
        Refused::Gone(_) => refuse(StatusCode::GONE, &why),
        Refused::TooEarly { in_ms, .. } => {
            let mut response = refuse(StatusCode::TOO_EARLY, &why);
            let fields = response.headers_mut();
            // RFC 9110 §10.2.3: whole seconds, which are not to be too few.
            fields.insert(header::RETRY_AFTER, HeaderValue::from(in_ms.div_ceil(1_000)));
            // A moment later it is there.
            fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
    }
}

/// What names its version never changes: a year is as long as RFC 9111 goes.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// What names no version changes when its asset is replaced: a minute still spares an origin most
/// of a crowd that follows a hand-written manifest, and old media is gone while one looks for it.
const UNVERSIONED: &str = "public, max-age=60";
/// Manifests may change when the origin starts again; a few seconds take the load of a start.
const SHORT: &str = "public, max-age=10, must-revalidate";

impl Origin {
    fn resource(
        &self,
        met: &Met<'_>,
        query: Option<&str>,
        headers: &HeaderMap,
        now: WallTime,
    ) -> Result<Resource, Refused> {
        let (path, json) = (met.path.path.as_ref(), "application/json");
        if let Some(below) = path.strip_prefix("/vod/") {
            return respond(&self.catalogue, below).map(|found| resource(found, below, now));
        }
        if let Some(below) = path.strip_prefix("/live/") {
            let now = met.moved(asked_time(query, now)?);
            return respond_live(&self.catalogue, below, now)
                .map(|found| resource(found, below, now));
        }
        if let Some(scheme) = path.strip_prefix("/time/") {
            return time(scheme, met.moved(now));
        }
        if let Some(name) = path.strip_prefix("/manifests/") {
            let manifest = self.manifests.get(name).filter(|_| is_name(name));
            let manifest = manifest.ok_or_else(|| no_path("there is no such manifest"))?;
            let text = Resource::text("application/dash+xml", SHORT, manifest.text.clone());
            return Ok(Resource { modified: manifest.modified, ..text });
        }
        match path {
            "/" => {
                let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
                let (manifests, player) = (&self.manifests, self.player.as_deref());
                let page = pages::index(&self.catalogue, manifests, player, host);
                Ok(Resource::text("text/html; charset=utf-8", "no-cache", page))
            }
            "/assets.json" => {
                Ok(Resource::text(json, SHORT, pages::assets(&self.catalogue, &self.manifests)))
            }
            _ => Err(no_path("no such path: see `/` for what there is")),
        }
    }
}

fn no_path(why: &str) -> Refused {
    Refused::NotFound(why.to_owned())
}

/// Returns what the clock shows, for the schemes of `UTCTiming` (ISO/IEC 23009-1 §5.8.4.11).
fn time(scheme: &str, now: WallTime) -> Result<Resource, Refused> {
    // `head` is asked for its `Date` field alone, but nothing is wrong with reading the body.
    if !["iso", "xsdate", "head"].contains(&scheme) {
        return Err(no_path("the time is at /time/iso, /time/xsdate and /time/head"));
    }
    // Milliseconds are what clients reckon in.
    let ms = WallTime::from_epoch(Duration::from_millis(now.unix_millis()));
    let text = format_date_time(ms);
    Ok(Resource::text("text/plain; charset=utf-8", "no-store", text))
}

fn cache_control(cacheability: Cacheability) -> Cow<'static, str> {
    match cacheability {
        Cacheability::Immutable => IMMUTABLE.into(),
        Cacheability::Unversioned => UNVERSIONED.into(),
        Cacheability::Manifest => SHORT.into(),
        // RFC 9111 §5.2.2.1: whole seconds, which are not to be too many.
        Cacheability::For(time) => {
            format!("public, max-age={}, must-revalidate", time.as_secs()).into()
        }
    }
}

fn resource(found: Found, path: &str, now: WallTime) -> Resource {
    let cache_control = cache_control(found.cacheability);
    let content = match found.body {
        Planned::Text(text) => Content::Text(text.into()),
        Planned::Media(plan) => {
            // The content of the asset and what of it is asked for make the version; replicas that
            // hold the same files agree on it.
            let mut version = Xxh3::new();
            version.update(&found.asset.fingerprint.to_le_bytes());
            version.update(path.as_bytes());
            let version = version.digest();
            if found.due.is_empty() {
                Content::Media { plan, version }
            } else {
                Content::Paced(Paced { plan, due: found.due, asked: now }, version)
            }
        }
    };
    let modified = Some(found.modified);
    Resource { content_type: found.content_type, cache_control, modified, content }
}

#[cfg(test)]
mod tests;
