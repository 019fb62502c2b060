//! RFC 9111 §5.2.2: the directives of responses; §3: what may be stored.

use super::{
    case::{Case, Expect, case, get, twice},
    run::check,
};

const DIRECTIVES: &[Case] = &[
    case(
        "RFC 9111 §3",
        "what may be stored is stored although an earlier answer might not",
        &[
            get().ok(&["Cache-Control: no-store"]).miss(),
            get().ok(&["Cache-Control: max-age=3600"]).miss(),
            get().ok(&["Cache-Control: max-age=3600"]),
            get().hit(),
        ],
    )
    .optional(),
    case(
        "RFC 9111 §4.2.4",
        "a fresh response is used although a newer one was private",
        &[
            get().ok(&["Cache-Control: max-age=3600"]).miss(),
            get().with(&["Cache-Control: no-cache"]).ok(&["Cache-Control: private"]).miss(),
            get().expect(&[Expect::Status(200)]),
        ],
    ),
    twice!(fetched, "RFC 9111 §5.2.2.5", "no-store", ["Cache-Control: no-store"]),
    twice!(
        fetched,
        "RFC 9111 §5.2.2.5",
        "no-store before a lifetime",
        ["Cache-Control: no-store, max-age=3600"]
    ),
    twice!(
        fetched,
        "RFC 9111 §5.2.2.5",
        "no-store behind a lifetime",
        ["Cache-Control: max-age=3600, no-store"]
    ),
    twice!(
        fetched,
        "RFC 9111 §5.2.2.5",
        "no-store with a validator is not even validated",
        ["Cache-Control: no-store", "ETag: \"a\"", "Last-Modified: {imf-9999}"]
    ),
    case(
        "RFC 9111 §5.2.2.5",
        "what was not stored is not validated",
        &[
            get().ok(&["Cache-Control: no-store", "ETag: \"a\""]).miss(),
            get().miss().expect(&[Expect::SeesNo("if-none-match")]),
        ],
    ),
    case(
        "RFC 9111 §5.2.2.5",
        "a no-store replaces no stored response, and is not used",
        &[
            get().ok(&["Cache-Control: max-age=0", "ETag: \"a\""]).miss(),
            get().ok(&["Cache-Control: no-store, max-age=3600", "ETag: \"b\""]).miss(),
            get().miss(),
        ],
    ),
    twice!(fetched, "RFC 9111 §5.2.2.7", "private", ["Cache-Control: private, max-age=3600"]),
    twice!(
        fetched,
        "RFC 9111 §5.2.2.7",
        "private with s-maxage",
        ["Cache-Control: private, s-maxage=3600"]
    ),
    twice!(
        fetched,
        "RFC 9111 §5.2.2.7",
        "private with public",
        ["Cache-Control: public, private, max-age=3600"]
    ),
    twice!(
        fetched,
        "RFC 9111 §5.2.2.7",
        "private with Expires",
        ["Cache-Control: private", "Expires: {imf+3600}"]
    ),
    twice!(fetched, "RFC 9111 §5.2.2.4", "no-cache", ["Cache-Control: no-cache"]),
    twice!(
        fetched,
        "RFC 9111 §5.2.2.4",
        "no-cache with a lifetime",
        ["Cache-Control: no-cache, max-age=3600"]
    ),
    twice!(
        fetched,
        "RFC 9111 §5.2.2.4",
        "no-cache with Expires",
        ["Cache-Control: no-cache", "Expires: {imf+3600}"]
    ),
    twice!(
        fetched,
        "RFC 9111 §5.2.2.4",
        "no-cache with s-maxage and public",
        ["Cache-Control: public, s-maxage=3600, no-cache"]
    ),
    twice!(
        validated,
        "RFC 9111 §5.2.2.4",
        "no-cache is stored and validated by its entity tag",
        ["Cache-Control: no-cache", "ETag: \"a\""]
    )
    .optional(),
    twice!(
        validated,
        "RFC 9111 §5.2.2.4",
        "no-cache is stored and validated by its date",
        ["Cache-Control: no-cache, max-age=3600", "Last-Modified: {imf-9999}"]
    )
    .optional(),
    twice!(
        validated,
        "RFC 9111 §5.2.2.4",
        "no-cache and private differ",
        ["Cache-Control: no-cache, max-age=3600, must-revalidate", "ETag: \"a\""]
    )
    .optional(),
    twice!(
        reused,
        "RFC 9111 §5.2.2.2",
        "must-revalidate means nothing while fresh",
        ["Cache-Control: max-age=3600, must-revalidate"]
    )
    .optional(),
    twice!(
        fetched,
        "RFC 9111 §5.2.2.2",
        "must-revalidate once stale",
        ["Cache-Control: max-age=3600, must-revalidate", "Age: 7200"]
    ),
    twice!(
        reused,
        "RFC 9111 §5.2.2.8",
        "proxy-revalidate means nothing while fresh",
        ["Cache-Control: max-age=3600, proxy-revalidate"]
    )
    .optional(),
    twice!(
        reused,
        "RFC 9111 §5.2.2.6",
        "no-transform is no word on storing",
        ["Cache-Control: max-age=3600, no-transform"]
    )
    .optional(),
    twice!(reused, "RFC 8246 §2", "immutable", ["Cache-Control: max-age=3600, immutable"])
        .optional(),
    twice!(
        fetched,
        "RFC 8246 §2",
        "immutable is no lifetime",
        ["Cache-Control: max-age=3600, immutable", "Age: 7200"]
    ),
    twice!(
        fetched,
        "RFC 9111 §5.2.2.9",
        "public is no lifetime",
        ["Cache-Control: public, max-age=0"]
    ),
    twice!(fetched, "RFC 9111 §5.4", "Pragma of a response is no lifetime", ["Pragma: public"]),
    twice!(
        reused,
        "RFC 9111 §5.4",
        "Pragma of a response forbids nothing",
        ["Cache-Control: max-age=3600", "Pragma: no-cache"]
    )
    .optional(),
    twice!(
        reused,
        "RFC 9111 §5.2.1",
        "directives of requests mean nothing in a response",
        ["Cache-Control: max-age=3600, only-if-cached, min-fresh=9999"]
    )
    .optional(),
    case(
        "RFC 9111 §3",
        "a newer response replaces an older one",
        &[
            get().ok(&["Cache-Control: max-age=0"]).miss(),
            get().ok(&["Cache-Control: max-age=3600"]).miss(),
            get().hit(),
        ],
    ),
];

