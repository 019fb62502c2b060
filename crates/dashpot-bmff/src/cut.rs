//! Cuts media anew: the samples of a fragment with their places, and the head of any run of samples.
//!
//! Media data is never touched. What is cut is the description: a new `moof` lists some of the
//! samples of one or more fragments, and its `mdat` is their bytes as they lie in the file.

use bytes::{BufMut as _, Bytes, BytesMut};

use crate::build::{boxed, full_boxed};
use crate::error::BmffError;
use crate::fragment::{RunSample, moof_with};
use crate::init::SampleDefaults;
use crate::path::{BoxPath, FourCc};
use crate::walk::boxes;

/// A sample and where its bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Its duration, size, flags and composition offset.
    pub sample: RunSample,
    /// Bytes from the start of the fragment's head to those of the sample.
    pub offset: u64,
}

/// The samples of one fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Samples {
    /// Decode time of the first one in ticks.
    pub decode_time: u64,
    /// All of them in decode order.
    pub samples: Vec<Placed>,
}

/// Returns the samples that a fragment's head describes, of a track with those defaults (`trex`).
/// Boxes before the `moof` count for the offsets; what follows it is not read.
///
/// # Errors
/// Fails when there is no whole `moof` with one `traf` of that track, when it has no `tfdt`, or when
/// its offsets count from the start of the file.
pub fn placed(head: &Bytes, track_id: u32, defaults: SampleDefaults) -> Result<Samples, BmffError> {
    for found in boxes(head) {
        let found = found?;
        if !found.is(b"moof") {
            continue;
        }
        let moof = moof_with(&found, |id| (id == track_id).then_some(defaults))?;
        let [traf] = moof.fragments.as_slice() else {
            return Err(found.invalid("it must have exactly one traf"));
        };
        let Some(decode_time) = traf.decode_time else {
            return Err(BmffError::Missing { path: found.path, kind: FourCc(*b"tfdt") });
        };
        if traf.base_data_offset.is_some() {
            return Err(found.invalid("its data offsets count from the start of the file"));
        }
        let mut samples = Vec::with_capacity(traf.samples().count());
        let mut at = found.header.start;
        for run in &traf.runs {
            // ISO/IEC 14496-12 §8.8.8: without an offset, a run goes on where the one before ended.
            if let Some(offset) = run.data_offset {
                at = found
                    .header
                    .start
                    .checked_add_signed(offset.into())
                    .ok_or_else(|| found.invalid("a data offset points before the fragment"))?;
            }
            for sample in &run.samples {
                samples.push(Placed { sample: *sample, offset: at });
                at = at.saturating_add(sample.size.into());
            }
        }
        return Ok(Samples { decode_time, samples });
    }
    Err(BmffError::Missing { path: BoxPath::TOP, kind: FourCc(*b"moof") })
}

/// A run of samples that becomes a fragment of its own.
#[derive(Debug, Clone, Copy)]
pub struct Cut<'a> {
    /// The track.
    pub track_id: u32,
    /// The sequence number.
    pub sequence_number: u32,
    /// Decode time of the first sample in ticks.
    pub decode_time: u64,
    /// The samples, whose bytes follow the head without gaps.
    pub samples: &'a [RunSample],
}

/// Returns a `moof` for `cut` and the header of its `mdat`: what stands before the media data.
///
/// # Errors
/// Fails when the media data has 4 GiB or more, or there are no samples.
pub fn build_cut(cut: &Cut<'_>) -> Result<Bytes, BmffError> {
    cut_with(cut, |_| Ok(()), |_| Ok(()))
}

/// Returns the same with what `in_traf` adds to the track fragment and `in_moof` behind it.
pub(crate) fn cut_with(
    cut: &Cut<'_>,
    in_traf: impl FnOnce(&mut BytesMut) -> Result<(), BmffError>,
    in_moof: impl FnOnce(&mut BytesMut) -> Result<(), BmffError>,
) -> Result<Bytes, BmffError> {
    let kind = FourCc(*b"mdat");
    let data: u64 = cut.samples.iter().map(|sample| u64::from(sample.size)).sum();
    let size = u32::try_from(data + 8)
        .map_err(|_| BmffError::TooLarge { kind, what: "size of the media data" })?;
    let Some(columns) = Columns::of(cut.samples) else {
        return Err(BmffError::TooLarge { kind: FourCc(*b"trun"), what: "a run without samples" });
    };
    let mut out = BytesMut::with_capacity(128 + 16 * cut.samples.len());
    let mut data_offset_at = 0;
    boxed(&mut out, b"moof", |out| {
        full_boxed(out, b"mfhd", (0, 0), |out| {
            out.put_u32(cut.sequence_number);
            Ok(())
        })?;
        boxed(out, b"traf", |out| {
            columns.tfhd(out, cut.track_id)?;
            full_boxed(out, b"tfdt", (1, 0), |out| {
                out.put_u64(cut.decode_time);
                Ok(())
            })?;
            data_offset_at = columns.trun(out, cut.samples)?;
            in_traf(out)
        })?;
        in_moof(out)
    })?;
    let behind = u32::try_from(out.len() + 8).unwrap_or(u32::MAX);
    if let Some(field) = out.get_mut(data_offset_at..data_offset_at + 4) {
        field.copy_from_slice(&behind.to_be_bytes());
    }
    out.put_u32(size);
    out.put_slice(b"mdat");
    Ok(out.freeze())
}

