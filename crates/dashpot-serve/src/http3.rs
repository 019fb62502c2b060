//! HTTP/3 towards clients, experimental: QUIC by quinn, HTTP by h3, the limits of the other servers.

mod connection;
mod exchange;
mod frames;
mod guard;
mod received;

use crate::{
    BindError, Ends, Options, RequestBody, Tls,
    serve::{drain, until_cut},
};
use bytes::Bytes;
use connection::{Connection, Opened};
use http::{Request, Response};
use http_body::Body;
use hyper::service::Service;
use quinn::{
    Endpoint, EndpointConfig, ServerConfig, TokioRuntime, TransportConfig, VarInt,
    crypto::rustls::QuicServerConfig,
};
use socket2::{Domain, Socket, Type};
use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};
use tokio::select;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::debug;

/// Requests that a client may have under way: as over HTTP/2.
const STREAMS_MAX: u32 = 128;
/// Streams of one direction: control, two of QPACK, and some that mean nothing (RFC 9114 §6.2.3).
const CONTROL_STREAMS_MAX: u32 = 8;
/// What a client may send of one request's body before it is read.
const STREAM_WINDOW_BYTES: u32 = 256 << 10;
/// The same for all streams of a connection.
const CONNECTION_WINDOW_BYTES: u32 = 1 << 20;
/// What is kept of a connection's responses until the client has acknowledged it: 160 Mbit/s at
/// a round trip of 100 ms, and the memory that a client can hold which acknowledges nothing.
const SEND_WINDOW_BYTES: u64 = 2 << 20;
/// First packets that wait for the accept loop; further ones are dropped.
const INCOMING_MAX: usize = 1_024;
/// What the operating system is asked to hold of a socket's datagrams: all clients share one, and
/// its default is a few milliseconds' worth. It gives less where it must.
const SOCKET_BUFFER_BYTES: usize = 4 << 20;

/// A bound UDP socket on which HTTP/3 is to be served.
#[derive(Debug)]
pub struct Http3Listener {
    endpoint: Endpoint,
    tls: Tls,
    addr: SocketAddr,
}

impl Http3Listener {
    /// Listens on the UDP port of `addr`, with the certificates of `tls`; nobody is answered
    /// before [`serve_http3`].
    ///
    /// # Errors
    /// Where the operating system refuses; the message names `addr`.
    #[expect(clippy::unused_async, reason = "needs a runtime's reactor, as an async fn says")]
    pub async fn bind(addr: SocketAddr, tls: Tls) -> Result<Self, BindError> {
        let bound = socket(addr).and_then(|socket| {
            let addr = socket.local_addr()?;
            let config = EndpointConfig::default();
            let endpoint = Endpoint::new(config, None, socket, Arc::new(TokioRuntime))?;
            Ok((endpoint, addr))
        });
        match bound {
            Ok((endpoint, addr)) => Ok(Self { endpoint, tls, addr }),
            Err(source) => Err(BindError::of(addr, source)),
        }
    }

    /// Returns the address bound, with its real port.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }
}

fn socket(addr: SocketAddr) -> io::Result<std::net::UdpSocket> {
    let socket = Socket::new(Domain::for_address(addr), Type::DGRAM, None)?;
    if addr.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    // Smaller buffers lose packets and nothing else.
    socket.set_recv_buffer_size(SOCKET_BUFFER_BYTES).unwrap_or_default();
    socket.set_send_buffer_size(SOCKET_BUFFER_BYTES).unwrap_or_default();
    socket.bind(&addr.into())?;
    Ok(socket.into())
}

/// Returns how connections are met; `None` where TLS cannot be had for QUIC.
fn server_config(tls: &Tls, idle_timeout: Duration) -> Option<ServerConfig> {
    let crypto = tls.for_quic().ok()?;
    let crypto = QuicServerConfig::try_from(crypto).ok()?;
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(STREAMS_MAX.into())
        .max_concurrent_uni_streams(CONTROL_STREAMS_MAX.into())
        .stream_receive_window(STREAM_WINDOW_BYTES.into())
        .receive_window(CONNECTION_WINDOW_BYTES.into())
        .send_window(SEND_WINDOW_BYTES)
        .datagram_receive_buffer_size(None)
        .max_idle_timeout(idle_timeout.try_into().ok());
    let mut config = ServerConfig::with_crypto(Arc::new(crypto));
    config.max_incoming(INCOMING_MAX).transport_config(Arc::new(transport));
    Some(config)
}

/// Serves HTTP/3 on `listener` until the shutdown, then drains, as [`serve`](crate::serve()) does.
///
/// Connections that are one too many are refused; a client then uses TCP.
pub async fn serve_http3<F, S, B>(listener: Http3Listener, service_of: F, options: Options)
where
    F: Fn(Ends) -> S,
    S: Service<Request<RequestBody>, Response = Response<B>, Error: Send> + Send + Sync + 'static,
    S::Future: Send + 'static,
    B: Body<Data = Bytes, Error: Send> + Send + 'static,
{
    let Http3Listener { endpoint, tls, addr } = listener;
    let Some(config) = server_config(&tls, options.limits.idle_timeout) else {
        return debug!("TLS for QUIC is not to be had");
    };
    endpoint.set_server_config(Some(config));
    let room = options.room();
    let (tasks, cut) = (TaskTracker::new(), CancellationToken::new());
    let mut begun = pin!(options.shutdown.begun());
    loop {
        let incoming = select! {
            biased;
            () = &mut begun => break,
            incoming = endpoint.accept() => incoming,
        };
        let Some(incoming) = incoming else { break };
        let peer = canonical(incoming.remote_address());
        let local = SocketAddr::new(incoming.local_ip().unwrap_or(addr.ip()), addr.port());
        let Some(handshake) = tls.begin_quic(incoming) else { continue };
        let Some((slot, counted)) = room.take_now(peer.ip()) else {
            debug!(%peer, "refused: too many connections");
            handshake.refuse();
            continue;
        };
        let opened = Opened { options: options.clone(), peer, tls: tls.clone() };
        let served =
            Connection::run(opened, handshake, service_of(Ends { peer, local, is_secure: true }));
        let open = options.connections.clone();
        tasks.spawn(until_cut(served, peer, cut.clone(), open, (slot, counted)));
    }
    // Packets of new connections are answered with a refusal from here on.
    endpoint.set_server_config(None);
    tasks.close();
    let left = options.drain;
    drain(tasks.wait(), left).await;
    cut.cancel();
    tasks.wait().await;
    endpoint.close(VarInt::from_u32(0), b"");
}

/// Returns `peer` as an IPv4 address where it is one on a socket for both.
fn canonical(peer: SocketAddr) -> SocketAddr {
    SocketAddr::new(peer.ip().to_canonical(), peer.port())
}
