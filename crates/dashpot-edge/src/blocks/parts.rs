//! What is stored of a resource that is not stored whole.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use dashpot_cache::{Part, StoredHead, StrongValidator, joined};
use dashpot_http::range::ByteRange;

/// A resource of which parts are stored, each under a key of its own.
#[derive(Debug)]
pub(crate) struct Parts {
    /// The head of the whole.
    pub(crate) head: Arc<StoredHead>,
    /// The length of the whole in bytes.
    pub(crate) length: u64,
    /// Without it there is one part only.
    pub(crate) validator: Option<StrongValidator>,
    /// In the keys of the parts: another for each representation.
    pub(crate) id: u64,
    /// The purge epoch in which the oldest part's fetch began, or the validation of all.
    pub(crate) epoch: u64,
}

impl Parts {
    /// Returns whether `part` is of this very representation (RFC 9111 §3.4).
    pub(crate) fn goes_with(&self, part: &Part) -> bool {
        self.length == part.length && self.validator.is_some() && self.validator == part.validator
    }

    /// Returns the same parts under another head, as of the purge epoch `epoch`.
    pub(crate) fn under(&self, head: StoredHead, epoch: u64) -> Self {
        let (length, id) = (self.length, self.id);
        Self { head: head.into(), length, validator: self.validator.clone(), id, epoch }
    }
}

/// What is stored of one block.
#[derive(Debug)]
pub(crate) struct Block {
    /// Which bytes of the whole these are.
    pub(crate) extent: ByteRange,
    pub(crate) bytes: Bytes,
}

impl Block {
    /// Returns this and `other` as one where they adjoin.
    pub(crate) fn with(&self, other: &Self) -> Option<Self> {
        let extent = joined(self.extent, other.extent)?;
        let mut bytes = BytesMut::with_capacity(usize::try_from(extent.size()).ok()?);
        let mut at = extent.first;
        while at <= extent.last {
            let here = if other.holds(at) { other } else { self };
            let read = here.read(at, extent.last + 1);
            at += u64::try_from(read.len()).ok().filter(|&len| len != 0)?;
            bytes.extend_from_slice(&read);
        }
        Some(Self { extent, bytes: bytes.freeze() })
    }

    pub(crate) const fn holds(&self, at: u64) -> bool {
        self.extent.first <= at && at <= self.extent.last
    }

    /// Returns the bytes from `at` up to before `until`, as far as they are here.
    pub(crate) fn read(&self, at: u64, until: u64) -> Bytes {
        let index = |at: u64| {
            let offset = at.saturating_sub(self.extent.first);
            usize::try_from(offset).unwrap_or(usize::MAX).min(self.bytes.len())
        };
        let (start, end) = (index(at), index(until));
        self.bytes.slice(start..end.max(start))
    }
}
