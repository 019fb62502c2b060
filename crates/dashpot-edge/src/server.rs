//! The server: check the configuration, bind, serve.

use std::{net::SocketAddr, sync::Arc};

use dashpot_base::{ByteSize, Seed};
use dashpot_cache::Limits;
use dashpot_serve::{
    AccessLog, Clock, Health, Listener, Metric, Metrics, Options, Role, Shutdown, serve,
};
use hyper::service::service_fn;
use tracing::info;

use crate::{
    Config, Lab, RunError, StartError,
    edge::Edge,
    flights::Flights,
    lab::Viewers,
    naming::Naming,
    respond,
    stats::Stats,
    store::Store,
    upstream::{Upstream, authority_of},
};

/// An edge that is bound and ready to run.
#[derive(Debug)]
pub struct Server {
    listener: Listener,
    edge: Edge,
    config: Config,
}

/// Checks `config` and binds its address; nothing is served before [`Server::run`].
///
/// # Errors
/// Where the configuration cannot work or the address is not to be had; the message says what to
/// do.
pub async fn bind(config: Config) -> Result<Server, StartError> {
    check(&config)?;
    let clock = Clock::system();
    let upstream = Upstream::new(&config, clock.clone())?;
    let mut metrics = Metrics::new(Role::Edge);
    let stats = Stats::new(&mut metrics);
    let dropped = metrics.counter(Metric::AccessLogDropped);
    let to = config.access_log.clone();
    let access_log =
        AccessLog::open(to, config.ops.access_log_format, Role::Edge, clock.clone(), dropped)?;
    let health = Health {
        role: Role::Edge,
        version: env!("CARGO_PKG_VERSION"),
        clock: clock.clone(),
        // `run` sets the one that ends the server.
        shutdown: Shutdown::new(),
    };
    let viewers = match config.lab {
        Lab::Off => None,
        Lab::On => Some(Viewers::default()),
    };
    let edge = Edge {
        name: config.cache_name(),
        via: respond::via(&config.cache_name()),
        store: Store::new(config.cache_mem, config.eviction, stats.evictions.clone()),
        cache_mem: config.cache_mem,
        flights: Flights::new(config.fill.fills_max, random_seed()?),
        flight_limits: Limits {
            head_timeout: config.head_timeout,
            idle_timeout: config.idle_timeout,
            object_bytes_max: object_bytes_max(&config),
            resumes_max: config.fill.resumes_max,
        },
        rules: config.policy.rules(),
        outage: <_>::default(),
        request_body_max: config.request_body_max.bytes(),
        upstream,
        naming: Naming::new(
            config.keys.clone(),
            config.origin.scheme(),
            &authority_of(&config.origin),
        ),
        keeps_tags: config.admin.keep_tags,
        clock,
        stats,
        metrics,
        health,
        access_log,
        viewers,
        boundary: crate::lab::random_id()?,
    };
    if let Some(path) = &config.admin.purge_log {
        edge.store.purging.open(path)?;
    }
    let listener = Listener::bind(config.listen).await?;
    Ok(Server { listener, edge, config })
}

impl Server {
    /// Returns the address bound, with its real port.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.listener.addr()
    }

    /// Serves until `shutdown` begins, and returns once the responses in flight have drained.
    ///
    /// # Errors
    /// None at present.
    pub async fn run(mut self, shutdown: Shutdown) -> Result<(), RunError> {
        self.edge.health.shutdown = shutdown.clone();
        let mut options = Options::new(shutdown);
        options.drain = self.config.drain;
        options.connections = self.edge.stats.connections.clone();
        info!(addr = %self.listener.addr(), origin = %self.config.origin, "edge serves");
        let edge = Arc::new(self.edge);
        let service_of = move |client| {
            let edge = Arc::clone(&edge);
            service_fn(move |request| Arc::clone(&edge).handle(client, request))
        };
        serve(self.listener, service_of, options).await;
        Ok(())
    }
}

/// Returns what makes the waits of this edge differ from those of its neighbours.
fn random_seed() -> Result<Seed, StartError> {
    let random = getrandom::u64();
    random.map(Seed).map_err(|error| StartError::Random { reason: error.to_string() })
}

fn check(config: &Config) -> Result<(), StartError> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if config.name.is_empty() || !config.name.bytes().all(is_token) {
        return Err(StartError::Name { name: config.name.clone() });
    }
    if config.cache_mem < ByteSize::from_mib(1) {
        return Err(StartError::CacheMem { cache_mem: config.cache_mem });
    }
    Ok(())
}

/// The largest body to store: never so large that one object empties the store, and always one
/// that the store's 32-bit weights can weigh.
fn object_bytes_max(config: &Config) -> u64 {
    const WEIGHT_MAX: u64 = 1 << 31;
    config.object_max.bytes().min(config.cache_mem.bytes() / 2).min(WEIGHT_MAX)
}

#[cfg(test)]
mod tests;
