//! Requests to the origin.

use std::time::Duration;

use bytes::Bytes;
use dashpot_cache::{Failure, Framing};
use dashpot_http::via;
use http::{HeaderMap, Method, Response, StatusCode, Version, header};
use reqwest::redirect;
use tokio::time::timeout;
use url::Url;

use crate::{Config, StartError, naming::Naming};

/// Idle connections kept to the origin: as many as a busy edge has fills at once; each costs the
/// origin a descriptor.
const IDLE_CONNECTIONS_MAX: usize = 64;
/// How long an idle connection is kept; shorter than the 75 s that servers commonly allow, so that
/// the edge closes first and does not write into a closing connection.
const IDLE_CONNECTION_FOR: Duration = Duration::from_secs(60);

/// The origin, as the edge reaches it.
#[derive(Debug)]
pub(crate) struct Upstream {
    client: reqwest::Client,
    /// The origin's URL without a slash at its end.
    base: String,
    /// The origin's `scheme://host:port`, without the path.
    site: String,
    /// Whether the client's Host is sent, which has been settled before.
    forwards_host: bool,
    name: String,
}

/// A request that got no response.
#[derive(Clone, Debug)]
pub(crate) struct NoResponse {
    pub(crate) failure: Failure,
    /// What happened, for the operator.
    pub(crate) detail: String,
}

/// What to send upstream.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) path_and_query: String,
    /// The client's header fields.
    pub(crate) headers: HeaderMap,
    pub(crate) version: Version,
    pub(crate) body: Option<reqwest::Body>,
}

impl Upstream {
    /// Makes the client; nothing is connected.
    pub(crate) fn new(config: &Config) -> Result<Self, StartError> {
        let origin = &config.origin;
        let bad = || StartError::Origin { origin: origin.clone() };
        if !matches!(origin.scheme(), "http" | "https") || !origin.has_host() {
            return Err(bad());
        }
        if origin.query().is_some() || origin.fragment().is_some() || !origin.username().is_empty()
        {
            return Err(bad());
        }
        let mut builder = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(config.connect_timeout)
            // No read timeout: the client's own counts the readers' pauses as the origin's. Flights
            // and bodies that pass have timers of their own.
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .pool_idle_timeout(IDLE_CONNECTION_FOR)
            .tcp_nodelay(true);
        // reqwest takes the process's provider; it may have been set by another server in here.
        rustls::crypto::ring::default_provider().install_default().unwrap_or_default();
        if origin.scheme() == "http" {
            // No certificate will be looked at, so that a machine without any can still serve.
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|source| StartError::Client { source })?;
        Ok(Self {
            client,
            base: origin.as_str().trim_end_matches('/').to_owned(),
            site: format!("{}://{}", origin.scheme(), authority_of(origin)),
            forwards_host: config.keys.hosts.is_some(),
            name: config.cache_name(),
        })
    }

    /// Sends `ask` and waits for the response head, but not for longer than `limit`.
    pub(crate) async fn send_within(
        &self,
        limit: Duration,
        ask: Ask,
    ) -> Result<Response<reqwest::Body>, NoResponse> {
        timeout(limit, self.send(ask)).await.unwrap_or_else(|_| {
            Err(NoResponse { failure: Failure::Timeout, detail: self.site.clone() })
        })
    }

    /// Sends `ask` and waits for the response head.
    pub(crate) async fn send(&self, ask: Ask) -> Result<Response<reqwest::Body>, NoResponse> {
        let no_response = |error: &reqwest::Error| NoResponse {
            failure: failure_of(error),
            detail: format!("{}: {}", self.site, innermost(error)),
        };
        let url = format!("{}{}", self.base, ask.path_and_query);
        let url = Url::parse(&url).map_err(|error| NoResponse {
            failure: Failure::Protocol,
            detail: format!("{url}: {error}"),
        })?;
        let mut headers = ask.headers;
        via::strip_hop_by_hop(&mut headers);
        via::append(&mut headers, ask.version, &self.name);
        if !self.forwards_host {
            // The client fills in the origin's.
            headers.remove(header::HOST);
        }
        // RFC 9110 §10.1.1: hyper has answered it.
        headers.remove(header::EXPECT);
        let mut request = reqwest::Request::new(ask.method, url);
        *request.headers_mut() = headers;
        *request.body_mut() = ask.body;
        self.client.execute(request).await.map(Response::from).map_err(|error| no_response(&error))
    }
}

impl Ask {
    /// Returns the URL asked for, as invalidation needs it.
    pub(crate) fn target(&self, naming: &Naming) -> Option<http::Uri> {
        format!("{}{}", naming.site(&self.headers), self.path_and_query).parse().ok()
    }
}

/// Returns how the end of a response's body is known.
pub(crate) fn framing_of(method: &Method, response: &Response<reqwest::Body>) -> Framing {
    let has_no_body = method == Method::HEAD
        || matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    // RFC 9112 §6.3.
    if has_no_body {
        return Framing::Length(0);
    }
    let headers = response.headers();
    if headers.contains_key(header::TRANSFER_ENCODING) || response.version() == Version::HTTP_2 {
        return Framing::Delimited;
    }
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    match length.and_then(|length| length.parse().ok()) {
        Some(length) => Framing::Length(length),
        None => Framing::UntilClose,
    }
}

/// Returns the host and, where it is not the scheme's own, the port of `origin`.
pub(crate) fn authority_of(origin: &Url) -> String {
    let host = origin.host_str().unwrap_or_default();
    origin.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn failure_of(error: &reqwest::Error) -> Failure {
    if error.is_connect() {
        Failure::Connect
    } else if error.is_timeout() {
        Failure::Timeout
    } else {
        Failure::Protocol
    }
}

/// Returns the message nearest to the cause: the outer ones only repeat the URL.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// The body of a response that is read here and not handed on.
pub(crate) type Arriving = Response<reqwest::Body>;

/// Reads the next bytes of `body`; `None` at its proper end.
pub(crate) async fn next_data(body: &mut reqwest::Body) -> Option<Result<Bytes, reqwest::Error>> {
    use http_body_util::BodyExt as _;
    loop {
        match body.frame().await? {
            Ok(frame) => {
                // Trailers are not kept.
                if let Ok(data) = frame.into_data()
                    && !data.is_empty()
                {
                    return Some(Ok(data));
                }
            }
            Err(error) => return Some(Err(error)),
        }
    }
}
