//! BBA-2: BBA-1 by sizes of segments, with a startup.

use super::{UPPER_RATIO, as_f64, step};
use crate::{Arrival, Decision, Entry, Reason, Rule, Rung, View};

pub(super) const ENTRY: Entry = Entry {
    name: "bba-2",
    follows: "BBA-2 of SIGCOMM 2014",
    make: |params| {
        Box::new(Bba2 {
            upper_ratio: params.number("upper", UPPER_RATIO, 0.05..=1.0),
            gain_empty: params.number("gain-empty", 0.875, 0.0..=1.0),
            gain_full: params.number("gain-full", 0.5, 0.0..=1.0),
            is_starting: true,
            gain: None,
        })
    },
};

/// The least reservoir: the paper's 8 s are two of its segments, and less than two would be used
/// up by one that is late.
const RESERVOIR_SEGMENTS_MIN: f64 = 2.0;

/// The largest, 140 of the paper's 240 s; it goes before the least one in a short buffer.
const RESERVOIR_RATIO_MAX: f64 = 140.0 / 240.0;

/// The reservoir covers twice the buffer's length, as in the paper: what comes later can be met by
/// what is decided until then.
const LOOKAHEAD_BUFFERS: f64 = 2.0;

/// The most segments that are looked at: twenty minutes in segments of a second.
const LOOKAHEAD_MAX: usize = 1_200;

/// Picks by a map from the buffer level to sizes of segments; at the start by how fast the buffer
/// grows.
#[derive(Clone, Copy, Debug)]
struct Bba2 {
    upper_ratio: f64,
    /// The share of a segment's length that the buffer must gain by it for a step up, while the
    /// buffer is empty: 0.875 is a download eight times as fast as playback.
    gain_empty: f64,
    /// The same at the upper level, and linearly between: 0.5 is a download twice as fast.
    gain_full: f64,
    is_starting: bool,
    /// What share of its length the last segment added to the buffer.
    gain: Option<f64>,
}

impl Rule for Bba2 {
    fn name(&self) -> &'static str {
        "bba-2"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        let levels_ms = [reservoir_ms(view), self.upper_ratio * view.buffer_max_ms];
        let means = [Rung(0), view.top()].map(|rung| mean_bits(view, rung));
        let by_map = step(view, levels_ms, |rung| view.bits(rung), means);
        if !self.is_starting {
            return by_map;
        }
        let Some(gain) = self.gain else { return by_map };
        let last = view.last_or_lowest();
        // The startup ends where the map asks for more than it does, or the buffer shrinks.
        if gain < 0.0 || last < by_map.rung {
            self.is_starting = false;
            return by_map;
        }
        let share = (view.buffer_ms / levels_ms[1]).clamp(0.0, 1.0);
        if self.gain_empty + share * (self.gain_full - self.gain_empty) < gain {
            return Decision::now(Rung(last.0 + 1).min(view.top()), Reason::StartupRise);
        }
        Decision::now(last, Reason::StartupHolds)
    }

    fn arrived(&mut self, arrival: &Arrival) {
        self.gain = Some(1.0 - arrival.took_ms / arrival.segment_ms);
    }

    fn seeked(&mut self) {
        (self.is_starting, self.gain) = (true, None);
    }
}

/// The segments that the reservoir covers.
fn ahead(view: &View<'_>) -> impl Iterator<Item = usize> {
    let end = view.film.count().unwrap_or(usize::MAX);
    let (mut sum_ms, until_ms) = (0.0, LOOKAHEAD_BUFFERS * view.buffer_max_ms);
    (view.index..end).take(LOOKAHEAD_MAX).take_while(move |index| {
        let is_ahead = sum_ms < until_ms;
        sum_ms += view.film.segment_ms(*index);
        is_ahead
    })
}

/// Returns how much buffer the lowest rung's segments ahead may use up on a link that carries just
/// its nominal rate, within the paper's bounds.
fn reservoir_ms(view: &View<'_>) -> f64 {
    let lowest = view.ladder[0];
    let late_ms: f64 = ahead(view)
        .map(|index| view.film.bits(index, Rung(0)) / lowest - view.film.segment_ms(index))
        .sum();
    late_ms
        .max(RESERVOIR_SEGMENTS_MIN * view.segment_ms)
        .min(RESERVOIR_RATIO_MAX * view.buffer_max_ms)
}

/// Returns the mean size of the segments ahead at `rung`.
fn mean_bits(view: &View<'_>, rung: Rung) -> f64 {
    let (sum, count) = ahead(view)
        .fold((0.0, 0), |(sum, count), index| (sum + view.film.bits(index, rung), count + 1));
    sum / as_f64(count.max(1))
}
