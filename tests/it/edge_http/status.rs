//! RFC 9111 §3 and §4.2.2: which statuses are stored, with a lifetime and without.

use super::{
    case::{Case, Expect, case, get},
    run::check,
};

/// Writes a case of a response of this status that is reused because it has a lifetime.
macro_rules! explicit {
    ($code:literal, $status:expr $(, $more:expr)*) => {
        case(
            "RFC 9111 §3",
            concat!($status, " with a lifetime is reused"),
            &[
                get()
                    .answer($status, &["Cache-Control: max-age=3600", $($more),*])
                    .miss()
                    .expect(&[Expect::Status($code)]),
                get().hit().expect(&[Expect::Status($code)]),
            ],
        )
        .optional()
    };
}

/// Writes a case of a response of this status whose lifetime is over.
macro_rules! expired {
    ($code:literal, $status:expr $(, $more:expr)*) => {
        case(
            "RFC 9111 §4",
            concat!($status, " is not reused once stale"),
            &[
                get()
                    .answer($status, &["Cache-Control: max-age=3600", "Age: 7200", $($more),*])
                    .miss()
                    .expect(&[Expect::Status($code)]),
                get().ok(&["Cache-Control: no-store"]).miss().expect(&[Expect::Status(200)]),
            ],
        )
    };
}

macro_rules! both {
    ($($code:literal, $status:expr $(, $more:expr)*;)*) => {
        (
            &[$(explicit!($code, $status $(, $more)*)),*],
            &[$(expired!($code, $status $(, $more)*)),*],
        )
    };
}

const EXPLICIT: (&[Case], &[Case]) = both! {
    200, "200 OK";
    201, "201 Created";
    202, "202 Accepted";
    203, "203 Non-Authoritative Information";
    204, "204 No Content";
    205, "205 Reset Content", "Content-Length: 0";
    299, "299 Whatever";
    300, "300 Multiple Choices";
    301, "301 Moved Permanently", "Location: /elsewhere";
    302, "302 Found", "Location: /elsewhere";
    303, "303 See Other", "Location: /elsewhere";
    307, "307 Temporary Redirect", "Location: /elsewhere";
    308, "308 Permanent Redirect", "Location: /elsewhere";
    399, "399 Whatever";
    400, "400 Bad Request";
    401, "401 Unauthorized", "WWW-Authenticate: Basic";
    402, "402 Payment Required";
    403, "403 Forbidden";
    404, "404 Not Found";
    405, "405 Method Not Allowed", "Allow: GET";
    406, "406 Not Acceptable";
    409, "409 Conflict";
    410, "410 Gone";
    414, "414 URI Too Long";
    418, "418 I'm a teapot";
    429, "429 Too Many Requests";
    451, "451 Unavailable For Legal Reasons";
    499, "499 Whatever";
    500, "500 Internal Server Error";
    501, "501 Not Implemented";
    502, "502 Bad Gateway";
    503, "503 Service Unavailable";
    504, "504 Gateway Timeout";
    511, "511 Network Authentication Required";
    599, "599 Whatever";
};

/// Writes a case of a response of this status that tells only when it was last modified, long ago.
macro_rules! heuristic {
    ($outcome:ident, $name:expr, $status:expr $(, $more:expr)*) => {
        case(
            "RFC 9111 §4.2.2",
            concat!($status, " ", $name),
            &[
                get().answer($status, &["Last-Modified: {imf-1000000}", $($more),*]).miss(),
                get().$outcome(),
            ],
        )
    };
}

