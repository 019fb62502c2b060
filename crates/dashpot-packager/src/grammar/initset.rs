//! The option of initialization sets.

use super::{Spec, Values};

/// Whether the MPD says once what decoders are to be made ready for.
pub const INITSET: Spec = Spec {
    name: "initset",
    values: Values::Word(&["on"]),
    default: "none",
    doc: "The MPD has an InitializationSet for each set of pictures and sound: what a decoder must be able to do in all Periods of the film.",
};

pub(super) const FAMILY: &[Spec] = &[INITSET];
