//! A stored response: its head and its body in allocations of its own.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use bytes::{Bytes, BytesMut};
use dashpot_cache::StoredHead;

use crate::disk::DiskBody;

/// The size of the blocks that a stored body is cut into.
///
/// One allocation up to here, so that a hit on a segment is one write; larger ones are copied and
/// freed block by block, so that no copy holds a worker thread for long.
pub(crate) const BLOCK_BYTES: usize = 1 << 20;

/// A stored response.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) head: Arc<StoredHead>,
    pub(crate) body: StoredBody,
    /// The epoch up to which no purge concerns it: the one in which its fetch began, until a
    /// look-up finds that those since do not either.
    epoch: AtomicU64,
    /// Whether the disk tier has been told of it.
    is_offered: AtomicBool,
}

/// A stored body, in memory or on the disk.
#[derive(Clone, Debug)]
pub(crate) enum StoredBody {
    Memory(Arc<Blocks>),
    Disk(Arc<DiskBody>),
}

impl Object {
    /// Returns the response whose fetch began in the purge epoch `epoch`.
    pub(crate) const fn new(head: Arc<StoredHead>, body: StoredBody, epoch: u64) -> Self {
        Self { head, body, epoch: AtomicU64::new(epoch), is_offered: AtomicBool::new(false) }
    }

    /// Returns the same body under a newer head, which purges up to `epoch` do not concern.
    pub(crate) fn with_head(&self, head: Arc<StoredHead>, epoch: u64) -> Self {
        let is_offered = AtomicBool::new(self.is_offered());
        Self { head, body: self.body.clone(), epoch: AtomicU64::new(epoch), is_offered }
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Relaxed)
    }

    /// Notes that no purge up to `epoch` concerns this response.
    pub(crate) fn outlived(&self, epoch: u64) {
        self.epoch.fetch_max(epoch, Ordering::Relaxed);
    }

    /// Returns whether the disk tier has been told of it.
    pub(crate) fn is_offered(&self) -> bool {
        self.is_offered.load(Ordering::Relaxed)
    }

    /// Notes that the disk tier is told of it; returns whether this is the first time.
    pub(crate) fn offer(&self) -> bool {
        !self.is_offered.swap(true, Ordering::Relaxed)
    }
}

impl StoredBody {
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Memory(blocks) => blocks.len(),
            Self::Disk(body) => body.len(),
        }
    }

    /// Returns the bytes of memory that the body takes.
    pub(crate) fn weight_bytes(&self) -> u64 {
        match self {
            Self::Memory(blocks) => blocks.weight_bytes(),
            Self::Disk(_) => 0,
        }
    }
}

/// A body, cut into blocks of [`BLOCK_BYTES`] of which only the last may be shorter.
#[derive(Debug, Default)]
pub(crate) struct Blocks {
    /// Apart from the others, so that a small body needs no list of blocks.
    first: Bytes,
    more: Vec<Bytes>,
    len: u64,
}

impl Blocks {
    /// Copies `chunks` into blocks of their own, so that no read buffer stays pinned.
    pub(crate) async fn copy_of(chunks: &[Bytes]) -> Self {
        let total: usize = chunks.iter().map(Bytes::len).sum();
        let mut blocks = Self::with_room_for(total);
        let mut left = total;
        let mut block = BytesMut::with_capacity(left.min(BLOCK_BYTES));
        for chunk in chunks {
            let mut rest = chunk.as_ref();
            while !rest.is_empty() {
                let (now, later) = rest.split_at(rest.len().min(BLOCK_BYTES - block.len()));
                block.extend_from_slice(now);
                rest = later;
                if block.len() == BLOCK_BYTES {
                    left -= BLOCK_BYTES;
                    blocks.push(block);
                    block = BytesMut::with_capacity(left.min(BLOCK_BYTES));
                    tokio::task::yield_now().await;
                }
            }
        }
        if !block.is_empty() {
            blocks.push(block);
        }
        blocks
    }

    fn with_room_for(len: usize) -> Self {
        let more = Vec::with_capacity(len.div_ceil(BLOCK_BYTES).saturating_sub(1));
        Self { first: Bytes::new(), more, len: u64::try_from(len).unwrap_or(u64::MAX) }
    }

    fn push(&mut self, block: BytesMut) {
        if self.first.is_empty() {
            self.first = block.freeze();
        } else {
            self.more.push(block.freeze());
        }
    }

    /// Returns the bytes of memory that the body takes.
    pub(crate) fn weight_bytes(&self) -> u64 {
        /// The count of those who share a block, and the rounding of its allocation.
        const SHARED_BYTES: usize = 48;
        let blocks = 1 + self.more.len();
        let own = size_of::<Self>() + self.more.capacity() * size_of::<Bytes>();
        let overhead = own + blocks * SHARED_BYTES;
        self.len.saturating_add(u64::try_from(overhead).unwrap_or(u64::MAX))
    }

    /// Returns a body of no more than one block.
    pub(crate) fn of(first: Bytes) -> Self {
        let len = u64::try_from(first.len()).unwrap_or(u64::MAX);
        Self { first, more: Vec::new(), len }
    }

    pub(crate) const fn len(&self) -> u64 {
        self.len
    }

    /// Returns the blocks, one after the other.
    pub(crate) fn pieces(&self) -> Vec<Bytes> {
        std::iter::once(&self.first).chain(&self.more).cloned().collect()
    }

    /// Returns the bytes from `at` on up to the end of their block or `until`; `None` where there
    /// are none.
    pub(crate) fn from(&self, at: u64, until: u64) -> Option<Bytes> {
        let until = until.min(self.len);
        if until <= at {
            return None;
        }
        let at = usize::try_from(at).ok()?;
        let block = match (at / BLOCK_BYTES).checked_sub(1) {
            None => &self.first,
            Some(index) => self.more.get(index)?,
        };
        let start = at % BLOCK_BYTES;
        let wanted = usize::try_from(until).unwrap_or(usize::MAX) - at;
        Some(block.slice(start..block.len().min(start.saturating_add(wanted))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn blocks_hold_what_the_chunks_held_at_every_offset() {
        let whole: Vec<u8> =
            (0..BLOCK_BYTES * 2 + 77).map(|i| u8::try_from(i % 251).unwrap()).collect();
        let chunks: Vec<Bytes> = whole.chunks(300_001).map(Bytes::copy_from_slice).collect();
        let blocks = Blocks::copy_of(&chunks).await;
        let len = u64::try_from(whole.len()).unwrap();
        assert_eq!(blocks.len(), len);
        for (from, until) in [(0, len), (5, 6), (1 << 20, 1 << 21), ((1 << 20) - 1, len + 9)] {
            let mut at = from;
            let mut read = Vec::new();
            while let Some(bytes) = blocks.from(at, until) {
                at += u64::try_from(bytes.len()).unwrap();
                read.extend_from_slice(&bytes);
            }
            let range = usize::try_from(from).unwrap()..usize::try_from(until.min(len)).unwrap();
            assert!(read == whole[range], "{from}..{until}");
        }
        assert_eq!(blocks.from(len, len), None);
        assert_eq!(Blocks::copy_of(&[]).await.from(0, 1), None);
    }
}
