//! The option of patches.

use super::{Spec, Values};

/// For how long MPDs can be patched.
pub const PATCH: Spec = Spec {
    name: "patch",
    values: Values::Span(1_000, 86_400_000),
    default: "no patches",
    doc: "PatchLocation@ttl: an MPD that lists segments can be patched for so long after its publishTime.",
};

pub(super) const FAMILY: &[Spec] = &[PATCH];
