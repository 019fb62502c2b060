//! Latency and playback rate of a live session, from its records.

use crate::{
    Event, Measures, Metric, Piece, Record,
    track::{changed_kbps, real},
};
use dashpot_base::{MonoTime, Speed};
use std::time::Duration;

/// The share of time that latency stays below its upper figure.
const UPPER: f64 = 0.95;

/// Up to this latency it counts half, in seconds; with the weights for each millisecond.
const LATENCY_MILD_S: f64 = 1.1;
const LATENCY_MILD: f64 = 0.005;
const LATENCY_FULL: f64 = 0.01;

/// Halvings with which a figure is found: beyond the digits of a double.
const HALVINGS: u32 = 60;

/// What a live session's records tell of latency; nothing of a film that was there before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Live {
    /// Where the live edge was at the start of the clock, in seconds of media.
    edge_s: Option<f64>,
    speed: Speed,
    legs: Vec<Leg>,
    /// The leg that goes on, from its beginning.
    running: Option<Leg>,
    rate_changes: u64,
    skips: u64,
}

/// A stretch in which nothing changes, in seconds.
#[derive(Clone, Copy, Debug)]
struct Leg {
    at: f64,
    until: f64,
    position: f64,
    /// Zero in a stall.
    speed: f64,
}

impl Leg {
    fn length(&self) -> f64 {
        self.until - self.at
    }

    fn end(&self) -> f64 {
        self.position + self.speed * self.length()
    }

    /// Returns the latencies at its two ends.
    fn latencies(&self, edge_s: f64) -> (f64, f64) {
        (edge_s + self.at - self.position, edge_s + self.until - self.end())
    }

    const fn is_playing(&self) -> bool {
        0.0 < self.speed
    }
}

impl Live {
    /// Takes in the next record.
    pub(crate) fn add(&mut self, record: &Record) {
        let at = record.at;
        if let &Event::Join { position, latency, .. } = &record.event {
            self.edge_s = Some(position.as_secs_f64() + latency.as_secs_f64() - seconds(at));
        }
        if self.edge_s.is_none() {
            return;
        }
        if let &Event::Play { position, .. } = &record.event {
            self.go_on(at, Some((position, self.speed.ratio())));
        } else if let &Event::Stall { position } = &record.event {
            self.go_on(at, Some((position, 0.0)));
        } else if let &Event::Speed { speed, position, .. } = &record.event {
            self.rate_changes += 1;
            self.speed = speed;
            self.moved(at, position);
        } else if let &Event::Skip { to, .. } = &record.event {
            self.skips += 1;
            self.moved(at, to);
        } else if let &Event::Seek { to, .. } = &record.event {
            self.moved(at, to);
        } else if let Event::Done { .. } = &record.event {
            self.go_on(at, None);
        }
    }

    /// The playhead is elsewhere, or moves at another speed; where it stands it goes on standing.
    fn moved(&mut self, at: MonoTime, position: Duration) {
        if let Some(running) = &self.running {
            let speed = if running.is_playing() { self.speed.ratio() } else { 0.0 };
            self.go_on(at, Some((position, speed)));
        }
    }

    fn go_on(&mut self, at: MonoTime, next: Option<(Duration, f64)>) {
        let at = seconds(at);
        let ended = self.running.take().map(|leg| Leg { until: at, ..leg });
        self.legs.extend(ended.filter(|leg| 0.0 < leg.length()));
        self.running =
            next.map(|(to, speed)| Leg { at, until: at, position: to.as_secs_f64(), speed });
    }

