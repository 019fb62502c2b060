//! Which segments there are, by the names that the browser knows them by.

use dashpot_base::Bitrate;
use dashpot_mpd::timeline::{Kind, Presentation, SegmentIndex};
use dashpot_qoe::Media;
use std::{collections::BTreeMap, time::Duration};

/// By how much the browser's idea of where a segment begins may differ from ours: it counts in
/// floating-point seconds, and rounds to milliseconds here and there.
const APART: Duration = Duration::from_millis(50);

/// The film's segments by representation.
#[derive(Debug)]
pub(super) struct Film {
    representations: BTreeMap<String, Representation>,
    end: Duration,
}

/// A representation.
#[derive(Debug)]
struct Representation {
    media: Media,
    rung: usize,
    bitrate: Bitrate,
    segments: Vec<Segment>,
}

/// A segment, and of what it is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) media: Media,
    pub(super) rung: usize,
    pub(super) bitrate: Bitrate,
    pub(super) segment: Segment,
}

/// A segment's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) number: u64,
    pub(super) start: Duration,
    pub(super) duration: Duration,
}

impl Film {
    /// Returns what is in the first period of `presentation`.
    pub(super) fn of(presentation: &Presentation) -> Self {
        let mut representations = BTreeMap::new();
        let mut end = Duration::ZERO;
        for set in presentation.periods.iter().take(1).flat_map(|period| &period.sets) {
            let media = match set.kind {
                Kind::Video => Media::Video,
                Kind::Audio => Media::Audio,
                Kind::Text | Kind::Other => continue,
            };
            let mut ladder: Vec<_> = set.representations.iter().collect();
            ladder.sort_by_key(|it| it.bandwidth);
            for (rung, representation) in ladder.into_iter().enumerate() {
                let SegmentIndex::Listed(listed) = &representation.index else { continue };
                let segments = listed.iter().map(|it| Segment {
                    number: it.number,
                    start: it.start.as_duration(),
                    duration: it.duration.as_duration(),
                });
                let segments = segments.collect::<Vec<_>>();
                let last = segments.last().map(|it| it.start.saturating_add(it.duration));
                end = end.max(last.unwrap_or_default());
                let bitrate = Bitrate::from_bps(representation.bandwidth);
                let found = Representation { media, rung, bitrate, segments };
                representations.insert(representation.id.clone(), found);
            }
        }
        Self { representations, end }
    }

    /// Returns where the film ends.
    pub(super) const fn end(&self) -> Duration {
        self.end
    }

    /// Returns the segment of that representation that begins there.
    pub(super) fn piece(&self, media: Media, id: &str, start: Duration) -> Option<Piece> {
        let of = self.representations.get(id).filter(|it| it.media == media)?;
        let after = of.segments.partition_point(|it| it.start < start);
        let near = of.segments[after.saturating_sub(1)..].iter().take(2);
        let segment = near.min_by_key(|it| it.start.abs_diff(start))?;
        (segment.start.abs_diff(start) <= APART).then_some(Piece {
            media,
            rung: of.rung,
            bitrate: of.bitrate,
            segment: *segment,
        })
    }
}
