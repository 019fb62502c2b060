//! The schema's `xs:duration` and `xs:dateTime`.

use dashpot_base::WallTime;
use std::{fmt::Write as _, time::Duration};

const NANOS_PER_SECOND: u128 = 1_000_000_000;

/// Parses an `xs:duration` such as `PT1M30.5S`; digits beyond nanoseconds are dropped.
///
/// # Errors
/// A lowercase fragment saying why not: malformed, negative, too long, or counted in years or
/// months, which have no fixed length.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    if text.starts_with('-') {
        return Err(format!("`{text}` is negative"));
    }
    let malformed = || format!("`{text}` is not an xs:duration such as PT1M30.5S");
    let body = text.strip_prefix('P').ok_or_else(malformed)?;
    let (date, time) = match body.split_once('T') {
        Some((_, "")) => return Err(malformed()),
        Some((date, time)) => (date, Some(time)),
        None => (body, None),
    };
    if date.is_empty() && time.is_none() {
        return Err(malformed());
    }
    let mut total = 0_u128;
    for (number, unit) in fields(date, "YMD").ok_or_else(malformed)? {
        let nanos = scaled(number, 86_400).ok_or_else(malformed)?;
        if unit != 'D' && nanos != 0 {
            return Err(format!("`{text}` counts years or months, which have no fixed length"));
        }
        total = total.saturating_add(nanos);
    }
    for (number, unit) in fields(time.unwrap_or_default(), "HMS").ok_or_else(malformed)? {
        let seconds = match unit {
            'H' => 3_600,
            'M' => 60,
            _ => 1,
        };
        total = total.saturating_add(scaled(number, seconds).ok_or_else(malformed)?);
    }
    // 2^64 ns are 584 years: enough for a film, and what the clocks hold.
    let nanos = u64::try_from(total).map_err(|_| format!("`{text}` is too long"))?;
    Ok(Duration::from_nanos(nanos))
}

/// Splits `1H30.5S` into numbers and units, or returns `None` unless the units are among `order`
/// and in that order, each at most once.
fn fields<'a>(mut text: &'a str, order: &str) -> Option<Vec<(&'a str, char)>> {
    let mut fields = Vec::new();
    let mut allowed = order;
    while !text.is_empty() {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let unit = text[end..].chars().next()?;
        let place = allowed.find(unit)?;
        let number = &text[..end];
        // Only seconds may have a fraction.
        if number.contains('.') && unit != 'S' {
            return None;
        }
        fields.push((number, unit));
        allowed = &allowed[place + 1..];
        text = &text[end + 1..];
    }
    Some(fields)
}

/// Returns `number` times `seconds`, in nanoseconds; saturates.
fn scaled(number: &str, seconds: u128) -> Option<u128> {
    let (whole, fraction) = match number.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (number, ""),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !(fraction.is_empty() || digits(fraction)) {
        return None;
    }
    let whole = whole.parse::<u128>().unwrap_or(u128::MAX);
    let nanos = format!("{fraction:0<9.9}").parse::<u128>().ok()?;
    Some(whole.saturating_mul(NANOS_PER_SECOND).saturating_add(nanos).saturating_mul(seconds))
}

/// Returns `span` as an `xs:duration` in hours, minutes and seconds.
#[must_use]
pub fn format_duration(span: Duration) -> String {
    let seconds = span.as_secs();
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    let mut out = String::from("PT");
    for (count, unit) in [(hours, 'H'), (minutes, 'M')] {
        if count != 0 {
            out.push_str(&count.to_string());
            out.push(unit);
        }
    }
    if out.len() == 2 || !seconds.is_multiple_of(60) || span.subsec_nanos() != 0 {
        out.push_str(&(seconds % 60).to_string());
        push_fraction(span.subsec_nanos(), &mut out);
        out.push('S');
    }
    out
}

fn push_fraction(nanos: u32, out: &mut String) {
    if nanos != 0 {
        out.push('.');
        out.push_str(format!("{nanos:09}").trim_end_matches('0'));
    }
}

