//! The life of one connection.

use crate::{
    Config, ProxyIn, ProxyOut, Record,
    backend::Backend,
    choices::Choices,
    pool::{Ask, Picked, Pool},
    relay::{End, Ended, Relay},
    stats::Stats,
};
use dashpot_http::proxy_protocol::{Ends, Transport, Who, write};
use dashpot_route::{Choice, Failure, flows::Flow};
use dashpot_serve::{Clock, read_proxied};
use socket2::SockRef;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{io::AsyncWriteExt as _, net::TcpStream, select, time::timeout};
use tokio_util::sync::CancellationToken;
use tracing::debug;

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) pool: Pool,
    pub(crate) relay: Relay,
    pub(crate) choices: Choices,
    pub(crate) stats: Arc<Stats>,
}

/// A backend that has been connected to.
struct Connected<'a> {
    held: Held<'a>,
    stream: TcpStream,
}

/// A place at a backend, until it is dropped: then the pool is told how it went.
struct Held<'a> {
    pool: &'a Pool,
    backend: Arc<Backend>,
    /// How long the connection took to be made, or not to be.
    took: Duration,
    failure: Option<Failure>,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.pool.ended(&self.backend, self.took, self.failure);
    }
}

impl Shared {
    /// Serves a connection to its end, or until it is `cut`.
    pub(crate) async fn serve(
        &self,
        mut client: TcpStream,
        peer: SocketAddr,
        cut: CancellationToken,
    ) {
        self.stats.taken();
        self.stats.connections.inc();
        let ended = select! {
            biased;
            ended = self.connect_and_relay(&mut client, peer) => ended,
            () = cut.cancelled() => Err("drain"),
        };
        if let Err(reason) = ended {
            debug!(%peer, reason, "connection reset");
            self.stats.cut(reason);
            reset(&client);
        }
        self.stats.connections.dec();
    }

    async fn connect_and_relay(
        &self,
        client: &mut TcpStream,
        peer: SocketAddr,
    ) -> Result<(), &'static str> {
        let flow = self.flow(client, peer).await?;
        let Some(Connected { mut held, stream: mut server }) = self.connect(&flow).await else {
            return Err("no-backend");
        };
        let counts = &held.backend.counts;
        counts.opened.inc();
        let ended = if self.greet(&mut server, &flow).await {
            self.relay.run(client, &mut server, counts).await
        } else {
            Ended { end: End::Backend, down_bytes: 0 }
        };
        if ended.end == End::Done {
            return Ok(());
        }
        // Closed, it would look as if what came so far were all.
        reset(&server);
        if ended == (Ended { end: End::Backend, down_bytes: 0 }) {
            // It was there, and would not talk.
            held.failure = Some(Failure::Closed);
        }
        Err(ended.end.as_str())
    }

    /// Returns who is connected to whom, as far as those in front tell.
    async fn flow(&self, client: &mut TcpStream, peer: SocketAddr) -> Result<Flow, &'static str> {
        let local = client.local_addr().map_err(|_| "client")?;
        let own = Flow { source: peer, destination: plain(local) };
        let ProxyIn::From(networks) = &self.config.proxy_in else { return Ok(own) };
        if !networks.iter().any(|network| network.contains(&peer.ip())) {
            return Err("not-trusted");
        }
        match read_proxied(client).await {
            Ok(Who::Client(ends)) => {
                Ok(Flow { source: ends.source, destination: ends.destination })
            }
            Ok(Who::Itself) => Ok(own),
            Err(error) => {
                debug!(%peer, %error, "refused");
                Err("no-proxy-header")
            }
        }
    }

    /// Connects to a backend; where one cannot be connected to, to another.
    async fn connect(&self, flow: &Flow) -> Option<Connected<'_>> {
        let mut tried: Vec<Arc<Backend>> = Vec::new();
        loop {
            let ask = Ask { flow, tried: &tried, is_traced: self.choices.is_on() };
            let Some(Picked { backend, choice }) = self.pool.choose(&ask) else {
                self.note(flow, None, &tried);
                return None;
            };
            let (pool, took) = (&self.pool, Duration::ZERO);
            let mut held = Held { pool, backend, took, failure: None };
            let began = self.clock.mono();
            let addr = held.backend.spec.addr;
            let made = timeout(self.config.connect_timeout, TcpStream::connect(addr)).await;
            held.took = self.clock.mono().since(began);
            let failure = match made {
                Ok(Ok(stream)) => {
                    // Small messages must not wait for an acknowledgement of the one before; it
                    // fails for a socket that has gone already, which relaying will find.
                    stream.set_nodelay(true).unwrap_or_default();
                    self.note(flow, Some((&held, choice)), &tried);
                    return Some(Connected { held, stream });
                }
                Ok(Err(_)) => Failure::Connect,
                Err(_) => Failure::Timeout,
            };
            held.failure = Some(failure);
            debug!(%flow, backend = held.backend.spec.name, %failure, "cannot connect");
            self.note(flow, Some((&held, choice)), &tried);
            if tried.len() == self.config.redispatch_max || !self.pool.may_retry() {
                return None;
            }
            tried.push(Arc::clone(&held.backend));
            self.stats.redispatches.inc();
        }
    }

    /// Tells a backend who the client is, where it wants to know.
    async fn greet(&self, server: &mut TcpStream, flow: &Flow) -> bool {
        match self.config.proxy_out {
            ProxyOut::Off => true,
            ProxyOut::V2 => {
                let ends = Ends { source: flow.source, destination: flow.destination };
                let header = write(Who::Client(ends), Transport::Stream);
                // It is the first thing that is written: the socket has room.
                server.write_all(&header).await.is_ok()
            }
        }
    }

    fn note(
        &self,
        flow: &Flow,
        picked: Option<(&Held<'_>, Option<Choice>)>,
        tried: &[Arc<Backend>],
    ) {
        if !self.choices.is_on() {
            return;
        }
        let (held, choice) = picked.unzip();
        let micros = |took: Duration| u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.choices.note(Record {
            t_ms: self.clock.mono().nanos() / 1_000_000,
            node: "balance",
            kind: "connection",
            client: flow.source,
            to: flow.destination,
            backend: held.map(|it| it.backend.spec.name.clone()),
            failure: held.and_then(|it| it.failure),
            tried: tried.iter().map(|it| it.spec.name.clone()).collect(),
            connect_us: held.map(|it| micros(it.took)),
            choice: choice.flatten(),
        });
    }
}

/// Returns an IPv4 address that a socket for both shows as IPv6 as what it is.
fn plain(addr: SocketAddr) -> SocketAddr {
    SocketAddr::new(addr.ip().to_canonical(), addr.port())
}

/// Has a connection end with a reset when it is dropped.
fn reset(stream: &TcpStream) {
    // It fails only for a socket that has gone already.
    SockRef::from(stream).set_linger(Some(Duration::ZERO)).unwrap_or_default();
}
