//! May a response be stored by a shared cache (RFC 9111 §3).

use dashpot_http::cache_control::{Flag, ResponseDirectives};
use http::{Method, StatusCode, header};

use crate::{
    Framing, NotStorable, RequestHead, ResponseHead,
    head::{directives_of, expires_of},
};

/// Returns whether the `response` to `request` may be stored and shared, or why not.
///
/// Stricter than RFC 9111 on purpose: there is no heuristic freshness (§4.2.2), so a response that
/// names neither a lifetime nor a validator is not worth its room; one that sets a cookie must say
/// that it is `public`; and a body that ends with its connection is never stored, since a broken
/// one cannot be told from a whole one.
///
/// # Errors
/// The first reason against storing that applies.
pub fn may_store(request: &RequestHead, response: &ResponseHead) -> Result<(), NotStorable> {
    let directives = directives_of(&response.headers);
    if request.method != Method::GET {
        return Err(NotStorable::Method);
    }
    if request.directives.has(Flag::NoStore) {
        return Err(NotStorable::RequestNoStore);
    }
    status_allows(response.status, &directives)?;
    // RFC 9111 §5.2.2.7: a shared cache may keep the rest of a response that names its private
    // fields; this one keeps nothing of it.
    if directives.private.is_some() {
        return Err(NotStorable::Private);
    }
    let is_opened = directives.has(Flag::Public) || directives.s_maxage.is_some();
    // RFC 9111 §3.5.
    let is_authorised = request.headers.contains_key(header::AUTHORIZATION);
    if is_authorised && !is_opened && !directives.has(Flag::MustRevalidate) {
        return Err(NotStorable::Authorization);
    }
    if response.headers.contains_key(header::SET_COOKIE) && !is_opened {
        return Err(NotStorable::SetCookie);
    }
    if response.framing == Framing::UntilClose {
        return Err(NotStorable::CloseDelimited);
    }
    let has_lifetime = directives.s_maxage.or(directives.max_age).is_some()
        || expires_of(&response.headers).next().is_some();
    let has_validator = response.headers.contains_key(header::ETAG)
        || response.headers.contains_key(header::LAST_MODIFIED);
    if !has_lifetime && !has_validator {
        return Err(NotStorable::NoFreshness);
    }
    Ok(())
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

/// RFC 9110 §15.1: the final codes that may be reused without more ado, but for 206; their caching
/// needs nothing that this cache does not do.
fn is_understood(status: StatusCode) -> bool {
    matches!(
        status.as_u16(),
        200 | 203 | 204 | 300 | 301 | 302 | 307 | 308 | 404 | 405 | 410 | 414 | 501
    )
}

#[cfg(test)]
mod tests;
