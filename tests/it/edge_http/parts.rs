//! RFC 9111 §3.3: parts that are stored, and what they answer for.

use super::{
    case::{Case, Content, End, Expect, by, case, get},
    run::check,
};

/// Writes a case of a stored part, bytes 2 to 5 of ten with these fields, and then a request.
macro_rules! stored_part {
    ($name:expr, $fields:expr, $then:expr) => {
        case(
            "RFC 9111 §3.3",
            $name,
            &[
                get()
                    .with(&["Range: bytes=2-5"])
                    .answer("206 Partial Content", &$fields)
                    .text("2345")
                    .expect(&[Expect::Status(206), Expect::Body("2345")]),
                $then,
            ],
        )
    };
}

const PARTS: &[Case] = &[
    case(
        "RFC 9111 §3.3",
        "a suffix answers for itself",
        &[
            get()
                .with(&["Range: bytes=-5"])
                .answer(
                    "206 Partial Content",
                    &["Cache-Control: max-age=3600", "Content-Range: bytes 5-9/10", "ETag: \"a\""],
                )
                .text("56789")
                .expect(&[Expect::Status(206), Expect::Body("56789")]),
            get().with(&["Range: bytes=-5"]).hit().expect(&[
                Expect::Status(206),
                Expect::Body("56789"),
                Expect::Lines("content-range", &["bytes 5-9/10"]),
            ]),
            get()
                .with(&["Range: bytes=6-8"])
                .hit()
                .expect(&[Expect::Status(206), Expect::Body("678")]),
            get()
                .with(&["Range: bytes=-2"])
                .hit()
                .expect(&[Expect::Status(206), Expect::Body("89")]),
        ],
    )
    .optional(),
    case(
        "RFC 9111 §3.3",
        "a suffix without a validator, too",
        &[
            get()
                .with(&["Range: bytes=-5"])
                .answer(
                    "206 Partial Content",
                    &["Cache-Control: max-age=3600", "Content-Range: bytes 5-9/10"],
                )
                .text("56789")
                .expect(&[Expect::Status(206), Expect::Body("56789")]),
            get()
                .with(&["Range: bytes=-5"])
                .hit()
                .expect(&[Expect::Status(206), Expect::Body("56789")]),
        ],
    )
    .optional(),
    stored_part!(
        "a part does not answer for the whole",
        ["Cache-Control: max-age=3600", "Content-Range: bytes 2-5/10"],
        get()
            .ok(&["Cache-Control: no-store"])
            .text("0123456789")
            .expect(&[Expect::Status(200), Expect::Body("0123456789"),])
    ),
    stored_part!(
        "nor with a validator",
        ["Cache-Control: max-age=3600", "Content-Range: bytes 2-5/10", "ETag: \"a\""],
        get()
            .ok(&["Cache-Control: no-store"])
            .text("0123456789")
            .expect(&[Expect::Status(200), Expect::Body("0123456789"),])
    ),
    stored_part!(
        "nor for another part",
        ["Cache-Control: max-age=3600", "Content-Range: bytes 2-5/10", "ETag: \"a\""],
        get()
            .with(&["Range: bytes=6-8"])
            .answer("206 Partial Content", &["Content-Range: bytes 6-8/10", "ETag: \"a\""])
            .text("678")
            .expect(&[Expect::Status(206), Expect::Body("678")])
    ),
    stored_part!(
        "it answers for itself",
        ["Cache-Control: max-age=3600", "Content-Range: bytes 2-5/10", "ETag: \"a\""],
        get().with(&["Range: bytes=2-5"]).hit().expect(&[
            Expect::Status(206),
            Expect::Body("2345"),
            Expect::Lines("content-range", &["bytes 2-5/10"]),
        ])
    )
    .optional(),
    stored_part!(
        "and for what is within",
        ["Cache-Control: max-age=3600", "Content-Range: bytes 2-5/10", "ETag: \"a\""],
        get().with(&["Range: bytes=3-4"]).hit().expect(&[
            Expect::Status(206),
            Expect::Body("34"),
            Expect::Lines("content-range", &["bytes 3-4/10"]),
        ])
    )
    .optional(),
    stored_part!(
        "without a validator, too",
        ["Cache-Control: max-age=3600", "Content-Range: bytes 2-5/10"],
        get()
            .with(&["Range: bytes=2-5"])
            .hit()
            .expect(&[Expect::Status(206), Expect::Body("2345"),])
    )
    .optional(),
    stored_part!(
        "not with no-store",
        ["Cache-Control: no-store", "Content-Range: bytes 2-5/10", "ETag: \"a\""],
        get()
            .with(&["Range: bytes=2-5"])
            .answer("206 Partial Content", &["Content-Range: bytes 2-5/10", "ETag: \"b\""])
            .text("bcde")
            .expect(&[Expect::Status(206), Expect::Body("bcde")])
    ),
    stored_part!(
        "not once stale",
        ["Cache-Control: max-age=60", "Age: 90", "Content-Range: bytes 2-5/10", "ETag: \"a\""],
        get()
            .with(&["Range: bytes=2-5"])
            .answer("206 Partial Content", &["Content-Range: bytes 2-5/10", "ETag: \"b\""])
            .text("bcde")
            .expect(&[Expect::Status(206), Expect::Body("bcde")])
    ),
    stored_part!(
        "not with a Content-Range that cannot be read",
        ["Cache-Control: max-age=3600", "Content-Range: bytes 2-5", "ETag: \"a\""],
        get()
            .with(&["Range: bytes=2-5"])
            .answer("206 Partial Content", &["Content-Range: bytes 2-5/10", "ETag: \"b\""])
            .text("bcde")
            .expect(&[Expect::Status(206), Expect::Body("bcde")])
    ),
    case(
        "RFC 9110 §14.2",
        "an origin without ranges answers with the whole",
        &[
            get()
                .with(&["Range: bytes=2-3"])
                .ok(&["Cache-Control: max-age=3600"])
                .text("0123456789")
                .expect(&[Expect::Asked(1)]),
            get().hit().expect(&[Expect::Status(200), Expect::Body("0123456789")]),
        ],
    )
    .optional(),
    case(
        "RFC 9110 §15.5.17",
        "a 416 of the origin is passed on and not stored as the resource",
        &[
            get()
                .with(&["Range: bytes=99-"])
                .answer(
                    "416 Range Not Satisfiable",
                    &["Content-Range: bytes */10", "Cache-Control: max-age=3600"],
                )
                .expect(&[Expect::Status(416)]),
            get()
                .ok(&["Cache-Control: no-store"])
                .text("0123456789")
                .expect(&[Expect::Status(200), Expect::Body("0123456789")]),
        ],
    ),
    case(
        "RFC 9111 §3.3",
        "a 206 to a request without Range is not the whole",
        &[
            get()
                .answer(
                    "206 Partial Content",
                    &["Cache-Control: max-age=3600", "Content-Range: bytes 2-5/10"],
                )
                .text("2345"),
            get()
                .ok(&["Cache-Control: no-store"])
                .text("0123456789")
                .miss()
                .expect(&[Expect::Status(200), Expect::Body("0123456789")]),
        ],
    ),
    case(
        "RFC 9111 §3.3",
        "a whole that breaks off does not answer for the whole",
        &[
            get()
                .ok(&["Cache-Control: max-age=3600", "ETag: \"a\""])
                .content(Content::Text("0123456789"))
                .ending(End::Half)
                .expect(&[Expect::Broken]),
            get()
                .ok(&["ETag: \"b\""])
                .text("abcdefghij")
                .expect(&[Expect::Status(200), Expect::Body("abcdefghij")]),
        ],
    ),
];

