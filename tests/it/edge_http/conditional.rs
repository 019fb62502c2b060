//! RFC 9110 §13 and RFC 9111 §4.3.2: conditional requests of clients, answered from the store.

use super::{
    case::{Case, Expect, by, case, get},
    run::check,
};

/// Writes a case of a fresh 200 with these fields, and then a request with these that is served
/// from the store with this status.
macro_rules! stored {
    ($status:literal, $clause:expr, $name:expr, $response:expr, $request:expr) => {
        case(
            $clause,
            $name,
            &[
                get().ok(&$response).miss(),
                get().with(&$request).hit().expect(&[Expect::Status($status)]),
            ],
        )
    };
}

/// Writes one of a response with the entity tag `"a"`.
macro_rules! tagged {
    ($status:literal, $name:expr, $request:expr) => {
        stored!(
            $status,
            "RFC 9110 §13.1.2",
            $name,
            ["Cache-Control: max-age=3600", "ETag: \"a\""],
            [$request]
        )
    };
}

/// Writes one of a response that was modified two hours ago.
macro_rules! dated {
    ($status:literal, $name:expr, $request:expr) => {
        stored!(
            $status,
            "RFC 9110 §13.1.3",
            $name,
            ["Cache-Control: max-age=3600", "Last-Modified: {imf-7200}"],
            [$request]
        )
    };
}

const IF_NONE_MATCH: &[Case] = &[
    tagged!(304, "the stored tag", "If-None-Match: \"a\""),
    tagged!(200, "another tag", "If-None-Match: \"b\""),
    tagged!(200, "a longer tag", "If-None-Match: \"aa\""),
    tagged!(200, "in another case", "If-None-Match: \"A\""),
    tagged!(304, "first of a list", "If-None-Match: \"a\", \"b\""),
    tagged!(304, "second of a list", "If-None-Match: \"b\", \"a\""),
    tagged!(304, "last of a list without spaces", "If-None-Match: \"x\",\"y\",\"a\""),
    tagged!(304, "behind a tag with a comma", "If-None-Match: \"x,y\", \"a\""),
    tagged!(200, "within a tag with a comma", "If-None-Match: \"x,a,y\""),
    tagged!(304, "any", "If-None-Match: *"),
    tagged!(304, "weak of the client", "If-None-Match: W/\"a\""),
    tagged!(304, "weak in a list", "If-None-Match: \"b\", W/\"a\""),
    stored!(
        304,
        "RFC 9110 §13.1.2",
        "on two lines",
        ["Cache-Control: max-age=3600", "ETag: \"a\""],
        ["If-None-Match: \"b\"", "If-None-Match: \"a\""]
    ),
    stored!(
        304,
        "RFC 9110 §8.8.3.2",
        "weak of the origin",
        ["Cache-Control: max-age=3600", "ETag: W/\"a\""],
        ["If-None-Match: \"a\""]
    ),
    stored!(
        304,
        "RFC 9110 §8.8.3.2",
        "weak of both",
        ["Cache-Control: max-age=3600", "ETag: W/\"a\""],
        ["If-None-Match: W/\"a\""]
    ),
    stored!(
        200,
        "RFC 9110 §8.8.3.2",
        "weak of the origin, another tag",
        ["Cache-Control: max-age=3600", "ETag: W/\"a\""],
        ["If-None-Match: W/\"b\""]
    ),
    stored!(
        304,
        "RFC 9110 §8.8.3",
        "an empty tag",
        ["Cache-Control: max-age=3600", "ETag: \"\""],
        ["If-None-Match: \"\""]
    ),
    stored!(
        200,
        "RFC 9110 §13.1.2",
        "nothing to compare with",
        ["Cache-Control: max-age=3600"],
        ["If-None-Match: \"a\""]
    ),
    stored!(
        304,
        "RFC 9110 §13.1.2",
        "any, without a tag stored",
        ["Cache-Control: max-age=3600"],
        ["If-None-Match: *"]
    ),
    stored!(
        304,
        "RFC 9110 §13.2.2",
        "before If-Modified-Since: matches, modified since",
        ["Cache-Control: max-age=3600", "ETag: \"a\"", "Last-Modified: {imf-7200}"],
        ["If-None-Match: \"a\"", "If-Modified-Since: {imf-9999}"]
    ),
    stored!(
        200,
        "RFC 9110 §13.2.2",
        "before If-Modified-Since: does not match, not modified since",
        ["Cache-Control: max-age=3600", "ETag: \"a\"", "Last-Modified: {imf-7200}"],
        ["If-None-Match: \"b\"", "If-Modified-Since: {imf-10}"]
    ),
    case(
        "RFC 9110 §15.4.5",
        "a 304 has the fields that a cache needs",
        &[
            get()
                .ok(&[
                    "Cache-Control: max-age=3600",
                    "ETag: \"a\"",
                    "Date: {imf-60}",
                    "Expires: {imf+3600}",
                    "Vary: Foo",
                    "Content-Location: /elsewhere",
                    "CDN-Cache-Control: max-age=1800",
                ])
                .miss(),
            get().with(&["If-None-Match: \"a\""]).hit().expect(&[
                Expect::Status(304),
                Expect::Has("cache-control: max-age=3600"),
                Expect::Has("etag: \"a\""),
                Expect::Has("date: {imf-60}"),
                Expect::Has("expires: {imf+3600}"),
                Expect::Has("vary: Foo"),
                Expect::Has("content-location: /elsewhere"),
                Expect::Within("age", 59, 75),
            ]),
        ],
    ),
    case(
        "RFC 9110 §15.4.5",
        "a 304 has no content, nor the length of any but the stored one",
        &[
            get().ok(&["Cache-Control: max-age=3600", "ETag: \"a\""]).text("12345").miss(),
            get().with(&["If-None-Match: \"a\""]).hit().expect(&[
                Expect::Status(304),
                Expect::Body(""),
                Expect::HoldsNot("content-length", "0"),
                Expect::HasNo("transfer-encoding"),
            ]),
        ],
    ),
    case(
        "RFC 9110 §13.1.2",
        "a fresh 404 is no 304",
        &[
            get().answer("404 Not Found", &["Cache-Control: max-age=3600", "ETag: \"a\""]).miss(),
            get().with(&["If-None-Match: \"a\""]).hit().expect(&[Expect::Status(404)]),
        ],
    ),
    case(
        "RFC 9110 §13.2.2",
        "If-None-Match before Range",
        &[
            get().ok(&["Cache-Control: max-age=3600", "ETag: \"a\""]).miss(),
            get()
                .with(&["If-None-Match: \"a\"", "Range: bytes=0-1"])
                .hit()
                .expect(&[Expect::Status(304)]),
        ],
    ),
];

