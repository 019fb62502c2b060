//! `/health`, `/metrics`, and DNS over HTTPS (RFC 8484) at `/dns-query`.

use super::Group;
use crate::authority::{Outcome, Response as Answer, Transport};
use bytes::Bytes;
use dashpot_serve::{Clock, Health, Listener, Metrics, Options, Role, Shutdown, serve};
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{body::Incoming, service::service_fn};
use std::{convert::Infallible, net::SocketAddr, sync::Arc};

/// The one media type (RFC 8484 §6).
const MESSAGE: &str = "application/dns-message";

/// Bytes of a query at most, as over UDP with room to spare.
const QUERY_BYTES_MAX: usize = 4_096;

/// What answers HTTP.
pub(super) struct Watched {
    pub(super) health: Health,
    pub(super) metrics: Metrics,
    pub(super) group: Option<Arc<Group>>,
}

/// Answers on `listener` until the shutdown.
pub(super) async fn run(
    listener: Listener,
    group: Option<Arc<Group>>,
    metrics: Metrics,
    clock: Clock,
    shutdown: Shutdown,
) {
    let version = env!("CARGO_PKG_VERSION");
    let health = Health { role: Role::Dns, version, clock, shutdown: shutdown.clone(), tls: None };
    let watched = Arc::new(Watched { health, metrics, group });
    let service_of = move |ends: dashpot_serve::Ends| {
        let watched = Arc::clone(&watched);
        service_fn(move |request| {
            let watched = Arc::clone(&watched);
            async move { Ok::<_, Infallible>(watched.answer(request, ends.peer).await) }
        })
    };
    serve(listener, service_of, Options::new(shutdown)).await;
}

impl Watched {
    async fn answer(
        &self,
        request: Request<Incoming>,
        client: SocketAddr,
    ) -> Response<Full<Bytes>> {
        match request.uri().path() {
            "/health" => self.health.response().map(Full::new),
            "/metrics" => self.metrics.response().map(Full::new),
            "/dns-query" => match query_of(request).await {
                Ok(query) => self.resolve(&query, client),
                Err(status) => plain(status),
            },
            _ => plain(StatusCode::NOT_FOUND),
        }
    }

    fn resolve(&self, query: &[u8], client: SocketAddr) -> Response<Full<Bytes>> {
        let Some(group) = &self.group else { return plain(StatusCode::NOT_FOUND) };
        let now = group.clock.wall();
        match group.authority.respond(query, client, Transport::Https, now) {
            Outcome::Answered(answer) => {
                group.seen(&answer, Transport::Https, client);
                message(answer)
            }
            // Neither zones nor word of their changes go over HTTP.
            Outcome::Ignored | Outcome::Transfer(_) | Outcome::Notified(..) => {
                plain(StatusCode::BAD_REQUEST)
            }
        }
    }
}

/// Returns the query of a request, as RFC 8484 §4.1 puts it.
async fn query_of(request: Request<Incoming>) -> Result<Vec<u8>, StatusCode> {
    match *request.method() {
        Method::GET => {
            let query = request.uri().query().unwrap_or_default();
            let encoded = query.split('&').find_map(|pair| pair.strip_prefix("dns="));
            let encoded = encoded.ok_or(StatusCode::BAD_REQUEST)?;
            data_encoding::BASE64URL_NOPAD
                .decode(encoded.as_bytes())
                .map_err(|_| StatusCode::BAD_REQUEST)
        }
        Method::POST => {
            if request.headers().get(header::CONTENT_TYPE).is_none_or(|kind| kind != MESSAGE) {
                return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
            }
            let body = Limited::new(request.into_body(), QUERY_BYTES_MAX).collect().await;
            let body = body.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
            Ok(body.to_bytes().into())
        }
        _ => Err(StatusCode::METHOD_NOT_ALLOWED),
    }
}

fn message(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(answer.bytes)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MESSAGE));
    // RFC 8484 §5.1: HTTP may keep it for as long as its records hold.
    let kept = HeaderValue::try_from(format!("max-age={}", answer.ttl));
    headers.extend(kept.ok().map(|kept| (header::CACHE_CONTROL, kept)));
    response
}

fn plain(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