    /// Sets the figures of a session that played `pieces` and stalled for so many seconds in all.
    pub(crate) fn measures(
        &self,
        measures: &mut Measures,
        pieces: &[Piece],
        ladder: &[f64],
        stalled: f64,
    ) {
        let Some(edge_s) = self.edge_s else { return };
        let over = |legs: &[&Leg], what: &dyn Fn(&Leg) -> f64| {
            let time = legs.iter().map(|leg| leg.length()).sum::<f64>();
            legs.iter().map(|leg| what(leg) * leg.length()).sum::<f64>() / time
        };
        let all = self.legs.iter().collect::<Vec<_>>();
        let playing = self.legs.iter().filter(|leg| leg.is_playing()).collect::<Vec<_>>();
        let mean = over(&all, &|leg| {
            let (a, b) = leg.latencies(edge_s);
            f64::midpoint(a, b)
        });
        measures.set(Metric::LiveLatencySeconds, Some(mean));
        measures.set(Metric::LiveLatencyP95Seconds, self.upper(edge_s));
        let last = self.legs.last().map(|leg| leg.latencies(edge_s).1);
        measures.set(Metric::LiveLatencyEndSeconds, last);
        measures.set(Metric::PlaybackRate, Some(over(&playing, &|leg| leg.speed)));
        let off = over(&playing, &|leg| (leg.speed - 1.0).abs());
        measures.set(Metric::PlaybackRateOff, Some(off));
        measures.set(Metric::RateChanges, Some(real(self.rate_changes)));
        measures.set(Metric::Skips, Some(real(self.skips)));
        measures.set(Metric::Nqoe, self.worth(edge_s, pieces, ladder, stalled));
    }

    /// Returns the latency that is not passed for most of the time.
    fn upper(&self, edge_s: f64) -> Option<f64> {
        let ends = || self.legs.iter().map(|leg| leg.latencies(edge_s));
        let (mut low, mut high) = ends().fold((f64::INFINITY, 0.0_f64), |(low, high), (a, b)| {
            (low.min(a).min(b), high.max(a).max(b))
        });
        if !low.is_finite() {
            return None;
        }
        let wanted = UPPER * self.legs.iter().map(Leg::length).sum::<f64>();
        let below = |bound: f64| {
            let time = self.legs.iter().zip(ends()).map(|(leg, (a, b))| {
                let (least, most) = (a.min(b), a.max(b));
                let share = if most <= bound { 1.0 } else { (bound - least) / (most - least) };
                leg.length() * share.max(0.0)
            });
            time.sum::<f64>()
        };
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(low, high);
            if below(middle) < wanted { low = middle } else { high = middle }
        }
        Some(high)
    }

    /// Returns what the segments that were played are worth, over what they could be at most.
    fn worth(&self, edge_s: f64, pieces: &[Piece], ladder: &[f64], stalled: f64) -> Option<f64> {
        let (lowest, top) = (*ladder.first()?, *ladder.last()?);
        let mut legs = self.legs.iter().filter(|leg| leg.is_playing()).peekable();
        let (mut sum, mut most) = (0.0, 0.0);
        let mut before: Option<&Piece> = None;
        for piece in pieces {
            // Where playback began in the middle of a segment, that is where it was seen first.
            let start = piece.start.as_secs_f64();
            let end = start + piece.duration.as_secs_f64();
            while legs.next_if(|leg| leg.end() <= start).is_some() {}
            let Some(leg) = legs.peek().filter(|leg| leg.position < end) else { continue };
            let (from, _) = leg.latencies(edge_s);
            let into = (start - leg.position).max(0.0) / leg.speed;
            let latency_s = from + into * (1.0 - leg.speed);
            let mild = latency_s <= LATENCY_MILD_S;
            let per_ms = if mild { LATENCY_MILD } else { LATENCY_FULL };
            let seconds = piece.duration.as_secs_f64();
            sum += seconds * piece.kbps
                - per_ms * latency_s * 1e3
                - lowest * (1.0 - leg.speed).abs()
                - before.map_or(0.0, |before| changed_kbps(before, piece));
            most += seconds * top;
            before = Some(piece);
        }
        (0.0 < most).then(|| (sum - top * stalled) / most)
    }
}

fn seconds(at: MonoTime) -> f64 {
    at.since(MonoTime::ZERO).as_secs_f64()
}

#[cfg(test)]
mod tests;
