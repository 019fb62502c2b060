//! The session's log: what was decided, what happened, and why.

use crate::units;
use dashpot_base::{Bitrate, ByteSize, MonoTime, Speed};
use serde::Serialize;
use std::time::Duration;

/// One entry of a session's log.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// When.
    pub at: MonoTime,
    /// What.
    pub event: Event,
}

impl Record {
    /// Says that so much had come of a download that is given up here, where more had than the
    /// player was told: of what is cancelled, whoever carries it knows best. A player cancels first
    /// and says why right after.
    pub fn amend(&mut self, came: ByteSize) {
        if let Event::Abandon { size, .. } = &mut self.event {
            *size = came.max(*size);
        }
    }

    /// Returns the entry as one line of JSON without its line end:
    /// `{"t_ms":…,"node":…,"kind":…,"choice":…,"reason":…,…}`.
    ///
    /// `node` names who speaks, such as `player` or `player-17`.
    ///
    /// # Panics
    /// Never: every field is a number, a text or absent, which JSON can always say.
    #[must_use]
    pub fn line(&self, node: &str) -> String {
        let line = Line { at: self.at, node, event: &self.event };
        serde_json::to_string(&line).expect("numbers and texts are always JSON")
    }
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(rename = "t_ms", serialize_with = "units::t_ms")]
    at: MonoTime,
    node: &'a str,
    #[serde(flatten)]
    event: &'a Event,
}

/// The kinds of media that are played together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Media {
    /// Moving pictures, on a ladder.
    Video,
    /// Sound, one track.
    Audio,
}

/// Why the playhead stood still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hold {
    /// Playback had not begun.
    Startup,
    /// A seek went outside the buffer.
    Seek,
    /// The buffer ran dry.
    Stall,
}

/// What follows a failed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NextTry {
    /// It is tried again.
    Retry,
    /// The session ends.
    GiveUp,
}

/// Why a download ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Abandoned {
    /// It failed, or took too long.
    Failure,
    /// The viewer went elsewhere.
    Seek,
    /// The rule gave it up.
    Rule,
    /// It was to take the place of a segment that is being played by now.
    Late,
    /// The session ended.
    End,
}

/// Where a seek went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeekKind {
    /// Forward within what is buffered; the rest of the buffer stands.
    InsideBuffer,
    /// Elsewhere; what was buffered is dropped.
    OutsideBuffer,
}

