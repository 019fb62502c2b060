//! Requests for part of what is not stored whole: aligned blocks are asked of the origin, stored
//! each on its own, and read one after the other.

mod ends;
mod fetch;
mod fill;
mod given;
mod parts;
mod reader;
mod table;

use std::sync::Arc;

use dashpot_cache::{
    BLOCK_BYTES, Extent, Portion, Reason, ReplyPlan, Verdict, block_of, decide, missing, ranges,
};
use dashpot_http::{
    cache_control::Flag,
    cache_status::{Forward, Handling},
    range::{ByteRange, RangeSet, RangeSpec, Resolved},
};
use http::{HeaderMap, StatusCode, header};

use crate::{
    body::Source,
    edge::Edge,
    flights::Wanted,
    pass, proxy,
    respond::{self, Account, Reply, Resource},
    stats::Served,
    store::Found,
    upstream::Arriving,
};
use fetch::{Fetch, Outcome};
pub(crate) use given::Given;
pub(crate) use parts::{Block, Parts};
pub(crate) use reader::Reader;
use reader::{Coming, Open};
use table::Joined;
pub(crate) use table::Table;

/// How far beyond what has arrived of a whole body a reader waits for it, instead of asking for
/// the part itself: within a block, that is about as fast.
const NEAR_BYTES: u64 = BLOCK_BYTES;

/// What comes of a request.
enum Way {
    /// A reply.
    Replied(Reply),
    /// What would come of it if there were no parts.
    Ordinary(Wanted),
}

/// Replies to a request that neither memory nor disk has the whole for.
pub(crate) async fn reply(
    edge: &Arc<Edge>,
    verdict: Verdict,
    wanted: Wanted,
    parts: Option<Arc<Parts>>,
) -> Reply {
    match answer(edge, verdict, wanted, parts).await {
        Way::Replied(reply) => reply,
        Way::Ordinary(wanted) => proxy::missed(edge, verdict, wanted).await,
    }
}

/// Answers a request that wants a part, or for which parts are stored.
async fn answer(
    edge: &Arc<Edge>,
    verdict: Verdict,
    wanted: Wanted,
    parts: Option<Arc<Parts>>,
) -> Way {
    match (verdict, parts) {
        (Verdict::Fresh, Some(parts)) => fresh(edge, wanted, parts).await,
        (Verdict::StaleWhileRevalidate | Verdict::Stale(_), Some(parts)) => {
            stale(edge, verdict, wanted, parts).await
        }
        (Verdict::Miss(reason), _) if !edge.store.is_unshareable(&wanted.primary) => {
            match Portion::first_of(&wanted.request) {
                Some(asked) if !is_near(edge, &wanted, asked) => {
                    first(edge, wanted, asked, reason).await
                }
                Some(_) | None => Way::Ordinary(wanted),
            }
        }
        _ => Way::Ordinary(wanted),
    }
}

/// Returns whether the whole is on its way and what is `asked` for will soon have come.
fn is_near(edge: &Edge, wanted: &Wanted, asked: Portion) -> bool {
    edge.flights.arrived(&wanted.key).is_some_and(|arrived| match asked {
        Portion::Range(_) => wanted_first(wanted).is_none_or(|at| at <= arrived + NEAR_BYTES),
        Portion::Suffix(_) => true,
    })
}

/// Returns the first byte wanted, where that does not depend on the length.
fn wanted_first(wanted: &Wanted) -> Option<u64> {
    match range_set(wanted)?.first() {
        RangeSpec::From { first, .. } => Some(first),
        RangeSpec::Suffix { .. } => None,
    }
}

fn range_set(wanted: &Wanted) -> Option<RangeSet> {
    RangeSet::parse(wanted.request.headers.get(header::RANGE)?.as_bytes())
}

fn plan(edge: &Edge, wanted: &Wanted, parts: &Parts) -> ReplyPlan {
    let extent = Extent::Complete(parts.length);
    dashpot_cache::reply(edge.clock.wall(), &parts.head, &wanted.request, extent, &edge.boundary)
}

/// Returns the first byte that `plan` needs from the origin.
fn first_missing(edge: &Edge, wanted: &Wanted, parts: &Parts, plan: &ReplyPlan) -> Option<u64> {
    missing(&plan.content, parts.length, |at| {
        let key = wanted.primary.block(parts.id, block_of(at));
        edge.store.block_extent(&key)
    })
}

