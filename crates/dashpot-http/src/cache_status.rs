//! `Cache-Status` (RFC 9211): what a cache did with a request, for all to see.

use crate::{
    nearest,
    structured::{push_name, push_string},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use std::fmt::Write as _;

/// The field's name.
pub const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// Why a request went towards the origin (RFC 9211 §2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Forward {
    /// The cache was set not to handle it.
    Bypass,
    /// Its method asks for forwarding.
    Method,
    /// Nothing is stored under its URI.
    UriMiss,
    /// Something is, but for other selecting fields.
    VaryMiss,
    /// Nothing stored fits, in a way the cache does not tell apart.
    Miss,
    /// What is stored is fresh, but the request's own directives refuse it.
    Request,
    /// What is stored is stale.
    Stale,
    /// What is stored lacks some of the bytes.
    Partial,
}

impl Forward {
    /// Returns the registered token.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::Bypass => "bypass",
            Self::Method => "method",
            Self::UriMiss => "uri-miss",
            Self::VaryMiss => "vary-miss",
            Self::Miss => "miss",
            Self::Request => "request",
            Self::Stale => "stale",
            Self::Partial => "partial",
        }
    }
}

/// Where the response came from; RFC 9211 §2.2: a response is a hit or was forwarded, not both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handling {
    /// From the cache, without a word to the origin.
    Hit,
    /// Through the origin.
    Forwarded(Forward),
    /// Made here, without a word to the origin.
    Own,
}

/// One cache's member of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheStatus<'a> {
    /// What the cache calls itself.
    pub cache: &'a str,
    /// Where the response came from.
    pub handling: Handling,
    /// What the origin answered, where that differs from what the client gets.
    pub fwd_status: Option<StatusCode>,
    /// Whether the response was stored.
    pub stored: bool,
    /// Whether the request waited for another one's response.
    pub collapsed: bool,
    /// Seconds of freshness left; negative once stale.
    pub ttl_s: Option<i64>,
    /// The cache key, where it helps.
    pub key: Option<&'a str>,
    /// The cache's own word for it, from a closed set.
    pub detail: Option<&'static str>,
}

impl<'a> CacheStatus<'a> {
    /// Returns a member that says no more than where the response came from.
    #[must_use]
    pub const fn new(cache: &'a str, handling: Handling) -> Self {
        Self {
            cache,
            handling,
            fwd_status: None,
            stored: false,
            collapsed: false,
            ttl_s: None,
            key: None,
            detail: None,
        }
    }

    /// Returns the member as text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = String::with_capacity(64);
        push_name(&mut out, self.cache);
        match self.handling {
            Handling::Hit => out.push_str("; hit"),
            Handling::Forwarded(why) => {
                out.push_str("; fwd=");
                out.push_str(why.token());
            }
            // RFC 9211 §2.2: nothing was forwarded.
            Handling::Own => {}
        }
        if let Some(status) = self.fwd_status {
            out.push_str("; fwd-status=");
            out.push_str(status.as_str());
        }
        for (name, value) in [("; stored", self.stored), ("; collapsed", self.collapsed)] {
            if value {
                out.push_str(name);
            }
        }
        if let Some(ttl) = self.ttl_s {
            // RFC 9651 §3.3.1: integers have at most 15 digits.
            let ttl = ttl.clamp(-999_999_999_999_999, 999_999_999_999_999);
            // Writing to a string cannot fail.
            write!(out, "; ttl={ttl}").unwrap_or_default();
        }
        if let Some(key) = self.key {
            out.push_str("; key=");
            push_string(&mut out, key);
        }
        if let Some(detail) = self.detail {
            out.push_str("; detail=");
            push_name(&mut out, detail);
        }
        out
    }

    /// Adds this member behind those of the caches nearer to the origin (RFC 9211 §2).
    pub fn append_to(&self, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::try_from(self.to_text()) {
            headers.append(CACHE_STATUS, value);
        }
    }
}

/// Returns `member` with the cache key (RFC 9211 §2.7) behind all that it says.
#[must_use]
pub fn with_key(member: &HeaderValue, key: &str) -> HeaderValue {
    let mut text = String::from_utf8_lossy(member.as_bytes()).into_owned();
    text.push_str("; key=");
    push_string(&mut text, key);
    HeaderValue::try_from(text).unwrap_or_else(|_| member.clone())
}

/// Returns whether the nearest of the caches in the field's text had the response; `None` where no
/// cache says anything.
#[must_use]
pub fn nearest_is_hit(text: &str) -> Option<bool> {
    // RFC 9211 §2.1: the parameter `hit` is there, true, or the response is none.
    let hit = |member| matches!(nearest::parameter(member, "hit"), Some("" | "?1"));
    nearest::member(text).map(hit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: &CacheStatus<'_>, expected: &str) {
        assert_eq!(status.to_text(), expected);
    }

    #[test]
    fn rfc9211_3_examples() {
        let hit = CacheStatus::new("ExampleCache", Handling::Hit);
        check(&hit, "ExampleCache; hit");
        check(&CacheStatus { ttl_s: Some(-412), ..hit }, "ExampleCache; hit; ttl=-412");
        let miss = CacheStatus::new("edge-1.example", Handling::Forwarded(Forward::UriMiss));
        check(
            &CacheStatus { stored: true, collapsed: true, ..miss.clone() },
            "edge-1.example; fwd=uri-miss; stored; collapsed",
        );
        let stale = CacheStatus {
            handling: Handling::Forwarded(Forward::Stale),
            fwd_status: Some(StatusCode::NOT_MODIFIED),
            key: Some("/a\"b\u{e9}"),
            detail: Some("revalidated"),
            ..miss
        };
        check(
            &stale,
            r#"edge-1.example; fwd=stale; fwd-status=304; key="/a\"b%C3%A9"; detail=revalidated"#,
        );
        let own = CacheStatus { detail: Some("refused"), ..CacheStatus::new("a", Handling::Own) };
        check(&own, "a; detail=refused");
        let keyed = with_key(&HeaderValue::from_static("a; hit"), "http://h/\"b\u{e9}");
        assert_eq!(keyed, r#"a; hit; key="http://h/\"b%C3%A9""#);
        check(&CacheStatus::new("my cache", Handling::Hit), r#""my cache"; hit"#);
    }

    #[test]
    fn rfc9211_2_each_cache_appends() {
        let mut headers = HeaderMap::new();
        CacheStatus::new("far", Handling::Hit).append_to(&mut headers);
        CacheStatus::new("near", Handling::Forwarded(Forward::Miss)).append_to(&mut headers);
        let lines: Vec<_> = headers.get_all(CACHE_STATUS).iter().collect();
        assert_eq!(lines, ["far; hit", "near; fwd=miss"]);
    }
}
