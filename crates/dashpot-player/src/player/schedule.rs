//! What is fetched next, and when not.

use super::{Player, init_key};
use crate::{
    What,
    lane::Wait,
    tracks::{Lookup, Segment, Track},
};
use dashpot_abr::{Nominal, Rung, View};
use dashpot_base::{Bitrate, MonoTime};
use dashpot_qoe::Media;
use std::time::Duration;

/// How far one kind of media may be asked for ahead of the other. Segments of the two kinds are
/// cut up to one audio frame apart, which must not make one wait for the other.
const LANES_APART_MAX: Duration = Duration::from_millis(100);

/// The segment length that a rule is told while no index has said it: a common one. The rule has
/// no estimate at that point, so little depends on it.
const SEGMENT_UNKNOWN: Duration = Duration::from_secs(4);

/// One request that may be made.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) what: What,
    pub(super) url: String,
    pub(super) range: Option<(u64, u64)>,
    pub(super) mime: Option<String>,
}

impl Player {
    /// Begins every request that may begin.
    pub(super) fn schedule(&mut self, now: MonoTime) {
        if self.done || self.started.is_none() {
            return;
        }
        if self.tracks.is_none() {
            if self.manifest.make_free(now) {
                self.fetch_manifest(now);
            }
            return;
        }
        // A lane that begins may be what an earlier one was waiting for, hence once more.
        for lane in (0..self.lanes.len()).chain(0..self.lanes.len()) {
            self.schedule_lane(now, lane);
        }
    }

    fn schedule_lane(&mut self, now: MonoTime, index: usize) {
        if !self.lanes[index].slot.make_free(now) {
            return;
        }
        let before = self.lanes[index].wait.take();
        loop {
            let Some(tracks) = &self.tracks else { return };
            let lane = &mut self.lanes[index];
            lane.turn_periods(tracks);
            if lane.complete {
                return;
            }
            if let Some(wait) = self.must_wait(index) {
                self.lanes[index].wait = Some(wait);
                if before.is_none() {
                    self.log_wait(now, index, wait);
                }
                return;
            }
            // A decision is weighed once more against what it chose: nothing says that all rungs
            // are cut alike.
            let Some(rung) = self.lanes[index].pinned else {
                self.pin(now, index);
                continue;
            };
            if let Some(order) = self.order(index, rung) {
                self.fetch(now, index, order);
                return;
            }
            // The rung decided on ends before the others do: its period is over, so the next
            // round is in a later one.
        }
    }

    /// Returns why the lane may not ask for its next segment.
    fn must_wait(&mut self, index: usize) -> Option<Wait> {
        let tracks = self.tracks.as_ref()?;
        let lane = &self.lanes[index];
        let Lookup::Found(segment) = lane.reference(tracks.period(lane.period)?)? else {
            return None;
        };
        let others = self.lanes.iter().enumerate().filter(|(other, _)| *other != index);
        let behind = others.map(|(_, other)| other.reach()).min().unwrap_or(Duration::MAX);
        if behind.saturating_add(LANES_APART_MAX) < lane.to {
            return Some(Wait::OtherLane);
        }
        let end = segment.end;
        let lane = &mut self.lanes[index];
        lane.approach(segment);
        let until = end.saturating_sub(lane.bound(self.config.buffer_max));
        (self.playhead.position() < until).then_some(Wait::BufferFull { until })
    }

    /// Decides on the rung of the lane's next segment.
    fn pin(&mut self, now: MonoTime, index: usize) {
        let rung = match self.lanes[index].media {
            Media::Video => self.decide(now, index).unwrap_or_default(),
            Media::Audio => Rung(0),
        };
        self.lanes[index].pinned = Some(rung);
    }

    fn decide(&mut self, now: MonoTime, index: usize) -> Option<Rung> {
        let tracks = self.tracks.as_ref()?;
        let lane = &self.lanes[index];
        let period = tracks.period(lane.period)?;
        let segment = match lane.reference(period) {
            Some(Lookup::Found(segment)) => segment.end.saturating_sub(segment.start),
            Some(Lookup::NeedsIndex(_) | Lookup::Exhausted) | None => SEGMENT_UNKNOWN,
        };
        let ladder: Vec<_> = period.ladder.iter().map(|rate| kbps(*rate)).collect();
        let film = Nominal { ladder, segment_ms: millis(segment), count: None };
        let view = View {
            now_ms: millis(now.since(self.started.unwrap_or(now))),
            ladder: &film.ladder,
            film: &film,
            index: 0,
            since_seek: 0,
            buffer_ms: millis(lane.level(self.playhead.position())),
            buffer_max_ms: millis(lane.bound(self.config.buffer_max)),
            segment_ms: millis(segment),
            throughput_kbps: self
                .estimator
                .throughput()
                .map(|link| kbps(link.without(period.sound()))),
            latency_ms: millis(self.estimator.latency()),
            last: lane.last_rung(tracks),
            is_playing: self.playhead.hold().is_none(),
            live: None,
        };
        let decision = self.rule.decide(&view);
        debug_assert!(decision.rung <= view.top(), "a rule stays inside the ladder");
        let rung = decision.rung.min(view.top());
        self.log_decision(now, index, rung, decision.reason);
        Some(rung)
    }

    /// Returns the next request for a segment at `rung`: its index, its initialisation segment
    /// or itself; `None` where the rung has no further segment in this period.
    fn order(&self, index: usize, rung: Rung) -> Option<Order> {
        let lane = &self.lanes[index];
        let period = self.tracks.as_ref()?.period(lane.period)?;
        let track = period.of(lane.media).get(rung.0)?;
        let media = lane.media;
        match track.at(lane.to, period.end) {
            Lookup::Exhausted => None,
            Lookup::NeedsIndex(file) => Some(Order {
                what: What::Index { media, rung },
                url: file.url.clone(),
                range: Some(file.index_range),
                mime: track.mime.clone(),
            }),
            Lookup::Found(segment) => Some(match &track.init {
                Some(init) if !self.inits.contains(&init_key(init)) => Order {
                    what: What::Init { media, rung },
                    url: init.url.clone(),
                    range: init.range,
                    mime: track.mime.clone(),
                },
                Some(_) | None => segment_order(media, rung, track, segment),
            }),
        }
    }
}

fn segment_order(media: Media, rung: Rung, track: &Track, segment: &Segment) -> Order {
    Order {
        what: What::Segment {
            media,
            rung,
            number: segment.number,
            start: segment.start,
            duration: segment.end.saturating_sub(segment.start),
        },
        url: segment.url.clone(),
        range: segment.range,
        mime: track.mime.clone(),
    }
}

/// Returns a time in the unit of rules.
fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// Returns a rate in the unit of rules.
#[expect(clippy::cast_precision_loss, reason = "rates above 2^53 bps do not exist")]
fn kbps(rate: Bitrate) -> f64 {
    rate.bps() as f64 / 1_000.0
}
