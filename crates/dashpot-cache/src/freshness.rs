//! How old a response is and how long it may be used.

use std::time::Duration;

use dashpot_base::WallTime;
use dashpot_http::{age, date};
use http::{HeaderMap, HeaderName, StatusCode, header};

use crate::{Basis, Rules, Times, head::Control};

/// The clocks of one stored response, read from its head once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Freshness {
    /// When the response was made, as far as is known: its age is the time since.
    pub(crate) born: WallTime,
    /// When it arrived: it was never younger than it was then, whatever clocks do.
    pub(crate) arrived: WallTime,
    /// How long it is fresh from then on; zero where nobody says.
    pub(crate) lifetime: Duration,
    /// Who says so.
    pub(crate) basis: Basis,
    /// `Date`, or when the response arrived.
    pub(crate) date: WallTime,
}

impl Freshness {
    pub(crate) fn of(
        status: StatusCode,
        headers: &HeaderMap,
        control: &Control<'_>,
        times: Times,
        rules: &Rules,
    ) -> Self {
        let date = date_of(headers, &header::DATE, times).unwrap_or(times.responded);
        let age = initial_age(headers, date, times);
        let arrived = times.responded;
        let born = arrived.before(age);
        // What is older than the epoch of all clocks seems younger: it is fresh for that much less.
        let lost = age.saturating_sub(arrived.since(born));
        if let Some(lifetime) = explicit(control, date, times) {
            let lifetime = lifetime.saturating_sub(lost);
            return Self { born, arrived, lifetime, basis: Basis::Origin, date };
        }
        let directives = &control.directives;
        let modified = date_of(headers, &header::LAST_MODIFIED, times);
        let guess =
            modified.and_then(|modified| rules.heuristic(status, directives, date.since(modified)));
        let (lifetime, basis) = match (rules.ttl(status, directives), guess) {
            // The operator's lifetimes count from the arrival: a Date has whole seconds only, and
            // these may be shorter.
            (Some((ttl, basis @ Basis::NegativeTtl)), _) | (Some((ttl, basis)), None) => {
                (age.saturating_add(ttl), basis)
            }
            (_, Some(guess)) => guess,
            (None, None) => (Duration::ZERO, Basis::Origin),
        };
        let lifetime = lifetime.saturating_sub(lost);
        Self { born, arrived, lifetime, basis, date }
    }

    /// Returns the current age (RFC 9111 §4.2.3).
    pub(crate) const fn age(&self, now: WallTime) -> Duration {
        let back = self.arrived.since(now);
        if back.is_zero() {
            return now.since(self.born);
        }
        // A clock that has been set back says nothing of the time between: of the two errors the
        // one that costs a validation is made.
        if back.as_secs() < STEP_MAX.as_secs() { self.arrived.since(self.born) } else { AGE_MAX }
    }
}

/// By how much a clock may be set back without that what is stored is taken for stale: what is
/// corrected on a machine that follows a time server, and too little to make anything old.
const STEP_MAX: Duration = Duration::from_secs(10);
/// An age beyond all lifetimes (RFC 9111 §1.2.2 and what operators and origins may add to them).
const AGE_MAX: Duration = Duration::from_secs(1 << 40);

/// RFC 9111 §4.2.3: the age of a response as it arrives.
fn initial_age(headers: &HeaderMap, date: WallTime, times: Times) -> Duration {
    // In whole seconds, as Date is written: a response that was made within this second has no age
    // for that alone.
    let apparent_age = times.responded.unix_seconds().saturating_sub(date.unix_seconds());
    let apparent_age = Duration::from_secs(apparent_age);
    let response_delay = times.responded.since(times.requested);
    let corrected_age_value =
        age::parse(headers).unwrap_or(Duration::ZERO).saturating_add(response_delay);
    apparent_age.max(corrected_age_value)
}

/// RFC 9111 §4.2.1: the first of these that is there, for a shared cache.
fn explicit(control: &Control<'_>, date: WallTime, times: Times) -> Option<Duration> {
    let directives = &control.directives;
    if let Some(span) = directives.s_maxage.or(directives.max_age) {
        return Some(span);
    }
    let (expires, others) = control.expires.split_first()?;
    if !others.is_empty() {
        // RFC 9111 §4.2.1: conflicting information is best met by taking the response as stale.
        return Some(Duration::ZERO);
    }
    // RFC 9111 §5.3: an invalid date, "0" above all, is in the past.
    let expires = date::parse(times.responded, expires.as_bytes());
    Some(expires.map_or(Duration::ZERO, |expires| expires.since(date)))
}

/// Returns the time that the field `name` gives.
pub(crate) fn date_of(headers: &HeaderMap, name: &HeaderName, times: Times) -> Option<WallTime> {
    date::parse(times.responded, headers.get(name)?.as_bytes())
}

#[cfg(test)]
mod tests;
