//! The segment index box: reading and writing.

use bytes::{BufMut as _, Bytes, BytesMut};

use crate::build::{full_box, len32};
use crate::error::BmffError;
use crate::path::FourCc;
use crate::walk::{Mp4Box, boxes};

const SIDX: FourCc = FourCc(*b"sidx");

/// A segment index (ISO/IEC 14496-12 §8.16.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sidx {
    /// The track that the times are about.
    pub reference_id: u32,
    /// Ticks a second of all times in the index.
    pub timescale: u32,
    /// Presentation time of the first sample, in ticks.
    pub earliest_presentation_time: u64,
    /// Bytes between the end of the index and the first referenced byte.
    pub first_offset: u64,
    /// The fragments in order.
    pub references: Vec<Reference>,
}

/// One entry of a segment index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// Whether it points at another index rather than at media.
    pub to_index: bool,
    /// Bytes, 31 bits.
    pub size: u32,
    /// Duration in ticks.
    pub duration: u32,
    /// Whether the fragment starts with a stream access point.
    pub starts_with_sap: bool,
    /// Stream access point type, 0 (unknown) to 6.
    pub sap_type: u8,
    /// Ticks from the fragment's start to the access point, 28 bits.
    pub sap_delta_time: u32,
}

impl Reference {
    /// Returns the entry of a fragment that starts with a closed GOP (stream access point type 1).
    #[must_use]
    pub const fn fragment(size: u32, duration: u32) -> Self {
        Self {
            to_index: false,
            size,
            duration,
            starts_with_sap: true,
            sap_type: 1,
            sap_delta_time: 0,
        }
    }
}

/// Reads the first `sidx` among the boxes of `bytes`.
///
/// # Errors
/// Fails when there is none, when it is cut short, or when its timescale is zero.
pub fn parse_sidx(bytes: &Bytes) -> Result<Sidx, BmffError> {
    for found in boxes(bytes) {
        let found = found?;
        if found.is(b"sidx") {
            return sidx_of(&found);
        }
    }
    Err(BmffError::Missing { path: crate::path::BoxPath::TOP, kind: SIDX })
}

pub(crate) fn sidx_of(sidx: &Mp4Box) -> Result<Sidx, BmffError> {
    let mut fields = sidx.fields();
    let (version, _) = fields.full_box()?;
    let reference_id = fields.u32()?;
    let timescale = fields.u32()?;
    if timescale == 0 {
        return Err(fields.invalid("the timescale is zero"));
    }
    let earliest_presentation_time = fields.u64_if(version)?;
    let first_offset = fields.u64_if(version)?;
    fields.skip(2)?;
    let count = fields.u16()?;
    let count = fields.table(u32::from(count), REFERENCE_LEN)?;
    let mut references = Vec::with_capacity(count);
    for _ in 0..count {
        let (size, duration, sap) = (fields.u32()?, fields.u32()?, fields.u32()?);
        let [sap_byte, ..] = sap.to_be_bytes();
        references.push(Reference {
            to_index: size >> 31 == 1,
            size: size & 0x7fff_ffff,
            duration,
            starts_with_sap: sap >> 31 == 1,
            sap_type: sap_byte >> 4 & 0x7,
            sap_delta_time: sap & 0x0fff_ffff,
        });
    }
    Ok(Sidx { reference_id, timescale, earliest_presentation_time, first_offset, references })
}

const REFERENCE_LEN: usize = 12;
/// Header, version, identifiers, two 64-bit times and the count.
const FIXED_LEN: usize = 40;

/// Returns how many bytes [`build_sidx`] writes for so many references.
#[must_use]
pub const fn sidx_len(references: usize) -> usize {
    FIXED_LEN + references * REFERENCE_LEN
}

/// Writes a segment index as a whole box. It is always version 1, so that its length follows from
/// the number of references alone.
///
/// # Errors
/// Fails when there are more than 65,535 references, or a field is larger than its bits.
pub fn build_sidx(sidx: &Sidx) -> Result<Bytes, BmffError> {
    let too_large = |what| BmffError::TooLarge { kind: SIDX, what };
    let count =
        u16::try_from(sidx.references.len()).map_err(|_| too_large("number of references"))?;
    let mut out = BytesMut::with_capacity(sidx_len(sidx.references.len()));
    let start = full_box(&mut out, b"sidx", 1, 0);
    out.put_u32(sidx.reference_id);
    out.put_u32(sidx.timescale);
    out.put_u64(sidx.earliest_presentation_time);
    out.put_u64(sidx.first_offset);
    out.put_u16(0);
    out.put_u16(count);
    for reference in &sidx.references {
        if 0x7fff_ffff < reference.size {
            return Err(too_large("referenced size"));
        }
        if 0x0fff_ffff < reference.sap_delta_time || 7 < reference.sap_type {
            return Err(too_large("stream access point"));
        }
        out.put_u32(u32::from(reference.to_index) << 31 | reference.size);
        out.put_u32(reference.duration);
        out.put_u32(
            u32::from(reference.starts_with_sap) << 31
                | u32::from(reference.sap_type) << 28
                | reference.sap_delta_time,
        );
    }
    len32(&mut out, start)?;
    Ok(out.freeze())
}

#[cfg(test)]
mod tests;
