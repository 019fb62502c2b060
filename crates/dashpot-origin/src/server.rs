//! The server: scan, bind, route.

mod kind;
mod memory;

use crate::{
    admin,
    blocks::Blocks,
    cmsd,
    coding::Coded,
    config::{Config, StartError},
    contribution::Contribution,
    drm,
    faults::{Faults, Met, ride_along},
    freshness::{SHORT, cache_control},
    livesim2, located,
    media::Media,
    pages,
    recent::Recent,
    reply::{Content, Driver, Paced, Resource, Sealing, refuse, refused_with},
    scan,
    sessions::Sessions,
    steering::{Steerer, admin as steering_admin, keep_faults, poll::Poller},
    store::Store,
    time,
};
use axum::{Router, body::Body};
use dashpot_base::WallTime;
use dashpot_http::cors;
use dashpot_packager::{
    Alias, Around, Asked as LiveAsked, Body as Planned, Catalogue, Found, Pathways, Refused,
    asked_time, is_name, permitted, respond_in, respond_live_asked,
};
use dashpot_serve::{
    AccessLog, Asked, Clock, Counter, Ends, Family, Health, Listener, LogFormat, Logged, Metric,
    Metrics, Options, Role, Shutdown, TowerToHyperService, serve,
};
use futures_util::future::join;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header, request::Parts};
use hyper::{body::Incoming, service::service_fn};
use kind::kind;
use memory::Memory;
use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};
use tracing::info;
use xxhash_rust::xxh3::Xxh3;

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
    pub(crate) catalogue: Catalogue,
    /// Segments that were found of late.
    recent: Recent,
    media: Media,
    coded: Coded,
    manifests: pages::Manifests,
    player: Option<String>,
    /// What livesim2's names of assets stand for.
    livesim2: Vec<Alias>,
    clock: Clock,
    pub(crate) faults: Faults,
    /// The NTP server that MPDs can name.
    ntp: Option<String>,
    sessions: Sessions,
    steerer: Steerer,
    /// What asks the pathways how they are.
    poller: Option<Poller>,
    contribution: Arc<Contribution>,
    /// What tells of the way to clients, where answers have CMSD.
    cmsd: Option<cmsd::Teller>,
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
    if config.contribution.is_free && !listener.addr().ip().is_loopback() {
        return Err(StartError::Ingest { addr: listener.addr() });
    }
    let admin = match config.admin {
        Some(addr) if !addr.ip().is_loopback() => return Err(StartError::Admin { addr }),
        Some(addr) => Some(Listener::bind(addr).await?),
        None => None,
    };
    let drm = drm::load(&config.drm, listener.addr())?;
    info!(addr = %listener.addr(), assets = count, skipped = found.skipped.len(), "origin listens");
    let pathways = pathways(&config, listener.addr())?;
    let steering = &config.steering;
    let (clock, mut metrics) = (Clock::system(), Metrics::new(Role::Origin));
    let dropped = metrics.counter(Metric::AccessLogDropped);
    let memory = Memory::of(config.cache_mem);
    let origin = Origin {
        access_log: AccessLog::open(
            config.access_log,
            LogFormat::Json,
            Role::Origin,
            clock.clone(),
            dropped,
        )?,
        poller: steering.poll.as_ref().map(|poll| Poller::new(poll, &pathways)).transpose()?,
        steerer: Steerer::new(&pathways, steering.ttl_s, steering.seed),
        catalogue: found.catalogue.with_pathways(pathways).with_drm(drm),
        recent: Recent::new(memory.heads),
        coded: Coded::new(),
        media: Media::new(
            Blocks::new(store, found.files, memory.blocks),
            memory.sealed,
            metrics.counter(Metric::ResponseBytes),
        ),
        manifests,
        player: config.player,
        livesim2: config.livesim2,
        ntp: config.ntp,
        faults: Faults::new(
            config.faults.file.as_deref(),
            config.faults.in_urls,
            clock.clone(),
            metrics.counters(Metric::Faults),
        )?,
        sessions: Sessions::new(config.data.sessions, config.data.cmcd_log.as_deref())?,
        cmsd: config.data.cmsd.then(cmsd::Teller::new),
        contribution: Arc::new(Contribution::new(config.contribution, clock.clone())),
        clock,
        requests: metrics.counters(Metric::Requests),
        metrics,
    };
    Ok(Server { listener, admin, origin })
}

