use super::*;
use http::{HeaderName, HeaderValue};
use proptest::prelude::*;

const MODIFIED: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const EARLIER: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
const LATER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";
const NOW: WallTime = WallTime::EPOCH;

fn outcome(evaluator: Evaluator, method: &Method, fields: &[(&'static str, &str)]) -> &'static str {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    let etag = EntityTag::strong("now");
    let current = Validators {
        etag: etag.as_ref(),
        last_modified: date::parse(NOW, MODIFIED.as_bytes()),
        date: date::parse(NOW, LATER.as_bytes()),
    };
    match evaluate(NOW, evaluator, method, &headers, &current) {
        Outcome::Proceed { range: None } => "whole",
        Outcome::Proceed { range: Some(_) } => "range",
        Outcome::NotModified => "304",
        Outcome::PreconditionFailed => "412",
    }
}

fn check(fields: &[(&'static str, &str)], expected: &str) {
    assert_eq!(outcome(Evaluator::Origin, &Method::GET, fields), expected, "{fields:?}");
}

#[test]
fn rfc9110_13_1_1_if_match() {
    check(&[("if-match", r#""now""#)], "whole");
    check(&[("if-match", "*")], "whole");
    check(&[("if-match", r#""old", "now""#)], "whole");
    check(&[("if-match", r#"W/"now""#)], "412");
    check(&[("if-match", r#""old""#)], "412");
    check(&[("if-match", "junk")], "412");
}

#[test]
fn rfc9110_13_1_4_if_unmodified_since() {
    check(&[("if-unmodified-since", MODIFIED)], "whole");
    check(&[("if-unmodified-since", EARLIER)], "412");
    check(&[("if-unmodified-since", "junk")], "whole");
    // §13.2.2 step 2: not looked at beside If-Match.
    check(&[("if-match", "*"), ("if-unmodified-since", EARLIER)], "whole");
}

#[test]
fn rfc9110_13_1_2_if_none_match() {
    check(&[("if-none-match", r#""now""#)], "304");
    check(&[("if-none-match", r#"W/"now""#)], "304");
    check(&[("if-none-match", r#""a", "b", "now""#)], "304");
    check(&[("if-none-match", "*")], "304");
    check(&[("if-none-match", r#""old""#)], "whole");
    let put = outcome(Evaluator::Origin, &Method::PUT, &[("if-none-match", "*")]);
    assert_eq!(put, "412");
}

#[test]
fn rfc9110_13_1_3_if_modified_since() {
    check(&[("if-modified-since", MODIFIED)], "304");
    check(&[("if-modified-since", LATER)], "304");
    check(&[("if-modified-since", EARLIER)], "whole");
    check(&[("if-modified-since", "junk")], "whole");
    check(&[("if-modified-since", MODIFIED), ("if-modified-since", MODIFIED)], "whole");
    // §13.2.2 step 4: not looked at beside If-None-Match.
    check(&[("if-none-match", r#""old""#), ("if-modified-since", LATER)], "whole");
    let put = outcome(Evaluator::Origin, &Method::PUT, &[("if-modified-since", LATER)]);
    assert_eq!(put, "whole");
}

#[test]
fn rfc9110_13_1_5_if_range() {
    let range = ("range", "bytes=0-1");
    check(&[range], "range");
    check(&[range, ("if-range", r#""now""#)], "range");
    check(&[range, ("if-range", r#""old""#)], "whole");
    check(&[range, ("if-range", r#"W/"now""#)], "whole");
    check(&[range, ("if-range", MODIFIED)], "range");
    check(&[range, ("if-range", LATER)], "whole");
    check(&[range, ("if-range", "junk")], "whole");
    check(&[("if-range", r#""now""#)], "whole");
    check(&[range, ("if-none-match", r#""now""#)], "304");
    assert_eq!(outcome(Evaluator::Origin, &Method::HEAD, &[range]), "whole");
}

#[test]
fn rfc9111_4_3_2_a_cache_leaves_the_origins_conditions_alone() {
    let fields = [("if-match", r#""old""#), ("if-unmodified-since", EARLIER)];
    assert_eq!(outcome(Evaluator::Cache, &Method::GET, &fields), "whole");
    let mut headers = HeaderMap::new();
    headers.insert(header::IF_MODIFIED_SINCE, HeaderValue::from_static(MODIFIED));
    let stored = Validators { date: date::parse(NOW, EARLIER.as_bytes()), ..Validators::default() };
    let got = evaluate(NOW, Evaluator::Cache, &Method::GET, &headers, &stored);
    assert_eq!(got, Outcome::NotModified);
    let got = evaluate(NOW, Evaluator::Origin, &Method::GET, &headers, &stored);
    assert_eq!(got, Outcome::Proceed { range: None });
}

#[test]
fn rfc9110_8_8_2_2_a_time_of_the_same_second_is_weak() {
    let modified = date::parse(NOW, MODIFIED.as_bytes());
    let current = Validators { etag: None, last_modified: modified, date: modified };
    let mut headers = HeaderMap::new();
    headers.insert(header::RANGE, HeaderValue::from_static("bytes=0-1"));
    headers.insert(header::IF_RANGE, HeaderValue::from_static(MODIFIED));
    let got = evaluate(NOW, Evaluator::Origin, &Method::GET, &headers, &current);
    assert_eq!(got, Outcome::Proceed { range: None });
}

proptest! {
    #[test]
    fn evaluating_never_panics(value in "[ -~]{0,60}") {
        for name in ["if-match", "if-none-match", "if-modified-since", "if-range", "range"] {
            let fields = [("range", "bytes=0-1"), (name, value.as_str())];
            let _read = outcome(Evaluator::Origin, &Method::GET, &fields);
        }
    }
}
