//! RFC 9111 §5.3: `Expires`, and the dates of RFC 9110 §5.6.7 as a cache reads them.

use super::{
    case::{Case, Expect, case, get, twice},
    run::check,
};

/// Writes a case of a response with these lines of `Expires` and no other lifetime.
macro_rules! expires {
    ($how:ident, $clause:expr, $name:expr, $($expires:expr),+) => {
        twice!($how, $clause, $name, [$(concat!("Expires: ", $expires)),+])
    };
}

const RELATIVE_TO_DATE: &[Case] = &[
    expires!(reused, "RFC 9111 §5.3", "in the future", "{imf+3600}").optional(),
    expires!(fetched, "RFC 9111 §5.3", "in the past", "{imf-3600}"),
    expires!(fetched, "RFC 9111 §5.3", "now", "{imf+0}"),
    expires!(reused, "RFC 9111 §5.3", "in ten years", "{imf+315360000}").optional(),
    twice!(
        fetched,
        "RFC 9111 §4.2.1",
        "before a Date of the future",
        ["Expires: {imf+3600}", "Date: {imf+7200}"]
    ),
    twice!(fetched, "RFC 9111 §4.2.1", "at the Date", ["Expires: {imf+3600}", "Date: {imf+3600}"]),
    twice!(
        reused,
        "RFC 9111 §4.2.1",
        "behind an old Date by more than its age",
        ["Expires: {imf+3600}", "Date: {imf-3600}"]
    )
    .optional(),
    twice!(
        fetched,
        "RFC 9111 §4.2.3",
        "an Age beyond the lifetime",
        ["Expires: {imf+3600}", "Age: 7200"]
    ),
    twice!(
        fetched,
        "RFC 9111 §4.2.3",
        "an Age equal to the lifetime",
        ["Expires: {imf+3600}", "Date: {imf+0}", "Age: 3601"]
    ),
    twice!(
        reused,
        "RFC 9111 §4.2.3",
        "an Age below the lifetime",
        ["Expires: {imf+3600}", "Age: 1800"]
    )
    .optional(),
    twice!(
        reused,
        "RFC 9111 §4.2.1",
        "without a Date the time of receipt stands in",
        ["Expires: {imf+3600}", "-Date"]
    )
    .optional(),
    twice!(
        fetched,
        "RFC 9111 §4.2.1",
        "without a Date, in the past",
        ["Expires: {imf-3600}", "-Date"]
    ),
    twice!(
        reused,
        "RFC 9111 §4.2.1",
        "with an invalid Date the time of receipt stands in",
        ["Expires: {imf+3600}", "Date: foo"]
    )
    .optional(),
    twice!(
        fetched,
        "RFC 9111 §4.2.1",
        "with an invalid Date, in the past",
        ["Expires: {imf-3600}", "Date: foo"]
    ),
    twice!(
        reused,
        "RFC 9111 §5.3",
        "an unknown directive leaves Expires in force",
        ["Expires: {imf+3600}", "Cache-Control: foobar"]
    )
    .optional(),
    twice!(
        fetched,
        "RFC 9111 §5.2.2.5",
        "no-store overrules Expires",
        ["Expires: {imf+3600}", "Cache-Control: no-store"]
    ),
    twice!(
        fetched,
        "RFC 9111 §4.2.1",
        "an invalid max-age overrules Expires",
        ["Expires: {imf+3600}", "Cache-Control: max-age=abc"]
    ),
    case(
        "RFC 9111 §5.3",
        "Expires is sent on as it came",
        &[
            get().ok(&["Expires: {imf+3600}"]).miss(),
            get().hit().expect(&[Expect::Lines("expires", &["{imf+3600}"])]),
        ],
    ),
    case(
        "RFC 9111 §5.3",
        "an invalid Expires is sent on as it came",
        &[
            get().ok(&["Expires: 0", "Cache-Control: max-age=3600"]).miss(),
            get().hit().expect(&[Expect::Lines("expires", &["0"])]),
        ],
    ),
];

const READ: &[Case] = &[
    expires!(reused, "RFC 9110 §5.6.7", "IMF-fixdate", "{imf+86400}").optional(),
    expires!(reused, "RFC 9110 §5.6.7", "RFC 850", "{rfc850+86400}").optional(),
    expires!(reused, "RFC 9110 §5.6.7", "asctime", "{asctime+86400}").optional(),
    expires!(reused, "RFC 9111 §5.3", "far away", "Sun, 21 Nov 2286 04:46:39 GMT").optional(),
    expires!(reused, "RFC 9111 §5.3", "as far as it goes", "Fri, 31 Dec 9999 23:59:59 GMT")
        .optional(),
    expires!(
        reused,
        "RFC 9110 §5.6.7",
        "two digits of a year in 49 years are of the future",
        "{rfc850+1545000000}"
    )
    .optional(),
    expires!(
        fetched,
        "RFC 9110 §5.6.7",
        "two digits of a year in 51 years are of the past",
        "{rfc850+1612000000}"
    ),
    expires!(reused, "RFC 9111 §4.2", "lower case", "{lower imf+86400}").optional(),
    expires!(reused, "RFC 9111 §4.2", "upper case", "{upper imf+86400}").optional(),
    expires!(
        reused,
        "RFC 9111 §4.2",
        "weekday in another case",
        "{upper day+86400}, {dd+86400} {mon+86400} {yyyy+86400} {time+86400} GMT"
    )
    .optional(),
    expires!(
        reused,
        "RFC 9111 §4.2",
        "month in another case",
        "{day+86400}, {dd+86400} {lower mon+86400} {yyyy+86400} {time+86400} GMT"
    )
    .optional(),
    expires!(
        reused,
        "RFC 9111 §4.2",
        "zone in another case",
        "{day+86400}, {dd+86400} {mon+86400} {yyyy+86400} {time+86400} gMT"
    )
    .optional(),
    expires!(reused, "RFC 9111 §4.2", "RFC 850 in upper case", "{upper rfc850+86400}").optional(),
    expires!(reused, "RFC 9111 §4.2", "asctime in lower case", "{lower asctime+86400}").optional(),
];

