//! The edge's TLS listeners, and their certificates.

use dashpot_serve::{
    Clock, KeyPair, Listener, Metrics, Options, RequestBody, Tls, TlsOptions, TlsStats, serve,
};
use hyper::service::service_fn;
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

/// Binds the addresses of `config`, all with the same certificates.
pub(crate) async fn listen(
    config: &Config,
    tls: Option<&Tls>,
) -> Result<Vec<Listener>, StartError> {
    let mut listeners = Vec::new();
    if let Some(tls) = tls {
        for addr in &config.tls.listen {
            let listener = Listener::bind_with(*addr, &config.front.sockets).await?;
            listeners.push(listener.with_tls(tls.clone()));
        }
    }
    Ok(listeners)
}

/// Serves on `listeners` until the shutdown, and returns once all have drained.
pub(crate) async fn run(listeners: Vec<Listener>, live: Handle, options: Options) {
    let mut tasks = JoinSet::new();
    if let Some(tls) = live.edge().health.tls.clone() {
        tasks.spawn(tls.watch(options.shutdown.clone()));
    }
    for listener in listeners {
        info!(addr = %listener.addr(), "edge serves by TLS");
        let live = live.clone();
        let service_of = move |ends| {
            let live = live.clone();
            service_fn(move |request| live.edge().handle(ends, request.map(RequestBody::from)))
        };
        tasks.spawn(serve(listener, service_of, options.clone()));
    }
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            warn!(%error, "a TLS listener panicked");
        }
    }
}
