//! RFC 9111 §4.3: validation of what is stored; §3.2: what a 304 updates; §4.3.5: what a HEAD does.

use super::{
    case::{Case, Expect, by, case, get},
    run::check,
};

/// Writes a case of a stale 200 with these fields, and then a request that the origin sees so and
/// answers with 304.
macro_rules! asks {
    ($clause:expr, $name:expr, $stored:expr, $seen:expr) => {
        case(
            $clause,
            $name,
            &[
                get().ok(&$stored).miss(),
                get().answer("304 Not Modified", &[]).validated().expect(&$seen),
            ],
        )
    };
}

const ASKED: &[Case] = &[
    asks!(
        "RFC 9111 §4.3.1",
        "an entity tag is sent",
        ["Cache-Control: max-age=0", "ETag: \"a\""],
        [Expect::Sees("if-none-match: \"a\""), Expect::Status(200), Expect::Asked(1)]
    )
    .optional(),
    asks!(
        "RFC 9111 §4.3.1",
        "a weak one",
        ["Cache-Control: max-age=0", "ETag: W/\"a\""],
        [Expect::Sees("if-none-match: W/\"a\""), Expect::Status(200)]
    )
    .optional(),
    asks!(
        "RFC 9111 §4.3.1",
        "one that is not quoted",
        ["Cache-Control: max-age=0", "ETag: abc"],
        [Expect::Sees("if-none-match: abc"), Expect::Status(200)]
    )
    .optional(),
    asks!(
        "RFC 9111 §4.3.1",
        "one with all that a tag may hold",
        ["Cache-Control: max-age=0", "ETag: \"!#$%&'()*+,-./:;<=>?@[]^_`{base}|~\u{e9}\""],
        [Expect::SeesIn("if-none-match", "\"!#$%&'()*+,-./:;<=>?@[]^_`{base}|~\u{e9}\"")]
    )
    .optional(),
    asks!(
        "RFC 9111 §4.3.1",
        "a date of modification is sent",
        ["Cache-Control: max-age=0", "Last-Modified: {imf-9999}"],
        [Expect::Sees("if-modified-since: {imf-9999}"), Expect::SeesNo("if-none-match")]
    )
    .optional(),
    asks!(
        "RFC 9111 §4.3.1",
        "both are sent",
        ["Cache-Control: max-age=0", "ETag: \"a\"", "Last-Modified: {imf-9999}"],
        [Expect::Sees("if-none-match: \"a\""), Expect::Sees("if-modified-since: {imf-9999}")]
    )
    .optional(),
    asks!(
        "RFC 9111 §4.3.1",
        "also where Expires was the lifetime",
        ["Expires: {imf-10}", "ETag: \"a\""],
        [Expect::Sees("if-none-match: \"a\"")]
    )
    .optional(),
    asks!(
        "RFC 9111 §4.3.1",
        "also where the tag is all there is",
        ["ETag: \"a\""],
        [Expect::Sees("if-none-match: \"a\""), Expect::Status(200)]
    )
    .optional(),
    case(
        "RFC 9111 §4.3.1",
        "without a validator there is no condition",
        &[
            get().ok(&["Cache-Control: max-age=0"]).miss(),
            get()
                .ok(&["Cache-Control: max-age=3600"])
                .miss()
                .expect(&[Expect::SeesNo("if-none-match"), Expect::SeesNo("if-modified-since")]),
        ],
    ),
    case(
        "RFC 9111 §4.3.3",
        "a 200 replaces what was stored",
        &[
            get().ok(&["Cache-Control: max-age=0", "ETag: \"a\"", "X-Old: 1"]).miss(),
            get().ok(&["Cache-Control: max-age=3600", "ETag: \"b\""]).miss(),
            get().hit().expect(&[Expect::Lines("etag", &["\"b\""]), Expect::HasNo("x-old")]),
        ],
    ),
    case(
        "RFC 9111 §4.3.3",
        "a 404 replaces what was stored",
        &[
            get().ok(&["Cache-Control: max-age=0", "ETag: \"a\""]).miss(),
            get().answer("404 Not Found", &["Cache-Control: max-age=3600"]).miss(),
            get().hit().expect(&[Expect::Status(404)]),
        ],
    ),
    case(
        "RFC 9111 §4.3.3",
        "an error does not drive out what is stored",
        &[
            get().ok(&["Cache-Control: max-age=0", "ETag: \"a\""]).miss(),
            get().answer("503 Service Unavailable", &["Cache-Control: no-store"]).miss(),
            get()
                .answer("304 Not Modified", &["ETag: \"a\""])
                .validated()
                .expect(&[Expect::Status(200)]),
        ],
    )
    .optional(),
    case(
        "RFC 9111 §4.3.4",
        "a 304 of another entity tag freshens nothing",
        &[
            get().ok(&["Cache-Control: max-age=0", "ETag: \"a\""]).text("old").miss(),
            get()
                .answer("304 Not Modified", &["ETag: \"b\"", "Cache-Control: max-age=3600"])
                .then("200 OK", &["ETag: \"b\"", "Cache-Control: max-age=3600"])
                .expect(&[Expect::Status(200), Expect::Has("etag: \"b\"")]),
            get().hit().expect(&[Expect::Has("etag: \"b\"")]),
        ],
    ),
];

