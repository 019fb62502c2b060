//! What goes wrong.

use crate::Object;
use dashpot_base::Bitrate;
use std::time::Duration;

/// What happens to an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An error status in place of the answer.
    Status {
        /// 400 to 599.
        code: u16,
        /// `Retry-After`, where it is to be said.
        retry_after: Option<Duration>,
    },
    /// The answer begins later.
    Delay(Duration),
    /// The body comes at this rate.
    Rate(Bitrate),
    /// The body pauses once.
    Stall {
        /// Where.
        at: Position,
        /// For how long.
        span: Duration,
    },
    /// The connection is closed before the body has ended.
    Truncate {
        /// Where.
        at: Position,
    },
    /// The connection is reset before the body has ended.
    Reset {
        /// Where.
        at: Position,
    },
    /// Bytes of the body are not what they were.
    Flip {
        /// How many.
        bytes: u32,
    },
    /// `Content-Length` is not the length of the body.
    Length {
        /// By how many bytes it says more, or less.
        by: i32,
    },
    /// The answer is to be had only at the end of a chain of redirects.
    Redirect {
        /// How many.
        hops: u32,
    },
    /// Segments are not there, and the MPD knows nothing of it.
    Missing,
    /// Segments are not there, and a timeline of the MPD leaves them out.
    Gap,
    /// The MPD is as it was before.
    Stale(Duration),
    /// A clock goes wrong by this many milliseconds.
    Skew(i64),
    /// Segments are there before the MPD says so.
    Early(Duration),
    /// Segments are not yet there when the MPD says so.
    Late(Duration),
}

/// A place in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// So many hundredths of it, up to 99.
    Percent(u8),
    /// After so many bytes.
    Bytes(u64),
}

/// What a percentage is of where a body does not say its length: about a chunk of live video.
const LENGTH_UNKNOWN: u64 = 64 << 10;

impl Position {
    /// Returns the number of bytes before it in a body of `length` bytes.
    #[must_use]
    pub fn before(self, length: Option<u64>) -> u64 {
        match self {
            Self::Percent(percent) => {
                let of = u128::from(length.unwrap_or(LENGTH_UNKNOWN));
                u64::try_from(of * u128::from(percent) / 100).unwrap_or(u64::MAX)
            }
            Self::Bytes(bytes) => length.map_or(bytes, |length| bytes.min(length)),
        }
    }
}

impl Fault {
    /// Returns the name in rules and in `Dashpot-Fault`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::Delay(_) => "delay",
            Self::Rate(_) => "rate",
            Self::Stall { .. } => "stall",
            Self::Truncate { .. } => "truncate",
            Self::Reset { .. } => "reset",
            Self::Flip { .. } => "flip",
            Self::Length { .. } => "length",
            Self::Redirect { .. } => "redirect",
            Self::Missing => "missing",
            Self::Gap => "gap",
            Self::Stale(_) => "stale",
            Self::Skew(_) => "skew",
            Self::Early(_) => "early",
            Self::Late(_) => "late",
        }
    }

    /// Returns what it happens to where a rule does not say.
    pub(crate) const fn usual(&self) -> Object {
        match self {
            Self::Stale(_) => Object::Mpd,
            Self::Skew(_) => Object::Time,
            Self::Status { .. }
            | Self::Delay(_)
            | Self::Rate(_)
            | Self::Stall { .. }
            | Self::Truncate { .. }
            | Self::Reset { .. }
            | Self::Flip { .. }
            | Self::Length { .. }
            | Self::Redirect { .. }
            | Self::Missing
            | Self::Gap
            | Self::Early(_)
            | Self::Late(_) => Object::Segment,
        }
    }

    /// Returns what it may happen to at all.
    pub(crate) const fn may_befall(&self, object: Object) -> bool {
        match self {
            Self::Gap | Self::Early(_) | Self::Late(_) => {
                matches!(object, Object::Segment | Object::Chunk)
            }
            Self::Stale(_) => matches!(object, Object::Mpd | Object::Steering),
            Self::Status { .. }
            | Self::Delay(_)
            | Self::Rate(_)
            | Self::Stall { .. }
            | Self::Truncate { .. }
            | Self::Reset { .. }
            | Self::Flip { .. }
            | Self::Length { .. }
            | Self::Redirect { .. }
            | Self::Missing
            | Self::Skew(_) => true,
        }
    }

    /// Returns the milliseconds by which the clock is moved that the answer is made by.
    #[must_use]
    pub fn clock_moved_ms(&self) -> i64 {
        let millis = |span: &Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        match self {
            Self::Stale(span) | Self::Late(span) => -millis(span),
            Self::Early(span) => millis(span),
            Self::Skew(by) => *by,
            Self::Status { .. }
            | Self::Delay(_)
            | Self::Rate(_)
            | Self::Stall { .. }
            | Self::Truncate { .. }
            | Self::Reset { .. }
            | Self::Flip { .. }
            | Self::Length { .. }
            | Self::Redirect { .. }
            | Self::Missing
            | Self::Gap => 0,
        }
    }
}
