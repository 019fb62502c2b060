//! What to make, and how far it is.

use std::path::PathBuf;
use std::time::Duration;

use crate::codec::Codec;
use crate::ladder::Ladder;
use crate::thumbnails::Tiles;

/// What to make of which files.
#[derive(Debug, Clone)]
pub struct Config {
    /// The files. When encoding, pictures come from the first file that has them, sound and subtitles
    /// from all; when copying, every file gives its tracks.
    pub inputs: Vec<PathBuf>,
    /// The folder that gets the asset's folder.
    pub out: PathBuf,
    /// The asset's name: its folder, and its part of URLs.
    pub name: String,
    /// Whether to encode.
    pub mode: Mode,
    /// The least duration of a fragment, and when encoding that of a group of pictures.
    pub gop: Duration,
    /// How many small pictures a sheet of thumbnails has; none without.
    pub thumbnails: Option<Tiles>,
    /// What to do when the asset is there already.
    pub existing: Existing,
    /// The program `ffmpeg`, by name or path.
    pub ffmpeg: PathBuf,
    /// The program `ffprobe`, by name or path.
    pub ffprobe: PathBuf,
}

/// Whether to encode.
#[derive(Debug, Clone)]
pub enum Mode {
    /// Encode a ladder.
    Encode {
        /// The rungs; those larger than the source are left out.
        ladder: Ladder,
        /// What the pictures are coded in.
        codec: Codec,
        /// Whether each segment is compared with the film that it was made of.
        ssim: bool,
    },
    /// Keep the tracks of MP4 files as they are coded.
    Copy,
}

/// What to do when the asset is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Fail.
    Keep,
    /// Put the new one in its place once it is whole.
    Replace,
}

/// How far the work is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// How much of the stage is done, 0 to 1.
    pub done_ratio: f64,
    /// How long the stage will still take, when ffmpeg says its speed.
    pub remaining: Option<Duration>,
}

/// The stages of the work in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// ffmpeg encodes.
    Encode,
    /// ffmpeg compares the rungs with the film.
    Compare,
    /// Tracks are cut into fragments and written.
    Pack,
    /// ffmpeg draws thumbnails.
    Draw,
}
