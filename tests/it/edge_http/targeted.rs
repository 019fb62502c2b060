//! RFC 9213: `CDN-Cache-Control` and this cache's own field, which speak to it before all others.

use super::{
    case::{Case, End, Expect, case, get, twice},
    run::check,
};

const CASES: &[Case] = &[
    twice!(
        reused,
        "RFC 9213 §2.2",
        "its max-age before that of Cache-Control",
        ["CDN-Cache-Control: max-age=3600", "Cache-Control: max-age=0"]
    )
    .optional(),
    twice!(reused, "RFC 9213 §2.2", "its max-age alone", ["CDN-Cache-Control: max-age=3600"])
        .optional(),
    twice!(
        reused,
        "RFC 9213 §2.2",
        "its max-age before a past Expires",
        ["CDN-Cache-Control: max-age=3600", "Expires: {imf-60}"]
    )
    .optional(),
    twice!(
        fetched,
        "RFC 9213 §2.2",
        "its max-age=0 before a lifetime",
        ["CDN-Cache-Control: max-age=0", "Cache-Control: max-age=3600"]
    ),
    twice!(
        fetched,
        "RFC 9213 §2.2",
        "its max-age=0 before Expires",
        ["CDN-Cache-Control: max-age=0", "Expires: {imf+3600}"]
    ),
    twice!(
        fetched,
        "RFC 9213 §2.2",
        "its no-store before a lifetime",
        ["CDN-Cache-Control: no-store", "Cache-Control: max-age=3600"]
    ),
    twice!(
        fetched,
        "RFC 9213 §2.2",
        "its no-cache before a lifetime",
        ["CDN-Cache-Control: no-cache", "Cache-Control: max-age=3600"]
    ),
    twice!(
        fetched,
        "RFC 9213 §2.2",
        "its private before a lifetime",
        ["CDN-Cache-Control: private", "Cache-Control: max-age=3600"]
    ),
    twice!(
        reused,
        "RFC 9213 §2.2",
        "no-store of Cache-Control does not count",
        ["CDN-Cache-Control: max-age=3600", "Cache-Control: no-store"]
    )
    .optional(),
    twice!(
        reused,
        "RFC 9213 §2.2",
        "private of Cache-Control does not count",
        ["CDN-Cache-Control: max-age=3600", "Cache-Control: private"]
    )
    .optional(),
    twice!(
        reused,
        "RFC 9213 §2.2",
        "no-cache of Cache-Control does not count",
        ["CDN-Cache-Control: max-age=3600", "Cache-Control: no-cache"]
    )
    .optional(),
    twice!(
        fetched,
        "RFC 9213 §2.2",
        "a lifetime of Cache-Control does not count",
        ["CDN-Cache-Control: must-revalidate", "Cache-Control: max-age=3600"]
    )
    .optional(),
    twice!(
        fetched,
        "RFC 9111 §4.2.3",
        "an Age beyond its max-age",
        ["CDN-Cache-Control: max-age=3600", "Age: 7200"]
    ),
    twice!(
        fetched,
        "RFC 9111 §4.2.3",
        "the same with a longer Cache-Control",
        ["CDN-Cache-Control: max-age=3600", "Cache-Control: max-age=9999", "Age: 7200"]
    ),
    twice!(
        reused,
        "RFC 9111 §4.2.3",
        "an Age below its max-age",
        ["CDN-Cache-Control: max-age=3600", "Cache-Control: max-age=10", "Age: 1800"]
    )
    .optional(),
    twice!(
        reused,
        "RFC 9651 §3.2",
        "parameters do not count",
        ["CDN-Cache-Control: max-age=3600;foo=bar", "Cache-Control: max-age=0"]
    )
    .optional(),
    twice!(
        reused,
        "RFC 9213 §2.1",
        "unknown members do not count",
        ["CDN-Cache-Control: foo, max-age=3600, bar=\"no-store\"", "Cache-Control: no-store"]
    )
    .optional(),
    twice!(
        reused,
        "RFC 9651 §3.2",
        "lines are one dictionary",
        ["CDN-Cache-Control: foo", "CDN-Cache-Control: max-age=3600", "Cache-Control: no-store"]
    )
    .optional(),
    twice!(
        fetched,
        "RFC 9651 §3.2",
        "of two members of one name the last counts",
        ["CDN-Cache-Control: max-age=3600, max-age=0", "Cache-Control: max-age=3600"]
    ),
    twice!(
        fetched,
        "RFC 9651 §3.2",
        "a max-age in a string is none",
        ["CDN-Cache-Control: foo=\", max-age=3600\"", "Cache-Control: max-age=0"]
    ),
    twice!(
        fetched,
        "RFC 9213 §2.1",
        "a max-age that is a string is none",
        ["CDN-Cache-Control: max-age=\"3600\"", "Cache-Control: max-age=0"]
    ),
    twice!(
        fetched,
        "RFC 9213 §2.1",
        "a max-age that is a decimal is none",
        ["CDN-Cache-Control: max-age=3600.0", "Cache-Control: max-age=0"]
    ),
    twice!(
        fetched,
        "RFC 9651 §3.2",
        "names are in lower case, or the field does not parse",
        ["CDN-Cache-Control: MaX-aGe=3600", "Cache-Control: max-age=0"]
    ),
    twice!(
        reused,
        "RFC 9213 §2.2",
        "a field that does not parse leaves the word to Cache-Control",
        ["CDN-Cache-Control: max-age=0, &&", "Cache-Control: max-age=3600"]
    )
    .optional(),
    twice!(
        fetched,
        "RFC 9213 §2.2",
        "the same, no-store there",
        ["CDN-Cache-Control: max-age=3600, &&", "Cache-Control: no-store"]
    ),
    twice!(
        reused,
        "RFC 9213 §2.2",
        "an empty field leaves the word to Cache-Control",
        ["CDN-Cache-Control:", "Cache-Control: max-age=3600"]
    )
    .optional(),
    twice!(
        fetched,
        "RFC 9213 §2.2",
        "the same, no-store there",
        ["CDN-Cache-Control:", "Cache-Control: no-store"]
    ),
    twice!(
        fetched,
        "RFC 9651 §4.2",
        "a space before = does not parse",
        ["CDN-Cache-Control: max-age =3600", "Cache-Control: max-age=0"]
    ),
    twice!(
        fetched,
        "RFC 9651 §4.2",
        "a comma at the end does not parse",
        ["CDN-Cache-Control: max-age=3600,", "Cache-Control: max-age=0"]
    ),
    twice!(
        fetched,
        "RFC 9213 §2",
        "a field for other caches is not for this one",
        ["Other-Cache-Control: max-age=3600", "Cache-Control: max-age=0"]
    ),
    twice!(
        reused,
        "RFC 9213 §2",
        "nor does it forbid anything",
        ["Other-Cache-Control: no-store", "Cache-Control: max-age=3600"]
    )
    .optional(),
    twice!(
        fetched,
        "RFC 9213 §2.2",
        "its own field before CDN-Cache-Control",
        ["Dashpot-Cache-Control: max-age=0", "CDN-Cache-Control: max-age=3600"]
    ),
    twice!(
        reused,
        "RFC 9213 §2.2",
        "the other way round",
        ["Dashpot-Cache-Control: max-age=3600", "CDN-Cache-Control: no-store"]
    )
    .optional(),
    case(
        "RFC 9213 §3.1",
        "it is passed on as it came",
        &[
            get()
                .ok(&["CDN-Cache-Control: max-age=3600;a=b, foo", "Cache-Control: no-store"])
                .miss()
                .expect(&[Expect::Lines("cdn-cache-control", &["max-age=3600;a=b, foo"])]),
            get().hit().expect(&[
                Expect::Lines("cdn-cache-control", &["max-age=3600;a=b, foo"]),
                Expect::Lines("cache-control", &["no-store"]),
            ]),
        ],
    ),
    case(
        "RFC 9111 §5.2.2.2",
        "its must-revalidate is obeyed",
        &[
            get().ok(&["CDN-Cache-Control: max-age=60, must-revalidate", "Age: 90"]).miss(),
            get().ending(End::Silent).expect(&[Expect::Status(504)]),
        ],
    ),
    case(
        "RFC 5861 §3",
        "its stale-while-revalidate is heeded",
        &[
            get()
                .ok(&["CDN-Cache-Control: max-age=60, stale-while-revalidate=999", "Age: 90"])
                .miss(),
            get().refreshing(),
        ],
    )
    .optional(),
];

#[tokio::test(flavor = "multi_thread")]
async fn rfc9213_targeted_cache_control() {
    check(CASES).await;
}
