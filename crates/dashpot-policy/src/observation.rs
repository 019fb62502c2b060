//! What a policy is shown: the view as plain numbers with their units in the names.

use dashpot_abr::{Arrival, Rung, View};
use serde::Serialize;
use std::collections::VecDeque;

/// So many segments that arrived are shown: what published learned policies look back on.
const PAST: usize = 8;

/// The sizes of so many segments are shown, beginning with the one to be chosen: further than the
/// five that published plans look ahead.
const AHEAD: usize = 8;

/// What a policy is shown when it is to choose.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Observation {
    /// Time since the session began.
    pub now_ms: f64,
    /// Rates on offer, ascending.
    pub ladder_kbps: Vec<f64>,
    /// Which segment is to be chosen, counted from 0.
    pub index: usize,
    /// How many segments there are; `None` where nobody knows.
    pub segments: Option<usize>,
    /// Segments since the beginning, or since the last seek outside the buffer.
    pub since_seek: usize,
    /// Media time of the segment to be chosen.
    pub segment_ms: f64,
    /// Sizes in bits of the next segments, each rung by rung; that to be chosen comes first.
    pub next_bits: Vec<Vec<f64>>,
    /// Media ahead of the playhead.
    pub buffer_ms: f64,
    /// The most media the player keeps ahead.
    pub buffer_max_ms: f64,
    /// What the player's own estimator says; `None` before the first sample, and where there is
    /// no estimator.
    pub throughput_kbps: Option<f64>,
    /// Estimated time from a request to its first byte.
    pub latency_ms: f64,
    /// The rung of the segment before, `None` for the first one.
    pub last: Option<usize>,
    /// Whether playback runs.
    pub is_playing: bool,
    /// Where a live session stands; `None` for video on demand.
    pub live: Option<Live>,
    /// The segments that arrived last, the latest at the end.
    pub history: Vec<Past>,
}

/// Where a live session stands.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Live {
    /// From capture to the playhead.
    pub latency_ms: f64,
    /// The latency aimed for.
    pub target_ms: f64,
    /// The playback rate in force.
    pub speed: f64,
}

/// A segment that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Past {
    /// Its index.
    pub index: usize,
    /// Its rung.
    pub rung: usize,
    /// Its size.
    pub bits: f64,
    /// From the request to its last byte.
    pub took_ms: f64,
    /// From the request to its first byte.
    pub first_byte_ms: f64,
    /// How long playback stood still for it.
    pub stalled_ms: f64,
    /// Media ahead of the playhead with it.
    pub buffer_ms: f64,
    /// Whether the cache nearest to the player had it; `None` where none says.
    pub is_hit: Option<bool>,
}

impl From<&Arrival> for Past {
    fn from(arrival: &Arrival) -> Self {
        Self {
            index: arrival.index,
            rung: arrival.rung.0,
            bits: arrival.bits,
            took_ms: arrival.took_ms,
            first_byte_ms: arrival.first_byte_ms,
            stalled_ms: arrival.stalled_ms,
            buffer_ms: arrival.buffer_ms,
            is_hit: arrival.source.is_hit,
        }
    }
}

/// What arrived of late.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    past: VecDeque<Past>,
}

impl Observed {
    /// Learns of a segment that arrived.
    pub fn arrived(&mut self, arrival: &Arrival) {
        if self.past.len() == PAST {
            self.past.pop_front();
        }
        self.past.push_back(arrival.into());
    }

    /// Returns what a policy is shown of `view` and of what arrived before.
    #[must_use]
    pub fn show(&self, view: &View<'_>) -> Observation {
        let count = view.film.count();
        let ahead = (view.index..count.unwrap_or(usize::MAX)).take(AHEAD);
        let rungs =
            |index| (0..view.ladder.len()).map(move |rung| view.film.bits(index, Rung(rung)));
        Observation {
            now_ms: view.now_ms,
            ladder_kbps: view.ladder.to_vec(),
            index: view.index,
            segments: count,
            since_seek: view.since_seek,
            segment_ms: view.segment_ms,
            next_bits: ahead.map(|index| rungs(index).collect()).collect(),
            buffer_ms: view.buffer_ms,
            buffer_max_ms: view.buffer_max_ms,
            throughput_kbps: view.throughput_kbps,
            latency_ms: view.latency_ms,
            last: view.last.map(|Rung(rung)| rung),
            is_playing: view.is_playing,
            live: view.live.map(|live| Live {
                latency_ms: live.latency_ms,
                target_ms: live.target_ms,
                speed: live.speed,
            }),
            history: self.past.iter().copied().collect(),
        }
    }
}
