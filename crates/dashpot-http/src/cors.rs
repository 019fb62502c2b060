//! Cross-origin sharing (Fetch standard §3.2): media is open to every page, and pages may read
//! what players measure by.

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

/// The response fields that scripts may read.
pub const EXPOSED: &str = "Accept-Ranges, Age, Cache-Status, CMSD-Dynamic, CMSD-Static, Content-Length, Content-Range, \
     Dashpot-Fault, Date, ETag, Last-Modified, Retry-After, Server-Timing, Via";

/// How long a browser may remember a preflight: Chromium's limit; a larger value is cut there.
const PREFLIGHT_SECONDS_MAX: u32 = 7_200;

/// Opens a response to every page, its timings and the fields of [`EXPOSED`] included.
pub fn open(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    let timing = HeaderName::from_static("timing-allow-origin");
    headers.insert(timing, HeaderValue::from_static("*"));
}

/// Returns the fields of the answer to a preflight; `methods` as a list, such as `GET, HEAD`.
///
/// The request fields asked for are granted as they stand: nothing here is authorized by one.
#[must_use]
pub fn preflight(request: &HeaderMap, methods: &'static str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    open(&mut headers);
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
    if let Some(asked) = request.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
    }
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from(PREFLIGHT_SECONDS_MAX));
    headers.insert(header::VARY, HeaderValue::from_static("Access-Control-Request-Headers"));
    headers
}

/// Which pages may read what says nothing about it itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// Every page.
    Any,
    /// Pages of these origins, as `Origin` names them.
    Origins(Vec<HeaderValue>),
}

impl Sharing {
    /// Opens a response to the page of `origin`, unless its own fields say who may read it.
    pub fn share(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        if headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
            return;
        }
        let Self::Origins(origins) = self else { return open(headers) };
        // Fetch standard §3.2.5: also where the answer is no, or a cache would give it to all.
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        let Some(origin) = origin.filter(|origin| origins.contains(origin)) else { return };
        open(headers);
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(HeaderName::from_static("timing-allow-origin"), origin.clone());
    }

    /// Returns the fields of the answer to a preflight, or `None` where `request` is none.
    #[must_use]
    pub fn preflight(&self, method: &Method, request: &HeaderMap) -> Option<HeaderMap> {
        let origin = request.get(header::ORIGIN)?;
        let is_preflight = method == Method::OPTIONS
            && request.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if !is_preflight {
            return None;
        }
        let mut headers = preflight(request, "GET, HEAD");
        headers.remove(header::ACCESS_CONTROL_ALLOW_ORIGIN);
        self.share(Some(origin), &mut headers);
        Some(headers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_shared_with_those_that_may_read_it() {
        let value = HeaderValue::from_static;
        let some = Sharing::Origins(vec![value("https://a"), value("https://b")]);
        for (sharing, origin, expected, varies) in [
            (&Sharing::Any, None, Some("*"), false),
            (&Sharing::Any, Some("https://x"), Some("*"), false),
            (&some, Some("https://b"), Some("https://b"), true),
            (&some, Some("https://x"), None, true),
            (&some, None, None, true),
        ] {
            let mut headers = HeaderMap::new();
            sharing.share(origin.map(value).as_ref(), &mut headers);
            let allowed = headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
            assert_eq!(allowed, expected.map(value).as_ref(), "{origin:?}");
            assert_eq!(headers.contains_key(header::VARY), varies, "{origin:?}");
            let is_exposed = headers.contains_key(header::ACCESS_CONTROL_EXPOSE_HEADERS);
            assert_eq!(is_exposed, expected.is_some(), "{origin:?}");
        }
        let mut said = HeaderMap::new();
        said.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, value("https://theirs"));
        let before = said.clone();
        some.share(Some(&value("https://a")), &mut said);
        assert_eq!(said, before);
    }

    #[test]
    fn a_preflight_is_told_from_other_options() {
        let sharing = Sharing::Origins(vec![HeaderValue::from_static("https://a")]);
        let mut request = HeaderMap::new();
        request.insert(header::ORIGIN, HeaderValue::from_static("https://a"));
        assert_eq!(sharing.preflight(&Method::OPTIONS, &request), None);
        let method = HeaderValue::from_static("GET");
        request.insert(header::ACCESS_CONTROL_REQUEST_METHOD, method);
        assert_eq!(sharing.preflight(&Method::GET, &request), None);
        let answer = sharing.preflight(&Method::OPTIONS, &request).unwrap();
        assert_eq!(answer[header::ACCESS_CONTROL_ALLOW_ORIGIN], "https://a");
        request.insert(header::ORIGIN, HeaderValue::from_static("https://x"));
        let answer = sharing.preflight(&Method::OPTIONS, &request).unwrap();
        assert!(!answer.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    }

    #[test]
    fn a_preflight_grants_the_fields_asked_for() {
        let mut request = HeaderMap::new();
        let asked = HeaderValue::from_static("range, cmcd-session");
        request.insert(header::ACCESS_CONTROL_REQUEST_HEADERS, asked.clone());
        let answer = preflight(&request, "GET, HEAD");
        assert_eq!(answer.get(header::ACCESS_CONTROL_ALLOW_HEADERS), Some(&asked));
        assert_eq!(answer[header::ACCESS_CONTROL_ALLOW_METHODS], "GET, HEAD");
        assert_eq!(answer[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    }
}
