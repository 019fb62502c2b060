//! The server: check the configuration, bind, serve.

use std::{future, net::SocketAddr, sync::Arc, time::Duration};

use dashpot_base::{ByteSize, Seed};
use dashpot_cache::Limits;
use dashpot_serve::{
    AccessLog, Clock, Health, Listener, Metric, Metrics, Options, RequestBody, Role, Shutdown,
    serve,
};
use hyper::service::service_fn;
use tokio::sync::Notify;
use tracing::info;

use crate::{
    Config, Lab, RunError, StartError,
    admin::{Access, Service},
    blocks,
    disk::{Counters, Disk},
    edge::{Edge, Shared},
    flights::Flights,
    gate::Gate,
    lab::Viewers,
    live::Handle,
    load::{self, Loaded, Teller},
    naming::Naming,
    obsolete::SiteNames,
    prefetch::Prefetching,
    respond, secure,
    stats::Stats,
    store::Store,
    upstream::{Upstream, authority_of},
};

/// An edge that is bound and ready to run.
#[derive(Debug)]
pub struct Server {
    listener: Listener,
    admin: Option<(Listener, Access)>,
    secure: secure::Listeners,
    handle: Handle,
    drain: Duration,
    shutdown: Shutdown,
}

/// Checks `config` and binds its address; nothing is served before [`Server::run`].
///
/// # Errors
/// Where the configuration cannot work or the address is not to be had; the message says what to
/// do.
pub async fn bind(config: Config) -> Result<Server, StartError> {
    check(&config)?;
    let shutdown = Shutdown::new();
    let shared = Arc::new(share(&config, shutdown.clone())?);
    // What outlives the process must not outlive its purges.
    let beside_files = config.tiers.disk.as_ref().map(|disk| disk.dir.join("purges"));
    if let Some(path) = config.admin.purge_log.clone().or(beside_files) {
        let newest = shared.store.disk().and_then(|disk| disk.newest_epoch());
        shared.store.purging.open(&path, newest)?;
        // What was purged before, or is for want of a log, takes room until it is looked at.
        if newest.is_some_and(|newest| newest < shared.store.purging.epoch()) {
            crate::store::reclaim(&shared);
        }
    }
    let handle = Handle::new(configure(&config, shared)?, config);
    let config = handle.config();
    let listener = Listener::bind_with(config.listen, &config.front.sockets).await?;
    let admin = match config.admin.listen {
        Some(addr) => {
            let access = Access::new(&config.admin, addr)?;
            Some((Listener::bind(addr).await?, access))
        }
        None => None,
    };
    let secure = secure::listen(&config, handle.edge().health.tls.as_ref()).await?;
    Ok(Server { listener, secure, admin, drain: config.drain, handle, shutdown })
}

/// Makes what outlives a reload.
pub(crate) fn share(config: &Config, shutdown: Shutdown) -> Result<Shared, StartError> {
    let clock = Clock::system();
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
        shutdown,
        tls: secure::certificates(&config.tls, &mut metrics, clock.clone())?,
    };
    let viewers = match config.lab {
        Lab::Off => None,
        Lab::On => Some(Viewers::default()),
    };
    let disk = match &config.tiers.disk {
        None => None,
        Some(disk) => Some(Disk::open(disk, clock.clone(), Counters::new(&mut metrics))?),
    };
    Ok(Shared {
        store: Store::new(config.cache_mem, config.eviction, stats.evictions.clone(), disk),
        cache_mem: config.cache_mem,
        blocks: blocks::Table::new(config.cache_mem),
        flights: Flights::new(config.fill.fills_max, random_seed()?),
        outage: <_>::default(),
        jobs: <_>::default(),
        reload: <_>::default(),
        clock,
        stats,
        load: Loaded::default(),
        metrics,
        health,
        access_log,
        viewers,
        boundary: crate::lab::random_id()?,
    })
}

