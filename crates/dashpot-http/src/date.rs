//! HTTP dates (RFC 9110 §5.6.7): three formats read, one written.

use crate::list::digits;
use dashpot_base::WallTime;
use http::HeaderValue;

const DAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY_SECONDS: u64 = 86_400;

/// Parses an IMF-fixdate, an RFC 850 date or an asctime date; `now` decides the century of RFC
/// 850's two-digit years.
///
/// Names are matched without case, as RFC 9111 §4.2 asks of caches; everything else is strict, and
/// only GMT is a zone. Dates before 1970 are the epoch.
#[must_use]
pub fn parse(now: WallTime, text: &[u8]) -> Option<WallTime> {
    let text = std::str::from_utf8(text).ok()?;
    match text.find([',', ' '])? {
        3 if text.as_bytes().get(3) == Some(&b',') => imf_fixdate(text),
        3 => asctime(text),
        _ => rfc850(now, text),
    }
}

/// Returns `time` as an IMF-fixdate, cut to whole seconds: `Sun, 06 Nov 1994 08:49:37 GMT`.
#[must_use]
pub fn print(time: WallTime) -> String {
    let seconds = time.unix_seconds();
    let (days, of_day) = (seconds / DAY_SECONDS, seconds % DAY_SECONDS);
    let (year, month, day) = civil(days);
    // 1970-01-01 was a Thursday; both remainders stay below the tables' lengths.
    let weekday = &DAYS[usize::try_from((days + 3) % 7).unwrap_or(0)][..3];
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    // Most answers have such a date, and formatting takes ten times as long as this.
    let mut out = String::with_capacity(IMF_BYTES);
    out.push_str(weekday);
    out.push_str(", ");
    two_digits(day, &mut out);
    out.push(' ');
    out.push_str(MONTHS[month]);
    out.push(' ');
    if year < 10_000 {
        two_digits(year / 100, &mut out);
        two_digits(year % 100, &mut out);
    } else {
        out.push_str(&year.to_string());
    }
    for (mark, value) in [(' ', hour), (':', minute), (':', second)] {
        out.push(mark);
        two_digits(value, &mut out);
    }
    out.push_str(" GMT");
    out
}

/// Bytes of a date as RFC 9110 §5.6.7 prefers it.
const IMF_BYTES: usize = 29;

fn two_digits(value: u64, out: &mut String) {
    for digit in [value / 10 % 10, value % 10] {
        out.push(char::from(b'0' + u8::try_from(digit).unwrap_or(0)));
    }
}

