//! The sockets of one address: UDP, one for each processor, and TCP on the same port.

use super::{Group, tcp, udp};
use dashpot_serve::{BindError, Shutdown};
use socket2::{Domain, Protocol, Socket, Type};
use std::{
    io,
    net::{SocketAddr, UdpSocket as StdUdpSocket},
    sync::Arc,
    thread,
};
use tokio::{
    net::{TcpListener, UdpSocket},
    task::JoinSet,
};

/// UDP sockets to an address at most: more processors than this are not kept busy by queries.
const UDP_MAX: usize = 8;

/// Free ports tried until one is free for UDP and TCP alike.
const PORTS_TRIED: usize = 32;

/// Bytes of queries that may wait in a socket: some ten thousand, so that a burst is not lost.
const RECEIVE_BYTES: usize = 1 << 20;

/// What listens on one address.
#[derive(Debug)]
pub(crate) struct Sockets {
    addr: SocketAddr,
    udp: Vec<Arc<UdpSocket>>,
    tcp: Arc<TcpListener>,
}

impl Sockets {
    /// Listens on `addr`; port 0 takes one that is free for both.
    pub(crate) async fn bind(addr: SocketAddr) -> Result<Self, BindError> {
        for _ in 1..PORTS_TRIED {
            match Self::try_bind(addr).await {
                Err(error) if addr.port() == 0 && error.kind() == io::ErrorKind::AddrInUse => (),
                bound => return bound.map_err(|source| BindError::of(addr, source)),
            }
        }
        Self::try_bind(addr).await.map_err(|source| BindError::of(addr, source))
    }

    async fn try_bind(addr: SocketAddr) -> io::Result<Self> {
        // First TCP, which tells when another server is there: sockets for UDP are shared.
        let tcp = TcpListener::bind(addr).await?;
        let addr = tcp.local_addr()?;
        let count = thread::available_parallelism().map_or(1, usize::from).min(UDP_MAX);
        let udp: io::Result<Vec<_>> = (0..count).map(|_| udp_socket(addr, count)).collect();
        Ok(Self { addr, udp: udp?, tcp: Arc::new(tcp) })
    }

    pub(crate) const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Answers on all of them until the shutdown.
    pub(crate) fn spawn(&self, group: &Arc<Group>, shutdown: &Shutdown, tasks: &mut JoinSet<()>) {
        for socket in &self.udp {
            tasks.spawn(udp::run(Arc::clone(socket), Arc::clone(group), shutdown.clone()));
        }
        tasks.spawn(tcp::run(Arc::clone(&self.tcp), Arc::clone(group), shutdown.clone()));
    }
}

/// Returns one of `count` sockets among which the operating system divides an address's clients.
fn udp_socket(addr: SocketAddr, count: usize) -> io::Result<Arc<UdpSocket>> {
    let socket = Socket::new(Domain::for_address(addr), Type::DGRAM, Some(Protocol::UDP))?;
    #[cfg(unix)]
    socket.set_reuse_port(1 < count)?;
    // What the operating system allows of it is enough.
    socket.set_recv_buffer_size(RECEIVE_BYTES).unwrap_or_default();
    if addr.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    Ok(Arc::new(UdpSocket::from_std(StdUdpSocket::from(socket))?))
}
