//! The walk from the root to an answer, step by step, as it is shown.

use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// A step of a walk: a look into the cache, or a question to a name server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// When it began, in microseconds since the question came.
    pub at_us: u64,
    /// How long it took.
    pub took_us: u64,
    /// How many questions this one serves, such as that for a name server's address: 0 for what was
    /// asked at first.
    pub depth: u8,
    /// The name that was asked for, which may be less than the name looked for (RFC 9156).
    pub name: String,
    /// The type that was asked for.
    #[serde(rename = "type")]
    pub kind: String,
    /// The zone whose server was asked; none for the cache.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub zone: Option<String>,
    /// The server that was asked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub server: Option<SocketAddr>,
    /// Its name, where it is known by one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub server_name: Option<String>,
    /// The way it was asked: `udp`, or `tcp` where the answer was too long for a datagram.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub transport: Option<String>,
    /// What came of it.
    pub outcome: Outcome,
    /// Seconds for which that holds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ttl: Option<u32>,
    /// Bits of the client's network for which it holds (RFC 7871).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scope: Option<u8>,
    /// Answers that were not believed, before one that was: forged, or late.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub disbelieved: u32,
    /// The records, or the reason, for people.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub detail: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The cache had it.
    Hit,
    /// The cache had that there is nothing.
    HitNothing,
    /// The cache had it, but it no longer holds (RFC 8767).
    Stale,
    /// The cache had nothing.
    Miss,
    /// The cache knew which servers to ask, further down than the root.
    Known,
    /// The server knows who knows.
    Referral,
    /// The server has the records.
    Answer,
    /// The server has another name for it.
    Alias,
    /// There is the name, but nothing of the type.
    NoData,
    /// There is no such name.
    NoName,
    /// The server is not one of the zone, whoever says so.
    Lame,
    /// The server does not answer us.
    Refused,
    /// The server has failed.
    Failed,
    /// The server did not answer in time.
    Timeout,
    /// The server cannot be reached.
    Unreachable,
    /// The answer does not read.
    Malformed,
    /// Signatures prove it.
    Secure,
    /// It is proved that there is nothing that could prove it.
    Insecure,
    /// It is not what its owner has signed.
    Bogus,
    /// No more is asked for this question.
    GivenUp,
}

impl Outcome {
    /// Returns its name, as traces and logs have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::HitNothing => "hit nothing",
            Self::Stale => "stale",
            Self::Miss => "miss",
            Self::Known => "known",
            Self::Referral => "referral",
            Self::Answer => "answer",
            Self::Alias => "alias",
            Self::NoData => "no data",
            Self::NoName => "no such name",
            Self::Lame => "lame",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::Malformed => "malformed",
            Self::Secure => "secure",
            Self::Insecure => "insecure",
            Self::Bogus => "bogus",
            Self::GivenUp => "given up",
        }
    }
}

impl Step {
    /// Returns whether a name server was asked.
    #[must_use]
    pub const fn is_query(&self) -> bool {
        self.server.is_some()
    }
}
