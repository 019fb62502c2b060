//! What a rule sees and what it says.

use dashpot_base::Bitrate;
use std::{fmt, time::Duration};

/// Index of a representation in its ladder, lowest rate first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rung(pub usize);

/// What a rule may look at when the next segment is to be chosen.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Rates on offer, ascending; never empty.
    pub ladder: &'a [Bitrate],
    /// Media ahead of the playhead.
    pub buffer: Duration,
    /// The most media the player keeps ahead; it asks for no segment that would pass it.
    pub buffer_max: Duration,
    /// Media time of the segment to be chosen.
    pub segment: Duration,
    /// Estimated throughput, `None` before the first sample.
    pub throughput: Option<Bitrate>,
    /// Estimated time from a request to its first byte; zero before the first sample.
    pub latency: Duration,
    /// The rung of the segment before this one, `None` for the first of a session.
    pub last: Option<Rung>,
}

impl View<'_> {
    /// Returns the highest rung of the ladder.
    #[must_use]
    pub const fn top(&self) -> Rung {
        Rung(self.ladder.len().saturating_sub(1))
    }
}

/// Why a rung was chosen: a closed set that logs group by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Nothing was measured yet, so the lowest rung is the safe one.
    NoEstimate,
    /// The highest rung that the measured throughput carries in time.
    ThroughputFits,
    /// Even the lowest rung is more than the measured throughput carries.
    ThroughputBelowLadder,
    /// The rung whose utility for its size is the best at this buffer level.
    BufferScore,
    /// The buffer level asks for more than throughput carries; the rise is cut short.
    RiseCapped,
}

impl Reason {
    /// Returns the name that logs carry.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoEstimate => "no-estimate",
            Self::ThroughputFits => "throughput-fits",
            Self::ThroughputBelowLadder => "throughput-below-ladder",
            Self::BufferScore => "buffer-score",
            Self::RiseCapped => "rise-capped",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A choice and the reason for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The rung to fetch next; always inside the ladder.
    pub rung: Rung,
    /// Why.
    pub reason: Reason,
}

/// Chooses the next rung.
pub trait Rule: fmt::Debug + Send {
    /// Returns the name by which the rule is asked for, one of [`NAMES`](crate::NAMES).
    fn name(&self) -> &'static str;

    /// Chooses a rung from `view` and from what the rule remembers of earlier ones.
    fn decide(&mut self, view: &View<'_>) -> Decision;
}
