//! The operator's listener: JSON over HTTP, apart from the clients'.

mod access;
mod answer;
mod objects;
mod prefill;
mod purge;

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use dashpot_serve::RequestBody;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use serde::de::DeserializeOwned;

use crate::{body::Body, edge::Edge, endpoints, live::Handle};
pub(crate) use access::Access;
pub use access::AdminError;
use answer::{Refusal, answered};

/// What a request's body may have: a list of the most URLs that a prefill takes.
const BODY_BYTES_MAX: usize = 2 << 20;

/// The operator's service, on every connection.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) live: Handle,
    pub(crate) access: Access,
}

impl Service {
    /// Answers one request.
    pub(crate) async fn handle(
        self: Arc<Self>,
        request: Request<RequestBody>,
    ) -> Result<Response<Body>, Infallible> {
        Ok(self.route(request).await.unwrap_or_else(Refusal::into_response))
    }

    async fn route(&self, request: Request<RequestBody>) -> Result<Response<Body>, Refusal> {
        let edge = &self.live.edge();
        let (parts, body) = request.into_parts();
        let path = parts.uri.path();
        // Load balancers have no token, and learn no more here than from the clients' listener.
        if path == "/health" && parts.method == Method::GET {
            return Ok(edge.health.response().map(Body::Own));
        }
        self.access.check(&parts)?;
        let job = path.strip_prefix("/prefill/");
        match (parts.method.as_str(), path, job) {
            ("POST", "/purge", _) => {
                let asked = read(&parts.headers, body).await?;
                purge::make(edge, asked).await
            }
            ("POST", "/prefill", _) => prefill::begin(edge, read(&parts.headers, body).await?),
            ("GET", _, Some(id)) => prefill::progress(edge, id),
            ("DELETE", _, Some(id)) => prefill::cancel(edge, id),
            ("GET", "/objects", _) => {
                objects::explain(edge, parts.uri.query().unwrap_or_default()).await
            }
            ("GET", "/config", _) => Ok(answered(StatusCode::OK, &edge.shown)),
            ("GET", "/stats", _) => Ok(without_cors(endpoints::stats(edge, true))),
            ("GET", "/metrics", _) => Ok(endpoints::metrics(edge)),
            ("POST", "/reload", _) => reload(edge),
            (_, "/purge" | "/prefill" | "/reload", _) => Err(Refusal::method("POST")),
            (_, _, Some(_)) => Err(Refusal::method("GET, DELETE")),
            (_, "/objects" | "/config" | "/stats" | "/metrics" | "/health", _) => {
                Err(Refusal::method("GET"))
            }
            _ => Err(Refusal::new(
                StatusCode::NOT_FOUND,
                "there is no such page",
                "there are /purge, /objects, /prefill, /config, /stats, /metrics, /health, /reload",
            )),
        }
    }
}

/// Returns whether a request with `method` is a `PURGE` that this edge itself answers.
pub(crate) fn takes_purge(edge: &Edge, method: &Method) -> bool {
    // What is not taken here goes to the origin, as any method does.
    !edge.purge_from.is_empty() && method.as_str() == "PURGE"
}

/// Answers a `PURGE` that a client has sent.
pub(crate) async fn purge_by_client(
    edge: &Arc<Edge>,
    client: SocketAddr,
    request: Request<RequestBody>,
) -> Response<Body> {
    let client = match client.ip() {
        // A listener on [::] has the clients of IPv4 as these.
        IpAddr::V6(ip) => ip.to_ipv4_mapped().map_or(IpAddr::V6(ip), IpAddr::V4),
        IpAddr::V4(ip) => IpAddr::V4(ip),
    };
    if !edge.purge_from.iter().any(|net| net.contains(&client)) {
        let hint = "the operator names those who may with --purge-from";
        return Refusal::new(StatusCode::FORBIDDEN, "you may not purge", hint).into_response();
    }
    let (mut parts, _) = request.into_parts();
    if !edge.naming.settle_host(&mut parts) {
        let hint = "send the Host of the resource";
        return Refusal::new(StatusCode::BAD_REQUEST, "the Host is not a host", hint)
            .into_response();
    }
    purge::by_client(edge, &parts).await.unwrap_or_else(Refusal::into_response)
}

fn reload(edge: &Edge) -> Result<Response<Body>, Refusal> {
    let Some(reload) = edge.reload.get() else {
        let hint = "this server was started without anything that can be read again";
        return Err(Refusal::new(StatusCode::NOT_IMPLEMENTED, "there is nothing to reload", hint));
    };
    reload.notify_one();
    Ok(answered(StatusCode::ACCEPTED, &serde_json::json!({ "reload": "asked for" })))
}

/// Reads the JSON that a request brings.
async fn read<T: DeserializeOwned>(headers: &HeaderMap, body: RequestBody) -> Result<T, Refusal> {
    // A page in the operator's browser cannot send this without asking first, which is refused.
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        let hint = "send JSON with Content-Type: application/json";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "this is not JSON", hint));
    }
    let body = Limited::new(body, BODY_BYTES_MAX).collect().await.map_err(|_| {
        let hint = "a request has 2 MiB at most, and arrives whole";
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "the body cannot be read", hint)
    })?;
    serde_json::from_slice(&body.to_bytes()).map_err(|error| {
        Refusal::new(StatusCode::BAD_REQUEST, error.to_string(), "see `dashpot purge --help`")
    })
}

/// Takes from a page of the edge what lets every page of the web read it.
fn without_cors(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    let open: Vec<_> = headers
        .keys()
        .filter(|name| name.as_str().starts_with("access-control-"))
        .cloned()
        .collect();
    for name in open {
        headers.remove(name);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
