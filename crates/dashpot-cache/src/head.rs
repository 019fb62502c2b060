//! Message heads as the cache sees them.

use dashpot_base::WallTime;
use dashpot_http::cache_control::{RequestDirectives, ResponseDirectives};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

/// The head of a client's request, its directives read once.
#[derive(Clone, Debug)]
pub struct RequestHead {
    /// The method.
    pub method: Method,
    /// The header fields as they came.
    pub headers: HeaderMap,
    /// `Cache-Control` of the request.
    pub directives: RequestDirectives,
}

impl RequestHead {
    /// Returns the head of a request.
    #[must_use]
    pub fn new(method: Method, headers: HeaderMap) -> Self {
        let directives = RequestDirectives::of(&headers);
        Self { method, headers, directives }
    }
}

/// The head of an upstream's final response.
#[derive(Clone, Debug)]
pub struct ResponseHead {
    /// The status code.
    pub status: StatusCode,
    /// The header fields as they came.
    pub headers: HeaderMap,
    /// How the end of the body is known.
    pub framing: Framing,
}

/// How the end of a response's body is known (RFC 9112 §6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// By its length in bytes.
    Length(u64),
    /// By a mark of the protocol: the last chunk, or the end of an HTTP/2 stream.
    Delimited,
    /// By the end of the connection, which an accident ends just as well.
    UntilClose,
}

/// When an exchange with the upstream took place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// When the request was sent.
    pub requested: WallTime,
    /// When the response head arrived.
    pub responded: WallTime,
}

/// RFC 9213 §3.1: the field that speaks to CDN caches before all others.
const CDN_CACHE_CONTROL: HeaderName = HeaderName::from_static("cdn-cache-control");

/// Returns the directives that a CDN cache obeys.
pub(crate) fn directives_of(headers: &HeaderMap) -> ResponseDirectives {
    // RFC 9213 §2.2: where the targeted field is there, Cache-Control is not looked at.
    ResponseDirectives::of_field(headers, &CDN_CACHE_CONTROL)
        .unwrap_or_else(|| ResponseDirectives::of(headers))
}

/// Returns the `Expires` lines that a CDN cache obeys.
pub(crate) fn expires_of(headers: &HeaderMap) -> impl Iterator<Item = &HeaderValue> {
    // RFC 9213 §2.2: nor is Expires.
    let is_targeted = headers.contains_key(CDN_CACHE_CONTROL);
    headers.get_all(header::EXPIRES).iter().filter(move |_| !is_targeted)
}
