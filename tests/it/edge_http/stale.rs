//! RFC 9111 §4.2.4: what may be served stale, and when; RFC 5861.

use super::{
    case::{Case, Content, End, Expect, case, get},
    run::check,
};

/// Writes a case of a stale 200 with these fields, and a second request that the origin meets so.
macro_rules! then {
    ($clause:expr, $name:expr, $fields:expr, $second:expr) => {
        case($clause, $name, &[get().ok(&$fields).miss(), $second])
    };
}

const DISCONNECTED: &[Case] = &[
    then!(
        "RFC 9111 §4.2.4",
        "the origin closes without a word",
        ["Cache-Control: max-age=3600", "Age: 5400"],
        get().ending(End::Silent).covered().expect(&[Expect::Status(200)])
    )
    .optional(),
    then!(
        "RFC 9111 §4.2.4",
        "the origin resets",
        ["Cache-Control: max-age=3600", "Age: 5400"],
        get().ending(End::Reset).covered().expect(&[Expect::Status(200)])
    )
    .optional(),
    then!(
        "RFC 9111 §4.2.4",
        "the origin closes at a validation",
        ["Cache-Control: max-age=3600", "Age: 5400", "ETag: \"a\""],
        get().ending(End::Silent).covered().expect(&[Expect::Status(200)])
    )
    .optional(),
    then!(
        "RFC 9111 §4.2.4",
        "what expired by Expires",
        ["Expires: {imf-60}", "Date: {imf-7200}"],
        get().ending(End::Silent).covered().expect(&[Expect::Status(200)])
    )
    .optional(),
    then!(
        "RFC 9111 §5.1",
        "what is served stale has its Age",
        ["Cache-Control: max-age=3600", "Age: 5400"],
        get().ending(End::Silent).covered().expect(&[Expect::Within("age", 5400, 5415)])
    )
    .optional(),
    then!(
        "RFC 9111 §5.2.2.2",
        "must-revalidate is served 504",
        ["Cache-Control: max-age=3600, must-revalidate", "Age: 5400"],
        get().ending(End::Silent).expect(&[Expect::Status(504)])
    ),
    then!(
        "RFC 9111 §5.2.2.8",
        "proxy-revalidate is not served stale",
        ["Cache-Control: max-age=3600, proxy-revalidate", "Age: 5400"],
        get().ending(End::Silent).expect(&[Expect::Status(504)])
    ),
    then!(
        "RFC 9111 §5.2.2.10",
        "s-maxage is not served stale",
        ["Cache-Control: s-maxage=3600", "Age: 5400"],
        get().ending(End::Silent).expect(&[Expect::Status(504)])
    ),
    then!(
        "RFC 9111 §5.2.2.4",
        "no-cache is not served unvalidated",
        ["Cache-Control: max-age=3600, no-cache"],
        get().ending(End::Silent).expect(&[Expect::Status(504)])
    ),
    then!(
        "RFC 9111 §5.2.2.4",
        "nor with a validator",
        ["Cache-Control: no-cache", "ETag: \"a\""],
        get().ending(End::Silent).expect(&[Expect::Status(504)])
    ),
    then!(
        "RFC 9111 §5.2.2.2",
        "must-revalidate before stale-if-error",
        ["Cache-Control: max-age=3600, must-revalidate, stale-if-error=9999", "Age: 5400"],
        get().ending(End::Silent).expect(&[Expect::Status(504)])
    ),
    case(
        "RFC 9111 §4.2.4",
        "nothing is stored to be served",
        &[get().ending(End::Silent).expect(&[Expect::Status(502)])],
    ),
    case(
        "RFC 9111 §4.2.4",
        "what was stored is served again after the origin is back",
        &[
            get().ok(&["Cache-Control: max-age=3600", "Age: 5400"]).miss(),
            get().ending(End::Silent).covered(),
            get().ok(&["Cache-Control: max-age=3600"]).miss(),
            get().hit(),
        ],
    )
    .optional(),
    then!(
        "RFC 9111 §3.3",
        "a body that breaks off is not served as whole",
        ["Cache-Control: max-age=3600", "Age: 5400"],
        get().ok(&["Cache-Control: max-age=3600"]).ending(End::Half).expect(&[Expect::Broken])
    ),
    case(
        "RFC 9111 §3.3",
        "nor stored",
        &[
            get().ok(&["Cache-Control: max-age=3600"]).ending(End::Half).expect(&[Expect::Broken]),
            get().miss(),
        ],
    ),
];

