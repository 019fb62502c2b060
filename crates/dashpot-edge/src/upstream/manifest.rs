//! MPDs that point at an upstream, made to point at the edge.

use bytes::BytesMut;
use dashpot_cache::Failure;
use dashpot_mpd::strip_url_prefixes;
use http::{HeaderMap, StatusCode, header};
use tracing::debug;
use url::Url;

use super::{Arriving, NoResponse, next_data, no_response, site::authority_of};

/// Largest MPD that is rewritten, four times the largest that our own parser reads; a larger one
/// passes as it is.
const MPD_BYTES_MAX: usize = 16 << 20;

/// Makes the URLs of upstreams in MPDs into paths.
#[derive(Debug)]
pub(super) struct Rewriter {
    prefixes: Vec<String>,
}

impl Rewriter {
    /// Returns a rewriter for upstreams at `urls`, which are also known as `host`.
    pub(super) fn new(urls: &[&Url], host: Option<&str>) -> Self {
        let mut prefixes = Vec::new();
        for url in urls {
            let path = url.path().trim_end_matches('/');
            for scheme in ["http", "https"] {
                prefixes.push(format!("{scheme}://{}{path}", authority_of(url)));
                if let Some(host) = host {
                    prefixes.push(format!("{scheme}://{host}{path}"));
                }
            }
        }
        Self { prefixes }
    }

    /// Returns `response` with its URLs rewritten where it is an MPD.
    ///
    /// # Errors
    /// Where the MPD breaks off.
    pub(super) async fn rewritten(&self, response: Arriving) -> Result<Arriving, NoResponse> {
        if response.status() != StatusCode::OK || !is_plain_mpd(response.headers()) {
            return Ok(response);
        }
        let (mut head, mut body) = response.into_parts();
        let mut text = BytesMut::new();
        while let Some(data) = next_data(&mut body).await {
            let data = data.map_err(|_| no_response(Failure::Truncated, "the MPD broke off"))?;
            if MPD_BYTES_MAX < text.len() + data.len() {
                let why = format!("the MPD is larger than {MPD_BYTES_MAX} bytes");
                return Err(no_response(Failure::TooLong, &why));
            }
            text.extend_from_slice(&data);
        }
        let text = text.freeze();
        let changed = std::str::from_utf8(&text).ok().and_then(|text| {
            let stripped = strip_url_prefixes(text, &self.prefixes);
            stripped.inspect_err(|error| debug!(%error, "an MPD passes as it is")).ok().flatten()
        });
        let body = match changed {
            None => text.into(),
            Some(changed) => {
                // RFC 9110 §8.8.3: a strong validator would vouch for the origin's bytes.
                weaken(&mut head.headers);
                head.headers.remove("content-md5");
                head.headers.remove("digest");
                head.headers.remove("content-digest");
                head.headers.remove("repr-digest");
                reqwest::Body::from(changed)
            }
        };
        head.headers.remove(header::TRANSFER_ENCODING);
        if let Some(length) = body.as_bytes().map(<[u8]>::len) {
            head.headers.insert(header::CONTENT_LENGTH, length.into());
        }
        Ok(Arriving::from_parts(head, body))
    }
}

fn is_plain_mpd(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    let essence = media_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    essence.eq_ignore_ascii_case(b"application/dash+xml")
        && !headers.contains_key(header::CONTENT_ENCODING)
}

fn weaken(headers: &mut HeaderMap) {
    let Some(tag) = headers.get(header::ETAG) else { return };
    if tag.as_bytes().starts_with(b"\"")
        && let Ok(weak) = header::HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat())
    {
        headers.insert(header::ETAG, weak);
    }
}
