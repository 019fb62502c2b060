//! What of a request is hashed.

use crate::{Request, hash::hash};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// The part of a request that decides where it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Key {
    /// The client's address: one client stays with one server.
    Client,
    /// The client's network, /24 or /56 (RFC 7871 §11.1 says why not more): a household whose
    /// address changes, and one behind several NATs, stay.
    Network,
    /// The whole URL: each object lives on one server.
    Url,
    /// The path without the query.
    Path,
    /// The directory of the path: a film's segments of one rung live together.
    Directory,
    /// What the driver gives.
    Given,
}

impl Key {
    /// Returns the hash of what the key is in `request`.
    #[must_use]
    pub fn hash(self, request: &Request<'_>) -> u64 {
        match self {
            Self::Client => address(request.client, 32, 128),
            Self::Network => address(request.client, 24, 56),
            Self::Url | Self::Path | Self::Directory => hash(self.of(request.url).as_bytes()),
            Self::Given => hash(request.given),
        }
    }

    /// Returns the key as it is written in a trace.
    #[must_use]
    pub fn text(self, request: &Request<'_>) -> String {
        match self {
            Self::Client | Self::Network => {
                request.client.map_or_else(|| "unknown client".to_owned(), |it| it.to_string())
            }
            Self::Url | Self::Path | Self::Directory => self.of(request.url).to_owned(),
            Self::Given => String::from_utf8_lossy(request.given).into_owned(),
        }
    }

    fn of(self, url: &str) -> &str {
        // RFC 3986 §3.4, §3.5: the query begins at the first `?`; a request carries no fragment.
        let path = url.split_once('?').map_or(url, |(path, _)| path);
        match self {
            Self::Path => path,
            Self::Directory => path.rsplit_once('/').map_or("", |(directory, _)| directory),
            Self::Client | Self::Network | Self::Url | Self::Given => url,
        }
    }
}

/// Returns the hash of an address' first bits. All clients without an address are one.
fn address(client: Option<IpAddr>, v4_bits: u32, v6_bits: u32) -> u64 {
    match client.map(|client| client.to_canonical()) {
        None => hash(&[]),
        Some(IpAddr::V4(v4)) => {
            let mask = u32::MAX.checked_shl(32 - v4_bits).unwrap_or(0);
            hash(&(v4.to_bits() & mask).to_be_bytes())
        }
        Some(IpAddr::V6(v6)) => {
            let mask = u128::MAX.checked_shl(128 - v6_bits).unwrap_or(0);
            hash(&(v6.to_bits() & mask).to_be_bytes())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(key: Key, a: (&str, &str), b: (&str, &str), is_same: bool) {
        let hash = |(client, url): (&str, &str)| {
            key.hash(&Request { client: client.parse().ok(), url, ..Request::default() })
        };
        assert_eq!(hash(a) == hash(b), is_same, "{key:?} {a:?} {b:?}");
    }

    #[test]
    fn a_key_is_as_much_of_a_request_as_it_says() {
        check(Key::Client, ("192.0.2.1", ""), ("192.0.2.2", ""), false);
        check(Key::Client, ("192.0.2.1", ""), ("::ffff:192.0.2.1", ""), true);
        check(Key::Network, ("192.0.2.1", ""), ("192.0.2.2", ""), true);
        check(Key::Network, ("192.0.2.1", ""), ("192.0.3.1", ""), false);
        check(Key::Network, ("2001:db8:0:1::1", ""), ("2001:db8:0:2::1", ""), true);
        check(Key::Network, ("2001:db8:0:100::1", ""), ("2001:db8:0:200::1", ""), false);
        check(Key::Client, ("", "/a"), ("", "/b"), true);
        check(Key::Url, ("", "/a?b"), ("", "/a?c"), false);
        check(Key::Path, ("", "/a?b"), ("", "/a?c"), true);
        check(Key::Path, ("", "/f/1.m4s"), ("", "/f/2.m4s"), false);
        check(Key::Directory, ("", "/f/1.m4s?x=/"), ("", "/f/2.m4s"), true);
        check(Key::Directory, ("", "/f/1.m4s"), ("", "/g/1.m4s"), false);
    }
}