/// Writes a case of an `Expires` that begins with a date of tomorrow and ends otherwise.
macro_rules! tomorrow {
    ($name:expr, $rest:expr) => {
        expires!(
            fetched,
            "RFC 9111 §5.3",
            $name,
            concat!("{day+86400}, {dd+86400} {mon+86400} {yyyy+86400} ", $rest)
        )
    };
}

const INVALID: &[Case] = &[
    expires!(fetched, "RFC 9111 §5.3", "zero", "0"),
    expires!(fetched, "RFC 9111 §5.3", "below zero", "-1"),
    expires!(fetched, "RFC 9111 §5.3", "seconds", "3600"),
    expires!(fetched, "RFC 9111 §5.3", "empty", ""),
    expires!(fetched, "RFC 9111 §5.3", "a word", "tomorrow"),
    expires!(fetched, "RFC 9111 §5.3", "ISO 8601", "2099-11-06T08:49:37Z"),
    expires!(fetched, "RFC 9111 §5.3", "seconds of the epoch", "4102444800"),
    tomorrow!("no zone", "{time+86400}"),
    tomorrow!("zone UTC", "{time+86400} UTC"),
    tomorrow!("zone EST", "{time+86400} EST"),
    tomorrow!("zone AEST", "{time+86400} AEST"),
    tomorrow!("zone Z", "{time+86400} Z"),
    tomorrow!("a numeric zone", "{time+86400} +0000"),
    tomorrow!("another numeric zone", "{time+86400} -0500"),
    tomorrow!("an hour of one digit", "8:00:00 GMT"),
    tomorrow!("no seconds", "08:00 GMT"),
    tomorrow!("dots in the time", "08.00.00 GMT"),
    tomorrow!("dashes in the time", "08-00-00 GMT"),
    tomorrow!("spaces in the time", "08 00 00 GMT"),
    tomorrow!("a fraction of a second", "08:00:00.5 GMT"),
    tomorrow!("an hour that does not exist", "25:00:00 GMT"),
    tomorrow!("a minute that does not exist", "08:61:00 GMT"),
    tomorrow!("two spaces before the zone", "08:00:00  GMT"),
    tomorrow!("something behind", "08:00:00 GMT, 1"),
    tomorrow!("a comment behind", "08:00:00 GMT (later)"),
    expires!(
        fetched,
        "RFC 9111 §5.3",
        "no comma",
        "{day+86400} {dd+86400} {mon+86400} {yyyy+86400} {time+86400} GMT"
    ),
    expires!(
        fetched,
        "RFC 9111 §5.3",
        "no space behind the comma",
        "{day+86400},{dd+86400} {mon+86400} {yyyy+86400} {time+86400} GMT"
    ),
    expires!(
        fetched,
        "RFC 9111 §5.3",
        "two spaces behind the comma",
        "{day+86400},  {dd+86400} {mon+86400} {yyyy+86400} {time+86400} GMT"
    ),
    expires!(
        fetched,
        "RFC 9111 §5.3",
        "no weekday",
        "{dd+86400} {mon+86400} {yyyy+86400} {time+86400} GMT"
    ),
    expires!(
        fetched,
        "RFC 9111 §5.3",
        "dashes in the date",
        "{day+86400}, {dd+86400}-{mon+86400}-{yyyy+86400} {time+86400} GMT"
    ),
    expires!(
        fetched,
        "RFC 9111 §5.3",
        "a year of two digits",
        "{day+86400}, {dd+86400} {mon+86400} {yy+86400} {time+86400} GMT"
    ),
    expires!(
        fetched,
        "RFC 9111 §5.3",
        "a month in full",
        "{day+86400}, 06 November 2099 {time+86400} GMT"
    ),
    expires!(fetched, "RFC 9111 §5.3", "a day of one digit", "Fri, 6 Nov 2099 08:00:00 GMT"),
    expires!(
        fetched,
        "RFC 9111 §5.3",
        "a day that does not exist",
        "Fri, 31 Nov 2099 08:00:00 GMT"
    ),
    expires!(fetched, "RFC 9111 §5.3", "quoted", "\"{imf+86400}\""),
    expires!(fetched, "RFC 9111 §4.2.1", "two lines, one of the past", "{imf+3600}", "{imf-3600}"),
    expires!(
        fetched,
        "RFC 9111 §4.2.1",
        "the same the other way round",
        "{imf-3600}",
        "{imf+3600}"
    ),
    expires!(fetched, "RFC 9111 §4.2.1", "a list of dates", "{imf+3600}, {imf+3600}"),
];

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_5_3_expires_counts_from_date() {
    check(RELATIVE_TO_DATE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9110_5_6_7_dates_that_are_read() {
    check(READ).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_5_3_invalid_dates_are_of_the_past() {
    check(INVALID).await;
}
