//! Whether bytes are the media they should be: the boxes of a segment as they pass, none kept but
//! the small ones that describe the rest.

use bytes::{Bytes, BytesMut};
use dashpot_bmff::{BmffError, FourCc, Scanner, TopBox, parse_init};

mod claims;

/// The largest box besides media data that is looked into. A `moof` takes at most 16 bytes a
/// sample, so a minute of 48 kHz audio stays below 64 KiB.
const BOX_BYTES_MAX: u64 = 4 << 20;

/// Why a body is no media.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MediaError {
    /// The bytes are no boxes, or boxes that contradict themselves.
    #[error(transparent)]
    Boxes(#[from] BmffError),
    /// A box that describes media is larger than any real one.
    #[error(
        "a box of {bytes} bytes at byte {at} describes media; at most {BOX_BYTES_MAX} are read"
    )]
    TooLarge {
        /// Byte offset of the box.
        at: u64,
        /// Its size.
        bytes: u64,
    },
    /// The movie header has no track.
    #[error("the moov box has no track")]
    NoTrack,
    /// Nothing says what the media data is.
    #[error("there is no moof box")]
    NoFragment,
    /// There is nothing to play.
    #[error("there is no media data")]
    NoData,
    /// The samples do not fit in what is there.
    #[error("the samples have {claimed} bytes, but the mdat boxes only {held}")]
    Claims {
        /// Bytes of the samples that are described.
        claimed: u64,
        /// Bytes of media data.
        held: u64,
    },
}

/// Checks an initialisation segment.
///
/// # Errors
/// Where it is none: no movie header, or none with a track.
pub(crate) fn check_init(body: &Bytes) -> Result<(), MediaError> {
    match parse_init(body)?.tracks.is_empty() {
        true => Err(MediaError::NoTrack),
        false => Ok(()),
    }
}

/// The boxes of a media segment as they pass.
#[derive(Debug)]
pub(crate) struct SegmentCheck {
    scanner: Scanner,
    /// Bytes that have passed.
    at: u64,
    /// The last of them, where a box that is read has begun and not ended.
    held: BytesMut,
    described: bool,
    /// Bytes of the samples that fragments describe.
    claimed: u64,
    /// Bytes of media data.
    data: u64,
    /// Where the contents of an `mdat` begin that goes on to an end not known beforehand.
    open_from: Option<u64>,
    result: Result<(), MediaError>,
}

impl SegmentCheck {
    /// Returns the check of a body of `length` bytes, as far as that is known beforehand.
    pub(crate) fn new(length: Option<u64>) -> Self {
        Self {
            scanner: Scanner::new(length.unwrap_or(u64::MAX)),
            at: 0,
            held: BytesMut::new(),
            described: false,
            claimed: 0,
            data: 0,
            open_from: None,
            result: Ok(()),
        }
    }

    /// Takes in the next bytes.
    pub(crate) fn push(&mut self, chunk: &[u8]) {
        if self.result.is_ok() {
            self.result = self.walk(chunk);
        }
    }

    /// Returns what the whole body came to.
    ///
    /// # Errors
    /// Where it is no media segment.
    pub(crate) fn finish(mut self) -> Result<(), MediaError> {
        self.result.clone()?;
        while !self.held.is_empty() {
            self.feed(self.held.len())?;
        }
        // Of a length that was not known, the last box must not have asked for more than there is;
        // one that goes on to the end of the file ends with it.
        if let Some(wanted) = self.scanner.wants()
            && self.at < wanted.start
        {
            return Err(BmffError::Truncated {
                path: dashpot_bmff::BoxPath::TOP,
                at: 0,
                needed: wanted.start,
                held: self.at,
            }
            .into());
        }
        if !self.described {
            return Err(MediaError::NoFragment);
        }
        let open = self.open_from.map_or(0, |from| self.at.saturating_sub(from));
        match self.data.saturating_add(open) {
            0 => Err(MediaError::NoData),
            held if held < self.claimed => Err(MediaError::Claims { claimed: self.claimed, held }),
            _ => Ok(()),
        }
    }

    fn walk(&mut self, mut chunk: &[u8]) -> Result<(), MediaError> {
        while let Some(wanted) = self.scanner.wants() {
            let held_from = self.at.saturating_sub(wide(self.held.len()));
            // What was skipped is dropped: first of what is held, then of what comes.
            let passed = clamp(wanted.start.saturating_sub(held_from), self.held.len());
            drop(self.held.split_to(passed));
            let skipped = clamp(wanted.start.saturating_sub(self.at), chunk.len());
            chunk = &chunk[skipped..];
            self.at = self.at.saturating_add(wide(skipped));
            let length = wanted.end - wanted.start;
            if BOX_BYTES_MAX < length {
                return Err(MediaError::TooLarge { at: wanted.start, bytes: length });
            }
            let missing = clamp(length, usize::MAX).saturating_sub(self.held.len());
            let taken = missing.min(chunk.len());
            self.held.extend_from_slice(&chunk[..taken]);
            self.at = self.at.saturating_add(wide(taken));
            chunk = &chunk[taken..];
            if taken < missing {
                return Ok(());
            }
            self.feed(clamp(length, self.held.len()))?;
        }
        self.at = self.at.saturating_add(wide(chunk.len()));
        Ok(())
    }

    /// Shows the scanner the first `length` bytes held, and drops those that it is done with.
    fn feed(&mut self, length: usize) -> Result<(), MediaError> {
        let bytes = Bytes::copy_from_slice(&self.held[..length]);
        let from = self.at.saturating_sub(wide(self.held.len()));
        match self.scanner.feed(&bytes)? {
            None => {}
            Some(TopBox::Read(found)) if found.is(b"moof") => {
                self.described = true;
                self.claimed = self.claimed.saturating_add(claims::bytes_of_samples(&bytes)?);
            }
            Some(TopBox::Read(found)) if found.is(b"moov") => {
                // A segment that initialises itself, or a whole film.
                self.described = true;
                check_init(&bytes)?;
            }
            Some(TopBox::Skipped(header)) if header.kind == FourCc(*b"mdat") => {
                let from = header.start.saturating_add(header.len);
                match header.end() {
                    u64::MAX => self.open_from = Some(from),
                    end => self.data = self.data.saturating_add(end.saturating_sub(from)),
                }
            }
            Some(TopBox::Read(_) | TopBox::Skipped(_)) => {}
        }
        let next = self.scanner.wants().map_or(u64::MAX, |wanted| wanted.start);
        let passed = clamp(next.saturating_sub(from), self.held.len());
        drop(self.held.split_to(passed));
        Ok(())
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// Returns `count`, or `most` where it is more than that.
fn clamp(count: u64, most: usize) -> usize {
    usize::try_from(count).map_or(most, |count| count.min(most))
}

#[cfg(test)]
mod tests;
