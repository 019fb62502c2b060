//! Listening sockets, and errors that say what to do.

use crate::Tls;
use socket2::{SockRef, TcpKeepalive};
use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

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

impl BindError {
    /// Returns what `source` means for `addr`.
    #[must_use]
    pub fn of(addr: SocketAddr, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::AddrInUse {
            Self::InUse { addr, source }
        } else if source.kind() == io::ErrorKind::PermissionDenied {
            Self::NotPermitted { addr, source }
        } else {
            Self::Other { addr, source }
        }
    }
}

/// What the operating system is to do for sockets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketOptions {
    /// Connections that the operating system takes ahead of the server.
    pub backlog: u32,
    /// The size of a connection's send buffer; `None` leaves it to the operating system, which
    /// follows each connection's bandwidth and delay.
    pub send_buffer_bytes: Option<u32>,
    /// After how long without a packet a client is probed, so that those that have vanished are
    /// noticed; `None` probes nobody.
    pub keepalive: Option<Duration>,
}

impl Default for SocketOptions {
    fn default() -> Self {
        Self {
            // What Linux allows by default (net.core.somaxconn): the viewers of a broadcast come
            // all at once.
            backlog: 4_096,
            send_buffer_bytes: None,
            // The server's own timers notice sooner whatever holds resources.
            keepalive: None,
        }
    }
}

impl SocketOptions {
    fn listen(&self, addr: SocketAddr) -> io::Result<TcpListener> {
        let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // As std does: a restart need not wait for the connections of the run before.
        #[cfg(not(windows))]
        socket.set_reuseaddr(true)?;
        // Connections inherit these, so that none costs a system call more.
        if let Some(bytes) = self.send_buffer_bytes {
            socket.set_send_buffer_size(bytes)?;
        }
        let options = SockRef::from(&socket);
        if addr.is_ipv6() {
            options.set_only_v6(false)?;
        }
        if let Some(time) = self.keepalive {
            options.set_tcp_keepalive(&TcpKeepalive::new().with_time(time))?;
        }
        socket.bind(addr)?;
        socket.listen(self.backlog)
    }
}

/// A bound TCP listener; its connections do not wait to fill packets (`TCP_NODELAY`).
#[derive(Debug)]
pub struct Listener {
    inner: TcpListener,
    addr: SocketAddr,
    tls: Option<Tls>,
}

impl Listener {
    /// Listens on `addr`; port 0 takes a free one, and `[::]` takes IPv4 clients too.
    ///
    /// # Errors
    /// Where the operating system refuses; the message names `addr`.
    pub async fn bind(addr: SocketAddr) -> Result<Self, BindError> {
        Self::bind_with(addr, &SocketOptions::default()).await
    }

    /// The same as [`bind`](Self::bind), with `sockets` for the listener and its connections.
    ///
    /// # Errors
    /// Where the operating system refuses; the message names `addr`.
    #[expect(clippy::unused_async, reason = "needs a runtime's reactor, as an async fn says")]
    pub async fn bind_with(addr: SocketAddr, sockets: &SocketOptions) -> Result<Self, BindError> {
        let bound = sockets.listen(addr).and_then(|inner| {
            let addr = inner.local_addr()?;
            Ok(Self { inner, addr, tls: None })
        });
        bound.map_err(|source| BindError::of(addr, source))
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
    ///
    /// # Errors
    /// Where the operating system gives none, as when it is out of descriptors.
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = self.inner.accept().await?;
        // Small responses must not wait for an acknowledgement of the one before.
        stream.set_nodelay(true)?;
        // A client of IPv4 is called so on a socket for both.
        let peer = match peer.ip().to_canonical() {
            IpAddr::V4(v4) => SocketAddr::from((v4, peer.port())),
            IpAddr::V6(_) => peer,
        };
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
