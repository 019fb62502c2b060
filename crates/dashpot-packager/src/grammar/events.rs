//! Options of messages that come at a time.

use super::{Spec, Values};

/// The shortest time between two messages: with one a second from the Unix epoch on, their numbers
/// stay within the 32 bits of a box until the year 2106.
const EVERY_MS: Values = Values::Span(1_000, 3_600_000);

/// How often the MPD has a message.
pub const EVENTS: Spec = Spec {
    name: "events",
    values: EVERY_MS,
    default: "none",
    doc: "The MPD's EventStream has a message every so often, counted from time zero.",
};
/// How often segments carry a message.
pub const EMSG: Spec = Spec {
    name: "emsg",
    values: EVERY_MS,
    default: "none",
    doc: "Segments of the main pictures carry a message (`emsg`) every so often, counted from time zero.",
};
/// The version of the boxes.
pub const EMSG_VERSION: Spec = Spec {
    name: "emsgv",
    values: Values::Count(0, 1),
    default: "1",
    doc: "The version of `emsg` boxes: 0 counts from the segment's begin, 1 on the media's timeline.",
};
/// How many ad breaks there are.
pub const SCTE35: Spec = Spec {
    name: "scte35",
    values: Values::Count(1, 3),
    default: "none",
    doc: "So many breaks a minute are announced as SCTE 35 has it: 20 s after 10 s; 10 s after 10 and 40 s; 10 s after 10, 36 and 46 s.",
};
/// By which commands they are announced.
pub const CUE: Spec = Spec {
    name: "cue",
    values: Values::Words(&["insert", "signal"]),
    default: "insert",
    doc: "The commands that announce breaks: `splice_insert`, or `time_signal` at begin and end.",
};
/// In what these are carried.
pub const CUE_AS: Spec = Spec {
    name: "cueas",
    values: Values::Words(&["emsg", "xml", "xmlbin"]),
    default: "emsg",
    doc: "Where they are: in segments; in the MPD as XML; in the MPD as binary within XML.",
};

pub(super) const FAMILY: &[Spec] = &[EVENTS, EMSG, EMSG_VERSION, SCTE35, CUE, CUE_AS];