/// What a session decides and what befalls it. Positions are on the presentation's timeline.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Event {
    /// A rung was chosen for the next segment.
    Rung {
        /// Index in the ladder, lowest rate first.
        #[serde(rename = "choice")]
        rung: usize,
        /// Why, by the rule's closed set of names.
        reason: &'static str,
        /// Of which kind of media.
        media: Media,
        /// The rung's nominal rate.
        #[serde(rename = "bitrate_bps", serialize_with = "units::bps")]
        bitrate: Bitrate,
        /// Media ahead of the playhead.
        #[serde(rename = "buffer_ms", serialize_with = "units::ms")]
        buffer: Duration,
        /// What the rule was told, `None` before the first measurement.
        #[serde(rename = "throughput_bps", serialize_with = "units::bps_or_null")]
        throughput: Option<Bitrate>,
    },
    /// A segment that is buffered is fetched again, at the rung that was chosen.
    Replace {
        /// Index in the ladder, lowest rate first.
        #[serde(rename = "choice")]
        rung: usize,
        /// Why.
        reason: &'static str,
        /// Of which kind of media.
        media: Media,
        /// The rung at which it is here.
        #[serde(rename = "replaced_rung")]
        replaced: usize,
        /// Where it begins.
        #[serde(rename = "start_ms", serialize_with = "units::ms")]
        start: Duration,
        /// Media ahead of the playhead.
        #[serde(rename = "buffer_ms", serialize_with = "units::ms")]
        buffer: Duration,
    },
    /// With work left, nothing is asked for.
    Wait {
        /// Why.
        reason: &'static str,
        /// Of which kind of media.
        media: Media,
        /// Media ahead of the playhead.
        #[serde(rename = "buffer_ms", serialize_with = "units::ms")]
        buffer: Duration,
    },
    /// A media segment arrived whole.
    Segment {
        /// Of which kind of media.
        media: Media,
        /// Of which rung.
        rung: usize,
        /// The rung's nominal rate.
        #[serde(rename = "bitrate_bps", serialize_with = "units::bps")]
        bitrate: Bitrate,
        /// As the MPD counts.
        number: u64,
        /// Where it begins.
        #[serde(rename = "start_ms", serialize_with = "units::ms")]
        start: Duration,
        /// How long it plays.
        #[serde(rename = "duration_ms", serialize_with = "units::ms")]
        duration: Duration,
        /// Bytes of its body.
        #[serde(rename = "size_bytes", serialize_with = "units::bytes")]
        size: ByteSize,
        /// From the request to the last byte.
        #[serde(rename = "took_ms", serialize_with = "units::ms")]
        took: Duration,
        /// From the request to the first byte.
        #[serde(rename = "first_byte_ms", serialize_with = "units::ms")]
        first_byte_after: Duration,
        /// How long of that all that had been made of it was here: the rest was still being made.
        #[serde(
            rename = "idle_ms",
            serialize_with = "units::ms",
            skip_serializing_if = "Duration::is_zero"
        )]
        idle: Duration,
        /// Media ahead of the playhead, with this segment.
        #[serde(rename = "buffer_ms", serialize_with = "units::ms")]
        buffer: Duration,
        /// What caches on the way said of it (RFC 9211), as it stood.
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_status: Option<String>,
    },
    /// A request came to nothing.
    Failure {
        /// What follows.
        #[serde(rename = "choice")]
        next: NextTry,
        /// How it failed.
        reason: String,
        /// What was asked for.
        what: String,
    },
    /// A media segment is given up with some of its bytes here.
    Abandon {
        /// Why.
        reason: Abandoned,
        /// Of which kind of media.
        media: Media,
        /// The bytes that came.
        #[serde(rename = "size_bytes", serialize_with = "units::bytes")]
        size: ByteSize,
    },
    /// Playback begins or goes on.
    Play {
        /// What it waited for until now.
        #[serde(rename = "reason")]
        after: Hold,
        /// How long it waited.
        #[serde(rename = "held_ms", serialize_with = "units::ms")]
        held: Duration,
        /// Where it goes on.
        #[serde(rename = "position_ms", serialize_with = "units::ms")]
        position: Duration,
    },
    /// Playback halts, the buffer being dry.
    Stall {
        /// Where it halts.
        #[serde(rename = "position_ms", serialize_with = "units::ms")]
        position: Duration,
    },
    /// The viewer goes elsewhere.
    Seek {
        /// Where that is, seen from the buffer.
        #[serde(rename = "choice")]
        seek: SeekKind,
        /// From where.
        #[serde(rename = "from_ms", serialize_with = "units::ms")]
        from: Duration,
        /// To where.
        #[serde(rename = "to_ms", serialize_with = "units::ms")]
        to: Duration,
    },
    /// A live session is to begin here.
    Join {
        /// Where.
        #[serde(rename = "position_ms", serialize_with = "units::ms")]
        position: Duration,
        /// How far behind the live edge that is.
        #[serde(rename = "latency_ms", serialize_with = "units::ms")]
        latency: Duration,
        /// How far behind it playback is to be kept.
        #[serde(rename = "target_ms", serialize_with = "units::ms")]
        target: Duration,
    },
    /// Playback goes faster or slower from here on.
    Speed {
        /// How fast; 1 is the film's own rate.
        #[serde(rename = "choice", serialize_with = "units::ratio")]
        speed: Speed,
        /// Why.
        reason: &'static str,
        /// Where.
        #[serde(rename = "position_ms", serialize_with = "units::ms")]
        position: Duration,
        /// How far behind the live edge.
        #[serde(rename = "latency_ms", serialize_with = "units::ms")]
        latency: Duration,
        /// Media ahead of the playhead.
        #[serde(rename = "buffer_ms", serialize_with = "units::ms")]
        buffer: Duration,
    },
    /// The live edge has got too far away: playback goes on nearer to it. Where that is outside the
    /// buffer playback halts until there is media.
    Skip {
        /// Where that is, seen from the buffer.
        #[serde(rename = "choice")]
        seek: SeekKind,
        /// How far behind the live edge playback was.
        #[serde(rename = "latency_ms", serialize_with = "units::ms")]
        latency: Duration,
        /// From where.
        #[serde(rename = "from_ms", serialize_with = "units::ms")]
        from: Duration,
        /// To where.
        #[serde(rename = "to_ms", serialize_with = "units::ms")]
        to: Duration,
    },
    /// The session is over.
    Done {
        /// Why.
        reason: String,
        /// Where.
        #[serde(rename = "position_ms", serialize_with = "units::ms")]
        position: Duration,
    },
}

#[cfg(test)]
mod tests;