/// Parses an `xs:dateTime`; without a time zone it is in UTC, as ISO/IEC 23009-1 §5.3.1.2 has it.
///
/// # Errors
/// A lowercase fragment saying why not: malformed, or outside of 1970 to 2554.
pub fn parse_date_time(text: &str) -> Result<WallTime, String> {
    let text = text.trim();
    let malformed = || format!("`{text}` is not an xs:dateTime such as 2026-01-31T12:00:00Z");
    let (date, time) = text.split_once('T').ok_or_else(malformed)?;
    let (time, offset_minutes) = split_zone(time).ok_or_else(malformed)?;
    let [year, month, day] = numbers(date, '-').ok_or_else(malformed)?;
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [hour, minute, second] = numbers(clock, ':').ok_or_else(malformed)?;
    let leap = is_leap(year.unsigned_abs());
    let days_in_month = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    // A leap second (:60) is read as the second after; 24:00:00 as the next day's midnight.
    let valid = (1..=12).contains(&month)
        && (1..=days_in_month).contains(&day)
        && (hour < 24 || (hour == 24 && minute == 0 && second == 0))
        && minute < 60
        && second <= 60;
    let nanos = scaled(&format!("0.{fraction}"), 1).ok_or_else(malformed)?;
    if !valid {
        return Err(malformed());
    }
    let minutes = (days_since_epoch(year, month, day) * 24 + hour) * 60 + minute - offset_minutes;
    let seconds = minutes * 60 + second;
    let range = || format!("`{text}` is outside of the years 1970 to 2554");
    let nanos = i128::from(seconds) * 1_000_000_000 + i128::try_from(nanos).map_err(|_| range())?;
    let nanos = u64::try_from(nanos).map_err(|_| range())?;
    Ok(WallTime::from_epoch(Duration::from_nanos(nanos)))
}

/// Splits off the zone and returns its offset from UTC in minutes.
fn split_zone(time: &str) -> Option<(&str, i64)> {
    if let Some(time) = time.strip_suffix('Z') {
        return Some((time, 0));
    }
    let Some(sign) = time.rfind(['+', '-']) else { return Some((time, 0)) };
    let [hours, minutes] = numbers(&time[sign + 1..], ':')?;
    let offset = hours * 60 + minutes;
    let in_range = minutes < 60 && offset <= 14 * 60;
    let offset = if time[sign..].starts_with('-') { -offset } else { offset };
    in_range.then_some((&time[..sign], offset))
}

/// Splits `text` at `separator` into exactly `N` short numbers.
fn numbers<const N: usize>(text: &str, separator: char) -> Option<[i64; N]> {
    let mut numbers = [0; N];
    let mut parts = text.split(separator);
    for number in &mut numbers {
        let part = parts.next()?;
        let digits = (2..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        *number = if digits { part.parse().ok()? } else { return None };
    }
    parts.next().is_none().then_some(numbers)
}

/// Returns the days from 1970-01-01 to a date of the Gregorian calendar.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March here, so that the leap day is the last of its year.
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    // 719,468 days lie between 0000-03-01 and 1970-01-01.
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year
        - 719_468
}

/// Tells whether the Gregorian calendar gives the year a leap day.
fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// Returns `time` as an `xs:dateTime` in UTC, with as many decimals as it needs.
#[must_use]
pub fn format_date_time(time: WallTime) -> String {
    let seconds = time.unix_seconds();
    let mut days = seconds / 86_400;
    let mut year = 1970_u64;
    loop {
        let length = 365 + u64::from(is_leap(year));
        if days < length {
            break;
        }
        days -= length;
        year += 1;
    }
    let leap = is_leap(year);
    let mut month = 1;
    for length in [31, 28 + u64::from(leap), 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let mut out = String::new();
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    // Writing to a string cannot fail.
    if write!(out, "{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}", days + 1).is_ok()
    {
        push_fraction(time.since_epoch().subsec_nanos(), &mut out);
    }
    out.push('Z');
    out
}

#[cfg(test)]
mod tests;
