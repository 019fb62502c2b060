//! The accept loop: bounded, drained, then cut.

mod clients;
mod connection;
mod framed;
mod http2;
mod pace;
mod refused;
mod refusing;
mod reset;
mod room;
mod stream;
mod transport;

use crate::{Counter, Ends, Family, Gauge, Listener, Shutdown};
use bytes::Bytes;
use connection::Connection;
pub(crate) use connection::{Activity, to_origin_form};
use http::{Request, Response};
use http_body::Body;
pub(crate) use http2::{join_cookies, rested};
use hyper::{body::Incoming, service::Service};
pub use refused::Refusals;
use refused::Refused;
pub use reset::ConnectionReset;
use room::{Room, Slots};
use std::{
    net::SocketAddr,
    num::NonZeroUsize,
    pin::pin,
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::{net::TcpStream, select, sync::OwnedSemaphorePermit, time::sleep};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{debug, warn};

/// Any error, as the services of a server return it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What one client, or all of them, may take of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Open connections; further ones wait in the operating system's backlog.
    pub connections_max: usize,
    /// Open connections of one client (an IPv4 address, a /64 network of IPv6); further ones are
    /// answered 429 and closed. `None` counts nothing.
    pub connections_per_client_max: Option<NonZeroUsize>,
    /// How long a request head may take from its first byte (or a connection's first from its
    /// start), so that dripping clients cannot hold connections.
    pub header_read_timeout: Duration,
    /// How long a kept-alive connection may rest between requests.
    pub idle_timeout: Duration,
    /// How long the body of a request may pause.
    pub body_timeout: Duration,
    /// How long a client may take nothing of a response that is ready for it; to twice as long
    /// where it took some just before.
    pub write_stall_timeout: Duration,
    /// The size of a request head; a larger one is answered 431.
    pub header_bytes_max: usize,
    /// The size of a request target; a larger one is answered 414.
    pub target_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // Two descriptors each (client, origin) stay far below the usual hard limit of 2^20.
            connections_max: 16_384,
            // Whole offices and mobile networks come from one address.
            connections_per_client_max: None,
            // Varnish's value; a head fits a packet or two, so only the hostile need longer.
            header_read_timeout: Duration::from_secs(5),
            // Longer than any segment, so that a player with a full buffer keeps its connection.
            idle_timeout: Duration::from_secs(75),
            // A mobile hand-over takes less; what players send is small.
            body_timeout: Duration::from_secs(30),
            // Longer than a mobile hand-over; shorter would cut viewers that come back.
            write_stall_timeout: Duration::from_secs(60),
            // Twice what browsers send with every cookie they may keep.
            header_bytes_max: 32 << 10,
            // RFC 9112 §3 asks for 8,000; signatures and CMCD take a few hundred.
            target_bytes_max: 8 << 10,
        }
    }
}

/// How a server runs and ends.
#[derive(Clone, Debug)]
pub struct Options {
    /// What clients may take.
    pub limits: Limits,
    /// What ends the server.
    pub shutdown: Shutdown,
    /// How long responses in flight may take once the shutdown has begun; then they are cut.
    pub drain: Duration,
    /// Follows the number of open connections.
    pub connections: Gauge,
    /// Counts connections by the protocol spoken.
    pub protocols: Family<Vec<(&'static str, &'static str)>, Counter>,
    /// Where requests are noted that are refused before they are any.
    pub refusals: Refusals,
    /// The room that the servers share which run with clones of these options.
    room: Arc<OnceLock<Arc<Room>>>,
}

impl Options {
    /// Returns default limits, ended by `shutdown`, drained for 800 ms so that an interrupt ends
    /// the program within a second.
    #[must_use]
    pub fn new(shutdown: Shutdown) -> Self {
        Self {
            limits: Limits::default(),
            shutdown,
            drain: Duration::from_millis(800),
            connections: Gauge::default(),
            protocols: Family::default(),
            refusals: Refusals::default(),
            room: Arc::default(),
        }
    }

    /// Returns the room for connections, made by the limits at the first call.
    pub(crate) fn room(&self) -> Arc<Room> {
        Arc::clone(self.room.get_or_init(|| Arc::new(Room::new(&self.limits))))
    }
}

/// Serves HTTP/1.1 and HTTP/2 on `listener` until the shutdown, then drains.
///
/// HTTP/2 is spoken by agreement on a TLS listener, and by prior knowledge on a plain one.
///
/// `service_of` makes the service of one connection from its two addresses; axum routers go
/// through [`TowerToHyperService`](crate::TowerToHyperService). Once the shutdown has begun no
/// connection is taken, idle ones are closed, and responses in flight have `options.drain` left.
pub async fn serve<F, S, B>(listener: Listener, service_of: F, options: Options)
where
    F: Fn(Ends) -> S,
    S: Service<Request<Incoming>, Response = Response<B>, Error: Into<BoxError>> + Send + 'static,
    S::Future: Send + 'static,
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let room = options.room();
    let mut slots = Slots::new(Arc::clone(&room));
    let (tasks, cut) = (TaskTracker::new(), CancellationToken::new());
    let mut begun = pin!(options.shutdown.begun());
    loop {
        let accepted = select! {
            biased;
            () = &mut begun => break,
            accepted = accept(&listener, &mut slots) => accepted,
        };
        let Some((stream, peer, slot)) = accepted else { continue };
        let Some(counted) = room.clients.count(peer.ip()) else {
            debug!(%peer, "refused: its client has too many connections");
            options.refusals.note(peer, Refused::TooManyConnections);
            // Nothing has been written: the socket has room, or the client has gone.
            if listener.tls().is_none() {
                stream.try_write(clients::TOO_MANY).ok();
            }
            continue;
        };
        let connection = Connection {
            limits: options.limits,
            shutdown: options.shutdown.clone(),
            peer,
            protocols: options.protocols.clone(),
            refusals: options.refusals.clone(),
        };
        let (tls, streams) = (listener.tls().cloned(), tasks.clone());
        // It fails only for a socket that has gone already.
        let local = stream.local_addr().unwrap_or(listener.addr());
        let ends = Ends { peer, local, is_secure: tls.is_some() };
        let served = connection.run(stream, tls, service_of(ends), streams);
        let open = options.connections.clone();
        tasks.spawn(until_cut(served, peer, cut.clone(), open, (slot, counted)));
    }
    // The port is free for a successor while the last responses drain.
    drop(listener);
    tasks.close();
    drain(tasks.wait(), options.drain).await;
    cut.cancel();
    tasks.wait().await;
}

/// Counts a connection as open and returns what serves it: until it is `served` or `cut`, in the
/// `places` that it takes up.
pub(crate) fn until_cut(
    served: impl Future<Output = ()>,
    peer: SocketAddr,
    cut: CancellationToken,
    open: Gauge,
    places: impl Send,
) -> impl Future<Output = ()> {
    open.inc();
    async move {
        select! {
            () = served => (),
            () = cut.cancelled() => debug!(%peer, "cut at the drain deadline"),
        }
        open.dec();
        drop(places);
    }
}

pub(crate) async fn drain(all_ended: impl Future<Output = ()>, deadline: Duration) {
    select! {
        () = all_ended => (),
        () = sleep(deadline) => debug!("drain deadline reached"),
    }
}

/// Waits for a free slot, then for a connection; `None` where the accept failed.
async fn accept(
    listener: &Listener,
    slots: &mut Slots,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let slot = slots.take().await?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, slot)),
        Err(error) => {
            warn!(%error, "could not accept a connection");
            // Out of descriptors, mostly: without a pause the loop would spin until one is free.
            sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

#[cfg(test)]
mod tests;
