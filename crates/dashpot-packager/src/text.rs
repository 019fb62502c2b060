//! Text in segments: sidecar subtitles as `WebVTT` or TTML in MP4, and clocks for any language.
//!
//! Segments of text begin and end exactly where those of the lead track do, in its timescale. A cue
//! that goes on over a boundary is in both segments, cut at it.

mod clock;
pub(crate) mod cues;
pub(crate) mod live;
pub(crate) mod set;
mod shown;
mod ttml;
pub(crate) mod vod;
mod wvtt;

use crate::{
    catalogue::{Asset, Subtitle},
    grammar::{CLOCK_STPP, CLOCK_SUBS, Options, TEXT},
};
use bytes::Bytes;
use cues::Cues;
use dashpot_bmff::{BmffError, TextEntry, build_text_init};
use shown::Shown;

/// The media type of segmented text.
pub(crate) const CONTENT_TYPE: &str = "application/mp4";

/// How text is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// `WebVTT` in boxes.
    Wvtt,
    /// TTML documents, of the text profile of IMSC1.
    Stpp,
}

impl Format {
    const fn name(self) -> &'static str {
        match self {
            Self::Wvtt => "wvtt",
            Self::Stpp => "stpp",
        }
    }

    const fn codecs(self) -> &'static str {
        match self {
            Self::Wvtt => "wvtt",
            // The media type registration of TTML: `im1t` is the text profile of IMSC1.
            Self::Stpp => "stpp.ttml.im1t",
        }
    }
}

/// Where cues come from.
#[derive(Clone, Copy, Debug)]
enum Source<'a> {
    /// A sidecar of the asset.
    Film(&'a Subtitle, &'a Cues),
    /// The time itself.
    Clock,
}

/// One track of segmented text.
#[derive(Clone, Debug)]
pub(crate) struct TextTrack<'a> {
    /// The Representation's id.
    pub(crate) id: String,
    format: Format,
    lang: &'a str,
    source: Source<'a>,
}

/// Where a segment is: which one, from when to when, and how its time is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    /// The number that the segment has for people.
    pub(crate) number: u64,
    /// When it begins, in ticks.
    pub(crate) start: u64,
    /// When it ends, in ticks.
    pub(crate) end: u64,
    /// Ticks per second.
    pub(crate) timescale: u32,
    /// Ticks of a pass of the film.
    pub(crate) pass: u64,
    /// When time zero was in seconds since the epoch, for what runs by the clock.
    pub(crate) epoch_s: Option<u64>,
}

impl Slot {
    /// Returns a time in milliseconds, to the nearest.
    fn ms(&self, ticks: u64) -> u64 {
        let scale = u128::from(self.timescale).max(1);
        u64::try_from((u128::from(ticks) * 2_000 + scale) / (scale * 2)).unwrap_or(u64::MAX)
    }

    /// Returns milliseconds in ticks, to the nearest.
    fn ticks(&self, ms: u64) -> u64 {
        let ticks = (u128::from(ms) * u128::from(self.timescale) * 2 + 1_000) / 2_000;
        u64::try_from(ticks).unwrap_or(u64::MAX)
    }
}

/// Says whether sidecars are named as files.
pub(crate) fn has_sidecars(options: &Options) -> bool {
    options.words(&TEXT).is_none_or(|words| words.contains(&"sidecar"))
}

/// Says whether there is any segmented text.
pub(crate) fn is_segmented(options: &Options) -> bool {
    formats(options).next().is_some()
        || [CLOCK_SUBS, CLOCK_STPP].iter().any(|spec| options.names(spec).is_some())
}

fn formats(options: &Options) -> impl Iterator<Item = Format> {
    let words = options.words(&TEXT).unwrap_or(&[]).iter();
    words.filter_map(|word| [Format::Wvtt, Format::Stpp].into_iter().find(|f| f.name() == *word))
}

/// Returns the tracks of segmented text that the options ask for.
pub(crate) fn tracks<'a>(asset: &'a Asset, options: &'a Options) -> Vec<TextTrack<'a>> {
    let mut tracks = Vec::new();
    for format in formats(options) {
        let film = asset.subtitles.iter().zip(&asset.cues).map(|(subtitle, cues)| TextTrack {
            id: format!("{}-{}", format.name(), subtitle.id),
            format,
            lang: &subtitle.lang,
            source: Source::Film(subtitle, cues),
        });
        tracks.extend(film);
    }
    for (spec, format) in [(CLOCK_SUBS, Format::Wvtt), (CLOCK_STPP, Format::Stpp)] {
        let clocks = options.names(&spec).unwrap_or(&[]).iter().map(|lang| TextTrack {
            id: format!("clock-{}-{lang}", format.name()),
            format,
            lang,
            source: Source::Clock,
        });
        tracks.extend(clocks);
    }
    tracks
}

impl TextTrack<'_> {
    /// Returns the language as in RFC 5646.
    pub(crate) const fn lang(&self) -> &str {
        self.lang
    }

    /// Returns the codec as in RFC 6381.
    pub(crate) const fn codecs(&self) -> &'static str {
        self.format.codecs()
    }

    /// Returns what people call it.
    pub(crate) fn label(&self) -> Option<String> {
        match self.source {
            Source::Film(subtitle, _) => subtitle.label.clone(),
            Source::Clock => Some(format!("Clock ({})", self.lang)),
        }
    }

    /// Returns the initialization segment.
    ///
    /// # Errors
    /// Fails when a header is beyond the size of a box, which the bounds of a sidecar rule out.
    pub(crate) fn init(&self, timescale: u32) -> Result<Bytes, BmffError> {
        let header = match self.source {
            Source::Film(_, cues) => cues.header(),
            Source::Clock => "WEBVTT",
        };
        let entry = match self.format {
            Format::Wvtt => TextEntry::Wvtt { header },
            Format::Stpp => TextEntry::Stpp,
        };
        build_text_init(entry, timescale, self.lang)
    }

    /// Returns a segment.
    ///
    /// # Errors
    /// Fails when it is beyond the size of a box, which the bounds of a sidecar rule out.
    pub(crate) fn segment(&self, slot: &Slot) -> Result<Bytes, BmffError> {
        let shown = self.shown(slot);
        match self.format {
            Format::Wvtt => wvtt::segment(slot, &shown),
            Format::Stpp => ttml::segment(slot, self.lang, &shown),
        }
    }

    fn shown(&self, slot: &Slot) -> Vec<Shown<'_>> {
        match self.source {
            Source::Film(_, cues) => shown::of_film(cues, slot),
            Source::Clock => clock::shown(self.lang, slot),
        }
    }
}

#[cfg(test)]
mod tests;
