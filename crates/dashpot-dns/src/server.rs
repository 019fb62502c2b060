//! The server: sockets around [`Authority`].

mod http;
mod limit;
mod notify;
mod secondary;
mod seen;
mod sockets;
mod tcp;
mod udp;

use crate::{
    authority::Authority,
    config::{Config, ServerConfig, StartError, ZoneFrom},
    load,
    zone::Zone,
};
use dashpot_serve::{Clock, LineLog, Listener, Metric, Metrics, Role, Shutdown};
use hickory_proto::rr::Record;
use ipnet::IpNet;
use limit::Limit;
use secondary::Followed;
use seen::{Counters, Line};
use sockets::Sockets;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
};
use tracing::{info, warn};

/// How long connections may go on after the shutdown has begun.
const DRAIN: Duration = Duration::from_millis(800);

/// Name servers that listen, and answer once they are run.
#[derive(Debug)]
pub struct Server {
    groups: Vec<(Arc<Group>, Vec<Sockets>)>,
    http: Option<Listener>,
    metrics: Metrics,
    clock: Clock,
    handle: Handle,
    vouchers: Arc<[Record]>,
}

/// One name server: what all of its sockets share.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) authority: Arc<Authority>,
    pub(crate) transfer_to: Vec<IpNet>,
    pub(crate) clock: Clock,
    pub(crate) counters: Counters,
    pub(crate) log: LineLog<Line>,
    pub(crate) limit: Option<Limit>,
    /// Told of each change of a zone.
    pub(crate) changed: watch::Sender<()>,
    /// The zones that other servers have.
    pub(crate) followed: Vec<Arc<Followed>>,
}

impl Group {
    /// Takes a version of a zone up, and has others told of it.
    pub(crate) fn put(&self, zone: Zone) {
        self.counters.serial(&zone);
        self.authority.put(zone);
        self.changed.send_replace(());
    }
}

/// What a running server lets itself be told.
#[derive(Clone, Debug)]
pub struct Handle {
    servers: Arc<[(ServerConfig, Arc<Group>)]>,
}

/// Loads the zones and listens.
///
/// # Errors
/// Says which file, line, key or address is at fault.
pub async fn bind(config: Config) -> Result<Server, StartError> {
    let (clock, mut metrics) = (Clock::system(), Metrics::new(Role::Dns));
    let counters = Counters::new(&mut metrics);
    let log = LineLog::open(config.access_log, metrics.counter(Metric::AccessLogDropped))?;
    let vouchers = load::vouchers(&config.servers)?;
    let limit = config.rate_limit.map(|rate| Limit::new(rate, metrics.counter(Metric::Limited)));
    let mut servers = Vec::new();
    let mut groups = Vec::new();
    for server in config.servers {
        if server.listen.is_empty() || server.zones.is_empty() {
            return Err(StartError::Nothing);
        }
        let group = Group {
            authority: Arc::new(Authority::new(server.nsid.clone())),
            transfer_to: server.transfer_to.clone(),
            clock: clock.clone(),
            counters: counters.clone(),
            log: log.clone(),
            limit: limit.clone(),
            changed: watch::Sender::new(()),
            followed: followed(&server),
        };
        for zone in &server.zones {
            if let Some(zone) = load::load(zone, &vouchers)? {
                group.put(zone);
            }
        }
        let mut sockets = Vec::new();
        for addr in &server.listen {
            sockets.push(Sockets::bind(*addr).await?);
        }
        let group = Arc::new(group);
        groups.push((Arc::clone(&group), sockets));
        servers.push((server, group));
    }
    let http = match config.http {
        Some(addr) => Some(Listener::bind(addr).await?),
        None => None,
    };
    let handle = Handle { servers: servers.into() };
    Ok(Server { groups, http, metrics, clock, handle, vouchers: vouchers.into() })
}

/// Returns the zones of a server that other servers have.
fn followed(server: &ServerConfig) -> Vec<Arc<Followed>> {
    let zones = server.zones.iter().filter_map(|config| match config.from {
        ZoneFrom::File(_) => None,
        ZoneFrom::Primary(primary) => {
            let (config, word) = (config.clone(), Notify::new());
            Some(Arc::new(Followed { config, primary, word }))
        }
    });
    zones.collect()
}

impl Server {
    /// Returns the addresses of all servers, with their real ports, in the order of the
    /// configuration.
    pub fn addrs(&self) -> impl Iterator<Item = SocketAddr> {
        self.groups.iter().flat_map(|(_, sockets)| sockets.iter().map(Sockets::addr))
    }

    /// Returns where it is watched, with its real port.
    #[must_use]
    pub fn http_addr(&self) -> Option<SocketAddr> {
        self.http.as_ref().map(Listener::addr)
    }

    /// Returns what lets a running server be told things.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Answers until the shutdown, then lets connections finish what they are at.
    pub async fn run(self, shutdown: Shutdown) {
        let mut tasks = JoinSet::new();
        for (group, sockets) in &self.groups {
            for sockets in sockets {
                sockets.spawn(group, &shutdown, &mut tasks);
            }
            for followed in &group.followed {
                let (followed, group) = (Arc::clone(followed), Arc::clone(group));
                let vouchers = Arc::clone(&self.vouchers);
                tasks.spawn(secondary::follow(followed, group, vouchers, shutdown.clone()));
            }
        }
        for (config, group) in self.handle.servers.iter() {
            if !config.notify.is_empty() {
                let (group, others) = (Arc::clone(group), config.notify.clone());
                tasks.spawn(notify::run(group, others, shutdown.clone()));
            }
        }
        if let Some(listener) = self.http {
            let first = self.groups.first().map(|(group, _)| Arc::clone(group));
            tasks.spawn(http::run(listener, first, self.metrics, self.clock, shutdown.clone()));
        }
        shutdown.begun().await;
        let drained = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN, drained).await.is_err() {
            info!("connections that did not end in time are cut");
        }
    }
}

/// Answers `/health` and `/metrics` on `listener` until the shutdown.
pub(crate) async fn watch(listener: Listener, metrics: Metrics, clock: Clock, shutdown: Shutdown) {
    http::run(listener, None, metrics, clock, shutdown).await;
}

impl Handle {
    /// Returns the authority of each server, in the order of the configuration.
    pub fn authorities(&self) -> impl Iterator<Item = &Arc<Authority>> {
        self.servers.iter().map(|(_, group)| &group.authority)
    }

    /// Reads all zone files and keys again. A zone whose file is no zone any longer stays as it is,
    /// with a warning.
    ///
    /// # Errors
    /// Where the keys cannot be read.
    pub fn reload(&self) -> Result<(), StartError> {
        let configs: Vec<_> = self.servers.iter().map(|(config, _)| config.clone()).collect();
        let vouchers = load::vouchers(&configs)?;
        for (config, group) in self.servers.iter() {
            for zone in &config.zones {
                match load::load(zone, &vouchers) {
                    Ok(Some(zone)) => {
                        info!(zone = %zone.origin(), serial = zone.serial(), "zone read again");
                        group.put(zone);
                    }
                    Ok(None) => (),
                    Err(error) => warn!(%error, "the zone stays as it is"),
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
