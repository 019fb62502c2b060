//! What one client sends must not become what others get.

use super::{
    case::{Case, Expect, Step, by, case, get},
    run::check,
};

/// Writes a case in which a field of the first client's request does not reach the origin, so that
/// what is stored is what all get.
macro_rules! unkeyed {
    ($field:literal, $value:literal) => {
        case(
            "RFC 9111 §2",
            concat!($field, " does not reach the origin with what is stored"),
            &[
                get()
                    .with(&[concat!($field, ": ", $value)])
                    .ok(&["Cache-Control: max-age=3600"])
                    .miss()
                    .expect(&[Expect::SeesNo($field)]),
                get().hit(),
            ],
        )
    };
}

const UNKEYED: &[Case] = &[
    unkeyed!("x-forwarded-host", "evil.example"),
    unkeyed!("x-forwarded-proto", "http"),
    unkeyed!("x-forwarded-scheme", "nothttps"),
    unkeyed!("x-forwarded-port", "1"),
    unkeyed!("x-forwarded-prefix", "/evil"),
    unkeyed!("forwarded", "host=evil.example"),
    unkeyed!("x-host", "evil.example"),
    unkeyed!("x-original-url", "/admin"),
    unkeyed!("x-rewrite-url", "/admin"),
    unkeyed!("x-http-method-override", "DELETE"),
    unkeyed!("x-method-override", "HEAD"),
    case(
        "RFC 9111 §2",
        "a method is overridden where nothing is stored",
        &[by("POST")
            .with(&["Content-Length: 0", "X-HTTP-Method-Override: PATCH"])
            .miss()
            .expect(&[Expect::Sees("X-HTTP-Method-Override: PATCH")])],
    ),
    case(
        "RFC 9111 §4.3.5",
        "a HEAD updates nothing by what its client alone sends",
        &[
            get().ok(&["Cache-Control: max-age=0", "ETag: \"a\""]).miss(),
            by("HEAD")
                .with(&["X-Forwarded-Host: evil.example"])
                .ok(&["Cache-Control: max-age=3600", "ETag: \"a\""])
                .expect(&[Expect::SeesNo("x-forwarded-host")]),
        ],
    ),
    case(
        "RFC 9110 §7.6.1",
        "a field that Connection lists selects no variant",
        &[
            get()
                .with(&["Connection: x-kind", "X-Kind: a"])
                .ok(&["Cache-Control: max-age=3600", "Vary: X-Kind"])
                .miss()
                .expect(&[Expect::SeesNo("x-kind")]),
            get().with(&["X-Kind: a"]).miss(),
        ],
    ),
];

/// A GET with content, which means nothing and is kept from the origin with its length.
const fn fat(step: Step) -> Step {
    step.sending("a=evil")
}

const FAT: &[Case] = &[
    case(
        "RFC 9110 §9.3.1",
        "content of a GET is no part of what is stored",
        &[
            fat(get().with(&["Content-Length: 6"]))
                .ok(&["Cache-Control: max-age=3600"])
                .miss()
                .expect(&[Expect::SeesBody(""), Expect::SeesNo("content-length")]),
            get().hit(),
        ],
    ),
    case(
        "RFC 9110 §9.3.1",
        "nor does it, or its length, go on where nothing is stored",
        &[fat(get().with(&["Content-Length: 6", "Cache-Control: no-store"]))
            .miss()
            .expect(&[Expect::SeesBody(""), Expect::SeesNo("content-length")])],
    ),
    case(
        "RFC 9110 §9.3.2",
        "nor that of a HEAD",
        &[fat(by("HEAD").with(&["Content-Length: 6"]))
            .miss()
            .expect(&[Expect::SeesBody(""), Expect::SeesNo("content-length")])],
    ),
];

/// Writes a case in which a path is refused.
macro_rules! refused {
    ($path:literal) => {
        case(
            "RFC 3986 §6.2.2.3",
            concat!("no other path is read out of ", $path),
            &[get().to(concat!("{base}", $path)).expect(&[Expect::Status(400), Expect::Asked(0)])],
        )
    };
}

/// Writes a case in which a path is another one than `{base}/a`, and goes on as it is.
macro_rules! own_path {
    ($path:literal) => {
        case(
            "RFC 3986 §6",
            concat!("a resource of its own: ", $path),
            &[
                get().ok(&["Cache-Control: max-age=3600"]).miss(),
                get().to(concat!("{base}", $path)).miss().expect(&[Expect::SeesTarget(concat!(
                    "GET {base}",
                    $path,
                    " HTTP/1.1"
                ))]),
            ],
        )
    };
}

const PATHS: &[Case] = &[
    refused!("/private%2f..%2fa"),
    refused!("/private/%2e%2e/a"),
    refused!("/private%5C..%5Ca"),
    refused!("/..%2f..%2fa"),
    refused!("/a%00.css"),
    refused!("/x/../a"),
    own_path!("/a;x.css"),
    own_path!("/a%3fx.css"),
    own_path!("/a%23x.css"),
    own_path!("//a"),
    own_path!("/a/"),
    own_path!("/a?x=1&x=2"),
    own_path!("/a?x=2&x=1"),
];

const USERS: &[Case] = &[
    case(
        "RFC 9111 §3.5",
        "a 304 to one user does not update what is stored for all",
        &[
            get().ok(&["Cache-Control: max-age=3600", "Age: 7200", "ETag: \"a\""]).miss(),
            get()
                .with(&["Authorization: Basic x"])
                .answer("304 Not Modified", &["ETag: \"a\"", "X-User: x", "Age: 0"])
                .validated()
                .expect(&[Expect::Status(200), Expect::Has("X-User: x")]),
            get()
                .answer("304 Not Modified", &["ETag: \"a\""])
                .validated()
                .expect(&[Expect::HasNo("x-user")]),
        ],
    ),
    case(
        "RFC 9111 §7.3",
        "nor does its cookie go to others where nothing says how long it is fresh",
        &[
            get().ok(&["ETag: \"a\""]).miss(),
            get()
                .answer("304 Not Modified", &["ETag: \"a\"", "Set-Cookie: user=x"])
                .validated()
                .expect(&[Expect::Status(200), Expect::Has("Set-Cookie: user=x")]),
            get()
                .answer("304 Not Modified", &["ETag: \"a\""])
                .validated()
                .expect(&[Expect::HasNo("set-cookie")]),
        ],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_part_of_a_key_does_not_reach_the_origin() {
    check(UNKEYED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9110_9_3_1_content_of_a_get_goes_nowhere() {
    check(FAT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_has_one_reading() {
    check(PATHS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_user_gets_is_not_for_all() {
    check(USERS).await;
}
