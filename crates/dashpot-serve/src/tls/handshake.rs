//! Handshakes over TCP: bounded in number and time.

use super::{Tls, stats::HandshakeFailure};
use std::{io, sync::Arc};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tracing::debug;

/// A TLS connection over TCP.
pub(crate) type TlsConnection = TlsStream<TcpStream>;

impl Tls {
    /// Makes `stream` a TLS connection; `None` where the handshake fails, which is counted.
    pub(crate) async fn accept(&self, stream: TcpStream) -> Option<TlsConnection> {
        let shared = &self.0;
        let acceptor = TlsAcceptor::from(Arc::clone(&shared.tcp));
        let handshake = async {
            // The semaphore is never closed.
            let _slot = shared.handshakes.acquire().await.ok()?;
            Some(acceptor.accept(stream).await)
        };
        let failure = match timeout(shared.handshake_timeout, handshake).await {
            Ok(Some(Ok(connection))) => {
                shared.stats.handshakes.inc();
                return Some(connection);
            }
            Ok(Some(Err(error))) => {
                debug!(%error, "TLS handshake failed");
                failure_of(&error)
            }
            Ok(None) => HandshakeFailure::Other,
            Err(_) => HandshakeFailure::Timeout,
        };
        shared.stats.failed(failure);
        None
    }
}

fn failure_of(error: &io::Error) -> HandshakeFailure {
    use rustls::Error;
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match inner {
        None => HandshakeFailure::Closed,
        Some(Error::InvalidMessage(_)) => HandshakeFailure::NotTls,
        Some(Error::PeerIncompatible(_) | Error::NoApplicationProtocol) => {
            HandshakeFailure::Incompatible
        }
        Some(Error::AlertReceived(_)) => HandshakeFailure::Refused,
        Some(_) => HandshakeFailure::Other,
    }
}
