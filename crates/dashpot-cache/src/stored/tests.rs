use super::*;
use crate::fixture::{get, headers, store_at, t0};

fn value<'a>(head: &'a StoredHead, name: &str) -> Option<&'a str> {
    head.headers.get(name).map(|value| value.to_str().unwrap())
}

#[test]
fn rfc9111_3_1_fields_of_one_connection_are_not_stored() {
    let head = store_at(
        t0(),
        "",
        200,
        "cache-control: max-age=1
         connection: x-hop, keep-alive
         x-hop: 1
         keep-alive: timeout=5
         transfer-encoding: chunked
         age: 3
         x-end: 1",
    )
    .unwrap();
    let names: Vec<&str> = head.headers.keys().map(HeaderName::as_str).collect();
    assert_eq!(names, ["cache-control", "x-end", "date"]);
    // RFC 9110 §6.6.1.
    assert_eq!(value(&head, "date"), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
}

#[test]
fn a_stored_head_keeps_no_buffer_of_its_connection() {
    let value = HeaderValue::from_static("max-age=60");
    let headers = HeaderMap::from_iter([(header::CACHE_CONTROL, value.clone())]);
    let response = ResponseHead { status: StatusCode::OK, headers, framing: Framing::Delimited };
    let times = Times { requested: t0(), responded: t0() };
    let head = StoredHead::new(&get(""), &response, times, &Rules::default()).unwrap();
    let stored = &head.headers[header::CACHE_CONTROL];
    assert_eq!(*stored, value);
    assert_ne!(stored.as_bytes().as_ptr(), value.as_bytes().as_ptr());
}

#[test]
fn a_length_is_stored_as_it_is_framed() {
    let check = |status: u16, framing, body: u64, expected: Option<&str>| {
        let response = ResponseHead {
            status: StatusCode::from_u16(status).unwrap(),
            headers: headers("cache-control: max-age=60\ncontent-length: 007\ncontent-length: 7"),
            framing,
        };
        let times = Times { requested: t0(), responded: t0() };
        let head =
            Arc::new(StoredHead::new(&get(""), &response, times, &Rules::default()).unwrap());
        let head = StoredHead::with_length(head, body);
        let lengths: Vec<_> = head.headers.get_all(header::CONTENT_LENGTH).iter().collect();
        assert_eq!(lengths, Vec::from_iter(expected), "{status} {framing:?}");
        assert_eq!(head.length.map(|length| length.to_string()).as_deref(), expected);
    };
    check(200, Framing::Length(7), 7, Some("7"));
    // RFC 9112 §6.3: where the chunks say the length, the field does not.
    check(200, Framing::Delimited, 9, Some("9"));
    // RFC 9110 §8.6.
    check(204, Framing::Length(0), 0, None);
}

#[test]
fn rfc9111_4_1_vary_any_matches_nothing() {
    for vary in ["*", "accept, *", "accept\nvary: *", "not a name"] {
        let stored = store_at(t0(), "", 200, &format!("cache-control: max-age=1\nvary: {vary}"));
        assert_eq!(stored.err(), Some(NotStorable::VaryAny), "{vary}");
    }
}

#[test]
fn rfc9111_4_3_4_a_304_updates_what_does_not_describe_the_body() {
    let head = store_at(
        t0(),
        "",
        200,
        "cache-control: max-age=1
         etag: \"a\"
         content-length: 7
         content-encoding: gzip
         x-old: kept
         x-many: 1
         x-many: 2
         date: Sun, 06 Nov 1994 08:49:37 GMT",
    )
    .unwrap();
    let later = t0().after(Duration::from_secs(100));
    let times = Times { requested: later, responded: later };
    let update = headers(
        "cache-control: max-age=50
         etag: \"a\"
         content-length: 0
         content-encoding: br
         x-many: 3
         age: 10",
    );
    let fresh = head.refreshed(&get(""), &update, times, &Rules::default()).unwrap();
    assert_eq!(value(&fresh, "content-length"), Some("7"));
    assert_eq!(value(&fresh, "content-encoding"), Some("gzip"));
    assert_eq!(value(&fresh, "x-old"), Some("kept"));
    assert_eq!(fresh.headers.get_all("x-many").iter().count(), 1);
    assert_eq!(value(&fresh, "date"), Some("Sun, 06 Nov 1994 08:51:17 GMT"));
    assert_eq!((fresh.age(later), fresh.ttl_seconds(later)), (Duration::from_secs(10), 40));
    assert!(head.refreshed(&get(""), &headers("etag: \"b\""), times, &Rules::default()).is_none());
}

#[test]
fn rfc9111_4_3_1_the_stored_validators_become_preconditions() {
    let head =
        store_at(t0(), "", 200, "etag: W/\"a\"\nlast-modified: Sun, 06 Nov 1994 08:49:37 GMT")
            .unwrap();
    let mut request = get("if-none-match: \"theirs\"").headers;
    assert!(head.write_preconditions(&mut request));
    assert_eq!(request.get("if-none-match").unwrap(), "W/\"a\"");
    assert_eq!(request.get("if-modified-since").unwrap(), "Sun, 06 Nov 1994 08:49:37 GMT");
    let bare = store_at(t0(), "", 200, "cache-control: max-age=1").unwrap();
    assert!(!bare.write_preconditions(&mut HeaderMap::new()));
}

#[test]
fn rfc9111_4_2_3_the_delay_of_the_response_counts_as_age() {
    let response = ResponseHead {
        status: StatusCode::OK,
        headers: headers("cache-control: max-age=60\nage: 5"),
        framing: Framing::Delimited,
    };
    let times = Times { requested: t0(), responded: t0().after(Duration::from_secs(4)) };
    let head = StoredHead::new(&get(""), &response, times, &Rules::default()).unwrap();
    assert_eq!(head.age(times.responded), Duration::from_secs(9));
}

#[test]
fn rfc9111_4_3_4_an_entity_tag_says_which_response_is_updated() {
    let check = |stored: &str, told: &str, expected: bool| {
        let head = store_at(t0(), "", 200, &format!("cache-control: max-age=1\n{stored}")).unwrap();
        let times = Times { requested: t0(), responded: t0() };
        let updated = head.refreshed(&get(""), &headers(told), times, &Rules::default());
        assert_eq!(updated.is_some(), expected, "{stored} {told}");
    };
    check("etag: \"a\"", "", true);
    check("etag: \"a\"", "etag: \"a\"", true);
    check("etag: \"a\"", "etag: \"b\"", false);
    check("etag: \"a\"", "etag: W/\"a\"", true);
    check("etag: W/\"a\"", "etag: W/\"a\"", true);
    check("etag: W/\"a\"", "etag: \"a\"", false);
    check("etag: unquoted", "etag: unquoted", true);
    check("", "etag: \"a\"", false);
    check("", "vary: *", false);
}

#[test]
fn rfc9111_3_2_a_304_may_say_that_a_response_varies() {
    let head = store_at(t0(), "a: 1", 200, "cache-control: max-age=9\nvary: a").unwrap();
    let times = Times { requested: t0(), responded: t0() };
    let update = headers("vary: a, b");
    let head = head.refreshed(&get("a: 1\nb: 2"), &update, times, &Rules::default()).unwrap();
    assert_eq!(value(&head, "vary"), Some("a, b"));
    assert!(head.selects(&get("a: 1\nb: 2")) && !head.selects(&get("a: 1")));
}

#[test]
fn rfc9111_4_3_5_the_answer_to_a_head_confirms_or_refutes() {
    let stored = "cache-control: max-age=1\netag: \"a\"\ncontent-length: 7
        last-modified: Sun, 06 Nov 1994 08:49:37 GMT";
    let head = store_at(t0(), "", 200, stored).unwrap();
    let later = t0().after(Duration::from_secs(10));
    let times = Times { requested: later, responded: later };
    let check = |told: &str, expected: bool| {
        let told = headers(&format!("cache-control: max-age=50\nx-new: 1\n{told}"));
        let updated = head.confirmed(&get(""), &told, times, &Rules::default());
        assert_eq!(updated.is_some(), expected, "{told:?}");
        if let Some(updated) = updated {
            assert_eq!((updated.ttl_seconds(later), value(&updated, "x-new")), (50, Some("1")));
            assert_eq!(value(&updated, "content-length"), Some("7"));
        }
    };
    check("", true);
    check("etag: \"a\"\ncontent-length: 7", true);
    check("last-modified: Sun, 06 Nov 1994 08:49:37 GMT", true);
    check("etag: \"b\"", false);
    check("content-length: 8", false);
    check("last-modified: Sun, 06 Nov 1994 08:49:38 GMT", false);
}

#[test]
fn an_update_may_forbid_what_was_stored() {
    let head = store_at(t0(), "", 200, "cache-control: max-age=1\netag: \"a\"").unwrap();
    let times = Times { requested: t0(), responded: t0() };
    for (control, expected) in [("max-age=1", true), ("no-store", false), ("private", false)] {
        let update = headers(&format!("cache-control: {control}"));
        let updated = head.refreshed(&get(""), &update, times, &Rules::default()).unwrap();
        assert_eq!(updated.may_stay(&get("")).is_ok(), expected, "{control}");
    }
}

#[test]
fn rfc9111_3_5_and_7_3_what_one_client_gets_updates_nothing_for_all() {
    let times = Times { requested: t0(), responded: t0() };
    let check = |stored: &str, request: &str, update: &str, expected| {
        let head = store_at(t0(), "", 200, &format!("etag: \"a\"\n{stored}")).unwrap();
        let updated = head.refreshed(&get(request), &headers(update), times, &Rules::default());
        assert_eq!(updated.unwrap().may_stay(&get(request)), expected, "{stored} {update}");
    };
    let (authorised, lifetime) = ("authorization: x", "cache-control: max-age=1");
    check(lifetime, authorised, "", Err(NotStorable::Authorization));
    check("cache-control: max-age=1, public", authorised, "", Ok(()));
    check(lifetime, authorised, "cache-control: s-maxage=1", Ok(()));
    check(lifetime, "", "set-cookie: a=b", Ok(()));
    check("", "", "set-cookie: a=b", Err(NotStorable::SetCookie));
    check("cache-control: no-cache", "", "set-cookie: a=b", Err(NotStorable::SetCookie));
}

#[test]
fn rfc5861_4_a_request_may_want_errors_covered() {
    let later = t0().after(Duration::from_secs(15));
    let check = |control: &str, wish: &str, expected: bool| {
        let head = store_at(t0(), "", 200, &format!("cache-control: {control}")).unwrap();
        let request = get(&format!("cache-control: {wish}"));
        assert_eq!(head.covers_errors_for(later, &request), expected, "{control} {wish}");
    };
    check("max-age=10", "stale-if-error=6", true);
    check("max-age=10", "stale-if-error=5", false);
    check("max-age=10", "stale-if-error", false);
    check("max-age=10", "max-stale", false);
    for control in ["must-revalidate", "proxy-revalidate", "no-cache", "s-maxage=10"] {
        check(&format!("max-age=10, {control}"), "stale-if-error=60", false);
    }
}
