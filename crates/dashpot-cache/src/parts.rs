//! Partial content: what to ask for when part of a resource is wanted, what may be kept of the
//! answer, and what of it goes together (RFC 9110 §14 and §15.3.7, RFC 9111 §3.4).
//!
//! A resource that is asked for by range is kept as aligned blocks, each on its own: a block holds
//! one extent of the resource, mostly all that lies in it.

mod answer;
mod validator;

use dashpot_http::range::{ByteRange, RangeSet, RangeSpec};
use http::{HeaderValue, Method, header};

use crate::{Content, RequestHead};
pub use answer::{Part, PartAnswer};
pub use validator::StrongValidator;
pub(crate) use validator::only;

/// The size of a block, and its alignment.
///
/// Players ask for hundreds of kilobytes at a time: much smaller blocks would multiply the
/// requests to the origin, much larger ones would fetch what nobody watches.
pub const BLOCK_BYTES: u64 = 1 << 20;

/// What is asked of the origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Portion {
    /// This range.
    Range(ByteRange),
    /// The last bytes, so many, of a resource of unknown length.
    Suffix(u64),
}

impl Portion {
    /// Returns what to ask of a resource that nothing is known of, so that `request` can be
    /// answered from its first byte on; `None` where it does not ask for a part.
    #[must_use]
    pub fn first_of(request: &RequestHead) -> Option<Self> {
        // RFC 9110 §14.2: only GET has ranges, and several lines of Range are none.
        if request.method != Method::GET {
            return None;
        }
        let mut lines = request.headers.get_all(header::RANGE).iter();
        let line = lines.next()?;
        if lines.next().is_some() {
            return None;
        }
        Some(match RangeSet::parse(line.as_bytes())?.first() {
            RangeSpec::Suffix { length: 0 } => Self::block(0),
            RangeSpec::Suffix { length } => Self::Suffix(length),
            RangeSpec::From { first, .. } => Self::block(block_of(first)),
        })
    }

    /// Returns the block with this index, of a resource of unknown length.
    #[must_use]
    pub const fn block(index: u64) -> Self {
        let first = index.saturating_mul(BLOCK_BYTES);
        Self::Range(ByteRange { first, last: first.saturating_add(BLOCK_BYTES - 1) })
    }

    /// Returns the value of `Range` that asks for it.
    #[must_use]
    pub fn to_value(self) -> HeaderValue {
        let text = match self {
            Self::Range(ByteRange { first, last }) => format!("bytes={first}-{last}"),
            Self::Suffix(length) => format!("bytes=-{length}"),
        };
        // Digits and punctuation are a field value.
        HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("bytes=0-0"))
    }
}

/// Returns the index of the block that byte `at` lies in.
#[must_use]
pub const fn block_of(at: u64) -> u64 {
    at / BLOCK_BYTES
}

/// Returns the block that byte `at` lies in, of a resource of `length` bytes.
///
/// `at` is below `length`.
#[must_use]
pub fn block_at(at: u64, length: u64) -> ByteRange {
    let first = at - at % BLOCK_BYTES;
    let last = first.saturating_add(BLOCK_BYTES - 1).min(length.saturating_sub(1));
    ByteRange { first, last: last.max(first) }
}

/// Returns the pieces of `extent` that lie in one block each.
pub fn by_block(extent: ByteRange) -> impl Iterator<Item = ByteRange> {
    let mut next = Some(extent.first);
    std::iter::from_fn(move || {
        let first = next.filter(|&first| first <= extent.last)?;
        let last = (first | (BLOCK_BYTES - 1)).min(extent.last);
        next = last.checked_add(1);
        Some(ByteRange { first, last })
    })
}

/// How a reader goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// From what is stored, up to before this byte.
    Stored {
        /// The first byte that is not to be read from there.
        until: u64,
    },
    /// This is to be fetched.
    Fetch(ByteRange),
}

/// Returns how a reader at byte `at` of a resource of `length` bytes, who reads up to before
/// `until`, goes on when `stored` is what is kept of the block it is in.
///
/// `at` is below `length`.
#[must_use]
pub fn step(at: u64, until: u64, length: u64, stored: Option<ByteRange>) -> Step {
    let block = block_at(at, length);
    match stored {
        Some(extent) if extent.first <= at && at <= extent.last => {
            Step::Stored { until: until.min(extent.last.saturating_add(1)) }
        }
        // What adjoins, so that the two are one extent then.
        Some(extent) if at < extent.first => {
            Step::Fetch(ByteRange { last: extent.first - 1, ..block })
        }
        Some(extent) => Step::Fetch(ByteRange { first: extent.last + 1, ..block }),
        None => Step::Fetch(block),
    }
}

/// Returns the extent that `stored` and what has `come` of the same block make up; `None` where
/// there is a gap between them.
#[must_use]
pub fn joined(stored: ByteRange, come: ByteRange) -> Option<ByteRange> {
    let touches =
        stored.first <= come.last.saturating_add(1) && come.first <= stored.last.saturating_add(1);
    touches.then(|| ByteRange {
        first: stored.first.min(come.first),
        last: stored.last.max(come.last),
    })
}

/// Returns the first byte of what `content` of a resource of `length` bytes still needs from the
/// origin; `None` where all is stored. `stored` says what is kept of the block of a byte.
pub fn missing(
    content: &Content,
    length: u64,
    mut stored: impl FnMut(u64) -> Option<ByteRange>,
) -> Option<u64> {
    ranges(content, length).into_iter().find_map(|range| {
        let mut at = range.first;
        while at <= range.last {
            match step(at, range.last + 1, length, stored(at)) {
                Step::Stored { until } => at = until,
                Step::Fetch(_) => return Some(at),
            }
        }
        None
    })
}

/// Returns the ranges that `content` of a resource of `length` bytes consists of.
#[must_use]
pub fn ranges(content: &Content, length: u64) -> Vec<ByteRange> {
    match content {
        Content::Nothing => Vec::new(),
        Content::Whole if length == 0 => Vec::new(),
        Content::Whole => vec![ByteRange { first: 0, last: length - 1 }],
        Content::Part(range) => vec![*range],
        Content::Parts(parts) => parts.parts.iter().map(|(_, range)| *range).collect(),
    }
}

#[cfg(test)]
mod tests;
