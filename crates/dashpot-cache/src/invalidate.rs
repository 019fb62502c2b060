//! What an unsafe request makes obsolete.

mod reference;

use http::{HeaderMap, Method, StatusCode, header};

use crate::Origin;
use reference::Reference;

/// An unsafe request, with the names that its resources have.
#[derive(Clone, Copy, Debug)]
pub struct Unsafe<'a> {
    /// The method.
    pub method: &'a Method,
    /// The path and query that were asked for, as clients write them.
    pub path_and_query: &'a str,
    /// What clients and the origin call the site: `scheme://host:port`.
    pub sites: &'a [&'a str],
    /// What stands before clients' paths at the origin, such as `/media`; mostly nothing.
    pub prefixes: &'a [&'a str],
}

/// Returns the paths and queries, as clients write them, that the response to an unsafe `request`
/// makes obsolete.
///
/// `Location` and `Content-Location` count where they name the same site (RFC 9111 §4.4 leaves
/// those two to the cache), by whichever name. One that is obsolete by one reading is gone by all:
/// to forget too much costs a fetch, to forget too little shows what is not there any more.
#[must_use]
pub fn invalidated_by(
    request: &Unsafe<'_>,
    status: StatusCode,
    headers: &HeaderMap,
) -> Vec<String> {
    // RFC 9111 §4.4: after a non-error response to an unsafe method, or one not known to be safe.
    if request.method.is_safe() || !(status.is_success() || status.is_redirection()) {
        return Vec::new();
    }
    let mut paths = vec![request.path_and_query.to_owned()];
    let values = [header::LOCATION, header::CONTENT_LOCATION];
    let values = values.iter().flat_map(|name| headers.get_all(name));
    for value in values.filter_map(|value| value.to_str().ok()) {
        paths.extend(named_by(request, value));
    }
    paths.sort();
    paths.dedup();
    paths
}

/// Returns whether the response with `headers` is what a `GET` for the target of `request` would
/// get: its one `Content-Location` is the target (RFC 9110 §9.3.3).
#[must_use]
pub fn is_of_target(request: &Unsafe<'_>, headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::CONTENT_LOCATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let value = value.to_str().unwrap_or_default();
    named_by(request, value).iter().any(|path| path == request.path_and_query)
}

/// Returns the paths and queries, as clients write them, that the reference `value` may mean.
fn named_by(request: &Unsafe<'_>, value: &str) -> Vec<String> {
    let Some(found) = Reference::resolve(request.path_and_query, value) else { return Vec::new() };
    // RFC 9111 §4.4: another origin's responses are not this one's to invalidate.
    let is_here =
        |authority: &str| request.sites.iter().any(|site| is_same(site, found.scheme, authority));
    if !found.authority.is_none_or(is_here) {
        return Vec::new();
    }
    // The origin writes its own paths, a client's, or those that it was told of.
    let below = |prefix: &&str| found.path_and_query.strip_prefix(*prefix);
    let below = request.prefixes.iter().filter_map(below);
    let mut paths: Vec<_> =
        below.filter(|below| below.starts_with('/')).map(str::to_owned).collect();
    paths.push(found.path_and_query);
    paths
}

/// Returns whether `site` is the one of `authority`; a reference without a scheme has the site's.
fn is_same(site: &str, scheme: Option<&str>, authority: &str) -> bool {
    let (own, host) = site.split_once("://").unwrap_or(("http", site));
    Origin::new(scheme.unwrap_or(own), authority) == Origin::new(own, host)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    /// Where the origin at `origin:8080` serves the site under `/media`.
    fn check(method: &str, status: u16, location: &'static str, expected: &[&str]) {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = Unsafe {
            method: &method,
            path_and_query: "/a/b?c",
            sites: &["http://Edge.example:80", "http://origin:8080"],
            prefixes: &["", "/media"],
        };
        for name in [header::LOCATION, header::CONTENT_LOCATION] {
            let headers =
                HeaderMap::from_iter([(name.clone(), HeaderValue::from_static(location))]);
            let status = StatusCode::from_u16(status).unwrap();
            let paths = invalidated_by(&request, status, &headers);
            assert_eq!(paths, expected, "{method} {status} {name}: {location}");
        }
    }

    #[test]
    fn rfc9111_4_4_only_what_is_unsafe_and_succeeded_invalidates() {
        for method in ["POST", "PUT", "DELETE", "PATCH", "M-SEARCH", "PURGE"] {
            for status in [200, 201, 204, 303, 304] {
                check(method, status, "/x", &["/a/b?c", "/x"]);
            }
            for status in [400, 404, 412, 500, 503] {
                check(method, status, "/x", &[]);
            }
        }
        for method in ["GET", "HEAD", "OPTIONS", "TRACE"] {
            check(method, 200, "/x", &[]);
        }
    }

    #[test]
    fn rfc9111_4_4_the_site_has_several_names_and_others_none() {
        for (location, expected) in [
            ("/x?y", &["/a/b?c", "/x?y"][..]),
            ("x", &["/a/b?c", "/a/x"]),
            ("../x", &["/a/b?c", "/x"]),
            ("?d", &["/a/b?c", "/a/b?d"]),
            ("", &["/a/b?c"]),
            ("/x#part", &["/a/b?c", "/x"]),
            ("http://edge.example/x", &["/a/b?c", "/x"]),
            ("https://edge.example/x", &["/a/b?c"]),
            ("HTTP://edge.example:/x", &["/a/b?c", "/x"]),
            ("//EDGE.example/x", &["/a/b?c", "/x"]),
            ("http://origin:8080", &["/", "/a/b?c"]),
            ("http://origin:8080/media/x", &["/a/b?c", "/media/x", "/x"]),
            ("/media/x", &["/a/b?c", "/media/x", "/x"]),
            ("/mediaX/x", &["/a/b?c", "/mediaX/x"]),
            ("http://origin/x", &["/a/b?c"]),
            ("http://other/x", &["/a/b?c"]),
            ("//other/x", &["/a/b?c"]),
            ("ftp://origin:8080/x", &["/a/b?c"]),
            ("urn:x", &["/a/b?c"]),
        ] {
            check("POST", 201, location, expected);
        }
    }

    #[test]
    fn rfc9110_9_3_3_only_a_response_that_names_its_target_is_of_it() {
        for (locations, expected) in [
            (&["/a/b?c"][..], true),
            (&["b?c"], true),
            (&["?c"], true),
            (&["http://edge.example/a/b?c"], true),
            (&["/media/a/b?c"], true),
            (&["/a/b"], false),
            (&["/a/b?d"], false),
            (&["http://other/a/b?c"], false),
            (&["https://edge.example/a/b?c"], false),
            (&[], false),
            (&["/a/b?c", "/a/b?c"], false),
        ] {
            let request = Unsafe {
                method: &Method::POST,
                path_and_query: "/a/b?c",
                sites: &["http://edge.example", "http://origin:8080"],
                prefixes: &["", "/media"],
            };
            let value = |location: &&'static str| HeaderValue::from_static(location);
            let mut headers = HeaderMap::new();
            for location in locations.iter().map(value) {
                headers.append(header::CONTENT_LOCATION, location);
            }
            assert_eq!(is_of_target(&request, &headers), expected, "{locations:?}");
        }
    }
}
