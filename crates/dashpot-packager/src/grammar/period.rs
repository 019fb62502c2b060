//! Options of Periods.

use super::{Spec, Values};

/// The longest Period: a day.
const PERIOD_MS_MAX: u64 = 86_400_000;

/// How long each Period is.
pub const PERIOD: Spec = Spec {
    name: "period",
    values: Values::Span(1, PERIOD_MS_MAX),
    default: "one Period for all",
    doc: "The film is divided into Periods of this length, which must be a whole number of segments.",
};
/// What sets of tracks say of those in the Period before.
pub const JOIN: Spec = Spec {
    name: "join",
    values: Values::Word(&["continuity", "connectivity", "none"]),
    default: "continuity",
    doc: "How a Period says that it goes on with the tracks of an earlier one; where something else was in between, continuity is connectivity.",
};

pub(super) const FAMILY: &[Spec] = &[PERIOD, JOIN];
