//! RFC 9111 §5.1: `Age` as it comes and as it goes; RFC 9110 §6.6.1: `Date`.

use super::{
    case::{Case, Expect, case, get, twice},
    run::check,
};

/// Writes a case of a response with a lifetime of an hour and these lines of `Age`.
macro_rules! aged {
    ($how:ident, $name:expr, $($age:expr),+) => {
        twice!($how, "RFC 9111 §5.1", $name, ["Cache-Control: max-age=3600", $(concat!("Age: ", $age)),+])
    };
}

const RECEIVED: &[Case] = &[
    aged!(reused, "zero", "0").optional(),
    aged!(reused, "a second less", "3500").optional(),
    aged!(fetched, "older", "7200"),
    aged!(fetched, "2^31 - 1", "2147483647"),
    aged!(fetched, "2^31", "2147483648"),
    aged!(fetched, "beyond 2^31", "2147483649"),
    aged!(fetched, "beyond 2^63", "9223372036854775809"),
    aged!(fetched, "beyond 2^64", "99999999999999999999999"),
    aged!(fetched, "leading zeros", "0007200"),
    aged!(reused, "below zero is ignored", "-7200"),
    aged!(reused, "a fraction is ignored", "7200.0"),
    aged!(reused, "letters are ignored", "abc"),
    aged!(reused, "nothing is ignored", ""),
    aged!(reused, "a letter before is ignored", "a7200"),
    aged!(reused, "a letter behind is ignored", "7200a"),
    aged!(reused, "a unit is ignored", "7200s"),
    aged!(reused, "a sign is ignored", "+7200"),
    aged!(reused, "a parameter is ignored", "7200; foo=bar"),
    aged!(reused, "a parameter without space is ignored", "7200;foo=bar"),
    aged!(reused, "a quoted number is ignored", "\"7200\""),
    aged!(reused, "two numbers are ignored", "7200 7200"),
    aged!(fetched, "of a list the first counts: older", "7200, 0"),
    aged!(reused, "of a list the first counts: younger", "0, 7200"),
    aged!(fetched, "of two lines the first counts: older", "7200", "0"),
    aged!(reused, "of two lines the first counts: younger", "0", "7200"),
    case(
        "RFC 9111 §4.2.3",
        "an ignored Age does not hide an old Date",
        &[
            get().ok(&["Cache-Control: max-age=3600", "Age: abc", "Date: {imf-7200}"]).miss(),
            get().miss(),
        ],
    ),
];

const SENT: &[Case] = &[
    case(
        "RFC 9111 §5.1",
        "a response from the store has an Age",
        &[
            get().ok(&["Cache-Control: max-age=3600"]).miss(),
            get().hit().expect(&[Expect::Within("age", 0, 10)]),
        ],
    ),
    case(
        "RFC 9111 §4.2.3",
        "the age received goes on",
        &[
            get().ok(&["Cache-Control: max-age=3600", "Age: 1200"]).miss(),
            get().hit().expect(&[Expect::Within("age", 1200, 1210)]),
        ],
    ),
    case(
        "RFC 9111 §4.2.3",
        "an old Date is an age",
        &[
            get().ok(&["Cache-Control: max-age=3600", "Date: {imf-900}"]).miss(),
            get().hit().expect(&[Expect::Within("age", 899, 915)]),
        ],
    ),
    case(
        "RFC 9111 §4.2.3",
        "a Date of the future is no negative age",
        &[
            get().ok(&["Cache-Control: max-age=3600", "Date: {imf+900}"]).miss(),
            get().hit().expect(&[Expect::Within("age", 0, 10)]),
        ],
    ),
    case(
        "RFC 9111 §5.1",
        "there is one Age, whatever came",
        &[
            get().ok(&["Cache-Control: max-age=3600", "Age: 5", "Age: 7"]).miss(),
            get().hit().expect(&[Expect::Within("age", 5, 15)]),
        ],
    ),
    case(
        "RFC 9111 §5.1",
        "an invalid Age is not sent on from the store",
        &[
            get().ok(&["Cache-Control: max-age=3600", "Age: soon"]).miss(),
            get().hit().expect(&[Expect::Within("age", 0, 10)]),
        ],
    ),
    case(
        "RFC 9111 §5.1",
        "an Age beyond 2^31 is sent as the greatest that can be told",
        &[
            get().ok(&["Cache-Control: max-age=3600", "Age: 99999999999", "ETag: \"a\""]).miss(),
            get().with(&["Cache-Control: max-stale"]).expect(&[Expect::Within(
                "age",
                1_700_000_000,
                2_147_483_648,
            )]),
        ],
    )
    .optional(),
    case(
        "RFC 9110 §6.6.1",
        "the origin's Date is kept",
        &[
            get().ok(&["Cache-Control: max-age=3600", "Date: {imf-60}"]).miss(),
            get().hit().expect(&[Expect::Lines("date", &["{imf-60}"])]),
        ],
    ),
    case(
        "RFC 9110 §6.6.1",
        "so is one of another format",
        &[
            get().ok(&["Cache-Control: max-age=3600", "Date: {rfc850-60}"]).miss(),
            get().hit().expect(&[Expect::Lines("date", &["{rfc850-60}"])]),
        ],
    )
    .optional(),
    case(
        "RFC 9110 §6.6.1",
        "an absent Date is added",
        &[
            get()
                .ok(&["Cache-Control: max-age=3600", "-Date"])
                .miss()
                .expect(&[Expect::Holds("date", "GMT")]),
            get().hit().expect(&[Expect::Holds("date", "GMT")]),
        ],
    ),
    case(
        "RFC 9110 §6.6.1",
        "also to what is not stored",
        &[get()
            .ok(&["Cache-Control: no-store", "-Date"])
            .miss()
            .expect(&[Expect::Holds("date", "GMT")])],
    ),
    twice!(
        reused,
        "RFC 9111 §4.2.3",
        "an unreadable Date makes nothing old",
        ["Cache-Control: max-age=3600", "Date: yesterday"]
    )
    .optional(),
];

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_5_1_ages_received() {
    check(RECEIVED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_5_1_ages_and_dates_sent() {
    check(SENT).await;
}
