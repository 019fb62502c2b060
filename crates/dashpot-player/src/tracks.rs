//! What of a presentation is played: one ladder of video and one track of audio a period.

mod reel;

pub(crate) use reel::{bits, millis};

use crate::config::INDEX_ENTRIES_MAX;
use dashpot_abr::Rung;
use dashpot_base::{Bitrate, ByteSize, Span};
use dashpot_mpd::timeline::{
    Kind, PeriodView, Presentation, RepView, ResourceRef, SegmentIndex, SegmentRef, SetView, Sidx,
    SidxRef, from_sidx,
};
use dashpot_qoe::Media;
use std::ops::Range;

/// Everything that may be fetched, period after period.
#[derive(Clone, Debug)]
pub struct Tracks {
    periods: Vec<Period>,
    /// Whether there will be more at the end than is listed.
    pub(crate) is_open: bool,
}

/// One period: its place on the presentation's timeline and its tracks.
#[derive(Clone, Debug)]
pub(crate) struct Period {
    pub(crate) start: Span,
    pub(crate) end: Span,
    /// The ladder of video in kbit/s, as rules see it.
    pub(crate) ladder: Vec<f64>,
    /// How many segments of video the periods before this one have, as far as that is known.
    pub(crate) first: usize,
    video: Vec<Track>,
    audio: Vec<Track>,
    /// Whether the segments are known of all tracks, and those of a kind of media are cut alike.
    pub(crate) is_even: bool,
}

/// One representation.
#[derive(Clone, Debug)]
pub(crate) struct Track {
    pub(crate) bandwidth: Bitrate,
    pub(crate) init: Option<ResourceRef>,
    pub(crate) mime: Option<String>,
    list: List,
}

#[derive(Clone, Debug)]
enum List {
    Segments(Segments),
    /// Where the list is to be had.
    Index(SidxRef),
}

#[derive(Clone, Debug, Default)]
struct Segments {
    /// In order; every one ends after the one before it.
    list: Vec<Segment>,
    /// Where each of them is; empty where nobody has to know, as in a simulator.
    places: Vec<ResourceRef>,
}

/// One media segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub(crate) number: u64,
    /// On the presentation's timeline.
    pub(crate) start: Span,
    pub(crate) end: Span,
    /// From where on it counts as played.
    behind_at: Span,
    /// Its size, where that is known before it is fetched.
    pub(crate) size: Option<ByteSize>,
}

/// What a track has to offer at a point in time.
#[derive(Debug)]
pub(crate) enum Lookup<'a> {
    /// The segment, and its place in the track.
    Found(&'a Segment, usize),
    NeedsIndex,
    Exhausted,
}

/// How far before its end a segment counts as played already. Representations round their
/// boundaries to their own timescales; without the slack a switch could fetch a segment again
/// for a last microsecond of it. Half a segment at most, so that short ones are not skipped.
const BOUNDARY_SLACK: Span = Span::from_millis(50);

impl Tracks {
    /// Chooses from `presentation`; `None` where it has neither video nor audio to play.
    pub(crate) fn choose(presentation: Presentation, language: Option<&str>) -> Option<Self> {
        let is_open = presentation.live.is_some_and(|live| live.is_open);
        let periods: Vec<_> =
            presentation.periods.into_iter().map(|view| Period::choose(view, language)).collect();
        let playable = periods.iter().any(|it| !it.video.is_empty() || !it.audio.is_empty());
        playable.then_some(Self { periods, is_open }.numbered())
    }

    /// Counts the segments of each period.
    fn numbered(mut self) -> Self {
        let mut first = 0;
        for period in &mut self.periods {
            period.first = first;
            period.is_even = is_even(&period.video) && is_even(&period.audio);
            first += period.count().unwrap_or(0);
        }
        self
    }

    pub(crate) fn period(&self, index: usize) -> Option<&Period> {
        self.periods.get(index)
    }

    /// Returns the index of the period that plays at `at`; the last one begun by then.
    pub(crate) fn period_at(&self, at: Span) -> usize {
        self.periods.partition_point(|period| period.start <= at).saturating_sub(1)
    }

    /// Returns whether what comes after the period is not known yet.
    pub(crate) fn goes_on(&self, period: usize) -> bool {
        self.is_open && period + 1 == self.periods.len()
    }

    /// Returns the length of the longest segment of which it is known.
    pub(crate) fn longest(&self) -> Span {
        let tracks =
            self.periods.iter().flat_map(|period| period.video.iter().chain(&period.audio));
        let segments = tracks.filter_map(Track::segments).flatten();
        segments.map(|it| it.end.saturating_sub(it.start)).max().unwrap_or_default()
    }

