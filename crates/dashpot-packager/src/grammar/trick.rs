//! The option of a track for fast play.

use super::{Spec, Values};

/// How fast the track is made for.
pub const TRICK: Spec = Spec {
    name: "trick",
    values: Values::Count(2, 64),
    default: "none",
    doc: "A trick-mode track for up to so many times the speed: the random access points of the lowest rung.",
};

pub(super) const FAMILY: &[Spec] = &[TRICK];
