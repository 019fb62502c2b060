//! Options that shape segments, and the version that they belong to.

use super::{Spec, Values};

/// The most passes that `loop_N` may ask for.
pub(crate) const PASSES_MAX: u32 = 1_000;

/// How often a film on demand is played.
pub const LOOP: Spec = Spec {
    name: "loop",
    values: Values::Count(1, 1_000),
    default: "1",
    doc: "The film is played so many times, one after the other.",
};
/// The length of a segment.
pub const SEG: Spec = Spec {
    name: "seg",
    values: Values::Span(1, u64::MAX),
    default: "one group of pictures",
    doc: "Segments are so long; it must be a multiple of the length of a group of pictures.",
};
/// The version of the content.
pub const VERSION: Spec = Spec {
    name: "v",
    values: Values::Version,
    default: "whatever the asset holds",
    doc: "The content that the MPD was made for; MPDs put it into the URLs they lead to.",
};

/// Options of films on demand alone.
pub(super) const FAMILY_VOD: &[Spec] = &[LOOP];
/// Options of all services.
pub(super) const FAMILY: &[Spec] = &[SEG, VERSION];
