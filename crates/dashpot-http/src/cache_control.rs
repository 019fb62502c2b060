//! `Cache-Control` (RFC 9111 §5.2, RFC 5861, RFC 8246) of responses and requests.

use crate::{
    dictionary::{self, Value},
    list::{digits, members, split, trim, unquote},
};
use http::{HeaderMap, HeaderName, header};
use std::time::Duration;

/// RFC 9111 §1.2.2: what an overflowing delta-seconds stands for.
const DELTA_MAX: u64 = 1 << 31;

/// A directive that is there or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// `no-store`: keep nothing.
    NoStore,
    /// `no-transform`: change nothing.
    NoTransform,
    /// `must-revalidate`: never serve stale.
    MustRevalidate,
    /// `proxy-revalidate`: the same for shared caches.
    ProxyRevalidate,
    /// `must-understand`: store only where the status code's caching rules are known.
    MustUnderstand,
    /// `public`: may be stored where it otherwise could not.
    Public,
    /// `immutable` (RFC 8246): does not change while fresh.
    Immutable,
    /// `no-cache` of a request: validate before serving.
    NoCache,
    /// `only-if-cached` of a request: 504 rather than forward.
    OnlyIfCached,
}

const FLAGS: &[(&[u8], Flag)] = &[
    (b"no-store", Flag::NoStore),
    (b"no-transform", Flag::NoTransform),
    (b"must-revalidate", Flag::MustRevalidate),
    (b"proxy-revalidate", Flag::ProxyRevalidate),
    (b"must-understand", Flag::MustUnderstand),
    (b"public", Flag::Public),
    (b"immutable", Flag::Immutable),
    (b"no-cache", Flag::NoCache),
    (b"only-if-cached", Flag::OnlyIfCached),
];

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Flags(u16);

impl Flags {
    const fn has(self, flag: Flag) -> bool {
        self.0 & (1 << flag as u16) != 0
    }

    const fn add(&mut self, flag: Flag) {
        self.0 |= 1 << flag as u16;
    }
}

/// How much of a response `no-cache` or `private` covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of it.
    Whole,
    /// These fields only.
    Fields(Vec<HeaderName>),
}

/// What a response lets caches do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponseDirectives {
    /// `max-age`; zero where it cannot be read, which is stale (RFC 9111 §4.2.1).
    pub max_age: Option<Duration>,
    /// `s-maxage`, read in the same way.
    pub s_maxage: Option<Duration>,
    /// `no-cache`: not served without validation.
    pub no_cache: Option<Scope>,
    /// `private`: not stored by shared caches.
    pub private: Option<Scope>,
    /// `stale-while-revalidate` (RFC 5861 §3).
    pub stale_while_revalidate: Option<Duration>,
    /// `stale-if-error` (RFC 5861 §4).
    pub stale_if_error: Option<Duration>,
    flags: Flags,
}

impl ResponseDirectives {
    /// Reads `Cache-Control`.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let mut directives = Self::default();
        for member in members(headers, &header::CACHE_CONTROL) {
            directives.take(member);
        }
        directives
    }

    /// Reads the targeted field `name`, such as `CDN-Cache-Control`; `None` where it is absent,
    /// empty or not a dictionary, which is all the same (RFC 9213 §2.1).
    #[must_use]
    pub fn targeted(headers: &HeaderMap, name: &HeaderName) -> Option<Self> {
        let members = dictionary::parse(headers, name)?;
        let mut directives = Self::default();
        for (name, value) in &members {
            directives.take_typed(name, value);
        }
        Some(directives)
    }

    /// Returns whether a directive without a value is there.
    #[must_use]
    pub const fn has(&self, flag: Flag) -> bool {
        self.flags.has(flag)
    }

    /// RFC 9213 §2.1: a value of another type than the directive's means nothing.
    fn take_typed(&mut self, name: &str, value: &Value) {
        match (name, value) {
            ("max-age", Value::Integer(span)) => self.max_age = Some(span_of(*span)),
            ("s-maxage", Value::Integer(span)) => self.s_maxage = Some(span_of(*span)),
            ("stale-while-revalidate", Value::Integer(span)) => {
                self.stale_while_revalidate = Some(span_of(*span));
            }
            ("stale-if-error", Value::Integer(span)) => {
                self.stale_if_error = Some(span_of(*span));
            }
            ("no-cache", Value::Boolean(true)) => self.no_cache = Some(Scope::Whole),
            ("private", Value::Boolean(true)) => self.private = Some(Scope::Whole),
            ("no-cache", Value::String(list) | Value::Token(list)) => {
                widen(&mut self.no_cache, Some(list));
            }
            ("private", Value::String(list) | Value::Token(list)) => {
                widen(&mut self.private, Some(list));
            }
            (name, Value::Boolean(true)) => self.flags.extend(name.as_bytes()),
            _ => {}
        }
    }

    fn take(&mut self, member: &[u8]) {
        let (name, value) = name_and_value(member);
        // RFC 9111 §4.2.1: an unreadable lifetime is stale; of two, the shorter is never fresher
        // than the origin meant.
        let lifetime = || seconds(value).unwrap_or_default();
        match name.as_slice() {
            b"max-age" => keep_least(&mut self.max_age, lifetime()),
            b"s-maxage" => keep_least(&mut self.s_maxage, lifetime()),
            b"stale-while-revalidate" => keep_least(&mut self.stale_while_revalidate, lifetime()),
            b"stale-if-error" => keep_least(&mut self.stale_if_error, lifetime()),
            b"no-cache" => widen(&mut self.no_cache, value),
            b"private" => widen(&mut self.private, value),
            name => self.flags.extend(name),
        }
    }
}