    /// Returns whether any period has this kind of media.
    pub(crate) fn have(&self, media: Media) -> bool {
        self.periods.iter().any(|period| !period.of(media).is_empty())
    }

    /// Returns the position nearest to `at` at which something may be played.
    pub(crate) fn clamp(&self, at: Span) -> Span {
        let start = self.periods.first().map_or(Span::ZERO, |period| period.start);
        let end = self.periods.last().map_or(Span::MAX, |period| period.end);
        at.min(end).max(start)
    }

    /// Takes in the segment index of one representation; returns whether it was of use.
    pub(crate) fn learn(&mut self, at: (usize, Media, Rung), sidx: &Sidx) -> bool {
        let (period, media, Rung(rung)) = at;
        let Some(period) = self.periods.get_mut(period) else { return false };
        let start = period.start;
        let tracks = match media {
            Media::Video => &mut period.video,
            Media::Audio => &mut period.audio,
        };
        let learnt = tracks.get_mut(rung).is_some_and(|track| track.learn(start, sidx));
        if learnt {
            let empty = Self { periods: Vec::new(), is_open: false };
            *self = std::mem::replace(self, empty).numbered();
        }
        learnt
    }
}

impl Period {
    /// Returns what the sound takes of the link.
    pub(crate) fn sound(&self) -> Bitrate {
        self.audio.first().map_or(Bitrate::default(), |track| track.bandwidth)
    }

    fn choose(view: PeriodView, language: Option<&str>) -> Self {
        let start = Span::from(view.start);
        let end = start + view.duration.into();
        let (mut video, mut audio) = (Vec::new(), Vec::new());
        let wished = wished_audio(&view.sets, language);
        for (position, set) in view.sets.into_iter().enumerate() {
            let usable = is_usable(&set, Kind::Video);
            let tracks =
                || set.representations.into_iter().filter_map(|rep| Track::new(rep, start));
            match set.kind {
                Kind::Video if usable && video.is_empty() => video = tracks().collect(),
                Kind::Audio if wished == Some(position) => audio = tracks().take(1).collect(),
                Kind::Video | Kind::Audio | Kind::Text | Kind::Other => (),
            }
        }
        video.sort_by_key(|track| track.bandwidth);
        let ladder = video.iter().map(|track| kbps(track.bandwidth)).collect();
        Self { start, end, ladder, first: 0, video, audio, is_even: false }
    }

    /// Returns how many segments of video there are; `None` while no index has said it.
    fn count(&self) -> Option<usize> {
        match self.video.iter().find_map(Track::segments) {
            Some(segments) => Some(segments.len()),
            None if self.video.is_empty() => Some(0),
            None => None,
        }
    }

    pub(crate) fn of(&self, media: Media) -> &[Track] {
        match media {
            Media::Video => &self.video,
            Media::Audio => &self.audio,
        }
    }

    pub(crate) fn rate(&self, media: Media, Rung(rung): Rung) -> Option<Bitrate> {
        self.of(media).get(rung).map(|track| track.bandwidth)
    }
}

impl Track {
    /// Returns the track of `rep`; `None` where it has nothing to fetch.
    fn new(rep: RepView, period_start: Span) -> Option<Self> {
        let list = match rep.index {
            SegmentIndex::Listed(refs) => List::Segments(segments(refs, period_start)),
            SegmentIndex::NeedsSidx(file) => List::Index(file),
        };
        match &list {
            List::Segments(segments) if segments.list.is_empty() => None,
            List::Segments(_) | List::Index(_) => {
                let bandwidth = Bitrate::from_bps(rep.bandwidth);
                Some(Self { bandwidth, init: rep.init, mime: rep.mime, list })
            }
        }
    }

