//! A body that is read block by block, from the store or as it arrives.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use dashpot_cache::{BLOCK_BYTES, Failure, Key, ReaderId, Step, block_at, block_of, step};
use dashpot_http::range::ByteRange;
use tokio::task::JoinHandle;

use super::{
    fetch::Fetch,
    parts::{Block, Parts},
    table::{Joined, Table},
};
use crate::{disk::OnDisk, edge::Edge, fill::Broken, flights::Wanted, from_disk::HITS_TO_PROMOTE};

/// Blocks that are fetched ahead of the one that is read.
///
/// One hides the round trip to the origin, the other what varies in it; each is memory that a
/// viewer who leaves has taken for nothing.
const AHEAD_BLOCKS: u64 = 2;

/// A reader of a resource that is stored in parts.
#[derive(Debug)]
pub(crate) struct Reader {
    edge: Arc<Edge>,
    wanted: Wanted,
    parts: Arc<Parts>,
    /// What has been opened and not read to its end, in the order of reading.
    open: VecDeque<Open>,
}

/// Part of a block or two, open for reading.
#[derive(Debug)]
pub(super) enum Open {
    Stored(Arc<Block>),
    /// From the disk.
    Loading {
        extent: ByteRange,
        task: JoinHandle<Option<Arc<Block>>>,
    },
    /// What the disk had is damaged.
    Lost(ByteRange),
    Coming(Coming),
}

/// A part as it arrives.
#[derive(Debug)]
pub(super) struct Coming {
    pub(super) fetch: Arc<Fetch>,
    reader: ReaderId,
    extent: ByteRange,
}

impl Coming {
    pub(super) fn new(edge: &Edge, fetch: Arc<Fetch>, extent: ByteRange) -> Self {
        let reader = edge.blocks.reader();
        fetch.fill.add_reader(reader);
        Self { fetch, reader, extent }
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        self.fetch.fill.remove_reader(self.reader);
    }
}

impl Open {
    fn extent(&self) -> ByteRange {
        match self {
            Self::Stored(block) => block.extent,
            Self::Loading { extent, .. } | Self::Lost(extent) => *extent,
            Self::Coming(coming) => coming.extent,
        }
    }

    fn holds(&self, at: u64) -> bool {
        let extent = self.extent();
        extent.first <= at && at <= extent.last
    }
}

impl Reader {
    /// Returns a reader of `parts`, one of which may be open already.
    pub(super) fn new(
        edge: &Arc<Edge>,
        wanted: Wanted,
        parts: Arc<Parts>,
        first: Option<Open>,
    ) -> Self {
        Self { edge: Arc::clone(edge), wanted, parts, open: first.into_iter().collect() }
    }