/// Writes a case of a stale, tagged 200 with these fields, a 304 with these to its validation, and
/// what is then to be seen, at once and from the store.
macro_rules! updated {
    ($clause:expr, $name:expr, $stored:expr, $told:expr, $seen:expr) => {
        case(
            $clause,
            $name,
            &[
                get().ok(&$stored).miss(),
                get().answer("304 Not Modified", &$told).validated().expect(&$seen),
                get().hit().expect(&$seen),
            ],
        )
    };
}

/// Writes one of a field that a 304 brings with another value.
macro_rules! replaced {
    ($($name:literal: $old:literal => $new:literal),* $(,)?) => {
        &[$(updated!(
            "RFC 9111 §3.2",
            concat!($name, " of a 304 replaces the stored one"),
            ["Cache-Control: max-age=60", "Age: 90", "ETag: \"a\"", concat!($name, ": ", $old)],
            ["Cache-Control: max-age=3600", "ETag: \"a\"", concat!($name, ": ", $new)],
            [Expect::Lines($name, &[$new]), Expect::Status(200)]
        )),*]
    };
}

/// Writes one of a field that describes the stored content, and stays.
macro_rules! stays {
    ($($name:literal: $old:literal => $new:literal),* $(,)?) => {
        &[$(updated!(
            "RFC 9111 §3.2",
            concat!($name, " of a 304 leaves the stored one"),
            ["Cache-Control: max-age=60", "Age: 90", "ETag: \"a\"", concat!($name, ": ", $old)],
            ["Cache-Control: max-age=3600", "ETag: \"a\"", concat!($name, ": ", $new)],
            [Expect::Lines($name, &[$old]), Expect::Status(200)]
        )),*]
    };
}

const REPLACED: &[Case] = replaced! {
    "Test-Header": "A" => "B",
    "X-Test-Header": "A" => "B",
    "Content-Foo": "A" => "B",
    "X-Content-Foo": "A" => "B",
    "Content-Language": "en" => "de",
    "Content-Location": "/a" => "/b",
    "Content-Security-Policy": "default-src 'self'" => "default-src 'none'",
    "Content-MD5": "rL0Y20zC+Fzt72VPzMSk2A==" => "N7UdGUp1E+RbVvZSTy1R8g==",
    "Clear-Site-Data": "\"cache\"" => "\"cookies\"",
    "Set-Cookie": "a=b" => "a=c",
    "Set-Cookie2": "a=b" => "a=c",
    "X-Frame-Options": "DENY" => "SAMEORIGIN",
    "X-XSS-Protection": "1" => "0",
    "Public-Key-Pins": "max-age=5" => "max-age=6",
    "Expires": "Thu, 01 Jan 1970 00:00:00 GMT" => "Fri, 02 Jan 1970 00:00:00 GMT",
    "Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT" => "Mon, 07 Nov 1994 08:49:37 GMT",
    "Link": "</a>; rel=preload" => "</b>; rel=preload",
    "Server": "one" => "two",
    "Vary": "Foo" => "Foo, Bar",
};

const STAYING: &[Case] = stays! {
    "Content-Encoding": "foo" => "bar",
};

