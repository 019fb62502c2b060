//! A balancer: bound, then run.

use crate::{
    Config, admin, choices::Choices, connection::Shared, pool::Pool, probe, relay::Relay,
    stats::Stats,
};
use dashpot_route::SpecError;
use dashpot_serve::{
    BindError, Clock, Listener, Options, Shutdown, SocketOptions, TowerToHyperService, serve,
};
use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};
use tokio::{
    net::TcpStream,
    select,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::sleep,
};
use tokio_util::{
    sync::CancellationToken,
    task::{AbortOnDropHandle, TaskTracker},
};
use tracing::{info, warn};

/// Why a balancer cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is nothing to listen to.
    #[error("cannot balance without an address to listen on: give --listen")]
    NoListener,
    /// There is nobody to give anything to.
    #[error("cannot balance without backends: give --backend for each")]
    NoBackend,
    /// Two backends have one name.
    #[error("cannot tell two backends called `{0}` apart: give them names, ,name=NAME")]
    SameName(String),
    /// There is no such rule.
    #[error("cannot balance by that algorithm: {0}")]
    Algorithm(#[from] SpecError),
    /// The operator's listener could be reached from elsewhere.
    #[error("cannot let others administer this balancer on {0}: give a loopback address")]
    Admin(SocketAddr),
    /// An address cannot be listened on.
    #[error(transparent)]
    Bind(#[from] BindError),
}

/// A balancer that listens.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    listener: Option<Listener>,
    admin: Option<Listener>,
}

/// Binds a balancer.
///
/// # Errors
/// Where the configuration is none, or an address cannot be listened on.
pub async fn bind(config: Config) -> Result<Server, StartError> {
    check(&config)?;
    let clock = Clock::system();
    let stats = Arc::new(Stats::new());
    let pool = Pool::new(&config, clock.clone(), Arc::clone(&stats))?;
    let sockets = SocketOptions { backlog: config.backlog, ..SocketOptions::default() };
    let listener = match config.listen {
        Some(addr) => Some(Listener::bind_with(addr, &sockets).await?),
        None => None,
    };
    let admin = match config.admin {
        Some(addr) => Some(Listener::bind(addr).await?),
        None => None,
    };
    let relay = Relay::new(&config, clock.clone());
    let choices = Choices::new(config.choices_max);
    let shared = Arc::new(Shared { config, clock, pool, relay, choices, stats });
    Ok(Server { shared, listener, admin })
}

fn check(config: &Config) -> Result<(), StartError> {
    if config.listen.is_none() {
        return Err(StartError::NoListener);
    }
    if config.backends.is_empty() {
        return Err(StartError::NoBackend);
    }
    for (index, backend) in config.backends.iter().enumerate() {
        if config.backends[..index].iter().any(|other| other.name == backend.name) {
            return Err(StartError::SameName(backend.name.clone()));
        }
    }
    match config.admin {
        Some(addr) if !addr.ip().is_loopback() => Err(StartError::Admin(addr)),
        Some(_) | None => Ok(()),
    }
}

impl Server {
    /// Returns where connections are taken.
    #[must_use]
    pub fn addr(&self) -> Option<SocketAddr> {
        self.listener.as_ref().map(Listener::addr)
    }

    /// Returns where the operator asks.
    #[must_use]
    pub fn admin_addr(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(Listener::addr)
    }

    /// Balances until the shutdown; then takes nothing more, and ends when the last connection has
    /// ended or the time for that is over.
    pub async fn run(self, shutdown: Shutdown) {
        let Self { shared, listener, admin } = self;
        let probes = AbortOnDropHandle::new(tokio::spawn(probe::run(Arc::clone(&shared))));
        // The operator can watch the last connections go.
        let end = Shutdown::new();
        let administered = admin.map(|listener| {
            let router = admin::router(Arc::clone(&shared), shutdown.clone());
            let service_of = move |_| TowerToHyperService::new(router.clone());
            tokio::spawn(serve(listener, service_of, Options::new(end.clone())))
        });
        if let Some(listener) = listener {
            connections(&shared, listener, &shutdown).await;
        }
        drop(probes);
        end.begin();
        if let Some(administered) = administered {
            administered.await.unwrap_or_default();
        }
    }
}

/// Takes connections until the shutdown, and waits for their ends.
async fn connections(shared: &Arc<Shared>, listener: Listener, shutdown: &Shutdown) {
    let (tasks, cut) = (TaskTracker::new(), CancellationToken::new());
    let room = shared.config.connections_max.min(Semaphore::MAX_PERMITS);
    let room = Arc::new(Semaphore::new(room));
    let mut begun = pin!(shutdown.begun());
    loop {
        let accepted = select! {
            biased;
            () = &mut begun => break,
            accepted = accept(&listener, &room) => accepted,
        };
        let Some((stream, peer, place)) = accepted else { continue };
        let (shared, cut) = (Arc::clone(shared), cut.clone());
        tasks.spawn(async move {
            shared.serve(stream, peer, cut).await;
            drop(place);
        });
    }
    // The port is free for a successor meanwhile.
    drop(listener);
    tasks.close();
    if !tasks.is_empty() {
        info!(connections = tasks.len(), "draining");
    }
    select! {
        () = tasks.wait() => (),
        () = sleep(shared.config.drain) => warn!(connections = tasks.len(), "cut at the drain deadline"),
    }
    cut.cancel();
    tasks.wait().await;
}

/// Waits for room, then for a connection; `None` where there was none.
async fn accept(
    listener: &Listener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, place)),
        Err(error) => {
            warn!(%error, "could not accept a connection");
            // Out of descriptors, mostly: without a pause the loop would spin until one is free.
            sleep(Duration::from_millis(50)).await;
            None
        }
    }
}
