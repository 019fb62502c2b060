//! Options of low latency.

use super::{Spec, Values};

/// How long the parts are in which a segment leaves while it is made.
pub const CHUNK: Spec = Spec {
    name: "chunk",
    values: Values::Span(20, 60_000),
    default: "segments are whole",
    doc: "Segments consist of chunks of this length, and each is sent as soon as it exists.",
};
/// How much earlier than its end a segment may be asked for.
pub const ATO: Spec = Spec {
    name: "ato",
    values: Values::SpanOrInfinite(0, 60_000),
    default: "0s; with `chunk_` a segment less one chunk",
    doc: "availabilityTimeOffset: how long before its end a segment may be asked for; `inf` is always.",
};
/// The latency that players are to hold.
pub const LATENCY: Spec = Spec {
    name: "ltgt",
    values: Values::Span(100, 60_000),
    default: "none; with `chunk_` three chunks, but 1s at least",
    doc: "The target latency of the ServiceDescription.",
};
/// Whether the MPD leads to the parts of segments in place of segments.
pub const SUB: Spec = Spec {
    name: "sub",
    values: Values::Word(&["on"]),
    default: "the MPD leads to segments",
    doc: "With `chunk_`, `number.mpd` leads to each chunk by a URL of its own, with `$SubNumber$`.",
};

pub(super) const FAMILY: &[Spec] = &[CHUNK, ATO, LATENCY, SUB];
