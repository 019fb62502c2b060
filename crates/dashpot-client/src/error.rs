//! What can go wrong on the way to a picture.

use crate::MediaError;
use dashpot_bmff::BmffError;
use dashpot_mpd::{ParseError, timeline::TimelineError};
use dashpot_player::Failure;
use std::time::Duration;

/// Why a request came to nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// There was no connection.
    #[error("could not connect to {url}")]
    Connect {
        /// What was asked for.
        url: String,
        /// The client's word on it.
        #[source]
        source: reqwest::Error,
    },
    /// There was a connection, and no answer came over it.
    #[error("{url} was asked for, and the connection ended without an answer")]
    Unanswered {
        /// What was asked for.
        url: String,
        /// The client's word on it.
        #[source]
        source: reqwest::Error,
    },
    /// The emulated link lost the request.
    #[error("the emulated link lost the request for {url}")]
    Lost {
        /// What was asked for.
        url: String,
    },
    /// The answer was not the one that carries the content.
    #[error("{url} answered {status}")]
    Status {
        /// What was asked for.
        url: String,
        /// The answer.
        status: reqwest::StatusCode,
    },
    /// The server sent other bytes than those asked for.
    #[error("{url} answered {status} with {found} instead of bytes {wanted}")]
    WrongRange {
        /// What was asked for.
        url: String,
        /// The answer.
        status: reqwest::StatusCode,
        /// What the answer said it holds.
        found: String,
        /// What was asked for.
        wanted: String,
    },
    /// The body ended early.
    #[error("the body of {url} ended after {received} bytes{}", of(*.expected))]
    Truncated {
        /// What was asked for.
        url: String,
        /// What came.
        received: u64,
        /// What was announced.
        expected: Option<u64>,
        /// The client's word on it.
        #[source]
        source: Option<reqwest::Error>,
    },
    /// The body is larger than is taken.
    #[error("the body of {url} is larger than {max} bytes")]
    TooLarge {
        /// What was asked for.
        url: String,
        /// What is taken.
        max: u64,
    },
    /// Something else came in place of an MPD.
    #[error("{url} answered {status} with {found} instead of an MPD")]
    NotAnMpd {
        /// What was asked for.
        url: String,
        /// The answer.
        status: reqwest::StatusCode,
        /// What came, for a person.
        found: String,
        /// Where reading it as an MPD failed.
        #[source]
        source: Option<Box<ParseError>>,
    },
    /// Something else came in place of media.
    #[error("{url} answered {status} with {found} instead of {wanted}")]
    NotMedia {
        /// What was asked for.
        url: String,
        /// The answer.
        status: reqwest::StatusCode,
        /// What came, for a person.
        found: String,
        /// What should have come.
        wanted: &'static str,
        /// Where reading it as such failed.
        #[source]
        source: Box<MediaError>,
    },
    /// The MPD says nothing that can be played.
    #[error("the MPD at {url} cannot be played")]
    Timeline {
        /// What was asked for.
        url: String,
        /// What is wrong.
        #[source]
        source: Box<TimelineError>,
    },
    /// The segment index points at further indexes.
    #[error("the segment index in {url} points at further indexes, which are not followed")]
    NestedIndex {
        /// What was asked for.
        url: String,
    },
    /// The segment index cannot be read.
    #[error("the segment index in {url} cannot be read")]
    BadIndex {
        /// What was asked for.
        url: String,
        /// What is wrong.
        #[source]
        source: BmffError,
    },
}

fn of(expected: Option<u64>) -> String {
    expected.map(|bytes| format!(" of {bytes}")).unwrap_or_default()
}

impl FetchError {
    /// Returns what the player is told.
    #[must_use]
    pub fn failure(&self) -> Failure {
        match self {
            Self::Connect { source, .. } if source.is_timeout() => Failure::Timeout,
            Self::Unanswered { source, .. } if source.is_timeout() => Failure::Timeout,
            Self::Connect { .. } | Self::Lost { .. } => Failure::Connect,
            Self::Unanswered { .. } => Failure::Unanswered,
            Self::Status { status, .. } => Failure::Status(status.as_u16()),
            Self::Truncated { .. } => Failure::Truncated,
            Self::TooLarge { .. } => Failure::TooLarge,
            Self::WrongRange { .. }
            | Self::NotAnMpd { .. }
            | Self::NotMedia { .. }
            | Self::Timeline { .. }
            | Self::NestedIndex { .. }
            | Self::BadIndex { .. } => Failure::Malformed,
        }
    }
}

/// Why there was no session.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlayError {
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
    /// The MPD did not come, or was none.
    #[error("no MPD to play")]
    Manifest(#[source] FetchError),
    /// The MPD did not come in time.
    #[error("no MPD came from {url} within {} ms", waited.as_millis())]
    NoManifest {
        /// What was asked for.
        url: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// The MPD has neither video nor audio.
    #[error("the MPD at {url} has neither video nor audio that can be played")]
    NothingToPlay {
        /// What was asked for.
        url: String,
    },
}