impl Flags {
    /// Adds the flag called `name`; an unknown one is ignored (RFC 9111 §5.2.3).
    fn extend(&mut self, name: &[u8]) {
        if let Some(&(_, flag)) = FLAGS.iter().find(|(known, _)| *known == name) {
            self.add(flag);
        }
    }
}

/// How stale a response a client takes (RFC 9111 §5.2.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaxStale {
    /// Any.
    Any,
    /// By no more than this.
    Within(Duration),
}

/// What a client asks of caches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestDirectives {
    /// `max-age`: not older than this.
    pub max_age: Option<Duration>,
    /// `max-stale`.
    pub max_stale: Option<MaxStale>,
    /// `min-fresh`: fresh for this much longer.
    pub min_fresh: Option<Duration>,
    /// `stale-if-error` (RFC 5861 §4).
    pub stale_if_error: Option<Duration>,
    flags: Flags,
}

impl RequestDirectives {
    /// Reads `Cache-Control`, or `Pragma: no-cache` where it is absent (RFC 9111 §5.4).
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let mut directives = Self::default();
        if headers.contains_key(header::CACHE_CONTROL) {
            for member in members(headers, &header::CACHE_CONTROL) {
                directives.take(member);
            }
        } else {
            let mut pragma = members(headers, &header::PRAGMA);
            if pragma.any(|member| member.eq_ignore_ascii_case(b"no-cache")) {
                directives.flags.add(Flag::NoCache);
            }
        }
        directives
    }

    /// Returns whether a directive without a value is there.
    #[must_use]
    pub const fn has(&self, flag: Flag) -> bool {
        self.flags.has(flag)
    }

    fn take(&mut self, member: &[u8]) {
        let (name, value) = name_and_value(member);
        // An unreadable wish of a client is no wish.
        match (name.as_slice(), seconds(value)) {
            (b"max-age", Some(age)) => keep_least(&mut self.max_age, age),
            (b"min-fresh", Some(age)) => {
                self.min_fresh = Some(self.min_fresh.unwrap_or_default().max(age));
            }
            (b"stale-if-error", Some(age)) => keep_least(&mut self.stale_if_error, age),
            (b"max-stale", Some(age)) => self.max_stale = Some(MaxStale::Within(age)),
            (b"max-stale", None) if value.is_none() => self.max_stale = Some(MaxStale::Any),
            (name, _) => self.flags.extend(name),
        }
    }
}

/// RFC 9111 §1.2.2 caps a span; a negative one, which no origin means, is over at once.
fn span_of(seconds: i64) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0).min(DELTA_MAX))
}

/// Splits `name[=value]`; the name in lower case.
fn name_and_value(member: &[u8]) -> (Vec<u8>, Option<&[u8]>) {
    let equals = member.iter().position(|&byte| byte == b'=');
    let (name, value) =
        equals.map_or((member, None), |at| (&member[..at], Some(&member[at + 1..])));
    // RFC 9111 §5.2 allows no white space around `=`. What has it before is still meant for the
    // directive, and its value is unreadable: never fresher than the origin may have meant.
    let trimmed = trim(name);
    let value = value.map(|value| if trimmed == name { value } else { b"" });
    (trimmed.to_ascii_lowercase(), value)
}

/// Returns a delta-seconds, quoted or not (RFC 9111 §5.2: recipients accept both forms).
fn seconds(value: Option<&[u8]>) -> Option<Duration> {
    // RFC 9111 §1.2.2: too large a value is 2^31 seconds.
    Some(Duration::from_secs(digits(&unquote(value?)?)?.min(DELTA_MAX)))
}

fn keep_least(slot: &mut Option<Duration>, value: Duration) {
    *slot = Some(slot.map_or(value, |held| held.min(value)));
}

/// Adds the fields of a qualified directive; an unqualified or unreadable one covers everything.
fn widen(slot: &mut Option<Scope>, value: Option<&[u8]>) {
    let listed = value.and_then(|value| unquote(trim(value))).and_then(|list| {
        split(&list).map(|name| HeaderName::from_bytes(name).ok()).collect::<Option<Vec<_>>>()
    });
    *slot = Some(match (slot.take(), listed) {
        (Some(Scope::Whole), _) | (_, None) => Scope::Whole,
        (None, Some(names)) => Scope::Fields(names),
        (Some(Scope::Fields(mut held)), Some(names)) => {
            held.extend(names);
            Scope::Fields(held)
        }
    });
}

#[cfg(test)]
mod tests;
