//! RFC 9111 §3.5: authorised requests; RFC 9110 §15.2: interim responses; RFC 9110 §9: methods; RFC
//! 9111 §2: keys.

use super::{
    case::{Case, Expect, by, case, get},
    run::check,
};

/// Writes a case of an authorised request whose 200 has these fields, and another request.
macro_rules! authorised {
    ($outcome:ident, $name:expr, $fields:expr, $then:expr) => {
        case(
            "RFC 9111 §3.5",
            $name,
            &[
                get()
                    .with(&["Authorization: Basic YTpi"])
                    .ok(&$fields)
                    .miss()
                    .expect(&[Expect::Sees("authorization: Basic YTpi")]),
                get().with(&$then).$outcome(),
            ],
        )
    };
}

const AUTHORISED: &[Case] = &[
    authorised!(miss, "not shared", ["Cache-Control: max-age=3600"], []),
    authorised!(
        miss,
        "not even with its own",
        ["Cache-Control: max-age=3600"],
        ["Authorization: Basic YTpi"]
    ),
    authorised!(miss, "nor with Expires", ["Expires: {imf+3600}"], []),
    authorised!(miss, "nor by heuristic", ["Last-Modified: {imf-1000000}"], []),
    authorised!(miss, "no-cache is no word", ["Cache-Control: max-age=3600, no-cache"], []),
    authorised!(
        miss,
        "proxy-revalidate is no word",
        ["Cache-Control: max-age=3600, proxy-revalidate"],
        []
    ),
    authorised!(hit, "public", ["Cache-Control: max-age=3600, public"], []).optional(),
    authorised!(hit, "s-maxage", ["Cache-Control: s-maxage=3600"], []).optional(),
    authorised!(hit, "must-revalidate", ["Cache-Control: max-age=3600, must-revalidate"], [])
        .optional(),
    authorised!(
        hit,
        "public, to another authorised request",
        ["Cache-Control: max-age=3600, public"],
        ["Authorization: Basic Yzpk"]
    )
    .optional(),
    authorised!(
        miss,
        "private beats all",
        ["Cache-Control: private, must-revalidate, max-age=60"],
        []
    ),
    case(
        "RFC 9111 §3.5",
        "an authorised request is answered with what was stored for all",
        &[
            get().ok(&["Cache-Control: max-age=3600"]).miss(),
            get().with(&["Authorization: Basic YTpi"]).hit(),
        ],
    )
    .optional(),
];

/// A client that shows credentials must not be able to keep others from sharing.
const AUTHORISED_FIRST: &[Case] = &[
    case(
        "RFC 9111 §3.5",
        "the next one is stored for all",
        &[
            get().with(&["Authorization: Basic YTpi"]).ok(&["Cache-Control: max-age=3600"]).miss(),
            get().ok(&["Cache-Control: max-age=3600"]).miss(),
            get().hit(),
        ],
    )
    .optional(),
    case(
        "RFC 9111 §5.2.1.5",
        "the same behind a request with no-store",
        &[
            get().with(&["Cache-Control: no-store"]).ok(&["Cache-Control: max-age=3600"]).miss(),
            get().ok(&["Cache-Control: max-age=3600"]).miss(),
            get().hit(),
        ],
    )
    .optional(),
];

