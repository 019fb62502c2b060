//! What an edge is to do, and why it could not.

mod admin;
mod behind;
mod fill;
mod front;
mod keys;
mod load;
mod ops;
mod policy;
mod tiers;
mod tls;

use std::{io, net::SocketAddr, path::PathBuf, time::Duration};

use dashpot_base::ByteSize;
use dashpot_serve::{AccessLogError, BindError, LogTo, TlsError};
use url::Url;

use crate::{AdminError, PurgeLogError};

pub use admin::{Admin, Setting};
pub use behind::{Behind, S3, UpstreamHttp};
pub use fill::{Fill, Prefetch};
pub use front::{Cors, Front};
pub use keys::Keys;
pub use load::Load;
pub use ops::Ops;
pub use policy::Policy;
pub use tiers::{DiskEviction, DiskTier, Tiers};
pub use tls::Tls;

/// Who leaves the memory tier when it is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Eviction {
    /// The least recently used.
    #[default]
    Lru,
    /// The least frequently used, with an admission sketch before an LRU list.
    TinyLfu,
}

/// Whether viewers can have links of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lab {
    /// There are no viewers' links.
    #[default]
    Off,
    /// Anyone can make a viewer and set its rate, latency and loss.
    On,
}

/// What an edge is to do.
#[derive(Clone, Debug)]
pub struct Config {
    /// The origin, `http` or `https`, with a path prefix where there is one.
    pub origin: Url,
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// What the edge calls itself: `dashpot-{name}` in `Via` and `Cache-Status`.
    pub name: String,
    /// The memory that stored responses may take.
    pub cache_mem: ByteSize,
    /// Who leaves the memory tier when it is full.
    pub eviction: Eviction,
    /// The largest body that is stored; larger ones pass through. Half of `cache_mem` at most.
    pub object_max: ByteSize,
    /// The largest body of a request.
    pub request_body_max: ByteSize,
    /// Whether viewers can have links of their own.
    pub lab: Lab,
    /// How long a connection to the origin may take to be made.
    pub connect_timeout: Duration,
    /// How long the origin may take to send a response head.
    pub head_timeout: Duration,
    /// How long the origin may pause within a body.
    pub idle_timeout: Duration,
    /// Where a line for each request goes.
    pub access_log: LogTo,
    /// How long responses in flight may take once the shutdown has begun.
    pub drain: Duration,
    /// Caching policy: what the operator adds to, or takes from, what the origin says.
    pub policy: Policy,
    /// Which requests are for the same resource.
    pub keys: Keys,
    /// The tiers behind the memory tier, and who leaves and enters each.
    pub tiers: Tiers,
    /// How bodies are fetched, and fetched on.
    pub fill: Fill,
    /// What clients may take, and what they must show.
    pub front: Front,
    /// HTTPS, HTTP/2 and HTTP/3 towards clients.
    pub tls: Tls,
    /// The upstreams and how requests are sent to them.
    pub behind: Behind,
    /// The operator's listener: purge, prefill, reload.
    pub admin: Admin,
    /// Logs, metrics and what is told to those behind and in front.
    pub ops: Ops,
    /// What the edge can do, which its load is told by.
    pub load: Load,
}

impl Config {
    /// Returns the defaults of an edge in front of `origin` that listens on `listen`.
    #[must_use]
    pub fn new(origin: Url, listen: SocketAddr) -> Self {
        Self {
            origin,
            listen,
            name: "edge".to_owned(),
            cache_mem: ByteSize::from_mib(512),
            eviction: Eviction::default(),
            // A minute of the highest rung in one file; what is larger is a download, not a
            // segment, and would push hundreds of segments out.
            object_max: ByteSize::from_mib(64),
            // Uploads are not what an edge is for; a manifest or a report fits.
            request_body_max: ByteSize::from_mib(64),
            lab: Lab::Off,
            // Three packets lost on the way still connect; a dead origin is told within a segment.
            connect_timeout: Duration::from_secs(5),
            // A long poll for a live segment is answered well within it.
            head_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(30),
            access_log: LogTo::Off,
            drain: Duration::from_millis(800),
            policy: Policy::default(),
            keys: Keys::default(),
            tiers: Tiers::default(),
            fill: Fill::default(),
            front: Front::default(),
            tls: Tls::default(),
            behind: Behind::default(),
            admin: Admin::default(),
            ops: Ops::default(),
            load: Load::default(),
        }
    }

