//! What a presentation on demand consists of: its segments, when each plays and where it is.
//!
//! [`Presentation::resolve`] flattens the inheritance, the templates and the URLs of an MPD into
//! one uniform view. Times within a Period are counted from its start, and segments are cut to
//! its ends: what lies outside is not presented (ISO/IEC 23009-1 §5.3.2).

mod addressing;
mod budget;
mod error;
mod expand;
mod live;
mod periods;
mod resources;
mod sidx;
mod template;
mod views;

pub use error::{Problem, TimelineError};
pub use live::LiveView;
pub use sidx::{Sidx, SidxRef, from_sidx};

use crate::Mpd;
use dashpot_base::{MediaTime, WallTime};
use std::{fmt, time::Duration};
use url::Url;

/// A presentation on demand, resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct Presentation {
    /// The Periods in order, without those of no length.
    pub periods: Vec<PeriodView>,
    /// What was left out or looks wrong, and why; the first hundred.
    pub problems: Vec<TimelineError>,
    /// Set where the presentation is live: it was resolved as of some time.
    pub live: Option<LiveView>,
}

/// A Period.
#[derive(Clone, Debug, PartialEq)]
pub struct PeriodView {
    /// The id, where it has one.
    pub id: Option<String>,
    /// When it starts, from the start of the presentation.
    pub start: Duration,
    /// How long it is; never zero.
    pub duration: Duration,
    /// The tracks; those without a usable Representation are left out.
    pub sets: Vec<SetView>,
}

/// An Adaptation Set: versions of one track.
#[derive(Clone, Debug, PartialEq)]
pub struct SetView {
    /// The id, where it has one.
    pub id: Option<u32>,
    /// What it carries.
    pub kind: Kind,
    /// The language.
    pub lang: Option<String>,
    /// The first label.
    pub label: Option<String>,
    /// The values of its roles in the scheme of MPEG-DASH, such as `main`.
    pub roles: Vec<String>,
    /// The schemes a client must know to use the set; a player leaves out sets with others.
    pub essential_schemes: Vec<String>,
    /// The versions, in the order of the MPD; never empty.
    pub representations: Vec<RepView>,
}

/// What a track carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Moving pictures.
    Video,
    /// Sound.
    Audio,
    /// Subtitles and captions.
    Text,
    /// Anything else, such as thumbnails.
    Other,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Text => "text",
            Self::Other => "other media",
        })
    }
}

/// A Representation: one version of a track.
#[derive(Clone, Debug, PartialEq)]
pub struct RepView {
    /// The id; empty where the MPD has none.
    pub id: String,
    /// The declared bits per second; 0 where the MPD has none.
    pub bandwidth: u64,
    /// The codecs, as RFC 6381 has them.
    pub codecs: Option<String>,
    /// The width in pixels.
    pub width: Option<u32>,
    /// The height in pixels.
    pub height: Option<u32>,
    /// The frame rate, whole or a fraction such as `30000/1001`.
    pub frame_rate: Option<String>,
    /// The media type of the segments.
    pub mime: Option<String>,
    /// The initialization segment, where there is one.
    pub init: Option<ResourceRef>,
    /// The media segments.
    pub index: SegmentIndex,
}

/// A URL, or some of its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceRef {
    /// The absolute URL.
    pub url: String,
    /// The first and last byte, both included; the last is `u64::MAX` for all the rest.
    pub range: Option<(u64, u64)>,
}

/// Where the media segments are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SegmentIndex {
    /// Here they are, in order of time.
    Listed(Vec<SegmentRef>),
    /// The file's own index has to be fetched first; then [`from_sidx`] lists them.
    NeedsSidx(SidxRef),
}

/// A media segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentRef {
    /// The segment number.
    pub number: u64,
    /// When it starts, from the start of the Period.
    pub start: MediaTime,
    /// How long it is presented.
    pub duration: MediaTime,
    /// The absolute URL.
    pub url: String,
    /// The first and last byte, both included; the last is `u64::MAX` for all the rest.
    pub range: Option<(u64, u64)>,
}

impl Presentation {
    /// Resolves an MPD that was fetched from `mpd_url`.
    ///
    /// A Representation that cannot be resolved is left out and listed in `problems`.
    ///
    /// # Errors
    /// Where the MPD is not `static`, its Periods have no times, there are too many segments, or
    /// no Representation at all can be resolved, or none of the video or of the audio that a
    /// Period declares: half a film would pass for all of it.
    pub fn resolve(mpd: &Mpd, mpd_url: &Url) -> Result<Self, TimelineError> {
        views::resolve(mpd, mpd_url)
    }

    /// Resolves an MPD as of `now`: of a `dynamic` one, what of it there is about that time.
    ///
    /// # Errors
    /// As for [`Presentation::resolve`], but that an MPD may be `dynamic`.
    pub fn resolve_at(mpd: &Mpd, mpd_url: &Url, now: WallTime) -> Result<Self, TimelineError> {
        views::resolve_at(mpd, mpd_url, now)
    }

    /// Returns when the last Period ends.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.periods.last().map_or(Duration::ZERO, |last| last.start.saturating_add(last.duration))
    }
}

#[cfg(test)]
mod tests;
