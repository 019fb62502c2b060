//! The option of Periods that stand elsewhere.

use super::{Spec, Values};

/// How the MPD refers to Periods.
pub const XLINK: Spec = Spec {
    name: "xlink",
    values: Values::Words(&["onload", "onrequest", "zero"]),
    default: "all Periods stand in the MPD",
    doc: "The MPD refers by XLink to Periods that no longer change and to breaks: `onload` has nothing in their place, `onrequest` all of them; `zero` adds references that come to nothing.",
};

pub(super) const FAMILY: &[Spec] = &[XLINK];
