//! Requests: begun, answered, failed, overdue.

use super::{Player, schedule::Order};
use crate::{
    DoneReason, Failure, Fetch, Output, Ticket, What,
    io::State,
    lane::{Buffered, Lane},
    slot::{Idle, InFlight, Next, Watch},
    tracks::{Tracks, bits, millis},
};
use dashpot_abr::{Arrival, Rung, Source};
use dashpot_base::{Bitrate, ByteSize, MonoTime, Span};
use dashpot_mpd::timeline::{Presentation, Sidx};
use dashpot_qoe::{Abandoned, Hold, Media};
use std::{sync::Arc, time::Duration};

/// With less than this a request would be overdue as it is made.
const REQUEST_TIMEOUT_MIN: Duration = Duration::from_millis(1);

/// A body that arrived whole.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) size: ByteSize,
    pub(super) source: Source,
    pub(super) cache_status: Option<String>,
}

impl Player {
    pub(super) fn fetch_manifest(&mut self, now: MonoTime) {
        let (what, bitrate) = (What::Manifest, Bitrate::default());
        let request = self.begin(now, None, Order { what, bitrate, size: None, place: (0, 0) });
        self.manifest.begin(request);
    }

    pub(super) fn fetch(&mut self, now: MonoTime, index: usize, order: Order) {
        let request = self.begin(now, Some(index), order);
        let lane = &mut self.lanes[index];
        lane.starved = false;
        lane.slot.begin(request);
    }

    fn begin(&mut self, now: MonoTime, lane: Option<usize>, order: Order) -> InFlight {
        let ticket = self.ticket();
        let Order { what, bitrate, size, place } = order;
        let lane = lane.and_then(|index| self.lanes.get(index));
        let state = State {
            buffer: lane.map_or(Span::ZERO, |it| it.level(self.playhead.position())).into(),
            starved: lane.is_some_and(|lane| lane.starved),
            // CTA-5004 §2, `su`: needed urgently, to start, to seek or to recover.
            urgent: match self.playhead.hold() {
                Some(Hold::Startup | Hold::Seek | Hold::Stall) => true,
                None => false,
            },
            throughput: self.estimate.throughput,
        };
        let deadline = now.after(self.config.request_timeout.max(REQUEST_TIMEOUT_MIN));
        let fetch = Fetch { ticket, what, bitrate, size, deadline, place, state };
        self.outputs.push_back(Output::Fetch(fetch));
        let nominal = || match what {
            What::Segment { duration, .. } => bitrate.bytes_in(duration),
            What::Manifest | What::Index { .. } | What::Init { .. } => ByteSize::ZERO,
        };
        InFlight {
            ticket,
            what,
            bitrate,
            place,
            since: now,
            first_byte: None,
            is_foretold: false,
            deadline,
            stalled: self.playhead.stalled(now),
            size: size.unwrap_or_else(nominal),
            watch: Watch::Off,
            idle: Idle::default(),
        }
    }

    pub(super) fn on_first_byte(&mut self, now: MonoTime, ticket: Ticket, size: Option<ByteSize>) {
        let mut lanes = self.lanes.iter_mut();
        let Some(at) = lanes.position(|lane| lane.slot.first_byte(now, ticket)) else { return };
        self.meter.began(now, ticket);
        self.begin_watch(now, at, size);
    }

    pub(super) fn on_manifest(&mut self, now: MonoTime, ticket: Ticket, view: Presentation) {
        let Some(request) = self.manifest.take(ticket) else { return };
        self.manifest.succeeded();
        let live = view.live;
        match Tracks::choose(view, self.config.language.as_deref()) {
            Some(tracks) => {
                self.hear_of_edge(now, live, &tracks);
                self.plan_renewal(request.since, live);
                match &self.tracks {
                    None => self.enter(now, Arc::new(tracks)),
                    Some(before) => {
                        for lane in &mut self.lanes {
                            lane.renew(before, &tracks);
                        }
                        self.renew(tracks);
                    }
                }
            }
            // What there is goes on being played.
            None if self.tracks.is_some() => self.plan_renewal(now, live),
            None => self.finish(now, DoneReason::NothingToPlay),
        }
    }