/// Answers from parts that may be used as they are.
async fn fresh(edge: &Arc<Edge>, wanted: Wanted, parts: Arc<Parts>) -> Way {
    let plan = plan(edge, &wanted, &parts);
    let Some(at) = first_missing(edge, &wanted, &parts, &plan) else {
        let mut account = proxy::account(edge, Served::Hit, Handling::Hit);
        account.cache_status.ttl_s = Some(parts.head.ttl_seconds(edge.clock.wall()));
        return Way::Replied(send(edge, wanted, parts, None, account));
    };
    if let Some(reply) = refused(edge, &wanted).await {
        return Way::Replied(reply);
    }
    let asked = Portion::first_of(&wanted.request);
    // The whole is on its way, or nothing ties these parts to others.
    if asked.is_none() && (parts.validator.is_none() || edge.flights.arrived(&wanted.key).is_some())
    {
        return Way::Ordinary(wanted);
    }
    if let (None, Some(asked)) = (&parts.validator, asked) {
        return first(edge, wanted, asked, Reason::UriMiss).await;
    }
    let mut account = account(edge, Forward::Partial);
    let begins = ranges(&plan.content, parts.length).first().map(|range| range.first);
    if begins != Some(at) {
        return Way::Replied(send(edge, wanted, parts, None, account));
    }
    // Nothing has been said yet: what the origin answers decides what is said.
    match reader::open(edge, &wanted, &parts, at) {
        open @ (Open::Stored(_) | Open::Loading { .. } | Open::Lost(_)) => {
            Way::Replied(send(edge, wanted, parts, Some(open), account))
        }
        Open::Coming(coming) => {
            let outcome = coming.fetch.outcome().await;
            account.origin_took = coming.fetch.took();
            let known = Some((parts, Some(coming)));
            settle(edge, Told { wanted, outcome, fetch: None, known }, account).await
        }
    }
}

/// Refuses, or sends on its own way, a request for which nothing may be fetched into the store.
async fn refused(edge: &Arc<Edge>, wanted: &Wanted) -> Option<Reply> {
    let directives = &wanted.request.directives;
    if directives.has(Flag::OnlyIfCached) {
        // RFC 9111 §5.2.1.7.
        let message = "not all that is wanted is stored, and only-if-cached was asked for";
        let account = proxy::error(edge, "only-if-cached");
        return Some(respond::refuse(edge, StatusCode::GATEWAY_TIMEOUT, message, account));
    }
    let reason = if directives.has(Flag::NoStore) {
        Reason::RequestNoStore
    } else if edge.blocks.is_full() {
        Reason::Busy
    } else {
        return None;
    };
    Some(pass::alone(edge, wanted, reason).await)
}

/// Answers a request for part of a resource that nothing is known of.
async fn first(edge: &Arc<Edge>, wanted: Wanted, asked: Portion, reason: Reason) -> Way {
    if edge.blocks.is_full() {
        return Way::Replied(pass::alone(edge, &wanted, Reason::Busy).await);
    }
    // Epochs that no representation has: they stand for those that are not known.
    let key = match asked {
        Portion::Range(range) => wanted.key.block(u64::MAX, block_of(range.first)),
        Portion::Suffix(length) => wanted.key.block(u64::MAX - 1, length),
    };
    let landed = || {
        let Found { object, parts, .. } = edge.store.find(&wanted.primary, &wanted.request);
        let parts = parts.filter(|parts| parts.validator.is_some());
        let head = object.map(|object| Arc::clone(&object.head));
        let head = head.or_else(|| parts.as_ref().map(|parts| Arc::clone(&parts.head)))?;
        let verdict = decide(edge.clock.wall(), Some(&head), &wanted.request);
        (verdict == Verdict::Fresh).then_some(parts)
    };
    let mut account = account(edge, reason.forward());
    let joined = Table::join(edge, &key, landed, |since| Fetch::of_first(&wanted, asked, since));
    match joined {
        Joined::Landed(Some(parts)) => Way::Replied(send(edge, wanted, parts, None, account)),
        // The flight finds it there.
        Joined::Landed(None) => Way::Ordinary(wanted),
        Joined::Following(fetch) => follow(edge, wanted, &fetch, None, account).await,
        Joined::Leading(fetch) => {
            let outcome = fetch.outcome().await;
            account.origin_took = fetch.took();
            let told = Told { wanted, outcome, fetch: Some(fetch), known: None };
            settle(edge, told, account).await
        }
    }
}

