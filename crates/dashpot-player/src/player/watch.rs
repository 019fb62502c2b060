//! Downloads that the rule watches, and may give up.

use super::Player;
use crate::{
    Output, Ticket, What,
    slot::{InFlight, Watch},
    tracks::millis,
};
use dashpot_abr::{Outlook, Progress};
use dashpot_base::{ByteSize, MonoTime, Span};
use dashpot_qoe::{Abandoned, Media};
use std::ops::Range;

/// How often a rule is asked at most. Sabre asks as often; players that use browsers hear of
/// progress about as often.
const LOOK_EVERY: Span = Span::from_millis(50);

/// A pace is taken to be slower than it is by two of so many parts, of which one makes up for what
/// is told in whole bytes and the other for products of fractions.
const PACE_SLACK: u64 = 200;

impl Player {
    /// More of a body is here, or as much as before where the player asked; returns whether
    /// something was given up.
    pub(super) fn on_progress(&mut self, now: MonoTime, ticket: Ticket, size: ByteSize) -> bool {
        self.meter.resumed(now, ticket);
        self.meter.grew(ticket, size);
        let Some(at) = self.holder(ticket) else { return false };
        let Some(request) = self.lanes[at].slot.in_flight_mut() else { return false };
        request.idle.end(now);
        request.watch.is_due(now) && self.consider(now, at, size)
    }

    /// Returns the download that the rule wants to look at now, where no other request could be
    /// made. Who knows how much of it is here may say so with
    /// [`Input::Progress`](crate::Input::Progress) in place of [`Input::Wake`](crate::Input::Wake),
    /// which would ask for it with [`Output::Look`].
    #[must_use]
    pub fn watched_at(&self, now: MonoTime) -> Option<Ticket> {
        let mut watched = None;
        for lane in &self.lanes {
            let request = lane.slot.in_flight()?;
            if matches!(request.watch, Watch::At(at) if at <= now) {
                watched = Some(request.ticket);
            }
        }
        watched
    }

    /// Asks how much is here of what the rule wants to look at now; returns whether it asks.
    pub(super) fn look(&mut self, now: MonoTime) -> bool {
        let before = self.outputs.len();
        for lane in &mut self.lanes {
            if let Some(request) = lane.slot.in_flight_mut()
                && matches!(request.watch, Watch::At(at) if at <= now)
            {
                request.watch = Watch::Looking;
                let ticket = request.ticket;
                self.outputs.push_back(Output::Look { ticket });
            }
        }
        before < self.outputs.len()
    }

    /// Returns whether the player may hear of first bytes beforehand, with [`Player::foretell`]. Not
    /// in a live session: media is played at speeds of its own there, and each input rounds how much
    /// of it was to whole nanoseconds, so that one less would be another session.
    #[must_use]
    pub const fn may_be_foretold(&self) -> bool {
        self.live.is_none()
    }

    /// Hears beforehand when the first byte and the last of an answer will be here that is as large
    /// as expected, unless another request is made, and that the viewer does nothing before. A
    /// simulator may know, and then there is no [`Input::FirstByte`](crate::Input::FirstByte): that
    /// is one event less for each segment. At each moment at least as much of it will be here as if it
    /// came at one pace and took a time of `steadily` from the first byte on: a rule that surely waits
    /// for such a download is not asked.
    pub fn foretell(&mut self, ticket: Ticket, comes: Range<MonoTime>, steadily: Span) {
        let Some(at) = self.holder(ticket) else { return };
        if let Some(request) = self.lanes[at].slot.in_flight_mut() {
            let begins = comes.start;
            (request.first_byte, request.is_foretold) = (Some(begins), true);
            self.begins_at = Some(self.begins_at.map_or(begins, |at| at.min(begins)));
            self.begin_watch(begins, at, None);
            if self.is_awaited(at, comes.end, steadily) == Some(true)
                && let Some(request) = self.lanes[at].slot.in_flight_mut()
            {
                request.watch = Watch::Off;
            }
        }
    }