/// RFC 9111 §5.2.2.3, and the forms of `private` and `no-cache` with names of fields.
const QUALIFIED: &[Case] = &[
    twice!(
        reused,
        "RFC 9111 §5.2.2.3",
        "must-understand overrules no-store for a known status",
        ["Cache-Control: max-age=3600, no-store, must-understand"]
    )
    .optional(),
    twice!(
        reused,
        "RFC 9111 §5.2.2.3",
        "in any order",
        ["Cache-Control: must-understand, no-store, max-age=3600"]
    )
    .optional(),
    case(
        "RFC 9111 §5.2.2.3",
        "but not for an unknown one",
        &[
            get()
                .answer("299 Fine", &["Cache-Control: max-age=3600, no-store, must-understand"])
                .miss(),
            get().miss(),
        ],
    ),
    case(
        "RFC 9111 §5.2.2.3",
        "must-understand alone forbids to store an unknown status",
        &[
            get().answer("499 Odd", &["Cache-Control: max-age=3600, must-understand"]).miss(),
            get().miss(),
        ],
    ),
    twice!(
        fetched,
        "RFC 9111 §5.2.2.3",
        "must-understand is no lifetime",
        ["Cache-Control: must-understand, no-store"]
    ),
    case(
        "RFC 9111 §5.2.2.4",
        "a field named by no-cache is not sent without validation",
        &[
            get().ok(&["Cache-Control: max-age=3600, no-cache=\"x-secret\"", "X-Secret: 1"]).miss(),
            get().expect(&[Expect::HasNo("x-secret")]),
        ],
    ),
    case(
        "RFC 9111 §5.2.2.4",
        "the same for several fields",
        &[
            get()
                .ok(&[
                    "Cache-Control: no-cache=\"x-one, X-TWO\", max-age=3600",
                    "X-One: 1",
                    "X-Two: 2",
                ])
                .miss(),
            get().expect(&[Expect::HasNo("x-one"), Expect::HasNo("x-two")]),
        ],
    ),
    case(
        "RFC 9111 §5.2.2.7",
        "a field named by private is for its client only",
        &[
            get()
                .ok(&["Cache-Control: max-age=3600, private=\"x-secret\"", "X-Secret: 1"])
                .miss()
                .expect(&[Expect::Has("x-secret: 1")]),
            get().expect(&[Expect::HasNo("x-secret")]),
        ],
    ),
    case(
        "RFC 9111 §7.3",
        "Set-Cookie does not forbid to reuse what has a lifetime",
        &[get().ok(&["Cache-Control: max-age=3600", "Set-Cookie: a=b"]).miss(), get().hit()],
    )
    .optional(),
    case(
        "RFC 9111 §7.3",
        "it does where no-cache names it",
        &[
            get()
                .ok(&["Cache-Control: max-age=3600, no-cache=\"set-cookie\"", "Set-Cookie: a=b"])
                .miss()
                .expect(&[Expect::Has("set-cookie: a=b")]),
            get().expect(&[Expect::HasNo("set-cookie")]),
        ],
    ),
    case(
        "RFC 9111 §7.3",
        "Cookie of a request changes nothing",
        &[
            get().ok(&["Cache-Control: max-age=3600"]).with(&["Cookie: a=b"]).miss(),
            get().with(&["Cookie: c=d"]).hit(),
        ],
    )
    .optional(),
];

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_5_2_2_directives_of_responses() {
    check(DIRECTIVES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_5_2_2_qualified_directives() {
    check(QUALIFIED).await;
}
