//! RFC 9110 §14 and RFC 9111 §3.3, §3.4: ranges, and parts that are stored.

use super::{
    case::{Case, Content, End, Expect, case, get},
    run::check,
};

/// Writes a case of a fresh, stored 200 of ten bytes, and a request for a part of it.
macro_rules! part {
    ($clause:expr, $name:expr, $request:expr, $seen:expr) => {
        case(
            $clause,
            $name,
            &[
                get()
                    .ok(&[
                        "Cache-Control: max-age=3600",
                        "ETag: \"a\"",
                        "Last-Modified: {imf-9999}",
                        "Content-Type: text/plain",
                    ])
                    .text("0123456789")
                    .miss(),
                get().with(&$request).expect(&$seen).hit(),
            ],
        )
    };
}

macro_rules! gives {
    ($body:literal, $range:literal) => {
        [
            Expect::Status(206),
            Expect::Body($body),
            Expect::Lines("content-range", &[$range]),
            Expect::Asked(0),
        ]
    };
}

const WHOLE: [Expect; 4] = [
    Expect::Status(200),
    Expect::Body("0123456789"),
    Expect::HasNo("content-range"),
    Expect::Asked(0),
];

const FROM_A_WHOLE: &[Case] = &[
    part!("RFC 9110 §14.1.2", "the first", ["Range: bytes=0-1"], gives!("01", "bytes 0-1/10")),
    part!("RFC 9110 §14.1.2", "one byte", ["Range: bytes=0-0"], gives!("0", "bytes 0-0/10")),
    part!("RFC 9110 §14.1.2", "amid", ["Range: bytes=4-6"], gives!("456", "bytes 4-6/10")),
    part!("RFC 9110 §14.1.2", "open", ["Range: bytes=5-"], gives!("56789", "bytes 5-9/10")),
    part!("RFC 9110 §14.1.2", "suffix", ["Range: bytes=-3"], gives!("789", "bytes 7-9/10")),
    part!(
        "RFC 9110 §14.1.2",
        "a suffix longer than all",
        ["Range: bytes=-99"],
        gives!("0123456789", "bytes 0-9/10")
    ),
    part!(
        "RFC 9110 §14.1.2",
        "an end beyond all",
        ["Range: bytes=8-99"],
        gives!("89", "bytes 8-9/10")
    ),
    part!("RFC 9110 §14.1", "the unit has no case", ["Range: Bytes=0-1"], [Expect::Asked(0)])
        .optional(),
    part!(
        "RFC 9110 §15.5.17",
        "beyond all",
        ["Range: bytes=10-"],
        [Expect::Status(416), Expect::Lines("content-range", &["bytes */10"]), Expect::Asked(0)]
    )
    .optional(),
    part!(
        "RFC 9110 §14.1.2",
        "a suffix of nothing",
        ["Range: bytes=-0"],
        [Expect::Status(416), Expect::Asked(0)]
    )
    .optional(),
    part!("RFC 9110 §14.2", "an unknown unit", ["Range: lines=0-1"], WHOLE),
    part!("RFC 9110 §14.2", "not a range", ["Range: bytes=a-b"], WHOLE),
    part!("RFC 9110 §14.2", "backwards", ["Range: bytes=5-2"], WHOLE),
    part!("RFC 9110 §14.2", "no unit", ["Range: 0-1"], WHOLE),
    part!("RFC 9110 §14.2", "empty", ["Range: bytes="], WHOLE),
    part!(
        "RFC 9110 §14.6",
        "several",
        ["Range: bytes=0-1,8-9"],
        [
            Expect::Status(206),
            Expect::Holds("content-type", "multipart/byteranges"),
            Expect::HasNo("content-range"),
            Expect::Asked(0)
        ]
    )
    .optional(),
    part!(
        "RFC 9110 §15.3.7",
        "a 206 has the fields that a 200 has",
        ["Range: bytes=0-1"],
        [
            Expect::Status(206),
            Expect::Has("etag: \"a\""),
            Expect::Has("cache-control: max-age=3600"),
            Expect::Has("content-type: text/plain"),
            Expect::Has("content-length: 2"),
            Expect::Within("age", 0, 10)
        ]
    ),
    part!(
        "RFC 9110 §13.1.5",
        "If-Range with the stored tag",
        ["Range: bytes=0-1", "If-Range: \"a\""],
        gives!("01", "bytes 0-1/10")
    ),
    part!(
        "RFC 9110 §13.1.5",
        "If-Range with another tag",
        ["Range: bytes=0-1", "If-Range: \"b\""],
        WHOLE
    ),
    part!(
        "RFC 9110 §13.1.5",
        "If-Range with a weak tag",
        ["Range: bytes=0-1", "If-Range: W/\"a\""],
        WHOLE
    ),
    part!(
        "RFC 9110 §13.1.5",
        "If-Range with the stored date",
        ["Range: bytes=0-1", "If-Range: {imf-9999}"],
        gives!("01", "bytes 0-1/10")
    ),
    part!(
        "RFC 9110 §13.1.5",
        "If-Range with a later date",
        ["Range: bytes=0-1", "If-Range: {imf-99}"],
        WHOLE
    ),
    part!("RFC 9110 §13.1.5", "If-Range without Range", ["If-Range: \"b\""], WHOLE),
    case(
        "RFC 9110 §14.2",
        "ranges are of 200s",
        &[
            get().answer("404 Not Found", &["Cache-Control: max-age=3600"]).miss(),
            get().with(&["Range: bytes=0-1"]).hit().expect(&[Expect::Status(404)]),
        ],
    ),
    case(
        "RFC 9110 §14.3",
        "a stale whole is validated for a part",
        &[
            get().ok(&["Cache-Control: max-age=0", "ETag: \"a\""]).text("0123456789").miss(),
            get()
                .with(&["Range: bytes=2-3"])
                .answer("304 Not Modified", &["ETag: \"a\""])
                .validated()
                .expect(&[Expect::Status(206), Expect::Body("23")]),
        ],
    )
    .optional(),
];

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
    .gap("pending: BLOCKS, stored parts")
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
    .gap("pending: BLOCKS, stored parts")
    .optional(),
    stored_part!(
        "without a validator, too",
        ["Cache-Control: max-age=3600", "Content-Range: bytes 2-5/10"],
        get()
            .with(&["Range: bytes=2-5"])
            .hit()
            .expect(&[Expect::Status(206), Expect::Body("2345"),])
    )
    .gap("pending: BLOCKS, stored parts")
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
    .gap("pending: BLOCKS, stored parts")
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
    .gap("pending: BLOCKS, stored parts")
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

#[tokio::test(flavor = "multi_thread")]
async fn rfc9110_14_ranges_of_what_is_stored() {
    check(FROM_A_WHOLE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_3_3_and_3_4_parts() {
    check(PARTS).await;
}
