//! What responses tell of how they came about: `Cache-Status` (RFC 9211) and `Age` (RFC 9111 §5.1).

use super::{
    case::{Case, Expect, by, case, get},
    run::{check, check_with},
};

/// Nothing was forwarded, and the reason is told.
macro_rules! own {
    ($name:expr, $step:expr, $detail:expr) => {
        case(
            "RFC 9211 §2.2",
            $name,
            &[$step.expect(&[
                Expect::Asked(0),
                Expect::Holds("cache-status", concat!("detail=", $detail)),
                Expect::HoldsNot("cache-status", "fwd"),
                Expect::HoldsNot("cache-status", "hit"),
            ])],
        )
    };
}

/// It was forwarded and not stored, and why is told.
macro_rules! passed {
    ($step:expr, $detail:expr) => {
        case(
            "RFC 9211 §2.8",
            concat!("why it is not stored: ", $detail),
            &[$step.miss().expect(&[
                Expect::Holds("cache-status", "fwd="),
                Expect::Holds("cache-status", concat!("detail=", $detail)),
                Expect::HoldsNot("cache-status", "stored"),
            ])],
        )
    };
}

const STATUS: &[Case] = &[
    own!("a refusal was not forwarded", get().to("{base}/../a"), "refused"),
    own!(
        "nor was what may only come from the store",
        get().with(&["Cache-Control: only-if-cached"]),
        "only-if-cached"
    ),
    own!("nor a tunnel", by("TRACE"), "refused"),
    passed!(get().ok(&["Cache-Control: no-store"]), "no-store"),
    passed!(get().ok(&["Cache-Control: private, max-age=9"]), "private"),
    passed!(get().ok(&["X-Nothing: said"]), "no-freshness"),
    passed!(get().ok(&["Cache-Control: max-age=9", "Vary: *"]), "vary-any"),
    passed!(get().ok(&["ETag: \"a\"", "Set-Cookie: a=b"]), "set-cookie"),
    passed!(
        get().with(&["Authorization: Basic x"]).ok(&["Cache-Control: max-age=9"]),
        "authorization"
    ),
    passed!(
        get().with(&["Cache-Control: no-store"]).ok(&["Cache-Control: max-age=9"]),
        "request-no-store"
    ),
    passed!(get().with(&["If-Match: \"a\""]).ok(&["Cache-Control: max-age=9"]), "precondition"),
    case(
        "RFC 9211 §2.2",
        "a method says enough",
        &[by("POST").with(&["Content-Length: 0"]).miss().expect(&[
            Expect::Holds("cache-status", "fwd=method"),
            Expect::HoldsNot("cache-status", "detail"),
        ])],
    ),
    case(
        "RFC 9211 §2.7",
        "the key is nobody's business",
        &[get().miss().expect(&[Expect::HoldsNot("cache-status", "key=")])],
    ),
];

const KEYS: &[Case] = &[case(
    "RFC 9211 §2.7",
    "the key is shown where the operator wants it",
    &[
        get()
            .to("{base}/%7ea?x=1")
            .ok(&["Cache-Control: max-age=9", "Cache-Status: shield; hit"])
            .miss()
            .expect(&[
                Expect::Holds("cache-status", "key=\"http://{origin}{base}/~a?x=1\""),
                Expect::Has("cache-status: shield; hit"),
            ]),
        get().to("{base}/~a?x=1").hit().expect(&[
            Expect::Holds("cache-status", "hit"),
            Expect::Holds("cache-status", "key=\"http://{origin}{base}/~a?x=1\""),
        ]),
    ],
)];

const AGES: &[Case] = &[
    case(
        "RFC 9111 §5.1",
        "what the origin made for this request has no age",
        &[
            get().ok(&["Cache-Control: max-age=9"]).miss().expect(&[Expect::HasNo("age")]),
            get().hit().expect(&[Expect::Within("age", 0, 8)]),
        ],
    ),
    case(
        "RFC 9111 §5.1",
        "nor has what it validated for this request",
        &[
            get().ok(&["Cache-Control: max-age=0", "ETag: \"a\""]).miss(),
            get()
                .answer("304 Not Modified", &["ETag: \"a\""])
                .validated()
                .expect(&[Expect::HasNo("age")]),
        ],
    ),
    case(
        "RFC 9111 §5.1",
        "what a cache before gave it stays",
        &[
            get()
                .ok(&["Cache-Control: max-age=900", "Age: 100"])
                .miss()
                .expect(&[Expect::Within("age", 100, 110)]),
            get().hit().expect(&[Expect::Within("age", 100, 110)]),
        ],
    ),
    case(
        "RFC 9111 §5.1",
        "what covers an error has its age",
        &[
            get().ok(&["Cache-Control: max-age=9, stale-if-error=99", "Age: 50"]).miss(),
            get()
                .answer("503 Service Unavailable", &[])
                .covered()
                .expect(&[Expect::Within("age", 50, 60)]),
        ],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn rfc9211_2_cache_status_says_what_happened() {
    check(STATUS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9211_2_7_the_key_is_shown_on_demand() {
    check_with(KEYS, |mut config| {
        config.ops.cache_status_key = true;
        config
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_5_1_age_is_for_what_was_reused() {
    check(AGES).await;
}
