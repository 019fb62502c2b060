//! Groups samples into fragments.

use std::ops::Range;
use std::time::Duration;

use dashpot_base::MediaTime;

use crate::init::Track;
use crate::mux::reader::Media;
use crate::mux::timeline::fold;
use crate::mux::{Sample, wide};

/// Where fragments begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cut {
    /// At the first sync sample that comes this long after the start of the fragment.
    AtSync(Duration),
    /// At the sync samples nearest to these times, as for audio beside video.
    Near(Vec<MediaTime>),
}

/// A track on a timeline from zero, cut into fragments.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(crate) track: Track,
    pub(crate) samples: Vec<Sample>,
    pub(crate) fragments: Vec<Range<usize>>,
}

impl Plan {
    /// Puts the samples on a timeline that starts at zero and cuts them.
    #[must_use]
    pub fn new(mut media: Media, cut: &Cut) -> Self {
        fold(&mut media);
        let timescale = media.track.timescale;
        let starts = match cut {
            Cut::AtSync(least) => {
                at_sync(&media.samples, MediaTime::from_duration(*least, timescale).ticks)
            }
            Cut::Near(times) => {
                let ticks = times.iter().filter_map(|time| time.rescale(timescale));
                near(&media.samples, ticks.map(|time| time.ticks))
            }
        };
        let ends = starts.iter().copied().skip(1).chain([media.samples.len()]);
        let fragments = starts.iter().copied().zip(ends).map(|(start, end)| start..end);
        let fragments = fragments.filter(|range| !range.is_empty()).collect();
        Self { track: media.track, samples: media.samples, fragments }
    }

    /// Drops samples that would mostly be presented after `end`.
    #[must_use]
    pub fn trimmed(mut self, end: MediaTime) -> Self {
        let end = end.rescale(self.track.timescale).map_or(u64::MAX, |end| end.ticks);
        let kept = self.samples.partition_point(|sample| {
            sample.decode_time.saturating_add(u64::from(sample.duration / 2)) < end
        });
        self.samples.truncate(kept);
        self.fragments.retain(|range| range.start < kept);
        if let Some(last) = self.fragments.last_mut() {
            last.end = last.end.min(kept);
        }
        self
    }

    /// Returns what the source says about the track.
    #[must_use]
    pub const fn track(&self) -> &Track {
        &self.track
    }

    /// Returns the samples in decode order, on the timeline from zero.
    #[must_use]
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// Returns the decode time at which each fragment starts.
    #[must_use]
    pub fn starts(&self) -> Vec<MediaTime> {
        let first = |range: &Range<usize>| self.samples.get(range.start);
        self.fragments
            .iter()
            .filter_map(first)
            .filter_map(|sample| MediaTime::new(sample.decode_time, self.track.timescale))
            .collect()
    }

    /// Returns how many samples each fragment has.
    pub fn fragment_lengths(&self) -> impl Iterator<Item = usize> {
        self.fragments.iter().map(ExactSizeIterator::len)
    }

    /// Returns the decode times of all sync samples.
    pub fn sync_times(&self) -> impl Iterator<Item = MediaTime> {
        let sync = self.samples.iter().filter(|sample| sample.sync);
        sync.filter_map(|sample| MediaTime::new(sample.decode_time, self.track.timescale))
    }

    /// Returns the duration of the track in its ticks.
    #[must_use]
    pub fn duration_ticks(&self) -> u64 {
        self.samples
            .last()
            .map_or(0, |last| last.decode_time.saturating_add(u64::from(last.duration)))
    }

    /// Returns the bytes of all samples.
    #[must_use]
    pub fn data_bytes(&self) -> u64 {
        self.samples.iter().map(|sample| u64::from(sample.size)).sum()
    }

    /// Returns the average bits a second, or `None` for an empty track.
    #[must_use]
    pub fn bits_per_second(&self) -> Option<u64> {
        let bits = u128::from(self.data_bytes()) * 8 * u128::from(self.track.timescale);
        bits.checked_div(u128::from(self.duration_ticks())).and_then(|bps| u64::try_from(bps).ok())
    }
}

fn at_sync(samples: &[Sample], least_ticks: u64) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut due = 0;
    for (index, sample) in samples.iter().enumerate() {
        // Half a sample of slack: 2 s at 29.97 frames a second are not a whole number of ticks.
        let soon = sample.decode_time.saturating_add(u64::from(sample.duration / 2));
        if index == 0 || (sample.sync && due <= soon) {
            starts.push(index);
            due = sample.decode_time.saturating_add(least_ticks);
        }
    }
    // A remnant of less than a quarter joins the fragment before: a segment of one frame costs a
    // request and says nothing about the network.
    let time = |index: &usize| samples.get(*index).map_or(0, |sample| sample.decode_time);
    let end = samples.last().map_or(0, |s| s.decode_time.saturating_add(u64::from(s.duration)));
    if 1 < starts.len()
        && starts.last().is_some_and(|last| end.saturating_sub(time(last)) < least_ticks / 4)
    {
        starts.pop();
    }
    starts
}

fn near(samples: &[Sample], times: impl Iterator<Item = u64>) -> Vec<usize> {
    let mut starts = vec![0];
    let mut from = 1;
    for time in times {
        let after = from
            + samples.get(from..).unwrap_or_default().partition_point(|s| s.decode_time < time);
        let distance = |index: usize| {
            let sample = samples.get(index).filter(|sample| sample.sync)?;
            Some((sample.decode_time.abs_diff(time), index))
        };
        let around = after.saturating_sub(1).max(from)..=after;
        if let Some((_, index)) = around.filter_map(distance).min()
            && time != 0
        {
            starts.push(index);
            from = index + 1;
        }
    }
    debug_assert!(starts.is_sorted() && wide(starts.len()) <= wide(samples.len().max(1)));
    starts
}
