//! Options of protection.

use super::{Spec, Values};

/// How media is encrypted.
pub const DRM: Spec = Spec {
    name: "drm",
    values: Values::Words(&["cenc", "cbcs"]),
    default: "nothing is encrypted",
    doc: "Media is encrypted by this scheme of common encryption, with ClearKey licences from `/drm/clearkey`.",
};
/// How long a key is used.
pub const ROTATE: Spec = Spec {
    name: "rotate",
    values: Values::Span(1_000, 86_400_000),
    default: "one key for all of it",
    doc: "With `drm_` and `period_`, live: after so much time, a whole number of Periods, segments have another key.",
};

pub(super) const FAMILY: &[Spec] = &[DRM, ROTATE];
