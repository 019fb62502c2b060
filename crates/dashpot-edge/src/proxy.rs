//! One request for the origin's resources: from the store, through a flight, or past both.

use std::sync::Arc;

use dashpot_base::WallTime;
use dashpot_cache::{Reason, RequestHead, Role, StoredHead, Verdict, decide};
use dashpot_http::{
    cache_status::{CACHE_STATUS, CacheStatus, Handling, with_key},
    cdn_loop, via,
};
use dashpot_serve::RequestBody;
use http::{Method, Request, StatusCode, Version, header, request::Parts};

use crate::{
    blocks,
    body::{Asked, SentAs, Source},
    edge::Edge,
    flights::{Answer, Answered, Flights, Wanted},
    from_disk,
    object::Object,
    obsolete::Secure,
    pass::{self, Passed},
    path,
    respond::{self, Account, Reply, Resource},
    stats::Served,
    store::Found,
};

/// Answers `request`.
pub(crate) async fn answer(edge: &Arc<Edge>, request: Request<RequestBody>) -> Reply {
    let (parts, body) = request.into_parts();
    if edge.shows_key {
        return Box::pin(explained(edge, parts, body)).await;
    }
    reply(edge, parts, Some(body)).await
}

/// Answers a request, and says under which key.
async fn explained(edge: &Arc<Edge>, mut parts: Parts, body: RequestBody) -> Reply {
    let is_named = edge.naming.settle_host(&mut parts);
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let key = is_named.then(|| edge.naming.key(&parts.headers, path));
    let mut reply = reply(edge, parts, Some(body)).await;
    let headers = reply.response.headers_mut();
    // The edge's own member is a line of its own, and the last.
    let lines: Vec<_> = headers.get_all(CACHE_STATUS).iter().cloned().collect();
    if let (Some(key), Some((own, before))) = (key, lines.split_last()) {
        headers.remove(CACHE_STATUS);
        for line in before.iter().chain([&with_key(own, key.as_str())]) {
            headers.append(CACHE_STATUS, line.clone());
        }
    }
    reply
}

/// Answers a request with this head, a client's or one of the edge's own.
pub(crate) async fn reply(edge: &Arc<Edge>, mut parts: Parts, body: Option<RequestBody>) -> Reply {
    if let Err((status, message)) = check(edge, &mut parts) {
        return respond::refuse(edge, status, message, error(edge, "refused"));
    }
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let primary = edge.naming.key(&parts.headers, path);
    let version = parts.version;
    let is_secure = parts.extensions.get::<Secure>().is_some();
    let request = RequestHead { version, ..RequestHead::new(parts.method, parts.headers) };
    let Found { variant, object, parts: blocks } = edge.store.find(&primary, &request);
    let now = edge.clock.wall();
    let head = object.as_ref().map(|object| &*object.head);
    let head = head.or_else(|| blocks.as_ref().map(|parts| &*parts.head));
    let verdict = decide(now, head, &request);
    if let (Verdict::Fresh, Some(object)) = (verdict, &object) {
        edge.store.asked_again(&primary, variant.as_ref(), object);
        return hit(edge, now, &request, object);
    }
    let path_and_query = edge.naming.forwarded(path).into_owned();
    // What follows is boxed, so that a hit does not carry the room that a miss needs.
    let is_read = request.method == Method::GET || request.method == Method::HEAD;
    let on_disk = if is_read && object.is_none() && blocks.is_none() {
        edge.store.find_on_disk(&primary, variant.as_ref(), &request)
    } else {
        None
    };
    let may_confirm = request.method == Method::HEAD && object.is_some();
    if let (Verdict::Bypass(reason), None, false) = (verdict, &on_disk, may_confirm) {
        let passed = Passed { path_and_query, is_secure };
        return Box::pin(pass::on(edge, Arc::new(request), passed, body, reason)).await;
    }
    let key = variant.unwrap_or_else(|| primary.clone());
    let request = Arc::new(request);
    let wanted = Wanted { primary, key, path_and_query, request, stored: object, given: None };
    match on_disk {
        Some(on_disk) => Box::pin(from_disk::answer(edge, on_disk, wanted)).await,
        None => Box::pin(blocks::reply(edge, verdict, wanted, blocks)).await,
    }
}

