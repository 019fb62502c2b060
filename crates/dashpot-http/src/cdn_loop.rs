//! `CDN-Loop`: which CDN nodes a request has been through (RFC 8586).

use crate::list::members;
use http::{HeaderMap, HeaderName, HeaderValue};

/// The field (RFC 8586 §2).
pub const CDN_LOOP: HeaderName = HeaderName::from_static("cdn-loop");

/// Adds the node `id` to those that a request has been through.
///
/// RFC 8586 §2: `Via` may be changed or taken away by customers' configurations, this field not.
pub fn append(headers: &mut HeaderMap, id: &str) {
    if let Ok(value) = HeaderValue::try_from(id) {
        headers.append(CDN_LOOP, value);
    }
}

/// Returns whether a request has been through the node `id`.
#[must_use]
pub fn has_passed(headers: &HeaderMap, id: &str) -> bool {
    members(headers, &CDN_LOOP).any(|member| {
        // RFC 8586 §2: cdn-info = cdn-id *( OWS ";" OWS parameter ).
        let name = member.split(|byte| *byte == b';').next().unwrap_or_default();
        name.trim_ascii() == id.as_bytes()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &'static str, expected: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(CDN_LOOP, HeaderValue::from_static(value));
        assert_eq!(has_passed(&headers, "dashpot-edge"), expected, "{value}");
    }

    #[test]
    fn a_node_knows_its_own_mark() {
        check("dashpot-edge", true);
        check("foo.example, dashpot-edge ; trace=\"abc\"", true);
        check("foo.example, dashpot-edge-2", false);
        check("", false);
        let mut headers = HeaderMap::new();
        append(&mut headers, "a");
        append(&mut headers, "dashpot-edge");
        assert!(has_passed(&headers, "dashpot-edge") && !has_passed(&headers, "b"));
    }
}
