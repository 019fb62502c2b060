use super::*;
use http::header::IF_NONE_MATCH;
use proptest::prelude::*;

fn check(text: &str, expected: Option<(bool, &str)>) {
    let tag = EntityTag::parse(text.as_bytes());
    let got = tag.as_ref().map(|tag| (tag.weak, String::from_utf8_lossy(&tag.opaque).into_owned()));
    assert_eq!(got, expected.map(|(weak, opaque)| (weak, opaque.to_owned())), "{text:?}");
    if let Some(tag) = tag {
        assert_eq!(tag.to_value().as_bytes(), text.trim().as_bytes());
    }
}

#[test]
fn rfc9110_8_8_3_syntax() {
    check(r#""abc""#, Some((false, "abc")));
    check(r#""""#, Some((false, "")));
    check(r#" W/"a,b" "#, Some((true, "a,b")));
    check(r#""back\slash""#, Some((false, r"back\slash")));
    for bad in ["", "abc", "\"", "\"a b\"", "w/\"a\"", "W\"a\"", "\"a", "\"a\"b\"", "W/", "*"] {
        check(bad, None);
    }
}

#[test]
fn rfc9110_8_8_3_2_comparison() {
    let tag = |text: &str| EntityTag::parse(text.as_bytes()).unwrap();
    for (one, other, strong, weak) in [
        (r#"W/"1""#, r#"W/"1""#, false, true),
        (r#"W/"1""#, r#"W/"2""#, false, false),
        (r#"W/"1""#, r#""1""#, false, true),
        (r#""1""#, r#""1""#, true, true),
    ] {
        let (one, other) = (tag(one), tag(other));
        assert_eq!((one.strong_eq(&other), one.weak_eq(&other)), (strong, weak));
    }
}

#[test]
fn lists_run_over_lines_and_leave_out_junk() {
    let mut headers = HeaderMap::new();
    assert_eq!(TagList::of(&headers, &IF_NONE_MATCH), None);
    headers.append(IF_NONE_MATCH, HeaderValue::from_static(r#""a,b", junk, W/"c\""#));
    headers.append(IF_NONE_MATCH, HeaderValue::from_static(r#", "d""#));
    let Some(TagList::Tags(tags)) = TagList::of(&headers, &IF_NONE_MATCH) else { panic!("a list") };
    let values: Vec<_> = tags.iter().map(EntityTag::to_value).collect();
    assert_eq!(values, [r#""a,b""#, r#"W/"c\""#, r#""d""#]);
    headers.append(IF_NONE_MATCH, HeaderValue::from_static("*"));
    assert_eq!(TagList::of(&headers, &IF_NONE_MATCH), Some(TagList::Any));
}

proptest! {
    #[test]
    fn parsing_never_panics_and_what_is_read_prints_back(
        text in proptest::collection::vec(any::<u8>(), 0..40)
    ) {
        if let Some(tag) = EntityTag::parse(&text) {
            prop_assert_eq!(EntityTag::parse(tag.to_value().as_bytes()), Some(tag));
        }
    }
}
