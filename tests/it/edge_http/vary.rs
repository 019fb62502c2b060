//! RFC 9111 §4.1: responses that were selected by request fields.

use super::{
    case::{Case, Expect, case, get},
    run::check,
};

/// Writes a case of a fresh 200 with this `Vary` for one request, and another one served so.
macro_rules! selected {
    ($outcome:ident, $name:expr, $vary:expr, $first:expr, $second:expr) => {
        case(
            "RFC 9111 §4.1",
            $name,
            &[
                get()
                    .with(&$first)
                    .ok(&["Cache-Control: max-age=3600", concat!("Vary: ", $vary)])
                    .miss(),
                get().with(&$second).$outcome(),
            ],
        )
    };
}

const MATCHING: &[Case] = &[
    selected!(hit, "the same value", "Foo", ["Foo: 1"], ["Foo: 1"]).optional(),
    selected!(miss, "another value", "Foo", ["Foo: 1"], ["Foo: 2"]),
    selected!(miss, "absent only later", "Foo", ["Foo: 1"], []),
    selected!(miss, "absent only first", "Foo", [], ["Foo: 1"]),
    selected!(miss, "empty is not absent", "Foo", [], ["Foo:"]),
    selected!(hit, "absent both times", "Foo", [], []).optional(),
    selected!(hit, "other fields do not count", "Foo", ["Foo: 1", "Bar: 1"], ["Foo: 1", "Bar: 2"])
        .optional(),
    selected!(hit, "names have no case", "FOO", ["foo: 1"], ["Foo: 1"]).optional(),
    selected!(miss, "values have", "Foo", ["Foo: abc"], ["Foo: ABC"]).optional(),
    selected!(miss, "a longer value", "Foo", ["Foo: 1"], ["Foo: 12"]),
    selected!(hit, "two fields", "Foo, Bar", ["Foo: 1", "Bar: a"], ["Bar: a", "Foo: 1"]).optional(),
    selected!(miss, "two, first differs", "Foo, Bar", ["Foo: 1", "Bar: a"], ["Foo: 2", "Bar: a"]),
    selected!(miss, "two, second differs", "Foo, Bar", ["Foo: 1", "Bar: a"], ["Foo: 1", "Bar: b"]),
    selected!(miss, "two, one absent later", "Foo, Bar", ["Foo: 1", "Bar: a"], ["Foo: 1"]),
    selected!(miss, "two, one absent first", "Foo, Bar", ["Foo: 1"], ["Foo: 1", "Bar: a"]),
    selected!(
        hit,
        "three fields",
        "Foo, Bar, Baz",
        ["Foo: 1", "Bar: a", "Baz: x"],
        ["Foo: 1", "Bar: a", "Baz: x"]
    )
    .optional(),
    selected!(
        hit,
        "three fields, their order in the request",
        "Foo, Bar, Baz",
        ["Foo: 1", "Bar: a", "Baz: x"],
        ["Baz: x", "Bar: a", "Foo: 1"]
    )
    .optional(),
    selected!(
        miss,
        "three, third differs",
        "Foo, Bar, Baz",
        ["Foo: 1", "Bar: a", "Baz: x"],
        ["Foo: 1", "Bar: a", "Baz: y"]
    ),
    selected!(miss, "values do not move between fields", "Foo, Bar", ["Foo: 1"], ["Bar: 1"]),
    selected!(miss, "nor run together", "Foo, Bar", ["Foo: ab", "Bar: c"], ["Foo: a", "Bar: bc"]),
    selected!(hit, "lines are one list", "Foo", ["Foo: 1, 2"], ["Foo: 1", "Foo: 2"]).optional(),
    selected!(hit, "white space in a list", "Foo", ["Foo: 1, 2"], ["Foo: 1 ,\t2"]).optional(),
    selected!(miss, "lines in another order", "Foo", ["Foo: 1", "Foo: 2"], ["Foo: 2", "Foo: 1"])
        .optional(),
    selected!(
        hit,
        "Accept-Language without case",
        "Accept-Language",
        ["Accept-Language: en-GB, De"],
        ["Accept-Language: EN-gb, de"]
    )
    .optional(),
    selected!(
        hit,
        "Accept-Language with other spaces",
        "Accept-Language",
        ["Accept-Language: en , de; q=0.5"],
        ["Accept-Language: en,de;q=0.5"]
    )
    .optional(),
    selected!(
        hit,
        "Accept-Language with equal weights in another order",
        "Accept-Language",
        ["Accept-Language: en, de"],
        ["Accept-Language: de, en"]
    )
    .optional(),
    selected!(
        hit,
        "Accept-Encoding without case",
        "Accept-Encoding",
        ["Accept-Encoding: gzip, br"],
        ["Accept-Encoding: GZIP,br"]
    )
    .optional(),
    selected!(
        miss,
        "Accept-Encoding with another coding",
        "Accept-Encoding",
        ["Accept-Encoding: gzip, br"],
        ["Accept-Encoding: gzip"]
    ),
    selected!(
        miss,
        "Accept-Language with another weight",
        "Accept-Language",
        ["Accept-Language: en;q=0.9, de"],
        ["Accept-Language: en;q=0.1, de"]
    )
    .optional(),
    selected!(hit, "Host is the same", "Host", [], []).optional(),
];

