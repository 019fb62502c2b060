//! Requests: begun, answered, failed, overdue.

use super::{Player, init_key, schedule::Order};
use crate::{
    DoneReason, Failure, Fetch, Output, Ticket, What,
    lane::Lane,
    slot::{InFlight, Next},
    tracks::Tracks,
};
use dashpot_abr::{Rung, Sample};
use dashpot_base::{ByteSize, MonoTime};
use dashpot_http::cmcd::Cmcd;
use dashpot_mpd::timeline::{Presentation, Sidx};
use dashpot_qoe::{Abandoned, Media};
use std::time::Duration;

/// With less than this a request would be overdue as it is made.
const REQUEST_TIMEOUT_MIN: Duration = Duration::from_millis(1);

impl Player {
    pub(super) fn fetch_manifest(&mut self, now: MonoTime) {
        let order = Order {
            what: What::Manifest,
            url: self.config.manifest.as_str().to_owned(),
            range: None,
            mime: None,
        };
        let cmcd = self.cmcd(None, &order);
        let request = self.request(now, order, cmcd);
        self.manifest.begin(request);
    }

    pub(super) fn fetch(&mut self, now: MonoTime, index: usize, order: Order) {
        let cmcd = self.cmcd(Some(index), &order);
        let request = self.request(now, order, cmcd);
        let lane = &mut self.lanes[index];
        lane.starved = false;
        lane.slot.begin(request);
    }

    fn request(&mut self, now: MonoTime, order: Order, cmcd: Cmcd) -> InFlight {
        let ticket = self.ticket();
        let Order { what, url, range, mime } = order;
        let deadline = now.after(self.config.request_timeout.max(REQUEST_TIMEOUT_MIN));
        let request =
            InFlight { ticket, what: what.clone(), since: now, first_byte: None, deadline };
        let fetch = Fetch { ticket, what, url, range, mime, cmcd };
        self.outputs.push_back(Output::Fetch(Box::new(fetch)));
        request
    }

    pub(super) fn on_first_byte(&mut self, now: MonoTime, ticket: Ticket) {
        if self.lanes.iter_mut().any(|lane| lane.slot.first_byte(now, ticket)) {
            self.meter.began(now, ticket);
        }
    }

    pub(super) fn on_manifest(&mut self, now: MonoTime, ticket: Ticket, view: Presentation) {
        if self.manifest.take(ticket).is_none() {
            return;
        }
        let Some(tracks) = Tracks::choose(view, self.config.language.as_deref()) else {
            self.finish(now, DoneReason::NothingToPlay);
            return;
        };
        let at = tracks.clamp(self.playhead.position());
        self.playhead.jump(now, at);
        let kinds = [Media::Video, Media::Audio].into_iter().filter(|&media| tracks.have(media));
        self.lanes = kinds.map(|media| Lane::new(media, &tracks, at)).collect();
        self.tracks = Some(tracks);
    }

    pub(super) fn on_index(&mut self, now: MonoTime, ticket: Ticket, sidx: &Sidx) {
        let Some((at, request)) = self.take(ticket) else { return };
        self.meter.ended(now, ticket);
        let lane = &mut self.lanes[at];
        let learnt = match (&request.what, &mut self.tracks) {
            (&What::Index { media, rung }, Some(tracks)) => {
                tracks.learn((lane.period, media, rung), sidx)
            }
            _ => false,
        };
        if learnt {
            lane.slot.succeeded();
        } else {
            self.lane_failed(now, at, request, Failure::Malformed);
        }
    }

    pub(super) fn on_arrived(
        &mut self,
        now: MonoTime,
        ticket: Ticket,
        size: ByteSize,
        cache_status: Option<String>,
    ) {
        let Some((at, request)) = self.take(ticket) else { return };
        // A body whose beginning nobody told of has been arriving since it was asked for.
        self.meter.began(request.since, ticket);
        self.meter.grew(ticket, size);
        match request.what {
            What::Segment { media, rung, start, duration, .. } => {
                if media == Media::Video {
                    self.measure(now, &request);
                }
                self.meter.ended(now, ticket);
                let lane = &mut self.lanes[at];
                lane.slot.succeeded();
                lane.append(rung, start.saturating_add(duration));
                debug_assert!(
                    lane.level(self.playhead.position()) <= lane.bound(self.config.buffer_max),
                    "no segment passes the bound of its buffer"
                );
                self.log_arrived(now, at, &request, size, cache_status);
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

    /// Takes a sample of the link at the end of a video segment; bodies of audio are too small to
    /// end an account with, but count in it.
    fn measure(&mut self, now: MonoTime, request: &InFlight) {
        let first_byte = request.first_byte.unwrap_or(request.since);
        let first_byte_after = first_byte.since(request.since);
        let (size, busy) = self.meter.take(now);
        let took = first_byte_after.saturating_add(busy);
        self.estimator.add(Sample { size, took, first_byte_after });
    }

    fn on_init(&mut self, at: usize, media: Media, Rung(rung): Rung) {
        let lane = &mut self.lanes[at];
        lane.slot.succeeded();
        let period = self.tracks.as_ref().and_then(|tracks| tracks.period(lane.period));
        let init = period.and_then(|period| period.of(media).get(rung)?.init.as_ref());
        self.inits.extend(init.map(init_key));
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

    /// Closes the account of a request that is given up.
    pub(super) fn abandon(&mut self, now: MonoTime, request: &InFlight, why: Abandoned) {
        let size = self.meter.ended(now, request.ticket);
        if let What::Segment { media, .. } = request.what
            && ByteSize::ZERO < size
        {
            self.log_abandoned(now, why, media, size);
        }
    }

    fn manifest_failed(&mut self, now: MonoTime, request: InFlight, failure: Failure) {
        let next = self.manifest.failed(now, failure, &self.config);
        self.failed(now, request, failure, next);
    }

    fn lane_failed(&mut self, now: MonoTime, at: usize, request: InFlight, failure: Failure) {
        self.abandon(now, &request, Abandoned::Failure);
        let lane = &mut self.lanes[at];
        // The next attempt is decided afresh: whatever made this one fail may have changed what
        // the link carries.
        lane.pinned = None;
        let next = lane.slot.failed(now, failure, &self.config);
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
        self.lanes.iter_mut().enumerate().find_map(|(at, lane)| Some((at, lane.slot.take(ticket)?)))
    }
}
