//! The movie header: which tracks there are and how they are coded.

use bytes::Bytes;

use crate::error::BmffError;
use crate::language;
use crate::path::{BoxPath, FourCc};
use crate::stsd::sample_entry;
use crate::walk::{Boxes, Mp4Box, boxes};

/// What a `moov` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Init {
    /// Ticks a second of the movie's own times, such as edit durations.
    pub timescale: u32,
    /// Duration in ticks of `timescale`; 0 when it is not known.
    pub duration: u64,
    /// The tracks in file order.
    pub tracks: Vec<Track>,
}

/// One track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// The `track_ID`, never 0.
    pub id: u32,
    /// What the track holds.
    pub handler: Handler,
    /// The handler type as the file writes it.
    pub handler_type: FourCc,
    /// Ticks a second of the track's times, never 0.
    pub timescale: u32,
    /// Duration in ticks; 0 when it is not known.
    pub duration: u64,
    /// BCP 47 language tag, when one is said.
    pub language: Option<String>,
    /// Type of the first sample entry.
    pub sample_entry: FourCc,
    /// Codec string of RFC 6381, as for `codecs` of an MPD.
    pub codec: String,
    /// Picture width in pixels; 0 when there is no picture.
    pub width: u16,
    /// Picture height in pixels; 0 when there is no picture.
    pub height: u16,
    /// Audio sampling rate in Hz as the sample entry says; 0 when there is no sound.
    pub sample_rate: u32,
    /// Audio channels as the sample entry says; 0 when there is no sound.
    pub channels: u16,
    /// Ticks between samples when they are known to be even.
    pub sample_duration: Option<u32>,
    /// Defaults for the samples of fragments (`trex`).
    pub defaults: SampleDefaults,
    /// The edit list; empty when there is none.
    pub edits: Vec<Edit>,
    /// The end of the `tkhd`, verbatim: matrix, and width and height of the presentation.
    pub display: Bytes,
    /// Body of the `stsd`, verbatim.
    pub sample_entries: Bytes,
}

impl Track {
    /// Returns frames a second as a fraction in lowest terms, when samples are evenly spaced.
    #[must_use]
    pub fn frame_rate(&self) -> Option<(u32, u32)> {
        let duration = self.sample_duration?;
        let (mut a, mut b) = (self.timescale, duration);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Some((self.timescale.checked_div(a)?, duration.checked_div(a)?))
    }
}

/// What a track holds (`hdlr`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handler {
    /// Pictures, `vide`.
    Video,
    /// Sound, `soun`.
    Audio,
    /// Timed text, `text` (WebVTT), `subt` (TTML) or `sbtl`.
    Text,
    /// Anything else.
    Other(FourCc),
}

/// Defaults that a fragment may leave out (`trex`, `tfhd`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SampleDefaults {
    /// Duration in ticks.
    pub duration: u32,
    /// Size in bytes.
    pub size: u32,
    /// Sample flags (ISO/IEC 14496-12 §8.8.3.1).
    pub flags: u32,
}

/// One entry of an edit list (ISO/IEC 14496-12 §8.6.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edit {
    /// Duration in ticks of the movie; 0 stands for all that is there.
    pub duration: u64,
    /// Media time in ticks of the track at which the edit starts; -1 is an empty edit.
    pub media_time: i64,
}

/// Reads the movie header among the boxes of `bytes`. What follows the `moov` is not looked at.
///
/// # Errors
/// Fails when there is no `moov`, or when a box that a track needs is missing or broken.
pub fn parse_init(bytes: &Bytes) -> Result<Init, BmffError> {
    init_of(&moov_of(boxes(bytes))?)
}

pub(crate) fn moov_of(top: Boxes) -> Result<Mp4Box, BmffError> {
    for found in top {
        let found = found?;
        if found.is(b"moov") {
            return Ok(found);
        }
    }
    Err(BmffError::Missing { path: BoxPath::TOP, kind: FourCc(*b"moov") })
}

/// A film with fifty languages of sound and of text stays well below; fragments look tracks up in line.
const MAX_TRACKS: usize = 256;

pub(crate) fn init_of(moov: &Mp4Box) -> Result<Init, BmffError> {
    let (timescale, duration) = times(&moov.child(b"mvhd")?)?;
    let mut tracks = Vec::new();
    for trak in moov.children() {
        let trak = trak?;
        if trak.is(b"trak") {
            if MAX_TRACKS <= tracks.len() {
                return Err(trak.invalid("there are more tracks than in any real file"));
            }
            tracks.push(track(&trak)?);
        }
    }
    if let Some(mvex) = moov.child_if_any(b"mvex")? {
        for trex in mvex.children() {
            let trex = trex?;
            if trex.is(b"trex") {
                defaults(&trex, &mut tracks)?;
            }
        }
    }
    Ok(Init { timescale, duration, tracks })
}

