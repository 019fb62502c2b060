//! RFC 9111 §3.4: parts that combine.

use super::{
    case::{Case, Expect, case, get},
    run::check,
};

const COMBINED: &[Case] = &[
    case(
        "RFC 9111 §3.4",
        "what is missing of the whole is asked for",
        &[
            get()
                .with(&["Range: bytes=0-4"])
                .answer(
                    "206 Partial Content",
                    &["Cache-Control: max-age=3600", "Content-Range: bytes 0-4/10", "ETag: \"a\""],
                )
                .text("01234")
                .expect(&[Expect::Status(206)]),
            get()
                .answer(
                    "206 Partial Content",
                    &["Cache-Control: max-age=3600", "Content-Range: bytes 5-9/10", "ETag: \"a\""],
                )
                .text("56789")
                .expect(&[
                    Expect::Status(200),
                    Expect::Body("0123456789"),
                    Expect::SeesIn("range", "bytes=5-"),
                ]),
        ],
    )
    .optional(),
    case(
        "RFC 9111 §3.4",
        "parts combine to a part",
        &[
            get()
                .with(&["Range: bytes=0-4"])
                .answer(
                    "206 Partial Content",
                    &["Cache-Control: max-age=3600", "Content-Range: bytes 0-4/10", "ETag: \"a\""],
                )
                .text("01234")
                .expect(&[Expect::Status(206)]),
            get()
                .with(&["Range: bytes=5-7"])
                .answer(
                    "206 Partial Content",
                    &["Cache-Control: max-age=3600", "Content-Range: bytes 5-7/10", "ETag: \"a\""],
                )
                .text("567")
                .expect(&[Expect::Status(206)]),
            get()
                .with(&["Range: bytes=3-6"])
                .hit()
                .expect(&[Expect::Status(206), Expect::Body("3456")]),
        ],
    )
    .optional(),
    case(
        "RFC 9111 §3.4",
        "all parts are the whole",
        &[
            get()
                .with(&["Range: bytes=0-4"])
                .answer(
                    "206 Partial Content",
                    &["Cache-Control: max-age=3600", "Content-Range: bytes 0-4/10", "ETag: \"a\""],
                )
                .text("01234")
                .expect(&[Expect::Status(206)]),
            get()
                .with(&["Range: bytes=5-9"])
                .answer(
                    "206 Partial Content",
                    &["Cache-Control: max-age=3600", "Content-Range: bytes 5-9/10", "ETag: \"a\""],
                )
                .text("56789")
                .expect(&[Expect::Status(206)]),
            get().expect(&[
                Expect::Status(200),
                Expect::Body("0123456789"),
                Expect::HasNo("content-range"),
                Expect::Asked(0),
            ]),
        ],
    )
    .optional(),
    case(
        "RFC 9111 §3.4",
        "parts of two versions do not combine",
        &[
            get()
                .with(&["Range: bytes=0-4"])
                .answer(
                    "206 Partial Content",
                    &["Cache-Control: max-age=3600", "Content-Range: bytes 0-4/10", "ETag: \"a\""],
                )
                .text("01234")
                .expect(&[Expect::Status(206)]),
            get()
                .with(&["Range: bytes=5-9"])
                .answer(
                    "206 Partial Content",
                    &["Cache-Control: max-age=3600", "Content-Range: bytes 5-9/10", "ETag: \"b\""],
                )
                .text("fghij")
                .expect(&[Expect::Status(206), Expect::Body("fghij")]),
            get()
                .ok(&["ETag: \"b\""])
                .text("abcdefghij")
                .expect(&[Expect::Status(200), Expect::Body("abcdefghij")]),
        ],
    ),
    case(
        "RFC 9111 §3.4",
        "parts with weak tags do not combine",
        &[
            get()
                .with(&["Range: bytes=0-4"])
                .answer(
                    "206 Partial Content",
                    &["Cache-Control: max-age=60", "Content-Range: bytes 0-4/10", "ETag: W/\"a\""],
                )
                .text("01234")
                .expect(&[Expect::Status(206)]),
            get()
                .with(&["Range: bytes=5-9"])
                .answer(
                    "206 Partial Content",
                    &["Cache-Control: max-age=60", "Content-Range: bytes 5-9/10", "ETag: W/\"a\""],
                )
                .text("56789")
                .expect(&[Expect::Status(206), Expect::Body("56789")]),
            get()
                .ok(&["ETag: W/\"a\""])
                .text("abcdefghij")
                .expect(&[Expect::Status(200), Expect::Body("abcdefghij")]),
        ],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_3_4_parts_combine() {
    check(COMBINED).await;
}
