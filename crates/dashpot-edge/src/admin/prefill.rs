//! `POST /prefill`, and what becomes of it.

use std::{collections::BTreeSet, sync::Arc};

use http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::{Refusal, answered, purge::refused};
use crate::{
    body::Body,
    edge::Edge,
    lab::random_id,
    prefill::{CONCURRENCY_MAX, Plan, RATE_PER_S_MAX, URLS_MAX, Wanted},
};

/// What is to be fetched.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    mpd: Option<String>,
    #[serde(default)]
    urls: Vec<String>,
    /// As many as a viewer at the start takes; the operator knows what the origin bears.
    #[serde(default = "default_rate_per_s")]
    rate_per_s: u32,
    #[serde(default = "default_concurrency")]
    concurrency: usize,
}

const fn default_rate_per_s() -> u32 {
    20
}

const fn default_concurrency() -> usize {
    4
}

/// Begins a job.
pub(super) fn begin(edge: &Arc<Edge>, asked: Asked) -> Result<Response<Body>, Refusal> {
    let bad = |error: &str, hint| Refusal::new(StatusCode::BAD_REQUEST, error, hint);
    if asked.mpd.is_none() && asked.urls.is_empty() {
        return Err(bad("there is nothing to fetch", r#"send {"mpd":"/path"} or {"urls":[...]}"#));
    }
    if URLS_MAX < asked.urls.len() {
        return Err(bad("that are too many URLs", "50000 at most; begin further jobs"));
    }
    if !(1..=RATE_PER_S_MAX).contains(&asked.rate_per_s)
        || !(1..=CONCURRENCY_MAX).contains(&asked.concurrency)
    {
        let hint = "rate_per_s is 1 to 1000, concurrency 1 to 32";
        return Err(bad("that is too fast or too slow", hint));
    }
    let urls =
        asked.urls.iter().map(|url| wanted(edge, url)).collect::<Result<BTreeSet<_>, _>>()?;
    let mpd = asked.mpd.as_deref().map(|url| wanted(edge, url)).transpose()?;
    let plan = Plan { urls, mpd, rate_per_s: asked.rate_per_s, concurrency: asked.concurrency };
    let id = random_id().map_err(|error| {
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string(), "try again")
    })?;
    let Some(id) = edge.jobs.begin(edge, id, plan) else {
        let hint = "wait for one to end, or cancel it with DELETE /prefill/{id}";
        let error = "as many jobs run as may";
        return Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, error, hint));
    };
    Ok(answered(StatusCode::ACCEPTED, &json!({ "id": id })))
}

fn wanted(edge: &Edge, url: &str) -> Result<Wanted, Refusal> {
    let (host, path) = edge.naming.parts_of_url(url).map_err(refused)?;
    Ok(Wanted { path_and_query: path.to_owned(), range: None, host })
}

/// Answers how far a job is.
pub(super) fn progress(edge: &Edge, id: &str) -> Result<Response<Body>, Refusal> {
    let progress = edge.jobs.progress(id).ok_or_else(unknown)?;
    Ok(answered(StatusCode::OK, &progress))
}

/// Ends a job.
pub(super) fn cancel(edge: &Edge, id: &str) -> Result<Response<Body>, Refusal> {
    let progress = edge.jobs.cancel(id).ok_or_else(unknown)?;
    Ok(answered(StatusCode::OK, &progress))
}

fn unknown() -> Refusal {
    let hint = "only the latest jobs are remembered";
    Refusal::new(StatusCode::NOT_FOUND, "there is no such job", hint)
}
