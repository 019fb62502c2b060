//! Makes assets of films: ladders of fragmented CMAF tracks in a folder, ready for the origin.
//!
//! Layer 5. [`ingest()`] either encodes any film that ffmpeg reads, or copies MP4 files whose key frames
//! are aligned. It owns the processes and the files: what it makes stands whole in its folder, or not
//! at all.

mod align;
mod codec;
mod config;
mod encode;
mod error;
mod ffmpeg;
mod folder;
mod ingest;
mod ladder;
mod pack;
mod probe;
mod report;
mod source;
mod ssim;
mod subtitles;
mod thumbnails;
mod track;

pub use codec::Codec;
pub use config::{Config, Existing, Mode, Progress, Stage};
pub use error::IngestError;
pub use ingest::ingest;
pub use ladder::{Ladder, Rung};
pub use report::{Report, TrackReport};
pub use ssim::{Ssim, SsimError};
pub use thumbnails::{Thumbnails, Tiles};

#[cfg(test)]
mod tests;
