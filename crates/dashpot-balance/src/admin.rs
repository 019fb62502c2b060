//! The operator's listener: JSON over HTTP, for programs on this machine.

use crate::{BackendSpec, Record, connection::Shared, pool::Shown};
use axum::{
    Json, Router,
    extract::{Path, Query, Request, State},
    http::{StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse as _, Response},
    routing::{get, post, put},
};
use dashpot_serve::{Shutdown, names_this_machine};
use serde::{Deserialize, Serialize};
use std::{net::SocketAddr, sync::Arc};

/// What the pages share.
#[derive(Clone, Debug)]
struct Admin {
    shared: Arc<Shared>,
    /// What ends the balancer.
    shutdown: Shutdown,
}

/// Returns the pages.
pub(crate) fn router(shared: Arc<Shared>, shutdown: Shutdown) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/metrics", get(metrics))
        .route("/state", get(state))
        .route("/choices", get(choices))
        .route("/backends/{name}", put(put_backend).delete(delete_backend))
        .route("/backends/{name}/drain", post(drain).delete(undrain))
        .layer(from_fn(only_here))
        .with_state(Admin { shared, shutdown })
}

/// Refuses requests that pages of other names have a browser send.
async fn only_here(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let is_page = parts.headers.contains_key(header::ORIGIN);
    if is_page || !names_this_machine(&parts) {
        return (StatusCode::FORBIDDEN, "only programs on this machine may ask here\n")
            .into_response();
    }
    next.run(Request::from_parts(parts, body)).await
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    connections: i64,
}

/// Says whether to send connections here: not while draining, nor with nobody to give them to.
async fn health(State(admin): State<Admin>) -> (StatusCode, Json<Health>) {
    let (code, status) = if admin.shutdown.has_begun() {
        (StatusCode::SERVICE_UNAVAILABLE, "draining")
    } else if admin.shared.pool.has_any() {
        (StatusCode::OK, "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "no-backend")
    };
    (code, Json(Health { status, connections: admin.shared.stats.connections.get() }))
}

async fn metrics(State(admin): State<Admin>) -> Response {
    admin.shared.stats.response(&admin.shared.pool).map(axum::body::Body::from)
}

#[derive(Serialize)]
struct Shows {
    algorithm: String,
    connections: i64,
    backends: Vec<Shown>,
}

async fn state(State(Admin { shared, .. }): State<Admin>) -> Json<Shows> {
    Json(Shows {
        algorithm: shared.pool.algorithm().to_owned(),
        connections: shared.stats.connections.get(),
        backends: shared.pool.shown(),
    })
}

#[derive(Deserialize)]
struct Of {
    client: Option<SocketAddr>,
}

/// The last choices, of all or of one client's address and port: the newest first.
async fn choices(State(Admin { shared, .. }): State<Admin>, Query(of): Query<Of>) -> Response {
    let records = shared.choices.of(of.client);
    Json(records.iter().map(|record| &**record).collect::<Vec<&Record>>()).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    addr: SocketAddr,
    #[serde(default = "one")]
    weight: u32,
    connections_max: Option<u32>,
}

const fn one() -> u32 {
    1
}

async fn put_backend(
    State(Admin { shared, .. }): State<Admin>,
    Path(name): Path<String>,
    Json(Asked { addr, weight, connections_max }): Json<Asked>,
) -> StatusCode {
    if dashpot_route::WEIGHT_MAX < weight || connections_max == Some(0) {
        return StatusCode::UNPROCESSABLE_ENTITY;
    }
    shared.pool.put(BackendSpec { name, addr, weight, connections_max });
    StatusCode::NO_CONTENT
}

async fn delete_backend(
    State(Admin { shared, .. }): State<Admin>,
    Path(name): Path<String>,
) -> StatusCode {
    found(shared.pool.remove(&name))
}

async fn drain(State(Admin { shared, .. }): State<Admin>, Path(name): Path<String>) -> StatusCode {
    found(shared.pool.drain(&name, true))
}

async fn undrain(
    State(Admin { shared, .. }): State<Admin>,
    Path(name): Path<String>,
) -> StatusCode {
    found(shared.pool.drain(&name, false))
}

const fn found(is_found: bool) -> StatusCode {
    if is_found { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}
