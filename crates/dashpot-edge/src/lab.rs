//! Lab mode: links of their own for viewers, made and set over HTTP.

mod own;
mod shaped;
mod viewer;
mod viewers;

use std::sync::Arc;

use bytes::Bytes;
use dashpot_serve::RequestBody;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Limited};

use crate::{
    StartError,
    body::Body,
    edge::Edge,
    endpoints::{json, method_not_allowed, preflight},
    meter::Note,
    respond::text,
    stats::Served,
};
pub use own::ViewerLink;
pub(crate) use shaped::ClientBody;
use shaped::Shaped;
use viewer::{Begun, LinkState, Viewer};
pub(crate) use viewers::Viewers;

/// What the paths of viewers begin with; the viewer's id follows.
pub(crate) const PREFIX: &str = "/_v/";
/// Where viewers are made.
pub(crate) const ENDPOINT: &str = "/_dashpot/lab/viewers";

const METHODS: &str = "POST, PUT, DELETE";
/// A link's state as JSON is a tenth of this.
const STATE_BYTES_MAX: usize = 4_096;

/// Returns 128 random bits in hexadecimal: nobody guesses another's.
pub(crate) fn random_id() -> Result<String, StartError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| StartError::Random { reason: error.to_string() })?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Answers a viewer's request for the origin's resources through the viewer's link.
pub(crate) async fn answer(
    edge: &Arc<Edge>,
    viewers: &Viewers,
    mut request: Request<RequestBody>,
    note: &mut Note,
) -> Response<ClientBody> {
    let path_and_query = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let rest = path_and_query.strip_prefix(PREFIX).unwrap_or_default();
    let (id, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let now = edge.clock.mono();
    let Some(viewer) = viewers.find(id, now) else {
        return unknown().map(ClientBody::Plain);
    };
    let rest = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
    let Ok(uri) = Uri::try_from(&rest) else {
        return text(StatusCode::BAD_REQUEST, "the path after the viewer's id is not one\n")
            .map(ClientBody::Plain);
    };
    note.asked_by(id, uri.path());
    let transfer = match viewer.begin(&edge.clock, is_segment(&uri)).await {
        Begun::Answered(transfer) => transfer,
        Begun::Lost => {
            let how = HeaderValue::from_static("lost by the viewer's link");
            note.answered(Served::Error, StatusCode::SERVICE_UNAVAILABLE, Some(&how));
            return lost().map(ClientBody::Plain);
        }
    };
    *request.uri_mut() = uri;
    let response = edge.proxy(request, note).await;
    response.map(|body| ClientBody::Shaped(Shaped::new(body, transfer)))
}

/// Answers a request to make, set or end a viewer; `rest` is the path below [`ENDPOINT`].
pub(crate) async fn endpoint(
    edge: &Edge,
    viewers: &Viewers,
    rest: &str,
    request: Request<RequestBody>,
) -> Response<Body> {
    let id = rest.strip_prefix('/').unwrap_or_default();
    let method = request.method().clone();
    if method == Method::OPTIONS {
        return preflight(&request, METHODS);
    }
    if rest.is_empty() && method == Method::POST {
        return make(edge, viewers);
    }
    if id.is_empty() || (method != Method::PUT && method != Method::DELETE) {
        return method_not_allowed(METHODS);
    }
    if method == Method::DELETE {
        return if viewers.remove(id) { no_content() } else { unknown() };
    }
    match viewers.find(id, edge.clock.mono()) {
        Some(viewer) => set(edge, &viewer, request).await,
        None => unknown(),
    }
}

fn make(edge: &Edge, viewers: &Viewers) -> Response<Body> {
    let Ok(id) = random_id() else {
        return text(StatusCode::INTERNAL_SERVER_ERROR, "no randomness to be had\n");
    };
    viewers.insert(id.clone(), edge.clock.mono());
    let made = serde_json::json!({ "viewer": id, "prefix": format!("{PREFIX}{id}") });
    json(StatusCode::CREATED, &made)
}

async fn set(edge: &Edge, viewer: &Viewer, request: Request<RequestBody>) -> Response<Body> {
    let body = Limited::new(request.into_body(), STATE_BYTES_MAX).collect().await;
    let Ok(body) = body.map(http_body_util::Collected::to_bytes) else {
        return text(StatusCode::BAD_REQUEST, "the link's state did not arrive whole\n");
    };
    let state = match read_state(&body) {
        Ok(state) => state,
        Err(message) => return text(StatusCode::BAD_REQUEST, &message),
    };
    match viewer.set(edge.clock.mono(), state) {
        Ok(state) => json(StatusCode::OK, &state),
        Err(message) => text(StatusCode::BAD_REQUEST, &message),
    }
}

fn read_state(body: &Bytes) -> Result<LinkState, String> {
    serde_json::from_slice(body).map_err(|error| {
        format!(
            "not the state of a link: {error}; such as \
             {{\"rate_bps\":300000,\"latency_ms\":0,\"loss_ratio\":0.0}}\n"
        )
    })
}

fn unknown() -> Response<Body> {
    text(StatusCode::NOT_FOUND, "there is no such viewer; it may have been idle for too long\n")
}

fn lost() -> Response<Body> {
    let mut response = text(StatusCode::SERVICE_UNAVAILABLE, "lost by the viewer's link\n");
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("0"));
    response
}

fn no_content() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    dashpot_http::cors::open(response.headers_mut());
    response
}

/// Returns whether a link may lose the request for `uri`: one for media, not for a manifest.
fn is_segment(uri: &Uri) -> bool {
    const MEDIA: [&str; 9] = ["m4s", "mp4", "m4v", "m4a", "cmfv", "cmfa", "cmft", "vtt", "webm"];
    let extension = uri.path().rsplit_once('.').map(|(_, extension)| extension);
    extension.is_some_and(|extension| MEDIA.contains(&extension))
}
