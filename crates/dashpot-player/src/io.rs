//! What goes into the player and what comes out of it.

use dashpot_abr::Rung;
use dashpot_base::{Bitrate, ByteSize, MonoTime};
use dashpot_http::cmcd::Cmcd;
use dashpot_mpd::timeline::{Presentation, Sidx};
use dashpot_qoe::{Media, Record};
use std::{fmt, time::Duration};

/// Names one request of a session; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// What the world tells the player.
#[derive(Clone, Debug)]
pub enum Input {
    /// Begin the session.
    Start,
    /// The MPD that was asked for arrived and was resolved.
    Manifest {
        /// The request.
        ticket: Ticket,
        /// What it says.
        presentation: Box<Presentation>,
    },
    /// The segment index that was asked for arrived and was read.
    Index {
        /// The request.
        ticket: Ticket,
        /// What it says.
        sidx: Sidx,
    },
    /// The first byte of a body arrived.
    FirstByte {
        /// The request.
        ticket: Ticket,
        /// Bytes that the body is to have, where that is told.
        size: Option<ByteSize>,
    },
    /// More of a body arrived, or [`Output::Look`] asks; where nobody says so, the throughput of a
    /// link that several bodies share is taken for less than it is.
    Progress {
        /// The request.
        ticket: Ticket,
        /// Bytes of the body so far.
        size: ByteSize,
    },
    /// The beginning of a media segment is here whose rest is still being made or still on its way:
    /// chunks of CMAF, each of them whole. Until there is [`Input::Progress`] nothing more of it
    /// arrives.
    Chunk {
        /// The request.
        ticket: Ticket,
        /// Bytes of the body so far.
        size: ByteSize,
        /// How much of the segment's media that is.
        media: Duration,
    },
    /// An initialisation or media segment arrived whole.
    Arrived {
        /// The request.
        ticket: Ticket,
        /// Bytes of the body.
        size: ByteSize,
        /// What caches on the way said of it (RFC 9211 `Cache-Status`, as it stood).
        cache_status: Option<String>,
        /// What servers on the way said of themselves (CTA-5006 `CMSD-Dynamic`, as it stood).
        server_data: Option<String>,
    },
    /// A request came to nothing.
    Failed {
        /// The request.
        ticket: Ticket,
        /// How.
        failure: Failure,
    },
    /// The viewer wants to be elsewhere.
    Seek {
        /// Where, on the presentation's timeline.
        to: Duration,
    },
    /// A time asked for by `wake_at` has come.
    Wake,
    /// End the session.
    Stop,
}

/// What the player asks of the world.
#[derive(Clone, Debug)]
pub enum Output {
    /// Fetch something; [`Player::request`](crate::Player::request) says all about it.
    Fetch(Fetch),
    /// Say with [`Input::Progress`], at once, how much of a body is here.
    Look {
        /// The request.
        ticket: Ticket,
    },
    /// The answer to a request is of no use any more.
    Cancel {
        /// The request.
        ticket: Ticket,
    },
    /// A line of the session's log.
    Log(Record),
    /// The session is over; nothing follows.
    Done(DoneReason),
}

/// One request, in as few words as a simulator needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fetch {
    /// Its name in later inputs.
    pub ticket: Ticket,
    /// What is fetched.
    pub what: What,
    /// The nominal rate of the representation that it is of; zero for the MPD.
    pub bitrate: Bitrate,
    /// Bytes that the answer is to have, where that is known before.
    pub size: Option<ByteSize>,
    /// When the player gives it up at the latest.
    pub deadline: MonoTime,
    /// The period that it is of, and its place among the segments there.
    pub(crate) place: (usize, usize),
    pub(crate) state: State,
}

impl Fetch {
    /// Returns the request for `what`, of which nothing more is known.
    #[must_use]
    pub fn new(ticket: Ticket, what: What) -> Self {
        let (bitrate, state) = (Bitrate::default(), State::default());
        let deadline = MonoTime::from_nanos(u64::MAX);
        Self { ticket, what, bitrate, size: None, deadline, place: (0, 0), state }
    }
}

