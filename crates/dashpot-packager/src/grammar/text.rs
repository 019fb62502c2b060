//! Options of subtitles.

use super::{Spec, Values};

/// Languages that clocks are shown in at once.
const CLOCKS_MAX: usize = 8;

/// In what shape a film on demand has its subtitles.
pub(super) const TEXT_VOD: Spec = Spec {
    name: "text",
    values: Values::Words(&["sidecar", "wvtt", "stpp", "none"]),
    default: "sidecar",
    doc: "The film's subtitles: as files, as segments of WebVTT or TTML in MP4, or not at all.",
};
/// In what shape a live film has its subtitles.
pub const TEXT: Spec = Spec {
    name: "text",
    values: Values::Words(&["wvtt", "stpp", "none"]),
    default: "none",
    doc: "The film's subtitles, in a loop as it is: as segments of WebVTT or TTML in MP4.",
};
/// Clocks in `WebVTT`.
pub const CLOCK_SUBS: Spec = Spec {
    name: "clocksubs",
    values: Values::Languages(CLOCKS_MAX),
    default: "none",
    doc: "Subtitles that show the time of each second and the number of the segment, as WebVTT in MP4.",
};
/// Clocks in TTML.
pub const CLOCK_STPP: Spec = Spec {
    name: "clockstpp",
    values: Values::Languages(CLOCKS_MAX),
    default: "none",
    doc: "The same as TTML in MP4.",
};

pub(super) const FAMILY_VOD: &[Spec] = &[TEXT_VOD, CLOCK_SUBS, CLOCK_STPP];
pub(super) const FAMILY_LIVE: &[Spec] = &[TEXT, CLOCK_SUBS, CLOCK_STPP];