/// Writes a case of a stale 200 with these fields, and a second request that is answered so.
macro_rules! error {
    ($clause:expr, $name:expr, $fields:expr, $status:expr, $outcome:ident) => {
        case(
            $clause,
            $name,
            &[
                get().ok(&$fields).miss(),
                get().answer($status, &["Cache-Control: no-store"]).$outcome(),
            ],
        )
    };
}

const ERRORS: &[Case] = &[
    error!(
        "RFC 9111 §4.2.4",
        "a 503 of a connected origin is no licence",
        ["Cache-Control: max-age=3600", "Age: 7200"],
        "503 Service Unavailable",
        miss
    ),
    error!(
        "RFC 9111 §4.3.3",
        "a 500 of a validation is passed on",
        ["Cache-Control: max-age=3600", "Age: 7200", "ETag: \"a\""],
        "500 Internal Server Error",
        miss
    ),
    error!(
        "RFC 5861 §4",
        "stale-if-error covers a 500",
        ["Cache-Control: max-age=3600, stale-if-error=9999", "Age: 7200"],
        "500 Internal Server Error",
        covered
    )
    .optional(),
    error!(
        "RFC 5861 §4",
        "stale-if-error covers a 502",
        ["Cache-Control: max-age=3600, stale-if-error=9999", "Age: 7200"],
        "502 Bad Gateway",
        covered
    )
    .optional(),
    error!(
        "RFC 5861 §4",
        "stale-if-error covers a 503",
        ["Cache-Control: max-age=3600, stale-if-error=9999", "Age: 7200"],
        "503 Service Unavailable",
        covered
    )
    .optional(),
    error!(
        "RFC 5861 §4",
        "stale-if-error covers a 504",
        ["Cache-Control: max-age=3600, stale-if-error=9999", "Age: 7200"],
        "504 Gateway Timeout",
        covered
    )
    .optional(),
    error!(
        "RFC 5861 §4",
        "stale-if-error covers a failed validation",
        ["Cache-Control: max-age=3600, stale-if-error=9999", "Age: 7200", "ETag: \"a\""],
        "503 Service Unavailable",
        covered
    )
    .optional(),
    error!(
        "RFC 5861 §4",
        "stale-if-error does not cover a 404",
        ["Cache-Control: max-age=3600, stale-if-error=9999", "Age: 7200"],
        "404 Not Found",
        miss
    ),
    error!(
        "RFC 5861 §4",
        "stale-if-error ends",
        ["Cache-Control: max-age=3600, stale-if-error=10", "Age: 7200"],
        "503 Service Unavailable",
        miss
    ),
    error!(
        "RFC 9111 §4.2.4",
        "must-revalidate before stale-if-error",
        ["Cache-Control: max-age=3600, stale-if-error=9999, must-revalidate", "Age: 7200"],
        "503 Service Unavailable",
        miss
    ),
    error!(
        "RFC 9111 §4.2.4",
        "no-cache before stale-if-error",
        ["Cache-Control: max-age=3600, stale-if-error=9999, no-cache", "Age: 7200"],
        "503 Service Unavailable",
        miss
    ),
    then!(
        "RFC 5861 §4",
        "stale-if-error covers silence",
        ["Cache-Control: max-age=3600, stale-if-error=9999", "Age: 7200"],
        get().ending(End::Silent).covered()
    )
    .optional(),
    then!(
        "RFC 5861 §4",
        "stale-if-error of a request covers a 503",
        ["Cache-Control: max-age=3600", "Age: 7200"],
        get()
            .with(&["Cache-Control: stale-if-error=9999"])
            .answer("503 Service Unavailable", &[])
            .covered()
    )
    .optional(),
    then!(
        "RFC 9211 §2.2",
        "a covered error is told",
        ["Cache-Control: max-age=3600, stale-if-error=9999", "Age: 7200"],
        get()
            .answer("503 Service Unavailable", &[])
            .covered()
            .expect(&[Expect::Holds("cache-status", "fwd=stale")])
    )
    .optional(),
    then!(
        "RFC 9111 §5.5",
        "no Warning is made up",
        ["Cache-Control: max-age=3600, stale-if-error=9999", "Age: 7200"],
        get().answer("503 Service Unavailable", &[]).covered().expect(&[Expect::HasNo("warning")])
    )
    .optional(),
];

