use super::*;
use crate::fixture::{headers, store_at, t0};

const DATED: &str = "date: Sun, 06 Nov 1994 08:49:37 GMT\ncache-control: max-age=9\n";

fn rest_of(fields: &str, from: u64, length: Option<u64>) -> Option<Rest> {
    let head = store_at(t0(), "", 200, &format!("{DATED}{fields}")).unwrap();
    Rest::of(&head, from, length)
}

#[test]
fn only_a_strong_validator_lets_a_body_go_on() {
    let check = |fields: &str, if_range: Option<&str>| {
        let asked = rest_of(fields, 7, None).map(|rest| {
            let mut request = HeaderMap::new();
            rest.write(&mut request);
            assert_eq!(request[header::RANGE], "bytes=7-");
            request[header::IF_RANGE].to_str().unwrap().to_owned()
        });
        assert_eq!(asked.as_deref(), if_range, "{fields}");
    };
    check("etag: \"a\"", Some("\"a\""));
    check("etag: W/\"a\"", None);
    check("etag: a", None);
    check("", None);
    // RFC 9110 §8.8.2.2: sixty seconds before Date, and no later.
    let minute = "Sun, 06 Nov 1994 08:48:37 GMT";
    check(&format!("last-modified: {minute}"), Some(minute));
    check("last-modified: Sun, 06 Nov 1994 08:48:38 GMT", None);
    check("last-modified: yesterday", None);
    // RFC 9110 §13.1.5.
    check(&format!("etag: \"a\"\nlast-modified: {minute}"), Some("\"a\""));
    check(&format!("etag: W/\"a\"\nlast-modified: {minute}"), None);
    check(&format!("etag: a\nlast-modified: {minute}"), None);
}

#[test]
fn a_body_of_another_status_is_not_asked_for_in_part() {
    let head = store_at(t0(), "", 404, "cache-control: max-age=9\netag: \"a\"").unwrap();
    assert_eq!(Rest::of(&head, 1, None), None);
}

/// What `status` with `fields` is to four bytes of a body with `first` fields.
#[track_caller]
fn check_answer(
    (first, length): (&str, Option<u64>),
    (status, fields): (u16, &str),
    expected: Continuation,
) {
    let rest = rest_of(first, 4, length).unwrap();
    let headers = headers(fields);
    let framing = match headers.get(header::CONTENT_LENGTH) {
        Some(length) => Framing::Length(length.to_str().unwrap().parse().unwrap()),
        None if headers.contains_key(header::CONNECTION) => Framing::UntilClose,
        None => Framing::Delimited,
    };
    let status = StatusCode::from_u16(status).unwrap();
    let answer = rest.answered_by(&ResponseHead { status, headers, framing });
    assert_eq!(answer, expected, "{first} {length:?}: {status} {fields}");
}

const TAG: &str = "etag: \"a\"";
const NINE: (&str, Option<u64>) = (TAG, Some(9));
const OPEN: (&str, Option<u64>) = (TAG, None);

fn goes_on(skip: u64) -> Continuation {
    Continuation::Rest { skip, length: Some(9) }
}

#[test]
fn a_206_continues_a_body_only_where_everything_fits() {
    let lost = Continuation::Lost;
    for whole in [NINE, OPEN] {
        for (fields, expected) in [
            ("content-range: bytes 4-8/9\netag: \"a\"\ncontent-length: 5", goes_on(0)),
            ("content-range: bytes 4-8/9\netag: \"a\"", goes_on(0)),
            // Less than asked for: the rest of the rest is asked for next.
            ("content-range: bytes 4-6/9\netag: \"a\"", goes_on(0)),
            ("content-range: bytes 4-8/9\netag: \"b\"", lost),
            ("content-range: bytes 4-8/9\netag: W/\"a\"", lost),
            ("content-range: bytes 4-8/9", lost),
            ("content-range: bytes 4-8/9\netag: \"a\"\netag: \"b\"", lost),
            ("content-range: bytes 3-8/9\netag: \"a\"", lost),
            ("content-range: bytes 5-8/9\netag: \"a\"", lost),
            ("content-range: bytes 4-9/9\netag: \"a\"", lost),
            ("content-range: bytes 4-8/9\netag: \"a\"\ncontent-length: 6", lost),
            ("content-range: bytes 4-8/9\netag: \"a\"\ncontent-encoding: gzip", lost),
            ("content-type: multipart/byteranges; boundary=x\netag: \"a\"", lost),
            ("content-range: bytes */9\netag: \"a\"", lost),
        ] {
            check_answer(whole, (206, fields), expected);
        }
    }
    check_answer(NINE, (206, "content-range: bytes 4-9/10\netag: \"a\""), lost);
    // The length need not be said again, but it must be known.
    let unsaid = "content-range: bytes 4-8/*\netag: \"a\"";
    check_answer(NINE, (206, unsaid), goes_on(0));
    check_answer(OPEN, (206, unsaid), lost);
}

#[test]
fn a_200_is_skipped_into_only_where_it_is_the_same() {
    let lost = Continuation::Lost;
    check_answer(NINE, (200, "etag: \"a\"\ncontent-length: 9"), goes_on(4));
    check_answer(NINE, (200, "etag: \"a\""), goes_on(4));
    check_answer(NINE, (200, "etag: \"a\"\nconnection: close"), goes_on(4));
    check_answer(NINE, (200, "etag: \"a\"\ncontent-length: 8"), lost);
    check_answer(NINE, (200, "etag: \"b\"\ncontent-length: 9"), lost);
    check_answer(NINE, (200, "content-length: 9"), lost);
    check_answer(NINE, (200, "etag: \"a\"\ncontent-encoding: gzip"), lost);
    check_answer(OPEN, (200, "etag: \"a\"\ncontent-length: 9"), goes_on(4));
    check_answer(OPEN, (200, "etag: \"a\""), Continuation::Rest { skip: 4, length: None });
    check_answer(OPEN, (200, "etag: \"a\"\nconnection: close"), lost);
    check_answer(OPEN, (200, "etag: \"a\"\ncontent-length: 3"), lost);
}