/// What the player tells of itself with a request.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct State {
    pub(crate) buffer: Duration,
    /// The buffer ran dry since the last request.
    pub(crate) starved: bool,
    /// Playback waits for it.
    pub(crate) urgent: bool,
    pub(crate) throughput: Option<Bitrate>,
}

/// One request in full.
#[derive(Clone, Debug)]
pub struct Request {
    /// What is fetched.
    pub fetch: Fetch,
    /// Where from.
    pub url: String,
    /// First and last byte, both included, where only a part is wanted; the last is `u64::MAX`
    /// for all the rest.
    pub range: Option<(u64, u64)>,
    /// The media type that the MPD declares for the Representation, where this is of one.
    pub mime: Option<String>,
    /// What the player tells caches and servers about itself.
    pub cmcd: Cmcd,
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The MPD.
    Manifest,
    /// A representation's segment index.
    Index {
        /// Of which kind.
        media: Media,
        /// Of which rung.
        rung: Rung,
    },
    /// A representation's initialisation segment.
    Init {
        /// Of which kind.
        media: Media,
        /// Of which rung.
        rung: Rung,
    },
    /// A media segment.
    Segment {
        /// Of which kind.
        media: Media,
        /// Of which rung; 0 for audio.
        rung: Rung,
        /// Its number, counted as the MPD counts.
        number: u64,
        /// When it begins, on the presentation's timeline.
        start: Duration,
        /// How long it plays.
        duration: Duration,
    },
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manifest => f.write_str("MPD"),
            Self::Index { media, rung } => {
                write!(f, "{} index of rung {}", name(*media), rung.0)
            }
            Self::Init { media, rung } => write!(f, "{} init of rung {}", name(*media), rung.0),
            Self::Segment { media, rung, number, .. } => {
                write!(f, "{} segment {number} of rung {}", name(*media), rung.0)
            }
        }
    }
}

const fn name(media: Media) -> &'static str {
    match media {
        Media::Video => "video",
        Media::Audio => "audio",
    }
}

/// How a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Failure {
    /// No connection.
    Connect,
    /// The connection ended before the response began.
    Unanswered,
    /// The response took too long.
    Timeout,
    /// The server answered with this status.
    Status(u16),
    /// The body ended before its announced length.
    Truncated,
    /// The body is larger than the player takes.
    TooLarge,
    /// The body is not what was asked for.
    Malformed,
}

impl Failure {
    /// Returns whether the same request may do better a moment later.
    ///
    /// RFC 9110 §15.5.9, §15.6; RFC 6585 §4: 408, 429 and the 5xx speak of the moment. Other
    /// answers speak of the resource and would be given again.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        match self {
            Self::Connect | Self::Unanswered | Self::Timeout | Self::Truncated => true,
            Self::Status(status) => matches!(status, 408 | 425 | 429 | 500..=599),
            Self::TooLarge | Self::Malformed => false,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => f.write_str("connect"),
            Self::Unanswered => f.write_str("unanswered"),
            Self::Timeout => f.write_str("timeout"),
            Self::Status(status) => write!(f, "status-{status}"),
            Self::Truncated => f.write_str("truncated"),
            Self::TooLarge => f.write_str("too-large"),
            Self::Malformed => f.write_str("malformed"),
        }
    }
}

/// Why a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DoneReason {
    /// The end of the presentation was played.
    Ended,
    /// As much media was played as was asked for.
    PlayedEnough,
    /// As much time passed as was asked for.
    TimeUp,
    /// The driver said so.
    Stopped,
    /// The MPD has nothing that can be played.
    NothingToPlay,
    /// The rule can choose no longer.
    RuleFailed {
        /// Why, in its own words.
        why: String,
    },
    /// A request failed for good.
    Failed {
        /// What it was for.
        what: What,
        /// How the last attempt failed.
        failure: Failure,
    },
}

impl fmt::Display for DoneReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended => f.write_str("ended"),
            Self::PlayedEnough => f.write_str("played-enough"),
            Self::TimeUp => f.write_str("time-up"),
            Self::Stopped => f.write_str("stopped"),
            Self::NothingToPlay => f.write_str("nothing-to-play"),
            Self::RuleFailed { why } => write!(f, "rule-failed: {why}"),
            Self::Failed { what, failure } => write!(f, "failed: {what}: {failure}"),
        }
    }
}
