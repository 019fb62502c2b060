//! RFC 9111 §3.1: the fields that are stored and sent again, and those that are not; RFC 9110
//! §7.6.1.

use super::{
    case::{Case, Content, Expect, case, get},
    run::check,
};

/// Writes a case of a fresh 200 with this field, which is there again from the store.
macro_rules! kept {
    ($($name:literal: $value:literal),* $(,)?) => {
        &[$(case(
            "RFC 9111 §3.1",
            concat!($name, " is kept"),
            &[
                get()
                    .ok(&["Cache-Control: max-age=3600", concat!($name, ": ", $value)])
                    .miss()
                    .expect(&[Expect::Lines($name, &[$value])]),
                get().hit().expect(&[Expect::Lines($name, &[$value])]),
            ],
        )),*]
    };
}

const KEPT: &[Case] = kept! {
    "Content-Range": "bytes 0-9/10",
    "Test-Header": "a b",
    "X-Test-Header": "a b",
    "Accept-Ranges": "bytes",
    "Allow": "GET, HEAD",
    "Alt-Svc": "h3=\":443\"",
    "Access-Control-Allow-Origin": "*",
    "Clear-Site-Data": "\"cache\"",
    "Content-Disposition": "attachment; filename=\"a.mp4\"",
    "Content-Encoding": "foo",
    "Content-Foo": "bar",
    "Content-Language": "en, de",
    "Content-Location": "/elsewhere",
    "Content-MD5": "rL0Y20zC+Fzt72VPzMSk2A==",
    "Content-Security-Policy": "default-src 'self'",
    "Content-Type": "video/mp4; codecs=\"avc1\"",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Digest": "sha-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=",
    "ETag": "\"abc\"",
    "Expires": "Thu, 01 Jan 1970 00:00:00 GMT",
    "Last-Modified": "Sun, 06 Nov 1994 08:49:37 GMT",
    "Link": "</a>; rel=preload",
    "Location": "/elsewhere",
    "P3P": "CP=\"x\"",
    "Pragma": "foo",
    "Public-Key-Pins": "max-age=5",
    "Retry-After": "120",
    "Server": "scripted/1.0 (test)",
    "Set-Cookie": "a=b; Path=/",
    "Set-Cookie2": "a=b",
    "SourceMap": "/a.map",
    "Strict-Transport-Security": "max-age=31536000",
    "Surrogate-Control": "max-age=60",
    "Tk": "N",
    "Warning": "299 - \"x\"",
    "WWW-Authenticate": "Basic realm=\"x\"",
    "X-Content-Foo": "bar",
    "X-Content-Type-Options": "nosniff",
    "X-Empty": "",
    "X-Frame-Options": "DENY",
    "X-Powered-By": "tests",
    "X-XSS-Protection": "1",
};

/// Writes a case of a fresh 200 with this field, which goes no further than the edge.
macro_rules! dropped {
    ($($name:literal: $value:literal),* $(,)?) => {
        &[$(case(
            "RFC 9110 §7.6.1",
            concat!($name, " is dropped"),
            &[
                get()
                    .ok(&["Cache-Control: max-age=3600", concat!($name, ": ", $value)])
                    .miss()
                    .expect(&[Expect::HoldsNot($name, $value)]),
                get().hit().expect(&[Expect::HoldsNot($name, $value)]),
            ],
        )),*]
    };
}

const DROPPED: &[Case] = dropped! {
    "Connection": "foo",
    "Keep-Alive": "timeout=5",
    "Proxy-Connection": "keep-alive",
    "TE": "trailers",
    "Upgrade": "h2c",
    "Proxy-Authenticate": "Basic realm=\"x\"",
    "Proxy-Authentication-Info": "nextnonce=\"x\"",
    "Proxy-Authorization": "Basic x",
};

