//! One upstream: its address, its client, its signature.

use std::{fs, net::SocketAddr, time::Duration};

use dashpot_base::WallTime;
use http::{HeaderMap, Method};
use reqwest::{
    Certificate,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect,
};
use tokio::net::lookup_host;
use url::Url;

use super::{Arriving, sign::Signer};
use crate::{Config, StartError, UpstreamHttp};

/// How long an idle connection is kept; shorter than the 75 s that servers commonly allow, so that
/// the edge closes first and does not write into a closing connection.
const IDLE_CONNECTION_FOR: Duration = Duration::from_secs(60);
/// Largest file of certificates that is read; the whole Web's roots take a quarter of it.
const CA_BYTES_MAX: u64 = 1 << 20;

/// One upstream.
#[derive(Debug)]
pub(super) struct Site {
    client: reqwest::Client,
    /// Its URL without a slash at its end, with the name that is asked for.
    base: String,
    /// `scheme://host:port` as it is connected to, for people.
    pub(super) name: String,
    signer: Option<Signer>,
}

impl Site {
    /// Makes the client; nothing is connected.
    pub(super) fn new(config: &Config, url: &Url) -> Result<Self, StartError> {
        check(url)?;
        let behind = &config.behind;
        let mut builder = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(config.connect_timeout)
            // No read timeout: the client's own counts the readers' pauses as the origin's. Flights
            // and bodies that pass have timers of their own.
            .pool_max_idle_per_host(behind.idle_connections_max)
            .pool_idle_timeout(IDLE_CONNECTION_FOR)
            .tcp_nodelay(true);
        builder = match behind.http {
            UpstreamHttp::Negotiated => builder,
            UpstreamHttp::Http1 => builder.http1_only(),
            UpstreamHttp::Http2 => builder.http2_prior_knowledge(),
        };
        // reqwest takes the process's provider; it may have been set by another server in here.
        rustls::crypto::ring::default_provider().install_default().unwrap_or_default();
        if url.scheme() == "http" {
            // No certificate will be looked at, so that a machine without any can still serve.
            builder = builder.tls_certs_only([]);
        } else if !behind.ca.is_empty() {
            builder = builder.tls_certs_only(trusted(config)?);
        }
        let mut asked = url.clone();
        if let Some(host) = &behind.host {
            let bad = || StartError::OriginHost { host: host.clone() };
            // A port would be dropped without a word.
            if host.contains([':', '/', '@']) {
                return Err(bad());
            }
            asked.set_host(Some(host)).map_err(|_| bad())?;
            let connected = url.host_str().unwrap_or_default();
            builder = builder.dns_resolver(Always(bare(connected).to_owned()));
            if asked.domain().is_none() {
                // A resolver is not asked for an address.
                return Err(bad());
            }
        }
        let client = builder.build().map_err(|source| StartError::Client { source })?;
        Ok(Self {
            client,
            base: asked.as_str().trim_end_matches('/').to_owned(),
            name: format!("{}://{}", url.scheme(), authority_of(url)),
            signer: behind.s3.clone().map(Signer::new),
        })
    }

    /// Returns the request for `path_and_query` here.
    pub(super) fn request(
        &self,
        now: WallTime,
        method: Method,
        path_and_query: &str,
        headers: HeaderMap,
    ) -> Result<reqwest::Request, String> {
        let url = format!("{}{path_and_query}", self.base);
        let mut url = Url::parse(&url).map_err(|error| format!("{path_and_query}: {error}"))?;
        if let Some(signer) = &self.signer {
            url = signer.sign(now, &method, url)?;
        }
        let mut request = reqwest::Request::new(method, url);
        *request.headers_mut() = headers;
        Ok(request)
    }

    /// Returns whether requests are signed for an object store.
    pub(super) const fn is_signed(&self) -> bool {
        self.signer.is_some()
    }

    pub(super) async fn send(&self, request: reqwest::Request) -> Result<Arriving, reqwest::Error> {
        self.client.execute(request).await.map(Arriving::from)
    }
}

fn check(url: &Url) -> Result<(), StartError> {
    let is_plain = url.query().is_none() && url.fragment().is_none();
    let has_user = !url.username().is_empty() || url.password().is_some();
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !is_plain || has_user {
        return Err(StartError::Origin { origin: url.clone() });
    }
    Ok(())
}

fn trusted(config: &Config) -> Result<Vec<Certificate>, StartError> {
    let mut all = Vec::new();
    for path in &config.behind.ca {
        let unreadable = |source| StartError::OriginCaRead { path: path.clone(), source };
        let size = fs::metadata(path).map_err(unreadable)?.len();
        let bytes =
            if size <= CA_BYTES_MAX { fs::read(path).map_err(unreadable)? } else { Vec::new() };
        let certificates = Certificate::from_pem_bundle(&bytes).unwrap_or_default();
        if certificates.is_empty() {
            return Err(StartError::OriginCa { path: path.clone() });
        }
        all.extend(certificates);
    }
    Ok(all)
}

/// Returns the host and, where it is not the scheme's own, the port of `url`.
pub(crate) fn authority_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Returns a host without the brackets that an IPv6 address has in URLs.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// Resolves every name to the addresses of one host.
#[derive(Debug)]
struct Always(String);

impl Resolve for Always {
    fn resolve(&self, _: Name) -> Resolving {
        let host = self.0.clone();
        Box::pin(async move {
            // Port 0 stands for that of the URL.
            let found: Vec<SocketAddr> = lookup_host((host.as_str(), 0)).await?.collect();
            let found: Addrs = Box::new(found.into_iter());
            Ok(found)
        })
    }
}
