use http::HeaderValue;
use proptest::prelude::*;

use super::*;

const NAME: HeaderName = HeaderName::from_static("cdn-cache-control");

fn parse_lines(lines: &[&[u8]]) -> Option<Vec<(String, Value)>> {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(NAME, HeaderValue::from_bytes(line).unwrap());
    }
    parse(&headers, &NAME)
}

fn check(line: &str, expected: &[(&str, Value)]) {
    let expected: Vec<_> =
        expected.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    assert_eq!(parse_lines(&[line.as_bytes()]), Some(expected), "{line:?}");
}

use Value::{Boolean, Integer, Other, String as Text, Token};

#[test]
fn rfc9651_4_2_2_members() {
    check("a", &[("a", Boolean(true))]);
    check(" a=1 ,\tb=?0", &[("a", Integer(1)), ("b", Boolean(false))]);
    check("a=-999999999999999", &[("a", Integer(-999_999_999_999_999))]);
    check("a=007", &[("a", Integer(7))]);
    check(
        r#"a="x\"y", *b=c:d/e"#,
        &[("a", Text(b"x\"y".to_vec())), ("*b", Token(b"c:d/e".to_vec()))],
    );
    // Parameters are read and dropped.
    check("a=1;b;c=2; d=\"x\", e;f=?1", &[("a", Integer(1)), ("e", Boolean(true))]);
    for other in
        ["1.5", "-0.125", ":aGk=:", "@-1659578233", "%\"f%c3%bc\"", "(1 \"b\";c 2 );d", "()"]
    {
        check(&format!("a={other}"), &[("a", Other)]);
    }
    // The last of two counts, at the place of the first.
    check("a=1, b, a=2", &[("a", Integer(2)), ("b", Boolean(true))]);
}

#[test]
fn rfc9651_4_2_lines_are_one_field() {
    let expected = vec![("a".to_owned(), Integer(1)), ("b".to_owned(), Boolean(true))];
    assert_eq!(parse_lines(&[b"a=1", b"b"]), Some(expected));
    assert_eq!(parse_lines(&[]), None);
    assert_eq!(parse_lines(&[b"a=1", b""]), None);
}

#[test]
fn rfc9651_4_2_one_error_spoils_the_whole_field() {
    for junk in [
        "",
        " ",
        ",",
        "a,",
        "a,,b",
        "A=1",
        "a=1, B",
        "1",
        "a=",
        "a =1",
        "a= 1",
        "a=1 b",
        "a;",
        "a=1;",
        "a=1;B",
        "a=1.",
        "a=.5",
        "a=1.2345",
        "a=1234567890123456",
        "a=--1",
        "a=-",
        "a=1234567890123.1",
        "a=\"x",
        "a=\"\\x\"",
        "a=?2",
        "a=?",
        "a=(1",
        "a=(1,2)",
        "a=(1\"b\")",
        "a=:x",
        "a=@1.5",
        "a=%\"%C3\"",
        "a=%\"%c3\"",
        "a='x'",
        "a=1\u{7f}",
    ] {
        let parsed = HeaderValue::from_str(junk).ok().and_then(|_| parse_lines(&[junk.as_bytes()]));
        assert_eq!(parsed, None, "{junk:?}");
    }
    assert_eq!(parse_lines(&[b"a=\"\xe9\""]), None);
}

proptest! {
    #[test]
    fn parsing_never_panics(line in proptest::collection::vec(0x20_u8..0x7f, 0..60)) {
        let _read = parse_lines(&[&line]);
    }

    #[test]
    fn near_fields_never_panic(line in "[a-c*=;,?01 .\"\\\\()@:%-]{0,30}") {
        let _read = parse_lines(&[line.as_bytes()]);
    }

    #[test]
    fn what_is_written_is_read(members in proptest::collection::btree_map("[a-z*][a-z0-9_.*-]{0,6}", -999_i64..999, 1..6)) {
        let line: Vec<_> = members.iter().map(|(key, value)| format!("{key}={value};p")).collect();
        let expected: Vec<_> =
            members.into_iter().map(|(key, value)| (key, Integer(value))).collect();
        prop_assert_eq!(parse_lines(&[line.join(", ").as_bytes()]), Some(expected));
    }
}
