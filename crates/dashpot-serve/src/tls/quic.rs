//! Handshakes over QUIC: bounded in number and time together with those over TCP.

use super::{Tls, TlsError, server_config, stats::HandshakeFailure};
use quinn::{ConnectionError, Incoming};
use rustls::{ServerConfig, version::TLS13};
use std::sync::Arc;
use tokio::{sync::OwnedSemaphorePermit, time::timeout};
use tracing::debug;

/// A handshake that has its slot.
#[derive(Debug)]
pub(crate) struct QuicHandshake {
    incoming: Incoming,
    slot: OwnedSemaphorePermit,
}

impl QuicHandshake {
    /// Refuses the connection, which the client learns at once.
    pub(crate) fn refuse(self) {
        self.incoming.refuse();
    }
}

impl Tls {
    /// Returns what QUIC speaks: the same certificates by TLS 1.3.
    pub(crate) fn for_quic(&self) -> Result<ServerConfig, TlsError> {
        let mut config = server_config(&self.0.provider, &[&TLS13], &self.0.certificates)?;
        config.alpn_protocols = vec![b"h3".to_vec()];
        Ok(config)
    }

    /// Gives `incoming` a slot; where there is none, or the client has to show first that its
    /// address is its own, it is told so.
    pub(crate) fn begin_quic(&self, incoming: Incoming) -> Option<QuicHandshake> {
        let handshakes = &self.0.handshakes;
        // RFC 9000 §8.1.2: a round trip more, which those with forged addresses do not get to.
        // It costs this side no memory.
        let is_busy = handshakes.available_permits() <= self.0.handshakes_max / 2;
        if is_busy && !incoming.remote_address_validated() && incoming.may_retry() {
            if let Err(error) = incoming.retry() {
                debug!(%error, "a client cannot be asked to show its address");
            }
            return None;
        }
        let Ok(slot) = Arc::clone(handshakes).try_acquire_owned() else {
            incoming.refuse();
            return None;
        };
        Some(QuicHandshake { incoming, slot })
    }

    /// Finishes a handshake; `None` where it fails, which is counted.
    pub(crate) async fn finish_quic(&self, handshake: QuicHandshake) -> Option<quinn::Connection> {
        let QuicHandshake { incoming, slot } = handshake;
        let made = timeout(self.0.handshake_timeout, incoming.into_future()).await;
        drop(slot);
        let failure = match made {
            Ok(Ok(connection)) => {
                self.0.stats.handshakes.inc();
                return Some(connection);
            }
            Ok(Err(error)) => {
                debug!(%error, "QUIC handshake failed");
                failure_of(&error)
            }
            Err(_) => HandshakeFailure::Timeout,
        };
        self.0.stats.failed(failure);
        None
    }
}

fn failure_of(error: &ConnectionError) -> HandshakeFailure {
    match error {
        ConnectionError::TimedOut => HandshakeFailure::Timeout,
        ConnectionError::VersionMismatch => HandshakeFailure::Incompatible,
        ConnectionError::ConnectionClosed(_) => HandshakeFailure::Refused,
        ConnectionError::ApplicationClosed(_) | ConnectionError::Reset => HandshakeFailure::Closed,
        ConnectionError::TransportError(_)
        | ConnectionError::LocallyClosed
        | ConnectionError::CidsExhausted => HandshakeFailure::Other,
    }
}
