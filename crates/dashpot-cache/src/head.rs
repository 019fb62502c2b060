//! Message heads as the cache sees them.

use dashpot_base::WallTime;
use dashpot_http::cache_control::{RequestDirectives, ResponseDirectives};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header};

/// The head of a client's request, its directives read once.
#[derive(Clone, Debug)]
pub struct RequestHead {
    /// The method.
    pub method: Method,
    /// The header fields as they came.
    pub headers: HeaderMap,
    /// `Cache-Control` of the request.
    pub directives: RequestDirectives,
    /// The version of HTTP it came in, for `Via`.
    pub version: Version,
}

impl RequestHead {
    /// Returns the head of a request that came in HTTP/1.1.
    #[must_use]
    pub fn new(method: Method, headers: HeaderMap) -> Self {
        let directives = RequestDirectives::of(&headers);
        Self { method, headers, directives, version: Version::HTTP_11 }
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

/// RFC 9213 §2.2: the targeted fields that this cache obeys, its own before that of all CDN caches
/// (§3.1).
static TARGETED: [HeaderName; 2] = [
    HeaderName::from_static("dashpot-cache-control"),
    HeaderName::from_static("cdn-cache-control"),
];

/// What the origin says about storing and freshness.
#[derive(Debug)]
pub(crate) struct Control<'a> {
    pub(crate) directives: ResponseDirectives,
    /// The lines of `Expires` that count.
    pub(crate) expires: Vec<&'a HeaderValue>,
}

impl<'a> Control<'a> {
    pub(crate) fn of(headers: &'a HeaderMap) -> Self {
        let targeted = TARGETED.iter().find_map(|name| ResponseDirectives::targeted(headers, name));
        match targeted {
            // RFC 9213 §2.2: beside it neither Cache-Control nor Expires is looked at.
            Some(directives) => Self { directives, expires: Vec::new() },
            None => Self {
                directives: ResponseDirectives::of(headers),
                expires: headers.get_all(header::EXPIRES).iter().collect(),
            },
        }
    }
}
