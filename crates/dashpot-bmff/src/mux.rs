//! Reads the samples of any MP4 and writes them as CMAF track files.
//!
//! [`Reader`] takes the boxes that a [`Scanner`](crate::Scanner) finds and gives each track's samples as
//! places in the file. [`Plan`] puts them on a timeline that starts at zero without an edit list and
//! groups them into fragments. [`Plan::write`] gives every byte of the track file but the media data,
//! and the file ranges that this data stands in: a driver copies them, nothing here holds them.

pub(crate) mod moov;
mod plan;
mod reader;
mod tables;
mod timeline;
mod write;

pub use plan::{Cut, Plan};
pub use reader::{Media, Reader};
pub use write::{CmafFile, CmafFragment};

/// One coded frame, and where it lies in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// Byte offset in the file.
    pub offset: u64,
    /// Size in bytes.
    pub size: u32,
    /// Decode time in ticks.
    pub decode_time: u64,
    /// Duration in ticks.
    pub duration: u32,
    /// Ticks from decode time to composition time.
    pub composition_offset: i64,
    /// Whether decoding may start here.
    pub sync: bool,
}

/// More samples than this in a track are refused: 19 hours at 60 frames a second, and 160 MiB of memory.
pub(crate) const MAX_SAMPLES: usize = 1 << 22;

/// Returns `count` as the 64 bits of a file offset or size.
pub(crate) fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
