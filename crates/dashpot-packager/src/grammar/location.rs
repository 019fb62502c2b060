//! Options of an MPD that is elsewhere, or whose times count from now.

use super::{Spec, Values};

/// How long ago the event began.
pub const START_RELATIVE: Spec = Spec {
    name: "startrel",
    values: Values::Span(0, 31_536_000_000),
    default: "none",
    doc: "The event began so long before the MPD is asked for: that MPD leads to the one with `start_`.",
};
/// How soon the event ends.
pub const STOP_RELATIVE: Spec = Spec {
    name: "stoprel",
    values: Values::Span(0, 31_536_000_000),
    default: "none",
    doc: "The event ends so long after the MPD is asked for: that MPD leads to the one with `stop_`.",
};
/// How an MPD leads to where it is.
pub const LOCATION: Spec = Spec {
    name: "location",
    values: Values::Word(&["element", "redirect"]),
    default: "element, with times that count from now",
    doc: "The MPD is at the URL without this option: a Location in the MPD says so, or a redirect.",
};

pub(super) const FAMILY: &[Spec] = &[START_RELATIVE, STOP_RELATIVE, LOCATION];
