//! One kind of media on its way through the player: what is buffered and what comes next.

use crate::{
    What,
    slot::Slot,
    tracks::{Lookup, Period, Segment, Tracks},
};
use dashpot_abr::Rung;
use dashpot_base::{MonoTime, Span};
use dashpot_qoe::Media;
use std::collections::VecDeque;

/// Why a lane with work left asks for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// The next segment is still being made, and may be asked for then.
    NotYet { until: MonoTime },
    /// The next segment is not listed yet: it will be in a later version of the MPD.
    NotListed,
    /// The next segment would pass the limit until the playhead is at this position.
    BufferFull { until: Span },
    /// The other lane is behind.
    OtherLane,
    /// The rule asked for it, until then or until the playhead is at this position: one segment
    /// stays buffered.
    Rule { until: MonoTime, position: Span },
}

/// A segment that is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Buffered {
    /// The period, and the place in it.
    pub(crate) place: (usize, usize),
    pub(crate) rung: Rung,
    pub(crate) start: Span,
    pub(crate) end: Span,
}

/// One kind of media: a buffer that grows at one end and the request that feeds it.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) media: Media,
    pub(crate) slot: Slot,
    /// Index of the period that the next segment is in.
    pub(crate) period: usize,
    /// Media is buffered from the playhead up to here, without a hole.
    pub(crate) to: Span,
    /// The place of the next segment in its track, as far as can be guessed.
    pub(crate) place: usize,
    /// Begin and end of the next segment, once it was looked at; none where it is not known.
    approached: Option<(Span, Span)>,
    /// The rung decided on for the next segment.
    pub(crate) pinned: Option<Rung>,
    /// When that is to be asked for at the earliest, as the rule wishes, and since when.
    pub(crate) delay: Option<(MonoTime, MonoTime)>,
    /// Since when the buffer has had no room.
    pub(crate) full_since: Option<MonoTime>,
    /// Segments that arrived and are not behind the playhead, in order.
    buffered: VecDeque<Buffered>,
    /// The one of them that is fetched again, or is to be.
    pub(crate) replacing: Option<Buffered>,
    /// How long the rule surely does not give the next segment up, from when it is asked for;
    /// `None` where it never does.
    pub(crate) patience: Option<Span>,
    /// How often the next segment was given up.
    pub(crate) given_up: usize,
    /// Segments since the beginning or the last seek outside the buffer.
    pub(crate) since_seek: usize,
    /// The period and rung of the segment before.
    last: Option<(usize, Rung)>,
    /// The longest segment seen.
    longest: Span,
    pub(crate) wait: Option<Wait>,
    /// There is nothing left to fetch.
    pub(crate) complete: bool,
    /// The buffer ran dry since the last request (CTA-5004 `bs`).
    pub(crate) starved: bool,
}

impl Lane {
    /// Returns an empty lane whose first segment is the one at `at`.
    pub(crate) fn new(media: Media, tracks: &Tracks, at: Span) -> Self {
        Self {
            media,
            slot: Slot::default(),
            period: tracks.period_at(at),
            to: at,
            place: 0,
            approached: None,
            pinned: None,
            delay: None,
            full_since: None,
            buffered: VecDeque::new(),
            replacing: None,
            patience: None,
            given_up: 0,
            since_seek: 0,
            last: None,
            longest: Span::ZERO,
            wait: None,
            complete: false,
            starved: false,
        }
    }

    /// Drops what is buffered and decided, and goes on at `at`.
    pub(crate) fn restart(&mut self, tracks: &Tracks, at: Span) {
        let (last, longest) = (self.last, self.longest);
        *self = Self { last, longest, ..Self::new(self.media, tracks, at) };
    }

    /// Goes on with another version of what there is to play.
    pub(crate) fn renew(&mut self, before: &Tracks, tracks: &Tracks) {
        if let Some((period, rung)) = self.last {
            // A period that is over may not be listed any more.
            let begins = before.period(period).map(|it| it.start);
            self.last = begins.map(|start| (tracks.period_at(start), rung));
        }
        self.period = tracks.period_at(self.to);
        (self.place, self.approached, self.replacing) = (0, None, None);
    }

    /// Returns the media ahead of `position`.
    #[inline]
    pub(crate) const fn level(&self, position: Span) -> Span {
        self.to.saturating_sub(position)
    }

    /// Returns the most media this lane may hold ahead of the playhead.
    ///
    /// With room for less than two segments every segment would end in a stall.
    #[inline]
    pub(crate) fn bound(&self, buffer_max: Span) -> Span {
        buffer_max.max(self.longest * 2)
    }

    /// Returns the length of the longest segment seen.
    pub(crate) const fn longest(&self) -> Span {
        self.longest
    }

    /// Returns how far this lane has got, with the segment in flight.
    pub(crate) fn reach(&self) -> Span {
        if self.complete {
            return Span::MAX;
        }
        match self.slot.in_flight().map(|it| &it.what) {
            Some(What::Segment { start, duration, .. }) => {
                (Span::from(*start) + Span::from(*duration)).max(self.to)
            }
            Some(What::Manifest | What::Index { .. } | What::Init { .. }) | None => self.to,
        }
    }