const IF_MODIFIED_SINCE: &[Case] = &[
    dated!(304, "the stored date", "If-Modified-Since: {imf-7200}"),
    dated!(304, "a later date", "If-Modified-Since: {imf-3600}"),
    dated!(200, "an earlier date", "If-Modified-Since: {imf-9999}"),
    dated!(304, "RFC 850", "If-Modified-Since: {rfc850-7200}"),
    dated!(304, "asctime", "If-Modified-Since: {asctime-3600}"),
    dated!(200, "an invalid date", "If-Modified-Since: yesterday"),
    dated!(200, "a number", "If-Modified-Since: 99999999999"),
    dated!(200, "nothing", "If-Modified-Since:"),
    stored!(
        304,
        "RFC 9111 §4.3.2",
        "without Last-Modified the Date is compared: later",
        ["Cache-Control: max-age=3600", "Date: {imf-600}"],
        ["If-Modified-Since: {imf-600}"]
    )
    .optional(),
    stored!(
        200,
        "RFC 9111 §4.3.2",
        "without Last-Modified the Date is compared: earlier",
        ["Cache-Control: max-age=3600", "Date: {imf-600}"],
        ["If-Modified-Since: {imf-3600}"]
    ),
    stored!(
        304,
        "RFC 9110 §13.1.3",
        "of a response with an entity tag, too",
        ["Cache-Control: max-age=3600", "Last-Modified: {imf-7200}", "ETag: \"a\""],
        ["If-Modified-Since: {imf-7200}"]
    ),
    stored!(
        304,
        "RFC 9110 §13.1.3",
        "Last-Modified in RFC 850",
        ["Cache-Control: max-age=3600", "Last-Modified: {rfc850-7200}"],
        ["If-Modified-Since: {imf-7200}"]
    ),
];