/// Timescale and duration of `mvhd` and `mdhd`, which start alike.
fn times(header: &Mp4Box) -> Result<(u32, u64), BmffError> {
    let mut fields = header.fields();
    let (version, _) = fields.full_box()?;
    fields.skip(if version == 0 { 8 } else { 16 })?;
    let timescale = fields.u32()?;
    if timescale == 0 {
        return Err(header.invalid("the timescale is zero"));
    }
    let duration = fields.u64_if(version)?;
    // ISO/IEC 14496-12 §8.2.2.3: all ones stand for an unknown duration.
    let unknown = duration == u64::MAX || (version == 0 && duration == u64::from(u32::MAX));
    Ok((timescale, if unknown { 0 } else { duration }))
}

/// Nine matrix elements, width and height, 32 bits each.
const DISPLAY_LEN: usize = 44;

fn track(trak: &Mp4Box) -> Result<Track, BmffError> {
    let tkhd = trak.child(b"tkhd")?;
    let mut fields = tkhd.fields();
    let (version, _) = fields.full_box()?;
    fields.skip(if version == 0 { 8 } else { 16 })?;
    let id = fields.u32()?;
    if id == 0 {
        return Err(tkhd.invalid("the track_ID is zero"));
    }
    if tkhd.body.len() < DISPLAY_LEN {
        return Err(tkhd.invalid("the matrix, width and height are missing"));
    }
    let mdia = trak.child(b"mdia")?;
    let mdhd = mdia.child(b"mdhd")?;
    let (timescale, duration) = times(&mdhd)?;
    let hdlr = mdia.child(b"hdlr")?;
    let mut fields = hdlr.fields();
    fields.skip(8)?;
    let handler = fields.u32()?.to_be_bytes();
    let stbl = mdia.child(b"minf")?.child(b"stbl")?;
    let stsd = stbl.child(b"stsd")?;
    let entry = sample_entry(&stsd, &handler)?;
    Ok(Track {
        id,
        handler: match &handler {
            b"vide" => Handler::Video,
            b"soun" => Handler::Audio,
            b"text" | b"subt" | b"sbtl" => Handler::Text,
            _ => Handler::Other(FourCc(handler)),
        },
        handler_type: FourCc(handler),
        timescale,
        duration,
        language: track_language(&mdia, &mdhd)?,
        sample_entry: entry.kind,
        codec: entry.codec,
        width: entry.width,
        height: entry.height,
        sample_rate: entry.sample_rate,
        channels: entry.channels,
        sample_duration: even_duration(&stbl)?,
        defaults: SampleDefaults::default(),
        edits: edits(trak)?,
        display: tkhd.body.slice(tkhd.body.len().saturating_sub(DISPLAY_LEN)..),
        sample_entries: stsd.body,
    })
}

/// An extended language tag wins over the packed code (ISO/IEC 14496-12 §8.4.6).
fn track_language(mdia: &Mp4Box, mdhd: &Mp4Box) -> Result<Option<String>, BmffError> {
    if let Some(elng) = mdia.child_if_any(b"elng")? {
        let tag = elng.body.get(4..).unwrap_or_default();
        let tag = tag.split(|byte| *byte == 0).next().unwrap_or_default();
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
        // RFC 5646 §4.4.1: 35 characters hold every tag without extensions; 64 leave room.
        if !tag.is_empty() && tag.len() <= 64 && tag.iter().all(allowed) {
            return Ok(Some(String::from_utf8_lossy(tag).into_owned()));
        }
    }
    let mut fields = mdhd.fields();
    let (version, _) = fields.full_box()?;
    fields.skip(if version == 0 { 16 } else { 28 })?;
    Ok(language::unpack(fields.u16()?))
}

/// The duration of every sample when `stts` has a single entry.
fn even_duration(stbl: &Mp4Box) -> Result<Option<u32>, BmffError> {
    let Some(stts) = stbl.child_if_any(b"stts")? else { return Ok(None) };
    let mut fields = stts.fields();
    fields.skip(4)?;
    if fields.u32()? != 1 {
        return Ok(None);
    }
    fields.skip(4)?;
    Ok(Some(fields.u32()?).filter(|duration| *duration != 0))
}

fn edits(trak: &Mp4Box) -> Result<Vec<Edit>, BmffError> {
    let Some(edts) = trak.child_if_any(b"edts")? else { return Ok(Vec::new()) };
    let Some(elst) = edts.child_if_any(b"elst")? else { return Ok(Vec::new()) };
    let mut fields = elst.fields();
    let (version, _) = fields.full_box()?;
    let count = fields.u32()?;
    let count = fields.table(count, if version == 0 { 12 } else { 20 })?;
    let mut edits = Vec::with_capacity(count);
    for _ in 0..count {
        let duration = fields.u64_if(version)?;
        let media_time = if version == 0 { i64::from(fields.i32()?) } else { fields.i64()? };
        fields.skip(4)?;
        edits.push(Edit { duration, media_time });
    }
    Ok(edits)
}

fn defaults(trex: &Mp4Box, tracks: &mut [Track]) -> Result<(), BmffError> {
    let mut fields = trex.fields();
    fields.skip(4)?;
    let id = fields.u32()?;
    fields.skip(4)?;
    let (duration, size, flags) = (fields.u32()?, fields.u32()?, fields.u32()?);
    if let Some(track) = tracks.iter_mut().find(|track| track.id == id) {
        track.defaults = SampleDefaults { duration, size, flags };
        if track.sample_duration.is_none() && duration != 0 {
            track.sample_duration = Some(duration);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
