//! The film as an endless row of segments, in exact arithmetic.
//!
//! Segment `i` begins at `first + k·P + b(j)` in ticks of the lead track, with `k = i div m` and
//! `j = i mod m`: `m` segments make a pass of exactly `P` ticks, for ever. So a number, a time of the
//! media and a time of the clock lead to one another without any drift. Where groups of pictures are
//! all alike, a pass is as many whole segments as the film has and what remains of it is left out, so
//! that no segment is odd and none crosses the seam. Where they differ, each is a segment.
//!
//! Sound is cut where frames end. Frame `n` begins at `n·F`, over all passes, so sound never has a
//! gap, an overlap or a drift. Segment `i` begins with the frame whose begin is nearest to that of
//! the segment's pictures, hence at most half a frame (10.7 ms of AAC at 48 kHz) off. The frames of
//! a pass are the film's first ones; where the film has one too few, its last one is heard twice.

mod runs;

use crate::{
    catalogue::{Asset, Fragment, Frames, Track},
    check::same_set,
    grammar::{Options, SEG},
    options::{OptionError, gops, seconds_of},
};
use dashpot_base::MediaTime;
pub use runs::Run;
use std::ops::Range;

/// An asset, looped for ever.
#[derive(Clone, Copy, Debug)]
pub struct Reel<'a> {
    asset: &'a Asset,
    lead: &'a Track,
    /// Ticks of every segment, where they are alike.
    each: Option<u64>,
    /// Segments of a pass.
    per_pass: u64,
    /// Ticks of a pass.
    pass: u64,
}

impl<'a> Reel<'a> {
    /// Returns the reel of `asset` in segments of the length that `options` ask for.
    ///
    /// # Errors
    /// Names the nearest length that fits.
    pub fn of(asset: &'a Asset, options: &Options) -> Result<Self, OptionError> {
        let given = options.number(&SEG);
        let gops = u64::from(given.map_or(Ok(1), |given| gops(asset, given))?);
        let lead = &asset.tracks[asset.lead];
        let count = u64::try_from(lead.fragments.len()).unwrap_or(u64::MAX);
        let first = lead.fragments.first().map_or(0, |first| first.start);
        let end = lead.fragments.last().map_or(0, |last| last.start + last.duration);
        let Some(gop) = asset.gop else {
            return Ok(Self { asset, lead, each: None, per_pass: count, pass: end - first });
        };
        let each = gop.ticks * gops;
        let per_pass = (end - first).checked_div(each).unwrap_or(0);
        if per_pass == 0 {
            let gop_time = |count| MediaTime { ticks: gop.ticks * count, ..gop };
            return Err(OptionError::Segment {
                given: seconds_of(gop_time(gops)),
                gop: seconds_of(gop),
                nearest: seconds_of(gop_time((end - first) / gop.ticks.max(1))),
            });
        }
        Ok(Self { asset, lead, each: Some(each), per_pass, pass: each * per_pass })
    }

    /// Returns the asset.
    #[must_use]
    pub const fn asset(&self) -> &'a Asset {
        self.asset
    }

    /// Returns the ticks per second of all times of the reel.
    #[must_use]
    pub const fn timescale(&self) -> u32 {
        self.lead.timescale
    }

    /// Returns the ticks of every segment, where they are alike.
    #[must_use]
    pub const fn each(&self) -> Option<u64> {
        self.each
    }

    /// Returns how many groups of pictures make a segment.
    pub(crate) fn gops(&self) -> u64 {
        let gops = self.each.zip(self.asset.gop).map(|(each, gop)| each.checked_div(gop.ticks));
        gops.flatten().unwrap_or(1)
    }

    /// Returns how many segments make a pass.
    #[must_use]
    pub const fn per_pass(&self) -> u64 {
        self.per_pass
    }

    /// Returns when segment `index` begins, in ticks since time zero.
    #[must_use]
    pub fn start(&self, index: u64) -> u128 {
        let begin = self.begin(index % self.per_pass);
        u128::from(index / self.per_pass) * u128::from(self.pass) + u128::from(begin)
    }

    /// Returns when a segment of the first pass begins, in ticks since time zero.
    fn begin(&self, within: u64) -> u64 {
        match self.each {
            Some(each) => self.first() + each * within,
            None => {
                let within = usize::try_from(within).unwrap_or(usize::MAX);
                self.lead.fragments.get(within).map_or(0, |fragment| fragment.start)
            }
        }
    }

    /// Returns the segment that is running at `ticks` since time zero; the first before it begins.
    #[must_use]
    pub fn at(&self, ticks: u128) -> u64 {
        let ticks = ticks.saturating_sub(u128::from(self.first()));
        let pass = u128::from(self.pass);
        let rest = u64::try_from(ticks % pass).unwrap_or(u64::MAX);
        let within = match self.each {
            Some(each) => rest / each,
            None => {
                let rest = rest + self.first();
                let after = self.lead.fragments.partition_point(|one| one.start <= rest);
                u64::try_from(after.saturating_sub(1)).unwrap_or(u64::MAX)
            }
        };
        u64::try_from(ticks / pass).unwrap_or(u64::MAX).saturating_mul(self.per_pass) + within
    }

    /// Returns the ticks of the longest segment.
    #[must_use]
    pub fn longest(&self) -> u64 {
        let durations = || self.lead.fragments.iter().map(|fragment| fragment.duration);
        self.each.unwrap_or_else(|| durations().max().unwrap_or(0))
    }

    /// Returns the track at `index` as it runs on this reel.
    #[must_use]
    pub fn strip(&self, index: usize) -> Option<Strip<'a>> {
        let (track, layout) = (self.asset.tracks.get(index)?, self.asset.layouts.get(index)?);
        Some(Strip { reel: *self, track, index, frames: layout.frames.as_ref() })
    }

    /// Returns the ticks of a pass.
    pub(crate) const fn pass_ticks(&self) -> u64 {
        self.pass
    }

    fn first(&self) -> u64 {
        self.lead.fragments.first().map_or(0, |first| first.start)
    }
}