const HEURISTIC: &[Case] = &[
    heuristic!(hit, "is with Content-Disposition", "200 OK", "Content-Disposition: attachment")
        .optional(),
    heuristic!(hit, "is reused by heuristic", "200 OK").optional(),
    heuristic!(hit, "is reused by heuristic", "203 Non-Authoritative Information").optional(),
    heuristic!(hit, "is reused by heuristic", "204 No Content").optional(),
    heuristic!(hit, "is reused by heuristic", "300 Multiple Choices").optional(),
    heuristic!(hit, "is reused by heuristic", "301 Moved Permanently", "Location: /b").optional(),
    heuristic!(hit, "is reused by heuristic", "308 Permanent Redirect", "Location: /b").optional(),
    heuristic!(hit, "is reused by heuristic", "404 Not Found").optional(),
    heuristic!(hit, "is reused by heuristic", "405 Method Not Allowed", "Allow: PUT").optional(),
    heuristic!(hit, "is reused by heuristic", "410 Gone").optional(),
    heuristic!(hit, "is reused by heuristic", "414 URI Too Long").optional(),
    heuristic!(hit, "is reused by heuristic", "501 Not Implemented").optional(),
    heuristic!(miss, "is not", "201 Created"),
    heuristic!(miss, "is not", "202 Accepted"),
    heuristic!(miss, "is not", "299 Whatever"),
    heuristic!(miss, "is not", "302 Found", "Location: /b"),
    heuristic!(miss, "is not", "303 See Other", "Location: /b"),
    heuristic!(miss, "is not", "307 Temporary Redirect", "Location: /b"),
    heuristic!(miss, "is not", "400 Bad Request"),
    heuristic!(miss, "is not", "403 Forbidden"),
    heuristic!(miss, "is not", "429 Too Many Requests"),
    heuristic!(miss, "is not", "499 Whatever"),
    heuristic!(miss, "is not", "500 Internal Server Error"),
    heuristic!(miss, "is not", "502 Bad Gateway"),
    heuristic!(miss, "is not", "503 Service Unavailable"),
    heuristic!(miss, "is not", "504 Gateway Timeout"),
    heuristic!(miss, "is not", "599 Whatever"),
    heuristic!(hit, "is with public", "299 Whatever", "Cache-Control: public").optional(),
    heuristic!(hit, "is with public", "599 Whatever", "Cache-Control: public").optional(),
    heuristic!(miss, "is not with no-store", "200 OK", "Cache-Control: no-store"),
    heuristic!(miss, "is not with private", "200 OK", "Cache-Control: private"),
    heuristic!(miss, "is not with no-cache", "200 OK", "Cache-Control: no-cache"),
    heuristic!(miss, "is not with max-age=0", "200 OK", "Cache-Control: max-age=0"),
    heuristic!(miss, "is not with a past Expires", "200 OK", "Expires: {imf-10}"),
    heuristic!(miss, "is not with an invalid Expires", "200 OK", "Expires: 0"),
    heuristic!(miss, "is not with a cookie", "200 OK", "Set-Cookie: a=b"),
    heuristic!(miss, "is not beyond a tenth", "200 OK", "Age: 200000"),
    heuristic!(hit, "is within a tenth", "200 OK", "Age: 3600").optional(),
    heuristic!(hit, "is with an unknown directive", "200 OK", "Cache-Control: foobar").optional(),
    case(
        "RFC 9111 §4.2.2",
        "just modified is hardly fresh",
        &[get().ok(&["Last-Modified: {imf-10}", "Age: 3"]).miss(), get().miss()],
    ),
    case(
        "RFC 9111 §4.2.2",
        "modified in the future is not fresh",
        &[get().ok(&["Last-Modified: {imf+9999}"]).miss(), get().miss()],
    ),
    case(
        "RFC 9111 §4.2.2",
        "an invalid Last-Modified is none",
        &[get().ok(&["Last-Modified: long ago"]).miss(), get().miss()],
    ),
    case(
        "RFC 9111 §4.2.2",
        "an entity tag alone is no heuristic",
        &[get().ok(&["ETag: \"a\""]).miss(), get().miss()],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_3_any_final_status_with_a_lifetime() {
    check(EXPLICIT.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_4_any_status_expires() {
    check(EXPLICIT.1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_4_2_2_heuristics() {
    check(HEURISTIC).await;
}
