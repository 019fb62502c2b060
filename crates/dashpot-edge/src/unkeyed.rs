//! Fields of requests that are not part of a key and must not change what is stored under it.

use http::{HeaderMap, HeaderName};

/// Fields by which some origins take a request for another one than its method, host and path say.
///
/// What they change would be stored for those who do not send them. Where the origin needs one, as
/// `X-Forwarded-Proto` behind an edge that ends TLS, the operator sets it for all requests.
static REWRITING: [HeaderName; 19] = [
    HeaderName::from_static("forwarded"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-path"),
    HeaderName::from_static("x-forwarded-port"),
    HeaderName::from_static("x-forwarded-prefix"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-forwarded-protocol"),
    HeaderName::from_static("x-forwarded-scheme"),
    HeaderName::from_static("x-forwarded-server"),
    HeaderName::from_static("x-forwarded-ssl"),
    HeaderName::from_static("x-forwarded-uri"),
    HeaderName::from_static("x-host"),
    HeaderName::from_static("x-http-method"),
    HeaderName::from_static("x-http-method-override"),
    HeaderName::from_static("x-method-override"),
    HeaderName::from_static("x-original-host"),
    HeaderName::from_static("x-original-url"),
    HeaderName::from_static("x-rewrite-url"),
    HeaderName::from_static("x-url-scheme"),
];

/// Removes from a request whose response others may get what would make it another one.
pub(crate) fn strip(headers: &mut HeaderMap) {
    for name in &REWRITING {
        headers.remove(name);
    }
}
