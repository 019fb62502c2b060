//! The bytes of a part: read, asked for again where they break off, and stored.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use bytes::{Buf as _, Bytes, BytesMut};
use dashpot_cache::{PartAnswer, Portion, Resumes, block_of, by_block, is_of_the_moment};
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
    resumption::Resumption,
    upstream::next_data,
};

/// Connections that bring something of a part after the first. An origin may give less than it is
/// asked for, but not so little that a block takes more of them than this.
const RESTS_MAX: u32 = 16;

/// How the body of one connection ended.
enum Ended {
    Whole,
    /// Properly, with less than was asked for.
    Less,
    /// In the middle, or with nothing.
    Broken,
}

/// What the request for a rest comes to.
enum Rest {
    Comes(Connection),
    /// It may be asked for again.
    Later,
    /// It will not be had.
    Lost,
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
        let mut resumes = Resumes::default();
        for _ in 0..=RESTS_MAX {
            let next = match self.pump(parts, extent, connection, &mut resumes).await {
                Ended::Whole => return,
                // It gives what it is asked for piece by piece, and has no need of a pause.
                Ended::Less => {
                    match self.rest(parts, extent, self.edge.flight_limits.head_timeout).await {
                        Rest::Comes(next) => Some(next),
                        Rest::Later => self.resume(parts, extent, &mut resumes).await,
                        Rest::Lost => None,
                    }
                }
                Ended::Broken => self.resume(parts, extent, &mut resumes).await,
            };
            let Some(next) = next else { return };
            connection = next;
        }
    }

    /// Reads one connection's body.
    async fn pump(
        &self,
        parts: &Arc<Parts>,
        extent: ByteRange,
        connection: Connection,
        resumes: &mut Resumes,
    ) -> Ended {
        let Connection { mut body, mut skip } = connection;
        let (fill, limits) = (&self.fetch.fill, &self.edge.flight_limits);
        let mut has_grown = false;
        loop {
            let mut data = match timeout(resumes.patience(limits), next_data(&mut body)).await {
                Ok(Some(Ok(data))) => data,
                Ok(None) if has_grown => return Ended::Less,
                Ok(None | Some(Err(_))) | Err(_) => return Ended::Broken,
            };
            self.edge.stats.came_from_origin(&data);
            let skipped = usize::try_from(skip).unwrap_or(usize::MAX).min(data.len());
            data.advance(skipped);
            skip -= u64::try_from(skipped).unwrap_or(0);
            let left = extent.size() - fill.written();
            // What goes beyond was not asked for, or not by this.
            data.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            if !data.is_empty() {
                has_grown = true;
                resumes.grew();
            }
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

    /// Asks for what is missing of `extent`, as often as may be and not at once.
    async fn resume(
        &self,
        parts: &Parts,
        extent: ByteRange,
        resumes: &mut Resumes,
    ) -> Option<Connection> {
        let mut resumption = Resumption::begin(&self.edge);
        loop {
            let limit = resumption.wait(&self.edge, resumes).await?;
            match self.rest(parts, extent, limit).await {
                Rest::Comes(connection) => {
                    self.edge.stats.resumed.inc();
                    return Some(connection);
                }
                Rest::Later => {
                    self.edge.stats.upstream_errors.inc();
                }
                Rest::Lost => return None,
            }
        }
    }

    /// Asks for what is missing of `extent`, and waits no longer than `limit` for an answer.
    async fn rest(&self, parts: &Parts, extent: ByteRange, limit: Duration) -> Rest {
        if parts.validator.is_none() {
            return Rest::Lost;
        }
        let rest = ByteRange { first: extent.first + self.fetch.fill.written(), ..extent };
        let asked = Portion::Range(rest);
        let mut headers = shared_headers(&self.fetch.wanted.request.headers, None);
        headers.insert(header::RANGE, asked.to_value());
        insist_on(parts, &mut headers);
        let (response, times, _) = match self.send(limit, headers).await {
            Ok(sent) => sent,
            Err(failed) if failed.failure.may_pass() => return Rest::Later,
            Err(_) => return Rest::Lost,
        };
        let status = response.status();
        match self.read(Some(asked), &response, times).0 {
            PartAnswer::Part(part) if parts.goes_with(&part) => {
                if part.extent.first == rest.first {
                    return Rest::Comes(Connection { body: response.into_body(), skip: part.skip });
                }
            }
            PartAnswer::Unusable(_) | PartAnswer::NotModified | PartAnswer::Ordinary
                if is_of_the_moment(status) =>
            {
                return Rest::Later;
            }
            PartAnswer::Part(_) | PartAnswer::Unsatisfied { .. } => self.forget(parts),
            PartAnswer::Unusable(_) | PartAnswer::NotModified | PartAnswer::Ordinary => {
                if status.is_success() {
                    self.forget(parts);
                }
            }
        }
        Rest::Lost
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
            return self.keep_block(key, parts, block.into());
        }
        let body = StoredBody::Memory(Arc::new(Blocks::of(block.bytes)));
        let object = Object::new(Arc::clone(&parts.head), body, parts.epoch.min(self.epoch));
        self.keep_whole(object);
    }
}
