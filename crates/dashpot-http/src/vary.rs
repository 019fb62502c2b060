//! `Vary` (RFC 9110 §12.5.5) and the secondary key it makes of a request (RFC 9111 §4.1).

use crate::list::{members, split};
use http::{HeaderMap, HeaderName, header};

/// Names that a response may be selected by. Origins name a handful; each costs memory for every
/// stored response and time for every look-up.
const NAMES_MAX: usize = 32;
/// Bytes of these names, all together.
const NAME_BYTES_MAX: usize = 1_024;

/// What a response was selected by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vary {
    /// `*`, or something unreadable or beyond all measure: no later request is known to match.
    Any,
    /// These request fields, sorted, each once; none where the field is absent.
    Fields(Vec<HeaderName>),
}

impl Vary {
    /// Reads the `Vary` of a response, over all its lines.
    #[must_use]
    pub fn of(response: &HeaderMap) -> Self {
        let mut fields = Vec::new();
        for member in members(response, &header::VARY) {
            // RFC 9111 §4.1: a member `*` anywhere never matches.
            match HeaderName::from_bytes(member) {
                Ok(name) if name.as_str() != "*" => fields.push(name),
                Ok(_) | Err(_) => return Self::Any,
            }
        }
        fields.sort_by(|one, other| one.as_str().cmp(other.as_str()));
        fields.dedup();
        let bytes: usize = fields.iter().map(|name| name.as_str().len()).sum();
        if NAMES_MAX < fields.len() || NAME_BYTES_MAX < bytes {
            return Self::Any;
        }
        Self::Fields(fields)
    }

    /// Returns the memory that this takes, in bytes.
    #[must_use]
    pub fn weight_bytes(&self) -> u64 {
        let Self::Fields(fields) = self else { return 0 };
        // A name that is not a standard one has an allocation of its own.
        let name_bytes = |name: &HeaderName| size_of::<HeaderName>() + name.as_str().len();
        u64::try_from(fields.iter().map(name_bytes).sum::<usize>()).unwrap_or(u64::MAX)
    }

    /// Returns the key of `request` among the variants; two requests with equal keys may share a
    /// response. `None` where no request may.
    #[must_use]
    pub fn key(&self, request: &HeaderMap) -> Option<Vec<u8>> {
        let Self::Fields(fields) = self else { return None };
        let mut key = Vec::new();
        for name in fields {
            // RFC 9111 §4.1: an absent field matches only an absent one.
            if request.contains_key(name) {
                key.extend_from_slice(name.as_str().as_bytes());
                key.push(b':');
                push_normalized(&mut key, request, name);
                // Cannot occur in a field value, so that keys are unambiguous.
                key.push(b'\n');
            }
        }
        Some(key)
    }
}

/// Adds the value of `name` with its lines joined and white space around commas removed; of the
/// negotiation fields, whose syntax is known, also case, white space around parameters and order,
/// since weights alone rank (RFC 9110 §12.5.3, §12.5.4).
fn push_normalized(key: &mut Vec<u8>, request: &HeaderMap, name: &HeaderName) {
    let lines = request.get_all(name).iter();
    let members = lines.flat_map(|line| split(line.as_bytes()));
    if ![header::ACCEPT_ENCODING, header::ACCEPT_LANGUAGE, header::ACCEPT_CHARSET].contains(name) {
        return members.for_each(|member| push_member(key, member));
    }
    let plain = |member: &[u8]| -> Vec<u8> {
        let kept = member.iter().filter(|byte| !matches!(byte, b' ' | b'\t'));
        kept.map(u8::to_ascii_lowercase).collect()
    };
    let mut members: Vec<_> = members.map(plain).collect();
    members.sort_unstable();
    members.iter().for_each(|member| push_member(key, member));
}

