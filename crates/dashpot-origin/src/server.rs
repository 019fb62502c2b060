//! The server: scan, bind, route.

use crate::{
    media::Media,
    pages,
    reply::{Content, Resource, refuse},
    scan,
    store::Store,
};
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
};
use dashpot_http::cors;
use dashpot_packager::{Body as Planned, Cacheability, Catalogue, Found, Refused, is_name, respond};
use dashpot_serve::{BindError, Clock, Listener, Options, Shutdown, TowerToHyperService, serve};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};
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
    /// The page that plays a manifest, as `{player}?mpd={url}`; without one, no play buttons.
    pub player: Option<String>,
}

/// Why an origin could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The media folder cannot be opened.
    #[error("open the media folder `{}`: give the folder that holds one folder an asset", path.display())]
    Media {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The media folder cannot be listed.
    #[error("list the media folder `{}`", path.display())]
    List {
        /// The folder.
        path: PathBuf,
        /// What the store said.
        source: object_store::Error,
    },
    /// There is nothing in the media folder that can be served.
    #[error(
        "find an asset in `{}`: put fragmented .mp4 files into a folder of it, or make one with `dashpot ingest`{}",
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
    #[error("read the manifests in `{}`", path.display())]
    Manifests {
        /// The folder or file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The address cannot be listened on.
    #[error(transparent)]
    Bind(#[from] BindError),
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
    origin: Arc<Origin>,
}

#[derive(Debug)]
struct Origin {
    catalogue: Catalogue,
    media: Media,
    manifests: pages::Manifests,
    player: Option<String>,
    clock: Clock,
}

/// Scans the media folder and listens.
///
/// # Errors
/// Says which folder or address is at fault, and what to do.
pub async fn bind(config: Config) -> Result<Server, StartError> {
    let path = || config.media.clone();
    let store = Store::local(&config.media)
        .map_err(|source| StartError::Media { path: path(), source })?;
    let found = scan::scan(&store)
        .await
        .map_err(|source| StartError::List { path: path(), source })?;
    let count = found.catalogue.assets().count();
    if count == 0 {
        return Err(StartError::Nothing { path: path(), skipped: found.skipped });
    }
    let manifests = match &config.manifests {
        Some(folder) => pages::Manifests::read(folder).map_err(|(path, source)| {
            StartError::Manifests { path, source }
        })?,
        None => pages::Manifests::default(),
    };
    let listener = Listener::bind(config.listen).await?;
    info!(addr = %listener.addr(), assets = count, skipped = found.skipped.len(), "origin listens");
    let media = Media::new(store, found.files);
    let (catalogue, player, clock) = (found.catalogue, config.player, Clock::system());
    let origin = Arc::new(Origin { catalogue, media, manifests, player, clock });
    Ok(Server { listener, origin })
}

impl Server {
    /// Returns the address it listens on, with its real port.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.listener.addr()
    }

    /// Returns what is served.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.origin.catalogue
    }

    /// Serves until the shutdown, then drains.
    ///
    /// # Errors
    /// None yet.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), RunError> {
        let router = Router::new().fallback(handle).with_state(self.origin);
        let service_of = move |_peer| TowerToHyperService::new(router.clone());
        serve(self.listener, service_of, Options::new(shutdown)).await;
        Ok(())
    }
}

const METHODS: &str = "GET, HEAD, OPTIONS";

async fn handle(State(origin): State<Arc<Origin>>, request: Request) -> Response<Body> {
    let (method, headers) = (request.method().clone(), request.headers());
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
    match origin.resource(request.uri().path(), headers) {
        Ok(resource) => {
            let (now, media) = (origin.clock.wall(), origin.media.clone());
            resource.answer(now, &method, headers, media).await
        }
        Err((status, why)) => refuse(status, &why),
    }
}

/// Media under a name never changes without its name: a year is as long as RFC 9111 goes.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// Manifests may change when the origin starts again; a few seconds take the load of a start.
const SHORT: &str = "public, max-age=10, must-revalidate";

impl Origin {
    fn resource(
        &self,
        path: &str,
        headers: &HeaderMap,
    ) -> Result<Resource, (StatusCode, String)> {
        let json = "application/json";
        if let Some(below) = path.strip_prefix("/vod/") {
            return match respond(&self.catalogue, below) {
                Ok(found) => Ok(resource(found, below)),
                Err(Refused::NotFound(why)) => Err((StatusCode::NOT_FOUND, why)),
                Err(Refused::BadRequest(why)) => Err((StatusCode::BAD_REQUEST, why)),
            };
        }
        if let Some(name) = path.strip_prefix("/manifests/") {
            let text = self.manifests.text(name).filter(|_| is_name(name));
            let text = text.ok_or_else(|| no_path("there is no such manifest"))?;
            return Ok(Resource::text("application/dash+xml", SHORT, text));
        }
        match path {
            "/" => {
                let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
                let page = pages::index(&self.catalogue, &self.manifests, self.player.as_deref(), host);
                let mut page = Resource::text("text/html; charset=utf-8", "no-cache", page);
                page.modified = None;
                Ok(page)
            }
            "/assets.json" => {
                Ok(Resource::text(json, SHORT, pages::assets(&self.catalogue, &self.manifests)))
            }
            _ => Err(no_path("no such path: see `/` for what there is")),
        }
    }
}

fn no_path(why: &str) -> (StatusCode, String) {
    (StatusCode::NOT_FOUND, why.to_owned())
}

fn resource(found: Found, path: &str) -> Resource {
    let cache_control = match found.cacheability {
        Cacheability::Immutable => IMMUTABLE,
        Cacheability::Short => SHORT,
    };
    let (modified, content) = match found.body {
        Planned::Text(text) => (None, Content::Text(text.into())),
        Planned::Media(plan) => {
            // The content of the asset and what of it is asked for make the version; replicas that
            // hold the same files agree on it.
            let mut version = Xxh3::new();
            version.update(&found.asset.fingerprint.to_le_bytes());
            version.update(path.as_bytes());
            let content = Content::Media { plan, version: version.digest() };
            (Some(found.asset.modified), content)
        }
    };
    Resource { content_type: found.content_type, cache_control, modified, content }
}
