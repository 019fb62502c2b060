//! Which bytes of a picture are the data of slices, and may be encrypted.
//!
//! ISO/IEC 23001-7 §9.5: players look for NAL units and their headers in what is encrypted, and so
//! lengths, headers of units and of slices, and all units that are no slices stay in the clear.

use crate::avc::Sets;
use dashpot_bmff::{SUBSAMPLES_MAX, Scheme, Subsample};

/// Bytes of a slice that stay in the clear where the end of its header is not known: headers with
/// weights for every reference, or with an entry for every row of blocks of 4K pictures, are shorter.
const CLEAR: usize = 288;

/// The blocks of AES.
const BLOCK: usize = 16;

/// Samples that consist of NAL units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nals {
    /// Bytes of the field before each unit that has its length.
    length_bytes: usize,
    syntax: Syntax,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Syntax {
    Avc(Sets),
    Hevc,
}

/// Why a sample cannot be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SampleError {
    /// It does not consist of NAL units.
    #[error("a NAL unit reaches beyond the end of its sample, at byte {at}")]
    Unit {
        /// Where the unit's length is.
        at: usize,
    },
    /// More of it is in the clear than can be told.
    #[error("it is in more pieces than can be told")]
    Pieces,
}

impl Nals {
    /// Reads an `avcC` (ISO/IEC 14496-15 §5.3.3.1).
    pub(crate) fn avc(config: &[u8]) -> Option<Self> {
        let length_bytes = usize::from(config.get(4)? & 3) + 1;
        Some(Self { length_bytes, syntax: Syntax::Avc(Sets::of(config)) })
    }

    /// Reads an `hvcC` (ISO/IEC 14496-15 §8.3.3.1).
    pub(crate) fn hevc(config: &[u8]) -> Option<Self> {
        let length_bytes = usize::from(config.get(21)? & 3) + 1;
        Some(Self { length_bytes, syntax: Syntax::Hevc })
    }

    /// Returns the stretches of `sample`; they make up all of it.
    ///
    /// # Errors
    /// Where it does not consist of NAL units, or has far more of them than any picture has.
    pub fn subsamples(&self, scheme: Scheme, sample: &[u8]) -> Result<Vec<Subsample>, SampleError> {
        let mut stretches = Stretches { list: Vec::new(), clear: 0 };
        let mut at = 0;
        while at < sample.len() {
            let broken = SampleError::Unit { at };
            let (field, rest) = sample[at..].split_at_checked(self.length_bytes).ok_or(broken)?;
            let len = field.iter().fold(0_usize, |len, byte| len << 8 | usize::from(*byte));
            let unit = rest.get(..len).ok_or(broken)?;
            at += self.length_bytes + len;
            stretches.clear += self.length_bytes;
            let head = self.clear_of(unit);
            let protected = match scheme {
                // §9.5.1: whole blocks alone, so that a unit's end is a block's end.
                Scheme::Cenc => (len - head) / BLOCK * BLOCK,
                // §10.4.2: the last bytes stay as they are where they are no block.
                Scheme::Cbcs if len - head < BLOCK => 0,
                Scheme::Cbcs => len - head,
            };
            stretches.clear += len - protected;
            stretches.protect(protected, sample.len() - at);
        }
        stretches.end()
    }

    /// Returns how many bytes at the start of a unit are in the clear: all but for slices.
    fn clear_of(&self, unit: &[u8]) -> usize {
        let first = unit.first().copied().unwrap_or(0);
        let (is_slice, header) = match &self.syntax {
            // ISO/IEC 14496-10 table 7-1: slices of one part.
            Syntax::Avc(sets) => (matches!(first & 0x1f, 1 | 5), sets.header_len(unit)),
            // ISO/IEC 23008-2 table 7-1: the coded slice segments.
            Syntax::Hevc => (matches!(first >> 1 & 0x3f, 0..=9 | 16..=21), None),
        };
        if is_slice { header.unwrap_or(CLEAR).min(unit.len()) } else { unit.len() }
    }
}

/// Stretches as they come to be.
struct Stretches {
    list: Vec<Subsample>,
    /// Bytes in the clear that no stretch has yet.
    clear: usize,
}

/// What one stretch can have in the clear.
const CLEAR_MAX: usize = 0xffff;

impl Stretches {
    /// Ends a stretch with so many encrypted bytes, before so many others of the sample. Where there
    /// would be more stretches than can be told, they stay in the clear.
    fn protect(&mut self, protected: usize, behind: usize) {
        let told = |clear: usize| clear.div_ceil(CLEAR_MAX);
        let needed = self.list.len() + told(self.clear).max(1) + told(behind);
        let size = u32::try_from(protected).ok().filter(|_| needed <= SUBSAMPLES_MAX);
        match size {
            Some(0) => {}
            Some(size) => {
                self.spill();
                let clear = u16::try_from(self.clear).unwrap_or(u16::MAX);
                self.list.push(Subsample { clear, protected: size });
                self.clear = 0;
            }
            None => self.clear += protected,
        }
    }

    /// Puts what one stretch cannot have in the clear into stretches of its own.
    fn spill(&mut self) {
        while CLEAR_MAX < self.clear {
            self.list.push(Subsample { clear: u16::MAX, protected: 0 });
            self.clear -= CLEAR_MAX;
        }
    }

    fn end(mut self) -> Result<Vec<Subsample>, SampleError> {
        if 0 < self.clear {
            self.spill();
            let clear = u16::try_from(self.clear).unwrap_or(u16::MAX);
            self.list.push(Subsample { clear, protected: 0 });
        }
        if SUBSAMPLES_MAX < self.list.len() { Err(SampleError::Pieces) } else { Ok(self.list) }
    }
}

#[cfg(test)]
mod tests;
