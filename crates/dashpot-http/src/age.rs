//! `Age` (RFC 9111 §5.1).

use crate::list::{digits, members};
use http::{HeaderMap, HeaderValue, header};
use std::time::Duration;

/// Returns how old the response was when its sender had it; `None` where the field is absent or
/// its first member is not a number of seconds.
#[must_use]
pub fn parse(headers: &HeaderMap) -> Option<Duration> {
    // RFC 9111 §5.1: of several members the first is used, and an invalid one makes the field
    // ignored; §1.2.2 caps it.
    let seconds = digits(members(headers, &header::AGE).next()?)?;
    Some(Duration::from_secs(seconds.min(1 << 31)))
}

/// Returns `age` as a field value, rounded down to whole seconds.
#[must_use]
pub fn to_value(age: Duration) -> HeaderValue {
    HeaderValue::from(age.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(lines: &[&str], expected_s: Option<u64>) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::AGE, HeaderValue::from_str(line).unwrap());
        }
        assert_eq!(parse(&headers), expected_s.map(Duration::from_secs), "{lines:?}");
    }

    #[test]
    fn rfc9111_5_1_the_first_member_counts() {
        check(&[], None);
        check(&["0"], Some(0));
        check(&["007"], Some(7));
        check(&["7200, 0"], Some(7_200));
        check(&["0, 7200"], Some(0));
        check(&["7200", "0"], Some(7_200));
        check(&["0", "7200"], Some(0));
    }

    #[test]
    fn rfc9111_5_1_junk_is_ignored_and_large_values_are_capped() {
        for junk in ["", "abc", "-7200", "7200.0", "+1", "7200;foo=bar", "0x10"] {
            check(&[junk], None);
        }
        check(&["2147483647"], Some((1 << 31) - 1));
        check(&["2147483649"], Some(1 << 31));
        check(&["99999999999999999999999"], Some(1 << 31));
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_is_bounded(line in "[ -~]{0,30}") {
            let mut headers = HeaderMap::new();
            headers.insert(header::AGE, HeaderValue::from_str(&line).unwrap());
            prop_assert!(parse(&headers).unwrap_or_default() <= Duration::from_secs(1 << 31));
        }
    }
}
