//! Byte ranges (RFC 9110 §14): what is asked, what that means for a length, and what is sent.

mod content_range;
mod multipart;

pub use content_range::ContentRange;
pub use multipart::Multipart;

use crate::list::{digits, split};

/// Ranges accepted in one header before they are merged; more is an attack, and the header is
/// ignored (RFC 9110 §14.2 allows that).
const SPECS_MAX: usize = 64;

/// Ranges answered in one response after merging; players ask for one or two.
pub const RANGES_MAX: usize = 16;

/// One range as it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeSpec {
    /// `first-last`, both included, or `first-` to the end.
    From {
        /// The first byte.
        first: u64,
        /// The last byte, or the end; never below `first`.
        last: Option<u64>,
    },
    /// `-length`: the last bytes.
    Suffix {
        /// How many.
        length: u64,
    },
}

/// The value of a `Range` header in bytes; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeSet(Vec<RangeSpec>);

/// A range of a known representation: both ends included, `first <= last < length`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteRange {
    /// The first byte.
    pub first: u64,
    /// The last byte.
    pub last: u64,
}

impl ByteRange {
    /// Returns how many bytes the range holds; at least one.
    #[must_use]
    pub const fn size(self) -> u64 {
        self.last - self.first + 1
    }

    fn touches(self, other: Self) -> bool {
        self.first <= other.last.saturating_add(1) && other.first <= self.last.saturating_add(1)
    }
}

/// What a range set means for a representation of a known length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// 206 with these, in the order asked; at least one, at most [`RANGES_MAX`].
    Satisfiable(Vec<ByteRange>),
    /// 416: none of the ranges touches the representation.
    Unsatisfiable,
    /// 200: the header is ignored.
    Ignored,
}

impl RangeSet {
    /// Parses the value of a `Range` header; `None` means that the header is to be ignored:
    /// another unit, malformed (RFC 9110 §14.2), or too many ranges.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let equals = value.iter().position(|&byte| byte == b'=')?;
        // RFC 9110 §14.1: range units are case-insensitive.
        if !value[..equals].eq_ignore_ascii_case(b"bytes") {
            return None;
        }
        let mut specs = Vec::new();
        for member in split(&value[equals + 1..]) {
            if specs.len() == SPECS_MAX {
                return None;
            }
            // RFC 9110 §14.2: one invalid range makes the whole header ignored.
            specs.push(spec(member)?);
        }
        if specs.is_empty() { None } else { Some(Self(specs)) }
    }

    /// Returns the only range, or `None` where there are several.
    #[must_use]
    pub fn single(&self) -> Option<RangeSpec> {
        if let [only] = *self.0 { Some(only) } else { None }
    }

    /// Returns the range that was asked for first.
    #[must_use]
    pub fn first(&self) -> RangeSpec {
        // Never empty; this would be all of it.
        self.0.first().copied().unwrap_or(RangeSpec::From { first: 0, last: None })
    }

    /// Returns what the ranges are in a representation of `length` bytes; those that overlap or
    /// touch are merged, so that no byte is sent twice.
    #[must_use]
    pub fn resolve(&self, length: u64) -> Resolved {
        let mut merged: Vec<ByteRange> = Vec::new();
        for &spec in &self.0 {
            match place(spec, length) {
                Placed::At(range) => merge(&mut merged, range),
                Placed::Nowhere => (),
                Placed::Empty => return Resolved::Ignored,
            }
        }
        match merged.len() {
            0 => Resolved::Unsatisfiable,
            1..=RANGES_MAX => Resolved::Satisfiable(merged),
            _ => Resolved::Ignored,
        }
    }
}

fn spec(member: &[u8]) -> Option<RangeSpec> {
    let dash = member.iter().position(|&byte| byte == b'-')?;
    let (first, last) = (&member[..dash], &member[dash + 1..]);
    if first.is_empty() {
        return Some(RangeSpec::Suffix { length: digits(last)? });
    }
    // A position beyond 64 bits saturates, which lies beyond any representation too.
    let first = digits(first)?;
    let last = if last.is_empty() { None } else { Some(digits(last)?) };
    // RFC 9110 §14.1.1: a range that ends before it begins is invalid.
    if last.is_some_and(|last| last < first) {
        return None;
    }
    Some(RangeSpec::From { first, last })
}

enum Placed {
    At(ByteRange),
    Nowhere,
    /// A suffix of an empty representation: satisfiable by RFC 9110 §14.1.2, yet no
    /// `Content-Range` can express it.
    Empty,
}

fn place(spec: RangeSpec, length: u64) -> Placed {
    match spec {
        // RFC 9110 §14.1.2: a suffix of zero bytes is unsatisfiable.
        RangeSpec::Suffix { length: 0 } => Placed::Nowhere,
        RangeSpec::Suffix { .. } if length == 0 => Placed::Empty,
        RangeSpec::Suffix { length: wanted } => {
            Placed::At(ByteRange { first: length.saturating_sub(wanted), last: length - 1 })
        }
        RangeSpec::From { first, .. } if length <= first => Placed::Nowhere,
        RangeSpec::From { first, last } => {
            let end = length - 1;
            Placed::At(ByteRange { first, last: last.map_or(end, |last| last.min(end)) })
        }
    }
}

/// Adds `range`, merged with all it touches, in the place of the earliest of them.
fn merge(ranges: &mut Vec<ByteRange>, mut range: ByteRange) {
    let mut place = ranges.len();
    while let Some(at) = ranges.iter().position(|other| other.touches(range)) {
        let other = ranges.remove(at);
        range = ByteRange { first: range.first.min(other.first), last: range.last.max(other.last) };
        place = place.min(at);
    }
    ranges.insert(place.min(ranges.len()), range);
}

#[cfg(test)]
mod tests;
