//! Options of breaks in which another asset is played.

use super::{Spec, Values};

/// The longest time between two breaks, and the longest break: a day and an hour.
const EVERY_MS_MAX: u64 = 86_400_000;
const LENGTH_MS_MAX: u64 = 3_600_000;

/// What is played in breaks of a film that runs by the clock.
pub const AD: Spec = Spec {
    name: "ad",
    values: Values::Assets,
    default: "no breaks",
    doc: "Breaks come in which these assets are played, each in its turn, in Periods of their own.",
};
/// How often a break comes.
pub const EVERY: Spec = Spec {
    name: "every",
    values: Values::Span(1, EVERY_MS_MAX),
    default: "what is nearest to 60s",
    doc: "With `ad_`: a break comes so often, counted from time zero; a whole number of segments.",
};
/// How long a break is.
pub const FOR: Spec = Spec {
    name: "for",
    values: Values::Span(1, LENGTH_MS_MAX),
    default: "what is nearest to 10s",
    doc: "With `ad_`: a break is so long; a whole number of segments. What is played in it is repeated or cut.",
};
/// Which asset a segment belongs to.
pub const OF: Spec = Spec {
    name: "of",
    values: Values::Asset,
    default: "the asset of the path",
    doc: "What is asked for belongs to this asset, which is played in a break; MPDs put it into the URLs they lead to.",
};
/// What is played before a film on demand.
pub const PRE: Spec = Spec {
    name: "pre",
    values: Values::Assets,
    default: "nothing",
    doc: "These assets are played before the film, in Periods of their own.",
};
/// What is played within it.
pub const MID: Spec = Spec {
    name: "mid",
    values: Values::Cues,
    default: "nothing",
    doc: "The film is divided where a segment begins, and these assets are played there.",
};
/// What is played after it.
pub const POST: Spec = Spec {
    name: "post",
    values: Values::Assets,
    default: "nothing",
    doc: "These assets are played after the film.",
};

pub(super) const FAMILY_VOD: &[Spec] = &[PRE, MID, POST, OF];
pub(super) const FAMILY_LIVE: &[Spec] = &[AD, EVERY, FOR, OF];
