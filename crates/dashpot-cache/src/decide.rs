//! May this stored response answer this request.

use dashpot_base::WallTime;
use dashpot_http::cache_control::{Flag, MaxStale};
use http::{Method, header};

use crate::{Reason, RequestHead, StoredHead, stored::Validate};

/// What to do with a request, given what is stored under its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Answer from the store.
    Fresh,
    /// Answer from the store and refresh it meanwhile (RFC 5861 §3).
    StaleWhileRevalidate,
    /// Validate what is stored before use.
    Stale(Reason),
    /// Nothing stored fits: fetch, and let others share.
    Miss(Reason),
    /// Neither store nor share: pass the request on.
    Bypass(Reason),
    /// Answer 504: the request wants nothing but a stored response (RFC 9111 §5.2.1.7).
    Unavailable,
}

/// Returns what to do with `request` at `now`, when `stored` is under its key.
#[must_use]
pub fn decide(now: WallTime, stored: Option<&StoredHead>, request: &RequestHead) -> Verdict {
    if let Some(reason) = bypass(request) {
        return Verdict::Bypass(reason);
    }
    let verdict = match stored {
        None => Verdict::Miss(Reason::UriMiss),
        Some(stored) if !stored.selects(request) => Verdict::Miss(Reason::VaryMiss),
        Some(stored) => match unusable(now, stored, request) {
            None => return Verdict::Fresh,
            Some(Reason::Stale) if outlasts_refresh(now, stored) => {
                return Verdict::StaleWhileRevalidate;
            }
            Some(reason) => Verdict::Stale(reason),
        },
    };
    if request.directives.has(Flag::OnlyIfCached) {
        return Verdict::Unavailable;
    }
    // RFC 9111 §5.2.1.5: neither this request nor a response to it may be stored.
    if request.directives.has(Flag::NoStore) {
        return Verdict::Bypass(Reason::RequestNoStore);
    }
    // A HEAD fetches no body that could be stored.
    if let (Verdict::Miss(reason) | Verdict::Stale(reason), &Method::HEAD) =
        (verdict, &request.method)
    {
        return Verdict::Bypass(reason);
    }
    verdict
}

/// Returns why no stored response could answer `request`, whatever it is.
fn bypass(request: &RequestHead) -> Option<Reason> {
    if request.method != Method::GET && request.method != Method::HEAD {
        return Some(Reason::Method);
    }
    // RFC 9110 §13.1.1 and §13.1.4: these guard the origin's state, which only it knows.
    let headers = &request.headers;
    let guards_state =
        headers.contains_key(header::IF_MATCH) || headers.contains_key(header::IF_UNMODIFIED_SINCE);
    guards_state.then_some(Reason::Precondition)
}

/// Returns why `stored` may not answer `request` without validation.
fn unusable(now: WallTime, stored: &StoredHead, request: &RequestHead) -> Option<Reason> {
    let directives = &request.directives;
    // RFC 9111 §5.2.2.4.
    if stored.policy.validate == Validate::Always {
        return Some(Reason::ResponseNoCache);
    }
    // RFC 9111 §5.2.1.4.
    if directives.has(Flag::NoCache) {
        return Some(Reason::RequestNoCache);
    }
    let (age, lifetime) = (stored.age(now), stored.lifetime());
    // RFC 9111 §5.2.1.1.
    if directives.max_age.is_some_and(|max_age| max_age < age) {
        return Some(Reason::RequestMaxAge);
    }
    // RFC 9111 §5.2.1.3.
    if directives.min_fresh.is_some_and(|min_fresh| lifetime < age.saturating_add(min_fresh)) {
        return Some(Reason::RequestMinFresh);
    }
    // RFC 9111 §4.2: fresh while the lifetime exceeds the age.
    if age < lifetime {
        return None;
    }
    // RFC 9111 §5.2.1.2, which §4.2.4 lets the response overrule.
    let staleness = age.saturating_sub(lifetime);
    let is_tolerated = match directives.max_stale {
        Some(MaxStale::Any) => true,
        Some(MaxStale::Within(limit)) => staleness <= limit,
        None => false,
    };
    let may_be_stale = stored.policy.validate == Validate::Usually;
    (!is_tolerated || !may_be_stale).then_some(Reason::Stale)
}

/// RFC 5861 §3: whether a stale response may still be used while it is refreshed.
fn outlasts_refresh(now: WallTime, stored: &StoredHead) -> bool {
    let limit = stored.lifetime().saturating_add(stored.policy.stale_while_revalidate);
    stored.policy.validate.may_outlive() && stored.age(now) < limit
}

#[cfg(test)]
mod tests;
