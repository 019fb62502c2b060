//! Conditional requests (RFC 9110 §13): which of the five fields decides, and how.

use crate::{
    date,
    etag::{EntityTag, TagList},
    list::only_line,
    range::RangeSet,
};
use dashpot_base::WallTime;
use http::{HeaderMap, Method, header};
use std::time::Duration;

/// What names the version of the selected representation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Validators<'a> {
    /// Its entity tag.
    pub etag: Option<&'a EntityTag>,
    /// When it last changed.
    pub last_modified: Option<WallTime>,
    /// The `Date` of the response that carries it, which tells whether its time is a strong
    /// validator.
    pub date: Option<WallTime>,
}

/// Who evaluates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evaluator {
    /// The origin: all fields count.
    Origin,
    /// A cache with a stored response: `If-Match` and `If-Unmodified-Since` are the origin's to
    /// decide (RFC 9111 §4.3.2) and are not looked at.
    Cache,
}

/// What a conditional request comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Answer it, with these ranges only where some were asked for and still apply.
    Proceed {
        /// The ranges to resolve against the length.
        range: Option<RangeSet>,
    },
    /// 304: the client has it.
    NotModified,
    /// 412: the client's view is out of date.
    PreconditionFailed,
}

/// Evaluates the conditions of a request on an existing representation, in the order of RFC 9110
/// §13.2.2.
#[must_use]
pub fn evaluate(
    now: WallTime,
    evaluator: Evaluator,
    method: &Method,
    headers: &HeaderMap,
    current: &Validators<'_>,
) -> Outcome {
    // Steps 1 and 2.
    if evaluator == Evaluator::Origin && !preconditions_hold(now, headers, current) {
        return Outcome::PreconditionFailed;
    }
    let reads = method == Method::GET || method == Method::HEAD;
    // Step 3: with `If-None-Match` present, `If-Modified-Since` is ignored.
    if let Some(list) = TagList::of(headers, &header::IF_NONE_MATCH) {
        if matches(&list, current.etag, EntityTag::weak_eq) {
            return if reads { Outcome::NotModified } else { Outcome::PreconditionFailed };
        }
    } else if reads && unmodified_since_asked(now, evaluator, headers, current) {
        // Step 4.
        return Outcome::NotModified;
    }
    // Step 5. RFC 9110 §14.2: only GET has ranges.
    let asked = if method == Method::GET { only_line(headers, &header::RANGE) } else { None };
    let range = asked.and_then(RangeSet::parse);
    Outcome::Proceed { range: range.filter(|_| range_applies(now, headers, current)) }
}

fn preconditions_hold(now: WallTime, headers: &HeaderMap, current: &Validators<'_>) -> bool {
    if let Some(list) = TagList::of(headers, &header::IF_MATCH) {
        // RFC 9110 §13.1.1: strong comparison.
        return matches(&list, current.etag, EntityTag::strong_eq);
    }
    let limit = date_of(now, headers, &header::IF_UNMODIFIED_SINCE);
    match (current.last_modified, limit) {
        (Some(modified), Some(limit)) => modified.unix_seconds() <= limit.unix_seconds(),
        // RFC 9110 §13.1.4: ignored without a date on both sides.
        (None, _) | (_, None) => true,
    }
}

fn unmodified_since_asked(
    now: WallTime,
    evaluator: Evaluator,
    headers: &HeaderMap,
    current: &Validators<'_>,
) -> bool {
    let modified = match evaluator {
        Evaluator::Origin => current.last_modified,
        // RFC 9111 §4.3.2: without Last-Modified a cache compares with the stored Date.
        Evaluator::Cache => current.last_modified.or(current.date),
    };
    let since = date_of(now, headers, &header::IF_MODIFIED_SINCE);
    matches!((modified, since), (Some(modified), Some(since))
        if modified.unix_seconds() <= since.unix_seconds())
}

/// RFC 9110 §13.1.5: without `If-Range` a range applies; with it, only while the representation
/// is the very one the client has a part of.
fn range_applies(now: WallTime, headers: &HeaderMap, current: &Validators<'_>) -> bool {
    if !headers.contains_key(header::IF_RANGE) {
        return true;
    }
    let Some(value) = only_line(headers, &header::IF_RANGE) else { return false };
    if let Some(tag) = EntityTag::parse(value) {
        return current.etag.is_some_and(|etag| etag.strong_eq(&tag));
    }
    let (Some(asked), Some(modified), Some(date)) =
        (date::parse(now, value), current.last_modified, current.date)
    else {
        return false;
    };
    // RFC 9110 §8.8.2.2: a time is a strong validator from one second before the response on.
    let strong = modified.after(Duration::from_secs(1)) <= date;
    strong && asked.unix_seconds() == modified.unix_seconds()
}

fn matches(
    list: &TagList,
    current: Option<&EntityTag>,
    same: fn(&EntityTag, &EntityTag) -> bool,
) -> bool {
    match list {
        // A representation exists, or this would not be evaluated.
        TagList::Any => true,
        TagList::Tags(tags) => {
            current.is_some_and(|current| tags.iter().any(|tag| same(current, tag)))
        }
    }
}

fn date_of(now: WallTime, headers: &HeaderMap, name: &http::HeaderName) -> Option<WallTime> {
    date::parse(now, only_line(headers, name)?)
}

#[cfg(test)]
mod tests;