    /// Returns what the edge calls itself towards others.
    pub(crate) fn cache_name(&self) -> String {
        format!("dashpot-{}", self.name)
    }
}

/// Why an edge could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The origin's URL is not one that an edge can be put in front of.
    #[error(
        "cannot use `{origin}` as origin: give an http:// or https:// URL with a host and without user, \
         query or fragment, such as http://127.0.0.1:8080"
    )]
    Origin {
        /// The URL.
        origin: Url,
    },
    /// The name cannot stand in a header field.
    #[error(
        "cannot use `{name}` as name: give letters, digits, `-`, `_` and `.` only, such as `edge-1`"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// The memory tier cannot hold anything.
    #[error("cannot cache within {cache_mem}: give at least 1MiB, such as --cache-mem 512MiB")]
    CacheMem {
        /// The memory given.
        cache_mem: ByteSize,
    },
    /// An origin of pages cannot stand in a header field.
    #[error("cannot share with `{origin}`: give an origin such as https://player.example")]
    Cors {
        /// What was given.
        origin: String,
    },
    /// The disk tier's directory cannot be used.
    #[error(
        "cannot cache in {}: give a directory that this user may write to with --cache-disk", dir.display()
    )]
    Disk {
        /// The directory.
        dir: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Another process caches in the same directory.
    #[error(
        "cannot cache in {}: another process does; give each its own --cache-disk", dir.display()
    )]
    DiskLocked {
        /// The directory.
        dir: PathBuf,
    },
    /// The disk tier cannot hold anything.
    #[error(
        "cannot cache within {size} on disk: give at least 1MiB, such as --cache-disk-size 100GiB"
    )]
    DiskSize {
        /// The size given.
        size: ByteSize,
    },
    /// The HTTP client cannot be made, mostly for want of root certificates.
    #[error(
        "cannot make the client for the origin; for an https origin this machine needs CA certificates"
    )]
    Client {
        /// What the client said.
        source: reqwest::Error,
    },
    /// A file of certificates cannot be read.
    #[error("cannot read the certificates in `{}`", path.display())]
    OriginCaRead {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file has no certificates.
    #[error(
        "cannot find a certificate in `{}`: give a PEM file of at most 1 MiB with BEGIN CERTIFICATE in it",
        path.display()
    )]
    OriginCa {
        /// The file.
        path: PathBuf,
    },
    /// The name to ask the origin for is none.
    #[error(
        "cannot ask the origin for `{host}`: give a DNS name without a port to --origin-host, such as media.example.com"
    )]
    OriginHost {
        /// The name.
        host: String,
    },
    /// The certificates cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Not each certificate has its key.
    #[error(
        "cannot pair {certs} --tls-cert with {keys} --tls-key: give one key for each certificate, in \
         the same order"
    )]
    TlsPairs {
        /// Certificates given.
        certs: usize,
        /// Keys given.
        keys: usize,
    },
    /// There are certificates and nowhere to show them.
    #[error("cannot use --tls-cert without an address: give --tls-listen, such as 0.0.0.0:443")]
    TlsListen,
    /// The operating system has no randomness to give.
    #[error("cannot draw random bytes: {reason}")]
    Random {
        /// What it said.
        reason: String,
    },
    /// The address cannot be listened on.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The operator's listener cannot be opened.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The purges cannot be kept.
    #[error(transparent)]
    PurgeLog(#[from] PurgeLogError),
    /// The access log cannot be written.
    #[error(transparent)]
    AccessLog(#[from] AccessLogError),
}

/// Why a running edge ended before its shutdown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {}
