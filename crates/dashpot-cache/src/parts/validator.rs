//! What tells that two parts are of one representation.

use std::time::Duration;

use dashpot_base::WallTime;
use dashpot_http::{date, etag::EntityTag};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::StoredHead;

/// How much older than its `Date` a `Last-Modified` must be to tell two versions apart.
///
/// RFC 9110 §8.8.2.2 asks for a second where both come from one clock, which cannot be seen from
/// here: a minute covers clocks that differ.
const MODIFIED_BEFORE: Duration = Duration::from_secs(60);

/// A strong validator (RFC 9110 §8.8.1): two responses that share it have the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StrongValidator {
    /// A strong entity tag.
    Tag(EntityTag),
    /// A `Last-Modified` that is old enough, where there is no entity tag.
    Modified(HeaderValue),
}

impl StrongValidator {
    /// Returns the strong validator of the response with `head`, where it has one.
    #[must_use]
    pub fn of(head: &StoredHead) -> Option<Self> {
        if head.headers.contains_key(header::ETAG) {
            // RFC 9110 §13.1.5: a date only where there is no entity tag, not even a weak one.
            let tag = head.etag.as_ref().filter(|tag| !tag.weak)?;
            return Some(Self::Tag(tag.clone()));
        }
        let is_old = head.last_modified?.after(MODIFIED_BEFORE) <= head.date;
        is_old.then(|| only(&head.headers, &header::LAST_MODIFIED).cloned().map(Self::Modified))?
    }

    /// Returns the strong validator of a response with `headers` that came at `responded` and is
    /// not stored, where it has one.
    pub(crate) fn of_passing(headers: &HeaderMap, responded: WallTime) -> Option<Self> {
        if headers.contains_key(header::ETAG) {
            let tag = EntityTag::parse(only(headers, &header::ETAG)?.as_bytes())?;
            return (!tag.weak).then_some(Self::Tag(tag));
        }
        let modified = only(headers, &header::LAST_MODIFIED)?;
        let date = date::parse(responded, only(headers, &header::DATE)?.as_bytes())?;
        let is_old = date::parse(responded, modified.as_bytes())?.after(MODIFIED_BEFORE) <= date;
        is_old.then(|| Self::Modified(modified.clone()))
    }

    /// Returns the value of `If-Range` that keeps a part from being of another representation.
    #[must_use]
    pub fn to_value(&self) -> HeaderValue {
        match self {
            Self::Tag(tag) => tag.to_value(),
            Self::Modified(modified) => modified.clone(),
        }
    }

    /// Returns whether the response with `headers` is of the same representation.
    #[must_use]
    pub fn is_of(&self, headers: &HeaderMap) -> bool {
        match self {
            Self::Tag(tag) => only(headers, &header::ETAG)
                .and_then(|etag| EntityTag::parse(etag.as_bytes()))
                .is_some_and(|etag| etag.strong_eq(tag)),
            Self::Modified(modified) => {
                only(headers, &header::LAST_MODIFIED) == Some(modified)
                    && !headers.contains_key(header::ETAG)
            }
        }
    }
}

/// Returns the value of a field that is there once.
pub(crate) fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut lines = headers.get_all(name).iter();
    let line = lines.next()?;
    lines.next().is_none().then_some(line)
}