    /// Returns the next bytes in `at..until`; there is no end before `until`.
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        at: u64,
        until: u64,
    ) -> Poll<Option<Result<Bytes, Broken>>> {
        let until = until.min(self.parts.length);
        if until <= at {
            return Poll::Ready(None);
        }
        self.turn_to(at, until);
        let polled = self.poll_open(cx, at, until);
        if !matches!(polled, Poll::Ready(None)) {
            return polled;
        }
        // The origin has given less than it was asked for; where it gave anything, it goes on.
        let has_given = self
            .open
            .front()
            .is_some_and(|open| open.extent().first < at || matches!(open, Open::Lost(_)));
        self.open.clear();
        if !has_given {
            return broken();
        }
        self.turn_to(at, until);
        let polled = self.poll_open(cx, at, until);
        if matches!(polled, Poll::Ready(None)) { broken() } else { polled }
    }

    /// Returns the next bytes of what is open; `None` where it has ended before its extent does.
    fn poll_open(
        &mut self,
        cx: &mut Context<'_>,
        at: u64,
        until: u64,
    ) -> Poll<Option<Result<Bytes, Broken>>> {
        if let Some(front) = self.open.front_mut()
            && let Open::Loading { extent, task } = front
        {
            let loaded = ready!(Pin::new(task).poll(cx)).ok().flatten();
            let loaded = loaded.filter(|block| block.holds(at));
            *front = loaded.map_or(Open::Lost(*extent), Open::Stored);
        }
        match self.open.front() {
            Some(Open::Lost(_)) => Poll::Ready(None),
            Some(Open::Stored(block)) => Poll::Ready(Some(Ok(block.read(at, until)))),
            Some(Open::Coming(Coming { fetch, reader, extent })) if extent.first <= at => {
                let until = until.min(extent.last + 1);
                let base = extent.first;
                fetch.fill.poll_read(cx, *reader, at - base, until - base)
            }
            Some(Open::Coming(_) | Open::Loading { .. }) | None => broken(),
        }
    }

    /// Opens what `at` lies in, and what comes after it.
    fn turn_to(&mut self, at: u64, until: u64) {
        if self.open.front().is_some_and(|open| open.holds(at)) {
            return;
        }
        // What is passed by is let go, whichever way the reader goes.
        while self.open.front().is_some_and(|open| !open.holds(at)) {
            self.open.pop_front();
        }
        if self.open.is_empty() {
            let open = open(&self.edge, &self.wanted, &self.parts, at);
            self.open.push_back(open);
        }
        let horizon = (block_of(at) + 1 + AHEAD_BLOCKS).saturating_mul(BLOCK_BYTES).min(until);
        while let Some(next) = self.open.back().map(|open| open.extent().last + 1)
            && next < horizon
            && !self.edge.blocks.is_full()
        {
            let open = open(&self.edge, &self.wanted, &self.parts, next);
            self.open.push_back(open);
        }
    }
}

/// Opens the block of byte `at`: what is stored of it where that holds the byte, else its fetch.
pub(super) fn open(edge: &Arc<Edge>, wanted: &Wanted, parts: &Arc<Parts>, at: u64) -> Open {
    let key = wanted.primary.block(parts.id, block_of(at));
    let stored = edge.store.block(&key);
    if stored.is_none()
        && let Some(found) = edge.store.block_on_disk(&key)
        && let Some(extent) = found.extent()
        && extent.first <= at
        && at <= extent.last
    {
        return load(edge, key, found, extent);
    }
    let extent =
        stored.as_ref().map_or_else(|| edge.store.block_extent(&key), |block| Some(block.extent));
    let extent = match (step(at, at + 1, parts.length, extent), stored) {
        (Step::Stored { .. }, Some(block)) => {
            edge.store.block_asked_again(&key, wanted, parts, &block);
            return Open::Stored(block);
        }
        (Step::Fetch(extent), _) => extent,
        (Step::Stored { .. }, None) => block_at(at, parts.length),
    };
    let landed = || edge.store.block(&key).filter(|block| block.holds(at));
    // Two that begin at the same byte are the same.
    let up = wanted.primary.block(parts.id, extent.first);
    let make = |since| Fetch::of_block(wanted, Arc::clone(parts), extent, since);
    match Table::join(edge, &up, landed, make) {
        Joined::Landed(block) => Open::Stored(block),
        Joined::Following(fetch) | Joined::Leading(fetch) => {
            let extent = fetch.extent().unwrap_or(extent);
            Open::Coming(Coming::new(edge, fetch, extent))
        }
    }
}

/// Begins to read the block that was `found` on the disk under `key`.
fn load(edge: &Arc<Edge>, key: Key, found: OnDisk, extent: ByteRange) -> Open {
    let is_wanted_often = found.hits().is_multiple_of(HITS_TO_PROMOTE);
    let edge = Arc::clone(edge);
    let task = tokio::spawn(async move {
        let block = found.load_block().await?;
        if is_wanted_often {
            edge.store.keep_block(key, &block);
        }
        Some(block)
    });
    Open::Loading { extent, task }
}

const fn broken<T>() -> Poll<Option<Result<T, Broken>>> {
    Poll::Ready(Some(Err(Broken::Upstream(Failure::Truncated))))
}
