//! Downloads that the rule watches, and may give up.

use super::Player;
use crate::{
    Output, Ticket, What,
    slot::{InFlight, Watch},
};
use dashpot_base::{ByteSize, MonoTime};
use dashpot_qoe::{Abandoned, Media};
use std::time::Duration;

/// How often a rule is asked at most. Sabre asks as often; players that use browsers hear of
/// progress about as often.
const LOOK_EVERY: Duration = Duration::from_millis(50);

impl Player {
    /// More of a body is here, or as much as before where the player asked; returns whether
    /// something was given up.
    pub(super) fn on_progress(&mut self, now: MonoTime, ticket: Ticket, size: ByteSize) -> bool {
        self.meter.grew(ticket, size);
        let is_watched =
            |request: &InFlight| request.fetch.ticket == ticket && request.watch == Watch::Looking;
        let mut lanes = self.lanes.iter();
        let watched = lanes.position(|lane| lane.slot.in_flight().is_some_and(is_watched));
        watched.is_some_and(|at| self.consider(now, at, size))
    }

    /// Asks how much is here of what the rule wants to look at now.
    pub(super) fn look(&mut self, now: MonoTime) {
        for lane in &mut self.lanes {
            if let Some(request) = lane.slot.in_flight_mut()
                && matches!(request.watch, Watch::At(at) if at <= now)
            {
                request.watch = Watch::Looking;
                let ticket = request.fetch.ticket;
                self.outputs.push_back(Output::Look { ticket });
            }
        }
    }

    /// Notes when the rule wants to look at a download of which `here` has arrived.
    pub(super) fn watch(&mut self, now: MonoTime, at: usize, here: ByteSize) {
        if !self.lanes[at].is_watched {
            return;
        }
        let watch = self.next_look(now, at, here).map_or(Watch::Off, Watch::At);
        if let Some(request) = self.lanes[at].slot.in_flight_mut() {
            request.watch = watch;
        }
    }

    fn next_look(&mut self, now: MonoTime, at: usize, here: ByteSize) -> Option<MonoTime> {
        let (given_up, is_again) = (self.lanes[at].given_up, self.lanes[at].replacing.is_some());
        let (rule, seen) = self.seen(now, at)?;
        let (view, progress) = seen.on_its_way(now, here)?;
        // What is fetched again is dropped when the playhead is there, and no sooner. A rung given
        // up once may be chosen again, and so may the next; each of them once is enough to come
        // down the ladder, and then the segment comes or nothing does.
        if is_again || view.ladder.len() <= given_up || progress.bits <= progress.bits_here {
            return None;
        }
        let patience_ms = rule.patience_ms(&view, &progress);
        if !patience_ms.is_finite() {
            return None;
        }
        let patience = Duration::try_from_secs_f64(patience_ms.max(0.0) / 1_000.0).ok()?;
        Some(now.after(patience.max(LOOK_EVERY)))
    }

    /// Asks the rule whether to give up what is on its way, of which `here` has arrived; returns
    /// whether it is.
    fn consider(&mut self, now: MonoTime, at: usize, here: ByteSize) -> bool {
        let gives_up = self.seen(now, at).is_some_and(|(rule, seen)| {
            let seen = seen.on_its_way(now, here);
            seen.is_some_and(|(view, progress)| {
                progress.bits_here < progress.bits && rule.gives_up(&view, &progress)
            })
        });
        if gives_up {
            self.give_up(now, at);
        } else {
            self.watch(now, at, here);
        }
        gives_up
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
        self.outputs.push_back(Output::Cancel { ticket: request.fetch.ticket });
        self.abandon(now, request, why);
    }

    /// Closes the account of a request that is given up.
    pub(super) fn abandon(&mut self, now: MonoTime, request: &InFlight, why: Abandoned) {
        let size = self.meter.ended(now, request.fetch.ticket);
        let What::Segment { media, .. } = request.fetch.what else { return };
        // A choice of the rule's is told even where it cost nothing.
        if ByteSize::ZERO < size || why == Abandoned::Rule {
            self.log_abandoned(now, why, media, size);
        }
    }

    /// Takes a sample of the link at the end of a video segment; bodies of audio are too small to
    /// end an account with, but count in it.
    pub(super) fn measure(&mut self, now: MonoTime, request: &InFlight) {
        if !matches!(request.fetch.what, What::Segment { media: Media::Video, .. }) {
            return;
        }
        let first_byte = request.first_byte.unwrap_or(request.since);
        let first_byte_after = first_byte.since(request.since);
        let (size, busy) = self.meter.take(now);
        let took = first_byte_after.saturating_add(busy);
        self.estimator.add(dashpot_abr::Sample { size, took, first_byte_after });
        self.estimate.throughput = self.estimator.throughput();
        self.estimate.latency = self.estimator.latency();
    }
}
