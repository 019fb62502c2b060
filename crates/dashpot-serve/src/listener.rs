//! Listening sockets, and errors that say what to do.

use crate::Tls;
use std::{io, net::SocketAddr};
use tokio::net::{TcpListener, TcpStream};

/// Why a server could not listen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// Another process listens there.
    #[error(
        "cannot listen on {addr}: the address is in use; try another port, or {}:0 for a free one",
        host(*.addr)
    )]
    InUse {
        /// The address asked for.
        addr: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// The operating system does not let this user listen there.
    #[error("cannot listen on {addr}: not permitted; ports below 1024 need privileges")]
    NotPermitted {
        /// The address asked for.
        addr: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// Anything else, such as an address this machine does not have.
    #[error("cannot listen on {addr}")]
    Other {
        /// The address asked for.
        addr: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
}

/// A bound TCP listener; its connections do not wait to fill packets (`TCP_NODELAY`).
#[derive(Debug)]
pub struct Listener {
    inner: TcpListener,
    addr: SocketAddr,
    tls: Option<Tls>,
}

impl Listener {
    /// Listens on `addr`; port 0 takes a free one.
    ///
    /// # Errors
    /// Where the operating system refuses; the message names `addr`.
    pub async fn bind(addr: SocketAddr) -> Result<Self, BindError> {
        let bound = match TcpListener::bind(addr).await {
            Ok(inner) => inner.local_addr().map(|addr| Self { inner, addr, tls: None }),
            Err(source) => Err(source),
        };
        bound.map_err(|source| {
            if source.kind() == io::ErrorKind::AddrInUse {
                BindError::InUse { addr, source }
            } else if source.kind() == io::ErrorKind::PermissionDenied {
                BindError::NotPermitted { addr, source }
            } else {
                BindError::Other { addr, source }
            }
        })
    }

    /// Returns the same listener, its connections met by `tls`.
    #[must_use]
    pub fn with_tls(self, tls: Tls) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// Returns what meets its connections.
    pub(crate) const fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// Returns the address bound, with its real port.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Takes the next connection.
    pub(crate) async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = self.inner.accept().await?;
        // Small responses must not wait for an acknowledgement of the one before.
        stream.set_nodelay(true)?;
        Ok((stream, peer))
    }
}

/// Returns the host of `addr` as it is written before a port.
fn host(addr: SocketAddr) -> String {
    match addr {
        SocketAddr::V4(v4) => v4.ip().to_string(),
        SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error as _;

    #[tokio::test]
    async fn an_address_in_use_is_named_and_another_suggested() {
        let first = Listener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        assert_ne!(first.addr().port(), 0);
        let error = Listener::bind(first.addr()).await.unwrap_err();
        let message = error.to_string();
        assert!(message.contains(&first.addr().to_string()), "{message}");
        assert!(message.contains("127.0.0.1:0"), "{message}");
        assert!(error.source().is_some());
    }

    #[tokio::test]
    async fn an_address_of_another_machine_is_named() {
        let error = Listener::bind("192.0.2.1:0".parse().unwrap()).await.unwrap_err();
        assert!(error.to_string().contains("192.0.2.1:0"), "{error}");
    }
}
