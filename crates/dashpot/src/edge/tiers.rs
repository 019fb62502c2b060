//! Flags of `dashpot edge`: the tiers behind the memory tier, and who leaves and enters each.

use std::path::PathBuf;

use clap::ValueEnum;
use dashpot_base::ByteSize;
use dashpot_edge::{DiskEviction, DiskTier, Tiers};

/// The tiers behind the memory tier, and who leaves and enters each.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Storage")]
pub(super) struct TiersArgs {
    /// Directory to keep what is asked for twice in, over restarts too [default: memory only]
    #[arg(long, value_name = "DIR", env = "DASHPOT_EDGE_CACHE_DISK")]
    cache_disk: Option<PathBuf>,
    /// Disk space that stored responses may take
    #[arg(
        long,
        value_name = "SIZE",
        default_value = "100GiB",
        env = "DASHPOT_EDGE_CACHE_DISK_SIZE"
    )]
    cache_disk_size: ByteSize,
    /// Who leaves when the disk space is full
    #[arg(long, value_name = "POLICY", default_value = "lru", env = "DASHPOT_EDGE_DISK_EVICTION")]
    disk_eviction: DiskEvictionName,
}

/// Names of the disk tier's eviction policies.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum DiskEvictionName {
    /// The least recently used
    Lru,
    /// The oldest of those not used since the hand last came by
    Sieve,
}

impl From<TiersArgs> for Tiers {
    fn from(args: TiersArgs) -> Self {
        let eviction = match args.disk_eviction {
            DiskEvictionName::Lru => DiskEviction::Lru,
            DiskEvictionName::Sieve => DiskEviction::Sieve,
        };
        let mut tiers = Self::default();
        let size = args.cache_disk_size;
        tiers.disk = args.cache_disk.map(|dir| DiskTier { dir, size, eviction });
        tiers
    }
}
