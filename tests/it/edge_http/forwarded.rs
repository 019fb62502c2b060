//! RFC 9110 §7: what the origin gets, and what is told about the way; RFC 9211; RFC 9112 where the
//! framing of a response decides whether it is stored.

use super::{
    case::{Case, Content, Expect, by, case, get},
    run::check,
};

const TO_THE_ORIGIN: &[Case] = &[
    case(
        "RFC 9110 §7.6.3",
        "Via is added to requests",
        &[get().miss().expect(&[Expect::SeesIn("via", "1.1 dashpot-edge")])],
    ),
    case(
        "RFC 9110 §7.6.3",
        "behind those that are there",
        &[get()
            .with(&["Via: 1.0 other"])
            .miss()
            .expect(&[Expect::SeesIn("via", "1.0 other"), Expect::SeesIn("via", "dashpot-edge")])],
    ),
    case(
        "RFC 9110 §7.2",
        "Host is the origin's",
        &[get().with(&["Host: viewer.example"]).miss().expect(&[Expect::Sees("host: {origin}")])],
    ),
    case(
        "RFC 9110 §7.6.1",
        "fields of the connection stay",
        &[get()
            .with(&[
                "Connection: X-Hop, Keep-Alive",
                "X-Hop: 1",
                "Keep-Alive: timeout=5",
                "Proxy-Connection: keep-alive",
                "TE: trailers",
                "Upgrade: h2c",
                "Proxy-Authorization: Basic YTpi",
                "X-End: 2",
            ])
            .miss()
            .expect(&[
                Expect::SeesNo("x-hop"),
                Expect::SeesNo("keep-alive"),
                Expect::SeesNo("proxy-connection"),
                Expect::SeesNo("te"),
                Expect::SeesNo("upgrade"),
                Expect::SeesNo("proxy-authorization"),
                Expect::Sees("x-end: 2"),
            ])],
    ),
    case(
        "RFC 9110 §7.6",
        "all others go on, unchanged and in order",
        &[get()
            .with(&[
                "Accept: video/*;q=0.5, */*;q=0.1",
                "User-Agent: tests/1.0 (odd; \u{e9})",
                "Cookie: a=b",
                "X-Custom: 1",
                "X-Custom: 2",
                "Referer: http://a.example/",
            ])
            .miss()
            .expect(&[
                Expect::Sees("accept: video/*;q=0.5, */*;q=0.1"),
                Expect::Sees("user-agent: tests/1.0 (odd; \u{e9})"),
                Expect::Sees("cookie: a=b"),
                Expect::Sees("x-custom: 1"),
                Expect::Sees("x-custom: 2"),
                Expect::Sees("referer: http://a.example/"),
            ])],
    ),
    case(
        "RFC 9110 §7.7",
        "the target goes on unchanged",
        &[get()
            .to("{base}/a%20b;c=d/%C3%A9?x=1&y=%2F&&z")
            .miss()
            .expect(&[Expect::SeesTarget("GET {base}/a%20b;c=d/%C3%A9?x=1&y=%2F&&z HTTP/1.1")])],
    ),
    case(
        "RFC 9112 §2.3",
        "a client of HTTP/1.0 is forwarded as HTTP/1.1",
        &[get()
            .version("HTTP/1.0")
            .ok(&["Cache-Control: max-age=3600"])
            .miss()
            .expect(&[Expect::Status(200), Expect::SeesTarget("GET {base}/a HTTP/1.1")])],
    ),
    case(
        "RFC 9111 §4.3.1",
        "a miss has no condition",
        &[get()
            .miss()
            .expect(&[Expect::SeesNo("if-none-match"), Expect::SeesNo("if-modified-since")])],
    ),
    case(
        "RFC 9112 §6.2",
        "a GET is sent without content",
        &[get().miss().expect(&[
            Expect::SeesNo("content-length"),
            Expect::SeesNo("transfer-encoding"),
            Expect::SeesBody(""),
        ])],
    ),
    case(
        "RFC 9110 §7.6.2",
        "Max-Forwards counts only for TRACE and OPTIONS",
        &[get().with(&["Max-Forwards: 5"]).miss().expect(&[Expect::Sees("max-forwards: 5")])],
    ),
];

