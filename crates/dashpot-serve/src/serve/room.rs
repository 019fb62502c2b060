//! How many connections there are.

use super::{
    Limits,
    clients::{Clients, Counted},
};
use crate::Clock;
use dashpot_base::MonoTime;
use std::{net::IpAddr, sync::Arc, time::Duration};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::warn;

/// Room for connections, of all servers that run with the same options.
#[derive(Debug)]
pub(crate) struct Room {
    free: Arc<Semaphore>,
    max: usize,
    pub(super) clients: Clients,
}

impl Room {
    pub(super) fn new(limits: &Limits) -> Self {
        let max = limits.connections_max;
        let free = Arc::new(Semaphore::new(max.min(Semaphore::MAX_PERMITS)));
        Self { free, max, clients: Clients::new(limits.connections_per_client_max) }
    }

    /// Takes room for a connection from `address` where there is any.
    pub(crate) fn take_now(&self, address: IpAddr) -> Option<(OwnedSemaphorePermit, Counted)> {
        let slot = Arc::clone(&self.free).try_acquire_owned().ok()?;
        Some((slot, self.clients.count(address)?))
    }
}

/// What one listener takes of the room.
#[derive(Debug)]
pub(super) struct Slots {
    room: Arc<Room>,
    /// When it was last said that there is none.
    told: Option<MonoTime>,
    clock: Clock,
}

/// How often the log says that all connections are taken, at most.
const TELL_EVERY: Duration = Duration::from_secs(10);

impl Slots {
    pub(super) fn new(room: Arc<Room>) -> Self {
        Self { room, told: None, clock: Clock::system() }
    }

    pub(super) async fn take(&mut self) -> Option<OwnedSemaphorePermit> {
        if let Ok(slot) = Arc::clone(&self.room.free).try_acquire_owned() {
            return Some(slot);
        }
        let now = self.clock.mono();
        if self.told.is_none_or(|told| TELL_EVERY <= now.since(told)) {
            self.told = Some(now);
            warn!(
                connections_max = self.room.max,
                "all connections are taken: further clients wait"
            );
        }
        Arc::clone(&self.room.free).acquire_owned().await.ok()
    }
}
