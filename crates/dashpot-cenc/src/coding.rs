//! How the samples of a track are laid out, as far as encryption must know.

use crate::nal::Nals;
use bytes::Bytes;
use dashpot_bmff::{FourCc, Mp4Box, boxes};

/// What of a sample may be encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coding {
    /// All of it: sound.
    Whole,
    /// The data of slices: pictures in NAL units.
    Nals(Nals),
}

/// Why a track cannot be protected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodingError {
    /// No rule for such samples is here.
    #[error("`{codec}` cannot be encrypted here, of pictures only avc1, avc3, hvc1 and hev1 can")]
    Codec {
        /// The type of the sample entry.
        codec: FourCc,
    },
    /// The sample entry cannot be read.
    #[error("its sample entry cannot be read")]
    Entry,
}

impl Coding {
    /// Returns the coding of a track of sound.
    #[must_use]
    pub const fn sound() -> Self {
        Self::Whole
    }

    /// Returns the coding of a track of pictures, whose `stsd` has the body `entries`.
    ///
    /// # Errors
    /// Where the pictures are not in NAL units, or their configuration is broken.
    pub fn pictures(entries: &Bytes) -> Result<Self, CodingError> {
        let entry = boxes(&entries.slice(8.min(entries.len())..)).next();
        let entry = entry.and_then(Result::ok).ok_or(CodingError::Entry)?;
        // ISO/IEC 14496-12 §12.1.3: so long is the part that every entry of pictures has.
        let config = |kind: &[u8; 4]| -> Option<Mp4Box> {
            entry.children_after(78).filter_map(Result::ok).find(|child| child.is(kind))
        };
        let nals = match &entry.header.kind.0 {
            b"avc1" | b"avc3" => config(b"avcC").and_then(|config| Nals::avc(&config.body)),
            b"hvc1" | b"hev1" => config(b"hvcC").and_then(|config| Nals::hevc(&config.body)),
            _ => return Err(CodingError::Codec { codec: entry.header.kind }),
        };
        nals.map(Self::Nals).ok_or(CodingError::Entry)
    }
}
