//! The upstreams and how requests are sent to them.

use std::path::PathBuf;

use dashpot_route::Prefer;
use http::{HeaderName, HeaderValue};
use url::Url;

/// The upstreams and how requests are sent to them.
#[derive(Clone, Debug)]
pub struct Behind {
    /// Further upstreams with the same content as the origin, each with its own path prefix.
    pub others: Vec<Url>,
    /// In which order upstreams that work are asked.
    pub prefer: Prefer,
    /// Whether a `GET` or `HEAD` that failed on one upstream is tried on another, once and within
    /// the retry budget.
    pub retry: bool,
    /// The name to ask for (`Host`, `:authority`, and the TLS server name) in place of those in the
    /// URLs, to which the connections still go.
    pub host: Option<String>,
    /// The version of HTTP to speak.
    pub http: UpstreamHttp,
    /// Files of certificates (PEM) to trust in place of the system's.
    pub ca: Vec<PathBuf>,
    /// Fields to send with each request, in place of the client's of the same name.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Keys to sign requests to an object store with.
    pub s3: Option<S3>,
    /// Whether absolute URLs in MPDs that point at an upstream become paths, so that players come
    /// back to the edge.
    pub rewrite_mpd_urls: bool,
    /// Idle connections kept to each upstream.
    pub idle_connections_max: usize,
}

/// The version of HTTP spoken to upstreams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UpstreamHttp {
    /// HTTP/2 where TLS negotiates it, else HTTP/1.1.
    #[default]
    Negotiated,
    /// HTTP/1.1 only.
    Http1,
    /// HTTP/2 only, also without TLS (prior knowledge, RFC 9113 §3.3).
    Http2,
}

/// What signs requests to an object store (AWS Signature Version 4).
#[derive(Clone)]
pub struct S3 {
    /// The region, such as `eu-central-1`.
    pub region: String,
    /// The access key's id.
    pub key_id: String,
    /// The access key.
    pub secret: String,
    /// The session's token, where the key is a temporary one.
    pub token: Option<String>,
}

impl std::fmt::Debug for S3 {
    /// Leaves the secrets out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("S3")
            .field("region", &self.region)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

impl Default for Behind {
    fn default() -> Self {
        Self {
            others: Vec::new(),
            prefer: Prefer::default(),
            retry: true,
            host: None,
            http: UpstreamHttp::default(),
            ca: Vec::new(),
            headers: Vec::new(),
            s3: None,
            rewrite_mpd_urls: false,
            // As many as a busy edge has fills at once; each costs the upstream a descriptor.
            idle_connections_max: 64,
        }
    }
}
