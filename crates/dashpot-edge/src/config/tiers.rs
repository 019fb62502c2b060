//! The tiers behind the memory tier, and who leaves and enters each.

use std::path::PathBuf;

use dashpot_base::ByteSize;

/// The tiers behind the memory tier, and who leaves and enters each.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Tiers {
    /// The disk tier; `None` where memory is all there is.
    pub disk: Option<DiskTier>,
}

/// A tier of files, which outlives the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskTier {
    /// The directory, made where it is not there; one process uses it at a time.
    pub dir: PathBuf,
    /// The bytes that its files may take, their slack included.
    pub size: ByteSize,
    /// Who leaves when it is full.
    pub eviction: DiskEviction,
}

/// Who leaves the disk tier when it is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DiskEviction {
    /// The least recently used.
    #[default]
    Lru,
    /// The oldest of those not used since the hand last came by (SIEVE).
    Sieve,
}
