//! The values of words, each within its bounds. `None` is what cannot be read or is out of them.

use crate::{Object, Position};
use dashpot_base::{Bitrate, WallTime, parse_duration};
use std::{ops::RangeInclusive, time::Duration};

/// The longest that an answer may be held up: what players and caches wait for ends before, and
/// nobody can hold a connection much longer than with a slow link.
pub(crate) const SPAN_MAX: Duration = Duration::from_secs(60);
/// The furthest that a clock may be moved.
const MOVED_MAX: Duration = Duration::from_secs(86_400);
/// The slowest rate: a modem's. Slower ones would be a way to hold connections.
const RATE_MIN: u64 = 8_000;
/// The fastest: beyond it nothing is held up.
const RATE_MAX: u64 = 10_000_000_000;
/// Members of a list.
const MEMBERS_MAX: usize = 64;
/// Letters of a name.
const NAME_MAX: usize = 64;

pub(crate) fn span(text: &str) -> Option<Duration> {
    let span = parse_duration(text).ok()?;
    (Duration::from_millis(1)..=SPAN_MAX).contains(&span).then_some(span)
}

/// A span by which a clock is moved.
pub(crate) fn moved(text: &str) -> Option<Duration> {
    let span = parse_duration(text).ok()?;
    (Duration::from_millis(1)..=MOVED_MAX).contains(&span).then_some(span)
}

/// A span with a sign, in milliseconds.
pub(crate) fn moved_either_way(text: &str) -> Option<i64> {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |text| (-1, text));
    let millis = i64::try_from(moved(text)?.as_millis()).ok()?;
    Some(sign * millis)
}

pub(crate) fn rate(text: &str) -> Option<Bitrate> {
    let rate: Bitrate = text.parse().ok()?;
    (RATE_MIN..=RATE_MAX).contains(&rate.bps()).then_some(rate)
}

pub(crate) fn integer(text: &str, within: RangeInclusive<u64>) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| is_plain && within.contains(number))
}

pub(crate) fn position(text: &str) -> Option<Position> {
    if let Some(percent) = text.strip_suffix("pct") {
        let percent = integer(percent, 0..=99)?;
        return u8::try_from(percent).ok().map(Position::Percent);
    }
    // As much as any segment has.
    integer(text.strip_suffix('B')?, 0..=1 << 32).map(Position::Bytes)
}

/// Bytes more or fewer; not zero.
pub(crate) fn difference(text: &str) -> Option<i32> {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |text| (-1, text));
    Some(sign * i32::try_from(integer(text, 1..=1 << 20)?).ok()?)
}

pub(crate) fn probability(text: &str) -> Option<f64> {
    // Nothing but digits and a point, so that one probability is not written in many ways.
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let value: f64 = text.parse().ok().filter(|_| is_plain && text.len() <= 8)?;
    (0.0 < value && value <= 1.0).then_some(value)
}

pub(crate) fn unix_seconds(text: &str) -> Option<WallTime> {
    // Up to the year 2500: beyond it wall time has no nanoseconds.
    integer(text, 0..=16_725_225_600).map(WallTime::from_unix_seconds)
}

fn list<T>(text: &str, member: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    let members: Option<Vec<T>> = text.split('+').map(member).collect();
    members.filter(|members| members.len() <= MEMBERS_MAX)
}

pub(crate) fn objects(text: &str) -> Option<Vec<Object>> {
    list(text, Object::of)
}

pub(crate) fn names(text: &str) -> Option<Vec<String>> {
    list(text, |name| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        let is_name = (1..=NAME_MAX).contains(&name.len()) && name.bytes().all(allowed);
        is_name.then(|| name.to_owned())
    })
}

/// Numbers and ranges of them, such as `3+10-20`.
pub(crate) fn ranges(text: &str) -> Option<Vec<RangeInclusive<u64>>> {
    let number = |text: &str| integer(text, 0..=u64::MAX);
    list(text, |member| match member.split_once('-') {
        Some((first, last)) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(first..=last)
        }
        None => number(member).map(|only| only..=only),
    })
}
