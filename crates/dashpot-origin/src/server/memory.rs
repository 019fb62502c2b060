//! How the memory for media is shared out.

use dashpot_base::ByteSize;

/// What the memory for media is used for.
pub(super) struct Memory {
    pub(super) heads: ByteSize,
    pub(super) sealed: ByteSize,
    pub(super) blocks: ByteSize,
}

impl Memory {
    pub(super) fn of(all: ByteSize) -> Self {
        // A segment has a hundred times as much media as heads; what is protected goes out soon.
        let part = all.bytes() / 8;
        let blocks = ByteSize::new(all.bytes() - 2 * part);
        Self { heads: ByteSize::new(part), sealed: ByteSize::new(part), blocks }
    }
}