/// Answers as a fetch that another request has begun comes to its outcome.
async fn follow(
    edge: &Arc<Edge>,
    wanted: Wanted,
    fetch: &Arc<Fetch>,
    known: Option<Arc<Parts>>,
    mut account: Account<'_>,
) -> Way {
    edge.stats.collapsed.inc();
    account.cache_status.collapsed = true;
    let outcome = fetch.outcome().await;
    if let Outcome::Part { parts, .. } | Outcome::Validated(parts) = &outcome {
        // RFC 9111 §4: as in a flight, each who shares must have been answerable from the store.
        let reason = match decide(edge.clock.wall(), Some(&parts.head), &wanted.request) {
            Verdict::Fresh => None,
            Verdict::StaleWhileRevalidate => Some(Reason::Stale),
            Verdict::Stale(reason) | Verdict::Miss(reason) | Verdict::Bypass(reason) => {
                Some(reason)
            }
            Verdict::Unavailable => Some(Reason::NotShareable),
        };
        if let Some(reason) = reason {
            return Way::Replied(pass::alone(edge, &wanted, reason).await);
        }
    }
    let known = known.map(|parts| (parts, None));
    let told = Told { wanted, outcome, fetch: Some(Arc::clone(fetch)), known };
    settle(edge, told, account).await
}

/// Answers from parts that are stale.
async fn stale(edge: &Arc<Edge>, verdict: Verdict, wanted: Wanted, parts: Arc<Parts>) -> Way {
    let now = edge.clock.wall();
    let plan = plan(edge, &wanted, &parts);
    let is_all_here = first_missing(edge, &wanted, &parts, &plan).is_none();
    if is_all_here && verdict == Verdict::StaleWhileRevalidate {
        if !edge.store.is_resting(&wanted.key) {
            validation(edge, &wanted, &parts, &plan);
        }
        return Way::Replied(send_stale(edge, wanted, parts, "stale-while-revalidate"));
    }
    let is_covered = verdict == Verdict::Stale(Reason::Stale) && parts.head.covers_failure(now);
    if is_all_here && is_covered && edge.is_cut_off() {
        if edge.may_try_origin() {
            validation(edge, &wanted, &parts, &plan);
        }
        let why = why_stale(edge, &parts);
        return Way::Replied(send_stale(edge, wanted, parts, why));
    }
    if edge.blocks.is_full() {
        return Way::Replied(pass::alone(edge, &wanted, Reason::Busy).await);
    }
    let reason = if let Verdict::Stale(reason) = verdict { reason } else { Reason::Stale };
    let mut account = account(edge, reason.forward());
    match validation(edge, &wanted, &parts, &plan) {
        Joined::Landed(parts) => Way::Replied(send(edge, wanted, parts, None, account)),
        Joined::Following(fetch) => follow(edge, wanted, &fetch, Some(parts), account).await,
        Joined::Leading(fetch) => {
            let outcome = fetch.outcome().await;
            account.origin_took = fetch.took();
            let known = Some((parts, None));
            settle(edge, Told { wanted, outcome, fetch: Some(fetch), known }, account).await
        }
    }
}

/// Joins or begins the one validation of all `parts`. Where they have changed, the block that the
/// request begins in comes at once.
fn validation(
    edge: &Arc<Edge>,
    wanted: &Wanted,
    parts: &Arc<Parts>,
    plan: &ReplyPlan,
) -> Joined<Arc<Parts>> {
    let begins = ranges(&plan.content, parts.length).first().map_or(0, |range| range.first);
    let asked = Portion::first_of(&wanted.request).map(|_| Portion::block(block_of(begins)));
    let landed = || {
        let found = edge.store.find(&wanted.primary, &wanted.request).parts?;
        let verdict = decide(edge.clock.wall(), Some(&found.head), &wanted.request);
        (verdict == Verdict::Fresh && found.validator.is_some()).then_some(found)
    };
    // A block that no resource has.
    let key = wanted.primary.block(parts.id, u64::MAX);
    let make = |since| Fetch::of_validation(wanted, Arc::clone(parts), asked, since);
    Table::join(edge, &key, landed, make)
}

/// What a request has been told by the fetch it waited for.
struct Told {
    wanted: Wanted,
    outcome: Outcome,
    /// The fetch, where it is not open for reading yet.
    fetch: Option<Arc<Fetch>>,
    /// The parts that were there before, and what is open of them.
    known: Option<(Arc<Parts>, Option<Coming>)>,
}

