//! Responses to POST that answer later GETs (RFC 9110 §9.3.3).

use super::{
    case::{Case, Content, End, Expect, Step, by, case, get},
    run::check,
};

const fn post() -> Step {
    by("POST").with(&["Content-Length: 5"]).sending("hello")
}

/// Writes a case in which a GET after a POST that is answered so is `hit` or `miss`.
macro_rules! then {
    ($outcome:ident, $name:expr, $status:expr, [$($field:expr),* $(,)?]) => {
        case(
            "RFC 9110 §9.3.3",
            $name,
            &[
                post().answer($status, &["Content-Location: {base}/a", $($field),*]).miss(),
                get().$outcome(),
            ],
        )
    };
}

const CASES: &[Case] = &[
    then!(hit, "by s-maxage", "200 OK", ["Cache-Control: s-maxage=3600"]),
    then!(hit, "by Expires", "200 OK", ["Expires: {imf+3600}"]),
    then!(miss, "not without freshness", "200 OK", ["ETag: \"a\""]),
    then!(miss, "not by a guess", "200 OK", ["Last-Modified: {imf-864000}"]),
    then!(miss, "not what is stale", "200 OK", ["Cache-Control: max-age=0"]),
    then!(miss, "not what is private", "200 OK", ["Cache-Control: max-age=3600, private"]),
    then!(miss, "not what forbids it", "200 OK", ["Cache-Control: max-age=3600, no-store"]),
    then!(miss, "not what was created", "201 Created", ["Cache-Control: max-age=3600"]),
    then!(miss, "not an error", "404 Not Found", ["Cache-Control: max-age=3600"]),
    case(
        "RFC 9110 §9.3.3",
        "with a relative Content-Location, for HEAD and parts, too, and with its fields",
        &[
            post()
                .ok(&["Cache-Control: max-age=3600", "Content-Location: a", "X-Of: post"])
                .text("0123456789")
                .miss()
                .expect(&[Expect::Body("0123456789"), Expect::Holds("cache-status", "stored")]),
            get().hit().expect(&[Expect::Has("x-of: post"), Expect::Within("age", 0, 10)]),
            by("HEAD").hit().expect(&[Expect::Has("content-length: 10")]),
            get().with(&["Range: bytes=2-4"]).hit().expect(&[Expect::Body("234")]),
        ],
    ),
    case(
        "RFC 9110 §9.3.3",
        "in chunks",
        &[
            post()
                .ok(&[
                    "Cache-Control: max-age=3600",
                    "Content-Location: {base}/a",
                    "Transfer-Encoding: chunked",
                ])
                .content(Content::Raw("5\r\nhello\r\n0\r\n\r\n"))
                .miss(),
            get().hit().expect(&[Expect::Body("hello")]),
        ],
    ),
    case(
        "RFC 9110 §9.3.3",
        "not for another resource",
        &[
            post().ok(&["Cache-Control: max-age=3600", "Content-Location: {base}/b"]).miss(),
            get().miss(),
            get().to("{base}/b").miss(),
        ],
    ),
    case(
        "RFC 9110 §9.3.3",
        "not for another site",
        &[
            post()
                .ok(&["Cache-Control: max-age=3600", "Content-Location: http://other{base}/a"])
                .miss(),
            get().miss(),
        ],
    ),
    case(
        "RFC 9111 §3.5",
        "not what credentials brought about",
        &[
            by("POST")
                .with(&["Content-Length: 0", "Authorization: Basic x"])
                .ok(&["Cache-Control: max-age=3600", "Content-Location: {base}/a"])
                .miss(),
            get().miss(),
        ],
    ),
    case(
        "RFC 9111 §3.4",
        "not what is cut off",
        &[
            post()
                .ok(&["Cache-Control: max-age=3600", "Content-Location: {base}/a"])
                .content(Content::Text("0123456789"))
                .ending(End::Half)
                .expect(&[Expect::Broken]),
            get().miss(),
        ],
    ),
    case(
        "RFC 9111 §4",
        "a POST is never answered from it",
        &[
            post().ok(&["Cache-Control: max-age=3600", "Content-Location: {base}/a"]).miss(),
            post().miss(),
            get().miss(),
        ],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn rfc9110_9_3_3_responses_to_post() {
    check(CASES).await;
}
