//! The option of content steering.

use super::{Spec, Values};

/// Whether the MPD leads to several pathways, and when a player asks which.
pub const STEER: Spec = Spec {
    name: "steer",
    values: Values::Words(&["on", "before"]),
    default: "no steering",
    doc: "The manifest leads to each pathway, and says whom to ask: players ask which one to take, with `before` before they start.",
};

pub(super) const FAMILY: &[Spec] = &[STEER];