const UPDATED: &[Case] = &[
    updated!(
        "RFC 9111 §3.2",
        "Content-Length of a 304 leaves the stored one",
        ["Cache-Control: max-age=0", "ETag: \"a\""],
        ["Cache-Control: max-age=3600", "ETag: \"a\"", "Content-Length: 3"],
        [Expect::HoldsNot("content-length", "3"), Expect::Status(200)]
    ),
    updated!(
        "RFC 9111 §3.2",
        "a field that is new is added",
        ["Cache-Control: max-age=0", "ETag: \"a\""],
        ["Cache-Control: max-age=3600", "ETag: \"a\"", "X-New: 1", "X-New: 2"],
        [Expect::Lines("x-new", &["1", "2"])]
    ),
    updated!(
        "RFC 9111 §3.2",
        "a field that is absent stays",
        ["Cache-Control: max-age=0", "ETag: \"a\"", "X-Old: 1", "X-Old: 2"],
        ["Cache-Control: max-age=3600", "ETag: \"a\""],
        [Expect::Lines("x-old", &["1", "2"])]
    ),
    updated!(
        "RFC 9111 §3.2",
        "all lines of a field are replaced by all",
        ["Cache-Control: max-age=0", "ETag: \"a\"", "X-A: 1", "X-A: 2", "X-A: 3"],
        ["Cache-Control: max-age=3600", "ETag: \"a\"", "X-A: 4", "X-A: 5"],
        [Expect::Lines("x-a", &["4", "5"])]
    ),
    updated!(
        "RFC 9111 §3.2",
        "fields of the connection are not stored",
        ["Cache-Control: max-age=0", "ETag: \"a\""],
        ["Cache-Control: max-age=3600", "ETag: \"a\"", "Connection: X-Hop", "X-Hop: 1"],
        [Expect::HasNo("x-hop"), Expect::Status(200)]
    ),
    updated!(
        "RFC 9111 §4.3.4",
        "a 304 without validators freshens the one that is stored",
        ["Cache-Control: max-age=0", "ETag: \"a\""],
        ["Cache-Control: max-age=3600", "X-New: 1"],
        [Expect::Has("x-new: 1"), Expect::Has("etag: \"a\"")]
    ),
    updated!(
        "RFC 9111 §4.3.4",
        "a 304 with the stored date freshens",
        ["Cache-Control: max-age=0", "Last-Modified: {imf-9999}"],
        ["Cache-Control: max-age=3600", "Last-Modified: {imf-9999}", "X-New: 1"],
        [Expect::Has("x-new: 1")]
    ),
    updated!(
        "RFC 9111 §4.3.4",
        "a 304 with the stored weak tag freshens",
        ["Cache-Control: max-age=0", "ETag: W/\"a\""],
        ["Cache-Control: max-age=3600", "ETag: W/\"a\"", "X-New: 1"],
        [Expect::Has("x-new: 1")]
    ),
    updated!(
        "RFC 9111 §4.3.4",
        "Expires of a 304 is the lifetime",
        ["Expires: {imf-60}", "ETag: \"a\""],
        ["Expires: {imf+3600}", "ETag: \"a\""],
        [Expect::Lines("expires", &["{imf+3600}"])]
    ),
    updated!(
        "RFC 9111 §3.2",
        "the age begins anew",
        ["Cache-Control: max-age=60", "Age: 90", "ETag: \"a\""],
        ["ETag: \"a\""],
        [Expect::Status(200), Expect::HoldsNot("age", "90")]
    ),
    updated!(
        "RFC 9111 §3.2",
        "the Date is that of the 304",
        ["Cache-Control: max-age=60", "Date: {imf-90}", "ETag: \"a\""],
        ["ETag: \"a\"", "Date: {imf-1}"],
        [Expect::Lines("date", &["{imf-1}"])]
    ),
    case(
        "RFC 9111 §3.2",
        "no-store of a 304 ends the use",
        &[
            get().ok(&["Cache-Control: max-age=0", "ETag: \"a\""]).miss(),
            get()
                .answer("304 Not Modified", &["Cache-Control: no-store", "ETag: \"a\""])
                .validated()
                .expect(&[Expect::Status(200)]),
            get().miss(),
        ],
    ),
    case(
        "RFC 9111 §3.2",
        "no-cache of a 304 is obeyed from then on",
        &[
            get().ok(&["Cache-Control: max-age=60", "Age: 90", "ETag: \"a\""]).miss(),
            get()
                .answer("304 Not Modified", &["Cache-Control: no-cache", "ETag: \"a\""])
                .validated(),
            get().answer("304 Not Modified", &["ETag: \"a\""]).validated(),
        ],
    ),
    case(
        "RFC 9111 §3.2",
        "an Age of a 304 counts",
        &[
            get().ok(&["Cache-Control: max-age=60", "Age: 90", "ETag: \"a\""]).miss(),
            get().answer("304 Not Modified", &["ETag: \"a\"", "Age: 70"]).validated(),
            get().answer("304 Not Modified", &["ETag: \"a\""]).validated(),
        ],
    ),
];