    /// Returns whether the rule surely waits for what was just asked for, which it would look at
    /// before that `ends`.
    fn is_awaited(&mut self, at: usize, ends: MonoTime, transfer: Span) -> Option<bool> {
        let request = self.lanes[at].slot.in_flight()?;
        let now = request.since;
        // What is here is told in whole bytes, which is within the slack from the first look on.
        let is_steady = transfer.nanos().saturating_mul(PACE_SLACK)
            <= LOOK_EVERY.nanos().saturating_mul(request.size.bytes());
        let is_looked_at = matches!(request.watch, Watch::At(at) if at < ends);
        // Another lane's request would take some of the link.
        if !is_steady || !is_looked_at || self.lanes.len() != 1 {
            return None;
        }
        let (rule, seen) = self.seen(now, at)?;
        let (view, Progress { rung, first_byte_ms, .. }) = seen.on_its_way(now, ByteSize::ZERO)?;
        let transfer_ms = millis(transfer) * (1.0 + 2.0 / PACE_SLACK as f64);
        Some(rule.awaits(&view, &Outlook { rung, first_byte_ms, transfer_ms }))
    }

    /// Has those bodies arrive whose first byte is here by now, as was foretold, in that order.
    pub(super) fn begin_foretold(&mut self, now: MonoTime) {
        while let Some(begins_at) = self.begins_at
            && begins_at <= now
        {
            if let [lane] = &mut self.lanes[..] {
                // No other is on its way, unless it was given up since.
                self.begins_at = None;
                let request = lane.slot.in_flight_mut().filter(|request| request.is_foretold);
                if let Some(request) = request
                    && let Some(at) = request.first_byte
                {
                    if now < at {
                        self.begins_at = Some(at);
                        return;
                    }
                    request.is_foretold = false;
                    self.meter.began(at, request.ticket);
                }
                return;
            }
            let requests = self.lanes.iter_mut().filter_map(|lane| lane.slot.in_flight_mut());
            let foretold = requests.filter(|request| request.is_foretold);
            let foretold = foretold.filter_map(|request| Some((request.first_byte?, request)));
            let Some((at, request)) = foretold.min_by_key(|(at, _)| *at) else {
                self.begins_at = None;
                return;
            };
            // One before it may have been given up since.
            self.begins_at = Some(at);
            if at <= now {
                request.is_foretold = false;
                self.meter.began(at, request.ticket);
            }
        }
    }

    /// The first byte is here, and perhaps the size that the answer is to have: notes when the
    /// rule wants to look at it.
    pub(super) fn begin_watch(&mut self, now: MonoTime, at: usize, size: Option<ByteSize>) {
        let lane = &mut self.lanes[at];
        let (patience, is_watched) = (lane.patience, lane.replacing.is_none());
        let Some(request) = lane.slot.in_flight_mut() else { return };
        let is_as_expected = size.is_none_or(|size| size == request.size);
        request.size = size.unwrap_or(request.size);
        let Some(patience) = patience.filter(|_| is_watched && request.is_segment()) else {
            return;
        };
        if is_as_expected {
            let at_first = now.after(LOOK_EVERY);
            request.watch = Watch::At(request.since.after(patience).max(at_first));
            self.bound_watch(at);
        } else {
            self.consider(now, at, ByteSize::ZERO);
        }
    }

    /// A rung given up once may be chosen again, and so may the next; each of them once is enough
    /// to come down the ladder, and then the segment comes or nothing does.
    fn bound_watch(&mut self, at: usize) {
        let lane = &mut self.lanes[at];
        if lane.given_up == 0 {
            return;
        }
        let period = self.tracks.as_ref().and_then(|tracks| tracks.period(lane.period));
        let rungs = period.map_or(0, |period| period.ladder.len());
        if rungs <= lane.given_up
            && let Some(request) = lane.slot.in_flight_mut()
        {
            request.watch = Watch::Off;
        }
    }

