//! RFC 9111 §5.2.1: the directives of requests; §5.4: `Pragma`.

use super::{
    case::{Case, Expect, case, get},
    run::check,
};

/// Writes a case of a 200 with these fields, and then a request with these that is served so.
macro_rules! asked {
    ($outcome:ident, $clause:expr, $name:expr, $response:expr, $request:expr) => {
        case($clause, $name, &[get().ok(&$response).miss(), get().with(&$request).$outcome()])
    };
}

const DIRECTIVES: &[Case] = &[
    asked!(
        miss,
        "RFC 9111 §5.2.1.1",
        "max-age=0 on a fresh response",
        ["Cache-Control: max-age=3600", "Age: 1"],
        ["Cache-Control: max-age=0"]
    )
    .optional(),
    asked!(
        miss,
        "RFC 9111 §5.2.1.1",
        "max-age below the age",
        ["Cache-Control: max-age=3600", "Age: 1800"],
        ["Cache-Control: max-age=600"]
    )
    .optional(),
    asked!(
        hit,
        "RFC 9111 §5.2.1.1",
        "max-age above the age",
        ["Cache-Control: max-age=3600", "Age: 1800"],
        ["Cache-Control: max-age=1900"]
    )
    .optional(),
    asked!(
        miss,
        "RFC 9111 §5.2.1.1",
        "max-age above the age makes nothing fresh",
        ["Cache-Control: max-age=3600", "Age: 7200"],
        ["Cache-Control: max-age=9999"]
    ),
    asked!(
        hit,
        "RFC 9111 §5.2.1.2",
        "max-stale without a limit",
        ["Cache-Control: max-age=3600", "Age: 7200"],
        ["Cache-Control: max-stale"]
    )
    .optional(),
    asked!(
        hit,
        "RFC 9111 §5.2.1.2",
        "max-stale above the staleness",
        ["Cache-Control: max-age=3600", "Age: 7200"],
        ["Cache-Control: max-stale=4000"]
    )
    .optional(),
    asked!(
        miss,
        "RFC 9111 §5.2.1.2",
        "max-stale below the staleness",
        ["Cache-Control: max-age=3600", "Age: 7200"],
        ["Cache-Control: max-stale=1000"]
    ),
    asked!(
        miss,
        "RFC 9111 §5.2.1.2",
        "an invalid max-stale",
        ["Cache-Control: max-age=3600", "Age: 7200"],
        ["Cache-Control: max-stale=abc"]
    ),
    asked!(
        miss,
        "RFC 9111 §5.2.2.2",
        "must-revalidate before max-stale",
        ["Cache-Control: max-age=3600, must-revalidate", "Age: 7200"],
        ["Cache-Control: max-stale"]
    ),
    asked!(
        miss,
        "RFC 9111 §5.2.2.8",
        "proxy-revalidate before max-stale",
        ["Cache-Control: max-age=3600, proxy-revalidate", "Age: 7200"],
        ["Cache-Control: max-stale=9999"]
    ),
    asked!(
        miss,
        "RFC 9111 §5.2.2.10",
        "s-maxage before max-stale",
        ["Cache-Control: s-maxage=3600", "Age: 7200"],
        ["Cache-Control: max-stale=9999"]
    ),
    asked!(
        miss,
        "RFC 9111 §5.2.2.4",
        "no-cache of a response before max-stale",
        ["Cache-Control: no-cache, max-age=3600"],
        ["Cache-Control: max-stale=9999"]
    ),
    asked!(
        miss,
        "RFC 9111 §5.2.1.3",
        "min-fresh above what is left",
        ["Cache-Control: max-age=3600", "Age: 3000"],
        ["Cache-Control: min-fresh=1200"]
    )
    .optional(),
    asked!(
        hit,
        "RFC 9111 §5.2.1.3",
        "min-fresh below what is left",
        ["Cache-Control: max-age=3600", "Age: 1000"],
        ["Cache-Control: min-fresh=1200"]
    )
    .optional(),
    asked!(
        miss,
        "RFC 9111 §5.2.1.4",
        "no-cache",
        ["Cache-Control: max-age=3600"],
        ["Cache-Control: no-cache"]
    )
    .optional(),
    asked!(
        miss,
        "RFC 9111 §5.2.1.4",
        "No-Cache among others",
        ["Cache-Control: max-age=3600"],
        ["Cache-Control: foo=\"a, b\"", "Cache-Control: No-Cache"]
    )
    .optional(),
    case(
        "RFC 9111 §5.2.1.4",
        "no-cache validates what is stored",
        &[
            get().ok(&["Cache-Control: max-age=3600", "ETag: \"a\""]).miss(),
            get()
                .with(&["Cache-Control: no-cache"])
                .answer("304 Not Modified", &["ETag: \"a\""])
                .validated()
                .expect(&[Expect::Status(200), Expect::Sees("if-none-match: \"a\"")]),
        ],
    )
    .optional(),
    case(
        "RFC 9111 §5.2.1.4",
        "what no-cache fetched is stored",
        &[
            get().ok(&["Cache-Control: max-age=3600"]).miss(),
            get().with(&["Cache-Control: no-cache"]).ok(&["Cache-Control: max-age=3600"]).miss(),
            get().hit(),
        ],
    )
    .optional(),
    asked!(
        miss,
        "RFC 9111 §5.2.1.5",
        "no-store asks for a response of its own",
        ["Cache-Control: no-store, max-age=3600"],
        ["Cache-Control: no-store"]
    ),
    case(
        "RFC 9111 §5.2.1.5",
        "what was fetched with no-store is not stored",
        &[
            get().with(&["Cache-Control: no-store"]).ok(&["Cache-Control: max-age=3600"]).miss(),
            get().miss(),
        ],
    ),
    case(
        "RFC 9111 §5.2.1.5",
        "no-store in another case and among others",
        &[
            get()
                .with(&["Cache-Control: foo, NO-STORE"])
                .ok(&["Cache-Control: max-age=3600"])
                .miss(),
            get().miss(),
        ],
    ),
    asked!(
        hit,
        "RFC 9111 §5.2.1.7",
        "only-if-cached with a fresh response",
        ["Cache-Control: max-age=3600"],
        ["Cache-Control: only-if-cached"]
    )
    .optional(),
    case(
        "RFC 9111 §5.2.1.7",
        "only-if-cached without any",
        &[get()
            .with(&["Cache-Control: only-if-cached"])
            .expect(&[Expect::Status(504), Expect::Asked(0)])],
    )
    .optional(),
    case(
        "RFC 9111 §5.2.1.7",
        "only-if-cached with a stale one",
        &[
            get().ok(&["Cache-Control: max-age=3600", "Age: 7200"]).miss(),
            get()
                .with(&["Cache-Control: only-if-cached"])
                .expect(&[Expect::Status(504), Expect::Asked(0)]),
        ],
    )
    .optional(),
    asked!(
        hit,
        "RFC 9111 §5.2.1.7",
        "only-if-cached with max-stale",
        ["Cache-Control: max-age=3600", "Age: 7200"],
        ["Cache-Control: only-if-cached, max-stale"]
    )
    .optional(),
    asked!(
        hit,
        "RFC 9111 §5.2.3",
        "an unknown directive",
        ["Cache-Control: max-age=3600"],
        ["Cache-Control: nothing-to-see-here"]
    )
    .optional(),
    asked!(
        hit,
        "RFC 9111 §5.2.1",
        "directives of responses mean nothing in a request",
        ["Cache-Control: max-age=3600"],
        ["Cache-Control: must-revalidate, private, s-maxage=0"]
    )
    .optional(),
    asked!(
        hit,
        "RFC 9110 §5.6.4",
        "a no-cache in a quoted value",
        ["Cache-Control: max-age=3600"],
        ["Cache-Control: foo=\"a, no-cache, b\""]
    )
    .optional(),
    asked!(
        miss,
        "RFC 9111 §5.4",
        "Pragma: no-cache alone",
        ["Cache-Control: max-age=3600"],
        ["Pragma: no-cache"]
    )
    .optional(),
    asked!(
        miss,
        "RFC 9111 §5.4",
        "Pragma: No-Cache in a list",
        ["Cache-Control: max-age=3600"],
        ["Pragma: foo, No-Cache"]
    )
    .optional(),
    asked!(
        hit,
        "RFC 9111 §5.4",
        "Pragma beside Cache-Control",
        ["Cache-Control: max-age=3600"],
        ["Pragma: no-cache", "Cache-Control: max-age=100"]
    )
    .optional(),
    asked!(
        hit,
        "RFC 9111 §5.4",
        "an unknown Pragma",
        ["Cache-Control: max-age=3600"],
        ["Pragma: foo"]
    )
    .optional(),
];

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_5_2_1_directives_of_requests() {
    check(DIRECTIVES).await;
}