const TO_THE_CLIENT: &[Case] = &[
    case(
        "RFC 9110 §7.6.3",
        "Via is added to responses behind those that are there",
        &[
            get()
                .ok(&["Cache-Control: max-age=60", "Via: 1.1 shield"])
                .miss()
                .expect(&[Expect::Lines("via", &["1.1 shield", "1.1 dashpot-edge"])]),
            get().hit().expect(&[Expect::Lines("via", &["1.1 shield", "1.1 dashpot-edge"])]),
        ],
    )
    .optional(),
    case(
        "RFC 9211 §2.1",
        "a hit is told with its time to live",
        &[
            get().ok(&["Cache-Control: max-age=3600", "Age: 600"]).miss(),
            get().hit().expect(&[
                Expect::Holds("cache-status", "dashpot-edge; hit"),
                Expect::Holds("cache-status", "ttl="),
            ]),
        ],
    )
    .optional(),
    case(
        "RFC 9211 §2.2",
        "a miss is told, and that it is stored",
        &[get().ok(&["Cache-Control: max-age=3600"]).miss().expect(&[
            Expect::Holds("cache-status", "fwd=uri-miss"),
            Expect::Holds("cache-status", "stored"),
        ])],
    )
    .optional(),
    case(
        "RFC 9211 §2.2",
        "another variant is told",
        &[
            get().with(&["Foo: 1"]).ok(&["Cache-Control: max-age=3600", "Vary: Foo"]).miss(),
            get()
                .with(&["Foo: 2"])
                .miss()
                .expect(&[Expect::Holds("cache-status", "fwd=vary-miss")]),
        ],
    )
    .optional(),
    case(
        "RFC 9211 §2.3",
        "a validation is told",
        &[
            get().ok(&["Cache-Control: max-age=0", "ETag: \"a\""]).miss(),
            get().answer("304 Not Modified", &[]).validated().expect(&[
                Expect::Holds("cache-status", "fwd=stale"),
                Expect::Holds("cache-status", "fwd-status=304"),
            ]),
        ],
    )
    .optional(),
    case(
        "RFC 9211 §2.2",
        "a method is told",
        &[by("POST")
            .with(&["Content-Length: 0"])
            .miss()
            .expect(&[Expect::Holds("cache-status", "fwd=method")])],
    )
    .optional(),
    case(
        "RFC 9211 §2.2",
        "a request's wish is told",
        &[
            get().ok(&["Cache-Control: max-age=3600"]).miss(),
            get()
                .with(&["Cache-Control: no-cache"])
                .miss()
                .expect(&[Expect::Holds("cache-status", "fwd=request")]),
        ],
    )
    .optional(),
    case(
        "RFC 9211 §2",
        "members of caches before are kept in order",
        &[
            get()
                .ok(&["Cache-Control: max-age=3600", "Cache-Status: shield; hit"])
                .miss()
                .expect(&[Expect::Has("cache-status: shield; hit")]),
            get().hit().expect(&[
                Expect::Has("cache-status: shield; hit"),
                Expect::Holds("cache-status", "dashpot-edge; hit"),
            ]),
        ],
    )
    .optional(),
    case(
        "RFC 9110 §15",
        "the origin's reason and status go on",
        &[get()
            .answer("418 I'm a teapot", &["X-A: 1"])
            .miss()
            .expect(&[Expect::Status(418), Expect::Has("x-a: 1")])],
    ),
    case(
        "RFC 9111 §5.2",
        "Cache-Control goes on as it came, unknown members and all",
        &[
            get().ok(&["Cache-Control: max-age=3600, X-Foo=\"a, b\"", "Cache-Control: bar"]).miss(),
            get().hit().expect(&[Expect::Lines(
                "cache-control",
                &["max-age=3600, X-Foo=\"a, b\"", "bar"],
            )]),
        ],
    ),
    case(
        "RFC 9111 §5.2.2.6",
        "content is never changed",
        &[
            get()
                .with(&["Accept-Encoding: identity"])
                .ok(&["Cache-Control: max-age=3600", "Content-Encoding: gzip"])
                .text("\u{1f}not really gzip")
                .miss()
                .expect(&[Expect::Body("\u{1f}not really gzip")]),
            get().hit().expect(&[
                Expect::Body("\u{1f}not really gzip"),
                Expect::Has("content-encoding: gzip"),
            ]),
        ],
    ),
];

