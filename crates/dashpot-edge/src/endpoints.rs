//! The edge's own pages: never cached, never forwarded.

use bytes::Bytes;
use dashpot_http::cors;
use dashpot_serve::RequestBody;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};

use crate::{
    body::Body,
    edge::Edge,
    lab,
    respond::text,
    stats::{MemoryReport, Tiers},
};

/// What all paths of the edge's own begin with.
const OWN: &str = "/_dashpot/";

/// Returns whether `path` is the edge's own.
pub(crate) fn owns(path: &str) -> bool {
    matches!(path, "/health" | "/metrics") || path.starts_with(OWN)
}

/// Answers a request for one of the edge's own pages.
pub(crate) async fn answer(edge: &Edge, request: Request<RequestBody>) -> Response<Body> {
    let path = request.uri().path().to_owned();
    if let (Some(viewers), Some(rest)) = (&edge.viewers, path.strip_prefix(lab::ENDPOINT)) {
        return lab::endpoint(edge, viewers, rest, request).await;
    }
    if request.method() == Method::OPTIONS {
        return preflight(&request, "GET, HEAD");
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return method_not_allowed("GET, HEAD");
    }
    let response = match path.as_str() {
        "/health" => edge.health.response_with(Some(&edge.load_report())).map(Body::Own),
        "/metrics" => metrics(edge),
        // What others watch is shown to everybody in a laboratory only.
        "/_dashpot/stats" => stats(edge, edge.viewers.is_some()),
        _ => text(StatusCode::NOT_FOUND, "the edge has no such page\n"),
    };
    if request.method() == Method::HEAD { response.map(|_| Body::empty()) } else { response }
}

/// Answers a request for the server as a whole, which is what a client takes the edge for (RFC 9110
/// §9.3.7).
pub(crate) fn whole_server(request: &Request<RequestBody>) -> Response<Body> {
    if request.method() != Method::OPTIONS {
        return text(StatusCode::BAD_REQUEST, "only OPTIONS has `*` for a target\n");
    }
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let methods = HeaderValue::from_static("GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE");
    response.headers_mut().insert(header::ALLOW, methods);
    response
}

/// Returns the counters in the form that Prometheus reads.
pub(crate) fn metrics(edge: &Edge) -> Response<Body> {
    edge.stats.set_levels(edge.levels());
    edge.stats.set_load(edge.load.now());
    if let Some(disk) = edge.store.disk() {
        disk.set_levels();
    }
    edge.metrics.response().map(Body::Own)
}

/// Returns the counters as the page of the edge shows them, and what was asked for last where
/// `shows_recent`.
pub(crate) fn stats(edge: &Edge, shows_recent: bool) -> Response<Body> {
    let levels = edge.levels();
    let mut report = edge.stats.report(&edge.name, levels);
    report.uptime_ms = edge.clock.mono().since(dashpot_base::MonoTime::ZERO).as_millis();
    let bytes_max = edge.cache_mem.bytes();
    report.cache_bytes_max = bytes_max;
    if !shows_recent {
        report.recent.clear();
    }
    report.tiers = Tiers {
        memory: MemoryReport { objects: levels.objects, bytes: levels.bytes, bytes_max },
        disk: edge.store.disk().map(|disk| disk.report()),
    };
    json(StatusCode::OK, &report)
}

/// Returns `value` as JSON that no cache keeps and every page may read.
pub(crate) fn json(status: StatusCode, value: &impl serde::Serialize) -> Response<Body> {
    // Plain fields with names cannot fail to serialize.
    let bytes = Bytes::from(serde_json::to_vec(value).unwrap_or_default());
    let mut response = Response::new(Body::Own(bytes));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    cors::open(headers);
    response
}

/// Answers a browser's preflight.
pub(crate) fn preflight(request: &Request<RequestBody>, methods: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    *response.headers_mut() = cors::preflight(request.headers(), methods);
    response
}

/// Answers a method that a page of the edge does not have.
pub(crate) fn method_not_allowed(methods: &'static str) -> Response<Body> {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "the edge's page has no such method\n");
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
    response
}