const INTERIM: &[Case] = &[
    case(
        "RFC 9110 §15.2",
        "a 103 is not the response",
        &[
            get()
                .interim(&["103 Early Hints\r\nLink: </a>; rel=preload"])
                .ok(&["Cache-Control: max-age=3600"])
                .miss()
                .expect(&[Expect::Status(200)]),
            get().hit().expect(&[Expect::Status(200)]),
        ],
    ),
    case(
        "RFC 9110 §15.2",
        "a 102 neither",
        &[
            get()
                .interim(&["102 Processing"])
                .ok(&["Cache-Control: max-age=3600"])
                .miss()
                .expect(&[Expect::Status(200)]),
            get().hit(),
        ],
    ),
    case(
        "RFC 9110 §15.2",
        "nor one without a name",
        &[
            get().interim(&["199 Whatever"]).ok(&["Cache-Control: max-age=3600"]).miss(),
            get().hit().expect(&[Expect::Status(200)]),
        ],
    ),
    case(
        "RFC 9110 §15.2",
        "several neither",
        &[
            get()
                .interim(&["100 Continue", "103 Early Hints\r\nX-A: 1", "103 Early Hints"])
                .ok(&["Cache-Control: max-age=3600"])
                .miss(),
            get().hit().expect(&[Expect::Status(200)]),
        ],
    ),
    case(
        "RFC 9110 §15.2",
        "fields of an interim response are not those of the response",
        &[
            get()
                .interim(&["103 Early Hints\r\nX-Interim: 1\r\nCache-Control: max-age=9999"])
                .ok(&["Cache-Control: max-age=0"])
                .miss()
                .expect(&[Expect::HasNo("x-interim")]),
            get().miss(),
        ],
    ),
    case(
        "RFC 9110 §15.2",
        "no-store of an interim response is not that of the response",
        &[
            get()
                .interim(&["103 Early Hints\r\nCache-Control: no-store"])
                .ok(&["Cache-Control: max-age=3600"])
                .miss(),
            get().hit(),
        ],
    )
    .optional(),
    case(
        "RFC 9110 §15.2",
        "an interim response before a 304",
        &[
            get().ok(&["Cache-Control: max-age=0", "ETag: \"a\""]).miss(),
            get()
                .interim(&["103 Early Hints"])
                .answer("304 Not Modified", &["ETag: \"a\"", "Cache-Control: max-age=3600"])
                .validated()
                .expect(&[Expect::Status(200)]),
            get().hit(),
        ],
    ),
    case(
        "RFC 9110 §15.2",
        "several interim responses, each with fields that would change all",
        &[
            get()
                .interim(&[
                    "102 Processing\r\nCache-Control: no-store\r\nContent-Length: 99",
                    "103 Early Hints\r\nVary: *\r\nSet-Cookie: a=b\r\nAge: 9999",
                    "103 Early Hints\r\nETag: \"x\"\r\nConnection: close\r\nX-Interim: 1",
                    "110 Unknown\r\nTransfer-Encoding: chunked\r\nContent-Location: /x",
                ])
                .ok(&[
                    "Cache-Control: max-age=3600",
                    "Content-Length: 10",
                    "Connection: keep-alive",
                ])
                .text("0123456789")
                .miss()
                .expect(&[
                    Expect::Status(200),
                    Expect::Body("0123456789"),
                    Expect::HasNo("set-cookie"),
                    Expect::HasNo("etag"),
                    Expect::HasNo("vary"),
                    Expect::HasNo("age"),
                    Expect::HasNo("x-interim"),
                ]),
            get().hit().expect(&[Expect::Body("0123456789"), Expect::Within("age", 0, 10)]),
            get().with(&["Range: bytes=2-4"]).hit().expect(&[Expect::Body("234")]),
        ],
    ),
    case(
        "RFC 9110 §15.2",
        "an interim response before an error, and before one to POST",
        &[
            get()
                .interim(&["103 Early Hints\r\nCache-Control: max-age=3600"])
                .answer("404 Not Found", &[])
                .miss()
                .expect(&[Expect::Status(404)]),
            get().miss(),
            by("POST")
                .with(&["Content-Length: 0"])
                .interim(&["102 Processing", "102 Processing"])
                .answer("201 Created", &[])
                .miss()
                .expect(&[Expect::Status(201)]),
        ],
    ),
    case(
        "RFC 9110 §15.2",
        "a 103 is passed on",
        &[get()
            .interim(&["103 Early Hints\r\nLink: </a>; rel=preload"])
            .miss()
            .expect(&[Expect::Interim(&[103])])],
    )
    .optional()
    .gap("the HTTP server beneath sends no interim response but 100"),
];

