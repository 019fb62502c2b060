//! The edge's TLS listeners, and their certificates.

use std::{convert::Infallible, net::SocketAddr};

use dashpot_serve::{
    BindError, Clock, Http3Listener, KeyPair, Listener, Metrics, Options, RequestBody,
    SocketOptions, Tls, TlsOptions, TlsStats, serve, serve_http3,
};
use http::{HeaderValue, Request, header};
use hyper::{body::Incoming, service::service_fn};
use tokio::task::JoinSet;
use tracing::{info, warn};

use crate::{Config, StartError, config, live::Handle};

/// Reads the certificates; `None` where TLS is off.
pub(crate) fn certificates(
    config: &config::Tls,
    metrics: &mut Metrics,
    clock: Clock,
) -> Result<Option<Tls>, StartError> {
    if config.certs.len() != config.keys.len() {
        return Err(StartError::TlsPairs { certs: config.certs.len(), keys: config.keys.len() });
    }
    if config.listen.is_empty() {
        return if config.certs.is_empty() { Ok(None) } else { Err(StartError::TlsListen) };
    }
    let pairs = config.certs.iter().zip(&config.keys);
    let pairs = pairs.map(|(cert, key)| KeyPair { cert: cert.clone(), key: key.clone() }).collect();
    let options = TlsOptions { min: config.min, ..TlsOptions::new(pairs) };
    Ok(Some(Tls::new(options, TlsStats::new(metrics), clock)?))
}

/// What is bound for TLS.
#[derive(Debug)]
pub(crate) struct Listeners {
    tcp: Vec<Listener>,
    quic: Vec<Http3Listener>,
}

impl Listeners {
    /// Returns the addresses, with their real ports.
    pub(crate) fn addrs(&self) -> Vec<SocketAddr> {
        self.tcp.iter().map(Listener::addr).collect()
    }
}

/// Binds the addresses of `config`, all with the same certificates.
pub(crate) async fn listen(config: &Config, tls: Option<&Tls>) -> Result<Listeners, StartError> {
    let mut listeners = Listeners { tcp: Vec::new(), quic: Vec::new() };
    let Some(tls) = tls else { return Ok(listeners) };
    for addr in &config.tls.listen {
        let listener = if config.tls.http3 {
            let (listener, quic) = both(*addr, &config.front.sockets, tls).await?;
            listeners.quic.push(quic);
            listener
        } else {
            Listener::bind_with(*addr, &config.front.sockets).await?
        };
        listeners.tcp.push(listener.with_tls(tls.clone()));
    }
    Ok(listeners)
}

/// Binds the TCP and the UDP port of the same number.
async fn both(
    addr: SocketAddr,
    sockets: &SocketOptions,
    tls: &Tls,
) -> Result<(Listener, Http3Listener), StartError> {
    /// A free port of TCP may be taken in UDP, by some client mostly; that this is so of as many in
    /// a row takes a machine without free ports.
    const FREE_PORTS_MAX: usize = 16;
    let mut tried = 0;
    loop {
        let listener = Listener::bind_with(addr, sockets).await?;
        tried += 1;
        match Http3Listener::bind(listener.addr(), tls.clone()).await {
            Ok(quic) => return Ok((listener, quic)),
            Err(BindError::InUse { .. }) if addr.port() == 0 && tried < FREE_PORTS_MAX => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Serves on `listeners` until the shutdown, and returns once all have drained.
pub(crate) async fn run(listeners: Listeners, live: Handle, options: Options) {
    let mut tasks = JoinSet::new();
    if let Some(tls) = live.edge().health.tls.clone() {
        tasks.spawn(tls.watch(options.shutdown.clone()));
    }
    let speaks_http3 = !listeners.quic.is_empty();
    for listener in listeners.tcp {
        info!(addr = %listener.addr(), "edge serves by TLS");
        let live = live.clone();
        if speaks_http3 {
            tasks.spawn(serve_telling_of_http3(listener, live, options.clone()));
            continue;
        }
        let service_of = move |ends| {
            let live = live.clone();
            service_fn(move |request| live.edge().handle(ends, request.map(RequestBody::from)))
        };
        tasks.spawn(serve(listener, service_of, options.clone()));
    }
    for listener in listeners.quic {
        info!(addr = %listener.addr(), "edge serves HTTP/3, which is experimental");
        let live = live.clone();
        let service_of = move |ends| {
            let live = live.clone();
            service_fn(move |request| live.edge().handle(ends, request))
        };
        tasks.spawn(serve_http3(listener, service_of, options.clone()));
    }
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            warn!(%error, "a TLS listener panicked");
        }
    }
}

/// Serves by TCP, and says in each response that HTTP/3 is to be had (RFC 7838 §3).
async fn serve_telling_of_http3(listener: Listener, live: Handle, options: Options) {
    let told = format!("h3=\":{}\"; ma=86400", listener.addr().port());
    let told = HeaderValue::try_from(told).ok();
    let service_of = move |ends| {
        let (live, told) = (live.clone(), told.clone());
        service_fn(move |request: Request<Incoming>| {
            let answered = live.edge().handle(ends, request.map(RequestBody::from));
            let told = told.clone();
            async move {
                let mut response = answered.await?;
                if let Some(told) = told {
                    response.headers_mut().insert(header::ALT_SVC, told);
                }
                Ok::<_, Infallible>(response)
            }
        })
    };
    serve(listener, service_of, options).await;
}
