//! Signatures for object stores (AWS Signature Version 4, in the query).

use dashpot_base::WallTime;
use http::Method;
use jiff::Timestamp;
use url::Url;

use crate::S3;

/// How long a signature lasts, in seconds: longer than a request may wait for its head, and than
/// clocks differ.
const EXPIRES_S: u64 = 300;

/// Signs URLs of an object store.
#[derive(Debug)]
pub(super) struct Signer(S3);

impl Signer {
    pub(super) const fn new(keys: S3) -> Self {
        Self(keys)
    }

    /// Returns `url` with a signature for `method`.
    ///
    /// # Errors
    /// Where the method is not one that reads: an edge never writes to its store.
    pub(super) fn sign(&self, now: WallTime, method: &Method, mut url: Url) -> Result<Url, String> {
        let method = match *method {
            Method::GET => rusty_s3::Method::Get,
            Method::HEAD => rusty_s3::Method::Head,
            _ => return Err(format!("{method} is not signed for the object store")),
        };
        let seconds = i64::try_from(now.unix_seconds()).unwrap_or(i64::MAX);
        let now = Timestamp::from_second(seconds).map_err(|error| error.to_string())?;
        url.set_path(&canonical(url.path()));
        // The client's own parameters mean nothing to a store, and would break the signature.
        let none = std::iter::empty();
        let S3 { region, key_id, secret, token } = &self.0;
        Ok(rusty_s3::signing::sign(
            &now,
            method,
            url,
            key_id,
            secret,
            token.as_deref(),
            region,
            EXPIRES_S,
            none.clone(),
            none,
        ))
    }
}

/// Returns `path` as a store writes it when it checks the signature: whatever is not a letter, a
/// digit or one of `-._~/` is encoded, and nothing else is.
///
/// An encoded slash stays: decoded, it could become a part of `..`.
fn canonical(path: &str) -> String {
    let mut canonical = String::with_capacity(path.len());
    let bytes = path.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let decoded = encoded_at(bytes, at);
        at += if decoded.is_some() { 3 } else { 1 };
        let (byte, was_encoded) = decoded.map_or((byte, false), |decoded| (decoded, true));
        let is_plain = byte.is_ascii_alphanumeric()
            || b"-._~".contains(&byte)
            || (byte == b'/' && !was_encoded);
        if is_plain {
            canonical.push(char::from(byte));
        } else {
            canonical.push('%');
            canonical.extend([byte >> 4, byte & 15].map(|half| char::from(HEX[usize::from(half)])));
        }
    }
    canonical
}

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Returns the byte that is percent-encoded at `at`, if one is (RFC 3986 §2.1).
fn encoded_at(bytes: &[u8], at: usize) -> Option<u8> {
    let [b'%', digits @ ..] = bytes.get(at..at + 3)? else { return None };
    let digits = std::str::from_utf8(digits).ok()?;
    let are_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    are_hex.then(|| u8::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer() -> Signer {
        // The example keys of the AWS documentation of Signature Version 4.
        Signer::new(S3 {
            region: "us-east-1".into(),
            key_id: "AKIAIOSFODNN7EXAMPLE".into(),
            secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
            token: None,
        })
    }

    #[test]
    fn a_path_is_encoded_as_the_store_encodes_it() {
        for (path, expected) in [
            ("/a/1.m4s", "/a/1.m4s"),
            ("/a%20b/%41%7e", "/a%20b/A~"),
            ("/f(1)+x=@:!*'&$,;", "/f%281%29%2Bx%3D%40%3A%21%2A%27%26%24%2C%3B"),
            ("/%e4%2fx", "/%E4%2Fx"),
            ("/100%", "/100%25"),
            ("/%zz%+1", "/%25zz%25%2B1"),
        ] {
            assert_eq!(canonical(path), expected, "{path}");
            assert_eq!(canonical(&canonical(path)), expected, "{path}");
        }
    }

    #[test]
    fn a_read_is_signed_and_a_write_refused() {
        let url = || Url::parse("https://examplebucket.s3.amazonaws.com/test.txt?x=1").unwrap();
        // 2013-05-24T00:00:00Z.
        let now = WallTime::from_unix_seconds(1_369_353_600);
        let signed = signer().sign(now, &Method::GET, url()).unwrap();
        let query: Vec<_> = signed.query_pairs().collect();
        let value = |name: &str| query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_ref());
        assert_eq!(value("X-Amz-Date"), Some("20130524T000000Z"));
        assert_eq!(
            value("X-Amz-Credential"),
            Some("AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request")
        );
        assert_eq!(value("X-Amz-Signature").map(str::len), Some(64));
        assert_eq!(value("x"), None);
        // Another method, another signature.
        assert_ne!(signer().sign(now, &Method::HEAD, url()).unwrap(), signed);
        assert!(signer().sign(now, &Method::PUT, url()).is_err());
        assert!(!format!("{:?}", signer()).contains("wJalr"));
    }
}