const METHODS: &[Case] = &[
    case(
        "RFC 9110 §9.3.3",
        "POST is passed on with its content",
        &[by("POST")
            .with(&["Content-Length: 5", "Content-Type: text/plain"])
            .sending("hello")
            .answer("201 Created", &[])
            .miss()
            .expect(&[
                Expect::Status(201),
                Expect::SeesTarget("POST {base}/a HTTP/1.1"),
                Expect::Sees("content-type: text/plain"),
                Expect::SeesBody("hello"),
            ])],
    ),
    case(
        "RFC 9112 §7.1",
        "so is chunked content",
        &[by("PUT")
            .with(&["Transfer-Encoding: chunked"])
            .sending("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
            .answer("204 No Content", &[])
            .miss()
            .expect(&[Expect::Status(204), Expect::SeesBody("hello world")])],
    ),
    case(
        "RFC 9110 §9.1",
        "an unknown method is passed on with its content",
        &[by("FROBNICATE")
            .with(&["Content-Length: 5"])
            .sending("hello")
            .answer("200 OK", &[])
            .miss()
            .expect(&[
                Expect::SeesTarget("FROBNICATE {base}/a HTTP/1.1"),
                Expect::SeesBody("hello"),
            ])],
    ),
    case(
        "RFC 9110 §9.1",
        "methods have case",
        &[
            get().ok(&["Cache-Control: max-age=3600"]).miss(),
            by("get").miss().expect(&[Expect::SeesTarget("get {base}/a HTTP/1.1")]),
        ],
    ),
    case(
        "RFC 9110 §8.6",
        "content of no length is content of no length",
        &[by("POST")
            .with(&["Content-Length: 0"])
            .answer("200 OK", &[])
            .miss()
            .expect(&[Expect::Sees("content-length: 0"), Expect::SeesBody("")])],
    ),
    case(
        "RFC 9110 §9.3.7",
        "OPTIONS is passed on and not stored",
        &[
            by("OPTIONS").answer("204 No Content", &["Cache-Control: max-age=3600"]).miss(),
            by("OPTIONS").answer("204 No Content", &[]).miss(),
            get().miss().expect(&[Expect::Status(200)]),
        ],
    ),
    case(
        "RFC 9110 §9.3.7",
        "OPTIONS is not answered from a stored GET",
        &[
            get().ok(&["Cache-Control: max-age=3600"]).miss(),
            by("OPTIONS").answer("204 No Content", &[]).miss().expect(&[Expect::Status(204)]),
            get().hit(),
        ],
    ),
    case(
        "RFC 9110 §9.3.8",
        "TRACE is refused",
        &[by("TRACE").expect(&[Expect::Status(405), Expect::Asked(0)])],
    )
    .optional(),
    case(
        "RFC 9110 §10.1.1",
        "Expect: 100-continue is the next hop's affair",
        &[by("POST")
            .with(&["Content-Length: 5", "Expect: 100-continue"])
            .sending("hello")
            .answer("200 OK", &[])
            .expect(&[Expect::Status(200), Expect::SeesBody("hello")])],
    ),
    case(
        "RFC 9110 §9.3.1",
        "GET with a query",
        &[
            get().to("{base}/a?b=c").ok(&["Cache-Control: max-age=3600"]).miss(),
            get().to("{base}/a?b=c").hit(),
        ],
    )
    .optional(),
];

const KEYS: &[Case] = &[
    case(
        "RFC 9111 §2",
        "another path is another resource",
        &[
            get().ok(&["Cache-Control: max-age=3600"]).miss(),
            get().to("{base}/b").ok(&["Cache-Control: max-age=3600"]).miss(),
        ],
    ),
    case(
        "RFC 9111 §2",
        "another query is another resource",
        &[
            get().to("{base}/a?x=1").ok(&["Cache-Control: max-age=3600"]).miss(),
            get().to("{base}/a?x=2").ok(&["Cache-Control: max-age=3600"]).miss(),
            get().to("{base}/a").miss(),
        ],
    ),
    case(
        "RFC 3986 §6.2.2.1",
        "paths have case",
        &[get().ok(&["Cache-Control: max-age=3600"]).miss(), get().to("{base}/A").miss()],
    ),
    case(
        "RFC 3986 §3.3",
        "a slash at the end counts",
        &[get().ok(&["Cache-Control: max-age=3600"]).miss(), get().to("{base}/a/").miss()],
    ),
    case(
        "RFC 9112 §3.2.2",
        "the absolute form names the same resource",
        &[
            get().ok(&["Cache-Control: max-age=3600"]).miss(),
            get().to("http://{edge}{base}/a").hit(),
        ],
    )
    .optional(),
    case(
        "RFC 9110 §7.2",
        "Host has no case",
        &[
            get().with(&["Host: LOCALHOST"]).ok(&["Cache-Control: max-age=3600"]).miss(),
            get().with(&["Host: localhost"]).hit(),
        ],
    )
    .optional(),
    case(
        "RFC 9110 §8.7",
        "Content-Location is no key of its own",
        &[
            get().ok(&["Cache-Control: max-age=3600", "Content-Location: {base}/b"]).miss(),
            get().to("{base}/b").miss(),
        ],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_3_5_authorised_requests() {
    check(AUTHORISED).await;
    check(AUTHORISED_FIRST).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9110_15_2_interim_responses() {
    check(INTERIM).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9110_9_methods() {
    check(METHODS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_2_keys() {
    check(KEYS).await;
}
