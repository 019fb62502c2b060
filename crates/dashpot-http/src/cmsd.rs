//! Common Media Server Data (CTA-5006): what a server tells with each response.
//!
//! `CMSD-Static` is the origin's and passes unchanged; to `CMSD-Dynamic` each server on the way
//! adds a member of its own.

use crate::{
    cmcd::{ObjectType, StreamType, StreamingFormat},
    structured::push_string,
};
use dashpot_base::Bitrate;
use http::{HeaderName, HeaderValue};
use std::{fmt::Write as _, time::Duration};

/// The field to which servers add what they know at the start of a response.
pub const CMSD_DYNAMIC: HeaderName = HeaderName::from_static("cmsd-dynamic");

/// The field in which an origin tells what does not change on the way.
pub const CMSD_STATIC: HeaderName = HeaderName::from_static("cmsd-static");

/// What an origin knows of what it sends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Static {
    /// The encoded bitrate of the object: `br`, in kbit/s.
    pub encoded_bitrate: Option<Bitrate>,
    /// The playback duration of the object: `d`, in ms.
    pub object_duration: Option<Duration>,
    /// The object that is likely asked for next, relative to this one: `nor`.
    pub next_object: Option<String>,
    /// What kind of object it is: `ot`.
    pub object_type: Option<ObjectType>,
    /// The streaming format: `sf`.
    pub streaming_format: Option<StreamingFormat>,
    /// Whether the stream is live: `st`.
    pub stream_type: Option<StreamType>,
}

impl Static {
    /// Returns the field's value, or `None` where there is nothing to tell.
    #[must_use]
    pub fn to_value(&self) -> Option<HeaderValue> {
        let mut text = String::new();
        let mut push = |member: String| {
            if !text.is_empty() {
                text.push(',');
            }
            text.push_str(&member);
        };
        if let Some(rate) = self.encoded_bitrate {
            push(format!("br={}", rate.bps().div_ceil(1_000)));
        }
        if let Some(span) = self.object_duration {
            push(format!("d={}", span.as_millis()));
        }
        if let Some(next) = &self.next_object {
            let mut quoted = String::new();
            push_string(&mut quoted, next);
            push(format!("nor={quoted}"));
        }
        if let Some(kind) = self.object_type {
            push(format!("ot={}", kind.token()));
        }
        if let Some(format) = self.streaming_format {
            push(format!("sf={}", format.token()));
        }
        if let Some(kind) = self.stream_type {
            push(format!("st={}", kind.token()));
        }
        HeaderValue::try_from(text).ok().filter(|value| !value.is_empty())
    }
}

/// What a server knows of itself and of the way to its client as a response starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dynamic {
    /// The throughput to the client as the server estimates it: `etp`, in kbit/s.
    pub estimated_throughput: Option<Bitrate>,
    /// The highest bitrate that a player is to play: `mb`, in kbit/s.
    pub max_suggested: Option<Bitrate>,
    /// The time to the client and back: `rtt`, in ms.
    pub round_trip: Option<Duration>,
    /// Whether the server is under duress: `du`.
    pub duress: bool,
}

impl Dynamic {
    /// Returns the member that the server `name` adds, or `None` where it knows nothing.
    #[must_use]
    pub fn to_member(self, name: &str) -> Option<HeaderValue> {
        if self == Self::default() {
            return None;
        }
        let mut text = String::new();
        push_string(&mut text, name);
        if let Some(rate) = self.estimated_throughput {
            // Writing to a string cannot fail.
            write!(text, ";etp={}", rate.bps() / 1_000).unwrap_or_default();
        }
        if let Some(rate) = self.max_suggested {
            write!(text, ";mb={}", rate.bps() / 1_000).unwrap_or_default();
        }
        if let Some(round_trip) = self.round_trip {
            // A millisecond at least: zero would say that there is no way between.
            let millis = round_trip.as_micros().div_ceil(1_000).max(1);
            write!(text, ";rtt={millis}").unwrap_or_default();
        }
        if self.duress {
            text.push_str(";du");
        }
        HeaderValue::try_from(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(dynamic: Dynamic, expected: Option<&str>) {
        let member = dynamic.to_member("dashpot-edge");
        assert_eq!(member.as_ref().map(|member| member.to_str().unwrap()), expected);
    }

    #[test]
    fn an_origin_tells_what_it_sends() {
        assert_eq!(Static::default().to_value(), None);
        let all = Static {
            encoded_bitrate: Some(Bitrate::from_bps(123_028)),
            object_duration: Some(Duration::from_millis(2_002)),
            next_object: Some("2.m4s".to_owned()),
            object_type: Some(ObjectType::Video),
            streaming_format: Some(StreamingFormat::Dash),
            stream_type: Some(StreamType::Live),
        };
        let expected = "br=124,d=2002,nor=\"2.m4s\",ot=v,sf=d,st=l";
        assert_eq!(all.to_value().unwrap().to_str().unwrap(), expected);
    }

    #[test]
    fn a_server_adds_what_it_knows_in_the_units_of_the_standard() {
        check(Dynamic::default(), None);
        check(Dynamic { duress: true, ..Dynamic::default() }, Some("\"dashpot-edge\";du"));
        let all = Dynamic {
            estimated_throughput: Some(Bitrate::from_bps(12_345_678)),
            max_suggested: Some(Bitrate::from_bps(2_000_999)),
            round_trip: Some(Duration::from_micros(20_100)),
            duress: true,
        };
        check(all, Some("\"dashpot-edge\";etp=12345;mb=2000;rtt=21;du"));
        let near = Dynamic { round_trip: Some(Duration::ZERO), ..Dynamic::default() };
        check(near, Some("\"dashpot-edge\";rtt=1"));
    }
}
