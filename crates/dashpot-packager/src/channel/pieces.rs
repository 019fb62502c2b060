//! The boxes of a body as it arrives, put together to what can be used on its own.

use bytes::{Buf as _, Bytes, BytesMut};

/// Bytes of a box that is no media: an initialization segment with pictures of its own logo in it
/// is a hundredth of that.
const HEAD_BYTES_MAX: u64 = 1 << 20;
/// Bytes of the media of one fragment: ten seconds at 50 Mbit/s.
const MEDIA_BYTES_MAX: u64 = 64 << 20;

/// What can be used on its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// An initialization segment.
    Init(Bytes),
    /// A fragment with what stands before it.
    Fragment {
        /// All of it.
        bytes: Bytes,
        /// Its `moof`.
        moof: Bytes,
        /// Bytes of media in its `mdat`.
        media: u64,
    },
}

/// Why a body is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PieceError {
    /// A box cannot be, or has no place where it is.
    #[error("a box of type `{0}` that has no place there, or too large a one")]
    Box(String),
    /// The body ends within a box.
    #[error("the body ends within a box")]
    Truncated,
}

/// Puts a body together.
#[derive(Debug, Default)]
pub struct Pieces {
    held: BytesMut,
    /// Boxes before what they belong to.
    before: BytesMut,
    moof: Option<Bytes>,
}

impl Pieces {
    /// Takes what arrived. At most a frame of the connection is held beyond what bounds allow.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
    }

    /// Returns the next piece, if it is there as a whole.
    ///
    /// # Errors
    /// Where a box cannot be or has no place there.
    pub fn next_piece(&mut self) -> Result<Option<Piece>, PieceError> {
        while let Some((kind, head, size)) = header(&self.held)? {
            let wrong = || PieceError::Box(String::from_utf8_lossy(&kind).into_owned());
            let is_media = &kind == b"mdat";
            let most = if is_media { MEDIA_BYTES_MAX } else { HEAD_BYTES_MAX };
            if most < size || (is_media && self.moof.is_none()) {
                return Err(wrong());
            }
            let Some(size) = usize::try_from(size).ok().filter(|size| *size <= self.held.len())
            else {
                return Ok(None);
            };
            let whole = self.held.split_to(size);
            match (&kind, self.moof.is_some()) {
                (b"mdat", true) => {
                    let moof = self.moof.take().ok_or_else(wrong)?;
                    let mut bytes = std::mem::take(&mut self.before);
                    bytes.extend_from_slice(&whole);
                    let media = u64::try_from(size - head).unwrap_or(u64::MAX);
                    return Ok(Some(Piece::Fragment { bytes: bytes.freeze(), moof, media }));
                }
                (b"moof", false) => {
                    self.before.extend_from_slice(&whole);
                    self.moof = Some(whole.freeze());
                }
                (b"moov", false) => {
                    let mut bytes = std::mem::take(&mut self.before);
                    bytes.extend_from_slice(&whole);
                    return Ok(Some(Piece::Init(bytes.freeze())));
                }
                (b"ftyp" | b"styp" | b"prft" | b"emsg", false) => {
                    self.before.extend_from_slice(&whole);
                }
                // Indexes are of the encoder's files, and padding is nothing.
                (b"sidx" | b"ssix" | b"free" | b"skip" | b"mfra" | b"uuid", false) => (),
                _ => return Err(wrong()),
            }
            if HEAD_BYTES_MAX < u64::try_from(self.before.len()).unwrap_or(u64::MAX) {
                return Err(wrong());
            }
        }
        Ok(None)
    }

    /// Says whether the body may end here.
    ///
    /// # Errors
    /// Where it ends within a box or before its media.
    pub fn end(&self) -> Result<(), PieceError> {
        let is_whole = !self.held.has_remaining() && self.moof.is_none();
        if is_whole { Ok(()) } else { Err(PieceError::Truncated) }
    }
}

/// Reads type, length of the header and size of the box at the front (ISO/IEC 14496-12 §4.2).
fn header(bytes: &[u8]) -> Result<Option<([u8; 4], usize, u64)>, PieceError> {
    let Some((size, rest)) = bytes.split_first_chunk::<4>() else { return Ok(None) };
    let Some((kind, rest)) = rest.split_first_chunk::<4>() else { return Ok(None) };
    let (head, size) = match u32::from_be_bytes(*size) {
        1 => match rest.first_chunk::<8>() {
            Some(large) => (16, u64::from_be_bytes(*large)),
            None => return Ok(None),
        },
        size => (8_usize, u64::from(size)),
    };
    // A size of 0 would be all that is to come, of which nothing could be said before its end.
    if size < 8 || (head == 16 && size < 16) {
        return Err(PieceError::Box(String::from_utf8_lossy(kind).into_owned()));
    }
    Ok(Some((*kind, head, size)))
}
