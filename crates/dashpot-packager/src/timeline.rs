//! When each segment of a track begins and which fragments it holds.
//!
//! Pass `k` of a track begins `k` times the asset's period after the start, rounded down to the
//! track's own ticks. So tracks never drift apart by more than one tick however often they are
//! looped; where a track is a little shorter or longer than the period (audio, by less than a
//! frame), its last fragment of a pass is said to last until the next pass begins.

use crate::{
    catalogue::{Asset, Layout, Track},
    options::Shape,
};
use dashpot_base::MediaTime;
use std::ops::Range;

/// One track of an asset in a shape. Every look-up takes at most logarithmic time.
#[derive(Clone, Copy, Debug)]
pub struct Timeline<'a> {
    track: &'a Track,
    layout: &'a Layout,
    period: MediaTime,
    gop: Option<MediaTime>,
    shape: Shape,
}

/// A segment: one or more fragments that are asked for as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its number, from 1.
    pub number: u64,
    /// Earliest presentation time in the track's ticks.
    pub start: u64,
    /// Ticks until the next segment starts.
    pub duration: u64,
    /// Its fragments, counted from 0 over all passes.
    pub fragments: Range<u64>,
}

impl<'a> Timeline<'a> {
    /// Returns the timeline of the track at `index`, or `None` where there is none.
    #[must_use]
    pub fn new(asset: &'a Asset, index: usize, shape: Shape) -> Option<Self> {
        let (track, layout) = (asset.tracks.get(index)?, asset.layouts.get(index)?);
        Some(Self { track, layout, period: asset.period, gop: asset.gop, shape })
    }

    /// Returns the track.
    #[must_use]
    pub const fn track(&self) -> &'a Track {
        self.track
    }

    pub(crate) const fn layout(&self) -> &'a Layout {
        self.layout
    }

    /// Returns how many fragments there are over all passes.
    #[must_use]
    pub fn fragment_count(&self) -> u64 {
        self.kept() * u64::from(self.shape.passes)
    }

    /// Returns how many segments there are.
    #[must_use]
    pub fn segment_count(&self) -> u64 {
        self.fragment_count().checked_sub(1).map_or(0, |last| self.segment_of(last) + 1)
    }

    /// Returns every segment in order.
    pub fn segments(self) -> impl Iterator<Item = Segment> + 'a {
        (1..=self.segment_count()).filter_map(move |number| self.segment(number))
    }

    /// Returns the segment of that number, counted from 1.
    #[must_use]
    pub fn segment(&self, number: u64) -> Option<Segment> {
        let index = number.checked_sub(1).filter(|index| *index < self.segment_count())?;
        let fragments = self.first_of(index)..self.first_of(index + 1);
        let (start, end) = (self.start(fragments.start), self.end(fragments.end.checked_sub(1)?));
        Some(Segment { number, start, duration: end.checked_sub(start)?, fragments })
    }

    /// Returns the segment that starts at exactly that time, in the track's ticks.
    #[must_use]
    pub fn segment_at(&self, time: u64) -> Option<Segment> {
        let before =
            partition_point(0..self.fragment_count(), |fragment| self.start(fragment) < time);
        let fragment = Some(before).filter(|at| *at < self.fragment_count())?;
        self.segment(self.segment_of(fragment) + 1).filter(|segment| segment.start == time)
    }

    /// Returns the ticks that retiming adds to a fragment as it is on disk.
    #[must_use]
    pub fn added(&self, fragment: u64) -> u64 {
        self.pass_start(fragment.checked_div(self.kept()).unwrap_or(0))
    }

    /// Returns which fragment of the file is the one counted over all passes.
    pub(crate) fn on_disk(&self, fragment: u64) -> usize {
        let within = fragment.checked_rem(self.kept()).unwrap_or(0);
        usize::try_from(within).unwrap_or(usize::MAX)
    }

    /// Returns the bytes of all fragments before this one.
    pub(crate) fn offset(&self, fragment: u64) -> u64 {
        let pass = fragment.checked_div(self.kept()).unwrap_or(0);
        let within = self.on_disk(fragment).checked_sub(1).map_or(0, |last| self.layout.ends[last]);
        pass.saturating_mul(self.pass_bytes()).saturating_add(within)
    }

    /// Returns the fragment that holds the byte `offset`, counted as in [`Timeline::offset`].
    pub(crate) fn fragment_at_offset(&self, offset: u64) -> u64 {
        let pass = offset.checked_div(self.pass_bytes()).unwrap_or(0);
        let within = offset.checked_rem(self.pass_bytes()).unwrap_or(0);
        let index = self.layout.ends.partition_point(|end| *end <= within);
        pass * self.kept() + u64::try_from(index).unwrap_or(u64::MAX)
    }

    fn pass_bytes(&self) -> u64 {
        self.layout.ends.last().copied().unwrap_or(0)
    }

    fn kept(&self) -> u64 {
        u64::try_from(self.layout.kept).unwrap_or(u64::MAX)
    }

    fn pass_start(&self, pass: u64) -> u64 {
        let ticks = u128::from(pass) * u128::from(self.period.ticks);
        let scaled = ticks * u128::from(self.track.timescale);
        let start = scaled.checked_div(u128::from(self.period.timescale)).unwrap_or(0);
        u64::try_from(start).unwrap_or(u64::MAX)
    }

    fn start(&self, fragment: u64) -> u64 {
        let own = self.track.fragments.get(self.on_disk(fragment)).map_or(0, |own| own.start);
        self.added(fragment).saturating_add(own)
    }

    fn end(&self, fragment: u64) -> u64 {
        if fragment + 1 < self.fragment_count() {
            return self.start(fragment + 1);
        }
        let own = self.track.fragments.get(self.on_disk(fragment)).map_or(0, |own| own.duration);
        self.start(fragment).saturating_add(own)
    }

    /// Returns which segment, counted from 0, holds a fragment: the one within whose nominal time
    /// the fragment's middle lies, so that audio cut a frame early or late stays with its video.
    fn segment_of(&self, fragment: u64) -> u64 {
        let Some(gop) = self.gop.filter(|_| 1 < self.shape.gops) else {
            return fragment;
        };
        let middle = u128::from(self.start(fragment)) + u128::from(self.end(fragment));
        let length = u128::from(gop.ticks) * u128::from(self.shape.gops);
        let length = length * u128::from(self.track.timescale) * 2;
        let index = (middle * u128::from(gop.timescale)).checked_div(length).unwrap_or(0);
        u64::try_from(index).unwrap_or(u64::MAX)
    }

    /// Returns the first fragment of a segment, or the number of fragments behind the last one.
    fn first_of(&self, segment: u64) -> u64 {
        partition_point(0..self.fragment_count(), |fragment| self.segment_of(fragment) < segment)
    }
}

/// Returns the first of `range` that fails `holds`, or its end; none that holds comes behind one
/// that fails.
pub(crate) fn partition_point(range: Range<u64>, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (range.start, range.end);
    while low < high {
        let middle = low.midpoint(high);
        if holds(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests;
