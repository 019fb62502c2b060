//! A resolver's sockets.

use super::{
    Counters, Resolution, Resolver, Step,
    config::{ResolverConfig, ResolverStartError},
    respond::Query,
    walk::micros,
};
use crate::connections;
use dashpot_serve::{BindError, Clock, LineLog, Listener, Metric, Metrics, Role, Shutdown};
use hickory_proto::op::ResponseCode;
use serde::Serialize;
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UdpSocket},
    sync::Semaphore,
    task::JoinSet,
    time::timeout,
};
use tracing::debug;

/// Walks at a time; what comes beyond is not answered, and asked again by those who care.
const WALKS_MAX: usize = 1_024;

/// How long a client on a connection may take (RFC 7766 §6.2.3).
const CLIENT_PATIENCE: Duration = Duration::from_secs(10);

/// How long walks may go on after the shutdown has begun.
const DRAIN: Duration = Duration::from_millis(800);

/// Free ports tried until one is free for UDP and TCP alike.
const PORTS_TRIED: usize = 32;

/// A resolver that listens, and answers once it is run.
#[derive(Debug)]
pub struct ResolverServer {
    front: Arc<Front>,
    sockets: Vec<(Arc<UdpSocket>, TcpListener, SocketAddr)>,
    http: Option<Listener>,
    metrics: Metrics,
}

/// What all sockets share.
#[derive(Debug)]
struct Front {
    resolver: Resolver,
    clock: Clock,
    log: LineLog<Line>,
    walks: Arc<Semaphore>,
    answered: dashpot_serve::Counter,
}

/// A line of the access log.
#[derive(Debug, Serialize)]
struct Line {
    /// When the question came, by RFC 3339.
    t: String,
    role: &'static str,
    client: SocketAddr,
    transport: &'static str,
    name: String,
    #[serde(rename = "type")]
    kind: String,
    code: String,
    took_us: u64,
    /// `hit`, `miss` or `stale`.
    cache: &'static str,
    /// Questions that were asked of name servers.
    queries: usize,
    secure: bool,
    /// Why there is no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    steps: Vec<Step>,
}

/// Listens.
///
/// # Errors
/// Says which address cannot be had, or why nothing could be resolved.
pub async fn bind_resolver(config: ResolverConfig) -> Result<ResolverServer, ResolverStartError> {
    let (clock, mut metrics) = (Clock::system(), Metrics::new(Role::Dns));
    let counters = Counters { queries: metrics.counter(Metric::UpstreamRequests) };
    let resolver = Resolver::counting(config.resolver, clock.clone(), counters)?;
    let log = LineLog::open(config.access_log, metrics.counter(Metric::AccessLogDropped))?;
    let mut sockets = Vec::new();
    for addr in config.listen {
        sockets.push(sockets_at(addr).await.map_err(|source| BindError::of(addr, source))?);
    }
    let http = match config.http {
        Some(addr) => Some(Listener::bind(addr).await?),
        None => None,
    };
    let answered = metrics.counter(Metric::Requests);
    let walks = Arc::new(Semaphore::new(WALKS_MAX));
    let front = Arc::new(Front { resolver, clock, log, walks, answered });
    Ok(ResolverServer { front, sockets, http, metrics })
}

async fn sockets_at(addr: SocketAddr) -> io::Result<(Arc<UdpSocket>, TcpListener, SocketAddr)> {
    for _ in 1..PORTS_TRIED {
        match try_sockets_at(addr).await {
            Err(error) if addr.port() == 0 && error.kind() == io::ErrorKind::AddrInUse => (),
            bound => return bound,
        }
    }
    try_sockets_at(addr).await
}

async fn try_sockets_at(addr: SocketAddr) -> io::Result<(Arc<UdpSocket>, TcpListener, SocketAddr)> {
    let tcp = TcpListener::bind(addr).await?;
    let addr = tcp.local_addr()?;
    Ok((Arc::new(UdpSocket::bind(addr).await?), tcp, addr))
}

impl ResolverServer {
    /// Returns its addresses, with their real ports, in the order of the configuration.
    pub fn addrs(&self) -> impl Iterator<Item = SocketAddr> {
        self.sockets.iter().map(|(.., addr)| *addr)
    }

    /// Returns where it is watched, with its real port.
    #[must_use]
    pub fn http_addr(&self) -> Option<SocketAddr> {
        self.http.as_ref().map(Listener::addr)
    }

    /// Returns the resolver, which can be asked without a socket as well.
    #[must_use]
    pub fn resolver(&self) -> Resolver {
        self.front.resolver.clone()
    }

    /// Answers until the shutdown, then lets walks come to their end.
    pub async fn run(self, shutdown: Shutdown) {
        let mut tasks = JoinSet::new();
        for (udp, tcp, _) in self.sockets {
            tasks.spawn(datagrams(udp, Arc::clone(&self.front), shutdown.clone()));
            let front = Arc::clone(&self.front);
            tasks.spawn(connections::each(
                Arc::new(tcp),
                shutdown.clone(),
                move |stream, client| {
                    let front = Arc::clone(&front);
                    async move { serve(stream, client, &front).await }
                },
            ));
        }
        if let Some(listener) = self.http {
            let (metrics, clock) = (self.metrics, self.front.clock.clone());
            tasks.spawn(crate::server::watch(listener, metrics, clock, shutdown.clone()));
        }
        shutdown.begun().await;
        let drained = async { while tasks.join_next().await.is_some() {} };
        if timeout(DRAIN, drained).await.is_err() {
            debug!("walks that did not end in time are cut");
        }
    }
}

