//! Heads of responses: what an edge adds to them.

use std::{sync::Arc, time::Duration};

use dashpot_base::WallTime;
use dashpot_cache::{Extent, Failure, RequestHead, StoredHead, reply};
use dashpot_http::{
    age,
    cache_status::CacheStatus,
    cors, date,
    server_timing::{self, Metric},
    via,
};
use dashpot_serve::UpstreamTook;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, Version, header};

use crate::{
    body::{Asked, Body, DiskReader, Passing, Source},
    edge::Edge,
    object::StoredBody,
    stats::Served,
    upstream::{Arriving, NoResponse},
};

/// A response, with how it came about.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) response: Response<Body>,
    pub(crate) served: Served,
}

/// How a response came about.
#[derive(Debug)]
pub(crate) struct Account<'a> {
    pub(crate) served: Served,
    pub(crate) cache_status: CacheStatus<'a>,
    /// How long the origin took to give the head, where it was asked.
    pub(crate) origin_took: Option<Duration>,
}

impl Account<'_> {
    /// Returns whether the origin made or validated the response for this very request.
    fn is_of_origin(&self) -> bool {
        let told = &self.cache_status;
        let is_covered = told.fwd_status != Some(StatusCode::NOT_MODIFIED) && !told.stored;
        self.origin_took.is_some() && !is_covered
    }
}

/// Bytes of a resource to reply with.
#[derive(Debug)]
pub(crate) struct Resource<'a> {
    pub(crate) head: &'a StoredHead,
    pub(crate) source: Source,
    /// The length of the whole, where it is known.
    pub(crate) length: Option<u64>,
}

/// Replies to `request` with a resource that is stored or arriving.
pub(crate) fn resource(
    edge: &Edge,
    now: WallTime,
    request: &RequestHead,
    resource: Resource<'_>,
    account: Account<'_>,
) -> Reply {
    let Resource { head, source, length } = resource;
    let extent = match (length, &source) {
        (Some(length), _) => Extent::Complete(length),
        (None, Source::Filling(reader)) => Extent::AtLeast(reader.arrived()),
        (None, Source::Stored(blocks)) => Extent::Complete(blocks.len()),
        (None, Source::Disk(reader)) => Extent::Complete(reader.len()),
        (None, Source::Blocks(_)) => Extent::AtLeast(0),
    };
    let plan = reply(now, head, request, extent, &edge.boundary);
    let mut headers = plan.headers;
    // RFC 9111 §5.1: a response that was not made for this request says how old it is.
    if head.is_aged() || !account.is_of_origin() {
        headers.insert(header::AGE, age::to_value(head.age(now)));
    }
    let mut response = Response::new(Body::media(source, plan.content, length));
    *response.status_mut() = plan.status;
    *response.headers_mut() = headers;
    finish(edge, response, account)
}

/// Replies with the upstream's response as it arrives, and goes on with its body where that breaks
/// off and what was `asked` is known.
pub(crate) fn through(
    edge: &Edge,
    upstream: Arriving,
    asked: Option<Asked>,
    account: Account<'_>,
) -> Reply {
    let (parts, body) = upstream.into_parts();
    let mut headers = parts.headers;
    via::strip_hop_by_hop(&mut headers);
    edge.hide_tags(&mut headers);
    if !headers.contains_key(header::DATE) {
        // RFC 9110 §6.6.1.
        headers.insert(header::DATE, date::to_value(edge.clock.wall()));
    }
    let body = Passing::new(edge, (parts.status, &headers), body, asked);
    let mut response = Response::new(Body::Through(body));
    *response.status_mut() = parts.status;
    *response.headers_mut() = headers;
    finish(edge, response, account)
}

