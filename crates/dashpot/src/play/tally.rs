//! What the result and the live view tell beyond a session's numbers, from its log.

use dashpot_base::{Bitrate, ByteSize};
use dashpot_qoe::{Event, Media, Record, SeekKind, Tracker};
use std::time::Duration;

/// The latest of everything that the screen shows, and what caches did.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// Media segments of which a cache on the way said that it had them.
    pub(super) from_cache: u64,
    pub(super) rung: Option<Chosen>,
    pub(super) throughput: Option<Bitrate>,
    pub(super) last: Option<Arrived>,
    /// What failed latest, and how.
    pub(super) failure: Option<String>,
    /// Video is buffered up to here.
    video_to: Duration,
    /// What tells of latency.
    pub(super) tracker: Tracker,
}

/// The latest choice of a video rung.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chosen {
    pub(super) rung: usize,
    pub(super) bitrate: Bitrate,
    pub(super) reason: &'static str,
}

/// The latest segment that arrived.
#[derive(Clone, Debug)]
pub(super) struct Arrived {
    pub(super) media: Media,
    pub(super) number: u64,
    pub(super) size: ByteSize,
    pub(super) took: Duration,
    pub(super) cache_status: Option<String>,
}

impl Tally {
    pub(super) fn add(&mut self, record: &Record) {
        self.tracker.add(record);
        match &record.event {
            &Event::Rung { rung, reason, media: Media::Video, bitrate, throughput, .. } => {
                self.rung = Some(Chosen { rung, bitrate, reason });
                self.throughput = throughput;
            }
            Event::Segment { media, number, start, duration, size, took, cache_status, .. } => {
                if *media == Media::Video {
                    self.video_to = self.video_to.max(start.saturating_add(*duration));
                }
                self.from_cache += u64::from(cache_status.as_deref().is_some_and(is_hit));
                self.last = Some(Arrived {
                    media: *media,
                    number: *number,
                    size: *size,
                    took: *took,
                    cache_status: cache_status.clone(),
                });
            }
            &(Event::Seek { seek: SeekKind::OutsideBuffer, to, .. }
            | Event::Skip { seek: SeekKind::OutsideBuffer, to, .. }) => self.video_to = to,
            Event::Failure { what, reason, .. } => self.failure = Some(format!("{what}: {reason}")),
            Event::Rung { .. }
            | Event::Seek { .. }
            | Event::Join { .. }
            | Event::Speed { .. }
            | Event::Skip { .. }
            | Event::Replace { .. }
            | Event::Wait { .. }
            | Event::Abandon { .. }
            | Event::Play { .. }
            | Event::Stall { .. }
            | Event::Done { .. } => {}
        }
    }

    /// Returns the video ahead of `position`.
    pub(super) const fn buffer(&self, position: Duration) -> Duration {
        self.video_to.saturating_sub(position)
    }
}

/// Returns whether any cache in a `Cache-Status` field had the response.
///
/// RFC 9211 §2.1: `hit` is a parameter of a member; the same word in a quoted string or as a
/// cache's name is none.
fn is_hit(cache_status: &str) -> bool {
    let mut quoted = false;
    let mut unquoted = String::with_capacity(cache_status.len());
    for c in cache_status.chars() {
        quoted ^= c == '"';
        if !quoted {
            unquoted.push(c);
        }
    }
    unquoted
        .split(',')
        .any(|member| member.split(';').skip(1).any(|it| matches!(it.trim(), "hit" | "hit=?1")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cache_status: &str, expected: bool) {
        assert_eq!(is_hit(cache_status), expected, "{cache_status}");
    }

    #[test]
    fn a_hit_is_a_parameter_of_any_member() {
        check("edge; hit", true);
        check("edge;hit;ttl=30", true);
        check("origin-shield; fwd=miss, edge; hit", true);
        check("edge; fwd=stale; collapsed", false);
        check("hit; fwd=miss", false);
        check("edge; fwd=miss; detail=\"; hit\"", false);
        check("edge; hit=?0", false);
        check("", false);
    }
}
