//! Movie fragments: the samples that a `moof` describes.

use bytes::Bytes;

use crate::error::BmffError;
use crate::fields::Fields;
use crate::init::{Init, SampleDefaults};
use crate::path::{BoxPath, FourCc};
use crate::walk::{Mp4Box, boxes};

/// A movie fragment header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moof {
    /// The sequence number.
    pub sequence_number: u32,
    /// The track fragments in file order.
    pub fragments: Vec<Fragment>,
}

/// One track fragment (`traf`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// The track it belongs to.
    pub track_id: u32,
    /// Decode time of its first sample in ticks (`tfdt`), when there is one.
    pub decode_time: Option<u64>,
    /// Byte offset in the file that data offsets count from; the `moof` itself when absent.
    pub base_data_offset: Option<u64>,
    /// The runs of samples.
    pub runs: Vec<Run>,
}

impl Fragment {
    /// Returns the samples of all runs in order.
    pub fn samples(&self) -> impl Iterator<Item = &RunSample> {
        self.runs.iter().flat_map(|run| &run.samples)
    }

    /// Returns the duration of all samples in ticks.
    #[must_use]
    pub fn duration(&self) -> u64 {
        self.samples().map(|sample| u64::from(sample.duration)).sum()
    }
}

/// Samples that lie next to each other (`trun`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Byte offset of the first sample from the base; behind the run before when absent.
    pub data_offset: Option<i32>,
    /// The samples in decode order.
    pub samples: Vec<RunSample>,
}

/// One sample of a run, with all defaults filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunSample {
    /// Duration in ticks.
    pub duration: u32,
    /// Size in bytes.
    pub size: u32,
    /// Sample flags (ISO/IEC 14496-12 §8.8.3.1).
    pub flags: u32,
    /// Ticks from decode time to composition time.
    pub composition_offset: i64,
}

impl RunSample {
    /// Says whether decoding may start here.
    #[must_use]
    pub const fn is_sync(&self) -> bool {
        // ISO/IEC 14496-12 §8.8.3.1: sample_is_non_sync_sample is bit 16.
        self.flags & 0x1_0000 == 0
    }
}

/// A run can describe samples without spending a byte on each. This many samples in one `moof` are
/// far beyond any fragment (an hour of 48 kHz AAC frames are 168,750) and still bound the memory.
const MAX_SAMPLES: usize = 1 << 20;

/// Reads the first `moof` among the boxes of `bytes`; `init` gives the defaults of its tracks.
///
/// # Errors
/// Fails when there is no `moof`, when a box in it is broken, or when it names an unknown track.
pub fn parse_moof(bytes: &Bytes, init: &Init) -> Result<Moof, BmffError> {
    for found in boxes(bytes) {
        let found = found?;
        if found.is(b"moof") {
            return moof_of(&found, init);
        }
    }
    Err(BmffError::Missing { path: BoxPath::TOP, kind: FourCc(*b"moof") })
}

pub(crate) fn moof_of(moof: &Mp4Box, init: &Init) -> Result<Moof, BmffError> {
    moof_with(moof, |id| {
        init.tracks.iter().find(|track| track.id == id).map(|track| track.defaults)
    })
}

/// Reads a `moof` of tracks whose defaults `defaults_of` knows.
pub(crate) fn moof_with(
    moof: &Mp4Box,
    defaults_of: impl Fn(u32) -> Option<SampleDefaults>,
) -> Result<Moof, BmffError> {
    let mfhd = moof.child(b"mfhd")?;
    let mut fields = mfhd.fields();
    fields.skip(4)?;
    let sequence_number = fields.u32()?;
    let mut fragments = Vec::new();
    let mut budget = MAX_SAMPLES;
    for traf in moof.children() {
        let traf = traf?;
        if traf.is(b"traf") {
            fragments.push(fragment(&traf, &defaults_of, &mut budget)?);
        }
    }
    Ok(Moof { sequence_number, fragments })
}

fn fragment(
    traf: &Mp4Box,
    defaults_of: &impl Fn(u32) -> Option<SampleDefaults>,
    budget: &mut usize,
) -> Result<Fragment, BmffError> {
    let tfhd = traf.child(b"tfhd")?;
    let mut fields = tfhd.fields();
    let (_, flags) = fields.full_box()?;
    let track_id = fields.u32()?;
    let Some(known) = defaults_of(track_id) else {
        return Err(tfhd.invalid("the track is not in the movie header"));
    };
    let base_data_offset = if flags & 0x1 != 0 { Some(fields.u64()?) } else { None };
    fields.u32_if(flags & 0x2 != 0)?;
    let defaults = SampleDefaults {
        duration: fields.u32_if(flags & 0x8 != 0)?.unwrap_or(known.duration),
        size: fields.u32_if(flags & 0x10 != 0)?.unwrap_or(known.size),
        flags: fields.u32_if(flags & 0x20 != 0)?.unwrap_or(known.flags),
    };
    let mut read = Fragment { track_id, decode_time: None, base_data_offset, runs: Vec::new() };
    for child in traf.children() {
        let child = child?;
        match &child.header.kind.0 {
            b"tfdt" => {
                let mut fields = child.fields();
                let (version, _) = fields.full_box()?;
                read.decode_time = Some(fields.u64_if(version)?);
            }
            b"trun" => read.runs.push(run(&child, defaults, budget)?),
            _ => {}
        }
    }
    Ok(read)
}

/// Reads a `trun` (ISO/IEC 14496-12 §8.8.8).
fn run(trun: &Mp4Box, defaults: SampleDefaults, budget: &mut usize) -> Result<Run, BmffError> {
    let mut fields = trun.fields();
    let (version, flags) = fields.full_box()?;
    let count = fields.u32()?;
    let data_offset = if flags & 0x1 != 0 { Some(fields.i32()?) } else { None };
    let first_flags = fields.u32_if(flags & 0x4 != 0)?;
    let columns = [0x100, 0x200, 0x400, 0x800].into_iter().filter(|flag| flags & flag != 0);
    let count = fields.table(count, 4 * columns.count())?;
    *budget = budget
        .checked_sub(count)
        .ok_or_else(|| trun.invalid("the fragment has more samples than any real one"))?;
    let mut samples = Vec::with_capacity(count);
    for index in 0..count {
        let mut sample = sample(&mut fields, version, flags, defaults)?;
        if let (0, Some(first_flags)) = (index, first_flags) {
            sample.flags = first_flags;
        }
        samples.push(sample);
    }
    Ok(Run { data_offset, samples })
}

fn sample(
    fields: &mut Fields<'_>,
    version: u8,
    flags: u32,
    defaults: SampleDefaults,
) -> Result<RunSample, BmffError> {
    let duration = fields.u32_if(flags & 0x100 != 0)?.unwrap_or(defaults.duration);
    let size = fields.u32_if(flags & 0x200 != 0)?.unwrap_or(defaults.size);
    let sample_flags = fields.u32_if(flags & 0x400 != 0)?.unwrap_or(defaults.flags);
    let composition_offset = match (flags & 0x800 != 0, version) {
        (false, _) => 0,
        (true, 0) => i64::from(fields.u32()?),
        (true, _) => i64::from(fields.i32()?),
    };
    Ok(RunSample { duration, size, flags: sample_flags, composition_offset })
}

#[cfg(test)]
mod tests;
