//! The box walker: boxes of a buffer, one after the other.

use bytes::Bytes;

use crate::error::BmffError;
use crate::fields::Fields;
use crate::path::{BoxPath, FourCc};

/// The header of a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The box type.
    pub kind: FourCc,
    /// Byte offset of the box.
    pub start: u64,
    /// Bytes of the header itself: 8, 16 with `largesize`, 16 more with a `uuid` type.
    pub len: u64,
    /// Bytes of the whole box with its header.
    pub size: u64,
}

impl Header {
    /// The longest header: 64-bit size and extended type.
    pub const MAX_LEN: usize = 32;

    /// Returns the byte offset behind the box.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.start.saturating_add(self.size)
    }

    /// Reads a header from `bytes`, which start at offset `start` of a file or container whose bytes
    /// go on for `room` from there. `room` ends a box of size 0, which is allowed at the top only.
    ///
    /// # Errors
    /// Fails when `bytes` end within the header, or when the size is impossible or beyond `room`.
    pub(crate) fn parse(
        bytes: &[u8],
        start: u64,
        room: u64,
        parent: BoxPath,
    ) -> Result<Self, BmffError> {
        // ISO/IEC 14496-12 §4.2: size, type, then largesize when size is 1, then usertype for uuid.
        let truncated = |path, needed| BmffError::Truncated {
            path,
            at: start,
            needed,
            held: room.min(u64::try_from(bytes.len()).unwrap_or(u64::MAX)),
        };
        let word = |at: usize| -> Option<[u8; 4]> {
            bytes.get(at..at + 4).and_then(|four| four.try_into().ok())
        };
        let (Some(size), Some(kind)) = (word(0), word(4)) else {
            return Err(truncated(parent, 8));
        };
        let kind = FourCc(kind);
        let path = parent.then(kind).ok_or(BmffError::TooDeep { path: parent, at: start })?;
        let (mut len, size) = match u32::from_be_bytes(size) {
            0 if parent.depth() == 0 => (8, room),
            1 => {
                let (Some(high), Some(low)) = (word(8), word(12)) else {
                    return Err(truncated(path, 16));
                };
                (16, u64::from(u32::from_be_bytes(high)) << 32 | u64::from(u32::from_be_bytes(low)))
            }
            size => (8, u64::from(size)),
        };
        if kind == FourCc(*b"uuid") {
            len += 16;
        }
        if size < len {
            return Err(BmffError::BadSize { path, at: start, size });
        }
        if room < size {
            return Err(BmffError::Truncated { path, at: start, needed: size, held: room });
        }
        Ok(Self { kind, start, len, size })
    }
}

/// One box: its header, where it stands, and its contents (shared, not copied).
#[derive(Debug, Clone)]
pub struct Mp4Box {
    /// The header.
    pub header: Header,
    /// The path to the box, itself included.
    pub path: BoxPath,
    /// What follows the header.
    pub body: Bytes,
}

impl Mp4Box {
    /// Returns the boxes within this one, for a plain container such as `moov`.
    #[must_use]
    pub fn children(&self) -> Boxes {
        self.children_after(0)
    }

    /// Returns the boxes that follow the first `skip` bytes of the body, as in `stsd` or `meta`.
    #[must_use]
    pub fn children_after(&self, skip: usize) -> Boxes {
        let skip = skip.min(self.body.len());
        Boxes {
            rest: self.body.slice(skip..),
            at: self.body_start() + u64::try_from(skip).unwrap_or(0),
            parent: self.path,
            failed: false,
        }
    }

    /// Returns the first box of the type within this one.
    ///
    /// # Errors
    /// Fails when there is none, or when a box before it is broken.
    pub fn child(&self, kind: &[u8; 4]) -> Result<Self, BmffError> {
        self.child_if_any(kind)?.ok_or(BmffError::Missing { path: self.path, kind: FourCc(*kind) })
    }

    /// Returns the first box of the type within this one, if there is one.
    ///
    /// # Errors
    /// Fails when a box before it is broken.
    pub fn child_if_any(&self, kind: &[u8; 4]) -> Result<Option<Self>, BmffError> {
        for child in self.children() {
            let child = child?;
            if child.is(kind) {
                return Ok(Some(child));
            }
        }
        Ok(None)
    }

    /// Says whether the box is of the type.
    #[must_use]
    pub fn is(&self, kind: &[u8; 4]) -> bool {
        self.header.kind.0 == *kind
    }

    /// Returns the byte offset of the body.
    #[must_use]
    pub const fn body_start(&self) -> u64 {
        self.header.start + self.header.len
    }

    /// Returns a reader of the body's fields.
    pub(crate) fn fields(&self) -> Fields<'_> {
        Fields::new(&self.body, self.body_start(), self.path)
    }

    /// Returns an error about this box.
    pub(crate) const fn invalid(&self, what: &'static str) -> BmffError {
        BmffError::Invalid { path: self.path, at: self.header.start, what }
    }
}

/// The boxes of a buffer in order. It ends after the first broken box.
#[derive(Debug, Clone)]
pub struct Boxes {
    rest: Bytes,
    at: u64,
    parent: BoxPath,
    failed: bool,
}

/// Returns the top-level boxes of `bytes`, which start at offset 0.
#[must_use]
pub fn boxes(bytes: &Bytes) -> Boxes {
    boxes_from(bytes, 0)
}

/// Returns the top-level boxes of `bytes`, which stand at byte offset `at` of their file.
#[must_use]
pub fn boxes_from(bytes: &Bytes, at: u64) -> Boxes {
    Boxes { rest: bytes.clone(), at, parent: BoxPath::TOP, failed: false }
}

impl Boxes {
    fn step(&mut self) -> Result<Mp4Box, BmffError> {
        let room = u64::try_from(self.rest.len()).unwrap_or(u64::MAX);
        let header = Header::parse(&self.rest, self.at, room, self.parent)?;
        let too_deep = BmffError::TooDeep { path: self.parent, at: self.at };
        let path = self.parent.then(header.kind).ok_or(too_deep)?;
        let bad = BmffError::BadSize { path, at: header.start, size: header.size };
        let (Ok(size), Ok(len)) = (usize::try_from(header.size), usize::try_from(header.len))
        else {
            return Err(bad);
        };
        let mut body = self.rest.split_to(size);
        self.at = header.end();
        Ok(Mp4Box { header, path, body: body.split_off(len) })
    }
}

impl Iterator for Boxes {
    type Item = Result<Mp4Box, BmffError>;

    fn next(&mut self) -> Option<Self::Item> {
        // QuickTime ends some containers with a 32-bit zero: too short for a box, and no harm.
        let terminator = self.rest.len() < 8 && self.rest.iter().all(|byte| *byte == 0);
        if self.failed || terminator {
            return None;
        }
        let step = self.step();
        self.failed = step.is_err();
        Some(step)
    }
}

#[cfg(test)]
mod tests;
