//! Requests that pass the cache by.

use std::sync::Arc;

use dashpot_cache::{Framing, NotStorable, Reason, RequestHead, ResponseHead, Times, may_store};
use dashpot_http::cache_status::Handling;
use dashpot_serve::RequestBody;
use http::{Method, StatusCode, header};
use http_body::Body as _;
use http_body_util::Limited;

use crate::{
    body::{Asked, SentAs},
    edge::Edge,
    exchange::Exchange,
    flights::Wanted,
    object::Object,
    obsolete::{self, Pending},
    posted,
    proxy::{self, account},
    respond::{self, Account, Reply},
    stats::Served,
    unkeyed,
    upstream::{Arriving, Ask, NoResponse, head_of},
};

/// Fetches `wanted` for its own request only.
pub(crate) async fn alone(edge: &Arc<Edge>, wanted: &Wanted, reason: Reason) -> Reply {
    let passed = Passed { path_and_query: wanted.path_and_query.clone(), is_secure: false };
    let reply = on(edge, Arc::clone(&wanted.request), passed, None, reason).await;
    if reason == Reason::NotShareable && is_shareable(edge, &wanted.request, &reply) {
        // The origin has changed its mind: the next request fetches for all.
        edge.store.unmark_unshareable(&wanted.primary);
    }
    reply
}

/// Returns whether what came for `request` alone could have been stored.
fn is_shareable(edge: &Edge, request: &RequestHead, reply: &Reply) -> bool {
    let headers = reply.response.headers();
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let length = length.and_then(|length| length.parse().ok());
    let framing = length.map_or(Framing::Delimited, Framing::Length);
    let fits = length.is_none_or(|length| length <= edge.flight_limits.object_bytes_max);
    let head = ResponseHead { status: reply.response.status(), headers: headers.clone(), framing };
    fits && may_store(request, &head, &edge.rules).is_ok()
}

/// What else is known of a request that is passed on.
#[derive(Debug)]
pub(crate) struct Passed {
    pub(crate) path_and_query: String,
    /// Whether it came by TLS; known of unsafe ones only.
    pub(crate) is_secure: bool,
}

/// Passes a request on, with its `body` where it may have one, and the response back.
pub(crate) async fn on(
    edge: &Arc<Edge>,
    request: Arc<RequestHead>,
    passed: Passed,
    body: Option<RequestBody>,
    reason: Reason,
) -> Reply {
    let mut account = account(edge, Served::Pass, Handling::Forwarded(reason.forward()));
    let limit = edge.request_body_max;
    // RFC 9110 §9.3.1: content of a GET or HEAD means nothing, and is not passed on.
    let has_content = request.method != Method::GET && request.method != Method::HEAD;
    let body = body.filter(|body| has_content && !body.is_end_stream());
    if body.as_ref().is_some_and(|body| limit < body.size_hint().lower()) {
        account = proxy::error(edge, "too-large");
        let message = format!("the request's body is larger than {limit} bytes");
        return respond::refuse(edge, StatusCode::PAYLOAD_TOO_LARGE, &message, account);
    }
    let Passed { path_and_query, is_secure } = passed;
    let pending = Pending::of(&request, &path_and_query, is_secure);
    let asked = (request.method == Method::GET).then(|| Asked {
        edge: Arc::clone(edge),
        path_and_query: path_and_query.clone(),
        request: Arc::clone(&request),
        sent_as: SentAs::ItCame,
    });
    let mut headers = request.headers.clone();
    if !has_content {
        // A length without the content would swallow what is asked next on the connection.
        headers.remove(header::CONTENT_LENGTH);
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let ask = Ask {
        method: request.method.clone(),
        path_and_query,
        headers,
        version: request.version,
        body: body.map(|body| reqwest::Body::wrap(Limited::new(body, limit))),
    };
    let since = edge.store.purging.now();
    let (sent, times) = send(edge, ask, &mut account).await;
    match sent {
        Ok(mut response) => {
            account.cache_status.detail = why_not(edge, &request, &response, reason);
            if let Some(pending) = pending {
                let kept = posted::kept(edge, &pending, &response, times, since);
                pending.settle(edge, &response);
                account.cache_status.stored = kept.is_some();
                if let Some(kept) = kept {
                    account.cache_status.detail = None;
                    response = response.map(|body| kept.of(body));
                }
                edge.store.unlinked().await;
            }
            respond::through(edge, response, asked, account)
        }
        Err(failed) => respond::no_response(edge, &failed, None, account),
    }
}

/// Returns why the `response` to a request that was passed on is not stored, or why it was not to be
/// seen whether it can be; `None` where `fwd` says it.
fn why_not(
    edge: &Edge,
    request: &RequestHead,
    response: &Arriving,
    reason: Reason,
) -> Option<&'static str> {
    if reason == Reason::Method {
        return None;
    }
    let why = may_store(request, &head_of(&request.method, response), &edge.rules).err();
    Some(why.map_or(reason.as_str(), NotStorable::as_str))
}

/// Passes a `HEAD` on for what is `stored` but may not be used unvalidated.
pub(crate) async fn head(edge: &Edge, wanted: &Wanted, stored: &Object, reason: Reason) -> Reply {
    let mut account = account(edge, Served::Pass, Handling::Forwarded(reason.forward()));
    let mut headers = wanted.request.headers.clone();
    headers.remove(header::CONTENT_LENGTH);
    // What comes may bring up to date what others get.
    unkeyed::strip(&mut headers);
    let ask = Ask {
        method: Method::HEAD,
        path_and_query: wanted.path_and_query.clone(),
        headers,
        version: wanted.request.version,
        body: None,
    };
    let since = edge.store.purging.now();
    let (sent, times) = send(edge, ask, &mut account).await;
    match sent {
        Ok(response) => {
            if !edge.store.purging.is_obsolete(&wanted.primary, &stored.head.tags, since) {
                obsolete::heed_head(edge, wanted, stored, &response, times);
            }
            respond::through(edge, response, None, account)
        }
        Err(_)
            if stored.head.covers_failure(times.responded)
                || stored.head.covers_errors_for(times.responded, &wanted.request) =>
        {
            let why = proxy::why_stale(times.responded, &wanted.request, stored);
            proxy::stale(edge, &wanted.request, stored, why)
        }
        Err(failed) => respond::no_response(edge, &failed, Some(&stored.head), account),
    }
}

/// Sends `ask` and accounts for it.
async fn send(
    edge: &Edge,
    ask: Ask,
    account: &mut Account<'_>,
) -> (Result<Arriving, NoResponse>, Times) {
    let Exchange { sent, times, took } = edge.ask(edge.flight_limits.head_timeout, ask).await;
    account.origin_took = Some(took);
    if sent.is_err() {
        edge.stats.upstream_errors.inc();
        account.served = Served::Error;
    }
    (sent, times)
}
