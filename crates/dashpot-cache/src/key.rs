//! The name under which a response is stored.

use std::fmt;

use dashpot_http::vary::Vary;
use http::HeaderMap;

/// The primary cache key: scheme, authority, path and query of a `GET`, normalised only where RFC
/// 3986 says that two spellings are the same resource; or that key with the values that `Vary`
/// selects by.
///
/// Only `GET` responses are stored, and `HEAD` is answered from them, so the method is implied.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

impl Key {
    /// Returns the key of `path_and_query` at `scheme://authority`.
    ///
    /// The order of query parameters and the case of the path are kept: an origin may tell them
    /// apart.
    #[must_use]
    pub fn new(scheme: &str, authority: &str, path_and_query: &str) -> Self {
        Origin::new(scheme, authority).key(path_and_query)
    }

    /// Returns the key of the variant of this resource that `request` selects by `vary`.
    ///
    /// A store that removes a resource gives its next variants another `epoch`, so that the old
    /// ones cannot be reached any more.
    #[must_use]
    pub fn variant(&self, epoch: u64, vary: &Vary, request: &HeaderMap) -> Self {
        let selected = vary.key(request).unwrap_or_default();
        // A newline occurs in no URL, so that no variant has the key of a resource. Bytes that are
        // not text may share a key; a stored head is compared with the request in any case.
        let selected = String::from_utf8_lossy(&selected);
        Self(format!("{}\n{epoch}\n{selected}", self.0))
    }

    /// Returns the key of a block of this resource, or of this variant of one.
    ///
    /// Each representation has another `epoch`, so that no block is taken for one of another.
    #[must_use]
    pub fn block(&self, epoch: u64, block: u64) -> Self {
        // The empty line keeps it apart from variants.
        Self(format!("{}\n\n{epoch}\n{block}", self.0))
    }

    /// Returns the key of the resource, which the key of a variant begins with.
    #[must_use]
    pub fn primary(&self) -> &str {
        self.0.split('\n').next().unwrap_or(&self.0)
    }

    /// Returns the key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The part that all keys of one origin share, so that it is normalised once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// Returns the origin `scheme://authority`.
    #[must_use]
    pub fn new(scheme: &str, authority: &str) -> Self {
        // RFC 3986 §6.2.2.1: scheme and host are case-insensitive.
        let scheme = scheme.to_ascii_lowercase();
        let authority = authority.to_ascii_lowercase();
        // RFC 3986 §6.2.3: the default port, an empty port and no port are one.
        let default_port = if scheme == "https" { ":443" } else { ":80" };
        let host = authority.strip_suffix(default_port).unwrap_or(&authority);
        let host = host.strip_suffix(':').unwrap_or(host);
        Self(format!("{scheme}://{host}"))
    }

    /// Returns the origin as text, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the key of `path_and_query` at this origin; see [`Key::new`].
    #[must_use]
    pub fn key(&self, path_and_query: &str) -> Key {
        let mut key = String::with_capacity(self.0.len() + path_and_query.len() + 1);
        key.push_str(&self.0);
        if !path_and_query.starts_with('/') {
            key.push('/');
        }
        push_normalised(&mut key, path_and_query);
        Key(key)
    }
}

/// Appends `text` to `key` with percent-encodings in their one normal spelling.
fn push_normalised(key: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        key.push_str(&rest[..at]);
        let Some(byte) = rest.get(at + 1..at + 3).and_then(decode_hex) else {
            key.push('%');
            rest = &rest[at + 1..];
            continue;
        };
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            // RFC 3986 §6.2.2.2: an encoded unreserved character is that character.
            key.push(char::from(byte));
        } else {
            // RFC 3986 §6.2.2.1: hexadecimal digits are case-insensitive.
            key.push_str(&rest[at..at + 3].to_ascii_uppercase());
        }
        rest = &rest[at + 3..];
    }
    key.push_str(rest);
}

fn decode_hex(digits: &str) -> Option<u8> {
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    u8::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::headers;

    fn check(path: &str, expected: &str) {
        assert_eq!(Key::new("HTTP", "Origin:80", path).as_str(), expected, "{path}");
    }

    #[test]
    fn spellings_of_one_resource_share_a_key_and_others_do_not() {
        for (path, expected) in [
            ("/a/B?x=1&a=2", "http://origin/a/B?x=1&a=2"),
            ("", "http://origin/"),
            ("?q", "http://origin/?q"),
            // RFC 3986 §6.2.2.2 and §6.2.2.1.
            ("/%7euser/%2f%c3%a9", "http://origin/~user/%2F%C3%A9"),
            ("/100%", "http://origin/100%"),
            ("/%zz%4", "http://origin/%zz%4"),
            ("/%+1", "http://origin/%+1"),
            ("/%é", "http://origin/%é"),
            ("/a/../b", "http://origin/a/../b"),
        ] {
            check(path, expected);
        }
        assert_eq!(Key::new("https", "h:443", "/"), Key::new("https", "h", "/"));
        assert_ne!(Key::new("https", "h:80", "/"), Key::new("https", "h", "/"));
    }

    #[test]
    fn variants_differ_where_a_selecting_value_or_the_epoch_differs() {
        let key = Key::new("http", "h", "/");
        let vary = Vary::of(&headers("vary: accept-encoding"));
        let variant = |epoch, request: &str| key.variant(epoch, &vary, &headers(request));
        // RFC 9111 §4.1: combined lines and whitespace are normalised away.
        let lines = "accept-encoding: gzip\naccept-encoding: br";
        assert_eq!(variant(0, "accept-encoding: gzip , br"), variant(0, lines));
        assert_ne!(variant(0, "accept-encoding: gzip"), variant(0, "accept-encoding: br"));
        assert_ne!(variant(0, ""), variant(1, ""));
        assert_ne!(variant(0, ""), key);
        assert_eq!(variant(0, "").primary(), key.as_str());
    }
}