/// Answers as the origin has.
async fn settle(edge: &Arc<Edge>, told: Told, mut account: Account<'_>) -> Way {
    let Told { wanted, outcome, fetch, known } = told;
    let reply = match outcome {
        Outcome::Part { parts, extent } => {
            let open = known.and_then(|(_, open)| open);
            let open = open.or_else(|| Some(Coming::new(edge, fetch?, extent)));
            if !is_served_by(edge, &wanted, &parts, extent) {
                return alone(edge, &wanted).await;
            }
            send(edge, wanted, parts, open.map(Open::Coming), account)
        }
        Outcome::Validated(parts) => {
            account.cache_status.fwd_status = Some(StatusCode::NOT_MODIFIED);
            send(edge, wanted, parts, None, account)
        }
        Outcome::Stale(parts) => {
            let why = why_stale(edge, &parts);
            send_stale(edge, wanted, parts, why)
        }
        Outcome::Changed => match (known, Portion::first_of(&wanted.request)) {
            // What comes next is the first of another representation, which nothing precedes.
            (Some(_), Some(asked)) => {
                return Box::pin(first(edge, wanted, asked, Reason::Stale)).await;
            }
            _ => return Way::Ordinary(wanted),
        },
        Outcome::Ordinary(given) => {
            return Way::Ordinary(Wanted { given: Some(given), ..wanted });
        }
        Outcome::Unsatisfied { headers, length } => {
            let is_guarded = wanted.request.headers.contains_key(header::IF_RANGE);
            let resolved = range_set(&wanted).map(|set| set.resolve(length));
            if is_guarded || resolved != Some(Resolved::Unsatisfiable) {
                return alone(edge, &wanted).await;
            }
            account.cache_status.stored = false;
            respond::through(edge, unsatisfied(&headers), None, account)
        }
        Outcome::Unusable => return alone(edge, &wanted).await,
        Outcome::Failed(failed) => {
            account.served = Served::Error;
            account.cache_status.stored = false;
            let stored = known.as_ref().map(|(parts, _)| &*parts.head);
            respond::no_response(edge, &failed, stored, account)
        }
    };
    Way::Replied(reply)
}

async fn alone(edge: &Arc<Edge>, wanted: &Wanted) -> Way {
    Way::Replied(pass::alone(edge, wanted, Reason::NotShareable).await)
}

/// Returns whether `wanted` can be served when `extent` of `parts` is arriving.
fn is_served_by(edge: &Edge, wanted: &Wanted, parts: &Parts, extent: ByteRange) -> bool {
    let plan = plan(edge, wanted, parts);
    let wanted = ranges(&plan.content, parts.length);
    let holds = |at: u64| extent.first <= at && at <= extent.last;
    if parts.validator.is_none() {
        // RFC 9111 §3.4: without a strong validator parts are not combined.
        return wanted.iter().all(|range| holds(range.first) && holds(range.last));
    }
    // An origin that gave less of a block than it was asked for would do so again.
    wanted
        .first()
        .is_none_or(|range| holds(range.first) || block_of(range.first) != block_of(extent.first))
}

/// Returns a 416 with the origin's fields, without content.
fn unsatisfied(headers: &HeaderMap) -> Arriving {
    let mut response = Arriving::new(reqwest::Body::from(""));
    *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
    *response.headers_mut() = headers.clone();
    for name in [header::CONTENT_LENGTH, header::CONTENT_TYPE, header::CONTENT_ENCODING] {
        response.headers_mut().remove(name);
    }
    response
}

fn account(edge: &Edge, forward: Forward) -> Account<'_> {
    let mut account = proxy::account(edge, Served::Miss, Handling::Forwarded(forward));
    account.cache_status.stored = true;
    account
}

fn why_stale(edge: &Edge, parts: &Parts) -> &'static str {
    let is_said = parts.head.covers_errors(edge.clock.wall());
    // RFC 5861 §4, and RFC 9111 §4.2.4 beyond it.
    if is_said { "stale-if-error" } else { "stale-if-disconnected" }
}

fn send_stale(edge: &Arc<Edge>, wanted: Wanted, parts: Arc<Parts>, why: &'static str) -> Reply {
    let mut account = proxy::account(edge, Served::Stale, Handling::Hit);
    account.cache_status.ttl_s = Some(parts.head.ttl_seconds(edge.clock.wall()));
    account.cache_status.detail = Some(why);
    send(edge, wanted, parts, None, account)
}

/// Replies with `parts`, of which one may be `open` already.
fn send(
    edge: &Arc<Edge>,
    wanted: Wanted,
    parts: Arc<Parts>,
    open: Option<Open>,
    account: Account<'_>,
) -> Reply {
    let (request, head) = (Arc::clone(&wanted.request), Arc::clone(&parts.head));
    let length = Some(parts.length);
    let reader = Reader::new(edge, wanted, parts, open);
    let resource = Resource { head: &head, source: Source::Blocks(Box::new(reader)), length };
    respond::resource(edge, edge.clock.wall(), &request, resource, account)
}