/// Which fields differ from sample to sample, and the values of those that do not.
struct Columns {
    duration: Option<u32>,
    size: Option<u32>,
    /// The flags of all samples but the first.
    flags: Option<u32>,
    /// The flags of the first where only they differ.
    first_flags: Option<u32>,
    composition: bool,
}

impl Columns {
    fn of(samples: &[RunSample]) -> Option<Self> {
        let (first, rest) = samples.split_first()?;
        let usual = rest.first().unwrap_or(first);
        let all = |alike: &dyn Fn(&RunSample) -> bool| samples.iter().all(alike);
        let flags = rest.iter().all(|one| one.flags == usual.flags).then_some(usual.flags);
        Some(Self {
            duration: all(&|one| one.duration == first.duration).then_some(first.duration),
            size: all(&|one| one.size == first.size).then_some(first.size),
            flags,
            first_flags: flags.filter(|flags| *flags != first.flags).map(|_| first.flags),
            composition: !all(&|one| one.composition_offset == 0),
        })
    }

    fn tfhd(&self, out: &mut BytesMut, track_id: u32) -> Result<(), BmffError> {
        // ISO/IEC 14496-12 §8.8.7.1: default-base-is-moof, and a bit for each default given.
        let bit = |value: Option<u32>, bit| value.map_or(0, |_| bit);
        let flags =
            0x02_0000 | bit(self.duration, 0x8) | bit(self.size, 0x10) | bit(self.flags, 0x20);
        full_boxed(out, b"tfhd", (0, flags), |out| {
            out.put_u32(track_id);
            [self.duration, self.size, self.flags]
                .into_iter()
                .flatten()
                .for_each(|v| out.put_u32(v));
            Ok(())
        })
    }

    /// Writes the run and returns where its data offset stands.
    fn trun(&self, out: &mut BytesMut, samples: &[RunSample]) -> Result<usize, BmffError> {
        let column = |value: Option<u32>, bit| value.map_or(bit, |_| 0);
        let flags = 0x1
            | self.first_flags.map_or(0, |_| 0x4)
            | column(self.duration, 0x100)
            | column(self.size, 0x200)
            | column(self.flags, 0x400)
            | if self.composition { 0x800 } else { 0 };
        let too_large = |what| BmffError::TooLarge { kind: FourCc(*b"trun"), what };
        let count = u32::try_from(samples.len()).map_err(|_| too_large("number of samples"))?;
        let data_offset_at = out.len() + 16;
        full_boxed(out, b"trun", (1, flags), |out| {
            out.put_u32(count);
            out.put_u32(0);
            self.first_flags.into_iter().for_each(|flags| out.put_u32(flags));
            for sample in samples {
                if self.duration.is_none() {
                    out.put_u32(sample.duration);
                }
                if self.size.is_none() {
                    out.put_u32(sample.size);
                }
                if self.flags.is_none() {
                    out.put_u32(sample.flags);
                }
                if self.composition {
                    let offset = i32::try_from(sample.composition_offset);
                    out.put_i32(offset.map_err(|_| too_large("composition offset"))?);
                }
            }
            Ok(())
        })?;
        Ok(data_offset_at)
    }
}

/// Returns a segment type box (ISO/IEC 14496-12 §8.16.2).
///
/// # Errors
/// Fails when there are more brands than a box can hold.
pub fn build_styp(major: FourCc, compatible: &[FourCc]) -> Result<Bytes, BmffError> {
    let mut out = BytesMut::with_capacity(16 + 4 * compatible.len());
    boxed(&mut out, b"styp", |out| {
        out.put_slice(&major.0);
        out.put_u32(0);
        compatible.iter().for_each(|brand| out.put_slice(&brand.0));
        Ok(())
    })?;
    Ok(out.freeze())
}

/// Returns a producer reference time box (ISO/IEC 14496-12 §8.16.5) that says at what time the sample
/// at `media_time` of the track entered the encoder. `ntp` is a 64-bit NTP timestamp (RFC 5905 §6).
///
/// # Errors
/// None: the box has one size.
pub fn build_prft(track_id: u32, ntp: u64, media_time: u64) -> Result<Bytes, BmffError> {
    let mut out = BytesMut::with_capacity(32);
    // Flags of 0 say that the time is that of the input to the encoder.
    full_boxed(&mut out, b"prft", (1, 0), |out| {
        out.put_u32(track_id);
        out.put_u64(ntp);
        out.put_u64(media_time);
        Ok(())
    })?;
    Ok(out.freeze())
}

#[cfg(test)]
mod tests;
