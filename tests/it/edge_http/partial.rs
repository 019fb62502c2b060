//! RFC 9110 §14: ranges of what is stored whole.

use super::{
    case::{Case, Expect, case, get},
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

#[tokio::test(flavor = "multi_thread")]
async fn rfc9110_14_ranges_of_what_is_stored() {
    check(FROM_A_WHOLE).await;
}
