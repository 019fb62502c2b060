//! Cross-origin sharing (Fetch standard §3.2): media is open to every page, and pages may read
//! what players measure by.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// The response fields that scripts may read.
pub const EXPOSED: &str = "Accept-Ranges, Age, Cache-Status, CMSD-Dynamic, CMSD-Static, Content-Length, Content-Range, \
     Date, ETag, Last-Modified, Server-Timing, Via";

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

#[cfg(test)]
mod tests {
    use super::*;

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