#[test]
fn a_time_continues_a_body_only_where_it_is_repeated() {
    let old = "last-modified: Sun, 06 Nov 1994 08:00:00 GMT";
    let range = "content-range: bytes 4-8/9";
    for (fields, expected) in [
        (format!("{range}\n{old}"), goes_on(0)),
        (format!("{range}\nlast-modified: Sun, 06 Nov 1994 08:00:01 GMT"), Continuation::Lost),
        (range.to_owned(), Continuation::Lost),
        (format!("{range}\n{old}\netag: \"a\""), Continuation::Lost),
    ] {
        check_answer((old, Some(9)), (206, &fields), expected);
    }
}

#[test]
fn an_error_of_the_moment_may_pass_and_others_do_not() {
    for (status, expected) in [
        (500, Continuation::Unavailable),
        (503, Continuation::Unavailable),
        (429, Continuation::Unavailable),
        (416, Continuation::Lost),
        (412, Continuation::Lost),
        (404, Continuation::Lost),
        (302, Continuation::Lost),
        (304, Continuation::Lost),
    ] {
        check_answer(NINE, (status, "etag: \"a\"\ncontent-range: bytes */9"), expected);
    }
}

/// What is asked for after 3 bytes of a response that passes by with `length` bytes of content;
/// "" where nothing is.
#[track_caller]
fn check_passing((status, fields): (u16, &str), length: u64, range: &str) {
    let head = (StatusCode::from_u16(status).unwrap(), &headers(fields));
    let asked = Rest::of_passing(head, length, t0()).map(|mut rest| {
        rest.from += 3;
        let mut request = HeaderMap::new();
        rest.write(&mut request);
        assert!(request.contains_key(header::IF_RANGE), "{fields}");
        request[header::RANGE].to_str().unwrap().to_owned()
    });
    assert_eq!(asked.unwrap_or_default(), range, "{status} {fields}");
}

#[test]
fn what_passes_by_goes_on_to_the_end_of_what_it_brings() {
    let dated = "date: Sun, 06 Nov 1994 08:49:37 GMT";
    let part = "content-range: bytes 4-8/20";
    for ((status, fields), length, range) in [
        ((200, TAG.to_owned()), 9, "bytes=3-"),
        ((200, "etag: W/\"a\"".to_owned()), 9, ""),
        ((200, "etag: a".to_owned()), 9, ""),
        ((200, "etag: \"a\"\netag: \"b\"".to_owned()), 9, ""),
        ((200, String::new()), 9, ""),
        ((404, TAG.to_owned()), 9, ""),
        // RFC 9110 §8.8.2.2: as of what is stored.
        ((200, format!("{dated}\nlast-modified: Sun, 06 Nov 1994 08:48:37 GMT")), 9, "bytes=3-"),
        ((200, format!("{dated}\nlast-modified: Sun, 06 Nov 1994 08:48:38 GMT")), 9, ""),
        ((200, "last-modified: Sun, 06 Nov 1994 08:48:37 GMT".to_owned()), 9, ""),
        ((206, format!("{TAG}\n{part}")), 5, "bytes=7-8"),
        ((206, format!("{TAG}\ncontent-range: bytes 4-8/*")), 5, "bytes=7-8"),
        // Not as many bytes as it says.
        ((206, format!("{TAG}\n{part}")), 6, ""),
        ((206, format!("{TAG}\n{part}\n{part}")), 5, ""),
        ((206, format!("{TAG}\ncontent-type: multipart/byteranges; boundary=x")), 5, ""),
        ((206, part.to_owned()), 5, ""),
    ] {
        check_passing((status, &fields), length, range);
    }
}

#[test]
fn a_part_that_passes_by_goes_on_only_with_what_is_left_of_it() {
    let check = |complete: &str, (status, fields): (u16, &str), expected: Continuation| {
        let first = headers(&format!("{TAG}\ncontent-range: bytes 4-8/{complete}"));
        let head = (StatusCode::PARTIAL_CONTENT, &first);
        let mut rest = Rest::of_passing(head, 5, t0()).unwrap();
        rest.from += 3;
        let (headers, status) = (headers(fields), StatusCode::from_u16(status).unwrap());
        let answer =
            rest.answered_by(&ResponseHead { status, headers, framing: Framing::Delimited });
        assert_eq!(answer, expected, "{complete}: {status} {fields}");
    };
    let goes_on = |length| Continuation::Rest { skip: 0, length };
    let (whole, lost) = (Some(20), Continuation::Lost);
    check("20", (206, "etag: \"a\"\ncontent-range: bytes 7-8/20"), goes_on(whole));
    check("20", (206, "etag: \"a\"\ncontent-range: bytes 7-7/20"), goes_on(whole));
    check("*", (206, "etag: \"a\"\ncontent-range: bytes 7-8/20"), goes_on(whole));
    check("*", (206, "etag: \"a\"\ncontent-range: bytes 7-8/*"), goes_on(None));
    check("20", (206, "etag: \"a\"\ncontent-range: bytes 7-9/20"), lost);
    check("20", (206, "etag: \"a\"\ncontent-range: bytes 6-8/20"), lost);
    check("20", (206, "etag: \"a\"\ncontent-range: bytes 7-8/21"), lost);
    check("20", (206, "etag: \"b\"\ncontent-range: bytes 7-8/20"), lost);
    check("20", (200, TAG), lost);
    check("20", (503, ""), Continuation::Unavailable);
}
