//! What the operator adds to what origins say.

use std::{collections::BTreeMap, time::Duration};

use dashpot_http::cache_control::{Flag, ResponseDirectives};
use http::StatusCode;

/// What the operator adds to what origins say. Where an origin says how long a response is fresh,
/// or that it may not be stored, none of it applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The longest lifetime that is guessed from `Last-Modified` (RFC 9111 §4.2.2); zero guesses
    /// none.
    pub heuristic_max: Duration,
    /// How long a response is kept whose origin says nothing and that has no `Last-Modified`; zero
    /// keeps none.
    pub default_ttl: Duration,
    /// How long a response of this status is kept whose origin says nothing, whatever its fields.
    pub negative_ttls: BTreeMap<u16, Duration>,
    /// How far past its lifetime a response is used while the origin cannot be reached; zero uses
    /// none.
    pub stale_if_disconnected: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            // RFC 9111 §4.2.2 leaves the cap to the cache; a day is what most caches take.
            heuristic_max: Duration::from_secs(86_400),
            default_ttl: Duration::ZERO,
            negative_ttls: BTreeMap::new(),
            // Half a film: what is on when the origin goes away plays on while it is repaired.
            stale_if_disconnected: Duration::from_secs(3_600),
        }
    }
}

/// Who says how long a response is fresh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// The origin; where it says nothing, the lifetime is zero.
    #[default]
    Origin,
    /// A guess from `Last-Modified` (RFC 9111 §4.2.2).
    Heuristic,
    /// The operator, for the status.
    NegativeTtl,
    /// The operator, for whatever says nothing of itself.
    DefaultTtl,
}

impl Basis {
    /// Returns the word for it in the `detail` of `Cache-Status`; none where the origin speaks for
    /// itself.
    #[must_use]
    pub const fn detail(self) -> Option<&'static str> {
        match self {
            Self::Origin => None,
            Self::Heuristic => Some("heuristic"),
            Self::NegativeTtl => Some("negative-ttl"),
            Self::DefaultTtl => Some("default-ttl"),
        }
    }
}

impl Rules {
    /// Returns how long the operator keeps a response of which the origin says nothing, counted
    /// from its arrival; a lifetime guessed from `Last-Modified` comes before the default.
    pub(crate) fn ttl(
        &self,
        status: StatusCode,
        directives: &ResponseDirectives,
    ) -> Option<(Duration, Basis)> {
        // An origin that wants each use validated has spoken.
        if directives.no_cache.is_some() {
            return None;
        }
        if let Some(&ttl) = self.negative_ttls.get(&status.as_u16()) {
            return (!ttl.is_zero()).then_some((ttl, Basis::NegativeTtl));
        }
        let applies = !self.default_ttl.is_zero() && may_guess(status, directives);
        applies.then_some((self.default_ttl, Basis::DefaultTtl))
    }

    /// RFC 9111 §4.2.2: a tenth of the time since the last modification, where the status or
    /// `public` lets it be guessed.
    pub(crate) fn heuristic(
        &self,
        status: StatusCode,
        directives: &ResponseDirectives,
        unmodified_for: Duration,
    ) -> Option<(Duration, Basis)> {
        let guess = (unmodified_for / 10).min(self.heuristic_max);
        (!guess.is_zero() && may_guess(status, directives)).then_some((guess, Basis::Heuristic))
    }
}

/// RFC 9111 §3 and §4.2.2: whether a lifetime may be made up where the origin names none.
fn may_guess(status: StatusCode, directives: &ResponseDirectives) -> bool {
    is_heuristically_cacheable(status) || directives.has(Flag::Public)
}

/// RFC 9110 §15.1.
pub(crate) fn is_heuristically_cacheable(status: StatusCode) -> bool {
    matches!(status.as_u16(), 200 | 203 | 204 | 206 | 300 | 301 | 308 | 404 | 405 | 410 | 414 | 501)
}

#[cfg(test)]
mod tests;