    /// Returns the segment that plays at `at` or next after it, within a period that ends at
    /// `period_end`. It is looked for at `hint` first.
    #[inline]
    pub(crate) fn at(&self, at: Span, period_end: Span, hint: usize) -> Lookup<'_> {
        let segments = match &self.list {
            List::Segments(segments) => &segments.list,
            List::Index(_) => return Lookup::NeedsIndex,
        };
        let is_behind = |segment: &Segment| segment.behind_at <= at;
        let before = hint.checked_sub(1).map(|before| segments.get(before));
        let is_there = segments.get(hint).is_some_and(|segment| !is_behind(segment))
            && before.is_none_or(|before| before.is_some_and(is_behind));
        let next = if is_there { hint } else { segments.partition_point(is_behind) };
        match segments.get(next) {
            Some(segment) if segment.start < period_end => Lookup::Found(segment, next),
            Some(_) | None => Lookup::Exhausted,
        }
    }

    /// Returns where the segment at `place` is, and when it begins.
    pub(crate) fn place(&self, place: usize) -> Option<(&ResourceRef, Span)> {
        let List::Segments(segments) = &self.list else { return None };
        Some((segments.places.get(place)?, segments.list.get(place)?.start))
    }

    /// Returns where the segment index is, while it is not here.
    pub(crate) const fn index(&self) -> Option<&SidxRef> {
        match &self.list {
            List::Index(file) => Some(file),
            List::Segments(_) => None,
        }
    }

    /// Returns the segments, where they are known.
    fn segments(&self) -> Option<&[Segment]> {
        match &self.list {
            List::Segments(segments) => Some(&segments.list),
            List::Index(_) => None,
        }
    }

    fn learn(&mut self, period_start: Span, sidx: &Sidx) -> bool {
        let List::Index(file) = &self.list else { return false };
        if INDEX_ENTRIES_MAX < sidx.entries.len() {
            return false;
        }
        let segments = segments(from_sidx(file, sidx).unwrap_or_default(), period_start);
        let useful = !segments.list.is_empty();
        if useful {
            self.list = List::Segments(segments);
        }
        useful
    }
}

/// Returns whether the segments of all `tracks` are known, and begin and end at the same times.
fn is_even(tracks: &[Track]) -> bool {
    let mut lists = tracks.iter().map(Track::segments);
    let first = lists.next().unwrap_or(Some(&[]));
    let is_same = |(a, b): (&Segment, &Segment)| (a.start, a.end) == (b.start, b.end);
    first.is_some_and(|first| {
        lists.all(|other| {
            other.is_some_and(|other| {
                first.len() == other.len() && first.iter().zip(other).all(is_same)
            })
        })
    })
}

impl Segment {
    fn new(number: u64, span: Range<Span>, size: Option<ByteSize>) -> Self {
        let Range { start, end } = span;
        let slack = (end.saturating_sub(start) / 2).min(BOUNDARY_SLACK);
        Self { number, start, end, behind_at: end.saturating_sub(slack), size }
    }
}

/// Returns `refs` on the presentation's timeline. Segments without length, and those that end no
/// later than the one before them, would never be played and are left out.
fn segments(refs: Vec<SegmentRef>, period_start: Span) -> Segments {
    let mut end_before = period_start;
    let mut segments = Segments::default();
    for it in refs {
        let start = period_start + it.start.as_duration().into();
        let end = start + it.duration.as_duration().into();
        if end <= end_before.max(start) {
            continue;
        }
        end_before = end;
        let size = it.range.filter(|(_, last)| *last < u64::MAX);
        let size = size.map(|(first, last)| ByteSize::new(last.saturating_sub(first) + 1));
        segments.list.push(Segment::new(it.number, start..end, size));
        segments.places.push(ResourceRef { url: it.url, range: it.range });
    }
    segments
}

/// Returns whether a set is of this kind and asks for nothing beyond it.
///
/// ISO/IEC 23009-1 §5.8.4.8: a set whose `EssentialProperty` is not understood is left alone.
fn is_usable(set: &SetView, kind: Kind) -> bool {
    set.kind == kind && set.essential_schemes.is_empty()
}

/// Returns the position of the audio set to play: the first in the language wished for, else the
/// first of all.
fn wished_audio(sets: &[SetView], language: Option<&str>) -> Option<usize> {
    let mut audio = sets.iter().enumerate().filter(|(_, set)| is_usable(set, Kind::Audio));
    let first = audio.clone().next()?;
    let speaks = |set: &SetView| match (set.lang.as_deref(), language) {
        (Some(has), Some(wished)) => primary(has).eq_ignore_ascii_case(primary(wished)),
        _ => false,
    };
    Some(audio.find(|(_, set)| speaks(set)).unwrap_or(first).0)
}

/// Returns the primary language subtag (RFC 5646 §2.2.1).
fn primary(tag: &str) -> &str {
    tag.split('-').next().unwrap_or(tag)
}

/// Returns a rate in the unit of rules.
#[expect(clippy::cast_precision_loss, reason = "rates above 2^53 bps do not exist")]
pub(crate) fn kbps(rate: Bitrate) -> f64 {
    rate.bps() as f64 / 1_000.0
}
