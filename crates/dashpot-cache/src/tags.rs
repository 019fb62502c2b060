//! The tags that an origin puts on its responses, to purge them by.

use http::{HeaderMap, HeaderName};

/// Tags that are kept of one response; more than any content system writes.
pub(crate) const TAGS_MAX: usize = 128;
/// Bytes that the tags of one response take at most: a store full of small responses must not
/// become a store of tags.
const TAGS_BYTES_MAX: usize = 4_096;

/// The fields that carry tags, by the caches that read them: Fastly, Cloudflare and Akamai,
/// Varnish.
const FIELDS: [HeaderName; 3] = [
    HeaderName::from_static("surrogate-key"),
    HeaderName::from_static("cache-tag"),
    HeaderName::from_static("xkey"),
];

/// The tags of a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    tags: Box<[Box<str>]>,
    /// Whether there are others that are not known.
    has_more: bool,
}

impl Tags {
    /// Returns the tags that `headers` name, separated by spaces or commas; `None` where there is
    /// no field for them.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        if !FIELDS.iter().any(|name| headers.contains_key(name)) {
            return None;
        }
        let (mut tags, mut bytes, mut has_more) = (Vec::new(), 0, false);
        for value in FIELDS.iter().flat_map(|name| headers.get_all(name)) {
            let Ok(text) = value.to_str() else {
                has_more = true;
                continue;
            };
            let words = text.split([' ', '\t', ',']).filter(|word| !word.is_empty());
            for tag in words {
                bytes += tag.len();
                if tags.len() == TAGS_MAX || TAGS_BYTES_MAX < bytes {
                    has_more = true;
                    break;
                }
                tags.push(Box::from(tag));
            }
        }
        tags.sort_unstable();
        tags.dedup();
        Some(Self { tags: tags.into(), has_more })
    }

    /// Returns the tags of a response whose head has not come: it may have any.
    #[must_use]
    pub fn unknown() -> Self {
        Self { has_more: true, ..Self::default() }
    }

    /// Returns tags as they were written, for stores that outlive the process.
    pub(crate) fn from_parts(tags: Vec<Box<str>>, has_more: bool) -> Self {
        Self { tags: tags.into(), has_more }
    }

    /// Returns the tags that are known, in order and each once.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.tags.iter().map(AsRef::as_ref)
    }

    /// Returns whether the response may have tags that are not known: too many were named, or
    /// ones that are not text. Every tag may be one of them.
    #[must_use]
    pub const fn has_more(&self) -> bool {
        self.has_more
    }

    /// Removes the fields that carry tags, which are meant for caches alone.
    pub fn strip(headers: &mut HeaderMap) {
        for name in &FIELDS {
            headers.remove(name);
        }
    }

    /// Returns the bytes that the tags take, roughly.
    pub(crate) fn weight_bytes(&self) -> u64 {
        let text: usize = self.tags.iter().map(|tag| tag.len() + size_of::<Box<str>>()).sum();
        u64::try_from(text).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::headers;

    fn check(fields: &str, expected: Option<(&[&str], bool)>) {
        let tags = Tags::of(&headers(fields));
        let got = tags.as_ref().map(|tags| (tags.iter().collect::<Vec<_>>(), tags.has_more()));
        assert_eq!(got, expected.map(|(tags, has_more)| (tags.to_vec(), has_more)), "{fields}");
    }

    #[test]
    fn tags_are_separated_as_each_cache_has_them() {
        check("etag: a", None);
        check("surrogate-key: ", Some((&[], false)));
        check("surrogate-key: film  live film", Some((&["film", "live"], false)));
        check("cache-tag: film,live, a:b", Some((&["a:b", "film", "live"], false)));
        check("xkey: b\nxkey: a\nsurrogate-key: c", Some((&["a", "b", "c"], false)));
    }

    #[test]
    fn tags_beyond_the_bound_are_known_to_be_missing() {
        let many: String = (0..200).map(|tag| format!("t{tag} ")).collect();
        let tags = Tags::of(&headers(&format!("xkey: {many}"))).unwrap();
        assert_eq!((tags.iter().len(), tags.has_more()), (TAGS_MAX, true));
        let long = "x".repeat(TAGS_BYTES_MAX + 1);
        let tags = Tags::of(&headers(&format!("xkey: {long}"))).unwrap();
        assert_eq!((tags.iter().len(), tags.has_more()), (0, true));
        assert!(Tags::unknown().has_more());
    }
}