/// A stored part under other requests than for a part of it.
const ASKED_OTHERWISE: &[Case] = &[
    stored_part!(
        "If-Range with another tag is for the whole",
        ["Cache-Control: max-age=3600", "Content-Range: bytes 2-5/10", "ETag: \"a\""],
        get()
            .with(&["Range: bytes=2-5", "If-Range: \"b\""])
            .ok(&["ETag: \"c\""])
            .text("abcdefghij")
            .expect(&[Expect::Status(200), Expect::Body("abcdefghij")])
    ),
    stored_part!(
        "no-cache asks the origin",
        ["Cache-Control: max-age=3600", "Content-Range: bytes 2-5/10", "ETag: \"a\""],
        get()
            .with(&["Range: bytes=2-5", "Cache-Control: no-cache"])
            .answer("206 Partial Content", &["Content-Range: bytes 2-5/10", "ETag: \"b\""])
            .text("bcde")
            .expect(&[Expect::Status(206), Expect::Body("bcde")])
    ),
    stored_part!(
        "an answer by HEAD is of the whole",
        ["Cache-Control: max-age=3600", "Content-Range: bytes 2-5/10", "ETag: \"a\""],
        by("HEAD").ok(&["Content-Length: 10", "ETag: \"a\""]).expect(&[
            Expect::Status(200),
            Expect::HasNo("content-range"),
            Expect::Has("content-length: 10"),
        ])
    ),
    case(
        "RFC 9111 §4.1",
        "a part of another variant",
        &[
            get()
                .with(&["Range: bytes=2-5", "Foo: 1"])
                .answer(
                    "206 Partial Content",
                    &[
                        "Cache-Control: max-age=3600",
                        "Content-Range: bytes 2-5/10",
                        "ETag: \"a\"",
                        "Vary: Foo",
                    ],
                )
                .text("2345")
                .expect(&[Expect::Status(206)]),
            get()
                .with(&["Range: bytes=2-5", "Foo: 2"])
                .answer(
                    "206 Partial Content",
                    &["Content-Range: bytes 2-5/10", "ETag: \"b\"", "Vary: Foo"],
                )
                .text("cdef")
                .expect(&[Expect::Status(206), Expect::Body("cdef")]),
        ],
    ),
    case(
        "RFC 9111 §4.4",
        "a part is invalidated like a whole",
        &[
            get()
                .with(&["Range: bytes=2-5"])
                .answer(
                    "206 Partial Content",
                    &["Cache-Control: max-age=3600", "Content-Range: bytes 2-5/10", "ETag: \"a\""],
                )
                .text("2345")
                .expect(&[Expect::Status(206)]),
            by("PUT").with(&["Content-Length: 0"]).answer("204 No Content", &[]).miss(),
            get()
                .with(&["Range: bytes=2-5"])
                .answer("206 Partial Content", &["Content-Range: bytes 2-5/10", "ETag: \"b\""])
                .text("cdef")
                .expect(&[Expect::Status(206), Expect::Body("cdef")]),
        ],
    ),
    case(
        "RFC 9111 §3.5",
        "a part for an authorised request",
        &[
            get()
                .with(&["Range: bytes=2-5", "Authorization: Basic YTpi"])
                .answer(
                    "206 Partial Content",
                    &["Cache-Control: max-age=3600", "Content-Range: bytes 2-5/10", "ETag: \"a\""],
                )
                .text("2345")
                .expect(&[Expect::Status(206)]),
            get()
                .with(&["Range: bytes=2-5"])
                .answer("206 Partial Content", &["Content-Range: bytes 2-5/10", "ETag: \"b\""])
                .text("cdef")
                .expect(&[Expect::Status(206), Expect::Body("cdef")]),
        ],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_3_3_parts() {
    check(PARTS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_4_parts_under_other_requests() {
    check(ASKED_OTHERWISE).await;
}
