//! The numbers of a session, by name.

use serde::Serialize;

/// What a session came to.
///
/// Waits are of three kinds that are never mixed: before the first picture (`startup_ms`), after
/// a seek outside the buffer (`seek_ms`), and in the middle of playback (`stall_ms`). The
/// definitions follow common use in the field's papers; where these differ, the field says which.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Mean nominal rate of the video that was played, each rung weighed by how long it was on
    /// screen (as in Pensieve and Sabre, but over played rather than downloaded media); `None`
    /// where no video was played.
    pub average_bitrate_bps: Option<u64>,
    /// How often the nominal rate changed from one played video segment to the next.
    pub switches: u64,
    /// Mean size of these changes, up and down alike; 0 without one.
    pub switch_bps_mean: u64,
    /// From the start of the session to the first picture; `None` where there was none.
    pub startup_ms: Option<u64>,
    /// How often playback halted because the buffer was dry.
    pub stalls: u64,
    /// Time spent so.
    pub stall_ms: u64,
    /// Time stalled over time watched, `stall / (stall + played)`, startup and seeks apart (as
    /// Puffer, NSDI 2020, counts); `None` where nothing was watched.
    pub stall_ratio: Option<f64>,
    /// How often the viewer went elsewhere.
    pub seeks: u64,
    /// Time spent waiting after seeks outside the buffer.
    pub seek_ms: u64,
    /// Media played, however often.
    pub played_ms: u64,
    /// Media segments that arrived, video and audio.
    pub segments: u64,
    /// Bytes of media that came: of these, and of the segments that were given up halfway.
    /// Initialisation segments, indexes and the MPD are not counted.
    pub downloaded_bytes: u64,
    /// Of these, what the end of the session found in the buffer or on its way there; 0 until then.
    pub unplayed_bytes: u64,
    /// Of these, what came for nothing: whole segments of which nothing was played because a seek
    /// skipped or dropped them or they were fetched again at a higher rung, and downloads that
    /// failed or that a seek or the rule broke off.
    pub wasted_bytes: u64,
    /// Requests that failed, retried or not.
    pub failures: u64,
    /// How long each rate was on screen, lowest first.
    pub rungs: Vec<RungShare>,
}

/// How long one rate was on screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RungShare {
    /// The nominal rate.
    pub bitrate_bps: u64,
    /// Media played at it.
    pub played_ms: u64,
}