const FRAMED: &[Case] = &[
    case(
        "RFC 9112 §7.1",
        "chunked content is stored whole",
        &[
            get()
                .ok(&["Cache-Control: max-age=3600", "Transfer-Encoding: chunked"])
                .content(Content::Raw("5\r\nhello\r\n6;a=b\r\n world\r\n0\r\n\r\n"))
                .miss()
                .expect(&[Expect::Body("hello world")]),
            get().hit().expect(&[Expect::Body("hello world"), Expect::Has("content-length: 11")]),
        ],
    ),
    case(
        "RFC 9112 §8",
        "chunked content without a last chunk is not stored",
        &[
            get()
                .ok(&["Cache-Control: max-age=3600", "Transfer-Encoding: chunked"])
                .content(Content::Raw("5\r\nhello\r\n6\r\n wor"))
                .expect(&[Expect::Broken]),
            get().miss(),
        ],
    ),
    case(
        "RFC 9112 §8",
        "content that is shorter than its length is not stored",
        &[
            get()
                .ok(&["Cache-Control: max-age=3600", "Content-Length: 50"])
                .text("hello")
                .expect(&[Expect::Broken]),
            get().miss(),
        ],
    ),
    case(
        "RFC 9112 §6.3",
        "content that ends with the connection goes through",
        &[get()
            .ok(&["Cache-Control: max-age=3600", "-Content-Length"])
            .text("hello")
            .miss()
            .expect(&[Expect::Status(200), Expect::Body("hello")])],
    ),
    case(
        "RFC 9112 §2.3",
        "an origin of HTTP/1.0 is understood",
        &[
            get()
                .answer("HTTP/1.0 200 OK", &["Expires: {imf+3600}"])
                .miss()
                .expect(&[Expect::Status(200)]),
            get().hit(),
        ],
    ),
    case(
        "RFC 9110 §8.6",
        "empty content is stored",
        &[
            get()
                .ok(&["Cache-Control: max-age=3600"])
                .content(Content::Nothing)
                .miss()
                .expect(&[Expect::Body(""), Expect::Has("content-length: 0")]),
            get().hit().expect(&[Expect::Body(""), Expect::Has("content-length: 0")]),
        ],
    ),
    case(
        "RFC 9110 §15.3.5",
        "a 204 has no content and no length",
        &[
            get()
                .answer("204 No Content", &["Cache-Control: max-age=3600"])
                .miss()
                .expect(&[Expect::Status(204), Expect::HasNo("content-length")]),
            get().hit().expect(&[
                Expect::Status(204),
                Expect::HasNo("content-length"),
                Expect::HasNo("transfer-encoding"),
            ]),
        ],
    ),
    case(
        "RFC 9110 §8.6",
        "a 304 with a length has no content all the same",
        &[
            get().ok(&["Cache-Control: max-age=0", "ETag: \"a\""]).text("12345").miss(),
            get()
                .answer("304 Not Modified", &["ETag: \"a\"", "Content-Length: 5"])
                .validated()
                .expect(&[Expect::Status(200), Expect::Body("12345")]),
        ],
    ),
    case(
        "RFC 9112 §6.3",
        "two lengths that agree are one",
        &[get()
            .ok(&["Cache-Control: max-age=3600", "Content-Length: 5", "Content-Length: 5"])
            .text("hello")
            .expect(&[Expect::Lines("content-length", &["5"]), Expect::Body("hello")])],
    )
    .optional(),
    case(
        "RFC 9112 §6.3",
        "two lengths that do not agree are no response",
        &[
            get()
                .ok(&["Cache-Control: max-age=3600", "Content-Length: 5", "Content-Length: 6"])
                .text("hello")
                .expect(&[Expect::Status(502)]),
            get().miss(),
        ],
    ),
    case(
        "RFC 9112 §6.1",
        "a client of HTTP/1.0 gets no chunks",
        &[get()
            .version("HTTP/1.0")
            .ok(&["Cache-Control: no-store", "Transfer-Encoding: chunked"])
            .content(Content::Raw("5\r\nhello\r\n0\r\n\r\n"))
            .expect(&[Expect::HasNo("transfer-encoding"), Expect::Body("hello")])],
    ),
    case(
        "RFC 9112 §6.3",
        "HEAD has the length of GET and no content",
        &[by("HEAD")
            .ok(&["Content-Length: 1000"])
            .miss()
            .expect(&[Expect::Has("content-length: 1000"), Expect::Body("")])],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn rfc9110_7_what_the_origin_gets() {
    check(TO_THE_ORIGIN).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9211_what_the_client_is_told() {
    check(TO_THE_CLIENT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9112_6_framing_decides_what_is_stored() {
    check(FRAMED).await;
}
