//! Why a rung was chosen.

use std::fmt;

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
    /// Anything larger might not arrive before the buffer is empty.
    InsufficientBuffer,
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
            Self::InsufficientBuffer => "insufficient-buffer",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