/// Replies that the origin has not answered, when what is `stored` may not be used unvalidated.
pub(crate) fn no_response(
    edge: &Edge,
    failed: &NoResponse,
    stored: Option<&StoredHead>,
    account: Account<'_>,
) -> Reply {
    let status = failed.failure.status(stored);
    let what = match failed.failure {
        Failure::Connect => "could not be reached",
        Failure::Timeout => "did not answer in time",
        Failure::Protocol
        | Failure::Truncated
        | Failure::TooLong
        | Failure::Changed
        | Failure::Abandoned => "broke the exchange off",
    };
    let detail = match (failed.failure, &*failed.detail) {
        (Failure::Timeout, "") => {
            format!(
                " (no response within {:?}, --origin-head-timeout)",
                edge.flight_limits.head_timeout
            )
        }
        (_, "") => String::new(),
        (_, detail) => format!(" ({detail})"),
    };
    refuse(edge, status, &format!("the origin {what}{detail}"), account)
}

/// Replies with an error of the edge's own.
pub(crate) fn refuse(
    edge: &Edge,
    status: StatusCode,
    message: &str,
    account: Account<'_>,
) -> Reply {
    finish(edge, text(status, &format!("{}: {message}\n", edge.name)), account)
}

/// Returns a short text that no cache keeps and every page may read.
pub(crate) fn text(status: StatusCode, message: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(message.to_owned()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, plain);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    cors::open(headers);
    response
}

/// Adds what the edge says about itself.
fn finish(edge: &Edge, mut response: Response<Body>, account: Account<'_>) -> Reply {
    let headers = response.headers_mut();
    headers.append(header::VIA, edge.via.clone());
    // Names and closed sets of words only: always a field value.
    let cache_status = HeaderValue::try_from(account.cache_status.to_text());
    let cache_status = cache_status.unwrap_or_else(|_| HeaderValue::from_static(""));
    headers.append(dashpot_http::cache_status::CACHE_STATUS, cache_status);
    add_timing(headers, &account);
    if let Some(took) = account.origin_took {
        response.extensions_mut().insert(UpstreamTook(took));
    }
    let headers = response.headers_mut();
    if edge.viewers.is_some() {
        headers.insert(TIMING_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    Reply { response, served: account.served }
}

/// Returns the edge's own member of `Cache-Status`, which is the last one.
pub(crate) fn cache_status<B>(response: &Response<B>) -> Option<&HeaderValue> {
    response.headers().get_all(dashpot_http::cache_status::CACHE_STATUS).iter().next_back()
}

/// Returns the edge's member of `Via` on responses.
pub(crate) fn via(name: &str) -> HeaderValue {
    let mut headers = HeaderMap::new();
    via::append(&mut headers, Version::HTTP_11, name);
    headers.remove(header::VIA).unwrap_or_else(|| HeaderValue::from_static("1.1 dashpot"))
}

const TIMING_ALLOW_ORIGIN: HeaderName = HeaderName::from_static("timing-allow-origin");

fn add_timing(headers: &mut HeaderMap, account: &Account<'_>) {
    if account.served == Served::Hit {
        // The same as below, made once.
        let hit = HeaderValue::from_static("cache;desc=\"hit\"");
        headers.append(server_timing::SERVER_TIMING, hit);
        return;
    }
    let cache =
        Metric { name: "cache", duration: None, description: Some(account.served.as_str()) };
    let origin = Metric { name: "origin", duration: account.origin_took, description: None };
    let value = match account.origin_took {
        Some(_) => server_timing::to_value(&[cache, origin]),
        None => server_timing::to_value(&[cache]),
    };
    headers.append(server_timing::SERVER_TIMING, value);
}

/// Returns a stored body to read from.
pub(crate) fn stored(object: &crate::object::Object) -> (Source, Option<u64>) {
    let source = match &object.body {
        StoredBody::Memory(blocks) => Source::Stored(Arc::clone(blocks)),
        StoredBody::Disk(body) => Source::Disk(DiskReader::new(Arc::clone(body))),
    };
    (source, Some(object.body.len()))
}
