//! Finds the boxes of a file by ranges, so that media data is never read to be skipped.

use std::ops::Range;

use bytes::Bytes;

use crate::error::BmffError;
use crate::path::BoxPath;
use crate::walk::{Header, Mp4Box, boxes_from};

/// Walks the top-level boxes of a file of known length. Its driver reads what [`Scanner::wants`] and
/// hands it to [`Scanner::feed`], until nothing is wanted. No I/O is done here.
#[derive(Debug, Clone)]
pub struct Scanner {
    file_len: u64,
    at: u64,
    reading: Option<Header>,
}

/// One top-level box that a [`Scanner`] found.
#[derive(Debug, Clone)]
pub enum TopBox {
    /// A box that describes media, with its contents.
    Read(Mp4Box),
    /// A box whose contents were left in the file: media data, padding, and what is not known.
    Skipped(Header),
}

/// The largest box that is read into memory. A `moov` of a ten-hour film with a sample table entry
/// for each of 60 frames a second is below 64 MiB.
const MAX_READ: u64 = 128 << 20;

impl Scanner {
    /// Returns a scanner at the start of a file of `file_len` bytes.
    #[must_use]
    pub const fn new(file_len: u64) -> Self {
        Self { file_len, at: 0, reading: None }
    }

    /// Returns the byte range to feed next, or `None` at the end of the file.
    #[must_use]
    pub fn wants(&self) -> Option<Range<u64>> {
        if let Some(header) = &self.reading {
            return Some(header.start..header.end());
        }
        let longest = u64::try_from(Header::MAX_LEN).unwrap_or(u64::MAX);
        let end = self.at.saturating_add(longest).min(self.file_len);
        (self.at < self.file_len).then_some(self.at..end)
    }

    /// Takes the bytes of the range that was wanted. Returns the box when one is complete.
    ///
    /// # Errors
    /// Fails when a header is broken, a box ends behind the file, or one that must be read is huge.
    pub fn feed(&mut self, bytes: &Bytes) -> Result<Option<TopBox>, BmffError> {
        if let Some(header) = self.reading.take() {
            self.at = header.end();
            return boxes_from(bytes, header.start).next().transpose().map(|b| b.map(TopBox::Read));
        }
        let room = self.file_len.saturating_sub(self.at);
        let header = Header::parse(bytes, self.at, room, BoxPath::TOP)?;
        match &header.kind.0 {
            b"ftyp" | b"styp" | b"moov" | b"sidx" | b"moof" | b"emsg" | b"prft" => {
                if MAX_READ < header.size {
                    let at = header.start;
                    let path = BoxPath::TOP.then(header.kind).unwrap_or(BoxPath::TOP);
                    return Err(BmffError::BadSize { path, at, size: header.size });
                }
                self.reading = Some(header);
                Ok(None)
            }
            _ => {
                self.at = header.end();
                Ok(Some(TopBox::Skipped(header)))
            }
        }
    }
}

#[cfg(test)]
mod tests;
