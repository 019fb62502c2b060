use std::time::Duration;

use super::*;
use crate::fixture::{get, headers, store_at, t0};

/// Decides `request` when `response`, to a plain request at `t0`, is `age` seconds in the store.
fn check(response: &str, age: u64, request: &str, expected: Verdict) {
    let stored = store_at(t0(), "", 200, response).unwrap();
    let verdict = decide(t0().after(Duration::from_secs(age)), Some(&stored), &get(request));
    assert_eq!(verdict, expected, "{response:?} after {age} s for {request:?}");
}

use Verdict::{Bypass, Fresh, Miss, Stale, StaleWhileRevalidate, Unavailable};

#[test]
fn rfc9111_4_2_fresh_until_the_lifetime_is_reached() {
    for (response, last_fresh) in [
        ("cache-control: max-age=60", 59),
        ("cache-control: max-age=60, s-maxage=10", 9),
        // §4.2.1: Expires counts from Date.
        (
            "date: Sun, 06 Nov 1994 08:49:37 GMT
             expires: Sun, 06 Nov 1994 08:50:07 GMT",
            29,
        ),
        // §4.2.3: the age on arrival is the larger of the two accounts of it.
        ("cache-control: max-age=60\nage: 20", 39),
        ("cache-control: max-age=60\nage: 20\ndate: Sun, 06 Nov 1994 08:49:07 GMT", 29),
        // §5.1: an Age that is no number is ignored.
        ("cache-control: max-age=60\nage: soon", 59),
        // RFC 9213 §2.2: the targeted field replaces Cache-Control and Expires.
        ("cache-control: no-store\ncdn-cache-control: max-age=5", 4),
        ("expires: 0\ncdn-cache-control: max-age=5", 4),
        ("cache-control: no-store\ndashpot-cache-control: max-age=5", 4),
        // §2.2: the first of the target list that is valid.
        ("cdn-cache-control: no-store\ndashpot-cache-control: max-age=5", 4),
        ("cdn-cache-control: max-age=5\ndashpot-cache-control: Max-Age=9", 4),
        ("cache-control: max-age=5\ncdn-cache-control: max-age=", 4),
    ] {
        check(response, last_fresh, "", Fresh);
        check(response, last_fresh + 1, "", Stale(Reason::Stale));
    }
}

#[test]
fn rfc9111_5_3_an_invalid_or_doubled_expires_is_in_the_past() {
    let later = "expires: Sun, 06 Nov 2044 08:49:37 GMT";
    for response in ["expires: 0", "expires: tomorrow", &format!("{later}\n{later}")] {
        check(response, 0, "", Stale(Reason::Stale));
    }
    check("expires: 0\ncache-control: max-age=1", 0, "", Fresh);
}

#[test]
fn rfc9111_5_2_1_requests_set_terms() {
    let response = "cache-control: max-age=60";
    for (age, request, expected) in [
        (0, "cache-control: no-cache", Stale(Reason::RequestNoCache)),
        (0, "pragma: no-cache", Stale(Reason::RequestNoCache)),
        (20, "cache-control: max-age=20", Fresh),
        (21, "cache-control: max-age=20", Stale(Reason::RequestMaxAge)),
        (40, "cache-control: min-fresh=20", Fresh),
        (41, "cache-control: min-fresh=20", Stale(Reason::RequestMinFresh)),
        (70, "cache-control: max-stale=10", Fresh),
        (71, "cache-control: max-stale=10", Stale(Reason::Stale)),
        (9_999, "cache-control: max-stale", Fresh),
        (0, "cache-control: only-if-cached", Fresh),
        (60, "cache-control: only-if-cached", Unavailable),
        (0, "cache-control: no-store", Fresh),
        (60, "cache-control: no-store", Bypass(Reason::RequestNoStore)),
        // RFC 9110 §13.1.1: the origin's state is the origin's to check.
        (0, "if-match: \"a\"", Bypass(Reason::Precondition)),
    ] {
        check(response, age, request, expected);
    }
}

#[test]
fn rfc9111_4_2_4_responses_limit_staleness() {
    for (response, request, expected) in [
        ("max-age=0, must-revalidate", "cache-control: max-stale", Stale(Reason::Stale)),
        ("max-age=0, proxy-revalidate", "cache-control: max-stale", Stale(Reason::Stale)),
        ("s-maxage=0", "cache-control: max-stale", Stale(Reason::Stale)),
        ("max-age=60, no-cache", "", Stale(Reason::ResponseNoCache)),
        // §5.2.2.4: the named field is there, or not.
        ("max-age=60, no-cache=\"etag\"\netag: \"a\"", "", Stale(Reason::ResponseNoCache)),
        ("max-age=60, no-cache=\"etag\"", "", Fresh),
        ("max-age=0, stale-while-revalidate=9", "", StaleWhileRevalidate),
        ("s-maxage=0, stale-while-revalidate=9", "", StaleWhileRevalidate),
        ("max-age=0, stale-while-revalidate=9, must-revalidate", "", Stale(Reason::Stale)),
        ("max-age=0, stale-while-revalidate=5", "", Stale(Reason::Stale)),
    ] {
        check(&format!("cache-control: {response}"), 5, request, expected);
    }
}

#[test]
fn rfc9111_4_1_vary_must_match() {
    let stored = store_at(
        t0(),
        "accept-encoding: gzip,  br",
        200,
        "cache-control: max-age=9\nvary: Accept-Encoding, Origin",
    )
    .unwrap();
    let fits = |request: &str| decide(t0(), Some(&stored), &get(request));
    assert_eq!(fits("accept-encoding: gzip\naccept-encoding: br"), Fresh);
    assert_eq!(fits("accept-encoding: br, gzip"), Fresh);
    assert_eq!(fits("accept-encoding: br"), Miss(Reason::VaryMiss));
    assert_eq!(fits("accept-encoding: gzip, br\norigin: http://a"), Miss(Reason::VaryMiss));
}

#[test]
fn what_is_not_stored_is_missed_or_passed_on() {
    let decide_on = |method, text| decide(t0(), None, &RequestHead::new(method, headers(text)));
    assert_eq!(decide_on(Method::GET, ""), Miss(Reason::UriMiss));
    assert_eq!(decide_on(Method::GET, "cache-control: only-if-cached"), Unavailable);
    assert_eq!(decide_on(Method::HEAD, ""), Bypass(Reason::UriMiss));
    assert_eq!(decide_on(Method::POST, ""), Bypass(Reason::Method));
    let stored = store_at(t0(), "", 200, "cache-control: max-age=9").unwrap();
    let head = RequestHead::new(Method::HEAD, headers(""));
    assert_eq!(decide(t0(), Some(&stored), &head), Fresh);
    let later = t0().after(Duration::from_secs(9));
    assert_eq!(decide(later, Some(&stored), &head), Bypass(Reason::Stale));
}
