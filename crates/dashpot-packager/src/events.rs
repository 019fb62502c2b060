//! Messages on a schedule: in the MPD and in segments, on demand and live.
//!
//! Message `n` of a stream comes at its place in a schedule that begins at time zero of the media and
//! goes on for ever, so that what it is called and when it comes follow from the path alone. A segment
//! carries those that are to be told while it lasts: each is in exactly one, however segments and
//! chunks are cut.

mod program;
mod schedule;
mod scte35;

pub(crate) use program::Program;

use bytes::{Bytes, BytesMut};
use dashpot_bmff::{BmffError, Emsg, EventTime, build_emsg};
use dashpot_mpd::{AdaptationSet, Event, EventStream};
use program::{Stream, Version};
use schedule::{Body, Message};
use std::ops::Range;

/// Messages of a stream that an MPD lists at most, the newest: some hundreds of kilobytes.
const LISTED_MAX: usize = 5_000;
/// Bytes of a box with a message, rounded up.
const BOX_BYTES: u64 = 200;

/// A segment that may carry messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Carrier {
    /// Ticks a second of its track.
    pub(crate) timescale: u32,
    /// The time of the media that it spans, in ticks.
    pub(crate) span: Range<u64>,
    /// Whether there is nothing before it, so that it carries what should have been told earlier.
    pub(crate) is_first: bool,
    /// Where the presentation ends, in ticks: what comes then is not told.
    pub(crate) end: Option<u64>,
}

impl Program {
    /// Returns the streams of a Period that begins at `offset` ticks of the media, with the messages of
    /// a span of it.
    pub(crate) fn streams(
        &self,
        timescale: u32,
        offset: u64,
        span: &Range<u64>,
    ) -> Vec<EventStream> {
        let stream = |stream: &Stream| {
            let messages = stream.schedule.messages(timescale, span);
            let old = messages.len().saturating_sub(LISTED_MAX);
            let event = |message: &Message| listed(stream, message);
            EventStream {
                timescale: Some(timescale),
                presentation_time_offset: Some(offset).filter(|offset| 0 < *offset),
                events: messages.iter().skip(old).map(event).collect(),
                ..described(stream)
            }
        };
        self.listed().map(stream).collect()
    }

    /// Says of a set that its segments carry messages, and that these take room.
    pub(crate) fn describe(&self, set: &mut AdaptationSet) {
        set.inband_event_streams.extend(self.carried().map(described));
        let per_minute = self.carried().map(|stream| stream.schedule.per_minute()).sum::<u64>();
        for bandwidth in set.representations.iter_mut().filter_map(|one| one.bandwidth.as_mut()) {
            *bandwidth = bandwidth.saturating_add((BOX_BYTES * 8 * per_minute).div_ceil(60));
        }
    }

    /// Returns the boxes of the messages that a segment carries.
    ///
    /// # Errors
    /// None: messages are short.
    pub(crate) fn boxes(&self, carrier: &Carrier) -> Result<Bytes, BmffError> {
        let mut out = BytesMut::new();
        for stream in self.carried() {
            for message in stream.schedule.told(carrier) {
                out.extend_from_slice(&self.carried_box(stream, carrier, &message)?);
            }
        }
        Ok(out.freeze())
    }

    fn carried_box(
        &self,
        stream: &Stream,
        carrier: &Carrier,
        message: &Message,
    ) -> Result<Bytes, BmffError> {
        let delta = message.at.saturating_sub(carrier.span.start);
        let [_, _, _, _, id @ ..] = message.id.to_be_bytes();
        let body = match &message.body {
            Body::Tick => tick(message).into_bytes(),
            Body::Cue(cue) => cue.section(),
        };
        build_emsg(&Emsg {
            scheme_id_uri: stream.scheme,
            value: stream.value,
            timescale: carrier.timescale,
            time: match self.version() {
                Version::Zero => EventTime::Delta(u32::try_from(delta).unwrap_or(u32::MAX)),
                Version::One => EventTime::Media(message.at),
            },
            duration: u32::try_from(message.duration).unwrap_or(u32::MAX),
            id: u32::from_be_bytes(id),
            message: &body,
        })
    }
}

fn described(stream: &Stream) -> EventStream {
    EventStream {
        scheme_id_uri: Some(stream.scheme.to_owned()),
        value: Some(stream.value.to_owned()),
        ..EventStream::default()
    }
}

fn tick(message: &Message) -> String {
    format!("tick {}", message.id)
}

fn listed(stream: &Stream, message: &Message) -> Event {
    let event = Event {
        presentation_time: Some(message.at),
        duration: Some(message.duration),
        id: Some(message.id),
        ..Event::default()
    };
    match &message.body {
        Body::Tick => Event { text: tick(message), ..event },
        Body::Cue(cue) if stream.is_binary => {
            Event { extra_children: vec![cue.binary_element()], ..event }
        }
        Body::Cue(cue) => Event { extra_children: vec![cue.element()], ..event },
    }
}

#[cfg(test)]
mod tests;