/// Returns where players are steered to, and whom they ask.
fn pathways(config: &Config, addr: SocketAddr) -> Result<Pathways, StartError> {
    let steering = &config.steering;
    let root = match &steering.server {
        Some(url) => url.clone(),
        None if steering.pathways.is_empty() => String::new(),
        // Of a server that listens everywhere nobody outside knows an address.
        None if addr.ip().is_unspecified() => return Err(StartError::SteeringUrl { addr }),
        None => format!("http://{addr}"),
    };
    Ok(Pathways::new(steering.pathways.clone(), format!("{root}/steering/new"))?)
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
        let watching = Arc::clone(&shared);
        let administered = administer(self.admin, Arc::clone(&shared), options.clone());
        let service_of = move |ends: Ends| {
            let shared = Arc::clone(&shared);
            service_fn(move |request| {
                let shared = Arc::clone(&shared);
                async move { Ok::<_, Infallible>(handle(&shared, ends, request).await) }
            })
        };
        let served = join(serve(self.listener, service_of, options), administered);
        tokio::select! {
            _ = served => (),
            never = watched(&watching) => match never {},
        }
        Ok(())
    }
}

/// Asks the pathways how they are, where that is wanted.
async fn watched(shared: &(Origin, Health)) -> Infallible {
    let origin = &shared.0;
    match &origin.poller {
        Some(poller) => poller.run(&origin.steerer, &origin.clock).await,
        None => std::future::pending().await,
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
    shared: &(Origin, Health),
    ends: Ends,
    request: Request<Incoming>,
) -> Response<Logged<Body>> {
    let (origin, health, client) = (&shared.0, &shared.1, ends.peer);
    let (parts, body) = request.into_parts();
    let logged = origin.access_log.begin(&Asked {
        client,
        method: &parts.method,
        uri: &parts.uri,
        headers: &parts.headers,
        version: parts.version,
    });
    let now = origin.clock.wall();
    let response = if origin.sessions.is_report(&parts) {
        Box::pin(origin.sessions.take(now, client.ip(), &parts.method, Body::new(body))).await
    } else if drm::is_asked(&parts) {
        Box::pin(drm::answer(origin, ends, &parts, Body::new(body))).await
    } else if origin.contribution.is_ingest(&parts) {
        Box::pin(origin.contribution.take(&parts, Body::new(body))).await
    } else {
        // No other method that is answered has a body to read.
        let response = answer(origin, health, ends, &parts).await;
        origin.sessions.note_request(now, client.ip(), &parts, response.status());
        response
    };
    let labels = vec![
        ("kind", kind(parts.uri.path()).to_owned()),
        ("status", response.status().as_str().to_owned()),
    ];
    origin.requests.get_or_create(&labels).inc();
    logged.finish(response)
}

const METHODS: &str = "GET, HEAD, OPTIONS";

/// Returns the answer to a request that reads nothing.
fn unread(path: &str, method: &Method, headers: &HeaderMap) -> Option<Response<Body>> {
    let methods = if drm::is_licence(path) { drm::METHODS } else { METHODS };
    let mut response = if method == Method::OPTIONS {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        *response.headers_mut() = cors::preflight(headers, methods);
        response
    } else if method != Method::GET && method != Method::HEAD {
        refuse(StatusCode::METHOD_NOT_ALLOWED, "only GET, HEAD and OPTIONS")
    } else {
        return None;
    };
    // RFC 9110 §9.3.7 and §15.5.6: what an `OPTIONS` that is no preflight asks for, and who asks wrongly.
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
    Some(response)
}

async fn answer(origin: &Origin, health: &Health, ends: Ends, request: &Parts) -> Response<Body> {
    let (method, headers) = (&request.method, &request.headers);
    if let Some(response) = unread(request.uri.path(), method, headers) {
        return response;
    }
    match request.uri.path() {
        "/health" => return health.response().map(Body::from),
        "/metrics" => return origin.metrics.response().map(Body::from),
        _ => {}
    }
    let located = match located::meant(request, origin.clock.wall()) {
        Ok(located) => located,
        Err(refused) => return refused_with(&refused),
    };
    let location = match &located {
        Some((located, _)) if located.redirects => {
            return located::redirect(&located.reference, request.uri.query());
        }
        found => found.as_ref().map(|(located, _)| located.reference.clone()),
    };
    let request = located.as_ref().map_or(request, |(_, request)| request);
    let request = match livesim2::meant(&origin.catalogue, &origin.livesim2, request) {
        Ok(request) => request,
        Err(refused) => return refused_with(&refused),
    };
    let (faults, request) = (&origin.faults, request.as_ref());
    let mut met = match faults.meet(request, ends.peer.ip(), &origin.catalogue) {
        Ok(met) => met,
        Err(error) => return refuse(StatusCode::BAD_REQUEST, &format!("wrong fault: {error}")),
    };
    (met.location, met.folder) = (location, located::folder(request));
    if let Some(response) = faults.instead(&mut met, request).await {
        return response;
    }
    if let Err(why) = permitted(&met.path.path, request.uri.query()) {
        return refuse(StatusCode::FORBIDDEN, &why);
    }
    let now = origin.clock.wall();
    let steered = origin.steerer.answer(origin.clock.mono(), &met.path.path, request.uri.query());
    let found = match steered {
        Some(found) => found,
        None if Contribution::is_channel(&met.path.path) => {
            // Boxed, so that no other answer carries the room that it needs.
            Box::pin(origin.contribution.answer(&met.path.path)).await
        }
        None => origin.found(&met, request, now),
    };
    let mut response = match found {
        Ok(resource) => {
            let driver = Driver {
                media: origin.media.clone(),
                clock: origin.clock.clone(),
                coded: origin.coded.clone(),
            };
            met.edit(resource).answer(now, method, headers, driver).await
        }
        Err(refused) => *refused,
    };
    if let Some(teller) = &origin.cmsd {
        teller.tell(ends, &mut response, |length| {
            let path = &met.path.path;
            let of_asset = cmsd::of(path, &origin.catalogue, length);
            of_asset.or_else(|| origin.contribution.told(path, length))
        });
    }
    faults.carry_out(&mut met, response)
}

impl Origin {
    /// Answers the operator of the steering.
    pub(crate) async fn steered(
        &self,
        parts: &Parts,
        body: Body,
    ) -> Result<Response<Body>, admin::Refusal> {
        let (pathways, now) = (self.catalogue.pathways(), self.clock.mono());
        steering_admin::route(&self.steerer, pathways, now, parts, body).await
    }

    /// Returns what a path stands for that nobody has to wait for.
    fn found(
        &self,
        met: &Met<'_>,
        request: &Parts,
        now: WallTime,
    ) -> Result<Resource, Box<Response<Body>>> {
        let found = self.resource(met, request.uri.query(), &request.headers, now);
        let found = found.map_err(|refused| Box::new(refused_with(&refused)))?;
        Ok(ride_along(keep_faults(found, met, request.uri.path()), met))
    }

    fn resource(
        &self,
        met: &Met<'_>,
        query: Option<&str>,
        headers: &HeaderMap,
        now: WallTime,
    ) -> Result<Resource, Refused> {
        let (path, json) = (met.path.path.as_ref(), "application/json");
        if let Some(below) = path.strip_prefix("/vod/") {
            let found = respond_in(&self.catalogue, below, met.folder.as_deref());
            return found.map(|found| resource(found, path, now));
        }
        if let Some(below) = path.strip_prefix("/live/") {
            let now = met.moved(asked_time(query, now)?);
            let find = || {
                let around = Around {
                    clocks: met.of_clocks(),
                    ntp: self.ntp.clone(),
                    location: met.location.clone(),
                    folder: met.folder.clone(),
                };
                respond_live_asked(&self.catalogue, below, &LiveAsked { query, now, around })
            };
            return self.recent.at(below, now, find).map(|found| resource(found, path, now));
        }
        if let Some(scheme) = path.strip_prefix("/time/") {
            return time::resource(scheme, met.moved(now));
        }
        if let Some(name) = path.strip_prefix("/manifests/") {
            let manifest = self.manifests.get(name).filter(|_| is_name(name));
            let manifest = manifest.ok_or_else(|| no_path("there is no such manifest"))?;
            let text = Resource::text("application/dash+xml", SHORT, manifest.text.clone());
            return Ok(Resource { modified: manifest.modified, ..text });
        }
        if let Some(page) = self.sessions.page(path) {
            return Ok(page);
        }
        match path {
            "/" => {
                let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
                let (manifests, player) = (&self.manifests, self.player.as_deref());
                let page = pages::index(&self.catalogue, manifests, player, host);
                Ok(Resource::text("text/html; charset=utf-8", "no-cache", page))
            }
            "/urlgen" => {
                let page = pages::urlgen(&self.catalogue, self.player.as_deref());
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

fn resource(found: Found, path: &str, now: WallTime) -> Resource {
    let cache_control = cache_control(found.cacheability.at(now));
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
        Planned::Sealed(sealed) => {
            let mut version = Xxh3::new();
            version.update(&(found.asset.fingerprint ^ sealed.fingerprint).to_le_bytes());
            version.update(path.as_bytes());
            let sealing = Sealing { sealed, due: found.due, asked: now };
            Content::Sealed(sealing, version.digest())
        }
    };
    let modified = Some(found.modified);
    let held = found.held_until.map_or(Duration::ZERO, |until| until.since(now));
    Resource { content_type: found.content_type, cache_control, modified, content, held }
}

#[cfg(test)]
mod tests;
