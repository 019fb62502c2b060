//! Keeping to the live edge: when segments may be asked for, how fast playback goes, and what is
//! skipped.

use super::Player;
use crate::{
    Live, Ticket, What,
    playhead::Playhead,
    slot::{Next, Watch},
    tracks::{Tracks, millis},
};
use dashpot_abr::{CatchUp, Nominal};
use dashpot_base::{ByteSize, MonoTime, Span, Speed};
use dashpot_http::cmcd::StreamType;
use dashpot_mpd::timeline::LiveView;
use dashpot_qoe::{Event, Hold, SeekKind};
use std::{cmp::Ordering, sync::Arc, time::Duration};

/// How often the playback rate is looked at: about as often as browsers tell players that playback
/// has gone on.
const LOOK_EVERY: Span = Span::from_millis(250);

/// The share of the target latency that is enough to begin with: there is never more of the film
/// than that between playhead and edge, and most of it may not have been asked for yet.
const ENOUGH: u32 = 2;

/// How many segments behind the edge is played where neither viewer nor MPD says it, as in dash.js.
const SEGMENTS_BEHIND: u32 = 4;

/// How often the MPD is asked for at most: one that may change at any time says nothing of when it
/// will.
const RENEW_EVERY_MIN: Span = Span::from_millis(1_000);

/// What keeps a session to its live edge.
#[derive(Debug)]
pub(super) struct State {
    pub(super) setup: Live,
    /// For rules that leave the playback rate to the player.
    catch_up: CatchUp,
    /// When the playback rate is looked at next; `None` before the first picture.
    next: Option<MonoTime>,
    /// What rules may know of each period: not how many segments there will be, nor their sizes.
    pub(super) films: Vec<Nominal>,
}

impl State {
    fn latency(&self, now: MonoTime, playhead: &Playhead) -> Span {
        self.setup.edge_at(now).saturating_sub(playhead.position())
    }

    /// Returns where the session stands, as rules see it.
    pub(super) fn seen(&self, now: MonoTime, playhead: &Playhead) -> dashpot_abr::Live {
        dashpot_abr::Live {
            latency_ms: millis(self.latency(now, playhead)),
            target_ms: millis(self.setup.target.into()),
            speed: playhead.speed().ratio(),
        }
    }

    /// Returns how much media is enough to begin with.
    pub(super) fn enough(&self) -> Span {
        Span::from(self.setup.target) / ENOUGH
    }
}

impl Player {
    /// Returns where a live session begins; `None` for a film that is there.
    pub(super) fn join(&mut self, now: MonoTime, tracks: &Tracks) -> Option<Span> {
        let setup = self.config.live?;
        let films = tracks.forecast();
        let (catch_up, next) = (CatchUp::default(), None);
        self.live = Some(State { setup, catch_up, next, films });
        Some(setup.edge_at(now).saturating_sub(setup.target.into()))
    }

    /// Hears where the live edge is, where the MPD is the first to say it.
    pub(super) fn hear_of_edge(&mut self, now: MonoTime, live: Option<LiveView>, tracks: &Tracks) {
        let Some(view) = live.filter(|_| self.config.live.is_none()) else { return };
        let segment = tracks.longest();
        let wished = self.config.live_latency.or(view.delay).map(Span::from);
        let wished = wished.unwrap_or_else(|| segment * SEGMENTS_BEHIND);
        // Segments are fetched once they are whole, and the last one is so old by then.
        let target = wished.max(segment * 3 / 2).into();
        let setup = Live::new(now, view.edge, target);
        let named = |(slow, fast)| (Speed::from_ratio(slow), Speed::from_ratio(fast));
        let speeds = view.speeds.map_or(setup.speeds, named);
        self.config.live = Some(Live { speeds, ..setup });
    }

    /// Notes when another version of the MPD is wanted, this one having been asked for at `asked`.
    ///
    /// ISO/IEC 23009-1 §5.3.1.2: it is valid until `@minimumUpdatePeriod` after that.
    pub(super) fn plan_renewal(&mut self, asked: MonoTime, live: Option<LiveView>) {
        let every = live.and_then(|live| live.update);
        self.renew_at = every.map(|every| asked.after(Span::from(every).max(RENEW_EVERY_MIN)));
    }

    /// Wants it again after a failure.
    pub(super) fn renew_later(&mut self, now: MonoTime, next: Next) {
        self.renew_at = Some(match next {
            Next::RetryAfter(_) => now,
            Next::GiveUp => now.after(self.config.backoff_max),
        });
    }

    pub(super) fn is_time_to_renew(&self, now: MonoTime) -> bool {
        self.renew_at.is_some_and(|at| at <= now)
    }

    /// Returns when another version of the MPD is wanted that is not on its way.
    #[inline]
    pub(super) fn renews_at(&self) -> Option<MonoTime> {
        self.renew_at.filter(|_| self.manifest.is_idle())
    }

    /// Goes on with another version of what there is to play.
    pub(super) fn renew(&mut self, tracks: Tracks) {
        if let Some(live) = &mut self.live {
            live.films = tracks.forecast();
        }
        self.tracks = Some(Arc::new(tracks));
    }