const BY_HEAD: &[Case] = &[
    case(
        "RFC 9110 §9.3.2",
        "HEAD is answered from a stored GET",
        &[
            get().ok(&["Cache-Control: max-age=3600", "X-A: 1"]).text("12345").miss(),
            by("HEAD").hit().expect(&[
                Expect::Status(200),
                Expect::Body(""),
                Expect::Has("x-a: 1"),
                Expect::Has("content-length: 5"),
            ]),
        ],
    )
    .optional(),
    case(
        "RFC 9110 §9.3.2",
        "HEAD of what is not stored asks by HEAD",
        &[
            by("HEAD").ok(&["Cache-Control: max-age=3600", "Content-Length: 5"]).miss().expect(&[
                Expect::SeesTarget("HEAD {base}/a HTTP/1.1"),
                Expect::Body(""),
                Expect::Has("content-length: 5"),
            ]),
            get().miss().expect(&[Expect::SeesTarget("GET {base}/a HTTP/1.1")]),
        ],
    ),
    case(
        "RFC 9111 §4.3.5",
        "HEAD with another length makes the stored GET stale",
        &[
            get().ok(&["Cache-Control: max-age=3600", "Age: 10"]).text("12345").miss(),
            by("HEAD")
                .with(&["Cache-Control: no-cache"])
                .ok(&["Cache-Control: max-age=3600", "Content-Length: 6"]),
            get().miss(),
        ],
    )
    .optional(),
    case(
        "RFC 9111 §4.3.5",
        "HEAD with another tag makes the stored GET stale",
        &[
            get().ok(&["Cache-Control: max-age=3600", "ETag: \"a\""]).text("12345").miss(),
            by("HEAD").with(&["Cache-Control: no-cache"]).ok(&[
                "Cache-Control: max-age=3600",
                "ETag: \"b\"",
                "Content-Length: 5",
            ]),
            get().miss(),
        ],
    )
    .optional(),
    case(
        "RFC 9111 §4.3.5",
        "HEAD with another date makes the stored GET stale",
        &[
            get()
                .ok(&["Cache-Control: max-age=3600", "Last-Modified: {imf-9999}"])
                .text("12345")
                .miss(),
            by("HEAD").with(&["Cache-Control: no-cache"]).ok(&[
                "Cache-Control: max-age=3600",
                "Last-Modified: {imf-99}",
                "Content-Length: 5",
            ]),
            get().miss(),
        ],
    )
    .optional(),
    case(
        "RFC 9111 §4.3.5",
        "HEAD with the same validators freshens the stored GET",
        &[
            get()
                .ok(&["Cache-Control: max-age=60", "Age: 90", "ETag: \"a\"", "X-A: 1"])
                .text("12345")
                .miss(),
            by("HEAD").ok(&[
                "Cache-Control: max-age=3600",
                "ETag: \"a\"",
                "X-A: 2",
                "Content-Length: 5",
            ]),
            get().hit().expect(&[Expect::Has("x-a: 2"), Expect::Body("12345")]),
        ],
    )
    .optional(),
    case(
        "RFC 9111 §4.3.5",
        "HEAD with a status of an error freshens nothing",
        &[
            get().ok(&["Cache-Control: max-age=60", "Age: 90", "ETag: \"a\""]).miss(),
            by("HEAD").answer("410 Gone", &["Cache-Control: max-age=3600", "ETag: \"a\""]),
            get().miss(),
        ],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_4_3_1_what_the_origin_is_asked() {
    check(ASKED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_3_2_what_a_304_replaces() {
    check(REPLACED).await;
    check(STAYING).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_4_3_4_what_a_304_freshens() {
    check(UPDATED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_4_3_5_what_a_head_does() {
    check(BY_HEAD).await;
}
