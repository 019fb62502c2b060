//! Requests that are refused before they are any: counted and logged, since nobody else sees them.

use super::connection::Activity;
use crate::{AccessLog, Counter, Family};
use dashpot_http::framing::Refusal;
use http::StatusCode;
use std::net::SocketAddr;

/// Why a connection is closed without one more request being read from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The framing does not hold.
    Framing(Refusal),
    /// A head has begun and not come to its end in time.
    SlowHead,
    /// Its client has as many as it may have.
    TooManyConnections,
}

impl Refused {
    /// Returns the word for it in metrics and logs.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Framing(refusal) => refusal.as_str(),
            Self::SlowHead => "slow-head",
            Self::TooManyConnections => "too-many-connections",
        }
    }

    /// Returns the status that is logged. RFC 9110 §15.5.9: a slow head's client is not told it,
    /// since it would take it for the answer to what it is about to finish.
    const fn status(self) -> StatusCode {
        match self {
            Self::Framing(refusal) => refusal.status(),
            Self::SlowHead => StatusCode::REQUEST_TIMEOUT,
            Self::TooManyConnections => StatusCode::TOO_MANY_REQUESTS,
        }
    }
}

/// Where refusals are noted; by default nowhere.
#[derive(Clone, Debug, Default)]
pub struct Refusals {
    /// Counts them by `reason`.
    pub counts: Family<Vec<(&'static str, &'static str)>, Counter>,
    /// Gets a line of each.
    pub log: Option<AccessLog>,
}

impl Refusals {
    pub(super) fn note(&self, client: SocketAddr, refused: Refused) {
        self.counts.get_or_create(&vec![("reason", refused.as_str())]).inc();
        if let Some(log) = &self.log {
            log.refused(client, refused.status(), refused.as_str());
        }
    }
}

/// Notes at the end of a connection, whatever ends it, that it was refused.
pub(super) struct Noting {
    pub(super) refusals: Refusals,
    pub(super) client: SocketAddr,
    pub(super) activity: Activity,
}

impl Drop for Noting {
    fn drop(&mut self) {
        if let Some(refused) = self.activity.refused() {
            self.refusals.note(self.client, refused);
        }
    }
}