const SEVERAL: &[Case] = &[
    case(
        "RFC 9111 §4.1",
        "variants do not drive each other out",
        &[
            get().with(&["Foo: 1"]).ok(&["Cache-Control: max-age=3600", "Vary: Foo"]).miss(),
            get().with(&["Foo: 2"]).ok(&["Cache-Control: max-age=3600", "Vary: Foo"]).miss(),
            get().with(&["Foo: 1"]).hit(),
            get().with(&["Foo: 2"]).hit(),
        ],
    )
    .optional(),
    case(
        "RFC 9111 §4.1",
        "each variant has its own content",
        &[
            get()
                .with(&["Foo: 1"])
                .ok(&["Cache-Control: max-age=3600", "Vary: Foo"])
                .text("one")
                .miss(),
            get()
                .with(&["Foo: 2"])
                .ok(&["Cache-Control: max-age=3600", "Vary: Foo"])
                .text("two")
                .miss(),
            get().with(&["Foo: 2"]).hit().expect(&[Expect::Body("two")]),
            get().with(&["Foo: 1"]).hit().expect(&[Expect::Body("one")]),
        ],
    )
    .optional(),
    case(
        "RFC 9111 §4.1",
        "three variants, one of them for an absent field",
        &[
            get().ok(&["Cache-Control: max-age=3600", "Vary: Foo"]).text("none").miss(),
            get()
                .with(&["Foo: 1"])
                .ok(&["Cache-Control: max-age=3600", "Vary: Foo"])
                .text("one")
                .miss(),
            get()
                .with(&["Foo: 2"])
                .ok(&["Cache-Control: max-age=3600", "Vary: Foo"])
                .text("two")
                .miss(),
            get().hit().expect(&[Expect::Body("none")]),
            get().with(&["Foo: 1"]).hit().expect(&[Expect::Body("one")]),
        ],
    )
    .optional(),
    case(
        "RFC 9111 §4.1",
        "variants by another set of fields",
        &[
            get()
                .with(&["Foo: 1", "Bar: a"])
                .ok(&["Cache-Control: max-age=3600", "Vary: Foo"])
                .miss(),
            get()
                .with(&["Foo: 2", "Bar: a"])
                .ok(&["Cache-Control: max-age=3600", "Vary: Foo, Bar"])
                .miss(),
            get().with(&["Foo: 2", "Bar: b"]).ok(&["Cache-Control: max-age=3600"]).miss(),
        ],
    ),
    case(
        "RFC 9111 §4.1",
        "a stale variant is validated by its own validator",
        &[
            get()
                .with(&["Foo: 1"])
                .ok(&["Cache-Control: max-age=60", "Age: 99", "Vary: Foo", "ETag: \"one\""])
                .miss(),
            get()
                .with(&["Foo: 2"])
                .ok(&["Cache-Control: max-age=60", "Age: 99", "Vary: Foo", "ETag: \"two\""])
                .miss(),
            get()
                .with(&["Foo: 1"])
                .answer("304 Not Modified", &["ETag: \"one\""])
                .expect(&[Expect::Status(200), Expect::SeesIn("if-none-match", "\"one\"")])
                .validated(),
        ],
    )
    .optional(),
    case(
        "RFC 9111 §4.1",
        "a response that does not vary any more is for all",
        &[
            get().with(&["Foo: 1"]).ok(&["Cache-Control: max-age=0", "Vary: Foo"]).miss(),
            get().with(&["Foo: 1"]).ok(&["Cache-Control: max-age=3600"]).miss(),
            get().with(&["Foo: 2"]).hit(),
        ],
    )
    .optional(),
    case(
        "RFC 9110 §12.5.5",
        "Vary is sent on from the store",
        &[
            get().ok(&["Cache-Control: max-age=3600", "Vary: Foo, bar", "Vary: Baz"]).miss(),
            get().hit().expect(&[Expect::Lines("vary", &["Foo, bar", "Baz"])]),
        ],
    ),
];

/// Writes a case of a fresh 200 with these lines of `Vary` that no request matches.
macro_rules! never {
    ($name:expr, $($vary:expr),+) => {
        case(
            "RFC 9111 §4.1",
            $name,
            &[
                get()
                    .with(&["Foo: 1"])
                    .ok(&["Cache-Control: max-age=3600", $(concat!("Vary: ", $vary)),+])
                    .miss(),
                get().with(&["Foo: 1"]).miss(),
            ],
        )
    };
}

const NEVER: &[Case] = &[
    never!("*", "*"),
    never!("* twice", "*, *"),
    never!("* on two lines", "*", "*"),
    never!("* before a field", "*, Foo"),
    never!("* behind a field", "Foo, *"),
    never!("* between fields", "Foo, *, Bar"),
    never!("* without a space", "Foo,*"),
    never!("* behind empty members", ", ,*"),
    never!("* before empty members", "*,,"),
    never!("* on a second line", "Foo", "*"),
    never!("* on a first line", "*", "Foo"),
    never!("* behind an empty line", "", "*"),
    case(
        "RFC 9111 §4.1",
        "an empty Vary selects by nothing",
        &[
            get().with(&["Foo: 1"]).ok(&["Cache-Control: max-age=3600", "Vary:"]).miss(),
            get().with(&["Foo: 2"]).hit(),
        ],
    )
    .optional(),
    case(
        "RFC 9110 §5.6.1",
        "empty members of Vary count for nothing",
        &[
            get().with(&["Foo: 1"]).ok(&["Cache-Control: max-age=3600", "Vary: ,Foo,,"]).miss(),
            get().with(&["Foo: 1"]).hit(),
            get().with(&["Foo: 2"]).miss(),
        ],
    )
    .optional(),
    case(
        "RFC 9110 §5.3",
        "lines of Vary are one list",
        &[
            get()
                .with(&["Foo: 1", "Bar: a"])
                .ok(&["Cache-Control: max-age=3600", "Vary: Foo", "Vary: Bar"])
                .miss(),
            get().with(&["Foo: 1", "Bar: b"]).miss(),
        ],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_4_1_matching() {
    check(MATCHING).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_4_1_several_variants() {
    check(SEVERAL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_4_1_what_never_matches() {
    check(NEVER).await;
}
