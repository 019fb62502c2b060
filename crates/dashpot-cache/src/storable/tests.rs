use super::*;
use crate::fixture::{get, headers};

fn check(request: &str, status: u16, response: &str, expected: Result<(), NotStorable>) {
    let response_head = ResponseHead {
        status: StatusCode::from_u16(status).unwrap(),
        headers: headers(response),
        framing: Framing::Delimited,
    };
    let storable = may_store(&get(request), &response_head, &Rules::default());
    assert_eq!(storable, expected, "{status} {response:?} to {request:?}");
}

#[test]
fn rfc9111_3_storing_needs_a_lifetime_or_a_validator() {
    check("", 200, "", Err(NotStorable::NoFreshness));
    check("", 200, "cache-control: public", Err(NotStorable::NoFreshness));
    for response in [
        "cache-control: max-age=1",
        "cache-control: MAX-AGE=\"1\"",
        "cache-control: s-maxage=1",
        "expires: 0",
        "etag: \"a\"",
        "last-modified: Sun, 06 Nov 1994 08:49:37 GMT",
    ] {
        check("", 200, response, Ok(()));
    }
}

#[test]
fn rfc9111_3_directives_forbid() {
    for (request, response, expected) in [
        ("cache-control: no-store", "cache-control: max-age=1", Err(NotStorable::RequestNoStore)),
        ("", "cache-control: max-age=1, No-Store", Err(NotStorable::NoStore)),
        ("", "cache-control: max-age=1\ncache-control: no-store", Err(NotStorable::NoStore)),
        ("", "cache-control: max-age=1, private", Err(NotStorable::Private)),
        // §5.2.2.7: the fields that are named are not stored, and so nothing of what has them.
        (
            "",
            "cache-control: max-age=1, private=\"x-a, X-User\"\nx-user: 1",
            Err(NotStorable::Private),
        ),
        ("", "cache-control: max-age=1, private=\"x-user\"", Ok(())),
        ("", "cache-control: max-age=1, no-cache", Ok(())),
        // RFC 9213 §2.2.
        ("", "cache-control: max-age=1\ncdn-cache-control: no-store", Err(NotStorable::NoStore)),
        ("", "cache-control: private\ncdn-cache-control: max-age=1", Ok(())),
        // §7.3: only what says itself how long it is fresh.
        ("", "cache-control: max-age=1\nset-cookie: a=b", Ok(())),
        ("", "expires: Sun, 06 Nov 1994 08:49:37 GMT\nset-cookie: a=b", Ok(())),
        ("", "cache-control: max-age=0\nset-cookie: a=b", Err(NotStorable::SetCookie)),
        // What is validated each time could be stored; a 304 would hand on another's cookie.
        ("", "cache-control: max-age=1, no-cache\nset-cookie: a=b", Err(NotStorable::SetCookie)),
        ("", "cache-control: public, max-age=1, no-cache\nset-cookie: a=b", Ok(())),
        ("", "etag: \"a\"\nset-cookie: a=b", Err(NotStorable::SetCookie)),
        ("", "last-modified: x\nset-cookie: a=b", Err(NotStorable::SetCookie)),
    ] {
        check(request, 200, response, expected);
    }
}

#[test]
fn rfc9111_3_5_authorised_responses_open_themselves() {
    for (directives, expected) in [
        ("max-age=1", Err(NotStorable::Authorization)),
        ("max-age=1, public", Ok(())),
        ("s-maxage=1", Ok(())),
        ("max-age=1, must-revalidate", Ok(())),
    ] {
        check("authorization: x", 200, &format!("cache-control: {directives}"), expected);
    }
}

#[test]
fn any_final_whole_response_with_a_lifetime_is_storable() {
    for status in [200, 203, 204, 299, 301, 302, 307, 308, 404, 410, 418, 500, 503, 599] {
        check("", status, "cache-control: max-age=1", Ok(()));
    }
    for status in [100, 103, 206, 304, 416] {
        check("", status, "cache-control: max-age=1", Err(NotStorable::Status));
    }
}

#[test]
fn rfc9111_5_2_2_3_must_understand_overrides_no_store_where_the_status_is_known() {
    let response = "cache-control: max-age=1, no-store, must-understand";
    check("", 200, response, Ok(()));
    check("", 299, response, Err(NotStorable::Status));
}

#[test]
fn a_body_that_ends_with_its_connection_is_not_stored() {
    let response = ResponseHead {
        status: StatusCode::OK,
        headers: headers("cache-control: max-age=1"),
        framing: Framing::UntilClose,
    };
    assert_eq!(may_store(&get(""), &response, &Rules::default()), Err(NotStorable::CloseDelimited));
}
