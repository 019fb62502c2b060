//! Which segment a path stands for.

use super::{Channel, Track};
use bytes::Bytes;
use dashpot_base::{MediaTime, WallTime};
use std::time::Duration;

/// How a path names a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// `$Number$`, which counts from time zero.
    Number(u64),
    /// `$Time$` in ticks of the track.
    Time(u64),
}

/// What there is of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// It is there, or arriving: the time, in ticks, at which it starts.
    There(u64),
    /// It is to come in so many milliseconds, if the encoder goes on.
    Soon(u64),
    /// It has left the window.
    Gone,
    /// It never was.
    Never,
}

impl Channel {
    /// Returns the initialization segment of a track.
    #[must_use]
    pub fn init(&self, track: &str) -> Option<&Bytes> {
        self.tracks.get(track).map(|track| &track.init)
    }

    /// Returns the media type of a track.
    #[must_use]
    pub fn content_type(&self, track: &str) -> Option<&'static str> {
        self.tracks.get(track).map(Track::content_type)
    }

    /// Says whether a segment is there as a whole.
    #[must_use]
    pub fn is_whole(&self, track: &str, start: u64) -> bool {
        let track = self.tracks.get(track);
        track.and_then(|track| track.segments.get(&start)).is_some_and(|one| one.is_whole)
    }

    /// Returns how long a segment is and the time, in ticks, at which it ends, once it is whole.
    #[must_use]
    pub fn extent(&self, track: &str, start: u64) -> Option<(Duration, u64)> {
        let track = self.tracks.get(track)?;
        let segment = track.segments.get(&start).filter(|segment| segment.is_whole)?;
        let duration = MediaTime::new(segment.duration, track.coded.timescale)?.as_duration();
        Some((duration, start.saturating_add(segment.duration)))
    }

    /// Finds a segment.
    #[must_use]
    pub fn find(&self, now: WallTime, track: &str, place: Place) -> Lookup {
        let Some(track) = self.tracks.get(track) else { return Lookup::Never };
        let (Some((first, _)), Some(end)) = (track.segments.first_key_value(), track.end()) else {
            return Lookup::Never;
        };
        let wanted = match place {
            Place::Time(time) if track.segments.contains_key(&time) => return Lookup::There(time),
            Place::Time(time) => time,
            Place::Number(number) => {
                let Some(each_ms) = self.each_ms() else { return Lookup::Never };
                let is_it = |start: &&u64| track.number(**start, each_ms) == number;
                if let Some(start) = track.segments.keys().find(is_it) {
                    return Lookup::There(*start);
                }
                number.saturating_mul(each_ms).saturating_mul(track.coded.timescale.into()) / 1_000
            }
        };
        // Half a segment of sound is nothing to be early or late by.
        let slack = u64::from(track.coded.timescale) / 4;
        if wanted < *first {
            return Lookup::Gone;
        }
        if wanted.saturating_add(slack) < end || self.is_ended {
            return Lookup::Never;
        }
        let comes = self.zero_ms.unwrap_or(0).saturating_add(track.ms(wanted));
        Lookup::Soon(comes.saturating_sub(now.unix_millis()))
    }
}

impl Track {
    pub(super) const fn content_type(&self) -> &'static str {
        if self.coded.width == 0 { "audio/mp4" } else { "video/mp4" }
    }
}