    /// Asks the rule whether to give up what is on its way, of which `here` has arrived, where it
    /// is time, and if not, when to ask again; returns whether it is given up.
    fn consider(&mut self, now: MonoTime, at: usize, here: ByteSize) -> bool {
        if self.lanes[at].is_overtaken(self.playhead.position()) {
            self.drop_late(now, at);
            return true;
        }
        let request = self.lanes[at].slot.in_flight();
        let is_time = request.is_some_and(|request| request.watch.is_due(now));
        let Some((rule, seen)) = self.seen(now, at) else { return false };
        let Some((view, progress)) = seen.on_its_way(now, here) else { return false };
        let is_whole = progress.bits <= progress.bits_here;
        let patience_ms = if is_whole { f64::INFINITY } else { rule.patience_ms(&view, &progress) };
        // Who would not give up for a while does not now.
        let is_asked = is_time && !is_whole && (patience_ms <= 0.0 || patience_ms.is_nan());
        if is_asked && rule.gives_up(&view, &progress) {
            self.give_up(now, at);
            return true;
        }
        let watch =
            patience(patience_ms).map(|patience| Watch::At(now.after(patience.max(LOOK_EVERY))));
        if let Some(request) = self.lanes[at].slot.in_flight_mut() {
            request.watch = watch.unwrap_or_default();
        }
        self.bound_watch(at);
        false
    }

    /// Gives up what is on its way; the rule is asked again for the same segment.
    fn give_up(&mut self, now: MonoTime, at: usize) {
        let Some(request) = self.lanes[at].slot.clear() else { return };
        // What was seen of the link is why it is given up: unless the estimate knows it, too, the
        // next choice would be the same.
        self.measure(now, &request);
        self.cancel(now, &request, Abandoned::Rule);
        let lane = &mut self.lanes[at];
        lane.pinned = None;
        lane.given_up += 1;
    }

    /// Cancels a request that was taken out of its slot.
    pub(super) fn cancel(&mut self, now: MonoTime, request: &InFlight, why: Abandoned) {
        self.outputs.push_back(Output::Cancel { ticket: request.ticket });
        self.abandon(now, request, why);
    }

    /// Closes the account of a request that is given up.
    pub(super) fn abandon(&mut self, now: MonoTime, request: &InFlight, why: Abandoned) {
        let size = self.meter.ended(now, request.ticket);
        let What::Segment { media, .. } = request.what else { return };
        // What came of a choice of the rule's is told even where it cost nothing, and whoever
        // carries a body that has begun may know of more than was said here.
        let has_begun = request.begun(now).is_some();
        if ByteSize::ZERO < size || has_begun || matches!(why, Abandoned::Rule | Abandoned::Late) {
            self.log_abandoned(now, why, media, size);
        }
    }

    /// Takes a sample of the link at the end of a video segment; bodies of audio are too small to
    /// end an account with, but count in it.
    pub(super) fn measure(&mut self, now: MonoTime, request: &InFlight) {
        if !matches!(request.what, What::Segment { media: Media::Video, .. }) {
            return;
        }
        let first_byte = request.begun(now).unwrap_or(request.since);
        let first_byte_after = first_byte.span_since(request.since);
        let (size, busy) = self.meter.take(now);
        let took = first_byte_after + busy;
        self.estimator.add(dashpot_abr::Sample { size, took, first_byte_after });
        self.estimate.throughput = self.estimator.throughput();
        self.estimate.latency_ms = millis(self.estimator.latency().into());
    }
}

/// Returns how long a rule surely does not give up; `None` for ever.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is not negative, and `as` saturates at five centuries"
)]
pub(super) fn patience(ms: f64) -> Option<Span> {
    (!ms.is_infinite() || ms < 0.0).then(|| Span::from_nanos((ms.max(0.0) * 1e6) as u64))
}
