//! Keys: derived from one secret, or given by name.

use dashpot_bmff::Scheme;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::{collections::BTreeMap, fmt};

/// Names a key; everybody may know it.
pub type KeyId = [u8; 16];

/// A key that samples are encrypted with. It is shown nowhere.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ContentKey(pub [u8; 16]);

impl fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContentKey(..)")
    }
}

/// A key that somebody else made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Its name.
    pub id: KeyId,
    /// The key.
    pub key: ContentKey,
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purpose<'a> {
    /// The asset.
    pub asset: &'a str,
    /// Its content: other content has another key.
    pub fingerprint: u64,
    /// The scheme.
    pub scheme: Scheme,
    /// The period of the key, from 0.
    pub period: u64,
}

/// All keys there are.
#[derive(Clone)]
pub struct Keys {
    secret: [u8; 32],
    /// Those of assets that have given ones, which take turns.
    given: BTreeMap<String, Vec<Given>>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let assets: Vec<_> = self.given.keys().collect();
        f.debug_struct("Keys").field("given", &assets).finish_non_exhaustive()
    }
}

/// Bytes of a key's name that are drawn; the others check them.
const DRAWN: usize = 12;

impl Keys {
    /// Returns the keys that follow from a secret, but for assets that have `given` ones.
    #[must_use]
    pub fn new(secret: [u8; 32], given: BTreeMap<String, Vec<Given>>) -> Self {
        Self { secret, given }
    }

    /// Returns the secret that a text stands for, such as the content of a file.
    #[must_use]
    pub fn secret(text: &[u8]) -> [u8; 32] {
        mac(text, &[b"secret"])
    }

    /// Returns the name of the key for a purpose, and the key.
    #[must_use]
    pub fn key(&self, purpose: &Purpose<'_>) -> (KeyId, ContentKey) {
        if let Some(given) = self.given.get(purpose.asset).filter(|given| !given.is_empty()) {
            let count = u64::try_from(given.len()).unwrap_or(1);
            let at = usize::try_from(purpose.period % count).unwrap_or(0);
            if let Some(given) = given.get(at) {
                return (given.id, given.key);
            }
        }
        let drawn = self.derive(&[
            b"key id",
            purpose.asset.as_bytes(),
            &purpose.fingerprint.to_be_bytes(),
            &purpose.scheme.code().0,
            &purpose.period.to_be_bytes(),
        ]);
        let mut id = [0; 16];
        id[..DRAWN].copy_from_slice(&drawn[..DRAWN]);
        let check = self.check(&id);
        id[DRAWN..].copy_from_slice(&check);
        (id, self.derived(&id))
    }

    /// Returns the key of that name, if it is one of these.
    #[must_use]
    pub fn licence(&self, id: &KeyId) -> Option<ContentKey> {
        let given = self.given.values().flatten().find(|given| given.id == *id);
        if let Some(given) = given {
            return Some(given.key);
        }
        (id[DRAWN..] == self.check(id)).then(|| self.derived(id))
    }

    /// Returns a number that differs with the keys and with what is `told` along with them, and tells
    /// nothing of them.
    #[must_use]
    pub fn fingerprint(&self, told: &[u8]) -> u64 {
        let given = self.given.iter().flat_map(|(asset, given)| {
            let keys = given.iter().flat_map(|given| [given.id, given.key.0].concat());
            asset.bytes().chain([0]).chain(keys)
        });
        let [a, b, c, d, e, f, g, h, ..] =
            self.derive(&[b"fingerprint", &given.collect::<Vec<_>>(), told]);
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }

    /// Returns the one vector of samples that have none of their own.
    #[must_use]
    pub fn constant_iv(id: &KeyId) -> [u8; 16] {
        // It is told to everybody, and need not be secret.
        let [first, _] = halves(mac(id, &[b"constant vector"]));
        first
    }

    /// Returns what the last bytes of a name are, after its first ones: who makes one up, or has one
    /// of another server, is told that there is no such key.
    fn check(&self, id: &KeyId) -> [u8; 4] {
        let [a, b, c, d, ..] = self.derive(&[b"check", &id[..DRAWN]]);
        [a, b, c, d]
    }

    fn derived(&self, id: &KeyId) -> ContentKey {
        let [first, _] = halves(self.derive(&[b"content key", id]));
        ContentKey(first)
    }

    fn derive(&self, parts: &[&[u8]]) -> [u8; 32] {
        mac(&self.secret, parts)
    }
}

/// Returns HMAC-SHA-256 of parts, each with its length, so that no two lists of them are one text.
fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // RFC 2104 §2: keys may have any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] };
    for part in parts {
        mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn halves(bytes: [u8; 32]) -> [[u8; 16]; 2] {
    let mut halves = [[0; 16]; 2];
    halves[0].copy_from_slice(&bytes[..16]);
    halves[1].copy_from_slice(&bytes[16..]);
    halves
}

#[cfg(test)]
mod tests;