    /// Returns the rung of the segment before, carried over into `period` by its rate.
    pub(crate) fn last_rung(&self, tracks: &Tracks) -> Option<Rung> {
        let (period, rung) = self.last?;
        if period == self.period {
            return Some(rung);
        }
        let rate = tracks.period(period)?.rate(self.media, rung)?;
        let here = tracks.period(self.period)?.of(self.media);
        Some(Rung(here.iter().rposition(|track| track.bandwidth <= rate).unwrap_or(0)))
    }

    /// Moves past periods in which nothing is left to fetch; returns what is next in the one where
    /// something is, as far as that is known before a rung is chosen.
    pub(crate) fn turn_periods<'a>(&mut self, tracks: &'a Tracks) -> Option<Lookup<'a>> {
        while !self.complete {
            let Some(period) = tracks.period(self.period) else {
                self.complete = true;
                break;
            };
            let is_over = period.of(self.media).is_empty() || period.end <= self.to;
            let goes_on = tracks.goes_on(self.period);
            let next = if is_over && !goes_on { None } else { self.reference(period) };
            if goes_on || !is_over && !matches!(next, Some(Lookup::Exhausted)) {
                return next;
            }
            self.period += 1;
            (self.place, self.approached) = (0, None);
            (self.pinned, self.delay, self.replacing) = (None, None, None);
            // What a period lacks at its end is skipped, as browsers skip small gaps.
            if let Some(next) = tracks.period(self.period) {
                self.to = self.to.max(next.start);
            }
        }
        None
    }

    /// Returns the next segment as far as it is known before a rung is chosen: of the rung
    /// decided on, else of any rung whose segments are known.
    pub(crate) fn reference<'a>(&self, period: &'a Period) -> Option<Lookup<'a>> {
        let tracks = period.of(self.media);
        let pinned = self.pinned.and_then(|Rung(rung)| tracks.get(rung));
        for track in pinned.into_iter().chain(tracks) {
            match track.at(self.to, period.end, self.place) {
                Lookup::NeedsIndex => (),
                known @ (Lookup::Found(..) | Lookup::Exhausted) => return Some(known),
            }
        }
        None
    }

    /// Returns the next segment at the rung decided on.
    pub(crate) fn pinned_at<'a>(&self, period: &'a Period) -> Option<Lookup<'a>> {
        let track = period.of(self.media).get(self.pinned?.0)?;
        Some(track.at(self.to, period.end, self.place))
    }

    /// Takes in a segment that arrived while the playhead was at `position`.
    pub(crate) fn append(&mut self, position: Span, segment: Buffered) {
        debug_assert!(self.to <= segment.end, "segments only ever add");
        while self.buffered.front().is_some_and(|it| it.end <= position) {
            self.buffered.pop_front();
        }
        self.buffered.push_back(segment);
        self.to = segment.end;
        self.last = Some((self.period, segment.rung));
        (self.pinned, self.approached) = (None, None);
        self.place += 1;
        self.given_up = 0;
        self.since_seek += 1;
    }

    /// Takes in the beginning of the segment on its way, up to there.
    pub(crate) fn extend(&mut self, to: Span) {
        self.to = self.to.max(to);
    }

    /// Returns the segments of the period in which nothing was played yet, in order.
    pub(crate) fn whole_ahead(&self, position: Span) -> impl Iterator<Item = Buffered> {
        let period = self.period;
        let whole = move |it: &&Buffered| position <= it.start && it.place.0 == period;
        self.buffered.iter().filter(whole).copied()
    }

    /// Puts the segment that was fetched again in its place, at `rung`; returns whether there was
    /// still time for it.
    pub(crate) fn replace(&mut self, position: Span, rung: Rung) -> bool {
        self.pinned = None;
        let Some(target) = self.replacing.take() else { return false };
        if target.start < position {
            return false;
        }
        if let Some(segment) = self.buffered.iter_mut().find(|it| **it == target) {
            segment.rung = rung;
        }
        if self.buffered.back().is_some_and(|it| it.place == target.place) {
            self.last = Some((target.place.0, rung));
        }
        true
    }

    /// Returns whether the playhead is in the segment that is fetched again.
    pub(crate) fn is_overtaken(&self, position: Span) -> bool {
        self.replacing.is_some_and(|target| target.start < position)
    }

    /// Returns up to where the next segment plays, where that was looked at and is the same at all
    /// rungs.
    pub(crate) fn approached_end(&self, tracks: &Tracks) -> Option<Span> {
        let (_, end) = self.approached?;
        tracks.period(self.period)?.is_even.then_some(end)
    }

    /// Returns how long the segment plays that was looked at last, where that is known.
    pub(crate) fn approached(&self) -> Option<Span> {
        self.approached.map(|(start, end)| end.saturating_sub(start))
    }

    /// Returns whether that is the segment that was looked at last.
    pub(crate) fn is_approached(&self, segment: &Segment, place: usize) -> bool {
        self.place == place && self.approached == Some((segment.start, segment.end))
    }

    /// Notes that nothing is known of the next segment.
    pub(crate) const fn approach_unknown(&mut self) {
        self.approached = None;
    }

    /// Looks at the next segment: notes its length, and skips a hole before it.
    pub(crate) fn approach(&mut self, segment: &Segment, place: usize) {
        self.place = place;
        self.approached = Some((segment.start, segment.end));
        self.to = self.to.max(segment.start);
        self.longest = self.longest.max(segment.end.saturating_sub(segment.start));
    }
}