/// Makes an edge of `config` around what there is.
pub(crate) fn configure(config: &Config, shared: Arc<Shared>) -> Result<Edge, StartError> {
    Ok(Edge {
        name: config.cache_name(),
        via: respond::via(&config.cache_name()),
        flight_limits: Limits {
            head_timeout: config.head_timeout,
            idle_timeout: config.idle_timeout,
            object_bytes_max: object_bytes_max(config),
            resumes_max: config.fill.resumes_max,
        },
        rules: config.policy.rules(),
        site_names: SiteNames::of(config),
        request_body_max: config.request_body_max.bytes(),
        upstream: Upstream::new(config, shared.clock.clone())?,
        naming: Naming::new(
            config.keys.clone(),
            config.origin.scheme(),
            &authority_of(&config.origin),
        ),
        teller: Teller::new(config),
        capacity: load::capacity(config),
        shows_key: config.ops.cache_status_key,
        keeps_tags: config.admin.keep_tags,
        prefetching: Prefetching::new(
            config.fill.prefetch,
            shared.stats.prefetches.clone(),
            shared.stats.prefetch_hits.clone(),
        ),
        purge_from: config.admin.purge_from.clone(),
        shown: config.admin.shown.clone(),
        gate: Gate::new(&config.front, random_seed()?)?,
        shared,
    })
}

impl Server {
    /// Returns the address bound, with its real port.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.listener.addr()
    }

    /// Returns the addresses bound for TLS, with their real ports.
    #[must_use]
    pub fn tls_addrs(&self) -> Vec<SocketAddr> {
        self.secure.addrs()
    }

    /// Returns what changes the edge while it runs.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Returns the address of the operator's listener, where there is one.
    #[must_use]
    pub fn admin_addr(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(|(listener, _)| listener.addr())
    }

    /// Returns what is notified when the operator asks for a reload; until somebody has asked for
    /// this, the operator is told that nothing can be reloaded.
    #[must_use]
    pub fn reloads(&self) -> Arc<Notify> {
        Arc::clone(self.handle.edge().reload.get_or_init(<_>::default))
    }

    /// Serves until `shutdown` begins, and returns once the responses in flight have drained.
    ///
    /// # Errors
    /// None at present.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), RunError> {
        let draining = self.shutdown;
        let mut options = Options::new(shutdown.clone());
        options.drain = self.drain;
        let live = self.handle;
        options.limits = live.config().front.limits;
        options.connections = live.edge().stats.connections.clone();
        options.protocols = live.edge().stats.protocols.clone();
        options.refusals.counts = live.edge().stats.refused.clone();
        options.refusals.log = Some(live.edge().access_log.clone());
        info!(addr = %self.listener.addr(), origin = %live.config().origin, "edge serves");
        let (administered, jobs) = (live.clone(), live.clone());
        let measured = load::measure(live.clone());
        let disk = live.edge().store.disk().cloned();
        let secure = secure::run(self.secure, live.clone(), options.clone());
        let service_of = move |ends| {
            let live = live.clone();
            service_fn(move |request| live.edge().handle(ends, request.map(RequestBody::from)))
        };
        let told = async {
            shutdown.begun().await;
            draining.begin();
            future::pending::<()>().await;
        };
        let administered = administer(administered, self.admin, Options::new(shutdown.clone()));
        let served =
            async { tokio::join!(serve(self.listener, service_of, options), administered, secure) };
        tokio::select! {
            _ = served => (),
            () = told => (),
            never = measured => match never {},
        }
        jobs.edge().jobs.end();
        if let Some(disk) = disk {
            // The writes that are queued take a moment, and wait for the disk.
            tokio::task::spawn_blocking(move || disk.close()).await.unwrap_or_default();
        }
        Ok(())
    }
}

/// Serves the operator until the shutdown.
async fn administer(live: Handle, admin: Option<(Listener, Access)>, options: Options) {
    let Some((listener, access)) = admin else { return };
    info!(addr = %listener.addr(), "the operator's listener serves");
    let service = Arc::new(Service { live, access });
    let service_of = move |_| {
        let service = Arc::clone(&service);
        service_fn(move |request| Arc::clone(&service).handle(request.map(RequestBody::from)))
    };
    serve(listener, service_of, options).await;
}

/// Returns what makes the waits of this edge differ from those of its neighbours.
fn random_seed() -> Result<Seed, StartError> {
    let random = getrandom::u64();
    random.map(Seed).map_err(|error| StartError::Random { reason: error.to_string() })
}

pub(crate) fn check(config: &Config) -> Result<(), StartError> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if config.name.is_empty() || !config.name.bytes().all(is_token) {
        return Err(StartError::Name { name: config.name.clone() });
    }
    if config.cache_mem < ByteSize::from_mib(1) {
        return Err(StartError::CacheMem { cache_mem: config.cache_mem });
    }
    if let Some(disk) = &config.tiers.disk
        && disk.size < ByteSize::from_mib(1)
    {
        return Err(StartError::DiskSize { size: disk.size });
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
