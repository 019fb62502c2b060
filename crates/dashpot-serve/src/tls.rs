//! TLS towards clients: certificates chosen by name, exchanged while the server runs.

mod certificates;
mod error;
mod handshake;
mod pem;
mod quic;
mod stats;

pub use error::{Subject, TlsError};
pub use stats::TlsStats;

pub(crate) use handshake::TlsConnection;
pub(crate) use quic::QuicHandshake;

use crate::{Clock, Shutdown};
use certificates::Certificates;
use dashpot_base::WallTime;
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    version::{TLS12, TLS13},
};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{select, sync::Semaphore, time::sleep};
use tracing::{debug, error, info, warn};

/// How often the files of the certificates are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Below this many days a certificate's end is near: the usual tools renew a month before it, so that half
/// of that is a renewal that fails.
pub const EXPIRY_NEAR_DAYS: u64 = 14;

/// A certificate chain and its private key, in PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPair {
    /// The chain, the server's own certificate first.
    pub cert: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// The oldest version of TLS to speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsMin {
    /// 1.2, which television sets of the last decade need.
    #[default]
    Tls12,
    /// 1.3 alone.
    Tls13,
}

/// How clients are met.
#[derive(Clone, Debug)]
pub struct TlsOptions {
    /// The certificates; the first one meets clients that name none of the others' names.
    pub pairs: Vec<KeyPair>,
    /// The oldest version to speak.
    pub min: TlsMin,
    /// How long a handshake may take, its wait for a slot included.
    pub handshake_timeout: Duration,
    /// Handshakes at a time; further ones wait. They are what costs a server most.
    pub handshakes_max: usize,
}

impl TlsOptions {
    /// Returns the defaults for these certificates.
    #[must_use]
    pub const fn new(pairs: Vec<KeyPair>) -> Self {
        Self {
            pairs,
            min: TlsMin::Tls12,
            // Four round trips of a slow satellite link and a lost packet.
            handshake_timeout: Duration::from_secs(10),
            // Each is a millisecond of a core with RSA: what waits behind these is late anyway.
            handshakes_max: 512,
        }
    }
}

/// A certificate in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateState {
    /// The first of its names.
    pub name: String,
    /// When it ends.
    pub expires: WallTime,
}

/// What meets clients by TLS; clones share their certificates.
#[derive(Clone, Debug)]
pub struct Tls(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    pairs: Vec<KeyPair>,
    certificates: Arc<Certificates>,
    tcp: Arc<ServerConfig>,
    provider: Arc<CryptoProvider>,
    handshake_timeout: Duration,
    handshakes_max: usize,
    handshakes: Arc<Semaphore>,
    stats: TlsStats,
    clock: Clock,
    /// What the files looked like when they were last read.
    seen: Mutex<Vec<pem::Stamp>>,
}

impl Tls {
    /// Reads the certificates.
    ///
    /// # Errors
    /// Where a file cannot be read, is not what it should be, or a key is not its certificate's.
    pub fn new(options: TlsOptions, stats: TlsStats, clock: Clock) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let seen = pem::stamps(&options.pairs);
        let certificates = Arc::new(Certificates::load(&options.pairs, &provider)?);
        let versions: &[_] = match options.min {
            TlsMin::Tls12 => &[&TLS13, &TLS12],
            TlsMin::Tls13 => &[&TLS13],
        };
        let mut tcp = server_config(&provider, versions, &certificates)?;
        tcp.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let shared = Shared {
            pairs: options.pairs,
            certificates,
            tcp: Arc::new(tcp),
            provider,
            handshake_timeout: options.handshake_timeout,
            handshakes_max: options.handshakes_max,
            handshakes: Arc::new(Semaphore::new(options.handshakes_max)),
            stats,
            clock,
            seen: Mutex::new(seen),
        };
        let this = Self(Arc::new(shared));
        this.tell();
        Ok(this)
    }

    /// Reads the certificates again; connections stay as they are. Where what is there now cannot
    /// be used the old ones stay, which is logged and counted.
    pub fn reload(&self) {
        let Shared { pairs, certificates, provider, stats, .. } = &*self.0;
        let seen = pem::stamps(pairs);
        *self.0.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
        match Certificates::load(pairs, provider) {
            Ok(fresh) => {
                certificates.replace(fresh);
                stats.reloaded.inc();
                info!(certificates = pairs.len(), "certificates read again");
                self.tell();
            }
            Err(error) => {
                stats.reload_failed.inc();
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                error!(%error, cause, "keeping the old certificates");
            }
        }
    }

    /// Returns what is in use.
    #[must_use]
    pub fn certificates(&self) -> Vec<CertificateState> {
        self.0.certificates.states()
    }

    /// Returns what is in use and how many whole days each has left; none of one that has expired.
    #[must_use]
    pub fn days_left(&self) -> Vec<(CertificateState, u64)> {
        let now = self.0.clock.wall();
        let days = |state: &CertificateState| state.expires.since(now).as_secs() / 86_400;
        self.certificates().into_iter().map(|state| (state.clone(), days(&state))).collect()
    }

    /// Reads the certificates again whenever their files change, until `shutdown` begins.
    pub async fn watch(self, shutdown: Shutdown) {
        loop {
            select! {
                () = shutdown.begun() => return,
                () = sleep(LOOK_EVERY) => (),
            }
            let this = self.clone();
            // Files may lie on a disk that hangs.
            let looked = tokio::task::spawn_blocking(move || {
                if this.has_changed() {
                    this.reload();
                }
            });
            if looked.await.is_err() {
                debug!("the look at the certificates was broken off");
            }
        }
    }

    fn has_changed(&self) -> bool {
        let stamps = pem::stamps(&self.0.pairs);
        stamps != *self.0.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Brings the gauges up to date and warns of certificates that end.
    fn tell(&self) {
        let now = self.0.clock.wall();
        self.0.stats.set_expiry(&self.certificates());
        for (CertificateState { name, expires }, days) in self.days_left() {
            if expires <= now {
                warn!(name, "the certificate has expired: browsers and players refuse it");
            } else if days < EXPIRY_NEAR_DAYS {
                warn!(name, days, "the certificate ends soon");
            }
        }
    }
}

fn server_config(
    provider: &Arc<CryptoProvider>,
    versions: &[&'static rustls::SupportedProtocolVersion],
    certificates: &Arc<Certificates>,
) -> Result<ServerConfig, TlsError> {
    let setup = |source| TlsError::Setup { source };
    let resolver: Arc<dyn rustls::server::ResolvesServerCert> =
        Arc::<Certificates>::clone(certificates);
    let mut config = ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(versions)
        .map_err(setup)?
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    // RFC 8446 §2.2: resumption without memory for each client. Its keys change every six hours.
    config.ticketer = ring::Ticketer::new().map_err(setup)?;
    Ok(config)
}

#[cfg(test)]
mod tests;