/// Answers what the store alone does not.
pub(crate) async fn missed(edge: &Arc<Edge>, verdict: Verdict, wanted: Wanted) -> Reply {
    match verdict {
        Verdict::StaleWhileRevalidate => {
            let Some(object) = wanted.stored.clone() else {
                return pass::alone(edge, &wanted, Reason::UriMiss).await;
            };
            let request = Arc::clone(&wanted.request);
            Flights::refresh(edge, as_get(wanted));
            stale(edge, &request, &object, "stale-while-revalidate")
        }
        Verdict::Stale(reason) => match covered(edge, &wanted, reason) {
            Some(object) => cut_off(edge, wanted, &object),
            None => fly(edge, wanted, reason).await,
        },
        Verdict::Miss(_) if edge.store.is_unshareable(&wanted.primary) => {
            pass::alone(edge, &wanted, Reason::NotShareable).await
        }
        // What is stored, if anything, is another variant: nothing that could be validated.
        Verdict::Miss(reason) => {
            // A key of its own: other variants of the resource are stored.
            let is_variant = wanted.key != wanted.primary;
            let reason = if is_variant { Reason::VaryMiss } else { reason };
            fly(edge, Wanted { stored: None, ..wanted }, reason).await
        }
        Verdict::Unavailable => {
            let message = "nothing that may be used is stored, and only-if-cached was asked for";
            respond::refuse(
                edge,
                StatusCode::GATEWAY_TIMEOUT,
                message,
                error(edge, "only-if-cached"),
            )
        }
        Verdict::Bypass(reason) => confirm(edge, wanted, reason).await,
        // The caller has dealt with it.
        Verdict::Fresh => pass::alone(edge, &wanted, Reason::UriMiss).await,
    }
}

/// Asks the origin by a `HEAD` about what is stored.
async fn confirm(edge: &Arc<Edge>, wanted: Wanted, reason: Reason) -> Reply {
    if let Some(object) = covered(edge, &wanted, reason) {
        return cut_off(edge, wanted, &object);
    }
    match wanted.stored.clone().filter(|object| object.head.selects(&wanted.request)) {
        Some(object) => pass::head(edge, &wanted, &object, reason).await,
        None => pass::alone(edge, &wanted, reason).await,
    }
}

/// Returns what a flight fetches for a `HEAD`, too.
fn as_get(wanted: Wanted) -> Wanted {
    if wanted.request.method == Method::GET {
        return wanted;
    }
    let request = RequestHead { method: Method::GET, ..RequestHead::clone(&wanted.request) };
    Wanted { request: Arc::new(request), ..wanted }
}

/// Returns what may be served at once although it is stale, since the origin is known to be out of
/// reach.
fn covered(edge: &Edge, wanted: &Wanted, reason: Reason) -> Option<Arc<Object>> {
    if reason != Reason::Stale || !edge.is_cut_off() {
        return None;
    }
    let now = edge.clock.wall();
    wanted.stored.clone().filter(|object| {
        let head = &object.head;
        head.covers_failure(now) || head.covers_errors_for(now, &wanted.request)
    })
}

/// Replies with what is stale; one of those who ask in a while tries the origin, without waiting.
fn cut_off(edge: &Arc<Edge>, wanted: Wanted, object: &Object) -> Reply {
    let request = Arc::clone(&wanted.request);
    if edge.may_try_origin() {
        Flights::probe(edge, as_get(wanted));
    }
    stale(edge, &request, object, why_stale(edge.clock.wall(), &request, object))
}

