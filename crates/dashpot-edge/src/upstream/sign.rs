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
    pub(super) fn sign(&self, now: WallTime, method: &Method, url: Url) -> Result<Url, String> {
        let method = match *method {
            Method::GET => rusty_s3::Method::Get,
            Method::HEAD => rusty_s3::Method::Head,
            _ => return Err(format!("{method} is not signed for the object store")),
        };
        let seconds = i64::try_from(now.unix_seconds()).unwrap_or(i64::MAX);
        let now = Timestamp::from_second(seconds).map_err(|error| error.to_string())?;
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
