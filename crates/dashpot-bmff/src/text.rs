//! Tracks of timed text: `WebVTT` and TTML in ISO base media files (ISO/IEC 14496-30).

use bytes::{BufMut as _, Bytes, BytesMut};

use crate::build::boxed;
use crate::error::BmffError;
use crate::init::{Handler, SampleDefaults, Track};
use crate::mux::moov::movie;
use crate::path::FourCc;

/// The namespace of TTML documents, which a `stpp` sample entry names.
const TTML_NAMESPACE: &[u8] = b"http://www.w3.org/ns/ttml";
/// Flags of samples that depend on no other (ISO/IEC 14496-12 §8.8.3.1), as all samples of text.
pub const TEXT_FLAGS: u32 = 0x0200_0000;

/// What the samples of a text track are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextEntry<'a> {
    /// `WebVTT` cues in boxes, with what a file has before its first cue.
    Wvtt {
        /// The `WEBVTT` line and what follows it up to the first cue.
        header: &'a str,
    },
    /// Whole TTML documents.
    Stpp,
}

impl TextEntry<'_> {
    const fn kind(&self) -> FourCc {
        match self {
            Self::Wvtt { .. } => FourCc(*b"wvtt"),
            Self::Stpp => FourCc(*b"stpp"),
        }
    }

    /// Returns the body of a `stsd` with this entry alone.
    fn description(&self) -> Result<Bytes, BmffError> {
        let mut out = BytesMut::new();
        out.put_u32(0);
        out.put_u32(1);
        boxed(&mut out, &self.kind().0, |out| {
            out.put_bytes(0, 6);
            out.put_u16(1);
            match self {
                Self::Wvtt { header } => boxed(out, b"vttC", |out| {
                    out.put_slice(header.as_bytes());
                    Ok(())
                }),
                Self::Stpp => {
                    out.put_slice(TTML_NAMESPACE);
                    // The end of the namespace, no schema locations, no auxiliary types.
                    out.put_slice(b"\0\0\0");
                    Ok(())
                }
            }
        })?;
        Ok(out.freeze())
    }
}

/// Returns `ftyp` and `moov` of a text track with the `track_ID` 1.
///
/// # Errors
/// Fails when the header of the text has 4 GiB or more.
pub fn build_text_init(
    entry: TextEntry<'_>,
    timescale: u32,
    language: &str,
) -> Result<Bytes, BmffError> {
    let handler_type = match entry {
        TextEntry::Wvtt { .. } => *b"text",
        TextEntry::Stpp => *b"subt",
    };
    let mut display = BytesMut::new();
    for element in [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000, 0, 0] {
        display.put_u32(element);
    }
    let track = Track {
        id: 1,
        handler: Handler::Text,
        handler_type: FourCc(handler_type),
        timescale,
        duration: 0,
        language: Some(language.to_owned()),
        sample_entry: entry.kind(),
        codec: entry.kind().to_string(),
        width: 0,
        height: 0,
        sample_rate: 0,
        channels: 0,
        sample_duration: None,
        defaults: SampleDefaults::default(),
        edits: Vec::new(),
        display: display.freeze(),
        sample_entries: entry.description()?,
    };
    movie(&track, track.id, None, (0, TEXT_FLAGS))
}

/// A cue as it is within one sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WvttCue<'a> {
    /// What all parts of a cue share that is in several samples; absent where it is in one.
    pub source: Option<u32>,
    /// The cue's identifier.
    pub identifier: Option<&'a str>,
    /// The time of the sample on the clock of the cue's timestamps, as `WebVTT` writes it.
    pub time: Option<&'a str>,
    /// Its settings.
    pub settings: &'a str,
    /// Its text.
    pub payload: &'a str,
}

/// Returns a sample of `WebVTT`: all cues that are shown during it, which may be none.
///
/// # Errors
/// Fails when a cue has 4 GiB or more.
pub fn build_wvtt_sample(cues: &[WvttCue<'_>]) -> Result<Bytes, BmffError> {
    let mut out = BytesMut::new();
    if cues.is_empty() {
        boxed(&mut out, b"vtte", |_| Ok(()))?;
    }
    let text = |out: &mut BytesMut, kind, text: &str| {
        boxed(out, kind, |out| {
            out.put_slice(text.as_bytes());
            Ok(())
        })
    };
    for cue in cues {
        boxed(&mut out, b"vttc", |out| {
            if let Some(source) = cue.source {
                boxed(out, b"vsid", |out| {
                    out.put_u32(source);
                    Ok(())
                })?;
            }
            if let Some(identifier) = cue.identifier {
                text(out, b"iden", identifier)?;
            }
            if let Some(time) = cue.time {
                text(out, b"ctim", time)?;
            }
            if !cue.settings.is_empty() {
                text(out, b"sttg", cue.settings)?;
            }
            text(out, b"payl", cue.payload)
        })?;
    }
    Ok(out.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{boxes, parse_init};

    #[test]
    fn a_movie_header_is_read_as_what_was_said() {
        for (entry, codec, handler) in [
            (TextEntry::Wvtt { header: "WEBVTT" }, "wvtt", b"text"),
            (TextEntry::Stpp, "stpp", b"subt"),
        ] {
            for language in ["en", "sr-Latn", "und"] {
                let init = build_text_init(entry, 12_800, language).unwrap();
                let parsed = parse_init(&init).unwrap();
                let [track] = parsed.tracks.as_slice() else { panic!("{parsed:?}") };
                let read = (track.codec.as_str(), track.timescale, track.handler);
                assert_eq!(read, (codec, 12_800, Handler::Text));
                assert_eq!(&track.handler_type.0, handler);
                let said = track.language.as_deref().unwrap_or("und");
                assert_eq!(said, language);
            }
        }
    }

    #[test]
    fn a_sample_has_a_box_for_each_cue_or_one_that_says_there_is_none() {
        let kinds = |bytes: &Bytes, within: usize| {
            let mut kinds = Vec::new();
            for found in boxes(bytes) {
                let found = found.unwrap();
                kinds.push(found.header.kind.to_string());
                if within == 1 {
                    let inner = found.children_after(0).map(|child| child.unwrap());
                    kinds.extend(inner.map(|child| child.header.kind.to_string()));
                }
            }
            kinds
        };
        let none = build_wvtt_sample(&[]).unwrap();
        assert_eq!((kinds(&none, 0), none.len()), (vec!["vtte".to_owned()], 8));
        let plain =
            WvttCue { source: None, identifier: None, time: None, settings: "", payload: "Hi" };
        let full = WvttCue {
            source: Some(7),
            identifier: Some("one"),
            time: Some("00:00:01.000"),
            settings: "line:0",
            payload: "Ho",
        };
        let both = build_wvtt_sample(&[plain, full]).unwrap();
        let expected = ["vttc", "payl", "vttc", "vsid", "iden", "ctim", "sttg", "payl"];
        assert_eq!(kinds(&both, 1), expected);
        assert!(both.ends_with(b"\0\0\0\x0apaylHo"));
    }
}
