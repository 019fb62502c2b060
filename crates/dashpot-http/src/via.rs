//! What an intermediary changes in passing: hop-by-hop fields go (RFC 9110 §7.6.1), its own name
//! is added (§7.6.3).

use crate::list::members;
use http::{HeaderMap, HeaderName, HeaderValue, Version, header};

/// RFC 9110 §7.6.1: fields that concern one connection, whether `Connection` lists them or not;
/// RFC 9110 §11.7: proxy authentication too is between neighbours.
static HOP_BY_HOP: [HeaderName; 9] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    HeaderName::from_static("proxy-authentication-info"),
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Fields meant for every recipient, which `Connection` must not list (RFC 9110 §7.6.1): a client
/// that lists them wants a request to mean something else to the origin than to the cache.
static END_TO_END: [HeaderName; 4] =
    [header::CACHE_CONTROL, header::CONTENT_LENGTH, header::HOST, header::RANGE];

/// Removes the fields that end at this hop, those that `Connection` lists among them.
pub fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let listed: Vec<_> = members(headers, &header::CONNECTION)
        .filter_map(|name| HeaderName::from_bytes(name).ok())
        .filter(|name| !END_TO_END.contains(name))
        .collect();
    for name in listed.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

/// Removes the same from a request where `Connection` lists any field: what the next hop will not
/// see must not select what is stored.
pub fn strip_listed(headers: &mut HeaderMap) {
    // Most list none.
    let lists_fields = members(headers, &header::CONNECTION).any(|member| {
        !member.eq_ignore_ascii_case(b"keep-alive") && !member.eq_ignore_ascii_case(b"close")
    });
    if lists_fields {
        strip_hop_by_hop(headers);
    }
}

/// Adds this intermediary to `Via`: the version it received the message in, and its name.
pub fn append(headers: &mut HeaderMap, received: Version, name: &str) {
    // RFC 9110 §7.6.3: the protocol name is left out for HTTP.
    let version = match received {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => "1.1",
    };
    if let Ok(value) = HeaderValue::try_from(format!("{version} {name}")) {
        headers.append(header::VIA, value);
    }
}

/// Returns whether a message has been through the intermediary `name`, which is a loop.
#[must_use]
pub fn has_passed(headers: &HeaderMap, name: &str) -> bool {
    members(headers, &header::VIA).any(|member| {
        let mut words = member.split(|byte| matches!(byte, b' ' | b'\t')).filter(|w| !w.is_empty());
        words.nth(1) == Some(name.as_bytes())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for &(name, value) in fields {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn rfc9110_7_6_1_connection_fields_go() {
        let mut headers = map(&[
            ("connection", "close, X-One"),
            ("connection", "x-two, not a name, cache-control"),
            ("keep-alive", "timeout=5"),
            ("transfer-encoding", "chunked"),
            ("te", "trailers"),
            ("upgrade", "h2c"),
            ("proxy-authorization", "x"),
            ("x-one", "1"),
            ("x-two", "2"),
            ("x-three", "3"),
            ("cache-control", "no-store"),
        ]);
        strip_hop_by_hop(&mut headers);
        let mut kept: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        kept.sort_unstable();
        assert_eq!(kept, ["cache-control", "x-three"]);
    }

    #[test]
    fn rfc9110_7_6_1_only_a_list_of_fields_matters() {
        for (connection, stays) in [
            ("close", true),
            ("Keep-Alive, close", true),
            ("close, x-one", false),
            ("X-One", false),
        ] {
            let mut headers = map(&[("connection", connection), ("x-one", "1"), ("host", "a")]);
            strip_listed(&mut headers);
            assert_eq!(headers.contains_key("x-one"), stays, "{connection}");
            assert!(headers.contains_key("host"));
        }
    }

    #[test]
    fn rfc9110_7_6_3_via_is_appended_and_tells_a_loop() {
        let mut headers = map(&[("via", "1.0 fred, 1.1 p.example.net (comment)")]);
        append(&mut headers, Version::HTTP_11, "edge-1");
        append(&mut headers, Version::HTTP_2, "edge-2");
        let lines: Vec<_> = headers.get_all(header::VIA).iter().collect();
        assert_eq!(lines, ["1.0 fred, 1.1 p.example.net (comment)", "1.1 edge-1", "2 edge-2"]);
        for name in ["fred", "p.example.net", "edge-1", "edge-2"] {
            assert!(has_passed(&headers, name), "{name}");
        }
        assert!(!has_passed(&headers, "edge"));
    }
}