const SHAPES: &[Case] = &[
    case(
        "RFC 9110 §6.6.2",
        "Trailer goes where the trailers go",
        &[
            get().ok(&["Cache-Control: max-age=3600", "Trailer: X-Sum"]).miss(),
            get().hit().expect(&[Expect::HasNo("trailer")]),
        ],
    )
    .optional(),
    case(
        "RFC 9110 §7.6.1",
        "what Connection names is dropped",
        &[
            get()
                .ok(&[
                    "Cache-Control: max-age=3600",
                    "Connection: X-One, x-two",
                    "X-One: 1",
                    "X-Two: 2",
                    "X-Three: 3",
                ])
                .miss()
                .expect(&[
                    Expect::HasNo("x-one"),
                    Expect::HasNo("x-two"),
                    Expect::Has("x-three: 3"),
                ]),
            get().hit().expect(&[
                Expect::HasNo("x-one"),
                Expect::HasNo("x-two"),
                Expect::Has("x-three: 3"),
            ]),
        ],
    ),
    case(
        "RFC 9110 §7.6.1",
        "what several lines of Connection name is dropped",
        &[
            get()
                .ok(&[
                    "Cache-Control: max-age=3600",
                    "Connection: X-One",
                    "Connection: X-Two",
                    "X-One: 1",
                    "X-Two: 2",
                ])
                .miss(),
            get().hit().expect(&[Expect::HasNo("x-one"), Expect::HasNo("x-two")]),
        ],
    ),
    case(
        "RFC 9111 §5.2.2.5",
        "no-store holds although Connection names Cache-Control",
        &[get().ok(&["Cache-Control: no-store", "Connection: Cache-Control"]).miss(), get().miss()],
    ),
    case(
        "RFC 9110 §5.3",
        "lines of one field keep their order",
        &[
            get()
                .ok(&[
                    "Cache-Control: max-age=3600",
                    "Link: <c>",
                    "Link: <a>",
                    "X-Other: x",
                    "Link: <b>",
                ])
                .miss()
                .expect(&[Expect::Lines("link", &["<c>", "<a>", "<b>"])]),
            get().hit().expect(&[Expect::Lines("link", &["<c>", "<a>", "<b>"])]),
        ],
    ),
    case(
        "RFC 6265 §3",
        "lines of Set-Cookie are not joined",
        &[
            get()
                .ok(&["Cache-Control: public, max-age=60", "Set-Cookie: a=1", "Set-Cookie: b=2"])
                .miss(),
            get().hit().expect(&[Expect::Lines("set-cookie", &["a=1", "b=2"])]),
        ],
    ),
    case(
        "RFC 9110 §5.5",
        "bytes beyond ASCII",
        &[
            get().ok(&["Cache-Control: max-age=3600", "X-Title: Caf\u{e9} \u{1f3ac}"]).miss(),
            get().hit().expect(&[Expect::Has("x-title: Caf\u{e9} \u{1f3ac}")]),
        ],
    ),
    case(
        "RFC 9110 §5.5",
        "bytes beyond ASCII of what is not stored",
        &[get()
            .ok(&["Cache-Control: no-store", "X-Title: Caf\u{e9}"])
            .miss()
            .expect(&[Expect::Has("x-title: Caf\u{e9}")])],
    ),
    case(
        "RFC 9110 §5.5",
        "white space around a value is no part of it",
        &[
            get().ok(&["Cache-Control:  \tmax-age=3600\t ", "X-Padded: \t a  b \t"]).miss(),
            get().hit().expect(&[Expect::Has("x-padded: a  b")]),
        ],
    ),
    case(
        "RFC 9110 §5.1",
        "unusual names",
        &[
            get().ok(&["Cache-Control: max-age=3600", "x_under!#$%&'*+.^`|~1: a"]).miss(),
            get().hit().expect(&[Expect::Has("x_under!#$%&'*+.^`|~1: a")]),
        ],
    ),
    case(
        "RFC 9110 §5.4",
        "many lines",
        &[
            get().ok(&LINES).miss().expect(&[Expect::Has("x-last: here")]),
            get().hit().expect(&[Expect::Has("x-last: here")]),
        ],
    )
    .optional(),
    case(
        "RFC 9110 §6.5",
        "trailers are not merged into the stored head",
        &[
            get()
                .ok(&[
                    "Cache-Control: max-age=3600",
                    "Transfer-Encoding: chunked",
                    "Trailer: X-Sum",
                ])
                .content(Content::Raw("5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"))
                .miss()
                .expect(&[Expect::Body("hello")]),
            get().hit().expect(&[Expect::Body("hello"), Expect::HasNo("x-sum")]),
        ],
    ),
    case(
        "RFC 9111 §5.2.2.5",
        "a trailer cannot change the caching",
        &[
            get()
                .ok(&["Cache-Control: no-store", "Transfer-Encoding: chunked"])
                .content(Content::Raw("5\r\nhello\r\n0\r\nCache-Control: max-age=60\r\n\r\n"))
                .miss(),
            get().miss(),
        ],
    ),
];

const LINES: [&str; 62] = {
    let mut lines = ["X-Line: some value that is neither long nor short"; 62];
    lines[0] = "Cache-Control: max-age=3600";
    lines[61] = "X-Last: here";
    lines
};

#[tokio::test(flavor = "multi_thread")]
async fn rfc9111_3_1_fields_that_are_kept() {
    check(KEPT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9110_7_6_1_fields_of_one_connection() {
    check(DROPPED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9110_5_shapes_of_fields() {
    check(SHAPES).await;
}
