//! Options of a film that runs by the clock.

use super::{Spec, Values};

/// The deepest window, two days: bounds what a `SegmentTimeline` can grow to.
pub(crate) const WINDOW_MS_MAX: u64 = 172_800_000;

/// When the presentation's time zero was.
pub const AST: Spec = Spec {
    name: "ast",
    values: Values::Instant,
    default: "0, the Unix epoch",
    doc: "availabilityStartTime: the film's first pass began then, and times and numbers count from there.",
};
/// When the event begins.
pub const START: Spec = Spec {
    name: "start",
    values: Values::Instant,
    default: "always",
    doc: "The event begins then: nothing before it is there, and all since is kept (start-over).",
};
/// When the event ends.
pub const STOP: Spec = Spec {
    name: "stop",
    values: Values::Instant,
    default: "never",
    doc: "The event ends then: from there on the MPD is static and what was in the window stays.",
};
/// How far back a player may go.
pub const TSBD: Spec = Spec {
    name: "tsbd",
    values: Values::Span(0, WINDOW_MS_MAX),
    default: "60s; with `start_` all since then, up to two days",
    doc: "timeShiftBufferDepth: how far behind the live edge segments are kept.",
};
/// How soon the MPD may change.
pub const MUP: Spec = Spec {
    name: "mup",
    values: Values::Span(0, 86_400_000),
    default: "one segment; 10s for `number`, whose MPD says all in advance",
    doc: "minimumUpdatePeriod: how often a player is to look for another MPD.",
};
/// How far behind a player should stay.
pub const SPD: Spec = Spec {
    name: "spd",
    values: Values::Span(0, 86_400_000),
    default: "three segments; with `chunk_` what `ltgt_` says",
    doc: "suggestedPresentationDelay: how far behind the live edge a player is to play.",
};
/// The number of the first segment.
pub const SNR: Spec = Spec {
    name: "snr",
    values: Values::Count(0, 1_000_000_000),
    default: "1",
    doc: "startNumber: the number that the segment at availabilityStartTime has.",
};
/// Where players get the time from.
pub const UTC: Spec = Spec {
    name: "utc",
    values: Values::Words(&[
        "httpiso",
        "httpxsdate",
        "httphead",
        "httpntp",
        "direct",
        "ntp",
        "sntp",
        "none",
    ]),
    default: "httpiso",
    doc: "UTCTiming, in this order: this server's own clock by one of five schemes, or the NTP server that it names.",
};

pub(super) const FAMILY: &[Spec] = &[AST, START, STOP, TSBD, MUP, SPD, SNR, UTC];
