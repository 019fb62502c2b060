use super::*;
use crate::fixture::{get, headers, store_at, t0};

const RESPONSE: &str = "cache-control: max-age=9
    content-type: video/mp4
    etag: \"a\"
    last-modified: Sun, 06 Nov 1994 08:00:00 GMT
    date: Sun, 06 Nov 1994 08:49:37 GMT";

fn plan(status: u16, request: &RequestHead, extent: Extent) -> ReplyPlan {
    let head = store_at(t0(), "", status, RESPONSE).unwrap();
    reply(t0(), &head, request, extent, "xyz")
}

/// Answers `request` from a body of 1,000 bytes.
fn check(request: &str, status: u16, content: &str) {
    let plan = plan(200, &get(request), Extent::Complete(1_000));
    assert_eq!((plan.status.as_u16(), describe(&plan).as_str()), (status, content), "{request}");
}

/// Writes the content with its `Content-Range` and `Content-Length`.
fn describe(plan: &ReplyPlan) -> String {
    let field = |name| plan.headers.get(name).map_or("-", |value| value.to_str().unwrap());
    let content = match &plan.content {
        Content::Nothing => "nothing".to_owned(),
        Content::Whole => "whole".to_owned(),
        Content::Part(range) => format!("{}-{}", range.first, range.last),
        Content::Parts(parts) => format!("{} parts", parts.parts.len()),
    };
    format!("{content} {} {}", field("content-range"), field("content-length"))
}

#[test]
fn rfc9110_14_ranges_of_a_known_length() {
    for (range, status, content) in [
        ("bytes=0-99", 206, "0-99 bytes 0-99/1000 100"),
        ("bytes=-100", 206, "900-999 bytes 900-999/1000 100"),
        ("bytes=990-", 206, "990-999 bytes 990-999/1000 10"),
        ("bytes=990-2000", 206, "990-999 bytes 990-999/1000 10"),
        ("bytes=0-9,5-20", 206, "0-20 bytes 0-20/1000 21"),
        ("bytes=1000-", 416, "nothing bytes */1000 0"),
        ("bytes=-0", 416, "nothing bytes */1000 0"),
        ("bytes=9-3", 200, "whole - 1000"),
        ("lines=1-2", 200, "whole - 1000"),
    ] {
        check(&format!("range: {range}"), status, content);
    }
}

#[test]
fn a_whole_reply_takes_its_length_from_the_store() {
    let text = "cache-control: max-age=9\ncontent-length: 1000";
    let head = store_at(t0(), "", 200, text).unwrap();
    let plan = reply(t0(), &head, &get(""), Extent::Complete(1_000), "xyz");
    let [stored, sent] = [&head.headers, &plan.headers].map(|map| &map[header::CONTENT_LENGTH]);
    // The very bytes: nothing is written again for each hit.
    assert_eq!(stored.as_bytes().as_ptr(), sent.as_bytes().as_ptr());
}

#[test]
fn rfc9110_14_6_several_ranges_are_one_multipart_body() {
    let plan = plan(200, &get("range: bytes=0-0,-1"), Extent::Complete(1_000));
    let Content::Parts(parts) = &plan.content else { panic!("{plan:?}") };
    assert_eq!(plan.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(plan.headers["content-type"], "multipart/byteranges; boundary=xyz");
    assert_eq!(plan.headers["content-length"], parts.content_length().to_string());
    assert!(!plan.headers.contains_key("content-range"));
}

#[test]
fn rfc9110_13_conditions_come_before_ranges() {
    let range = "range: bytes=0-99";
    for (request, status, content) in [
        ("if-none-match: \"a\"", 304, "nothing - -"),
        ("if-none-match: W/\"a\"", 304, "nothing - -"),
        ("if-none-match: *", 304, "nothing - -"),
        ("if-none-match: \"b\"", 200, "whole - 1000"),
        ("if-modified-since: Sun, 06 Nov 1994 08:00:00 GMT", 304, "nothing - -"),
        ("if-modified-since: Sun, 06 Nov 1994 07:59:59 GMT", 200, "whole - 1000"),
        // §13.1.3: ignored beside If-None-Match.
        (
            "if-none-match: \"b\"\nif-modified-since: Sun, 06 Nov 1994 08:00:00 GMT",
            200,
            "whole - 1000",
        ),
        (&format!("if-none-match: \"a\"\n{range}"), 304, "nothing - -"),
        // §13.1.5.
        (&format!("if-range: \"a\"\n{range}"), 206, "0-99 bytes 0-99/1000 100"),
        (&format!("if-range: W/\"a\"\n{range}"), 200, "whole - 1000"),
        (&format!("if-range: \"b\"\n{range}"), 200, "whole - 1000"),
    ] {
        check(request, status, content);
    }
}

#[test]
fn rfc9110_15_4_5_a_304_keeps_the_validators_and_drops_the_content_fields() {
    let plan = plan(200, &get("if-none-match: \"a\""), Extent::Complete(1_000));
    assert_eq!(plan.headers["etag"], "\"a\"");
    assert!(plan.headers.contains_key("cache-control"));
    assert!(!plan.headers.contains_key("content-type"));
}

#[test]
fn only_a_200_has_conditions_and_ranges() {
    let request = get("range: bytes=0-9\nif-none-match: \"a\"");
    let plan = plan(404, &request, Extent::Complete(20));
    assert_eq!((plan.status.as_u16(), describe(&plan).as_str()), (404, "whole - 20"));
}

#[test]
fn a_body_of_unknown_length_gives_ranges_only_of_what_has_arrived() {
    let growing = |request: &str| {
        let plan = plan(200, &get(request), Extent::AtLeast(100));
        (plan.status.as_u16(), describe(&plan))
    };
    assert_eq!(growing("range: bytes=0-99"), (206, "0-99 bytes 0-99/* 100".to_owned()));
    for range in ["bytes=0-100", "bytes=0-", "bytes=-5", "bytes=0-1,5-6"] {
        assert_eq!(growing(&format!("range: {range}")), (200, "whole - -".to_owned()), "{range}");
    }
}

#[test]
fn rfc9110_9_3_2_head_is_told_the_length_and_given_nothing() {
    let head = RequestHead::new(Method::HEAD, headers("range: bytes=0-9"));
    let plan = plan(200, &head, Extent::Complete(1_000));
    assert_eq!((plan.status.as_u16(), describe(&plan).as_str()), (200, "nothing - 1000"));
}
