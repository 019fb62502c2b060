//! What an unsafe request makes obsolete.

use http::{HeaderMap, Method, StatusCode, Uri, header};

use crate::{Key, KeyRules};

/// Returns the keys that the response to a `method` request for `target` makes obsolete.
///
/// `Location` and `Content-Location` count where they are absolute URLs or absolute paths of the
/// same origin; RFC 9111 §4.4 leaves those two to the cache.
#[must_use]
pub fn invalidated_by(
    method: &Method,
    target: &Uri,
    status: StatusCode,
    headers: &HeaderMap,
    rules: &KeyRules,
) -> Vec<Key> {
    // RFC 9111 §4.4: after a non-error response to an unsafe method.
    if method.is_safe() || !(status.is_success() || status.is_redirection()) {
        return Vec::new();
    }
    let (Some(scheme), Some(authority)) = (target.scheme_str(), target.authority()) else {
        return Vec::new();
    };
    let key_of = |uri: &Uri| {
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Key::new(scheme, authority.as_str(), &rules.apply(path))
    };
    let mut keys = vec![key_of(target)];
    for name in [header::LOCATION, header::CONTENT_LOCATION] {
        let uri = headers.get(name).and_then(|value| Uri::try_from(value.as_bytes()).ok());
        let Some(uri) = uri else { continue };
        // RFC 9111 §4.4: another origin's responses are not this one's to invalidate.
        let is_same_origin = match (uri.scheme_str(), uri.authority()) {
            // "//host/path" is another host's path, which is written without a scheme.
            (None, None) => uri.path().starts_with('/') && !uri.path().starts_with("//"),
            (Some(other), Some(host)) => other == scheme && host == authority,
            (None, Some(_)) | (Some(_), None) => false,
        };
        if is_same_origin {
            keys.push(key_of(&uri));
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn check(method: &Method, status: u16, location: &'static str, expected: &[&str]) {
        let target = Uri::from_static("http://origin/a?b&CMCD=1");
        let mut headers = HeaderMap::new();
        headers.insert(header::LOCATION, HeaderValue::from_static(location));
        let status = StatusCode::from_u16(status).unwrap();
        let keys = invalidated_by(method, &target, status, &headers, &KeyRules::default());
        let keys: Vec<&str> = keys.iter().map(Key::as_str).collect();
        assert_eq!(keys, expected, "{method} {status} {location}");
    }

    #[test]
    fn only_successful_unsafe_methods_invalidate_and_only_their_own_origin() {
        let (a, both) = (["http://origin/a?b"], ["http://origin/a?b", "http://origin/c"]);
        check(&Method::POST, 201, "/c", &both);
        check(&Method::PUT, 303, "http://origin/c", &both);
        check(&Method::DELETE, 204, "http://other/c", &a);
        check(&Method::DELETE, 204, "//other/c", &a);
        check(&Method::PATCH, 200, "https://origin/c", &a);
        check(&Method::POST, 400, "/c", &[]);
        check(&Method::POST, 500, "/c", &[]);
        check(&Method::GET, 200, "/c", &[]);
    }
}
