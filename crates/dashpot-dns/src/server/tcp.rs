//! Queries on connections (RFC 7766), and whole zones (RFC 5936).

use super::Group;
use crate::{
    authority::{Outcome, Transport},
    connections,
    reply::Reply,
    transfer,
    wire::{self, Query},
    zone::Zone,
};
use dashpot_serve::Shutdown;
use hickory_proto::op::ResponseCode;
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

/// How long a client may take for its next query, or to take its answer (RFC 7766 §6.2.3 asks for
/// a few seconds at least).
const PATIENCE: Duration = Duration::from_secs(10);

/// Answers on connections until the shutdown.
pub(super) async fn run(listener: Arc<TcpListener>, group: Arc<Group>, shutdown: Shutdown) {
    connections::each(listener, shutdown, |stream, client| {
        let group = Arc::clone(&group);
        async move { serve(stream, client, &group).await }
    })
    .await;
}

async fn serve(mut stream: TcpStream, client: SocketAddr, group: &Group) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut message = Vec::new();
    while in_time(read(&mut stream, &mut message)).await? {
        let now = group.clock.wall();
        match group.authority.respond(&message, client, Transport::Tcp, now) {
            // RFC 7766 §6.2.4: what is no query ends the connection.
            Outcome::Ignored => return Ok(()),
            Outcome::Answered(response) => {
                group.seen(&response, Transport::Tcp, client);
                in_time(write(&mut stream, &response.bytes)).await?;
            }
            Outcome::Notified(zone, response) => {
                group.notified(&zone, client);
                group.seen(&response, Transport::Tcp, client);
                in_time(write(&mut stream, &response.bytes)).await?;
            }
            Outcome::Transfer(zone) => {
                let Ok(query) = wire::read(&message) else { return Ok(()) };
                send_zone(&mut stream, client, group, &query, &zone).await?;
            }
        }
    }
    Ok(())
}

/// Sends all of a zone, to those who may have it.
async fn send_zone(
    stream: &mut TcpStream,
    client: SocketAddr,
    group: &Group,
    query: &Query<'_>,
    zone: &Zone,
) -> io::Result<()> {
    let may = group.transfer_to.iter().any(|net| net.contains(&client.ip().to_canonical()));
    let code = if may { ResponseCode::NoError } else { ResponseCode::Refused };
    group.transferred(query, code, client);
    if !may {
        let (bytes, _) = Reply::of(code).encode(query, u16::MAX);
        return in_time(write(stream, &bytes)).await;
    }
    for message in transfer::messages(query, zone) {
        in_time(write(stream, &message)).await?;
    }
    Ok(())
}

/// Reads a message and the length before it; false where the client has ended instead.
async fn read(stream: &mut TcpStream, message: &mut Vec<u8>) -> io::Result<bool> {
    let length = match stream.read_u16().await {
        Ok(length) => length,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
        Err(error) => return Err(error),
    };
    message.resize(usize::from(length), 0);
    stream.read_exact(message).await?;
    Ok(true)
}

/// Writes a message with its length, in one piece (RFC 7766 §8).
async fn write(stream: &mut TcpStream, message: &[u8]) -> io::Result<()> {
    let length = u16::try_from(message.len()).map_err(|_| io::ErrorKind::InvalidData)?;
    let whole = [&length.to_be_bytes(), message].concat();
    stream.write_all(&whole).await
}

async fn in_time<T>(doing: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(PATIENCE, doing).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