/// Returns `time` as RFC 3339 writes it for logs, in UTC with milliseconds:
/// `1994-11-06T08:49:37.250Z`.
#[must_use]
pub fn print_rfc3339(time: WallTime) -> String {
    let (seconds, millis) = (time.unix_seconds(), time.unix_millis() % 1_000);
    let (year, month, day) = civil(seconds / DAY_SECONDS);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    let month = month + 1;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// Returns `time` as the common log format writes it, in UTC: `06/Nov/1994:08:49:37 +0000`.
#[must_use]
pub fn print_common_log(time: WallTime) -> String {
    let seconds = time.unix_seconds();
    let (year, month, day) = civil(seconds / DAY_SECONDS);
    let month = MONTHS[month];
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{day:02}/{month}/{year:04}:{hour:02}:{minute:02}:{second:02} +0000")
}

/// Returns `time` as a field value.
#[must_use]
pub fn to_value(time: WallTime) -> HeaderValue {
    HeaderValue::try_from(print(time)).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`
fn imf_fixdate(text: &str) -> Option<WallTime> {
    let (weekday, rest) = text.split_once(", ")?;
    is_weekday(weekday, Width::Short).then_some(())?;
    let parts = fields::<5>(rest)?;
    let [day, month, year, time, zone] = parts;
    zone.eq_ignore_ascii_case("GMT").then_some(())?;
    instant(number(year, 4)?, month_of(month)?, number(day, 2)?, time)
}

/// `Sunday, 06-Nov-94 08:49:37 GMT`
fn rfc850(now: WallTime, text: &str) -> Option<WallTime> {
    let (weekday, rest) = text.split_once(", ")?;
    is_weekday(weekday, Width::Long).then_some(())?;
    let [date, time, zone] = fields::<3>(rest)?;
    zone.eq_ignore_ascii_case("GMT").then_some(())?;
    let mut date = date.split('-');
    let (day, month, year) = (date.next()?, date.next()?, date.next()?);
    date.next().is_none().then_some(())?;
    let (day, month, year) = (number(day, 2)?, month_of(month)?, number(year, 2)?);
    // RFC 9110 §5.6.7: a date that appears to be more than 50 years in the future is of the most
    // recent year in the past with the same last two digits.
    let limit = fifty_years_after(now)?;
    let century = civil(now.unix_seconds() / DAY_SECONDS).0 / 100 * 100;
    [century + 100, century, century - 100]
        .into_iter()
        .find_map(|century| instant(century + year, month, day, time).filter(|&time| time <= limit))
}

fn fifty_years_after(now: WallTime) -> Option<WallTime> {
    let seconds = now.unix_seconds();
    let (year, month, day) = civil(seconds / DAY_SECONDS);
    // The 29th of February has no fiftieth anniversary.
    let days = days_before(year + 50, month, day).or_else(|| days_before(year + 50, month, 28))?;
    Some(WallTime::from_unix_seconds(days * DAY_SECONDS + seconds % DAY_SECONDS))
}

/// `Sun Nov  6 08:49:37 1994`
fn asctime(text: &str) -> Option<WallTime> {
    let (head, rest) = (text.get(..8)?, text.get(8..)?);
    let [weekday, month] = fields::<2>(head.strip_suffix(' ')?)?;
    is_weekday(weekday, Width::Short).then_some(())?;
    let day = rest.get(..2)?;
    let day = day.strip_prefix(' ').map_or_else(|| number(day, 2), |day| number(day, 1))?;
    let [time, year] = fields::<2>(rest.get(2..)?.strip_prefix(' ')?)?;
    instant(number(year, 4)?, month_of(month)?, day, time)
}

/// Splits `text` at single spaces into exactly `N` fields.
fn fields<const N: usize>(text: &str) -> Option<[&str; N]> {
    let mut out = [""; N];
    let mut parts = text.split(' ');
    for field in &mut out {
        *field = parts.next()?;
    }
    parts.next().is_none().then_some(out)
}

#[derive(Clone, Copy, Debug)]
enum Width {
    Short,
    Long,
}

fn is_weekday(text: &str, width: Width) -> bool {
    DAYS.iter().any(|day| match width {
        Width::Short => day[..3].eq_ignore_ascii_case(text),
        Width::Long => day.eq_ignore_ascii_case(text),
    })
}

fn month_of(text: &str) -> Option<usize> {
    MONTHS.iter().position(|month| month.eq_ignore_ascii_case(text))
}

/// Returns the number that exactly `width` digits write.
fn number(text: &str, width: usize) -> Option<u64> {
    if text.len() == width { digits(text.as_bytes()) } else { None }
}

/// Returns the instant of a date and `hh:mm:ss`; `None` where one of them does not exist.
fn instant(year: u64, month: usize, day: u64, time: &str) -> Option<WallTime> {
    let mut time = time.split(':');
    let mut part = |max| time.next().and_then(|text| number(text, 2)).filter(|&n| n <= max);
    // RFC 9110 §5.6.7: second = 2DIGIT, where 60 is a leap second.
    let (hour, minute, second) = (part(23)?, part(59)?, part(60)?);
    time.next().is_none().then_some(())?;
    let of_day = hour * 3_600 + minute * 60 + second;
    if year < 1970 {
        days_before(year + 400 * 5, month, day)?;
        return Some(WallTime::EPOCH);
    }
    let days = days_before(year, month, day)?;
    Some(WallTime::from_unix_seconds(days * DAY_SECONDS + of_day))
}

/// Returns the days from 1970-01-01 to a date of 1970 or later; `None` where it does not exist.
fn days_before(year: u64, month: usize, day: u64) -> Option<u64> {
    let length = month_days(year, month)?;
    if day == 0 || length < day {
        return None;
    }
    let years: u64 = 365 * year.checked_sub(1970)? + leap_days(year - 1) - leap_days(1969);
    let months: u64 = (0..month).filter_map(|earlier| month_days(year, earlier)).sum();
    Some(years + months + day - 1)
}

/// Returns how many leap days the years 1 to `year` hold.
const fn leap_days(year: u64) -> u64 {
    year / 4 - year / 100 + year / 400
}

fn month_days(year: u64, month: usize) -> Option<u64> {
    let leap = leap_days(year) != leap_days(year.saturating_sub(1));
    let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    lengths.get(month).copied()
}

/// Returns year, month (from 0) and day of the date `days` after 1970-01-01.
fn civil(days: u64) -> (u64, usize, u64) {
    // A year has at least 365 days, so the guess is never early; it is late by one at most.
    let mut year = 1970 + days / 365;
    let mut start = days_before(year, 0, 1).unwrap_or(0);
    while days < start {
        year -= 1;
        start = days_before(year, 0, 1).unwrap_or(0);
    }
    let mut day = days - start;
    let mut month = 0;
    while let Some(length) = month_days(year, month).filter(|&length| length <= day) {
        day -= length;
        month += 1;
    }
    (year, month.min(11), day + 1)
}

#[cfg(test)]
mod tests;