/// One track on a reel.
#[derive(Clone, Copy, Debug)]
pub struct Strip<'a> {
    reel: Reel<'a>,
    /// The track.
    pub track: &'a Track,
    index: usize,
    frames: Option<&'a Frames>,
}

/// What a segment of a track is cut from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Whole fragments of the file, and what is added to their times in ticks.
    Fragments(Range<usize>, u64),
    /// Frames of sound, counted from the file's first one and from time zero. Before the first and
    /// behind the last one of the file stand these again.
    Frames {
        /// The first frame in the file; negative before it.
        from: i128,
        /// How many there are.
        count: u64,
    },
}

impl<'a> Strip<'a> {
    /// Returns where its frames are, if it is cut by frames.
    pub(crate) const fn frames(&self) -> Option<&'a Frames> {
        self.frames
    }

    /// Returns its place among the asset's tracks.
    #[must_use]
    pub const fn index(&self) -> usize {
        self.index
    }

    /// Returns when its part of segment `index` begins, in its own ticks.
    #[must_use]
    pub fn start(&self, index: u64) -> u64 {
        let ticks = match self.frames {
            Some(frames) => self.frame(frames, index) * u128::from(frames.duration),
            None => {
                let first = self.fragments(index).start;
                let own = self.track.fragments.get(first);
                // Behind the last fragment begins the next pass.
                let own = own.map_or(0, |fragment| fragment.start);
                self.pass_start(index / self.reel.per_pass()) + u128::from(own)
            }
        };
        u64::try_from(ticks).unwrap_or(u64::MAX)
    }

    /// Returns when the pictures of segment `index` begin, in its own ticks, to the nearest one.
    #[must_use]
    pub fn nominal(&self, index: u64) -> u64 {
        let (scale, own) = (u128::from(self.reel.timescale()), u128::from(self.track.timescale));
        let doubled = self.reel.start(index) * own * 2 + scale;
        u64::try_from(doubled.checked_div(scale * 2).unwrap_or(0)).unwrap_or(u64::MAX)
    }

    /// Returns how long each of its parts lasts, in its own ticks, where they are alike.
    #[must_use]
    pub fn each(&self) -> Option<u64> {
        let like_lead = self.frames.is_none() && same_set(self.track, self.reel.lead);
        self.reel.each().filter(|_| like_lead)
    }

    /// Returns how long its part of segment `index` lasts, in its own ticks.
    #[must_use]
    pub fn duration(&self, index: u64) -> u64 {
        self.start(index + 1).saturating_sub(self.start(index))
    }

    /// Returns the longest that a part can last, in its own ticks.
    #[must_use]
    pub fn longest(&self) -> u64 {
        let longest = u128::from(self.reel.longest()) * u128::from(self.track.timescale);
        let scaled = longest.div_ceil(u128::from(self.reel.timescale()).max(1));
        let scaled = u64::try_from(scaled).unwrap_or(u64::MAX);
        match self.frames {
            // Both ends go to the nearest frame, so that one may be won.
            Some(frames) if !scaled.is_multiple_of(frames.duration) => {
                (scaled / frames.duration + 1) * frames.duration
            }
            Some(_) => scaled,
            None if same_set(self.track, self.reel.lead) => scaled,
            // A track of another set may be cut elsewhere, and its passes are rounded to its ticks.
            None => {
                let runs = self.runs(0..self.reel.per_pass());
                runs.iter().map(|run| run.duration).max().unwrap_or(0) + 1
            }
        }
    }

    /// Returns the segment whose part begins at exactly `ticks`.
    #[must_use]
    pub fn at(&self, ticks: u64) -> Option<u64> {
        let scaled = u128::from(ticks) * u128::from(self.reel.timescale());
        let near = self.reel.at(scaled.checked_div(u128::from(self.track.timescale))?);
        // Its own begin is up to half a frame before or after that of the pictures.
        (near.saturating_sub(1)..=near + 1).find(|index| self.start(*index) == ticks)
    }

    /// Returns what its part of segment `index` is cut from.
    #[must_use]
    pub fn source(&self, index: u64) -> Source {
        let Some(frames) = self.frames else {
            let added = self.pass_start(index / self.reel.per_pass());
            return Source::Fragments(
                self.fragments(index),
                u64::try_from(added).unwrap_or(u64::MAX),
            );
        };
        let (from, to) = (self.frame(frames, index), self.frame(frames, index + 1));
        let pass = index / self.reel.per_pass();
        let pass = self.nearest(frames, u128::from(pass) * u128::from(self.reel.pass_ticks()));
        let own = self.track.fragments.first().map_or(0, |first| first.start);
        let own = (u128::from(own) + u128::from(frames.duration) / 2) / u128::from(frames.duration);
        let signed = |frame: u128| i128::try_from(frame).unwrap_or(i128::MAX);
        let count = u64::try_from(to - from).unwrap_or(u64::MAX);
        Source::Frames { from: signed(from) - signed(pass) - signed(own), count }
    }

    /// Returns the frame with which segment `index` begins, counted from time zero.
    fn frame(&self, frames: &Frames, index: u64) -> u128 {
        self.nearest(frames, self.reel.start(index))
    }

    /// Returns the frame whose begin is nearest to `ticks` of the reel, the later of two.
    fn nearest(&self, frames: &Frames, ticks: u128) -> u128 {
        let (twice, divisor) = self.halves(frames);
        let dividend = ticks * twice + divisor / 2;
        // A long timeline divides thousands of times, and 64 bits are several times faster.
        match (u64::try_from(dividend), u64::try_from(divisor)) {
            (Ok(dividend), Ok(divisor)) => dividend.checked_div(divisor).unwrap_or(0).into(),
            (Err(_), _) | (_, Err(_)) => dividend.checked_div(divisor).unwrap_or(0),
        }
    }

    /// Returns by what ticks of the reel are multiplied and then, half of it added, divided to become
    /// the nearest frame.
    fn halves(&self, frames: &Frames) -> (u128, u128) {
        let frame = u128::from(frames.duration) * u128::from(self.reel.timescale());
        (u128::from(self.track.timescale) * 2, frame * 2)
    }

    /// Returns when a pass begins in the track's ticks, rounded down; exact for tracks that share the
    /// lead's timescale.
    fn pass_start(&self, pass: u64) -> u128 {
        let ticks = u128::from(pass) * u128::from(self.reel.pass_ticks());
        let scaled = ticks * u128::from(self.track.timescale);
        scaled.checked_div(u128::from(self.reel.timescale())).unwrap_or(0)
    }

    /// Returns the fragments whose middle lies within segment `index` of a pass.
    fn fragments(&self, index: u64) -> Range<usize> {
        let within = index % self.reel.per_pass();
        let begin = self.reel.start(within);
        let end = self.reel.start(within + 1);
        self.fragment_from(begin)..self.fragment_from(end)
    }

    fn fragment_from(&self, ticks: u128) -> usize {
        let limit = ticks * 2 * u128::from(self.track.timescale);
        self.track.fragments.partition_point(|fragment| self.middle(fragment) < limit)
    }

    /// Returns twice the time of a fragment's middle, in ticks of both track and reel.
    fn middle(&self, fragment: &Fragment) -> u128 {
        let middle = u128::from(fragment.start) * 2 + u128::from(fragment.duration);
        middle * u128::from(self.reel.timescale())
    }
}

#[cfg(test)]
mod tests;
