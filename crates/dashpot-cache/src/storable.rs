//! May a response be stored by a shared cache (RFC 9111 §3).

use dashpot_http::cache_control::{Flag, ResponseDirectives, Scope};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use crate::{
    Framing, NotStorable, RequestHead, ResponseHead, Rules, head::Control,
    rules::is_heuristically_cacheable,
};

/// Returns whether the `response` to `request` may be stored and shared, or why not.
///
/// Stricter than RFC 9111 on purpose: one that sets a cookie must say how long it is fresh, since a
/// lifetime that is made up for it would share what was meant for one user; and a body that ends
/// with its connection is never stored, since a broken one cannot be told from a whole one.
///
/// # Errors
/// The first reason against storing that applies.
pub fn may_store(
    request: &RequestHead,
    response: &ResponseHead,
    rules: &Rules,
) -> Result<(), NotStorable> {
    let Control { directives, expires } = Control::of(&response.headers);
    if request.method != Method::GET {
        return Err(NotStorable::Method);
    }
    if request.directives.has(Flag::NoStore) {
        return Err(NotStorable::RequestNoStore);
    }
    status_allows(response.status, &directives)?;
    if is_private(&directives, &response.headers) {
        return Err(NotStorable::Private);
    }
    user_allows(request, &directives, &expires, &response.headers)?;
    if response.framing == Framing::UntilClose {
        return Err(NotStorable::CloseDelimited);
    }
    // RFC 9111 §3: without a lifetime, a validator makes a response worth its room.
    let has_lifetime = directives.s_maxage.or(directives.max_age).is_some() || !expires.is_empty();
    let has_validator = response.headers.contains_key(header::ETAG)
        || response.headers.contains_key(header::LAST_MODIFIED);
    if !has_lifetime && !has_validator && rules.ttl(response.status, &directives).is_none() {
        return Err(NotStorable::NoFreshness);
    }
    Ok(())
}

/// Returns whether a stored response may be shared whose fields have been updated by the response to
/// `request`: the update is held to what it would be held to if it had come whole.
///
/// # Errors
/// The first reason against storing that applies.
pub(crate) fn may_keep(
    request: &RequestHead,
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<(), NotStorable> {
    let Control { directives, expires } = Control::of(headers);
    status_allows(status, &directives)?;
    if is_private(&directives, headers) {
        return Err(NotStorable::Private);
    }
    user_allows(request, &directives, &expires, headers)
}

/// Returns whether a response may be shared although it was made for one user, as far as can be
/// told.
fn user_allows(
    request: &RequestHead,
    directives: &ResponseDirectives,
    expires: &[&HeaderValue],
    headers: &HeaderMap,
) -> Result<(), NotStorable> {
    let is_opened = directives.has(Flag::Public) || directives.s_maxage.is_some();
    // RFC 9111 §3.5.
    let is_authorised = request.headers.contains_key(header::AUTHORIZATION);
    if is_authorised && !is_opened && !directives.has(Flag::MustRevalidate) {
        return Err(NotStorable::Authorization);
    }
    // RFC 9111 §7.3: Set-Cookie does not keep a response from being stored that says how long it
    // is fresh. One that has to be validated each time could be stored, too; a 304 would then hand
    // one user's cookie to the next, which no gain is worth.
    let lifetime = directives.s_maxage.or(directives.max_age);
    let is_explicit = lifetime.map_or(!expires.is_empty(), |lifetime| !lifetime.is_zero());
    let is_explicit = is_explicit && directives.no_cache.is_none();
    if headers.contains_key(header::SET_COOKIE) && !is_explicit && !is_opened {
        return Err(NotStorable::SetCookie);
    }
    Ok(())
}

/// RFC 9111 §5.2.2.7: `private` forbids to store the response, or only the fields it names. A
/// response that has one of these is not stored at all, since those who share it would miss it.
pub(crate) fn is_private(directives: &ResponseDirectives, headers: &HeaderMap) -> bool {
    directives.private.as_ref().is_some_and(|scope| covers(scope, headers))
}

/// Returns whether a directive of this scope says anything about a response with `headers`.
pub(crate) fn covers(scope: &Scope, headers: &HeaderMap) -> bool {
    match scope {
        Scope::Whole => true,
        Scope::Fields(names) => names.iter().any(|name: &HeaderName| headers.contains_key(name)),
    }
}

fn status_allows(status: StatusCode, directives: &ResponseDirectives) -> Result<(), NotStorable> {
    let is_final = 200 <= status.as_u16();
    // RFC 9111 §3.3: partial responses need a store of parts, which this one is not.
    let is_usable = is_final
        && status != StatusCode::PARTIAL_CONTENT
        && status != StatusCode::NOT_MODIFIED
        && status != StatusCode::RANGE_NOT_SATISFIABLE;
    // RFC 9111 §5.2.2.3: must-understand overrides no-store for those who understand the status.
    let must_understand = directives.has(Flag::MustUnderstand);
    if !is_usable || (must_understand && !is_understood(status)) {
        return Err(NotStorable::Status);
    }
    if directives.has(Flag::NoStore) && !must_understand {
        return Err(NotStorable::NoStore);
    }
    Ok(())
}

/// RFC 9111 §5.2.2.3: whether this cache knows what the status asks of it. Those that may be reused
/// without more ado ask nothing that it does not do, but for 206.
fn is_understood(status: StatusCode) -> bool {
    is_heuristically_cacheable(status) || matches!(status.as_u16(), 302 | 303 | 307)
}

#[cfg(test)]
mod tests;
