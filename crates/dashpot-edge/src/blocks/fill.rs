//! The bytes of a part: read, asked for again where they break off, and stored.

use std::sync::{Arc, atomic::Ordering};

use bytes::{Buf as _, Bytes, BytesMut};
use dashpot_cache::{PartAnswer, Portion, block_of, by_block};
use dashpot_http::range::ByteRange;
use http::header;
use tokio::time::timeout;

use super::{
    fetch::{Connection, Fetching, insist_on},
    parts::{Block, Parts},
};
use crate::{
    flights::shared_headers,
    object::{Blocks, Object, StoredBody},
    upstream::next_data,
};

/// Requests for the rest of a part after the first. An origin may give less than it is asked for,
/// but not so little that a block takes more requests than this.
const RESTS_MAX: u32 = 16;

/// How the body of one connection ended.
enum Ended {
    Whole,
    /// With something or nothing.
    Short {
        has_grown: bool,
    },
}

impl Fetching {
    /// Reads the part that arrives, which belongs to `parts`, and stores it; what does not come
    /// whole is cut as the fetch is dropped.
    pub(super) async fn fill(
        &self,
        parts: &Arc<Parts>,
        extent: ByteRange,
        mut connection: Connection,
    ) {
        for _ in 0..=RESTS_MAX {
            match self.pump(parts, extent, connection).await {
                Ended::Whole => return,
                Ended::Short { has_grown } => {
                    self.edge.stats.upstream_errors.inc();
                    let rest = if has_grown { self.rest(parts, extent).await } else { None };
                    let Some(rest) = rest else { break };
                    connection = rest;
                }
            }
        }
    }

    /// Reads one connection's body.
    async fn pump(&self, parts: &Arc<Parts>, extent: ByteRange, connection: Connection) -> Ended {
        let Connection { mut body, mut skip } = connection;
        let (fill, limit) = (&self.fetch.fill, self.edge.flight_limits.idle_timeout);
        let mut has_grown = false;
        loop {
            let Ok(Some(Ok(mut data))) = timeout(limit, next_data(&mut body)).await else {
                return Ended::Short { has_grown };
            };
            self.edge.stats.came_from_origin(&data);
            let skipped = usize::try_from(skip).unwrap_or(usize::MAX).min(data.len());
            data.advance(skipped);
            skip -= u64::try_from(skipped).unwrap_or(0);
            let left = extent.size() - fill.written();
            // What goes beyond was not asked for, or not by this.
            data.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            has_grown |= !data.is_empty();
            fill.push(data);
            if fill.written() == extent.size() {
                self.store(parts, extent).await;
                fill.advance(extent.size());
                fill.finish();
                self.is_whole.store(true, Ordering::Relaxed);
                return Ended::Whole;
            }
            fill.advance(fill.written());
        }
    }

    /// Asks for what is missing of `extent`.
    async fn rest(&self, parts: &Parts, extent: ByteRange) -> Option<Connection> {
        parts.validator.as_ref()?;
        let rest = ByteRange { first: extent.first + self.fetch.fill.written(), ..extent };
        let asked = Portion::Range(rest);
        let mut headers = shared_headers(&self.fetch.wanted.request.headers, None);
        headers.insert(header::RANGE, asked.to_value());
        insist_on(parts, &mut headers);
        let (response, times, _) = self.send(headers).await.ok()?;
        match self.read(Some(asked), &response, times).0 {
            PartAnswer::Part(part) if parts.goes_with(&part) => (part.extent.first == rest.first)
                .then(|| Connection { body: response.into_body(), skip: part.skip }),
            PartAnswer::Part(_) | PartAnswer::Unsatisfied { .. } => {
                self.forget(parts);
                None
            }
            PartAnswer::Unusable(_) | PartAnswer::NotModified | PartAnswer::Ordinary => {
                if response.status().is_success() {
                    self.forget(parts);
                }
                None
            }
        }
    }

    /// Stores what has come, before anybody is told that it has.
    async fn store(&self, parts: &Arc<Parts>, extent: ByteRange) {
        let Some(chunks) = self.fetch.fill.chunks() else { return };
        if extent.size() == parts.length {
            let body = StoredBody::Memory(Arc::new(Blocks::copy_of(&chunks).await));
            let object = Object::new(Arc::clone(&parts.head), body, self.epoch);
            return self.keep_whole(object);
        }
        let mut rest = chunks.into_iter();
        let mut chunk = Bytes::new();
        for piece in by_block(extent) {
            let size = usize::try_from(piece.size()).unwrap_or(0);
            let mut bytes = BytesMut::with_capacity(size);
            while bytes.len() < size {
                if chunk.is_empty() {
                    let Some(next) = rest.next() else { break };
                    chunk = next;
                }
                let now = chunk.len().min(size - bytes.len());
                bytes.extend_from_slice(&chunk.split_to(now));
            }
            self.store_block(parts, Block { extent: piece, bytes: bytes.freeze() });
        }
    }
    /// Stores `block`, together with what is stored of it where they adjoin.
    fn store_block(&self, parts: &Parts, block: Block) {
        let (store, wanted) = (&self.edge.store, &self.fetch.wanted);
        let key = wanted.primary.block(parts.id, block_of(block.extent.first));
        let block = match store.block(&key) {
            Some(stored) => stored.with(&block).unwrap_or(block),
            None => block,
        };
        if block.extent.size() != parts.length {
            return store.insert_block(key, wanted, parts, block.into());
        }
        let body = StoredBody::Memory(Arc::new(Blocks::of(block.bytes)));
        let object = Object::new(Arc::clone(&parts.head), body, parts.epoch.min(self.epoch));
        self.keep_whole(object);
    }
}
