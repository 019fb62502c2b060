//! URLs that open a path for a time: who holds one may pass it on, but cannot make another.
//!
//! What is signed is a scope, one path or all below a folder, so that one signature opens an MPD and
//! every segment it names. It comes with a request in one of three forms: as parameters of the query
//! (`dp-exp`, `dp-key`, `dp-sig`, `dp-scope`, `dp-ip`), as the first segment of the path
//! (`/~dp.…/vod/…`), which relative URLs inherit, or as a cookie (`dp-token`).

mod path;
mod token;

use dashpot_base::WallTime;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, HeaderValue, header};
use path::leads_elsewhere;
use sha2::Sha256;
use std::{borrow::Cow, fmt, net::IpAddr, time::Duration};
pub use token::Form;
use token::{Found, Token};

/// The shortest secret: half of what the hash puts out, beyond which guessing is hopeless.
pub const SECRET_BYTES_MIN: usize = 16;

/// A secret and the name by which URLs call it.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    id: String,
    secret: Vec<u8>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Key {
    /// Returns a key; `None` where `id` is not of letters, digits, `-` and `_`, or `secret` is
    /// shorter than [`SECRET_BYTES_MIN`].
    #[must_use]
    pub fn new(id: &str, secret: Vec<u8>) -> Option<Self> {
        let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let is_named = !id.is_empty() && id.bytes().all(is_fine);
        (is_named && SECRET_BYTES_MIN <= secret.len()).then(|| Self { id: id.to_owned(), secret })
    }

    /// Returns the path, the query or the cookie that opens what `grant` says, for `path` within
    /// its scope.
    #[must_use]
    pub fn sign(&self, grant: &Grant, form: Form, path: &str) -> String {
        let signature = self.mac(grant).finalize().into_bytes();
        token::print(grant, &self.id, &signature, form, path)
    }

    /// The message has one line a fact, and no fact can hold the end of a line: a path has none.
    fn mac(&self, grant: &Grant) -> Hmac<Sha256> {
        let client = grant.client.map(|ip| ip.to_canonical().to_string()).unwrap_or_default();
        let message =
            format!("dashpot-url-1\n{}\n{}\n{client}\n{}", self.id, grant.expires, grant.scope);
        // HMAC takes keys of every length (RFC 2104 §3).
        let mac = Hmac::<Sha256>::new_from_slice(&self.secret);
        let mut mac = mac.unwrap_or_else(|_| Hmac::<Sha256>::new(&Default::default()));
        mac.update(message.as_bytes());
        mac
    }
}

/// What a signature opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// A path, or all below it where it ends with a slash.
    pub scope: String,
    /// Until when, in seconds since 1970.
    pub expires: u64,
    /// For whom; `None` is anybody.
    pub client: Option<IpAddr>,
}

impl Grant {
    fn covers(&self, path: &str) -> bool {
        if self.scope.ends_with('/') { path.starts_with(&self.scope) } else { path == self.scope }
    }
}

/// Why a request may not have what it asks for. No more is told than its sender knows, so that
/// nobody learns how near a forgery came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// It shows nothing.
    Unsigned,
    /// What it shows does not open the path, for whatever reason.
    Invalid,
    /// It shows what did open the path.
    Expired,
}

impl Denied {
    /// Returns the word that tells it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::Invalid => "invalid",
            Self::Expired => "expired",
        }
    }
}

/// The keys that open paths.
#[derive(Clone, Debug)]
pub struct Lock {
    /// The keys; several while one replaces another.
    pub keys: Vec<Key>,
    /// How long after its end a grant still counts, for clocks that disagree.
    pub skew: Duration,
}

/// Returns `path_and_query` without what a signed URL shows: for logs and pages, where a signature
/// would let any reader in.
#[must_use]
pub fn without_token(path_and_query: &str) -> Cow<'_, str> {
    let Found { token, path, query } = token::find(path_and_query, None);
    match (token, query) {
        (None, _) => Cow::Borrowed(path_and_query),
        (Some(_), None) => Cow::Borrowed(path),
        (Some(_), Some(query)) => Cow::Owned(format!("{path}?{query}")),
    }
}

impl Lock {
    /// Checks a request for `path_and_query`, and returns the path and query that it is for,
    /// without what it shows; the cookie is taken out of `headers`.
    ///
    /// # Errors
    /// Why it may not have it.
    pub fn open(
        &self,
        now: WallTime,
        client: IpAddr,
        path_and_query: &str,
        headers: &mut HeaderMap,
    ) -> Result<String, Denied> {
        let cookie = take_cookie(headers);
        let Found { token, path, query } = token::find(path_and_query, cookie.as_deref());
        let token = match token {
            None => return Err(Denied::Unsigned),
            Some(Err(())) => return Err(Denied::Invalid),
            Some(Ok(token)) => token,
        };
        if leads_elsewhere(path) {
            return Err(Denied::Invalid);
        }
        self.check(now, client, path, &token)?;
        Ok(match query {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        })
    }

    fn check(
        &self,
        now: WallTime,
        client: IpAddr,
        path: &str,
        token: &Token,
    ) -> Result<(), Denied> {
        let grant = Grant {
            scope: token.scope.clone(),
            expires: token.expires,
            client: token.is_for_client.then_some(client),
        };
        let key = self.keys.iter().find(|key| key.id == token.key).ok_or(Denied::Invalid)?;
        // In constant time, says the `hmac` crate.
        key.mac(&grant).verify_slice(&token.signature).map_err(|_| Denied::Invalid)?;
        if !grant.covers(path) {
            return Err(Denied::Invalid);
        }
        let until = grant.expires.saturating_add(self.skew.as_secs());
        if until < now.unix_seconds() { Err(Denied::Expired) } else { Ok(()) }
    }
}

/// Takes the token's cookie out of `headers`, and returns its value.
fn take_cookie(headers: &mut HeaderMap) -> Option<String> {
    let is_there = headers
        .get_all(header::COOKIE)
        .iter()
        .any(|line| line.as_bytes().windows(token::COOKIE.len()).any(|at| at == token::COOKIE));
    if !is_there {
        return None;
    }
    let lines: Vec<_> = headers.get_all(header::COOKIE).iter().cloned().collect();
    headers.remove(header::COOKIE);
    let mut value = None;
    for line in lines {
        // Cookies are ASCII (RFC 6265 §4.1.1); a line that is not is not the token's.
        let Ok(text) = line.to_str() else {
            headers.append(header::COOKIE, line);
            continue;
        };
        let (ours, others): (Vec<_>, Vec<_>) = text
            .split(';')
            .map(str::trim)
            .partition(|pair| pair.as_bytes().starts_with(token::COOKIE));
        value = value.or_else(|| ours.first().map(|pair| pair[token::COOKIE.len()..].to_owned()));
        if let (false, Ok(rest)) = (others.is_empty(), HeaderValue::try_from(others.join("; "))) {
            headers.append(header::COOKIE, rest);
        }
    }
    value
}

#[cfg(test)]
mod tests;
