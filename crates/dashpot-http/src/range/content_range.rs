//! `Content-Range` (RFC 9110 §14.4), written and read.

use super::ByteRange;
use crate::list::{digits, trim};
use http::HeaderValue;
use std::fmt;

/// Which part of a representation a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentRange {
    /// `bytes first-last/complete`, or `/*` while the complete length is unknown.
    Part {
        /// The bytes sent.
        range: ByteRange,
        /// The length of the whole, larger than `range.last`.
        complete: Option<u64>,
    },
    /// `bytes */complete`: what a 416 says.
    Unsatisfied {
        /// The length of the whole.
        complete: u64,
    },
}

impl ContentRange {
    /// Parses a field value; `None` where it is malformed or contradicts itself.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let value = trim(value);
        let unit = value.get(..6)?;
        if !unit.eq_ignore_ascii_case(b"bytes ") {
            return None;
        }
        let value = &value[6..];
        let slash = value.iter().position(|&byte| byte == b'/')?;
        let (span, complete) = (&value[..slash], &value[slash + 1..]);
        let complete = if complete == b"*" { None } else { Some(exact(complete)?) };
        if span == b"*" {
            return Some(Self::Unsatisfied { complete: complete? });
        }
        let dash = span.iter().position(|&byte| byte == b'-')?;
        let range = ByteRange { first: exact(&span[..dash])?, last: exact(&span[dash + 1..])? };
        // RFC 9110 §14.4: invalid where it ends before it begins, or beyond the complete length.
        if range.last < range.first || complete.is_some_and(|complete| complete <= range.last) {
            return None;
        }
        Some(Self::Part { range, complete })
    }

    /// Returns the field value.
    #[must_use]
    pub fn to_value(self) -> HeaderValue {
        HeaderValue::try_from(self.to_string()).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

/// Returns a number below the 64-bit limit: a saturated one would be wrong here.
fn exact(text: &[u8]) -> Option<u64> {
    digits(text).filter(|&number| number != u64::MAX)
}

impl fmt::Display for ContentRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Part { range, complete: Some(complete) } => {
                write!(f, "bytes {}-{}/{complete}", range.first, range.last)
            }
            Self::Part { range, complete: None } => {
                write!(f, "bytes {}-{}/*", range.first, range.last)
            }
            Self::Unsatisfied { complete } => write!(f, "bytes */{complete}"),
        }
    }
}
