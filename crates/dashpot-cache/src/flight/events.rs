//! What a flight is told and what it asks for.

use std::sync::Arc;

use dashpot_base::{MonoTime, WallTime};
use http::StatusCode;

use crate::{Continuation, NotStorable, Reason, RequestHead, Rest, StoredHead};

/// The name of one reader, given by the driver; never used twice within a flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReaderId(pub u64);

/// How a reader came to share a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The reader whose request was fetched.
    Leader,
    /// A reader that waited for the head with the leader.
    Follower,
    /// A reader that came while the body was arriving.
    Joiner,
}

/// Why a fetch did not come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No connection to the upstream could be made.
    Connect,
    /// The upstream broke off before the head or did not speak HTTP.
    Protocol,
    /// The upstream sent nothing for longer than the limits allow.
    Timeout,
    /// The body ended before its end.
    Truncated,
    /// The body went on after its end.
    TooLong,
    /// The body broke off, and what it was a part of is not to be had any more.
    Changed,
    /// The driver gave the fetch up.
    Abandoned,
}

impl Failure {
    /// Returns the failure in the words of a log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Protocol => "protocol",
            Self::Timeout => "timeout",
            Self::Truncated => "truncated",
            Self::TooLong => "too-long",
            Self::Changed => "changed",
            Self::Abandoned => "abandoned",
        }
    }

    /// Returns whether asking again may help.
    #[must_use]
    pub const fn may_pass(self) -> bool {
        match self {
            Self::Connect | Self::Protocol | Self::Timeout | Self::Truncated => true,
            Self::TooLong | Self::Changed | Self::Abandoned => false,
        }
    }

    /// Returns the status that tells a client of it, given what is `stored` under its key but
    /// could not be validated.
    #[must_use]
    pub fn status(self, stored: Option<&StoredHead>) -> StatusCode {
        // RFC 9111 §5.2.2.2: what must be validated is answered 504 where it cannot be.
        if stored.is_some_and(StoredHead::insists_on_validation) {
            return StatusCode::GATEWAY_TIMEOUT;
        }
        // RFC 9110 §15.6.3 and §15.6.5.
        match self {
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
            Self::Connect
            | Self::Protocol
            | Self::Truncated
            | Self::TooLong
            | Self::Changed
            | Self::Abandoned => StatusCode::BAD_GATEWAY,
        }
    }
}

/// What the head of the upstream's response says about sharing it.
#[derive(Clone, Debug)]
pub enum Arrival {
    /// A 304 that validates what is stored, with the stored head brought up to date.
    NotModified {
        /// The head from here on.
        head: Arc<StoredHead>,
        /// Whether others may be answered under it, too.
        is_shared: bool,
    },
    /// A response that may be stored.
    Shareable {
        /// Its head.
        head: Arc<StoredHead>,
        /// The length of its body in bytes, where the upstream has said it.
        length: Option<u64>,
    },
    /// A response that is for its own request only.
    Unshareable {
        /// Its status.
        status: StatusCode,
        /// Why it is not shared.
        why: NotStorable,
    },
}

/// What a flight is told.
#[derive(Clone, Debug)]
pub enum Input {
    /// A reader asks for the key at this wall time.
    Join {
        /// The reader.
        reader: ReaderId,
        /// Its request.
        request: Arc<RequestHead>,
        /// The wall time.
        wall: WallTime,
    },
    /// Readers ask that were there before anything is sent upstream for any of them, at this wall
    /// time. The first leads; nobody has asked before.
    JoinAll {
        /// The readers with their requests.
        readers: Vec<(ReaderId, Arc<RequestHead>)>,
        /// The wall time.
        wall: WallTime,
    },
    /// The stored response is to be refreshed although no reader waits for it.
    Refresh,
    /// The upstream's response head has arrived.
    HeadArrived {
        /// What it means.
        arrival: Arrival,
        /// The wall time.
        wall: WallTime,
    },
    /// The body is `len` bytes long so far.
    Grew {
        /// Bytes in all.
        len: u64,
    },
    /// There is no room to keep more of this body.
    Squeeze,
    /// The upstream has ended the body properly.
    Completed {
        /// Bytes in all.
        len: u64,
    },
    /// The fetch has failed.
    Failed {
        /// How.
        failure: Failure,
        /// The wall time.
        wall: WallTime,
    },
    /// The upstream has answered a request for the rest of the body.
    Resumed {
        /// What the answer means.
        continuation: Continuation,
    },
    /// A reader has gone away, or has read to the end.
    ReaderLeft {
        /// The reader.
        reader: ReaderId,
    },
    /// The time of `wake_at` has come.
    Wake {
        /// The wall time.
        wall: WallTime,
    },
}

/// What a flight asks for.
#[derive(Clone, Debug)]
pub enum Output {
    /// Send the leader's request upstream, with the stored validators where `conditional`.
    Fetch {
        /// Whether there is something to validate.
        conditional: bool,
    },
    /// Let the reader read the arriving body from its first byte or its range.
    Serve {
        /// The reader.
        reader: ReaderId,
        /// How it came to share the body.
        role: Role,
    },
    /// Answer the reader from the store, whose head has been validated.
    ServeStored {
        /// The reader.
        reader: ReaderId,
        /// The validated head.
        head: Arc<StoredHead>,
    },
    /// Answer the reader from the store although it is stale, because the origin has failed.
    ServeStale {
        /// The reader.
        reader: ReaderId,
    },
    /// Hand the reader the response as it arrives, at its own speed.
    PassThrough {
        /// The reader.
        reader: ReaderId,
        /// Why it is not shared.
        why: NotStorable,
    },
    /// Let the reader fetch for itself.
    GoAlone {
        /// The reader.
        reader: ReaderId,
        /// Why it cannot share.
        reason: Reason,
    },
    /// Let the reader share the next fetch, which is sent now, with all who are told so at once: what
    /// it asks for must be validated, and the request for it was on its way when it came.
    FlyNext {
        /// The reader.
        reader: ReaderId,
        /// Its request.
        request: Arc<RequestHead>,
    },
    /// Tell the reader that the upstream has failed; nothing of a response has been sent to it.
    Refuse {
        /// The reader.
        reader: ReaderId,
        /// How the upstream failed.
        failure: Failure,
    },
    /// Readers may read up to `len`.
    Advance {
        /// Bytes in all.
        len: u64,
    },
    /// Hang up, and ask for the rest of the body at `at`; readers do not notice.
    Resume {
        /// What to ask for.
        rest: Rest,
        /// When.
        at: MonoTime,
    },
    /// Keep of the body only what its readers have not read, and let the foremost set the pace.
    Outgrow,
    /// Keep the stored body under this head.
    Refresh {
        /// The validated head.
        head: Arc<StoredHead>,
    },
    /// Store the body under this head.
    Store {
        /// The head.
        head: Arc<StoredHead>,
        /// The length of the body in bytes.
        len: u64,
    },
    /// End the readers' bodies properly at `len`.
    Finish {
        /// Bytes in all.
        len: u64,
    },
    /// Break the readers' connections off: what they have is not whole.
    Cut {
        /// How the upstream failed.
        failure: Failure,
    },
    /// Stop fetching.
    Abort,
}