const PASSED: &[Case] = &[
    case(
        "RFC 9111 §4.1",
        "a tag of another variant is no answer",
        &[
            get()
                .with(&["Foo: 1"])
                .ok(&["Cache-Control: max-age=3600", "Vary: Foo", "ETag: \"a\""])
                .miss(),
            get()
                .with(&["Foo: 2", "If-None-Match: \"a\""])
                .ok(&["Cache-Control: max-age=3600", "Vary: Foo", "ETag: \"b\""])
                .miss()
                .expect(&[Expect::Status(200), Expect::Has("etag: \"b\"")]),
            get().with(&["Foo: 1", "If-None-Match: \"a\""]).hit().expect(&[Expect::Status(304)]),
        ],
    ),
    case(
        "RFC 9111 §4.3.2",
        "a condition that is not quoted goes on as it came",
        &[get()
            .with(&["If-None-Match: abc"])
            .answer("304 Not Modified", &["ETag: abc"])
            .expect(&[Expect::Status(304), Expect::Sees("if-none-match: abc")])],
    )
    .optional(),
    case(
        "RFC 9111 §4.3.3",
        "a client's date on what is stale: not modified",
        &[
            get().ok(&["Cache-Control: max-age=60", "Age: 99", "Last-Modified: {imf-7200}"]).miss(),
            get()
                .with(&["If-Modified-Since: {imf-3600}"])
                .answer("304 Not Modified", &["Last-Modified: {imf-7200}"])
                .expect(&[Expect::Status(304), Expect::SeesIn("if-modified-since", "GMT")]),
        ],
    ),
    case(
        "RFC 9111 §4.3.3",
        "a client's condition on what is stale, while the origin errs",
        &[
            get().ok(&["Cache-Control: max-age=60", "Age: 99", "ETag: \"a\""]).miss(),
            get()
                .with(&["If-None-Match: \"a\""])
                .answer("503 Service Unavailable", &[])
                .miss()
                .expect(&[Expect::Status(503)]),
        ],
    ),
    case(
        "RFC 9110 §13.1.2",
        "PUT with If-None-Match is the origin's to decide",
        &[
            get().ok(&["Cache-Control: max-age=3600", "ETag: \"a\""]).miss(),
            by("PUT")
                .with(&["If-None-Match: *", "Content-Length: 0"])
                .answer("412 Precondition Failed", &[])
                .miss()
                .expect(&[Expect::Status(412), Expect::Sees("if-none-match: *")]),
            get().hit(),
        ],
    ),
    case(
        "RFC 9111 §4.3.2",
        "If-Match is the origin's to decide",
        &[
            get().ok(&["Cache-Control: max-age=3600", "ETag: \"a\""]).miss(),
            get()
                .with(&["If-Match: \"b\""])
                .answer("412 Precondition Failed", &["Cache-Control: no-store"])
                .miss()
                .expect(&[Expect::Status(412), Expect::Sees("if-match: \"b\"")]),
        ],
    ),
    case(
        "RFC 9111 §4.3.2",
        "so is If-Unmodified-Since",
        &[
            get().ok(&["Cache-Control: max-age=3600", "Last-Modified: {imf-7200}"]).miss(),
            get()
                .with(&["If-Unmodified-Since: {imf-9999}"])
                .answer("412 Precondition Failed", &["Cache-Control: no-store"])
                .miss()
                .expect(&[Expect::Status(412), Expect::Sees("if-unmodified-since: {imf-9999}")]),
        ],
    ),
    case(
        "RFC 9111 §4.3.2",
        "a condition on what is not stored is the origin's",
        &[get()
            .with(&["If-None-Match: \"a\""])
            .answer("304 Not Modified", &["ETag: \"a\""])
            .expect(&[Expect::Status(304), Expect::Sees("if-none-match: \"a\"")])],
    ),
    case(
        "RFC 9111 §4.3.2",
        "the same for a date",
        &[get()
            .with(&["If-Modified-Since: {imf-60}"])
            .answer("304 Not Modified", &["Last-Modified: {imf-60}"])
            .expect(&[Expect::Status(304), Expect::Sees("if-modified-since: {imf-60}")])],
    ),
    case(
        "RFC 9111 §3",
        "the 304 to it is not stored",
        &[
            get()
                .with(&["If-None-Match: \"a\""])
                .answer("304 Not Modified", &["ETag: \"a\"", "Cache-Control: max-age=3600"])
                .expect(&[Expect::Status(304)]),
            get().miss().expect(&[Expect::Status(200)]),
        ],
    ),
    case(
        "RFC 9111 §3",
        "the 200 to it is stored",
        &[
            get()
                .with(&["If-None-Match: \"a\""])
                .ok(&["ETag: \"b\"", "Cache-Control: max-age=3600"])
                .miss()
                .expect(&[Expect::Status(200)]),
            get().hit(),
        ],
    )
    .optional(),
    case(
        "RFC 9111 §4.3.3",
        "a client's condition on what is stale: validated and still true",
        &[
            get().ok(&["Cache-Control: max-age=60", "Age: 99", "ETag: \"a\""]).miss(),
            get()
                .with(&["If-None-Match: \"a\""])
                .answer("304 Not Modified", &["ETag: \"a\""])
                .expect(&[Expect::Status(304), Expect::SeesIn("if-none-match", "\"a\"")]),
        ],
    ),
    case(
        "RFC 9111 §4.3.3",
        "a client's condition on what is stale: the client has another",
        &[
            get().ok(&["Cache-Control: max-age=60", "Age: 99", "ETag: \"a\""]).miss(),
            get()
                .with(&["If-None-Match: \"b\""])
                .answer("304 Not Modified", &["ETag: \"a\""])
                .validated()
                .expect(&[Expect::Status(200), Expect::SeesIn("if-none-match", "\"a\"")]),
        ],
    ),
    case(
        "RFC 9111 §4.3.3",
        "a client's condition on what is stale: changed",
        &[
            get().ok(&["Cache-Control: max-age=60", "Age: 99", "ETag: \"a\""]).miss(),
            get()
                .with(&["If-None-Match: \"a\""])
                .ok(&["ETag: \"b\"", "Cache-Control: max-age=3600"])
                .miss()
                .expect(&[Expect::Status(200), Expect::Has("etag: \"b\"")]),
            get().hit(),
        ],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn rfc9110_13_1_2_if_none_match() {
    check(IF_NONE_MATCH).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9110_13_1_3_if_modified_since() {
    check(IF_MODIFIED_SINCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_4_3_2_conditions_that_the_origin_evaluates() {
    check(PASSED).await;
}
