//! Why a timeline cannot be had.

use super::Kind;
use std::{error::Error, fmt, time::Duration};

/// Something wrong with the timeline, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineError {
    /// The element, as a path from the root.
    pub path: String,
    /// What is wrong.
    pub problem: Problem,
}

impl fmt::Display for TimelineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.problem)
    }
}

/// The message says the place and the problem at once; what caused it is what caused the problem.
impl Error for TimelineError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.problem.source()
    }
}

/// What is wrong with a timeline.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A live presentation changes with time; only those on demand are resolved.
    #[error("the presentation is dynamic, and only static ones are resolved")]
    Dynamic,
    /// Nothing says when a live presentation began.
    #[error("the presentation is dynamic and has no availabilityStartTime")]
    NoAvailabilityStart,
    /// A part of the standard that is not supported.
    #[error("{what} is not supported")]
    Unsupported {
        /// What it is.
        what: String,
    },
    /// There is no Period.
    #[error("there is no Period")]
    NoPeriod,
    /// There is nothing to play.
    #[error("there is no Representation")]
    NoRepresentation,
    /// Nothing says when the Period starts.
    #[error("the Period has no start, and the one before it no duration")]
    NoStart,
    /// Nothing says when the Period ends.
    #[error("the Period has no duration, no Period follows, and the MPD has no duration")]
    NoDuration,
    /// The Period starts before the one ahead of it, or ends before it starts.
    #[error("the Period begins or ends before its predecessor's start")]
    PeriodOrder,
    /// The URL cannot be resolved.
    #[error("`{url}` is not a URL")]
    BadUrl {
        /// The URL as it was given.
        url: String,
        /// Why not.
        #[source]
        source: url::ParseError,
    },
    /// Two ways of addressing at one level.
    #[error("more than one of SegmentBase, SegmentList and SegmentTemplate at one level")]
    Ambiguous,
    /// An attribute that matters could not be read.
    #[error("@{name} cannot be read: `{value}`")]
    Unreadable {
        /// The attribute.
        name: String,
        /// Its value.
        value: String,
    },
    /// Ticks that nobody explained, and that make no sense as seconds.
    #[error(
        "@timescale is missing and 1 by default (ISO/IEC 23009-1 §5.3.9.2.2); a segment of \
         {ticks} s is longer than its Period of {} s",
        period.as_secs()
    )]
    NoTimescale {
        /// The segment's duration as it is declared.
        ticks: u64,
        /// How long the Period is.
        period: Duration,
    },
    /// No segment lies within the Period.
    #[error("no segment lies within the Period")]
    NoSegments,
    /// A kind of media is declared, and none of it can be had.
    #[error("the Period declares {kind}, none of which can be played: {}", list(causes))]
    Lost {
        /// The kind.
        kind: Kind,
        /// What is wrong with its Representations; the first hundred of the MPD.
        causes: Vec<TimelineError>,
    },
    /// A timescale of zero.
    #[error("@timescale is 0")]
    ZeroTimescale,
    /// A segment without length.
    #[error("a segment has a duration of 0")]
    ZeroDuration,
    /// A time beyond 64 bits.
    #[error("a time or number does not fit in 64 bits")]
    Overflow,
    /// A run that goes back in time.
    #[error("S@t={t} does not come after the start of the segment before it")]
    Backwards {
        /// The time.
        t: u64,
    },
    /// A run without an end.
    #[error("S@r is negative and the next S has no @t")]
    NoRunEnd,
    /// A template without its URL.
    #[error("SegmentTemplate has no @media")]
    NoMedia,
    /// A template that gives every segment the same URL.
    #[error("@media has neither $Number$ nor $Time$, and there is more than one segment")]
    SameUrl,
    /// A list of several segments without their lengths.
    #[error("SegmentList has several segments, and neither @duration nor a SegmentTimeline")]
    NoLengths,
    /// A template that is wrong.
    #[error("template `{template}`: {message}")]
    BadTemplate {
        /// The template.
        template: String,
        /// What is wrong with it.
        message: &'static str,
    },
    /// A URL that no server takes.
    #[error("a URL or template has more than {limit} bytes")]
    UrlTooLong {
        /// The longest.
        limit: usize,
    },
    /// Longer texts than the limit.
    #[error("URLs and inherited texts come to more than {limit} bytes")]
    TooMuchText {
        /// The most.
        limit: usize,
    },
    /// More segments than the limit.
    #[error("more than {limit} segments")]
    TooManySegments {
        /// The most that are listed.
        limit: usize,
    },
}

impl Problem {
    /// Tells whether going on would only make it worse.
    pub(super) const fn is_limit(&self) -> bool {
        matches!(self, Self::TooManySegments { .. } | Self::TooMuchText { .. })
    }

    /// Adds the place.
    pub(super) fn at(self, path: impl Into<String>) -> TimelineError {
        TimelineError { path: path.into(), problem: self }
    }
}

/// The most causes that one message tells.
const CAUSES_TOLD: usize = 5;

fn list(causes: &[TimelineError]) -> String {
    let told = causes.iter().take(CAUSES_TOLD).map(ToString::to_string);
    let told = told.collect::<Vec<_>>().join("; ");
    match causes.len().saturating_sub(CAUSES_TOLD) {
        0 => told,
        more => format!("{told}; and {more} more"),
    }
}

/// Returns the beginning of a text, for a message: a problem of what is inherited may be told many
/// times.
pub(super) fn clip(text: &str) -> String {
    match text.char_indices().nth(100) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
