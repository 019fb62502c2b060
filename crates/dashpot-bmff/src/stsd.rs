//! Sample entries: what a track's samples are coded in.

use crate::channels::channels;
use crate::codec::codec_string;
use crate::error::BmffError;
use crate::path::FourCc;
use crate::walk::Mp4Box;

/// What the first sample entry of a track says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SampleEntry {
    pub(crate) kind: FourCc,
    pub(crate) codec: String,
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) channels: u16,
    pub(crate) sample_rate: u32,
}

/// The configuration boxes that codec strings and channels come from. A sample entry has few boxes of any kind.
const CONFIGS: [&[u8; 4]; 8] =
    [b"avcC", b"hvcC", b"av1C", b"vpcC", b"esds", b"dOps", b"dac3", b"dec3"];

/// Reads the first entry of a `stsd`; `handler` says how its fixed part is laid out.
pub(crate) fn sample_entry(stsd: &Mp4Box, handler: &[u8; 4]) -> Result<SampleEntry, BmffError> {
    let Some(entry) = stsd.children_after(8).next().transpose()? else {
        return Err(stsd.invalid("there is no sample entry"));
    };
    let mut read = SampleEntry {
        kind: entry.header.kind,
        codec: entry.header.kind.to_string(),
        width: 0,
        height: 0,
        channels: 0,
        sample_rate: 0,
    };
    let fixed_len = match handler {
        b"vide" => visual(&entry, &mut read)?,
        b"soun" => audio(&entry, &mut read)?,
        _ => return Ok(read),
    };
    let mut configs = Vec::new();
    for child in entry.children_after(fixed_len) {
        let child = child?;
        if CONFIGS.iter().any(|kind| child.is(kind)) && configs.len() < CONFIGS.len() {
            configs.push(child);
        }
    }
    let find = |kind: &[u8; 4]| {
        configs.iter().find(|config| config.is(kind)).map(|config| &config.body[..])
    };
    read.codec = codec_string(read.kind, find);
    read.channels = channels(read.kind, find).unwrap_or(read.channels);
    Ok(read)
}

/// ISO/IEC 14496-12 §12.1.3: returns the length of the fixed part.
fn visual(entry: &Mp4Box, read: &mut SampleEntry) -> Result<usize, BmffError> {
    let mut fields = entry.fields();
    fields.skip(24)?;
    read.width = fields.u16()?;
    read.height = fields.u16()?;
    fields.skip(50)?;
    Ok(78)
}

/// ISO/IEC 14496-12 §12.2.3, with the two longer layouts of `QuickTime`: returns the length of the
/// fixed part.
fn audio(entry: &Mp4Box, read: &mut SampleEntry) -> Result<usize, BmffError> {
    let mut fields = entry.fields();
    fields.skip(8)?;
    let version = fields.u16()?;
    fields.skip(6)?;
    read.channels = fields.u16()?;
    fields.skip(6)?;
    // 16.16 fixed point.
    read.sample_rate = fields.u32()? >> 16;
    Ok(match version {
        1 => 28 + 16,
        2 => 28 + 36,
        _ => 28,
    })
}