    /// Begins with what there is to play.
    pub(super) fn enter(&mut self, now: MonoTime, tracks: Arc<Tracks>) {
        let at = self.join(now, &tracks).unwrap_or(self.playhead.position());
        let at = tracks.clamp(at);
        self.playhead.jump(now, at);
        let kinds = [Media::Video, Media::Audio].into_iter().filter(|&media| tracks.have(media));
        self.lanes = kinds.map(|media| Lane::new(media, &tracks, at)).collect();
        self.tracks = Some(tracks);
        self.log_join(now);
    }

    pub(super) fn on_index(&mut self, now: MonoTime, ticket: Ticket, sidx: &Sidx) {
        let Some((at, request)) = self.take(ticket) else { return };
        self.meter.ended(now, ticket);
        let lane = &mut self.lanes[at];
        let learnt = match (request.what, &mut self.tracks) {
            (What::Index { media, rung }, Some(tracks)) => {
                Arc::make_mut(tracks).learn((lane.period, media, rung), sidx)
            }
            _ => false,
        };
        if learnt {
            lane.slot.succeeded();
        } else {
            self.lane_failed(now, at, request, Failure::Malformed);
        }
    }

    // Looks at downloads are several times as many, and are not to carry its weight.
    #[inline(never)]
    pub(super) fn on_arrived(&mut self, now: MonoTime, ticket: Ticket, body: Body) {
        let Some((at, mut request)) = self.take(ticket) else { return };
        request.idle.end(now);
        self.meter.resumed(now, ticket);
        // A body whose beginning nobody told of has been arriving since it was asked for.
        self.meter.began(request.since, ticket);
        self.meter.grew(ticket, body.size);
        match request.what {
            What::Segment { .. } => {
                self.measure(now, &request);
                self.lanes[at].slot.succeeded();
                self.on_segment(now, at, &request, body);
            }
            What::Init { media, rung } => {
                self.meter.ended(now, ticket);
                self.on_init(at, media, rung);
            }
            What::Manifest | What::Index { .. } => {
                // A driver reads these and says what is in them.
                self.lane_failed(now, at, request, Failure::Malformed);
            }
        }
    }

    /// Takes in a segment, at the end of what is buffered or in the place of another.
    fn on_segment(&mut self, now: MonoTime, at: usize, request: &InFlight, body: Body) {
        let What::Segment { rung, start, duration, .. } = request.what else { return };
        let position = self.playhead.position();
        let (place, start) = (request.place, Span::from(start));
        let end = start + duration.into();
        let lane = &mut self.lanes[at];
        let is_replacement = lane.replacing.is_some();
        if !is_replacement {
            lane.append(position, Buffered { place, rung, start, end });
        } else if !lane.replace(position, rung) {
            self.abandon(now, request, Abandoned::Late);
            return;
        }
        debug_assert!(
            lane.level(position) <= lane.bound(self.config.buffer_max.into()),
            "no segment passes the bound of its buffer"
        );
        self.meter.ended(now, request.ticket);
        self.tell_rule(now, (at, is_replacement), request, &body);
        self.log_arrived(now, at, request, body);
    }