async fn datagrams(socket: Arc<UdpSocket>, front: Arc<Front>, shutdown: Shutdown) {
    let mut buffer = vec![0; usize::from(u16::MAX)];
    let mut walks = JoinSet::new();
    loop {
        let received = tokio::select! {
            biased;
            () = shutdown.begun() => break,
            received = socket.recv_from(&mut buffer) => received,
        };
        while walks.try_join_next().is_some() {}
        // A client that is gone says so; it is nobody else's concern.
        let Ok((length, client)) = received else { continue };
        let bytes = buffer.get(..length).unwrap_or_default();
        let Some(query) = front.read(bytes, client) else { continue };
        if let Some(answer) = front.at_once(&query, client, "udp") {
            send(&socket, &answer, client).await;
            continue;
        }
        let Ok(permit) = Arc::clone(&front.walks).try_acquire_owned() else { continue };
        let (socket, front) = (Arc::clone(&socket), Arc::clone(&front));
        walks.spawn(async move {
            let answer = front.answer(&query, client, "udp").await;
            send(&socket, &answer, client).await;
            drop(permit);
        });
    }
    while walks.join_next().await.is_some() {}
}

async fn send(socket: &UdpSocket, answer: &[u8], client: SocketAddr) {
    if let Err(error) = socket.send_to(answer, client).await {
        debug!(%error, %client, "an answer cannot be sent");
    }
}

async fn serve(mut stream: TcpStream, client: SocketAddr, front: &Front) -> io::Result<()> {
    stream.set_nodelay(true)?;
    loop {
        let message = match timeout(CLIENT_PATIENCE, read(&mut stream)).await {
            Ok(read) => read?,
            Err(_) => return Ok(()),
        };
        let Some(message) = message else { return Ok(()) };
        // RFC 7766 §6.2.4: what is no query ends the connection.
        let Some(query) = front.read(&message, client) else { return Ok(()) };
        let answer = match front.at_once(&query, client, "tcp") {
            Some(answer) => answer,
            None => front.answer(&query, client, "tcp").await,
        };
        let length = u16::try_from(answer.len()).map_err(|_| io::ErrorKind::InvalidData)?;
        let whole = [&length.to_be_bytes(), answer.as_slice()].concat();
        match timeout(CLIENT_PATIENCE, stream.write_all(&whole)).await {
            Ok(written) => written?,
            Err(_) => return Ok(()),
        }
    }
}

/// Reads a message and the length before it; none where the client has ended instead.
async fn read(stream: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let length = match stream.read_u16().await {
        Ok(length) => length,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut message = vec![0; usize::from(length)];
    stream.read_exact(&mut message).await?;
    Ok(Some(message))
}

impl Front {
    fn read(&self, bytes: &[u8], client: SocketAddr) -> Option<Query> {
        Query::read(bytes, client.ip(), self.resolver.config().subnet)
    }

    /// Returns the answer for which nobody has to be asked.
    fn at_once(
        &self,
        query: &Query,
        client: SocketAddr,
        transport: &'static str,
    ) -> Option<Vec<u8>> {
        let began = self.clock.mono();
        let asked = match &query.asked {
            Ok(asked) => asked,
            Err(code) => return Some(query.refuse(*code)),
        };
        let Some(resolution) = self.resolver.cached(asked) else {
            // RFC 1034 §4.3.1: who does not want others to be asked gets what there is.
            return (!query.is_recursive()).then(|| query.refuse(ResponseCode::Refused));
        };
        let answer = self.encode(query, &resolution, transport);
        self.seen(query, &resolution, (client, transport), began);
        Some(answer)
    }

    async fn answer(&self, query: &Query, client: SocketAddr, transport: &'static str) -> Vec<u8> {
        let began = self.clock.mono();
        let Ok(asked) = &query.asked else { return query.refuse(ResponseCode::ServFail) };
        let resolution = self.resolver.resolve(asked).await;
        let answer = self.encode(query, &resolution, transport);
        self.seen(query, &resolution, (client, transport), began);
        answer
    }

    fn encode(&self, query: &Query, resolution: &Resolution, transport: &str) -> Vec<u8> {
        let limit = query.limit(transport == "udp");
        query.respond(resolution, limit, self.resolver.config().tells)
    }

    fn seen(
        &self,
        query: &Query,
        resolution: &Resolution,
        (client, transport): (SocketAddr, &'static str),
        began: dashpot_base::MonoTime,
    ) {
        self.answered.inc();
        let Ok(asked) = &query.asked else { return };
        self.log.write(|| Line {
            t: dashpot_http::date::print_rfc3339(self.clock.wall()),
            role: "resolver",
            client,
            transport,
            name: asked.name.to_ascii(),
            kind: asked.kind.to_string(),
            code: resolution.code.to_str().to_owned(),
            took_us: micros(self.clock.mono().since(began)),
            cache: match resolution {
                Resolution { is_stale: true, .. } => "stale",
                Resolution { is_cached: true, .. } => "hit",
                Resolution { .. } => "miss",
            },
            queries: resolution.queries(),
            secure: resolution.is_secure,
            why: resolution.fault.as_ref().map(|(_, why)| why.clone()),
            steps: resolution.steps.clone(),
        });
    }
}
