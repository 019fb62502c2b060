//! CMCD as header fields, as a query, and as plain entries.

use super::Cmcd;
use crate::structured::push_string;
use dashpot_base::Bitrate;
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::time::Duration;

/// What RFC 3986 §2.3 leaves unreserved stays readable.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The value of one key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// True; a false one is not sent.
    Flag,
    /// A whole number in the key's unit.
    Integer(u64),
    /// A number with a fraction.
    Decimal(f64),
    /// One of a closed set.
    Token(&'static str),
    /// Free text.
    Text(&'a str),
}

/// The four header fields (CTA-5004 §3.1), by how often their keys change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    Object,
    Request,
    Session,
    Status,
}

pub(super) static GROUPS: [(Group, HeaderName); 4] = [
    (Group::Object, HeaderName::from_static("cmcd-object")),
    (Group::Request, HeaderName::from_static("cmcd-request")),
    (Group::Session, HeaderName::from_static("cmcd-session")),
    (Group::Status, HeaderName::from_static("cmcd-status")),
];

impl Cmcd {
    /// Returns the keys that have a value, sorted, in the units and grains they are sent in.
    pub fn entries(&self) -> impl Iterator<Item = (&'static str, Value<'_>)> {
        self.grouped().into_iter().filter_map(|(_, key, value)| Some((key, value?)))
    }

    fn grouped(&self) -> [(Group, &'static str, Option<Value<'_>>); 17] {
        use Group::{Object, Request, Session, Status};
        let flag = |set: bool| set.then_some(Value::Flag);
        // CTA-5004 §2: `pr` is sent only where it is not 1.
        let rate =
            self.playback_rate.filter(|rate| rate.is_finite() && f64::EPSILON < (rate - 1.0).abs());
        // CTA-5004 §2: keys are sorted by name, so that equal data make equal URLs.
        [
            (Request, "bl", hundreds_of_ms(self.buffer_length)),
            (Object, "br", kbps(self.encoded_bitrate)),
            (Status, "bs", flag(self.buffer_starved)),
            (Session, "cid", self.content_id.as_deref().map(Value::Text)),
            (Object, "d", self.object_duration.map(|span| Value::Integer(millis(span)))),
            (Request, "dl", hundreds_of_ms(self.deadline)),
            (Request, "mtp", hundreds_of_kbps(self.measured_throughput)),
            (Request, "nor", self.next_object.as_deref().map(Value::Text)),
            (Request, "nrr", self.next_range.as_deref().map(Value::Text)),
            (Object, "ot", self.object_type.map(|kind| Value::Token(kind.token()))),
            (Session, "pr", rate.map(Value::Decimal)),
            (Status, "rtp", hundreds_of_kbps(self.requested_throughput_max)),
            (Session, "sf", self.streaming_format.map(|format| Value::Token(format.token()))),
            (Session, "sid", self.session_id.as_deref().map(Value::Text)),
            (Session, "st", self.stream_type.map(|kind| Value::Token(kind.token()))),
            (Request, "su", flag(self.startup)),
            (Object, "tb", kbps(self.top_bitrate)),
        ]
    }

    /// Adds the header fields that have any key.
    pub fn insert_headers(&self, headers: &mut HeaderMap) {
        for (group, name) in &GROUPS {
            let mut out = String::new();
            for (of, key, value) in self.grouped() {
                if let Some(value) = value.filter(|_| of == *group) {
                    push(&mut out, key, value);
                }
            }
            if let Some(value) = HeaderValue::try_from(out).ok().filter(|value| !value.is_empty()) {
                headers.insert(name, value);
            }
        }
    }

    /// Returns the query argument, `CMCD=` and a percent-encoded value; empty without any key.
    #[must_use]
    pub fn to_query(&self) -> String {
        let mut out = String::new();
        for (key, value) in self.entries() {
            push(&mut out, key, value);
        }
        if out.is_empty() {
            return out;
        }
        format!("CMCD={}", utf8_percent_encode(&out, QUERY))
    }
}

fn push(out: &mut String, key: &str, value: Value<'_>) {
    if !out.is_empty() {
        out.push(',');
    }
    out.push_str(key);
    match value {
        Value::Flag => (),
        Value::Integer(number) => out.push_str(&format!("={number}")),
        // RFC 9651 §3.3.2: at most three decimals; none for whole numbers.
        Value::Decimal(number) => {
            let text = format!("{number:.3}");
            out.push('=');
            out.push_str(text.trim_end_matches('0').trim_end_matches('.'));
        }
        Value::Token(token) => {
            out.push('=');
            out.push_str(token);
        }
        Value::Text(text) => {
            out.push('=');
            push_string(out, text);
        }
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// CTA-5004 §2: `bl` and `dl` are rounded to the nearest 100 ms.
fn hundreds_of_ms(span: Option<Duration>) -> Option<Value<'static>> {
    span.map(|span| Value::Integer(nearest_hundred(millis(span))))
}

fn kbps(rate: Option<Bitrate>) -> Option<Value<'static>> {
    rate.map(|rate| Value::Integer(in_kbps(rate)))
}

/// CTA-5004 §2: `mtp` and `rtp` are rounded to the nearest 100 kbps.
fn hundreds_of_kbps(rate: Option<Bitrate>) -> Option<Value<'static>> {
    rate.map(|rate| Value::Integer(nearest_hundred(in_kbps(rate))))
}

const fn in_kbps(rate: Bitrate) -> u64 {
    rate.bps().saturating_add(500) / 1_000
}

const fn nearest_hundred(number: u64) -> u64 {
    number.saturating_add(50) / 100 * 100
}
