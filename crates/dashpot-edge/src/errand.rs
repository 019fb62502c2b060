//! Requests of the edge's own: they take the way of a client's, and fill the cache.

use std::sync::Arc;

use http::{HeaderMap, Request, StatusCode, Uri, Version};
use http_body_util::BodyExt as _;

use crate::{
    edge::Edge,
    proxy,
    respond::{self, Reply},
};

/// What an errand has fetched.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) bytes: u64,
    /// The first bytes, as many as were to be kept.
    pub(crate) kept: Vec<u8>,
}

/// Why an errand has brought nothing into the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failed {
    /// What was asked for is no URL.
    NotAUrl,
    /// The response's status.
    Status(StatusCode),
    /// It may not be stored, with the edge's own words.
    NotStored(String),
    /// It broke off.
    Truncated,
}

impl Failed {
    /// Returns the reason for people.
    pub(crate) fn to_text(&self) -> String {
        match self {
            Self::NotAUrl => "not a URL".to_owned(),
            Self::Status(status) => format!("status {}", status.as_u16()),
            Self::NotStored(why) => format!("not stored: {why}"),
            Self::Truncated => "broke off".to_owned(),
        }
    }
}

/// Asks for `path_and_query` with `headers` as a client would, so that it is fetched together with
/// whoever else asks, and reads it to its end; its first `keep` bytes are kept.
pub(crate) async fn run(
    edge: &Arc<Edge>,
    path_and_query: &str,
    headers: HeaderMap,
    keep: usize,
) -> Result<Fetched, Failed> {
    let uri: Uri = path_and_query.parse().map_err(|_| Failed::NotAUrl)?;
    let mut request = Request::new(());
    // RFC 9112 §3.2: HTTP/1.0 has no Host; this one has one only where that is part of the key.
    *request.version_mut() = Version::HTTP_10;
    (*request.uri_mut(), *request.headers_mut()) = (uri, headers);
    let (parts, ()) = request.into_parts();
    let Reply { response, .. } = proxy::reply(edge, parts, None).await;
    let status = response.status();
    let told = respond::cache_status(&response).and_then(|told| told.to_str().ok());
    let told = told.unwrap_or_default().to_owned();
    let mut body = response.into_body();
    let mut fetched = Fetched { bytes: 0, kept: Vec::new() };
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Failed::Truncated)?;
        let Ok(data) = frame.into_data() else { continue };
        fetched.bytes += u64::try_from(data.len()).unwrap_or(u64::MAX);
        let room = keep.saturating_sub(fetched.kept.len()).min(data.len());
        fetched.kept.extend_from_slice(&data[..room]);
    }
    if !status.is_success() {
        return Err(Failed::Status(status));
    }
    let is_stored =
        ["; hit", "; stored", "; fwd-status=304"].iter().any(|word| told.contains(word));
    if is_stored { Ok(fetched) } else { Err(Failed::NotStored(told)) }
}