/// Returns what allows that `object` is used stale when the origin fails.
pub(crate) fn why_stale(now: WallTime, request: &RequestHead, object: &Object) -> &'static str {
    // RFC 5861 §4, and RFC 9111 §4.2.4 beyond it.
    let head = &object.head;
    let is_said = head.covers_errors(now) || head.covers_errors_for(now, request);
    if is_said { "stale-if-error" } else { "stale-if-disconnected" }
}

/// Refuses what no cache should pass on.
fn check(edge: &Edge, parts: &mut Parts) -> Result<(), (StatusCode, &'static str)> {
    let headers = &parts.headers;
    // RFC 9112 §3.2, RFC 9113 §8.3.1: exactly one Host, or the hops disagree on what is asked for.
    let hosts = headers.get_all(header::HOST).iter().count();
    if 1 < hosts || (hosts == 0 && Version::HTTP_11 <= parts.version) {
        return Err((StatusCode::BAD_REQUEST, "a request has exactly one Host"));
    }
    if !edge.naming.settle_host(parts) {
        return Err((StatusCode::BAD_REQUEST, "the Host is not a host"));
    }
    if parts.method == Method::CONNECT || parts.method == Method::TRACE {
        return Err((StatusCode::METHOD_NOT_ALLOWED, "this is not a tunnel"));
    }
    if path::is_ambiguous(parts.uri.path()) {
        return Err((
            StatusCode::BAD_REQUEST,
            "a path has no `.` or `..` segment, no backslash and no NUL",
        ));
    }
    let has_passed = via::has_passed(&parts.headers, &edge.name)
        || cdn_loop::has_passed(&parts.headers, &edge.name);
    if has_passed {
        return Err((
            StatusCode::LOOP_DETECTED,
            "the request has been here: the origin leads back to this edge, or to another one with \
             the same --name",
        ));
    }
    via::strip_listed(&mut parts.headers);
    Ok(())
}

/// Returns the account of an error that the origin has no part in.
pub(crate) fn error<'a>(edge: &'a Edge, why: &'static str) -> Account<'a> {
    let mut account = account(edge, Served::Error, Handling::Own);
    account.cache_status.detail = Some(why);
    account
}

pub(crate) fn account(edge: &Edge, served: Served, handling: Handling) -> Account<'_> {
    Account { served, cache_status: CacheStatus::new(&edge.name, handling), origin_took: None }
}

/// Replies from the store.
fn hit(edge: &Edge, now: WallTime, request: &RequestHead, object: &Object) -> Reply {
    let mut account = account(edge, Served::Hit, Handling::Hit);
    account.cache_status.ttl_s = Some(object.head.ttl_seconds(now));
    account.cache_status.detail = object.head.basis().detail();
    from_store(edge, now, request, object, account)
}

/// Replies from the store although what is there is stale, as `detail` allows.
pub(crate) fn stale(
    edge: &Edge,
    request: &RequestHead,
    object: &Object,
    detail: &'static str,
) -> Reply {
    let now = edge.clock.wall();
    let mut account = account(edge, Served::Stale, Handling::Hit);
    account.cache_status.ttl_s = Some(object.head.ttl_seconds(now));
    account.cache_status.detail = Some(detail);
    from_store(edge, now, request, object, account)
}

pub(crate) fn from_store(
    edge: &Edge,
    now: WallTime,
    request: &RequestHead,
    object: &Object,
    account: Account<'_>,
) -> Reply {
    let (source, length) = respond::stored(object);
    let resource = Resource { head: &object.head, source, length };
    respond::resource(edge, now, request, resource, account)
}

/// Flights that one request joins at most, until it gets a response that it can share: one whose
/// leader had a precondition, one of another variant, and its own.
const FLIGHTS_EACH_MAX: usize = 3;

