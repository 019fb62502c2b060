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
    let names: Vec<&str> = head.headers.keys().map(http::HeaderName::as_str).collect();
    assert_eq!(names, ["cache-control", "x-end", "date"]);
    // RFC 9110 §6.6.1.
    assert_eq!(value(&head, "date"), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
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
    let fresh = head.refreshed(&update, times).unwrap();
    assert_eq!(value(&fresh, "content-length"), Some("7"));
    assert_eq!(value(&fresh, "content-encoding"), Some("gzip"));
    assert_eq!(value(&fresh, "x-old"), Some("kept"));
    assert_eq!(fresh.headers.get_all("x-many").iter().count(), 1);
    assert_eq!(value(&fresh, "date"), Some("Sun, 06 Nov 1994 08:51:17 GMT"));
    assert_eq!((fresh.age(later), fresh.ttl_seconds(later)), (Duration::from_secs(10), 40));
    assert!(head.refreshed(&headers("etag: \"b\""), times).is_none());
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
        framing: crate::Framing::Delimited,
    };
    let times = Times { requested: t0(), responded: t0().after(Duration::from_secs(4)) };
    let head = StoredHead::new(&get(""), &response, times).unwrap();
    assert_eq!(head.age(times.responded), Duration::from_secs(9));
    // A clock that was set back makes nothing younger than it is known to be.
    assert_eq!(head.age(WallTime::EPOCH), Duration::ZERO);
}
