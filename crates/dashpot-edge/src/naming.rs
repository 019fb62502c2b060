//! Under which key a request's response is stored, and what is asked upstream for it.

use std::borrow::Cow;

use dashpot_cache::{Key, KeyRules, Origin};
use http::{HeaderMap, HeaderValue, header, request::Parts};

use crate::config::Keys;

/// The names that resources have at this edge.
#[derive(Debug)]
pub(crate) struct Naming {
    keys: Keys,
    scheme: String,
    /// The one site, where the host is not part of the key.
    origin: Origin,
}

impl Naming {
    /// Returns the names at the origin `scheme://authority`.
    pub(crate) fn new(keys: Keys, scheme: &str, authority: &str) -> Self {
        Self { keys, scheme: scheme.to_owned(), origin: Origin::new(scheme, authority) }
    }

    /// Puts the host's one spelling into `parts` where the host is part of the key, and returns
    /// whether it is a host at all.
    pub(crate) fn settle_host(&self, parts: &mut Parts) -> bool {
        let Some(rules) = &self.keys.hosts else { return true };
        // RFC 9112 §3.2.2: with an absolute form the Host field counts for nothing.
        let host = match (parts.uri.authority(), parts.headers.get(header::HOST)) {
            (Some(authority), _) => authority.as_str(),
            (None, Some(host)) => host.to_str().unwrap_or_default(),
            (None, None) => "",
        };
        let host = rules.canonical(host).and_then(|host| HeaderValue::try_from(host).ok());
        host.is_some_and(|host| {
            parts.headers.insert(header::HOST, host);
            true
        })
    }

    /// Returns the key of `path_and_query` as it is asked for with `headers`, whose host has been
    /// settled.
    pub(crate) fn key(&self, headers: &HeaderMap, path_and_query: &str) -> Key {
        let kept = self.keys.rules.apply(path_and_query);
        match self.host(headers) {
            Some(host) => Origin::new(&self.scheme, host).key(&kept),
            None => self.origin.key(&kept),
        }
    }

    /// Returns the rules that keys are made by.
    pub(crate) const fn rules(&self) -> &KeyRules {
        &self.keys.rules
    }

    /// Returns what to ask upstream for `path_and_query`.
    pub(crate) fn forwarded<'a>(&self, path_and_query: &'a str) -> Cow<'a, str> {
        if self.keys.forward_dropped {
            return Cow::Borrowed(path_and_query);
        }
        self.keys.rules.apply(path_and_query)
    }

    /// Returns `scheme://authority` of what is asked with `headers`, whose host has been settled.
    pub(crate) fn site<'a>(&'a self, headers: &'a HeaderMap) -> Cow<'a, str> {
        match self.host(headers) {
            Some(host) => Cow::Owned(format!("{}://{host}", self.scheme)),
            None => Cow::Borrowed(self.origin.as_str()),
        }
    }

    /// Returns the host where it is part of the key.
    fn host<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        self.keys.hosts.as_ref().and(headers.get(header::HOST)).and_then(|host| host.to_str().ok())
    }
}
