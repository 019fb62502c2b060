//! Why an asset could not be made.

use std::io;
use std::path::PathBuf;

use dashpot_bmff::BmffError;

/// Why an asset could not be made. Nothing is left behind when one of these is returned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// A program that does the encoding is not there.
    #[error(
        "{program} is not installed or not in PATH (Debian and Ubuntu: apt-get install ffmpeg)"
    )]
    NoProgram {
        /// The program.
        program: &'static str,
        /// What starting it said.
        #[source]
        source: io::Error,
    },
    /// A program ended with an error.
    #[error("{program} failed on {}: {message}", about.display())]
    ProgramFailed {
        /// The program.
        program: &'static str,
        /// The file it worked on.
        about: PathBuf,
        /// The last lines it said.
        message: String,
    },
    /// ffmpeg was built without an encoder for the codec.
    #[error("this ffmpeg has no encoder for {codec}; it can encode {available}")]
    NoEncoder {
        /// The codec that was asked for.
        codec: &'static str,
        /// The codecs there are encoders for.
        available: String,
    },
    /// An input could not be read or understood.
    #[error("cannot read {}", path.display())]
    Read {
        /// The input.
        path: PathBuf,
        /// What reading it said.
        #[source]
        source: io::Error,
    },
    /// An input is not a sound MP4 file.
    #[error("{} is not a usable MP4 file", path.display())]
    Format {
        /// The input.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: BmffError,
    },
    /// An input cannot be used, for the reason given.
    #[error("{}: {why}", path.display())]
    Unusable {
        /// The input.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The inputs hold no picture and no sound.
    #[error("no video or audio stream in {inputs}")]
    NoStreams {
        /// The inputs, as they were named.
        inputs: String,
    },
    /// Video tracks cannot be switched between, because their key frames differ.
    #[error(
        "video tracks are not aligned: {} starts a fragment at {at_seconds:.3} s, {} does not; \
         encode them with the same key frame interval",
        has.display(), lacks.display()
    )]
    Unaligned {
        /// First time that is not common, in seconds.
        at_seconds: f64,
        /// The input that starts a fragment there.
        has: PathBuf,
        /// The input that does not.
        lacks: PathBuf,
    },
    /// The ladder could not be understood, or has no rung that fits.
    #[error("ladder: {0}")]
    Ladder(String),
    /// The name of the asset cannot be part of a URL path and a file name.
    #[error(
        "{0:?} cannot name an asset: use letters, digits, '-', '_' and '.', and begin with a letter or digit"
    )]
    Name(String),
    /// The asset is there and was not to be replaced.
    #[error("{} exists already", .0.display())]
    Exists(PathBuf),
    /// The disk is full.
    #[error("no space is left for {}", path.display())]
    DiskFull {
        /// What was being written.
        path: PathBuf,
        /// What writing it said.
        #[source]
        source: io::Error,
    },
    /// Something could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// What was being written.
        path: PathBuf,
        /// What writing it said.
        #[source]
        source: io::Error,
    },
    /// A part of the work was stopped from outside.
    #[error("the work was interrupted")]
    Interrupted,
}

impl IngestError {
    /// Returns the error of writing `path`; a full disk has its own.
    pub(crate) fn write(path: impl Into<PathBuf>, source: io::Error) -> Self {
        let path = path.into();
        if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
            Self::DiskFull { path, source }
        } else {
            Self::Write { path, source }
        }
    }
}
