use super::*;
use crate::{
    StoredHead,
    fixture::{store_under, t0},
};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Stores the response and tells how long it is fresh, and who says so.
fn check(rules: &Rules, status: u16, response: &str, expected: Option<(Duration, Basis)>) {
    let stored = store_under(rules, t0(), "", status, response).ok();
    let lifetime = stored.map(|head: StoredHead| (head.lifetime(), head.basis()));
    assert_eq!(lifetime, expected, "{status} {response:?}");
}

/// Modified 1,000 s before it was dated.
const MODIFIED: &str = "last-modified: Sun, 06 Nov 1994 08:32:57 GMT";

#[test]
fn rfc9111_4_2_2_a_tenth_of_the_time_since_the_last_modification() {
    let rules = Rules::default();
    let guessed = Some((seconds(100), Basis::Heuristic));
    for status in [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501] {
        check(&rules, status, MODIFIED, guessed);
    }
    let none = Some((Duration::ZERO, Basis::Origin));
    for status in [201, 202, 302, 307, 403, 500, 502, 503, 504, 599] {
        check(&rules, status, MODIFIED, none);
        check(&rules, status, &format!("{MODIFIED}\ncache-control: public"), guessed);
    }
    // Whatever the origin says itself comes first, be it that nothing is fresh.
    for explicit in ["cache-control: max-age=0", "cache-control: s-maxage=x", "expires: 0"] {
        check(&rules, 200, &format!("{MODIFIED}\n{explicit}"), none);
    }
    // From Date, not from the arrival.
    let dated = format!("{MODIFIED}\ndate: Sun, 06 Nov 1994 08:33:07 GMT");
    check(&rules, 200, &dated, Some((seconds(1), Basis::Heuristic)));
    check(&rules, 200, "last-modified: Sun, 06 Nov 1994 08:50:00 GMT", none);
    check(&rules, 200, "last-modified: yesterday", none);
    check(&rules, 200, "etag: \"a\"", none);
}

#[test]
fn the_operator_bounds_guesses() {
    let bounded = Rules { heuristic_max: seconds(60), ..Rules::default() };
    check(&bounded, 200, MODIFIED, Some((seconds(60), Basis::Heuristic)));
    let off = Rules { heuristic_max: Duration::ZERO, ..Rules::default() };
    check(&off, 200, MODIFIED, Some((Duration::ZERO, Basis::Origin)));
}

#[test]
fn the_operators_lifetimes_are_for_what_the_origin_is_silent_on() {
    let negative_ttls = BTreeMap::from([
        (404, seconds(1)),
        (410, Duration::ZERO),
        (425, seconds(2)),
        (503, seconds(3)),
    ]);
    let rules = Rules { default_ttl: seconds(30), negative_ttls, ..Rules::default() };
    let negative = |s| Some((seconds(s), Basis::NegativeTtl));
    let default = Some((seconds(30), Basis::DefaultTtl));
    check(&rules, 404, "", negative(1));
    check(&rules, 425, "", negative(2));
    check(&rules, 503, "", negative(3));
    check(&rules, 404, MODIFIED, negative(1));
    check(&rules, 410, "", None);
    check(&rules, 200, "", default);
    check(&rules, 403, "", None);
    check(&rules, 403, "cache-control: public", default);
    check(&rules, 200, MODIFIED, Some((seconds(100), Basis::Heuristic)));
    // What the origin says counts, and only that.
    for (status, response, expected) in [
        (404, "cache-control: max-age=9", Some((seconds(9), Basis::Origin))),
        (404, "expires: 0", Some((Duration::ZERO, Basis::Origin))),
        (404, "cache-control: no-store", None),
        (404, "cache-control: private", None),
        (404, "cache-control: no-cache", None),
        (200, "cache-control: no-cache\netag: \"a\"", Some((Duration::ZERO, Basis::Origin))),
        (200, "set-cookie: a=b", None),
        (404, "set-cookie: a=b", None),
    ] {
        check(&rules, status, response, expected);
    }
    check(&Rules::default(), 404, "", None);
}

#[test]
fn the_operators_lifetimes_count_from_the_arrival() {
    let negative_ttls = BTreeMap::from([(425, Duration::from_millis(200))]);
    let rules = Rules { negative_ttls, ..Rules::default() };
    // Made ten seconds ago, by its own account.
    let head = store_under(&rules, t0(), "", 425, "date: Sun, 06 Nov 1994 08:49:27 GMT").unwrap();
    let fresh_for = |ms| head.age(t0().after(Duration::from_millis(ms))) < head.lifetime();
    assert!(fresh_for(199) && !fresh_for(200));
}

#[test]
fn a_response_may_outlive_a_disconnection_unless_it_says_no() {
    let check = |rules: &Rules, response: &str, age: u64, expected: bool| {
        let head = store_under(rules, t0(), "", 200, response).unwrap();
        let covers = head.covers_disconnection(t0().after(seconds(age)));
        assert_eq!(covers, expected, "{response:?} after {age} s");
    };
    let rules = Rules { stale_if_disconnected: seconds(100), ..Rules::default() };
    check(&rules, "cache-control: max-age=10", 109, true);
    check(&rules, "cache-control: max-age=10", 110, false);
    check(&rules, "etag: \"a\"", 99, true);
    // RFC 9111 §4.2.4, §5.2.2.10.
    for strict in ["must-revalidate", "proxy-revalidate", "s-maxage=10", "no-cache"] {
        check(&rules, &format!("cache-control: max-age=10, {strict}"), 11, false);
    }
    let off = Rules { stale_if_disconnected: Duration::ZERO, ..Rules::default() };
    check(&off, "cache-control: max-age=10", 10, false);
}
