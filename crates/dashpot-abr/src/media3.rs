//! What Media3 (ExoPlayer) does: throughput by a sliding median, changes by how thick the buffer is.
//!
//! Media3 1.8, `AdaptiveTrackSelection`, `DefaultBandwidthMeter` and `SlidingPercentile`
//! (Apache-2.0). Media3 discards what it holds at low rungs and fetches it again, where the picture
//! is smaller than 1280x720; pictures' sizes are not known here, so rates below `discard` stand for
//! them. It discards all at once, and one by one here, first to last.

use crate::{
    Arrival, Decision, Entry, Params, Reason, Rule, Rung, View,
    measure::{highest_within, kbps},
};
use std::collections::VecDeque;

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    name: "media3",
    follows: "the AdaptiveTrackSelection of Media3 1.8",
    make: |params| Box::new(Media3::new(params)),
}];

/// The estimate is believed after this much time or data.
const TRUSTED_MS: f64 = 2_000.0;
const TRUSTED_BITS: f64 = 8.0 * 512.0 * 1_024.0;

/// Spends 70 % of the median throughput; rises with 10 s of buffer, falls with less than 25 s.
#[derive(Clone, Debug)]
struct Media3 {
    settings: Settings,
    meter: Percentile,
    took_ms: f64,
    bits: f64,
    estimate_kbps: f64,
}

#[derive(Clone, Copy, Debug)]
struct Settings {
    fraction: f64,
    rise_ms: f64,
    fall_ms: f64,
    keep_ms: f64,
    live_fraction: f64,
    discard_kbps: f64,
}

impl Media3 {
    fn new(params: &mut Params<'_>) -> Self {
        let rise_ms = params.number("rise", 10_000.0, 0.0..=1e6);
        let settings = Settings {
            fraction: params.number("fraction", 0.7, 0.01..=2.0),
            rise_ms,
            fall_ms: params.number("fall", 25_000.0, 0.0..=1e6),
            // What is kept must be enough to rise with.
            keep_ms: params.number("keep", 25_000.0, 0.0..=1e6).max(rise_ms),
            live_fraction: params.number("live-fraction", 0.75, 0.0..=1.0),
            // Apple's authoring specification for HLS has 1280x720 from 3,000 kbit/s on.
            discard_kbps: params.number("discard", 3_000.0, 0.0..=1e7),
        };
        let estimate_kbps = params.number("estimate", 1_000.0, 1.0..=1e7);
        let meter = Percentile {
            samples: VecDeque::new(),
            weight: 0.0,
            weight_max: params.number("weight", 2_000.0, 1.0..=1e6),
            share: params.number("percentile", 0.5, 0.01..=1.0),
        };
        Self { settings, meter, took_ms: 0.0, bits: 0.0, estimate_kbps }
    }

    /// Returns the rung that throughput alone asks for.
    fn ideal(&self, view: &View<'_>) -> (Rung, Reason) {
        let speed = view.live.map_or(1.0, |live| live.speed);
        match highest_within(view.ladder, self.settings.fraction * self.estimate_kbps / speed) {
            Some(rung) => (Rung(rung), Reason::ThroughputFits),
            None => (Rung(0), Reason::ThroughputBelowLadder),
        }
    }

    /// Returns the buffer needed for a rise. Close to a live edge there is never as much as in a
    /// film, so a share of what there can be is enough.
    fn rise_ms(&self, view: &View<'_>) -> f64 {
        let Some(live) = view.live else { return self.settings.rise_ms };
        let available_ms = live.latency_ms - view.segment_ms;
        self.settings.rise_ms.min(self.settings.live_fraction * available_ms)
    }
}

impl Rule for Media3 {
    fn name(&self) -> &'static str {
        "media3"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        let (rung, reason) = self.ideal(view);
        if view.last.is_none() {
            return Decision::now(rung, Reason::NoEstimate);
        }
        let last = view.last_or_lowest();
        if last < rung && view.buffer_ms < self.rise_ms(view) {
            return Decision::now(last, Reason::RiseDeferred);
        }
        if rung < last && self.settings.fall_ms <= view.buffer_ms {
            return Decision::now(last, Reason::FallDeferred);
        }
        Decision::now(rung, reason)
    }

    fn arrived(&mut self, arrival: &Arrival) {
        // The meter's clock starts with the head of the response.
        let streamed_ms = arrival.took_ms - arrival.first_byte_ms;
        let Some(rate) = kbps(arrival.bits, streamed_ms) else { return };
        self.took_ms += streamed_ms;
        self.bits += arrival.bits;
        self.meter.add(libm::sqrt(arrival.bits / 8.0), rate);
        if TRUSTED_MS <= self.took_ms || TRUSTED_BITS <= self.bits {
            self.estimate_kbps = self.meter.value().unwrap_or(self.estimate_kbps);
        }
    }

    fn may_replace(&self) -> bool {
        true
    }

    fn replaces(&mut self, view: &View<'_>, buffered: &[Rung], _rung: Rung) -> Option<usize> {
        let (ideal, _) = self.ideal(view);
        let mut ahead_ms = view.buffer_ms;
        let mut found = None;
        // From the last one to the first: what is ahead of each is known by subtraction, as the
        // first one may have been played in part.
        for (place, &rung) in buffered.iter().enumerate().rev() {
            ahead_ms -= view.film.segment_ms(view.index.saturating_sub(buffered.len() - place));
            if ahead_ms < self.settings.keep_ms {
                break;
            }
            let is_small =
                view.ladder.get(rung.0).is_some_and(|&rate| rate < self.settings.discard_kbps);
            if rung < ideal && is_small {
                found = Some(place);
            }
        }
        found
    }
}

/// A percentile of weighed values, of which the oldest lose their weight once there is more of it
/// than is kept.
#[derive(Clone, Debug)]
struct Percentile {
    samples: VecDeque<Sample>,
    weight: f64,
    weight_max: f64,
    share: f64,
}

#[derive(Clone, Copy, Debug)]
struct Sample {
    weight: f64,
    value: f64,
}

impl Percentile {
    fn add(&mut self, weight: f64, value: f64) {
        // Weights are whole numbers in Media3, and a body of less than a byte is none.
        let weight = weight.floor();
        self.samples.push_back(Sample { weight, value });
        self.weight += weight;
        while self.weight_max < self.weight {
            let excess = self.weight - self.weight_max;
            let Some(oldest) = self.samples.front_mut() else { return };
            if oldest.weight <= excess {
                self.weight -= oldest.weight;
                self.samples.pop_front();
            } else {
                oldest.weight -= excess;
                self.weight -= excess;
            }
        }
    }

    fn value(&self) -> Option<f64> {
        let mut sorted: Vec<_> = self.samples.iter().collect();
        sorted.sort_by(|a, b| a.value.total_cmp(&b.value));
        let mut weight = 0.0;
        let is_reached = |sample: &&&Sample| {
            weight += sample.weight;
            self.share * self.weight <= weight
        };
        let found = sorted.iter().find(is_reached).or(sorted.last());
        found.map(|sample| sample.value)
    }
}

#[cfg(test)]
mod tests;
