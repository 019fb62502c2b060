//! RFC 9111 §4.4: what unsafe requests make obsolete.

use super::{
    case::{Case, Expect, by, case, get},
    run::check,
};

/// Writes a case of a stored response, a request by this method that is answered so, and the
/// first request again.
macro_rules! after {
    ($outcome:ident, $name:expr, $method:expr, $status:expr) => {
        case(
            "RFC 9111 §4.4",
            concat!($method, ": ", $name),
            &[
                get().ok(&["Cache-Control: max-age=3600"]).miss(),
                by($method)
                    .with(&["Content-Length: 4"])
                    .sending("body")
                    .answer($status, &[])
                    .miss(),
                get().$outcome(),
            ],
        )
    };
}

/// Writes one in which a POST to another target names the stored one by a field.
macro_rules! named {
    ($outcome:ident, $name:expr, $status:expr, $field:expr) => {
        case(
            "RFC 9111 §4.4",
            $name,
            &[
                get().ok(&["Cache-Control: max-age=3600"]).miss(),
                by("POST")
                    .to("{base}/b")
                    .with(&["Content-Length: 4"])
                    .sending("body")
                    .answer($status, &[$field])
                    .miss(),
                get().$outcome(),
            ],
        )
    };
}

const CASES: &[Case] = &[
    after!(miss, "a 200 invalidates", "POST", "200 OK"),
    after!(miss, "a 200 invalidates", "PUT", "200 OK"),
    after!(miss, "a 200 invalidates", "DELETE", "200 OK"),
    after!(miss, "a 200 invalidates", "PATCH", "200 OK"),
    after!(miss, "a 200 invalidates", "M-SEARCH", "200 OK"),
    after!(miss, "a 200 invalidates", "PURGE-ALL-OF-IT", "200 OK"),
    after!(miss, "a 201 invalidates", "POST", "201 Created"),
    after!(miss, "a 204 invalidates", "PUT", "204 No Content"),
    after!(miss, "a 204 invalidates", "DELETE", "204 No Content"),
    after!(miss, "a 202 invalidates", "POST", "202 Accepted"),
    after!(miss, "a 301 invalidates", "POST", "301 Moved Permanently"),
    after!(miss, "a 303 invalidates", "POST", "303 See Other"),
    after!(hit, "a 400 does not", "POST", "400 Bad Request").optional(),
    after!(hit, "a 404 does not", "DELETE", "404 Not Found").optional(),
    after!(hit, "a 412 does not", "PUT", "412 Precondition Failed").optional(),
    after!(hit, "a 500 does not", "POST", "500 Internal Server Error").optional(),
    after!(hit, "a 503 does not", "M-SEARCH", "503 Service Unavailable").optional(),
    after!(hit, "a safe method does not", "OPTIONS", "200 OK").optional(),
    named!(miss, "Location of a 201", "201 Created", "Location: {base}/a").optional(),
    named!(miss, "Location of a 303", "303 See Other", "Location: {base}/a").optional(),
    named!(miss, "Content-Location of a 200", "200 OK", "Content-Location: {base}/a").optional(),
    named!(miss, "a relative Location", "201 Created", "Location: a").optional(),
    named!(miss, "a relative Content-Location", "200 OK", "Content-Location: ./a").optional(),
    named!(
        miss,
        "an absolute Location, as clients see this host",
        "201 Created",
        "Location: http://{edge}{base}/a"
    )
    .optional(),
    named!(
        miss,
        "an absolute Content-Location, as clients see this host",
        "200 OK",
        "Content-Location: http://{edge}{base}/a"
    )
    .optional(),
    named!(
        miss,
        "an absolute Location, as the origin sees itself",
        "201 Created",
        "Location: http://{origin}{base}/a"
    )
    .optional(),
    named!(hit, "a Location of another host", "201 Created", "Location: http://other{base}/a"),
    named!(hit, "a Location of another scheme", "201 Created", "Location: https://{edge}{base}/a"),
    named!(hit, "a Location without a scheme", "201 Created", "Location: //other{base}/a"),
    named!(
        hit,
        "a Content-Location of another host",
        "200 OK",
        "Content-Location: http://other.example{base}/a"
    ),
    named!(hit, "the Location of an error", "400 Bad Request", "Location: {base}/a").optional(),
    named!(hit, "the Location of a server's error", "500 No", "Location: {base}/a").optional(),
    named!(hit, "another target", "200 OK", "X-Location: {base}/a").optional(),
    case(
        "RFC 9111 §4.4",
        "all variants go",
        &[
            get().with(&["Foo: 1"]).ok(&["Cache-Control: max-age=3600", "Vary: Foo"]).miss(),
            get().with(&["Foo: 2"]).ok(&["Cache-Control: max-age=3600", "Vary: Foo"]).miss(),
            by("POST").with(&["Content-Length: 0"]).answer("200 OK", &[]).miss(),
            get().with(&["Foo: 1"]).miss(),
            get().with(&["Foo: 2"]).miss(),
        ],
    ),
    case(
        "RFC 9111 §4.4",
        "the query is a part of the target",
        &[
            get().to("{base}/a?x=1").ok(&["Cache-Control: max-age=3600"]).miss(),
            get().to("{base}/a?x=2").ok(&["Cache-Control: max-age=3600"]).miss(),
            by("POST").to("{base}/a?x=1").with(&["Content-Length: 0"]).answer("200 OK", &[]).miss(),
            get().to("{base}/a?x=2").hit(),
            get().to("{base}/a?x=1").miss(),
        ],
    ),
    case(
        "RFC 9111 §4.4",
        "what is stored afterwards is used",
        &[
            get().ok(&["Cache-Control: max-age=3600"]).miss(),
            by("PUT").with(&["Content-Length: 0"]).answer("204 No Content", &[]).miss(),
            get().ok(&["Cache-Control: max-age=3600"]).miss(),
            get().hit(),
        ],
    ),
    case(
        "RFC 9111 §4",
        "an unsafe request is never answered from the store",
        &[
            get().ok(&["Cache-Control: max-age=3600"]).miss(),
            by("POST").with(&["Content-Length: 0"]).ok(&["Cache-Control: max-age=3600"]).miss(),
            by("POST").with(&["Content-Length: 0"]).ok(&["Cache-Control: max-age=3600"]).miss(),
        ],
    ),
    case(
        "RFC 9110 §9.3.3",
        "a POST with a lifetime and without Content-Location is for nobody else",
        &[
            by("POST").with(&["Content-Length: 0"]).ok(&["Cache-Control: max-age=3600"]).miss(),
            get().miss(),
        ],
    ),
    case(
        "RFC 9110 §9.3.3",
        "a POST with a lifetime and its target as Content-Location answers later GETs",
        &[
            by("POST")
                .with(&["Content-Length: 0"])
                .ok(&["Cache-Control: max-age=3600", "Content-Location: {base}/a"])
                .miss(),
            get().hit().expect(&[Expect::Status(200)]),
        ],
    )
    .optional(),
];

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_4_4_invalidation() {
    check(CASES).await;
}
