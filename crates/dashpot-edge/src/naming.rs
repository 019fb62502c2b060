//! Under which key a request's response is stored, and what is asked upstream for it.

use std::borrow::Cow;

use dashpot_cache::{Key, Origin};
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

/// Why what an operator names is no resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotNamed {
    /// It is neither a path nor an absolute URL.
    NotAUrl,
    /// The host is part of the key and is not named.
    NoHost,
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

    /// Returns the key of what an operator names: a path, or an absolute URL whose host counts
    /// where the host is part of the key.
    pub(crate) fn key_of_url(&self, url: &str) -> Result<Key, NotNamed> {
        let (host, path) = self.parts_of_url(url)?;
        Ok(self.origin_at(host.as_deref()).key(&self.keys.rules.apply(path)))
    }

    /// Returns what the keys of all URLs that begin with `url` begin with.
    pub(crate) fn key_prefix(&self, url: &str) -> Result<String, NotNamed> {
        let (host, path) = self.parts_of_url(url)?;
        Ok(self.origin_at(host.as_deref()).key(path).as_str().to_owned())
    }

    /// Returns the host of what an operator names, where it is part of the key, and the path.
    pub(crate) fn parts_of_url<'a>(
        &self,
        url: &'a str,
    ) -> Result<(Option<String>, &'a str), NotNamed> {
        if !url.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(NotNamed::NotAUrl);
        }
        let absolute = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
        let (host, path) = match absolute {
            Some(rest) => rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len())),
            None if url.starts_with('/') => ("", url),
            None => return Err(NotNamed::NotAUrl),
        };
        let path = if path.is_empty() { "/" } else { path };
        let Some(rules) = &self.keys.hosts else { return Ok((None, path)) };
        if host.is_empty() {
            return Err(NotNamed::NoHost);
        }
        Ok((Some(rules.canonical(host).ok_or(NotNamed::NotAUrl)?), path))
    }

    fn origin_at(&self, host: Option<&str>) -> Cow<'_, Origin> {
        match host {
            Some(host) => Cow::Owned(Origin::new(&self.scheme, host)),
            None => Cow::Borrowed(&self.origin),
        }
    }

    /// Returns what of `path_and_query` is part of its key.
    pub(crate) fn kept<'a>(&self, path_and_query: &'a str) -> Cow<'a, str> {
        self.keys.rules.apply(path_and_query)
    }

    /// Returns what to ask upstream for `path_and_query`.
    pub(crate) fn forwarded<'a>(&self, path_and_query: &'a str) -> Cow<'a, str> {
        if self.keys.forward_dropped {
            return Cow::Borrowed(path_and_query);
        }
        self.keys.rules.apply(path_and_query)
    }

    /// Returns the host where it is part of the key.
    fn host<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        self.keys.hosts.as_ref().and(headers.get(header::HOST)).and_then(|host| host.to_str().ok())
    }
}
