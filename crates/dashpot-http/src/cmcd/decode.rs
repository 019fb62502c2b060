//! CMCD as servers find it: out of order, with white space, and now and then wrong.

use super::{
    Cmcd, ID_CHARS_MAX, ObjectType, PATH_CHARS_MAX, StreamType, StreamingFormat, encode::GROUPS,
};
use crate::list::{digits, split, trim, unquote};
use dashpot_base::Bitrate;
use http::HeaderMap;
use percent_encoding::percent_decode;
use std::time::Duration;

impl Cmcd {
    /// Reads the four header fields; `None` where none of them has a known key with a value.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let mut cmcd = Self::default();
        for (_, name) in &GROUPS {
            for line in headers.get_all(name) {
                cmcd.take_all(line.as_bytes());
            }
        }
        (cmcd != Self::default()).then_some(cmcd)
    }

    /// Reads the argument `CMCD` of a URL's query (without its `?`); `None` where it is absent or
    /// has no known key with a value.
    #[must_use]
    pub fn from_query(query: &str) -> Option<Self> {
        let mut arguments = query.split('&').filter_map(|argument| argument.split_once('='));
        let (_, value) = arguments.find(|(name, _)| *name == "CMCD")?;
        let mut cmcd = Self::default();
        let decoded: Vec<u8> = percent_decode(value.as_bytes()).collect();
        cmcd.take_all(&decoded);
        (cmcd != Self::default()).then_some(cmcd)
    }

    /// Takes the members that can be read; unknown keys and broken values are left out.
    fn take_all(&mut self, list: &[u8]) {
        for member in split(list) {
            let equals = member.iter().position(|&byte| byte == b'=');
            let (key, value) =
                equals.map_or((member, None), |at| (&member[..at], Some(trim(&member[at + 1..]))));
            self.take(trim(key), value);
        }
    }

    fn take(&mut self, key: &[u8], value: Option<&[u8]>) {
        match key {
            b"bl" => self.buffer_length = millis(value),
            b"br" => self.encoded_bitrate = kbps(value),
            b"bs" => self.buffer_starved = flag(value),
            b"cid" => self.content_id = text(value, ID_CHARS_MAX),
            b"d" => self.object_duration = millis(value),
            b"dl" => self.deadline = millis(value),
            b"mtp" => self.measured_throughput = kbps(value),
            b"nor" => self.next_object = text(value, PATH_CHARS_MAX),
            b"nrr" => self.next_range = text(value, ID_CHARS_MAX),
            b"ot" => self.object_type = token(value).and_then(|token| ObjectType::of(&token)),
            b"pr" => self.playback_rate = decimal(value),
            b"rtp" => self.requested_throughput_max = kbps(value),
            b"sf" => {
                self.streaming_format = token(value).and_then(|token| StreamingFormat::of(&token));
            }
            b"sid" => self.session_id = text(value, ID_CHARS_MAX),
            b"st" => self.stream_type = token(value).and_then(|token| StreamType::of(&token)),
            b"su" => self.startup = flag(value),
            b"tb" => self.top_bitrate = kbps(value),
            _ => (),
        }
    }
}

/// A bare key is true; some players write `=true` all the same.
fn flag(value: Option<&[u8]>) -> bool {
    matches!(value, None | Some(b"true" | b"?1"))
}

fn integer(value: Option<&[u8]>) -> Option<u64> {
    let value = value?;
    // Some players send a decimal; its whole part is meant.
    digits(value.split(|&byte| byte == b'.').next()?)
}

fn millis(value: Option<&[u8]>) -> Option<Duration> {
    integer(value).map(Duration::from_millis)
}

fn kbps(value: Option<&[u8]>) -> Option<Bitrate> {
    integer(value).map(Bitrate::from_kbps)
}

fn decimal(value: Option<&[u8]>) -> Option<f64> {
    let number: f64 = std::str::from_utf8(value?).ok()?.parse().ok()?;
    (number.is_finite() && 0.0 <= number).then_some(number)
}

/// Returns a token, whose quotes some players add.
fn token(value: Option<&[u8]>) -> Option<String> {
    text(value, ID_CHARS_MAX)
}

/// Returns a string, whose quotes some players forget, cut to `chars_max`.
fn text(value: Option<&[u8]>, chars_max: usize) -> Option<String> {
    let bytes = unquote(value?)?;
    Some(String::from_utf8_lossy(&bytes).chars().take(chars_max).collect())
}
