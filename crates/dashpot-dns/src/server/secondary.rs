//! Zones that another server has: asked for by its SOA record, taken whole (RFC 5936).

use super::Group;
use crate::{
    config::ZoneConfig,
    load,
    refresh::{Refresh, is_later},
    zone::{RECORDS_MAX, Zone},
};
use dashpot_base::MonoTime;
use dashpot_serve::Shutdown;
use hickory_proto::{
    op::{Message, MessageType, OpCode, Query, ResponseCode},
    rr::{Name, RData, Record, RecordType, rdata::SOA},
};
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Notify,
    time::{sleep, timeout},
};
use tracing::{info, warn};

/// How long a primary may take for each message.
const PATIENCE: Duration = Duration::from_secs(10);

/// A zone that is followed.
#[derive(Debug)]
pub(crate) struct Followed {
    pub(crate) config: ZoneConfig,
    pub(crate) primary: SocketAddr,
    /// Rung when the primary says that the zone has changed.
    pub(crate) word: Notify,
}

/// Why a zone could not be had.
#[derive(Debug, thiserror::Error)]
enum FollowError {
    #[error("cannot ask the primary")]
    Io(#[from] io::Error),
    #[error("the primary answers `{0}`")]
    Refused(ResponseCode),
    #[error("the primary's answer does not read")]
    Malformed(#[from] hickory_proto::ProtoError),
    #[error("the primary's answer is none to what it was asked")]
    Other,
    #[error("what the primary has is no zone")]
    Zone(#[from] crate::zone::ZoneError),
    #[error(transparent)]
    Key(#[from] crate::config::StartError),
}

/// Keeps a zone as its primary has it, until the shutdown.
pub(super) async fn follow(
    followed: Arc<Followed>,
    group: Arc<Group>,
    vouchers: Arc<[Record]>,
    shutdown: Shutdown,
) {
    let zone = &followed.config.name;
    let mut refresh = Refresh::new(group.clock.mono());
    loop {
        let now = group.clock.mono();
        if refresh.expires(now) {
            warn!(%zone, primary = %followed.primary, "the zone is too old to answer from");
            group.authority.remove(zone);
        }
        if refresh.is_due(now) {
            let asked = tokio::select! {
                () = shutdown.begun() => return,
                asked = ask(&followed, &group, &vouchers) => asked,
            };
            let now = group.clock.mono();
            match asked {
                Ok(soa) => refresh.succeeded(now, &soa),
                Err(error) => {
                    warn!(%zone, primary = %followed.primary, error = &error as &dyn std::error::Error,
                        "the zone cannot be refreshed");
                    refresh.failed(now);
                }
            }
        }
        tokio::select! {
            () = shutdown.begun() => return,
            () = sleep(until(refresh.wake_at(), group.clock.mono())) => (),
            () = followed.word.notified() => refresh.notified(group.clock.mono()),
        }
    }
}

fn until(then: MonoTime, now: MonoTime) -> Duration {
    then.since(now)
}

/// Asks the primary, takes the zone where it is later than what is here, and returns its SOA data.
async fn ask(followed: &Followed, group: &Group, vouchers: &[Record]) -> Result<SOA, FollowError> {
    let name = &followed.config.name;
    let mut stream = in_time(TcpStream::connect(followed.primary)).await?;
    send(&mut stream, name, RecordType::SOA).await?;
    let answer = receive(&mut stream).await?;
    let soa = soa_of(&answer.answers).ok_or(FollowError::Other)?.clone();
    let here = group.authority.get(name).map(|zone| zone.serial());
    if here.is_some_and(|here| !is_later(soa.serial, here)) {
        return Ok(soa);
    }
    send(&mut stream, name, RecordType::AXFR).await?;
    let records = whole(&mut stream).await?;
    let zone = Zone::from_records(name, records)?;
    let zone = load::finish(zone, &followed.config, vouchers)?;
    info!(zone = %name, serial = zone.serial(), primary = %followed.primary, "zone transferred");
    group.put(zone);
    Ok(soa)
}

/// Returns the records of a zone: all between its SOA record and the same one again (RFC 5936 §2.2).
async fn whole(stream: &mut TcpStream) -> Result<Vec<Record>, FollowError> {
    let mut records: Vec<Record> = Vec::new();
    loop {
        for record in receive(stream).await?.answers {
            let is_soa = record.record_type() == RecordType::SOA;
            // The first record is the SOA record, the next one of its kind the end.
            if records.is_empty() != is_soa {
                return if is_soa { Ok(records) } else { Err(FollowError::Other) };
            }
            records.push(record);
        }
        if records.is_empty() || RECORDS_MAX < records.len() {
            return Err(FollowError::Other);
        }
    }
}

fn soa_of(records: &[Record]) -> Option<&SOA> {
    records.iter().find_map(
        |record| {
            if let RData::SOA(soa) = &record.data { Some(soa) } else { None }
        },
    )
}

async fn send(stream: &mut TcpStream, name: &Name, kind: RecordType) -> Result<(), FollowError> {
    // A connection of its own has no other answers to be told apart from.
    let mut message = Message::new(0, MessageType::Query, OpCode::Query);
    message.add_query(Query::query(name.clone(), kind));
    let bytes = message.to_vec()?;
    let length = u16::try_from(bytes.len()).map_err(|_| FollowError::Other)?;
    Ok(in_time(stream.write_all(&[&length.to_be_bytes(), &*bytes].concat())).await?)
}

async fn receive(stream: &mut TcpStream) -> Result<Message, FollowError> {
    let bytes = in_time(async {
        let mut bytes = vec![0; usize::from(stream.read_u16().await?)];
        stream.read_exact(&mut bytes).await?;
        Ok(bytes)
    });
    let message = Message::from_vec(&bytes.await?).map_err(hickory_proto::ProtoError::from)?;
    let code = message.metadata.response_code;
    if code == ResponseCode::NoError { Ok(message) } else { Err(FollowError::Refused(code)) }
}

async fn in_time<T>(doing: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(PATIENCE, doing).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
