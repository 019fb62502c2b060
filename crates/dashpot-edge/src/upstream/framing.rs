//! How the end of a response's body is known.

use dashpot_cache::{Framing, ResponseHead};
use dashpot_http::members;
use http::{Method, StatusCode, Version, header};

use super::Arriving;

/// Refuses a response that cannot be handed on as what it is.
pub(super) fn check(response: &Arriving) -> Result<(), &'static str> {
    // RFC 9110 §15.2.2: nobody has asked to switch.
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return Err("it switched protocols unasked");
    }
    // RFC 9112 §6.1: no coding but chunked was allowed by a TE of this edge.
    let mut codings = members(response.headers(), &header::TRANSFER_ENCODING);
    let is_unknown = codings.any(|coding| !coding.eq_ignore_ascii_case(b"chunked"));
    if is_unknown { Err("it used a transfer coding that was not asked for") } else { Ok(()) }
}

/// Returns the head of the `response` to a request with `method`, as the cache sees it.
pub(crate) fn head_of(method: &Method, response: &Arriving) -> ResponseHead {
    ResponseHead {
        status: response.status(),
        headers: response.headers().clone(),
        framing: framing_of(method, response),
    }
}

/// Returns how the end of a body is known that has passed [`check`].
fn framing_of(method: &Method, response: &Arriving) -> Framing {
    let has_no_body = method == Method::HEAD
        || matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    // RFC 9112 §6.3.
    if has_no_body {
        return Framing::Length(0);
    }
    let headers = response.headers();
    if headers.contains_key(header::TRANSFER_ENCODING) || response.version() == Version::HTTP_2 {
        return Framing::Delimited;
    }
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    match length.and_then(|length| length.parse().ok()) {
        Some(length) => Framing::Length(length),
        None => Framing::UntilClose,
    }
}
