//! Writes a CMAF track file (ISO/IEC 23000-19 §7.3): header, index, and the head of each fragment.

use std::ops::Range;

use bytes::{BufMut as _, Bytes, BytesMut};

use crate::build::{boxed, full_boxed};
use crate::error::BmffError;
use crate::init::Handler;
use crate::mux::moov::{defaults, header};
use crate::mux::plan::Plan;
use crate::mux::{Sample, wide};
use crate::path::FourCc;
use crate::sidx::{Reference, Sidx, build_sidx};

/// A track file without its media data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CmafFile {
    /// `ftyp`, `moov` and `sidx`: what the file starts with.
    pub header: Bytes,
    /// What follows.
    pub fragments: Vec<CmafFragment>,
}

/// One fragment of a track file without its media data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CmafFragment {
    /// `moof` and the header of `mdat`.
    pub head: Bytes,
    /// Byte ranges of the source file that make up the media data, in order.
    pub data: Vec<Range<u64>>,
}

impl Plan {
    /// Returns the track file with the given `track_ID`.
    ///
    /// # Errors
    /// Fails when a fragment is larger or longer than its 32-bit fields, or when there are more than
    /// 65,535 fragments.
    pub fn write(&self, track_id: u32) -> Result<CmafFile, BmffError> {
        let mut fragments = Vec::with_capacity(self.fragments.len());
        let mut references = Vec::with_capacity(self.fragments.len());
        for (range, number) in self.fragments.iter().zip(1..) {
            let samples = self.samples.get(range.clone()).unwrap_or_default();
            let head = head(samples, self.track.handler, (track_id, number), defaults(self))?;
            references.push(reference(samples, head.len())?);
            fragments.push(CmafFragment { head, data: ranges(samples) });
        }
        let mut out = BytesMut::from(&header(self, track_id)?[..]);
        out.put(build_sidx(&Sidx {
            reference_id: track_id,
            timescale: self.track.timescale,
            earliest_presentation_time: 0,
            first_offset: 0,
            references,
        })?);
        Ok(CmafFile { header: out.freeze(), fragments })
    }
}

fn reference(samples: &[Sample], head_len: usize) -> Result<Reference, BmffError> {
    let too_large = |what| BmffError::TooLarge { kind: FourCc(*b"sidx"), what };
    let size = wide(head_len) + data_len(samples);
    let size = u32::try_from(size).map_err(|_| too_large("referenced size"))?;
    let duration = samples.iter().map(|sample| u64::from(sample.duration)).sum::<u64>();
    let duration = u32::try_from(duration).map_err(|_| too_large("fragment duration"))?;
    let mut reference = Reference::fragment(size, duration);
    if !samples.first().is_some_and(|sample| sample.sync) {
        (reference.starts_with_sap, reference.sap_type) = (false, 0);
    }
    Ok(reference)
}

/// ISO/IEC 14496-12 §8.8.3.1: depends on no other sample; and: depends on others, is no sync sample.
pub(crate) const SYNC_FLAGS: u32 = 0x0200_0000;
/// See [`SYNC_FLAGS`].
pub(crate) const NON_SYNC_FLAGS: u32 = 0x0101_0000;

fn head(
    samples: &[Sample],
    handler: Handler,
    (track_id, sequence_number): (u32, u32),
    (default_duration, default_flags): (u32, u32),
) -> Result<Bytes, BmffError> {
    let mut out = BytesMut::with_capacity(128 + 16 * samples.len());
    let mut data_offset_at = 0;
    boxed(&mut out, b"moof", |out| {
        full_boxed(out, b"mfhd", (0, 0), |out| {
            out.put_u32(sequence_number);
            Ok(())
        })?;
        boxed(out, b"traf", |out| {
            // default-base-is-moof.
            full_boxed(out, b"tfhd", (0, 0x2_0000), |out| {
                out.put_u32(track_id);
                Ok(())
            })?;
            full_boxed(out, b"tfdt", (1, 0), |out| {
                out.put_u64(samples.first().map_or(0, |sample| sample.decode_time));
                Ok(())
            })?;
            data_offset_at = out.len() + 16;
            trun(out, samples, handler, (default_duration, default_flags))
        })
    })?;
    let too_large = || BmffError::TooLarge { kind: FourCc(*b"mdat"), what: "size of the box" };
    let data_offset = i32::try_from(out.len() + 8).map_err(|_| too_large())?;
    out.get_mut(data_offset_at..data_offset_at + 4)
        .ok_or_else(too_large)?
        .copy_from_slice(&data_offset.to_be_bytes());
    let mdat = data_len(samples).checked_add(8).and_then(|len| u32::try_from(len).ok());
    out.put_u32(mdat.ok_or_else(too_large)?);
    out.put_slice(b"mdat");
    Ok(out.freeze())
}

/// Writes a run; columns that the defaults make needless are left out.
fn trun(
    out: &mut BytesMut,
    samples: &[Sample],
    handler: Handler,
    (default_duration, default_flags): (u32, u32),
) -> Result<(), BmffError> {
    let too_large = |what| BmffError::TooLarge { kind: FourCc(*b"trun"), what };
    let durations = samples.iter().any(|sample| sample.duration != default_duration);
    let offsets = samples.iter().any(|sample| sample.composition_offset != 0);
    let odd_flags = |sample: &Sample| flags_of(sample) != default_flags;
    let all_flags = samples.iter().skip(1).any(odd_flags);
    let first_flags = !all_flags && (handler == Handler::Video || samples.iter().any(odd_flags));
    let column = |present: bool, flag: u32| if present { flag } else { 0 };
    let flags = 0x201
        | column(first_flags, 0x4)
        | column(durations, 0x100)
        | column(all_flags, 0x400)
        | column(offsets, 0x800);
    full_boxed(out, b"trun", (1, flags), |out| {
        let count = u32::try_from(samples.len()).map_err(|_| too_large("number of samples"))?;
        out.put_u32(count);
        out.put_i32(0);
        if first_flags {
            out.put_u32(samples.first().map_or(default_flags, flags_of));
        }
        for sample in samples {
            if durations {
                out.put_u32(sample.duration);
            }
            out.put_u32(sample.size);
            if all_flags {
                out.put_u32(flags_of(sample));
            }
            if offsets {
                let offset = i32::try_from(sample.composition_offset);
                out.put_i32(offset.map_err(|_| too_large("composition offset"))?);
            }
        }
        Ok(())
    })
}

const fn flags_of(sample: &Sample) -> u32 {
    if sample.sync { SYNC_FLAGS } else { NON_SYNC_FLAGS }
}

fn data_len(samples: &[Sample]) -> u64 {
    samples.iter().map(|sample| u64::from(sample.size)).sum()
}

/// Returns the source ranges of the samples; neighbours are joined, so that a driver copies long runs.
fn ranges(samples: &[Sample]) -> Vec<Range<u64>> {
    let mut ranges: Vec<Range<u64>> = Vec::new();
    for sample in samples {
        let end = sample.offset + u64::from(sample.size);
        match ranges.last_mut() {
            Some(last) if last.end == sample.offset => last.end = end,
            _ => ranges.push(sample.offset..end),
        }
    }
    ranges
}
