//! What a rule is shown.

use super::Player;
use crate::{
    What,
    lane::Lane,
    playhead::Playhead,
    tracks::{Lookup, Period, Tracks, bits, kbps, millis},
};
use dashpot_abr::{Film, Live, Progress, Rule, View};
use dashpot_base::{Bitrate, ByteSize, MonoTime, Span};
use dashpot_qoe::Media;

/// The segment length that a rule is told while no index has said it: a common one. The rule has
/// no estimate at that point, so little depends on it.
const SEGMENT_UNKNOWN: Span = Span::from_millis(4_000);

/// What the player's estimator says of the link.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Estimate {
    pub(super) throughput: Option<Bitrate>,
    pub(super) latency_ms: f64,
}

/// What of the player a rule may see, for one lane.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen<'a> {
    tracks: &'a Tracks,
    period: &'a Period,
    lane: &'a Lane,
    playhead: &'a Playhead,
    estimate: Estimate,
    buffer_max: Span,
    since_start: Span,
    film: &'a dyn Film,
    live: Option<Live>,
}

impl Player {
    /// Returns the rule, and what it may see of the lane at `index`.
    #[inline]
    pub(super) fn seen(
        &mut self,
        now: MonoTime,
        index: usize,
    ) -> Option<(&mut dyn Rule, Seen<'_>)> {
        let (tracks, lane) = (self.tracks.as_deref()?, self.lanes.get(index)?);
        let live = self.live.as_ref();
        let forecast = live.and_then(|live| live.films.get(lane.period));
        let seen = Seen {
            tracks,
            film: forecast.map_or(tracks, |film| film as &dyn Film),
            live: live.map(|live| live.seen(now, &self.playhead)),
            period: tracks.period(lane.period)?,
            lane,
            playhead: &self.playhead,
            estimate: self.estimate,
            // There is no more of a live film between playhead and edge than the target.
            buffer_max: live
                .map_or(Span::MAX, |live| live.setup.target.into())
                .min(self.config.buffer_max.into()),
            since_start: now.span_since(self.started.unwrap_or(now)),
        };
        Some((self.rule.as_mut(), seen))
    }
}

impl<'a> Seen<'a> {
    /// Returns the view of the next segment, which the lane has gone up to.
    #[inline]
    pub(super) fn approached(self) -> View<'a> {
        self.view(self.lane.place, self.lane.approached().unwrap_or(SEGMENT_UNKNOWN))
    }

    /// Returns the view of the segment that is next.
    pub(super) fn next(self) -> View<'a> {
        let (segment, place) = match self.lane.reference(self.period) {
            Some(Lookup::Found(segment, place)) => {
                (segment.end.saturating_sub(segment.start), place)
            }
            Some(Lookup::NeedsIndex | Lookup::Exhausted) | None => {
                (SEGMENT_UNKNOWN, self.lane.place)
            }
        };
        self.view(place, segment)
    }

    /// Returns the view of the video segment on its way, and how far that has got.
    #[inline]
    pub(super) fn on_its_way(self, now: MonoTime, here: ByteSize) -> Option<(View<'a>, Progress)> {
        let request = self.lane.slot.in_flight()?;
        let What::Segment { media: Media::Video, rung, duration, .. } = request.what else {
            return None;
        };
        let (_, place) = request.place;
        let progress = Progress {
            index: self.period.first + place,
            rung,
            bits: bits(request.size),
            bits_here: bits(here),
            first_byte_ms: millis(request.first_byte?.span_since(request.since)),
            since_ms: millis(request.took(now)),
        };
        Some((self.view(place, duration.into()), progress))
    }

    #[inline]
    fn view(self, place: usize, segment: Span) -> View<'a> {
        let link = self.estimate.throughput.map(|link| kbps(link.without(self.period.sound())));
        View {
            now_ms: millis(self.since_start),
            ladder: &self.period.ladder,
            film: self.film,
            index: self.period.first + place,
            since_seek: self.lane.since_seek,
            buffer_ms: millis(self.lane.level(self.playhead.position())),
            buffer_max_ms: millis(self.lane.bound(self.buffer_max)),
            segment_ms: millis(segment),
            throughput_kbps: link,
            latency_ms: self.estimate.latency_ms,
            last: self.lane.last_rung(self.tracks),
            is_playing: self.playhead.hold().is_none(),
            live: self.live,
        }
    }
}
