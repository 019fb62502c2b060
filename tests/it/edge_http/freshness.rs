//! RFC 9111 §4.2: how long a response may be used, from `Cache-Control`.

use super::{
    case::{Case, Expect, case, get, twice},
    run::check,
};

const LIFETIMES: &[Case] = &[
    twice!(fetched, "RFC 9111 §3", "nothing says how long: not reused", []),
    twice!(reused, "RFC 9111 §5.2.2.1", "max-age", ["Cache-Control: max-age=3600"]).optional(),
    twice!(fetched, "RFC 9111 §5.2.2.1", "max-age=0", ["Cache-Control: max-age=0"]),
    twice!(reused, "RFC 9111 §1.2.2", "2^31 - 1", ["Cache-Control: max-age=2147483647"]).optional(),
    twice!(reused, "RFC 9111 §1.2.2", "2^31", ["Cache-Control: max-age=2147483648"]).optional(),
    twice!(reused, "RFC 9111 §1.2.2", "beyond 2^31", ["Cache-Control: max-age=99999999999"])
        .optional(),
    twice!(
        reused,
        "RFC 9111 §1.2.2",
        "beyond 2^64",
        ["Cache-Control: max-age=99999999999999999999999999"]
    )
    .optional(),
    twice!(
        fetched,
        "RFC 9111 §4.2.3",
        "an Age beyond max-age",
        ["Cache-Control: max-age=3600", "Age: 7200"]
    ),
    twice!(
        fetched,
        "RFC 9111 §4.2",
        "an Age equal to max-age is stale",
        ["Cache-Control: max-age=3600", "Age: 3600"]
    ),
    twice!(
        reused,
        "RFC 9111 §4.2.3",
        "an Age below max-age",
        ["Cache-Control: max-age=3600", "Age: 1800"]
    )
    .optional(),
    twice!(
        fetched,
        "RFC 9111 §4.2.3",
        "a Date longer ago than max-age",
        ["Cache-Control: max-age=3600", "Date: {imf-7200}"]
    ),
    twice!(
        reused,
        "RFC 9111 §4.2.3",
        "a Date less long ago than max-age",
        ["Cache-Control: max-age=3600", "Date: {imf-1800}"]
    )
    .optional(),
    twice!(
        fetched,
        "RFC 9111 §4.2.3",
        "the older of Age and Date counts",
        ["Cache-Control: max-age=3600", "Date: {imf-7200}", "Age: 10"]
    ),
    twice!(
        reused,
        "RFC 9111 §5.3",
        "max-age before an Expires of the past",
        ["Cache-Control: max-age=3600", "Expires: {imf-3600}"]
    )
    .optional(),
    twice!(
        reused,
        "RFC 9111 §5.3",
        "max-age before an invalid Expires",
        ["Cache-Control: max-age=3600", "Expires: 0"]
    )
    .optional(),
    twice!(
        fetched,
        "RFC 9111 §5.3",
        "max-age=0 before an Expires of the future",
        ["Cache-Control: max-age=0", "Expires: {imf+3600}"]
    ),
    twice!(
        reused,
        "RFC 9111 §5.2.2.10",
        "s-maxage before a max-age of 0",
        ["Cache-Control: max-age=0, s-maxage=3600"]
    )
    .optional(),
    twice!(
        fetched,
        "RFC 9111 §5.2.2.10",
        "s-maxage=0 before a max-age",
        ["Cache-Control: max-age=3600, s-maxage=0"]
    ),
    twice!(
        reused,
        "RFC 9111 §5.2.2.10",
        "s-maxage before an Expires of the past",
        ["Cache-Control: s-maxage=3600", "Expires: {imf-3600}"]
    )
    .optional(),
    twice!(
        fetched,
        "RFC 9111 §5.2.2.10",
        "s-maxage=0 before an Expires of the future",
        ["Cache-Control: s-maxage=0", "Expires: {imf+3600}"]
    ),
    twice!(
        fetched,
        "RFC 9111 §4.2.3",
        "an Age beyond s-maxage but within max-age",
        ["Cache-Control: max-age=9000, s-maxage=3600", "Age: 7200"]
    ),
    case(
        "RFC 9111 §4.2.3",
        "the age received goes on",
        &[
            get().ok(&["Cache-Control: max-age=100", "Age: 50"]).miss(),
            get().hit().expect(&[Expect::Within("age", 50, 60)]),
        ],
    ),
];

