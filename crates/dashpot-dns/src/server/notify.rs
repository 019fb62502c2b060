//! Word to others that a zone has changed (RFC 1996).

use super::Group;
use crate::zone::Zone;
use dashpot_serve::Shutdown;
use hickory_proto::{
    op::{Message, MessageType, OpCode, Query},
    rr::{LowerName, RecordType},
};
use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{net::UdpSocket, time::timeout};
use tracing::{debug, warn};

/// Times that word is sent; who has not heard it then asks when it is time to refresh.
const TRIES: u32 = 4;

/// How long the first answer is waited for; each time twice as long.
const PATIENCE: Duration = Duration::from_secs(1);

/// Tells `others` of each zone that has another serial than they were told last.
pub(super) async fn run(group: Arc<Group>, others: Vec<SocketAddr>, shutdown: Shutdown) {
    let mut changed = group.changed.subscribe();
    let mut told: BTreeMap<LowerName, u32> = BTreeMap::new();
    loop {
        for zone in group.authority.zones() {
            let name = LowerName::new(zone.origin());
            if told.insert(name, zone.serial()) == Some(zone.serial()) {
                continue;
            }
            for other in &others {
                tokio::select! {
                    () = shutdown.begun() => return,
                    () = tell(&zone, *other) => (),
                }
            }
        }
        tokio::select! {
            () = shutdown.begun() => return,
            changed = changed.changed() => if changed.is_err() { return },
        }
    }
}

async fn tell(zone: &Zone, other: SocketAddr) {
    let mut message = Message::new(id_of(zone), MessageType::Query, OpCode::Notify);
    message.metadata.authoritative = true;
    message.add_query(Query::query(zone.origin().clone(), RecordType::SOA));
    let Ok(bytes) = message.to_vec() else { return };
    for doubled in 0..TRIES {
        match timeout(PATIENCE * (1 << doubled), once(&bytes, other)).await {
            Ok(Ok(())) => {
                debug!(zone = %zone.origin(), serial = zone.serial(), %other, "told of the zone");
                return;
            }
            Ok(Err(error)) => debug!(%error, %other, "cannot tell of the zone"),
            Err(_) => debug!(%other, "no answer to word of the zone"),
        }
    }
    warn!(zone = %zone.origin(), %other, "nobody there hears that the zone has changed");
}

/// Returns an id of the message: a socket of its own hears nothing else, so that it need not be
/// unguessable.
fn id_of(zone: &Zone) -> u16 {
    let [_, _, high, low] = zone.serial().to_be_bytes();
    u16::from_be_bytes([high, low])
}

/// Sends word and waits for the answer with the same id.
async fn once(message: &[u8], other: SocketAddr) -> io::Result<()> {
    let local: SocketAddr = match other {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(local).await?;
    socket.connect(other).await?;
    socket.send(message).await?;
    let mut answer = [0; 512];
    loop {
        let length = socket.recv(&mut answer).await?;
        if answer.get(..length.min(2)) == message.get(..2) {
            return Ok(());
        }
    }
}
