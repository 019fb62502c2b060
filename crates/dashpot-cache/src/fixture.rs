//! Heads written as text, for the tests of this crate.

use dashpot_base::WallTime;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use crate::{Framing, NotStorable, RequestHead, ResponseHead, Rules, StoredHead, Times};

/// Sun, 06 Nov 1994 08:49:37 GMT, the instant that HTTP's own examples use.
pub(crate) fn t0() -> WallTime {
    WallTime::from_unix_seconds(784_111_777)
}

/// Reads `name: value` lines, separated by newlines.
pub(crate) fn headers(text: &str) -> HeaderMap {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            (name, HeaderValue::from_str(value.trim()).unwrap())
        })
        .fold(HeaderMap::new(), |mut map, (name, value)| {
            map.append(name, value);
            map
        })
}

pub(crate) fn get(text: &str) -> RequestHead {
    RequestHead::new(Method::GET, headers(text))
}

/// Stores the response `text` with `status` to the request `request`, exchanged at once at `at`.
pub(crate) fn store_at(
    at: WallTime,
    request: &str,
    status: u16,
    text: &str,
) -> Result<StoredHead, NotStorable> {
    store_under(&Rules::default(), at, request, status, text)
}

/// Stores the same under `rules`.
pub(crate) fn store_under(
    rules: &Rules,
    at: WallTime,
    request: &str,
    status: u16,
    text: &str,
) -> Result<StoredHead, NotStorable> {
    let status = StatusCode::from_u16(status).unwrap_or_default();
    let headers = headers(text);
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let length = length.and_then(|length| length.parse().ok());
    let framing = length.map_or(Framing::Delimited, Framing::Length);
    let response = ResponseHead { status, headers, framing };
    StoredHead::new(&get(request), &response, Times { requested: at, responded: at }, rules)
}
