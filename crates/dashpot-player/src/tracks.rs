//! What of a presentation is played: one ladder of video and one track of audio a period.

use crate::config::INDEX_ENTRIES_MAX;
use dashpot_abr::Rung;
use dashpot_base::Bitrate;
use dashpot_mpd::timeline::{
    Kind, PeriodView, Presentation, RepView, ResourceRef, SegmentIndex, SegmentRef, SetView, Sidx,
    SidxRef, from_sidx,
};
use dashpot_qoe::Media;
use std::time::Duration;

/// Everything that may be fetched, period after period.
#[derive(Debug)]
pub(crate) struct Tracks {
    periods: Vec<Period>,
}

/// One period: its place on the presentation's timeline and its tracks.
#[derive(Debug)]
pub(crate) struct Period {
    pub(crate) start: Duration,
    pub(crate) end: Duration,
    pub(crate) ladder: Vec<Bitrate>,
    video: Vec<Track>,
    audio: Vec<Track>,
}

/// One representation.
#[derive(Debug)]
pub(crate) struct Track {
    pub(crate) bandwidth: Bitrate,
    pub(crate) init: Option<ResourceRef>,
    pub(crate) mime: Option<String>,
    list: List,
}

#[derive(Debug)]
enum List {
    /// In order; every one ends after the one before it.
    Segments(Vec<Segment>),
    /// Where the list is to be had.
    Index(SidxRef),
}

/// One media segment.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) number: u64,
    /// On the presentation's timeline.
    pub(crate) start: Duration,
    pub(crate) end: Duration,
    pub(crate) url: String,
    pub(crate) range: Option<(u64, u64)>,
}

/// What a track has to offer at a point in time.
#[derive(Debug)]
pub(crate) enum Lookup<'a> {
    Found(&'a Segment),
    NeedsIndex(&'a SidxRef),
    Exhausted,
}

/// How far before its end a segment counts as played already. Representations round their
/// boundaries to their own timescales; without the slack a switch could fetch a segment again
/// for a last microsecond of it. Half a segment at most, so that short ones are not skipped.
const BOUNDARY_SLACK: Duration = Duration::from_millis(50);

impl Tracks {
    /// Chooses from `presentation`; `None` where it has neither video nor audio to play.
    pub(crate) fn choose(presentation: Presentation, language: Option<&str>) -> Option<Self> {
        let periods: Vec<_> =
            presentation.periods.into_iter().map(|view| Period::choose(view, language)).collect();
        let playable = periods.iter().any(|it| !it.video.is_empty() || !it.audio.is_empty());
        playable.then_some(Self { periods })
    }

    pub(crate) fn period(&self, index: usize) -> Option<&Period> {
        self.periods.get(index)
    }

    /// Returns the index of the period that plays at `at`; the last one begun by then.
    pub(crate) fn period_at(&self, at: Duration) -> usize {
        self.periods.partition_point(|period| period.start <= at).saturating_sub(1)
    }

    /// Returns whether any period has this kind of media.
    pub(crate) fn have(&self, media: Media) -> bool {
        self.periods.iter().any(|period| !period.of(media).is_empty())
    }

    /// Returns the position nearest to `at` at which something may be played.
    pub(crate) fn clamp(&self, at: Duration) -> Duration {
        let start = self.periods.first().map_or(Duration::ZERO, |period| period.start);
        let end = self.periods.last().map_or(Duration::MAX, |period| period.end);
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
        let Some(track) = tracks.get_mut(rung) else { return false };
        track.learn(start, sidx)
    }
}

impl Period {
    /// Returns what the sound takes of the link.
    pub(crate) fn sound(&self) -> Bitrate {
        self.audio.first().map_or(Bitrate::default(), |track| track.bandwidth)
    }

    fn choose(view: PeriodView, language: Option<&str>) -> Self {
        let start = view.start;
        let end = start.saturating_add(view.duration);
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
        let ladder = video.iter().map(|track| track.bandwidth).collect();
        Self { start, end, ladder, video, audio }
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
    fn new(rep: RepView, period_start: Duration) -> Option<Self> {
        let list = match rep.index {
            SegmentIndex::Listed(refs) => List::Segments(segments(refs, period_start)),
            SegmentIndex::NeedsSidx(file) => List::Index(file),
        };
        match &list {
            List::Segments(segments) if segments.is_empty() => None,
            List::Segments(_) | List::Index(_) => {
                let bandwidth = Bitrate::from_bps(rep.bandwidth);
                Some(Self { bandwidth, init: rep.init, mime: rep.mime, list })
            }
        }
    }

    /// Returns the segment that plays at `at` or next after it, within a period that ends at
    /// `period_end`.
    pub(crate) fn at(&self, at: Duration, period_end: Duration) -> Lookup<'_> {
        let segments = match &self.list {
            List::Segments(segments) => segments,
            List::Index(file) => return Lookup::NeedsIndex(file),
        };
        let next = segments.partition_point(|segment| {
            let slack = (segment.end.saturating_sub(segment.start) / 2).min(BOUNDARY_SLACK);
            segment.end <= at.saturating_add(slack)
        });
        match segments.get(next) {
            Some(segment) if segment.start < period_end => Lookup::Found(segment),
            Some(_) | None => Lookup::Exhausted,
        }
    }
}

impl Track {
    fn learn(&mut self, period_start: Duration, sidx: &Sidx) -> bool {
        let List::Index(file) = &self.list else { return false };
        if INDEX_ENTRIES_MAX < sidx.entries.len() {
            return false;
        }
        let segments = segments(from_sidx(file, sidx).unwrap_or_default(), period_start);
        let useful = !segments.is_empty();
        if useful {
            self.list = List::Segments(segments);
        }
        useful
    }
}

/// Returns `refs` on the presentation's timeline. Segments without length, and those that end no
/// later than the one before them, would never be played and are left out.
fn segments(refs: Vec<SegmentRef>, period_start: Duration) -> Vec<Segment> {
    let mut end_before = period_start;
    let mut segments = Vec::with_capacity(refs.len());
    for it in refs {
        let start = period_start.saturating_add(it.start.as_duration());
        let end = start.saturating_add(it.duration.as_duration());
        if end <= end_before.max(start) {
            continue;
        }
        end_before = end;
        segments.push(Segment { number: it.number, start, end, url: it.url, range: it.range });
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
