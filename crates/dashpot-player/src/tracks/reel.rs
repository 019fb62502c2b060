//! Tracks as a rule sees them, and as a simulator makes them.

use super::{List, Period, Segment, Segments, Track, Tracks, kbps};
use dashpot_abr::{Film, Nominal, Rung, Table};
use dashpot_base::{Bitrate, ByteSize, Span};

/// The segment length that a rule is told while no index has said it: a common one.
const SEGMENT_MS_UNKNOWN: f64 = 4_000.0;

/// The most that a number of a [`Table`] may come to, in bits a second, bytes or nanoseconds: far
/// beyond any film, and such that a thousand days of one-second segments do not overflow.
const NUMBER_MAX: f64 = 1e17;

impl Tracks {
    /// Returns the film of `table`, without sound: what a simulator plays, which nobody has to
    /// find. Sizes are whole bytes, lengths whole nanoseconds, both rounded up.
    #[must_use]
    pub fn of_table(table: &Table) -> Self {
        let mut segments = vec![Segments::default(); table.ladder().len()];
        let mut start = Span::ZERO;
        for (index, number) in (0..table.segments()).zip(1..) {
            let length = Span::from_nanos(whole(table.segment_ms(index) * 1e6));
            let end = start + length;
            for (rung, segments) in segments.iter_mut().enumerate() {
                let size = Some(ByteSize::new(whole(table.bits(index, Rung(rung)) / 8.0)));
                segments.list.push(Segment::new(number, start..end, size));
            }
            start = end;
        }
        let video = table.ladder().iter().zip(segments).map(|(rate, segments)| Track {
            bandwidth: Bitrate::from_bps(whole(rate * 1_000.0)),
            init: None,
            mime: None,
            list: List::Segments(segments),
        });
        let video = video.collect::<Vec<_>>();
        let ladder = video.iter().map(|track| kbps(track.bandwidth)).collect();
        let (first, audio) = (0, Vec::new());
        let is_even = false;
        let period = Period { start: Span::ZERO, end: start, ladder, first, video, audio, is_even };
        Self { periods: vec![period], is_open: false }.numbered()
    }

    /// Returns the size of segment `index` at `rung`, where it is known before it is fetched. The
    /// top rung's sizes stand for those above it, the last segment's for those after it.
    #[must_use]
    pub fn size(&self, index: usize, Rung(rung): Rung) -> Option<ByteSize> {
        let (period, place) = self.find(index)?;
        let track = period.video.get(rung).or_else(|| period.video.last())?;
        let segments = track.segments()?;
        segments.get(place).or_else(|| segments.last())?.size
    }

    /// Returns what may be known of each period before it has come into being.
    pub(crate) fn forecast(&self) -> Vec<Nominal> {
        let films = self.periods.iter().map(|period| Nominal {
            ladder: period.ladder.clone(),
            segment_ms: self.segment_ms(period.first),
            count: None,
        });
        films.collect()
    }

    /// Returns the period of segment `index`, and the segment's place in it.
    fn find(&self, index: usize) -> Option<(&Period, usize)> {
        if let [only] = &self.periods[..] {
            return Some((only, index));
        }
        let after = self.periods.iter().skip(1).filter(|period| period.first <= index).count();
        let period = self.periods.get(after)?;
        Some((period, index - period.first.min(index)))
    }
}

impl Film for Tracks {
    fn count(&self) -> Option<usize> {
        self.periods.iter().map(Period::count).sum()
    }

    /// The length at the lowest rung of which it is known.
    fn segment_ms(&self, index: usize) -> f64 {
        let found = self.find(index).and_then(|(period, place)| {
            let segments = period.video.iter().find_map(Track::segments)?;
            segments.get(place).or_else(|| segments.last())
        });
        found.map_or(SEGMENT_MS_UNKNOWN, |it| millis(it.end.saturating_sub(it.start)))
    }

    fn bits(&self, index: usize, rung: Rung) -> f64 {
        if let Some(size) = self.size(index, rung) {
            return bits(size);
        }
        let Some((period, _)) = self.find(index) else { return 0.0 };
        let rate = period.ladder.get(rung.0).or_else(|| period.ladder.last());
        rate.map_or(0.0, |rate| rate * self.segment_ms(index))
    }
}

/// Returns a time in the unit of rules.
pub(crate) fn millis(time: Span) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// Returns a size in the unit of rules.
#[expect(clippy::cast_precision_loss, reason = "no segment has 2^53 bits")]
pub(crate) fn bits(size: ByteSize) -> f64 {
    size.bytes() as f64 * 8.0
}

/// Returns a number of a table, rounded up; at least one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is clamped to what fits"
)]
fn whole(number: f64) -> u64 {
    number.ceil().clamp(1.0, NUMBER_MAX) as u64
}
