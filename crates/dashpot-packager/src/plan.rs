//! Which bytes make up a reply: pieces in memory and ranges of files, one after the other.

use crate::{
    catalogue::Asset,
    options::Shape,
    timeline::{Segment, Timeline},
};
use bytes::Bytes;
use dashpot_bmff::{BmffError, Reference, Sidx, build_sidx, retime, sidx_len};
use std::{ops::Range, sync::Arc};

/// A body that nobody has put together: its length, and the parts of any range of it.
#[derive(Clone, Debug)]
pub struct Plan {
    source: Source,
    len: u64,
}

/// What a body is made of.
#[derive(Clone, Debug)]
enum Source {
    /// Fragments of the film as they are, but for their times.
    Film(Film),
    /// Parts that are known one by one, with where each begins.
    Listed(Arc<[(u64, Part)]>),
}

/// A stretch of a film, before which may stand its movie header and an index.
#[derive(Clone, Debug)]
struct Film {
    asset: Arc<Asset>,
    track: usize,
    shape: Shape,
    init: Range<u64>,
    index: Bytes,
    /// Fragments, counted over all passes.
    fragments: Range<u64>,
}

/// A piece of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Bytes as they are.
    Bytes(Bytes),
    /// Bytes to be read.
    File {
        /// The file, relative to the media root.
        path: String,
        /// Which of its bytes; never empty.
        range: Range<u64>,
    },
}

impl Part {
    /// Returns how many bytes it has.
    #[must_use]
    pub fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            Self::File { range, .. } => range.end - range.start,
        }
    }

    /// Says whether it has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the bytes that need not be read.
    pub(crate) fn into_bytes(self) -> Option<Bytes> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::File { .. } => None,
        }
    }
}

/// Returns the bytes of samples, each of which begins somewhere and has a size, joined where they
/// adjoin in the file.
pub(crate) fn runs(samples: impl Iterator<Item = (u64, u32)>) -> Vec<Range<u64>> {
    let mut runs: Vec<Range<u64>> = Vec::new();
    for (at, size) in samples.filter(|(_, size)| *size != 0) {
        let end = at.saturating_add(size.into());
        match runs.last_mut() {
            Some(last) if last.end == at => last.end = end,
            Some(_) | None => runs.push(at..end),
        }
    }
    runs
}

impl Plan {
    pub(crate) fn init(asset: Arc<Asset>, track: usize) -> Option<Self> {
        let init = asset.tracks.get(track)?.init.clone();
        Self::new((asset, track, Shape::PLAIN), init, Bytes::new(), 0..0)
    }

    pub(crate) fn segment(
        asset: Arc<Asset>,
        track: usize,
        shape: Shape,
        segment: &Segment,
    ) -> Option<Self> {
        Self::new((asset, track, shape), 0..0, Bytes::new(), segment.fragments.clone())
    }

    /// Returns the plan of the whole virtual file: `ftyp` and `moov`, a `sidx` with one reference a
    /// segment, and all fragments of all passes.
    pub(crate) fn file(
        asset: Arc<Asset>,
        track: usize,
        shape: Shape,
    ) -> Result<Option<Self>, BmffError> {
        let Some(timeline) = Timeline::new(&asset, track, shape) else {
            return Ok(None);
        };
        let index = index(&timeline)?;
        let (init, fragments) = (timeline.track().init.clone(), 0..timeline.fragment_count());
        Ok(Self::new((asset, track, shape), init, index, fragments))
    }

    fn new(
        (asset, track, shape): (Arc<Asset>, usize, Shape),
        init: Range<u64>,
        index: Bytes,
        fragments: Range<u64>,
    ) -> Option<Self> {
        let timeline = Timeline::new(&asset, track, shape)?;
        let media = timeline.offset(fragments.end) - timeline.offset(fragments.start);
        let len = (init.end - init.start) + length(&index) + media;
        let film = Film { asset, track, shape, init, index, fragments };
        Some(Self { source: Source::Film(film), len })
    }

    /// Returns the plan of a body that consists of `parts`.
    #[must_use]
    pub fn of_parts(parts: impl IntoIterator<Item = Part>) -> Self {
        let mut len = 0_u64;
        let placed = parts.into_iter().filter(|part| !part.is_empty()).map(|part| {
            let start = len;
            len = len.saturating_add(part.len());
            (start, part)
        });
        let source = Source::Listed(placed.collect());
        Self { source, len }
    }

    /// Returns the plan of a body that is there.
    #[must_use]
    pub fn of_bytes(bytes: Bytes) -> Self {
        Self::of_parts([Part::Bytes(bytes)])
    }

    /// Returns how many bytes the body has.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Says whether the body has no bytes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns about how much memory it takes, what it shares with others left out.
    #[must_use]
    pub fn memory(&self) -> usize {
        // An allocation has its own costs, and files have paths.
        const PART: usize = 128;
        match &self.source {
            Source::Film(film) => film.index.len() + PART,
            Source::Listed(parts) => parts.iter().fold(PART, |sum, (_, part)| match part {
                Part::Bytes(bytes) => sum + bytes.len() + PART,
                Part::File { .. } => sum + PART,
            }),
        }
    }

