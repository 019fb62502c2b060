use dashpot_http::date::to_value;
use http::HeaderValue;
use proptest::prelude::*;

use super::*;
use crate::{
    Framing, ResponseHead, StoredHead, Verdict, decide,
    fixture::{get, t0},
};

fn seconds(span: u64) -> Duration {
    Duration::from_secs(span)
}

/// Stores a response that was asked for `delay` seconds before [`t0`] and arrived then.
fn store(delay: u64, fields: &[(HeaderName, HeaderValue)]) -> StoredHead {
    let headers = HeaderMap::from_iter(fields.iter().cloned());
    let response = ResponseHead { status: StatusCode::OK, headers, framing: Framing::Delimited };
    let times = Times { requested: t0().before(seconds(delay)), responded: t0() };
    StoredHead::new(&get(""), &response, times, &Rules::default()).unwrap()
}

fn max_age(span: u64) -> (HeaderName, HeaderValue) {
    (header::CACHE_CONTROL, HeaderValue::try_from(format!("max-age={span}")).unwrap())
}

fn is_fresh(head: &StoredHead, now: WallTime) -> bool {
    decide(now, Some(head), &get("")) == Verdict::Fresh
}

#[test]
fn rfc9111_4_2_3_what_took_long_to_come_has_aged_on_the_way() {
    let check = |delay: u64, age: Option<u64>, date_ago: i64, expected: u64| {
        let now = t0().unix_seconds();
        let date = WallTime::from_unix_seconds(now.checked_add_signed(-date_ago).unwrap());
        let mut fields = vec![max_age(60), (header::DATE, to_value(date))];
        fields.extend(age.map(|age| (header::AGE, age.into())));
        let head = store(delay, &fields);
        assert_eq!(head.age(t0()), seconds(expected), "{delay} {age:?} {date_ago}");
        assert_eq!(head.age(t0().after(seconds(7))), seconds(expected + 7));
    };
    check(0, None, 0, 0);
    check(3, None, 0, 3);
    check(3, Some(10), 0, 13);
    // Neither the clock of the origin nor that of a cache between is trusted to make it younger.
    check(3, Some(10), 100, 100);
    check(3, Some(10), -1_000, 13);
    check(0, None, -1_000, 0);
    check(0, None, i64::from(u32::MAX >> 3), u64::from(u32::MAX >> 3));
}

#[test]
fn a_clock_that_is_set_back_makes_nothing_younger_than_it_came() {
    let head = store(0, &[max_age(60), (header::AGE, 50.into())]);
    assert!(is_fresh(&head, t0()));
    // A correction.
    assert_eq!(head.age(t0().before(seconds(9))), seconds(50));
    assert!(is_fresh(&head, t0().before(seconds(9))));
    // A clock that is wrong now, or was then.
    for back in [10, 60, 86_400, t0().unix_seconds()] {
        let now = t0().before(seconds(back));
        assert!(!is_fresh(&head, now), "{back}");
        assert!(!head.covers_disconnection(now), "{back}");
    }
}

proptest! {
    /// A response is never served fresher than its origin allowed: what it said of its age, the
    /// time it took to come and the time it has been here are together below its lifetime. A clock
    /// that is set back in between errs by no more than that.
    #[test]
    fn nothing_is_fresher_than_its_origin_allowed(
        lifetime in prop_oneof![0_u64..200, (1_u64 << 31) - 5..u64::MAX],
        age in prop_oneof![0_u64..200, (1_u64 << 31) - 5..u64::MAX],
        date_ago in -200_i64..200,
        (delay, resident) in (0_u64..100, prop_oneof![0_u64..400, 0_u64..1 << 33]),
        back in prop_oneof![Just(0_u64), 0_u64..600],
        by_expires in any::<bool>(),
    ) {
        let now = t0().unix_seconds();
        let date = now.checked_add_signed(-date_ago).unwrap();
        // RFC 9111 §1.2.2: larger ones stand for 2^31 seconds.
        let (lifetime, old) = (lifetime.min(1 << 31), age.min(1 << 31));
        let mut fields = vec![
            (header::DATE, to_value(WallTime::from_unix_seconds(date))),
            (header::AGE, age.into()),
        ];
        if by_expires {
            let expires = WallTime::from_unix_seconds(date + lifetime);
            fields.push((header::EXPIRES, to_value(expires)));
        } else {
            fields.push(max_age(lifetime));
        }
        let head = store(delay, &fields);
        let then = t0().after(seconds(resident)).before(seconds(back));
        let true_age = old + delay + resident;
        if is_fresh(&head, then) {
            prop_assert!(true_age < lifetime + back, "{true_age} {lifetime} {back}");
            prop_assert!(date_ago < i64::try_from(lifetime).unwrap());
        }
        // The age that is told never shrinks below what it was on arrival.
        let told = head.age(then);
        prop_assert!(head.age(t0()) <= told);
    }
}
