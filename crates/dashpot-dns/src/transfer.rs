//! Whole zones as messages (RFC 5936).

use crate::{reply::Reply, wire::Query, zone::Zone};
use hickory_proto::{op::ResponseCode, rr::Record, serialize::binary::BinEncodable as _};

/// Bytes of records to a message: as far as names can be pointed at (RFC 1035 §4.1.4).
const MESSAGE_BYTES: usize = 16_000;

/// Returns the messages that have all of `zone`: from its SOA record to its SOA record (RFC 5936
/// §2.2).
pub(crate) fn messages<'a>(
    query: &'a Query<'a>,
    zone: &'a Zone,
) -> impl Iterator<Item = Vec<u8>> + 'a {
    let last = zone.soa().and_then(|set| set.first());
    let mut records = zone.records().chain(last).peekable();
    std::iter::from_fn(move || {
        let mut batch: Vec<Record> = Vec::new();
        let mut bytes = 0;
        while let Some(record) = records.next_if(|_| bytes < MESSAGE_BYTES) {
            bytes += record.to_bytes().map_or(0, |bytes| bytes.len());
            batch.push(record.clone());
        }
        let reply =
            Reply { is_authoritative: true, answers: batch, ..Reply::of(ResponseCode::NoError) };
        (!reply.answers.is_empty()).then(|| reply.encode(query, u16::MAX).0)
    })
}
