//! How a session is set up.

use dashpot_base::{MonoTime, Span, Speed};
use std::time::Duration;
use url::Url;

/// How a session is set up: plain values, all of them times of the session itself.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the MPD is.
    pub manifest: Url,
    /// The audio language wished for (RFC 5646, compared by primary subtag and without case);
    /// without one, or where no track has it, the first audio track is played.
    pub language: Option<String>,
    /// Media that must be buffered before playback begins, at the start and after a seek.
    pub startup: Duration,
    /// Media that must be buffered before playback goes on after a stall.
    pub resume: Duration,
    /// The most media kept ahead of the playhead. A track whose segments are longer than half of
    /// it keeps two segments.
    pub buffer_max: Duration,
    /// Ends the session after this much media was played.
    pub stop_after_media: Option<Duration>,
    /// Ends the session after this much time.
    pub stop_after_time: Option<Duration>,
    /// A request without its last byte after this long is cancelled and counts as failed.
    pub request_timeout: Duration,
    /// How often a failed request is tried again before the session gives up.
    pub retries_max: u32,
    /// The wait before the first retry; each further one doubles it.
    pub backoff_first: Duration,
    /// The longest wait before a retry.
    pub backoff_max: Duration,
    /// How far behind the live edge of a dynamic presentation playback is to be kept, at least one
    /// and a half segments; what the MPD says where nothing is said here.
    pub live_latency: Option<Duration>,
    /// Set where the film comes into being while it is played, and no MPD says so.
    pub live: Option<Live>,
    /// What of the session is logged.
    pub log: Log,
    /// What CMCD calls the session (`sid`).
    pub session_id: Option<String>,
    /// What CMCD calls the content (`cid`).
    pub content_id: Option<String>,
}

/// How a session of a film that comes into being while it is played keeps to its live edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Live {
    /// A time, at which or before which the session begins.
    pub at: MonoTime,
    /// Up to where media had been captured by then, on the presentation's timeline.
    pub edge: Duration,
    /// How far behind the edge playback is to be kept.
    pub target: Duration,
    /// How long before all of a segment was captured it may be asked for, its beginning being
    /// there (`availabilityTimeOffset`).
    pub early: Duration,
    /// The slowest and the fastest that media is played, whatever a rule says.
    pub speeds: (Speed, Speed),
    /// With this much more latency than the target playback goes on nearer to the edge, and what
    /// is in between is not seen.
    pub drift_max: Duration,
}

impl Live {
    /// Returns how a session is kept so far behind the edge, which was at `edge` by `at`, with the
    /// bounds of dash.js.
    #[must_use]
    pub fn new(at: MonoTime, edge: Duration, target: Duration) -> Self {
        Self {
            at,
            edge,
            target,
            early: Duration::ZERO,
            speeds: (Speed::from_millionths(500_000), Speed::from_millionths(1_500_000)),
            drift_max: Duration::from_secs(12),
        }
    }

    /// Returns up to where media has been captured.
    pub(crate) fn edge_at(&self, now: MonoTime) -> Span {
        Span::from(self.edge) + now.span_since(self.at)
    }

    /// Returns when a segment that ends there may be asked for.
    ///
    /// ISO/IEC 23009-1 §5.3.9.5.3: when its end has been captured, less the offset.
    pub(crate) fn available_at(&self, end: Span) -> MonoTime {
        let begun = end.saturating_sub(self.early.into());
        // What was available before the session began is so at its beginning, too.
        self.at.after(begun.saturating_sub(self.edge.into()))
    }
}

/// What of a session is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Log {
    /// Every decision and all that befalls.
    All,
    /// All that befalls, which is enough for its numbers. Decisions are told by the thousand times
    /// a thousand in a sweep, and nobody reads them.
    Outcome,
}

impl Config {
    /// Returns the defaults for the MPD at `manifest`.
    #[must_use]
    pub fn new(manifest: Url) -> Self {
        Self {
            manifest,
            language: None,
            // A second is enough to ride out a late audio segment and short enough that a viewer
            // does not leave; a stall has shown that the link is worse than believed, so more is
            // asked for then. Media3 starts with the same two values.
            startup: Duration::from_secs(1),
            resume: Duration::from_secs(2),
            // Long enough for BOLA to tell rungs apart, short enough that a viewer who leaves
            // wastes little; Sabre's default.
            buffer_max: Duration::from_secs(25),
            stop_after_media: None,
            stop_after_time: None,
            // Longer than any segment that could still be of use with 25 s of buffer.
            request_timeout: Duration::from_secs(60),
            // With the waits below, a request is given up after about eight seconds of failures:
            // an outage longer than that empties most buffers anyway.
            retries_max: 4,
            backoff_first: Duration::from_millis(500),
            backoff_max: Duration::from_secs(8),
            live_latency: None,
            live: None,
            log: Log::All,
            session_id: None,
            content_id: None,
        }
    }
}

/// The most segments a `sidx` may list for one representation: 24 hours of one-second segments.
pub(crate) const INDEX_ENTRIES_MAX: usize = 86_400;