    /// Returns the parts of a range of the body, cut to its length; none of them is empty.
    #[must_use]
    pub fn parts(&self, range: Range<u64>) -> Parts {
        let end = range.end.min(self.len);
        Parts { plan: self.clone(), at: range.start.min(end), end }
    }

    /// Returns the rest of the part in which the byte `at` lies, up to `end`.
    fn part(&self, at: u64, end: u64) -> Option<Part> {
        match &self.source {
            Source::Film(film) => film.part(at, end),
            Source::Listed(parts) => {
                let index = parts.partition_point(|(start, _)| *start <= at).checked_sub(1)?;
                let (start, part) = parts.get(index)?;
                let (at, end) = (at - start, (end - start).min(part.len()));
                match part {
                    Part::Bytes(bytes) => slice(bytes, at..end),
                    Part::File { path, range } => {
                        let range = range.start + at..range.start + end;
                        Some(Part::File { path: path.clone(), range })
                    }
                }
            }
        }
    }
}

impl Film {
    fn part(&self, at: u64, end: u64) -> Option<Part> {
        let timeline = Timeline::new(&self.asset, self.track, self.shape)?;
        let track = timeline.track();
        let file = |range| Part::File { path: track.path.clone(), range };
        let init_len = self.init.end - self.init.start;
        if at < init_len {
            return Some(file(self.init.start + at..self.init.start + end.min(init_len)));
        }
        let prefix = init_len + length(&self.index);
        if at < prefix {
            return slice(&self.index, at - init_len..end.min(prefix) - init_len);
        }
        // Offsets as if the body began with the first fragment of all.
        let base = timeline.offset(self.fragments.start);
        let (at, end) = (at - prefix + base, end - prefix + base);
        let index = timeline.fragment_at_offset(at);
        let fragment = track.fragments.get(timeline.on_disk(index))?;
        let start = timeline.offset(index);
        let (at, end) = (at - start, (end - start).min(fragment.size));
        let head = length(&fragment.head);
        if head <= at {
            return Some(file(fragment.offset + at..fragment.offset + end));
        }
        // Sequence numbers go on over all passes: ISO/IEC 14496-12 §8.8.5 wants them to increase.
        let sequence = u32::try_from(index + 1).ok()?;
        let head = retime(&fragment.head, timeline.added(index), sequence).ok()?;
        slice(&head, at..end.min(length(&head)))
    }
}

/// The parts of a range of a [`Plan`]. It ends early only where a head cannot be patched, which
/// [`Asset::new`] and [`Shape::of`] rule out; the driver then finds the body too short.
#[derive(Clone, Debug)]
pub struct Parts {
    plan: Plan,
    at: u64,
    end: u64,
}

impl Iterator for Parts {
    type Item = Part;

    fn next(&mut self) -> Option<Part> {
        if self.end <= self.at {
            return None;
        }
        let part = self.plan.part(self.at, self.end)?;
        self.at = self.at.saturating_add(part.len());
        Some(part)
    }
}

fn length(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn slice(bytes: &Bytes, range: Range<u64>) -> Option<Part> {
    let (start, end) = (usize::try_from(range.start).ok()?, usize::try_from(range.end).ok()?);
    (start < end && end <= bytes.len()).then(|| Part::Bytes(bytes.slice(start..end)))
}

fn index(timeline: &Timeline<'_>) -> Result<Bytes, BmffError> {
    let track = timeline.track();
    let references = timeline.segments().map(|segment| {
        let bytes =
            timeline.offset(segment.fragments.end) - timeline.offset(segment.fragments.start);
        // What does not fit 31 or 32 bits becomes a value that `build_sidx` refuses or clips.
        let size = u32::try_from(bytes).unwrap_or(u32::MAX);
        Reference::fragment(size, u32::try_from(segment.duration).unwrap_or(u32::MAX))
    });
    build_sidx(&Sidx {
        reference_id: track.track_id,
        timescale: track.timescale,
        earliest_presentation_time: timeline.segment(1).map_or(0, |first| first.start),
        first_offset: 0,
        references: references.collect(),
    })
}

/// Where the pieces of a virtual file lie, as `SegmentBase` and `SegmentList` say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileMap {
    /// Bytes of `ftyp` and `moov`.
    pub(crate) init: Range<u64>,
    /// Bytes of the `sidx`.
    pub(crate) index: Range<u64>,
}

impl FileMap {
    pub(crate) fn of(timeline: &Timeline<'_>) -> Self {
        let init = timeline.track().init.end - timeline.track().init.start;
        let count = usize::try_from(timeline.segment_count()).unwrap_or(usize::MAX);
        let index = u64::try_from(sidx_len(count)).unwrap_or(u64::MAX);
        Self { init: 0..init, index: init..init + index }
    }

    /// Returns the bytes of a segment.
    pub(crate) fn segment(&self, timeline: &Timeline<'_>, segment: &Segment) -> Range<u64> {
        let at = |fragment| self.index.end + timeline.offset(fragment);
        at(segment.fragments.start)..at(segment.fragments.end)
    }
}