fn push_member(key: &mut Vec<u8>, member: &[u8]) {
    key.extend_from_slice(member);
    key.push(b',');
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;

    fn map(fields: &[(&'static str, &str)]) -> HeaderMap {
        let fields = fields.iter().map(|(name, value)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        });
        let mut headers = HeaderMap::new();
        fields.for_each(|(name, value)| {
            headers.append(name, value);
        });
        headers
    }

    #[test]
    fn a_vary_beyond_all_measure_matches_nothing() {
        let of = |names: usize, length: usize| {
            let names: Vec<String> = (0..names).map(|n| format!("x{n:0>length$}")).collect();
            let mut headers = HeaderMap::new();
            headers.insert(header::VARY, names.join(", ").parse().unwrap());
            Vary::of(&headers)
        };
        assert_ne!(of(32, 3), Vary::Any);
        assert!(32 * 4 < of(32, 3).weight_bytes());
        assert_eq!(of(33, 3), Vary::Any);
        assert_eq!(of(2, 1_000), Vary::Any);
    }

    #[test]
    fn rfc9110_12_5_5_lists() {
        let check = |lines: &[&str], expected: Option<&[&'static str]>| {
            let lines: Vec<_> = lines.iter().map(|line| ("vary", *line)).collect();
            let expected = expected.map_or(Vary::Any, |names| {
                Vary::Fields(names.iter().map(|name| HeaderName::from_static(name)).collect())
            });
            assert_eq!(Vary::of(&map(&lines)), expected, "{lines:?}");
        };
        check(&[], Some(&[]));
        check(&["Foo, accept-encoding", "foo"], Some(&["accept-encoding", "foo"]));
        for line in ["*", "*, *", ", *", "*, Foo", "Foo, *", "not a name"] {
            check(&[line], None);
        }
        check(&["*", "*"], None);
        check(&["", "*"], None);
    }

    fn check_match(
        vary: &str,
        one: &[(&'static str, &str)],
        other: &[(&'static str, &str)],
        same: bool,
    ) {
        let vary = Vary::of(&map(&[("vary", vary)]));
        let (one_key, other_key) = (vary.key(&map(one)), vary.key(&map(other)));
        let got = one_key.is_some() && one_key == other_key;
        assert_eq!(got, same, "{vary:?}: {one:?} {other:?}");
    }

    #[test]
    fn rfc9111_4_1_matching() {
        check_match("foo", &[("foo", "1")], &[("foo", "1"), ("bar", "2")], true);
        check_match("foo", &[("foo", "1")], &[("foo", "2")], false);
        check_match("foo", &[("foo", "1")], &[], false);
        check_match("foo", &[("foo", "")], &[], false);
        check_match("foo", &[], &[("bar", "1")], true);
        check_match("foo", &[("foo", "a"), ("foo", "b")], &[("foo", "a ,\tb")], true);
        check_match("foo", &[("foo", "A")], &[("foo", "a")], false);
        check_match(
            "foo, bar",
            &[("foo", "1"), ("bar", "2")],
            &[("foo", "1"), ("bar", "3")],
            false,
        );
        check_match(
            "accept-language",
            &[("accept-language", "en, DE;q=0.5")],
            &[("accept-language", "EN,de; q=0.5")],
            true,
        );
        check_match(
            "accept-language",
            &[("accept-language", "en, de")],
            &[("accept-language", "de, en")],
            true,
        );
        check_match("foo", &[("foo", "en, de")], &[("foo", "de, en")], false);
        check_match(
            "accept-language",
            &[("accept-language", "en;q=0.5, de")],
            &[("accept-language", "en, de;q=0.5")],
            false,
        );
        check_match("*", &[], &[], false);
    }

    proptest! {
        #[test]
        fn white_space_around_commas_selects_nothing_and_members_do(
            one in proptest::collection::vec("[a-z;=]{1,3}", 1..4),
            other in proptest::collection::vec("[a-z;=]{1,3}", 1..4),
        ) {
            let vary = Vary::of(&map(&[("vary", "foo")]));
            let key = |value: &str| vary.key(&map(&[("foo", value)]));
            prop_assert_eq!(key(&one.join(",")), key(&one.join(" ,\t")));
            prop_assert_eq!(key(&one.join(",")) == key(&other.join(",")), one == other);
        }
    }
}
