//! Entity tags (RFC 9110 §8.8.3) and the lists that conditional requests carry.

use crate::list::trim;
use http::{HeaderMap, HeaderName, HeaderValue};

/// An entity tag: an opaque name of one representation's bytes (strong) or meaning (weak).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityTag {
    /// Whether two equal tags promise equal meaning only, not equal bytes.
    pub weak: bool,
    opaque: Box<[u8]>,
}

impl EntityTag {
    /// Returns the strong tag `"opaque"`, or `None` where a character may not stand in a tag.
    #[must_use]
    pub fn strong(opaque: &str) -> Option<Self> {
        Self::of(opaque.as_bytes(), false)
    }

    /// Parses one tag, quotes included.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text = trim(text);
        // RFC 9110 §8.8.3: `W/` is case-sensitive.
        let (weak, quoted) = text.strip_prefix(b"W/").map_or((false, text), |rest| (true, rest));
        Self::of(quoted.strip_prefix(b"\"")?.strip_suffix(b"\"")?, weak)
    }

    fn of(opaque: &[u8], weak: bool) -> Option<Self> {
        // RFC 9110 §8.8.3: etagc = %x21 / %x23-7E / obs-text.
        let allowed = |byte: &u8| matches!(byte, 0x21 | 0x23..=0x7E | 0x80..);
        opaque.iter().all(allowed).then(|| Self { weak, opaque: opaque.into() })
    }

    /// Returns whether both are strong and equal (RFC 9110 §8.8.3.2).
    #[must_use]
    pub fn strong_eq(&self, other: &Self) -> bool {
        !self.weak && !other.weak && self.opaque == other.opaque
    }

    /// Returns whether both name the same, weak or not (RFC 9110 §8.8.3.2).
    #[must_use]
    pub fn weak_eq(&self, other: &Self) -> bool {
        self.opaque == other.opaque
    }

    /// Returns the field value, quotes included.
    #[must_use]
    pub fn to_value(&self) -> HeaderValue {
        let prefix: &[u8] = if self.weak { b"W/\"" } else { b"\"" };
        let bytes = [prefix, &self.opaque, b"\""].concat();
        // Every character allowed in a tag is allowed in a field value.
        HeaderValue::from_bytes(&bytes).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
    }
}

/// The value of `If-Match` or `If-None-Match`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagList {
    /// `*`: any representation.
    Any,
    /// These; unreadable members are left out and so match nothing.
    Tags(Vec<EntityTag>),
}

impl TagList {
    /// Reads the field `name` over all its lines; `None` where it is absent.
    #[must_use]
    pub fn of(headers: &HeaderMap, name: &HeaderName) -> Option<Self> {
        let mut tags = Vec::new();
        let mut lines = headers.get_all(name).iter().peekable();
        lines.peek()?;
        for member in lines.flat_map(|line| split_tags(line.as_bytes())) {
            if member == b"*" {
                return Some(Self::Any);
            }
            tags.extend(EntityTag::parse(member));
        }
        Some(Self::Tags(tags))
    }
}

/// Returns the members of one line. A backslash is an ordinary character of a tag, so quotes
/// cannot be escaped here.
fn split_tags(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    let members = line.split(move |&byte| {
        quoted ^= byte == b'"';
        byte == b',' && !quoted
    });
    members.map(trim).filter(|member| !member.is_empty())
}

#[cfg(test)]
mod tests;
