//! The option of parameters in the queries of URLs.

use super::{Spec, Values};

/// Which parameter players are to send, and how they are told.
pub const QUERY: Spec = Spec {
    name: "query",
    values: Values::Words(&["own", "mpd", "ext"]),
    default: "none",
    doc: "Segments want a parameter: the MPD's own, or one of the MPD's URL; `ext` tells it as in 2016.",
};

pub(super) const FAMILY: &[Spec] = &[QUERY];