    pub(super) fn log_join(&mut self, now: MonoTime) {
        if let Some(live) = &self.live {
            let (position, target) = (self.playhead.position().into(), live.setup.target);
            let latency = live.latency(now, &self.playhead).into();
            self.log(now, Event::Join { position, latency, target });
        }
    }

    /// Returns when the playback rate is to be looked at.
    #[inline]
    pub(super) fn looks_at(&self) -> Option<MonoTime> {
        self.live.as_ref()?.next
    }

    /// Returns whether it is time for that.
    pub(super) fn is_time_to_look(&self, now: MonoTime) -> bool {
        self.looks_at().is_some_and(|at| at <= now)
    }

    /// Looks after the latency where it is time.
    pub(super) fn keep_up(&mut self, now: MonoTime) {
        let Some(live) = &self.live else { return };
        if self.done || live.next.is_none_or(|at| now < at) {
            return;
        }
        let latency_max = Span::from(live.setup.target) + live.setup.drift_max.into();
        if latency_max < live.latency(now, &self.playhead) {
            self.skip(now);
        }
        self.pace(now);
    }

    /// Sets the playback rate. In a stall the rule is asked too, so that it knows.
    pub(super) fn pace(&mut self, now: MonoTime) {
        let wished = self.speed_wished(now);
        let Some(live) = &mut self.live else { return };
        live.next = Some(now.after(LOOK_EVERY));
        let is_playing = self.playhead.hold().is_none();
        let changed = wished.filter(|speed| is_playing && *speed != self.playhead.speed());
        let Some(speed) = changed else { return };
        self.playhead.set_speed(speed);
        let reason = match speed.cmp(&Speed::NORMAL) {
            Ordering::Less => "slowed-down",
            Ordering::Equal => "as-filmed",
            Ordering::Greater => "catching-up",
        };
        let (position, latency) = (self.playhead.position(), live.latency(now, &self.playhead));
        let levels = self.lanes.iter().map(|lane| lane.level(position));
        let buffer = levels.min().unwrap_or_default();
        let [position, latency, buffer] = [position, latency, buffer].map(Duration::from);
        self.log(now, Event::Speed { speed, reason, position, latency, buffer });
    }

    fn speed_wished(&mut self, now: MonoTime) -> Option<Speed> {
        let live = self.live.as_ref()?;
        let (mut catch_up, (slowest, fastest)) = (live.catch_up, live.setup.speeds);
        let (rule, seen) = self.seen(now, 0)?;
        let view = seen.next();
        let ratio = rule.speed(&view).unwrap_or_else(|| catch_up.by_latency(&view));
        if let Some(live) = &mut self.live {
            live.catch_up = catch_up;
        }
        Some(Speed::from_ratio(ratio).max(slowest).min(fastest))
    }

    /// Goes on at the target latency.
    fn skip(&mut self, now: MonoTime) {
        let (Some(live), Some(tracks)) = (&self.live, &self.tracks) else { return };
        let (from, latency) = (self.playhead.position(), live.latency(now, &self.playhead));
        let to = tracks.clamp(live.setup.edge_at(now).saturating_sub(live.setup.target.into()));
        if to <= from {
            return;
        }
        let seek = self.jump(now, to);
        let [latency, from, to] = [latency, from, to].map(Duration::from);
        self.log(now, Event::Skip { seek, latency, from, to });
        match seek {
            SeekKind::InsideBuffer => {}
            SeekKind::OutsideBuffer if self.playhead.hold().is_none() => {
                self.log_stall(now);
                self.playhead.stop(now, Hold::Stall);
            }
            SeekKind::OutsideBuffer => {}
        }
    }

    /// Takes in the beginning of a segment whose rest is still to come.
    pub(super) fn on_chunk(
        &mut self,
        now: MonoTime,
        ticket: Ticket,
        size: ByteSize,
        media: Duration,
    ) {
        let Some(at) = self.holder(ticket) else { return };
        let lane = &mut self.lanes[at];
        let is_added = lane.replacing.is_none();
        let Some(request) = lane.slot.in_flight_mut() else { return };
        let What::Segment { start, duration, .. } = request.what else { return };
        request.idle.begin(now);
        // What plays already cannot be taken back, so that the rule is not asked to.
        request.watch = Watch::Off;
        self.meter.grew(ticket, size);
        self.meter.paused(now, ticket);
        if is_added {
            lane.extend(Span::from(start) + Span::from(media.min(duration)));
        }
    }

    /// Returns what CMCD calls the presentation.
    pub(super) const fn stream_type(&self) -> StreamType {
        if self.live.is_some() { StreamType::Live } else { StreamType::Vod }
    }

    /// Returns the playback rate where it may be another than the film's own (CTA-5004 §2, `pr`).
    pub(super) fn live_rate(&self) -> Option<f64> {
        self.live.as_ref()?;
        Some(if self.playhead.hold().is_none() { self.playhead.speed().ratio() } else { 0.0 })
    }
}