/// Spellings of `Cache-Control`.
const SPELLINGS: &[Case] = &[
    twice!(reused, "RFC 9111 §5.2", "names have no case", ["Cache-Control: MaX-aGe=3600"])
        .optional(),
    twice!(reused, "RFC 9110 §5.1", "nor have fields", ["cAcHe-CoNtRoL: max-age=3600"]).optional(),
    twice!(fetched, "RFC 9111 §5.2", "NO-STORE", ["Cache-Control: NO-STORE, max-age=3600"]),
    twice!(fetched, "RFC 9111 §5.2", "No-Cache", ["Cache-Control: max-age=3600, No-Cache"]),
    twice!(fetched, "RFC 9111 §5.2", "Private", ["Cache-Control: max-age=3600, Private"]),
    twice!(fetched, "RFC 9111 §5.2", "S-MaxAge", ["Cache-Control: max-age=3600, S-MaxAge=0"]),
    twice!(
        reused,
        "RFC 9111 §5.2.3",
        "an extension before",
        ["Cache-Control: foobar, max-age=3600"]
    )
    .optional(),
    twice!(reused, "RFC 9111 §5.2.3", "and behind", ["Cache-Control: max-age=3600, a=b, foobar"])
        .optional(),
    twice!(
        reused,
        "RFC 9110 §5.3",
        "several lines are one list",
        ["Cache-Control: foobar", "Cache-Control: max-age=3600"]
    )
    .optional(),
    twice!(
        fetched,
        "RFC 9110 §5.3",
        "no-store on a second line",
        ["Cache-Control: max-age=3600", "Cache-Control: no-store"]
    ),
    twice!(
        reused,
        "RFC 9110 §5.6.1",
        "empty members count for nothing",
        ["Cache-Control: , ,max-age=3600,,"]
    )
    .optional(),
    twice!(reused, "RFC 9110 §5.6.1", "tabs around commas", ["Cache-Control: a\t,\tmax-age=3600"])
        .optional(),
    twice!(reused, "RFC 9111 §5.2", "max-age quoted", ["Cache-Control: max-age=\"3600\""])
        .optional(),
    twice!(reused, "RFC 9111 §1.2.2", "leading zeros", ["Cache-Control: max-age=003600"])
        .optional(),
    twice!(
        fetched,
        "RFC 9110 §5.6.4",
        "a max-age in the quoted value of an extension",
        ["Cache-Control: extension=\"max-age=3600\""]
    ),
    twice!(
        fetched,
        "RFC 9110 §5.6.4",
        "the same behind the real one",
        ["Cache-Control: max-age=0, extension=\"max-age=3600\""]
    ),
    twice!(
        fetched,
        "RFC 9110 §5.6.4",
        "a list in a quoted value",
        ["Cache-Control: extension=\"foo, max-age=3600, bar\", max-age=0"]
    ),
    twice!(
        reused,
        "RFC 9110 §5.6.4",
        "a no-store in a quoted value",
        ["Cache-Control: extension=\"foo, no-store, bar\", max-age=3600"]
    )
    .optional(),
    twice!(
        fetched,
        "RFC 9110 §5.6.4",
        "an escaped quote in a quoted value",
        ["Cache-Control: extension=\"a\\\", max-age=3600, \\\"b\", max-age=0"]
    ),
    twice!(fetched, "RFC 9111 §4.2.1", "in single quotes", ["Cache-Control: max-age='3600'"]),
    twice!(fetched, "RFC 9111 §4.2.1", "a fraction", ["Cache-Control: max-age=3600.0"]),
    twice!(fetched, "RFC 9111 §4.2.1", "a fraction below 1", ["Cache-Control: max-age=0.9"]),
    twice!(fetched, "RFC 9111 §4.2.1", "below 0", ["Cache-Control: max-age=-3600"]),
    twice!(fetched, "RFC 9111 §4.2.1", "with a sign", ["Cache-Control: max-age=+3600"]),
    twice!(fetched, "RFC 9111 §4.2.1", "a unit behind", ["Cache-Control: max-age=3600s"]),
    twice!(fetched, "RFC 9111 §4.2.1", "a letter before", ["Cache-Control: max-age=a3600"]),
    twice!(fetched, "RFC 9111 §4.2.1", "hexadecimal", ["Cache-Control: max-age=0xe10"]),
    twice!(fetched, "RFC 9111 §4.2.1", "no value", ["Cache-Control: max-age"]),
    twice!(fetched, "RFC 9111 §4.2.1", "an empty value", ["Cache-Control: max-age="]),
    twice!(fetched, "RFC 9111 §5.2", "a space before =", ["Cache-Control: max-age =3600"]),
    twice!(fetched, "RFC 9111 §5.2", "a space behind =", ["Cache-Control: max-age= 3600"]),
    twice!(fetched, "RFC 9111 §5.2", "a colon for =", ["Cache-Control: max-age:3600"]),
    twice!(fetched, "RFC 9111 §5.2", "a semicolon", ["Cache-Control: max-age=0; max-age=3600"]),
    twice!(fetched, "RFC 9111 §5.2", "an underscore", ["Cache-Control: max_age=3600"]),
    twice!(fetched, "RFC 9111 §5.2", "a longer name", ["Cache-Control: x-max-age=3600"]),
    twice!(
        fetched,
        "RFC 9111 §4.2.1",
        "two max-age: the shorter, last",
        ["Cache-Control: max-age=1800, max-age=0"]
    ),
    twice!(
        fetched,
        "RFC 9111 §4.2.1",
        "two max-age: the shorter, first",
        ["Cache-Control: max-age=0, max-age=1800"]
    ),
    twice!(
        fetched,
        "RFC 9111 §4.2.1",
        "two max-age on two lines",
        ["Cache-Control: max-age=1800", "Cache-Control: max-age=0"]
    ),
    twice!(
        fetched,
        "RFC 9111 §4.2.1",
        "a valid and an invalid max-age",
        ["Cache-Control: max-age=3600, max-age=abc"]
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_4_2_lifetimes() {
    check(LIFETIMES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_5_2_spellings_of_cache_control() {
    check(SPELLINGS).await;
}
