//! Why a rung was chosen.

use std::fmt;

/// Makes [`Reason`] of one line a variant: its name in logs and what it says, which is its
/// documentation too.
macro_rules! reasons {
    ($($variant:ident $name:literal $meaning:literal)*) => {
        /// Why a rung was chosen: a closed set that logs group by.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason {
            $(
                #[doc = $meaning]
                $variant,
            )*
        }

        impl Reason {
            /// Every reason there is.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Returns the name that logs carry.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// Returns what the reason says, in words that go on after a colon.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => $meaning,)*
                }
            }
        }
    };
}

reasons! {
    NoEstimate "no-estimate" "nothing was measured yet, so the lowest rung is the safe one"
    ThroughputFits "throughput-fits" "the highest rung that the measured throughput carries in time"
    ThroughputBelowLadder "throughput-below-ladder"
        "even the lowest rung is more than the measured throughput carries"
    BufferScore "buffer-score"
        "the rung whose utility for its size is the best at this buffer level"
    RiseCapped "rise-capped"
        "the buffer level asks for more than throughput carries; the rise is cut short"
    InsufficientBuffer "insufficient-buffer"
        "anything larger might not arrive before the buffer is empty"
    FitsBuffer "fits-buffer"
        "the highest rung whose segment takes no more than its share of the buffer"
    Reservoir "reservoir" "the buffer is not above its reservoir, so the lowest rung refills it"
    BufferMap "buffer-map" "the rung that the buffer level maps to"
    BufferHolds "buffer-holds"
        "the buffer level asks neither for the next rung up nor for the next one down"
    StartupRise "startup-rise"
        "the buffer grows fast at the start, so it is one rung more than the last"
    StartupHolds "startup-holds" "the buffer does not grow fast enough at the start to rise"
    NearestSlack "nearest-slack"
        "the rung at which a queue has as much room as is now in the buffer"
    HorizonBest "horizon-best"
        "the first step of the plan that is worth most over the next segments"

    // Of rules that players ship.
    StallAccepted "stall-accepted"
        "no rung arrives before the buffer runs out; the highest one whose stall is short enough"
    AfterGivingUp "after-giving-up"
        "the download was given up, so what follows it is below what was given up"
    HeldAfterChange "held-after-change" "the last change is too recent for another one"
    RiseDeferred "rise-deferred" "throughput carries more, but the buffer is too thin to rise"
    FallDeferred "fall-deferred"
        "it is more than throughput carries, but the buffer is thick enough to keep it for now"
    LeftTooOften "left-too-often" "a rung above was left too often of late"

    // Of rules in papers.
    OneStep "one-step" "one rung towards what throughput carries"
    SteadinessKept "steadiness-kept"
        "another change so soon would cost more in steadiness than it gains in rate"
    DeadZone "dead-zone" "the rung is carried, and a higher one is not safely so"
    BufferSteered "buffer-steered" "the rung that leads the buffer to its target"
    LearnedMix "learned-mix" "the rung nearest to the mix of rates that was learned"
    LearnedState "learned-state" "the rung whose learned outcomes are nearest to what is wished"

    // Of policies outside dashpot.
    External "external" "a policy outside dashpot chose it"

    // Of dashpot's own rules.
    ExpectedInTime "expected-in-time"
        "the highest rung that is expected in time, hits and misses of the cache weighed"
}

impl Reason {
    /// Returns the reason that logs call so.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.as_str() == name)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kebab_case_and_each_is_one_reasons() {
        for reason in Reason::ALL {
            let name = reason.as_str();
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{name}");
            assert_eq!(Reason::named(name), Some(*reason));
            assert!(!reason.meaning().ends_with('.'), "{name}");
        }
        assert_eq!(Reason::named("none"), None);
    }
}