/// Joins flights for `wanted` until one has an answer for it.
async fn join(edge: &Arc<Edge>, wanted: &mut Wanted) -> Answered {
    let mut answered = Flights::join(edge, wanted.clone()).await;
    for _ in 1..FLIGHTS_EACH_MAX {
        let Answer::Again { head } = answered.answer else { break };
        let head = head.filter(|head| !head.selects(&wanted.request));
        // No stored variant has this epoch. Those who are sent away for the same variant meet.
        let variant = |head: &StoredHead| {
            wanted.primary.variant(u64::MAX, &head.vary, &wanted.request.headers)
        };
        wanted.key = head.map_or_else(|| wanted.primary.clone(), |head| variant(&head));
        wanted.request = Arc::new(unconditional(&wanted.request));
        answered = Flights::join(edge, wanted.clone()).await;
    }
    answered
}

/// Returns `request` without what made the first flight's response its leader's alone.
pub(crate) fn unconditional(request: &RequestHead) -> RequestHead {
    let mut request = request.clone();
    for name in [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE] {
        request.headers.remove(name);
    }
    request
}

/// Joins the flight for `wanted` and replies as it goes.
async fn fly(edge: &Arc<Edge>, mut wanted: Wanted, reason: Reason) -> Reply {
    let request = Arc::clone(&wanted.request);
    let Answered { answer, origin_took } = join(edge, &mut wanted).await;
    wanted.request = Arc::clone(&request);
    let mut account = account(edge, Served::Miss, Handling::Forwarded(reason.forward()));
    account.origin_took = origin_took;
    let now = edge.clock.wall();
    match answer {
        Answer::Found { object } => hit(edge, now, &request, &object),
        Answer::Serve { reader, head, length, role } => {
            account.cache_status.stored = true;
            note_role(edge, &mut account, role);
            let resource = Resource { head: &head, source: Source::Filling(reader), length };
            respond::resource(edge, now, &request, resource, account)
        }
        Answer::Validated { object, role } => {
            note_role(edge, &mut account, role);
            account.cache_status.fwd_status = Some(StatusCode::NOT_MODIFIED);
            from_store(edge, now, &request, &object, account)
        }
        Answer::Stale { object } => {
            account.served = Served::Stale;
            account.cache_status.ttl_s = Some(object.head.ttl_seconds(now));
            account.cache_status.detail = Some(why_stale(now, &request, &object));
            from_store(edge, now, &request, &object, account)
        }
        // What came is the whole, because it might have been stored; this client wants less.
        Answer::PassThrough { response, .. }
            if response.status() != StatusCode::NOT_MODIFIED && asks_for_less(&request) =>
        {
            pass::alone(edge, &wanted, Reason::NotShareable).await
        }
        Answer::PassThrough { response, why } => {
            account.cache_status.detail = Some(why.as_str());
            let path_and_query = wanted.path_and_query;
            let (edge_of, sent_as) = (Arc::clone(edge), SentAs::Shared);
            let asked = Asked { edge: edge_of, path_and_query, request, sent_as };
            respond::through(edge, response, Some(asked), account)
        }
        Answer::Again { .. } => pass::alone(edge, &wanted, Reason::NotShareable).await,
        Answer::GoAlone(reason) => pass::alone(edge, &wanted, reason).await,
        Answer::Refuse(failed) => {
            account.served = Served::Error;
            let stored = wanted.stored.as_ref().map(|object| &*object.head);
            respond::no_response(edge, &failed, stored, account)
        }
    }
}

/// Returns whether `request` may be answered with less than a whole response.
fn asks_for_less(request: &RequestHead) -> bool {
    [header::RANGE, header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE]
        .iter()
        .any(|name| request.headers.contains_key(name))
}

fn note_role(edge: &Edge, account: &mut Account<'_>, role: Role) {
    if role != Role::Leader {
        edge.stats.collapsed.inc();
        account.cache_status.collapsed = true;
        // The origin was not asked for this request.
        account.origin_took = None;
    }
}