    /// Tells the rule of a video segment that arrived in a lane, in another's place or not.
    fn tell_rule(&mut self, now: MonoTime, at: (usize, bool), request: &InFlight, body: &Body) {
        let (at, is_replacement) = at;
        let What::Segment { media: Media::Video, rung, duration, .. } = request.what else {
            return;
        };
        if !self.rule.hears_arrivals() {
            return;
        }
        let (period, place) = request.place;
        let first = self.tracks.as_ref().and_then(|tracks| tracks.period(period));
        let first_byte = request.first_byte.unwrap_or(request.since);
        self.rule.arrived(&Arrival {
            now_ms: millis(now.span_since(self.started.unwrap_or(now))),
            index: first.map_or(0, |period| period.first) + place,
            rung,
            segment_ms: millis(duration.into()),
            bits: bits(body.size),
            first_byte_ms: millis(first_byte.span_since(request.since)),
            took_ms: millis(request.took(now)),
            buffer_ms: millis(self.lanes[at].level(self.playhead.position())),
            stalled_ms: millis(self.playhead.stalled(now).saturating_sub(request.stalled)),
            is_replacement,
            source: body.source,
        });
    }

    fn on_init(&mut self, at: usize, media: Media, Rung(rung): Rung) {
        let lane = &mut self.lanes[at];
        lane.slot.succeeded();
        let period = self.tracks.as_ref().and_then(|tracks| tracks.period(lane.period));
        let init = period.and_then(|period| period.of(media).get(rung)?.init.as_ref());
        self.inits.extend(init.cloned());
    }

    pub(super) fn on_failed(&mut self, now: MonoTime, ticket: Ticket, failure: Failure) {
        if let Some(request) = self.manifest.take(ticket) {
            self.manifest_failed(now, request, failure);
        } else if let Some((at, request)) = self.take(ticket) {
            self.lane_failed(now, at, request, failure);
        }
    }

    /// Cancels what has taken too long.
    pub(super) fn drop_overdue(&mut self, now: MonoTime) {
        if let Some(request) = self.manifest.take_overdue(now) {
            self.outputs.push_back(Output::Cancel { ticket: request.ticket });
            self.manifest_failed(now, request, Failure::Timeout);
        }
        for at in 0..self.lanes.len() {
            if let Some(request) = self.lanes[at].slot.take_overdue(now) {
                self.outputs.push_back(Output::Cancel { ticket: request.ticket });
                self.lane_failed(now, at, request, Failure::Timeout);
            }
        }
    }

    fn manifest_failed(&mut self, now: MonoTime, request: InFlight, failure: Failure) {
        let next = self.manifest.failed(now, failure, &self.config);
        if self.tracks.is_some() {
            // Without a later version of the MPD what is listed goes on being played.
            self.log_failed(now, &request, failure, next);
            self.renew_later(now, next);
        } else {
            self.failed(now, request, failure, next);
        }
    }

    fn lane_failed(&mut self, now: MonoTime, at: usize, request: InFlight, failure: Failure) {
        self.abandon(now, &request, Abandoned::Failure);
        let lane = &mut self.lanes[at];
        // The next attempt is decided afresh: whatever made this one fail may have changed what
        // the link carries.
        (lane.pinned, lane.delay, lane.replacing) = (None, None, None);
        // At a live edge what is not there may not be there yet, and what is there no more is skipped
        // once that is too far behind.
        let is_edge = self.live.is_some() && matches!(failure, Failure::Status(404 | 410));
        let as_if = if is_edge { Failure::Unanswered } else { failure };
        let next = lane.slot.failed(now, as_if, &self.config);
        self.failed(now, request, failure, next);
    }

    fn failed(&mut self, now: MonoTime, request: InFlight, failure: Failure, next: Next) {
        self.log_failed(now, &request, failure, next);
        match next {
            Next::RetryAfter(_) => (),
            Next::GiveUp => {
                self.finish(now, DoneReason::Failed { what: request.what, failure });
            }
        }
    }

    /// Takes out a lane's request; an answer that no lane waits for is stale and is dropped.
    fn take(&mut self, ticket: Ticket) -> Option<(usize, InFlight)> {
        let at = self.holder(ticket)?;
        Some((at, self.lanes[at].slot.take(ticket)?))
    }

    /// Returns the place of the lane whose request that is.
    pub(super) fn holder(&self, ticket: Ticket) -> Option<usize> {
        self.lanes.iter().position(|lane| lane.slot.holds(ticket))
    }
}
