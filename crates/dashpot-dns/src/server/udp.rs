//! Queries in datagrams, and answers that are kept to be given again.

use super::{Group, limit::Verdict};
use crate::{
    authority::{Outcome, Response, Transport},
    reply::slipped,
};
use dashpot_base::MonoTime;
use dashpot_serve::Shutdown;
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::net::UdpSocket;
use tracing::debug;
use xxhash_rust::xxh3::xxh3_64;

/// Bytes of a query at most: a name, and more options than there are.
const QUERY_BYTES_MAX: usize = 1_232;

/// Queries answered before other tasks have their turn.
const BATCH: usize = 64;

/// Answers kept by each socket: at most 5 MB of them.
const KEPT_MAX: usize = 4_096;

/// For how long an answer is given again: far less than its signatures go on holding.
const KEPT_FOR: Duration = Duration::from_secs(60);

/// Answers on `socket` until the shutdown.
pub(super) async fn run(socket: Arc<UdpSocket>, group: Arc<Group>, shutdown: Shutdown) {
    let mut kept = Kept::new();
    let mut buffer = [0; QUERY_BYTES_MAX];
    loop {
        tokio::select! {
            biased;
            () = shutdown.begun() => return,
            ready = socket.readable() => {
                if let Err(error) = ready {
                    debug!(%error, "the socket cannot be waited for");
                    return;
                }
            }
        }
        for _ in 0..BATCH {
            let (length, client) = match socket.try_recv_from(&mut buffer) {
                Ok(received) => received,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // A client that is gone says so; it is nobody else's concern.
                Err(_) => continue,
            };
            let Some(message) = buffer.get(..length) else { continue };
            match group.limit.as_ref().map_or(Verdict::Pass, |limit| limit.of(client.ip())) {
                Verdict::Pass => {
                    if let Some(answer) = answer(&group, message, client, &mut kept) {
                        send(&socket, answer, client).await;
                    }
                }
                Verdict::Slip => {
                    if let Some(answer) = slipped(message) {
                        send(&socket, &answer, client).await;
                    }
                }
                Verdict::Drop => (),
            }
        }
        tokio::task::yield_now().await;
    }
}

/// Returns the answer to `message`, which is in `kept` afterwards where others will get the same.
fn answer<'a>(
    group: &Group,
    message: &[u8],
    client: SocketAddr,
    kept: &'a mut Kept,
) -> Option<&'a [u8]> {
    let now = group.clock.mono();
    let version = group.authority.version();
    let slot = kept.slot(message)?;
    let id = message.get(..2)?;
    let is_hit = slot.is_for(message, version, now);
    if !is_hit {
        let wall = group.clock.wall();
        let response = match group.authority.respond(message, client, Transport::Udp, wall) {
            // Without a connection nobody is known well enough to be given a zone.
            Outcome::Ignored | Outcome::Transfer(_) => return None,
            Outcome::Answered(response) => response,
            Outcome::Notified(zone, response) => {
                group.notified(&zone, client);
                response
            }
        };
        *slot = Slot::new(message, response, version, now.after(KEPT_FOR));
    }
    group.seen(&slot.response, Transport::Udp, client);
    slot.response.bytes.get_mut(..2)?.copy_from_slice(id);
    Some(&slot.response.bytes)
}

async fn send(socket: &UdpSocket, answer: &[u8], client: SocketAddr) {
    match socket.try_send_to(answer, client) {
        Ok(_) => (),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            if let Err(error) = socket.send_to(answer, client).await {
                debug!(%error, %client, "an answer cannot be sent");
            }
        }
        Err(error) => debug!(%error, %client, "an answer cannot be sent"),
    }
}

/// The answers given last, each where the hash of its query puts it.
#[derive(Debug)]
struct Kept {
    slots: Vec<Slot>,
}

/// An answer, and to what.
#[derive(Debug)]
struct Slot {
    /// The query, without its id; empty where it is not to be answered so again.
    query: Vec<u8>,
    response: Response,
    version: u64,
    until: MonoTime,
}

impl Kept {
    fn new() -> Self {
        Self { slots: (0..KEPT_MAX).map(|_| Slot::empty()).collect() }
    }

    fn slot(&mut self, message: &[u8]) -> Option<&mut Slot> {
        let hash = usize::try_from(xxh3_64(message.get(2..)?) % (KEPT_MAX as u64)).ok()?;
        self.slots.get_mut(hash)
    }
}

impl Slot {
    fn empty() -> Self {
        let response = Response::nothing();
        Self { query: Vec::new(), response, version: 0, until: MonoTime::ZERO }
    }

    fn new(message: &[u8], response: Response, version: u64, until: MonoTime) -> Self {
        let query = message.get(2..).filter(|_| response.is_lasting).unwrap_or_default();
        Self { query: query.to_vec(), response, version, until }
    }

    /// Returns whether the answer is that to `message`, of the zones as they are.
    fn is_for(&self, message: &[u8], version: u64, now: MonoTime) -> bool {
        !self.query.is_empty()
            && self.version == version
            && now < self.until
            && message.get(2..) == Some(self.query.as_slice())
    }
}

#[cfg(test)]
mod tests;
