//! Sticky sessions: a cookie that names the server, so that a client stays with it.
//!
//! HAProxy's `cookie SERVERID insert` with `dynamic-cookie-key`: the value is a hash of the server's
//! name, so that it says nothing of the network behind, holds whatever the order of the list, and
//! means the same to every balancer with the same seed. Affinity without a cookie is a rule that
//! hashes the client: `maglev:key=client`.
//!
//! ```
//! use dashpot_base::Seed;
//! use dashpot_route::Sticky;
//!
//! let sticky = Sticky::new("SERVERID", Seed(7));
//! let set = sticky.set_cookie("edge-2");
//! assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Lax"));
//! let cookie = format!("theme=dark; {}", set.split(';').next().unwrap());
//! assert_eq!(sticky.read(&cookie), Some(sticky.token("edge-2")));
//! ```

use crate::hash::{hash, mix};
use dashpot_base::Seed;

/// How sessions are held to servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sticky {
    name: String,
    seed: Seed,
}

impl Sticky {
    /// The usual name of the cookie.
    pub const NAME: &'static str = "SERVERID";

    /// Returns sessions that are held by a cookie of this name. Balancers with one seed agree.
    #[must_use]
    pub fn new(name: &str, seed: Seed) -> Self {
        Self { name: name.to_owned(), seed }
    }

    /// Returns the number that stands for a server in cookies.
    #[must_use]
    pub fn token(&self, id: &str) -> u64 {
        self.token_of(hash(id.as_bytes()))
    }

    pub(crate) const fn token_of(&self, hash: u64) -> u64 {
        mix(hash, self.seed.0 ^ 0x5EED)
    }

    /// Returns the `Set-Cookie` header that holds a client to a server for its session.
    #[must_use]
    pub fn set_cookie(&self, id: &str) -> String {
        // RFC 6265 §5.2.5, §5.2.6: no script needs it, and without a lifetime it ends with the
        // browser's session.
        format!("{}={:016x}; Path=/; HttpOnly; SameSite=Lax", self.name, self.token(id))
    }

    /// Returns the number in a `Cookie` header, where there is one; the first, of several.
    #[must_use]
    pub fn read(&self, cookie: &str) -> Option<u64> {
        // RFC 6265 §4.2.1: pairs are parted by a semicolon and a space.
        let mut pairs = cookie.split(';').filter_map(|pair| pair.trim().split_once('='));
        let (_, value) = pairs.find(|(name, _)| *name == self.name)?;
        let is_ours = value.len() == 16 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
        u64::from_str_radix(value, 16).ok().filter(|_| is_ours)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cookie: &str, expected: Option<u64>) {
        assert_eq!(Sticky::new(Sticky::NAME, Seed(1)).read(cookie), expected, "{cookie}");
    }

    #[test]
    fn a_cookie_is_found_among_others_and_nothing_else_is_taken_for_it() {
        check("", None);
        check("SERVERID=00000000000000ff", Some(255));
        check("a=b; SERVERID=00000000000000ff; c", Some(255));
        check("SERVERID=00000000000000ff; SERVERID=0000000000000001", Some(255));
        check("XSERVERID=00000000000000ff", None);
        check("SERVERID=ff", None);
        check("SERVERID=+0000000000000ff", None);
        check("SERVERID=", None);
    }

    #[test]
    fn a_token_depends_on_server_and_seed_alone() {
        let token = |seed, id| Sticky::new("S", Seed(seed)).token(id);
        assert_eq!(token(1, "a"), Sticky::new("T", Seed(1)).token("a"));
        assert_ne!(token(1, "a"), token(1, "b"));
        assert_ne!(token(1, "a"), token(2, "a"));
    }
}