const WHILE_REVALIDATING: &[Case] = &[
    then!(
        "RFC 5861 §3",
        "stale-while-revalidate answers at once and asks behind the back",
        ["Cache-Control: max-age=3600, stale-while-revalidate=9999", "Age: 7200"],
        get().ok(&["Cache-Control: max-age=3600"]).refreshing()
    )
    .optional(),
    case(
        "RFC 5861 §3",
        "what came behind the back is served from then on",
        &[
            get()
                .ok(&["Cache-Control: max-age=3600, stale-while-revalidate=9999", "Age: 7200"])
                .text("old")
                .miss(),
            get()
                .ok(&["Cache-Control: max-age=3600"])
                .text("new")
                .refreshing()
                .expect(&[Expect::Body("old"), Expect::Within("age", 7200, 7215)]),
            get().eventually().expect(&[Expect::Body("new")]),
        ],
    )
    .optional(),
    case(
        "RFC 5861 §3",
        "a validation behind the back freshens",
        &[
            get()
                .ok(&[
                    "Cache-Control: max-age=3600, stale-while-revalidate=9999",
                    "Age: 7200",
                    "ETag: \"a\"",
                ])
                .miss(),
            get()
                .answer("304 Not Modified", &["ETag: \"a\"", "Cache-Control: max-age=3600"])
                .refreshing()
                .expect(&[Expect::Sees("if-none-match: \"a\"")]),
            get().eventually().expect(&[Expect::Within("age", 0, 10)]),
        ],
    )
    .optional(),
    then!(
        "RFC 5861 §3",
        "its window ends",
        ["Cache-Control: max-age=3600, stale-while-revalidate=60", "Age: 7200"],
        get().ok(&["Cache-Control: max-age=3600"]).miss()
    ),
    then!(
        "RFC 9111 §5.2.2.2",
        "must-revalidate before stale-while-revalidate",
        ["Cache-Control: max-age=3600, stale-while-revalidate=9999, must-revalidate", "Age: 7200"],
        get().ok(&["Cache-Control: max-age=3600"]).miss()
    ),
    then!(
        "RFC 9111 §5.2.2.4",
        "no-cache before stale-while-revalidate",
        ["Cache-Control: max-age=3600, stale-while-revalidate=9999, no-cache"],
        get().ok(&["Cache-Control: max-age=3600"]).miss()
    ),
    then!(
        "RFC 9111 §5.2.1.4",
        "a request's no-cache before stale-while-revalidate",
        ["Cache-Control: max-age=3600, stale-while-revalidate=9999", "Age: 7200"],
        get().with(&["Cache-Control: no-cache"]).ok(&["Cache-Control: max-age=3600"]).miss()
    ),
    then!(
        "RFC 9111 §5.2.1.1",
        "a request's max-age before stale-while-revalidate",
        ["Cache-Control: max-age=3600, stale-while-revalidate=9999", "Age: 7200"],
        get().with(&["Cache-Control: max-age=10"]).ok(&["Cache-Control: max-age=3600"]).miss()
    ),
    then!(
        "RFC 5861 §3",
        "an invalid window is none",
        ["Cache-Control: max-age=3600, stale-while-revalidate=a9999", "Age: 7200"],
        get().content(Content::Unique).miss()
    ),
    case(
        "RFC 5861 §3",
        "while fresh nobody asks",
        &[
            get().ok(&["Cache-Control: max-age=3600, stale-while-revalidate=9999"]).miss(),
            get().hit(),
            get().hit(),
        ],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_4_2_4_disconnected() {
    check(DISCONNECTED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc5861_4_stale_if_error() {
    check(ERRORS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc5861_3_stale_while_revalidate() {
    check(WHILE_REVALIDATING).await;
}
