//! Messages on a schedule: in the MPD and in segments, on demand and live.
//!
//! Message `n` of a stream comes at `n` times its interval after time zero of the media, for ever, so
//! that what it is called and when it comes follow from the path alone. A segment carries those whose
//! time lies in it: each is in exactly one, however segments and chunks are cut.

use crate::{
    grammar::{EMSG, EMSG_VERSION, EVENTS, Options},
    options::OptionError,
};
use bytes::{Bytes, BytesMut};
use dashpot_bmff::{BmffError, Emsg, EventTime, build_emsg};
use dashpot_mpd::{AdaptationSet, Event, EventStream};
use std::ops::Range;

/// The scheme of messages that say nothing but their number.
const TICK: &str = "urn:dashpot:event:tick:2026";
/// The value in the scheme of those in the MPD.
const LISTED: &str = "mpd";
/// The value in the scheme of those in segments. dash.js wants one.
const IN_BAND: &str = "emsg";
/// Messages of a stream that an MPD lists at most, the newest: some hundreds of kilobytes.
const LISTED_MAX: usize = 5_000;

/// Bytes of a box with a message, rounded up.
const BOX_BYTES: u64 = 120;

/// What comes when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Program {
    /// Milliseconds between two messages in the MPD.
    listed_ms: Option<u64>,
    /// Milliseconds between two messages in segments.
    in_band_ms: Option<u64>,
    /// The version of the boxes of these.
    version: Version,
}

/// How a box counts its time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Version {
    /// From the begin of the segment.
    Zero,
    /// On the timeline of the media.
    #[default]
    One,
}

/// A message at its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tick {
    number: u64,
    /// In ticks since time zero of the media.
    at: u64,
}

impl Program {
    /// Returns what the options ask for.
    ///
    /// # Errors
    /// Names an option that says something about what is not there.
    pub(crate) fn of(options: &Options) -> Result<Self, OptionError> {
        let in_band_ms = options.number(&EMSG);
        let version = options.number(&EMSG_VERSION);
        if let (None, Some(given)) = (in_band_ms, version) {
            return Err(OptionError::Fit {
                given: format!("{}_{given}", EMSG_VERSION.name),
                why: "no segment carries a message: add `emsg_5s`".to_owned(),
            });
        }
        Ok(Self {
            listed_ms: options.number(&EVENTS),
            in_band_ms,
            version: if version == Some(0) { Version::Zero } else { Version::One },
        })
    }

    /// Says whether the MPD lists messages, so that time changes it.
    pub(crate) const fn lists(&self) -> bool {
        self.listed_ms.is_some()
    }

    /// Returns the name of an option that puts messages into segments, if there is one.
    pub(crate) fn in_band(&self) -> Option<&'static str> {
        self.in_band_ms.map(|_| EMSG.name)
    }

    /// Returns the streams of a Period that begins at `offset` ticks of the media, with the messages of
    /// a span of it.
    pub(crate) fn streams(
        &self,
        timescale: u32,
        offset: u64,
        span: &Range<u64>,
    ) -> Vec<EventStream> {
        let Some(every_ms) = self.listed_ms else { return Vec::new() };
        let event = |tick: Tick| Event {
            presentation_time: Some(tick.at),
            duration: Some(0),
            id: Some(tick.number),
            text: text(tick.number),
            ..Event::default()
        };
        let ticks = ticks(every_ms, timescale, span);
        let old = ticks.len().saturating_sub(LISTED_MAX);
        vec![EventStream {
            timescale: Some(timescale),
            presentation_time_offset: Some(offset).filter(|offset| 0 < *offset),
            events: ticks.into_iter().skip(old).map(event).collect(),
            ..stream(LISTED)
        }]
    }

    /// Says of a set that its segments carry messages, and that these take room.
    pub(crate) fn describe(&self, set: &mut AdaptationSet) {
        let Some(every_ms) = self.in_band_ms else { return };
        set.inband_event_streams.push(stream(IN_BAND));
        for bandwidth in set.representations.iter_mut().filter_map(|one| one.bandwidth.as_mut()) {
            *bandwidth = bandwidth.saturating_add((BOX_BYTES * 8_000).div_ceil(every_ms));
        }
    }

    /// Returns the boxes of the messages that a segment carries, which spans those ticks of the media.
    ///
    /// # Errors
    /// None: messages are short.
    pub(crate) fn boxes(&self, timescale: u32, span: &Range<u64>) -> Result<Bytes, BmffError> {
        let mut out = BytesMut::new();
        let Some(every_ms) = self.in_band_ms else { return Ok(out.freeze()) };
        for tick in ticks(every_ms, timescale, span) {
            let delta = u32::try_from(tick.at - span.start).unwrap_or(u32::MAX);
            let [_, _, _, _, id @ ..] = tick.number.to_be_bytes();
            out.extend_from_slice(&build_emsg(&Emsg {
                scheme_id_uri: TICK,
                value: IN_BAND,
                timescale,
                time: match self.version {
                    Version::Zero => EventTime::Delta(delta),
                    Version::One => EventTime::Media(tick.at),
                },
                duration: 0,
                id: u32::from_be_bytes(id),
                message: text(tick.number).as_bytes(),
            })?);
        }
        Ok(out.freeze())
    }
}

fn text(number: u64) -> String {
    format!("tick {number}")
}

fn stream(value: &str) -> EventStream {
    EventStream {
        scheme_id_uri: Some(TICK.to_owned()),
        value: Some(value.to_owned()),
        ..EventStream::default()
    }
}

/// Returns the messages whose time, rounded down to ticks, lies in a span.
fn ticks(every_ms: u64, timescale: u32, span: &Range<u64>) -> Vec<Tick> {
    let (every, scale) = (u128::from(every_ms.max(1)), u128::from(timescale).max(1));
    // The first whose time is not before a tick: floor(n·every·scale/1000) is at least `tick` from
    // that on whose exact time is.
    let from = |tick: u64| (u128::from(tick) * 1_000).div_ceil(every * scale);
    let tick = |number: u128| Tick {
        number: u64::try_from(number).unwrap_or(u64::MAX),
        at: u64::try_from(number * every * scale / 1_000).unwrap_or(u64::MAX),
    };
    (from(span.start)..from(span.end)).map(tick).collect()
}

#[cfg(test)]
mod tests;
