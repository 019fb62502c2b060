//! The whole chain on the test film, asked by curl.

use super::{Edge, any_port, bounded, http_url};
use dashpot_edge::Config;
use dashpot_serve::Shutdown;
use std::{net::SocketAddr, path::Path, process::Output};
use tokio::{process::Command, task::JoinHandle};

/// An origin of the film, and an edge in front of it.
pub(super) struct Chain {
    origin: JoinHandle<()>,
    pub(super) origin_addr: SocketAddr,
    origin_shutdown: Shutdown,
    pub(super) edge: Edge,
}

impl Chain {
    pub(super) async fn start() -> Self {
        let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../media");
        let config = dashpot_origin::Config::new(media, any_port());
        let server = dashpot_origin::bind(config).await.expect("the origin binds");
        let (origin_addr, origin_shutdown) = (server.addr(), Shutdown::new());
        let url = http_url(origin_addr);
        let run = server.run(origin_shutdown.clone());
        let origin = tokio::spawn(async move { run.await.expect("the origin runs") });
        let edge = Edge::start(Config::new(url, any_port())).await;
        Self { origin, origin_addr, origin_shutdown, edge }
    }

    pub(super) async fn stop(self) {
        self.edge.stop().await;
        self.origin_shutdown.begin();
        self.origin.await.expect("the origin ends without a panic");
    }

    /// Runs curl on a path below the edge; its response head comes before the body.
    async fn curl(&self, arguments: &[&str], path: &str) -> Answer {
        let output = Command::new("curl")
            .args(["--silent", "--show-error", "--include", "--noproxy", "*"])
            .args(arguments)
            .arg(format!("http://{}{path}", self.edge.addr))
            .output()
            .await
            .expect("curl runs");
        Answer::of(&output)
    }
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn of(output: &Output) -> Self {
        // curl exits with an error where a transfer breaks off.
        assert!(output.status.success(), "curl: {}", String::from_utf8_lossy(&output.stderr));
        let end =
            output.stdout.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
        let (head, body) = output.stdout.split_at(end);
        let head = String::from_utf8_lossy(head).into_owned();
        let status = head.split(' ').nth(1).expect("a status").parse().expect("a number");
        Self { status, head, body: body.to_vec() }
    }

    fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields.find_map(|(field, value)| field.eq_ignore_ascii_case(name).then_some(value))
    }
}

const SEGMENT: &str = "/vod/film/v1/1.m4s";

#[tokio::test(flavor = "multi_thread")]
async fn curl_gets_ranges_as_rfc_9110_has_them() {
    bounded(async {
        let chain = Chain::start().await;
        let whole = chain.curl(&[], SEGMENT).await;
        let length = whole.field("content-length").expect("a length").to_owned();
        let body = whole.body;
        assert_eq!((whole.status, body.len().to_string()), (200, length.clone()));
        let first = chain.curl(&["-r", "0-99"], SEGMENT).await;
        assert_eq!((first.status, first.body == body[..100]), (206, true));
        assert_eq!(first.field("content-range"), Some(&*format!("bytes 0-99/{length}")));
        let last = chain.curl(&["-r", "-100"], SEGMENT).await;
        assert_eq!((last.status, last.body == body[body.len() - 100..]), (206, true));
        let beyond = chain.curl(&["-r", "99999999-"], SEGMENT).await;
        assert_eq!(beyond.status, 416);
        assert_eq!(beyond.field("content-range"), Some(&*format!("bytes */{length}")));
        let junk = chain.curl(&["-H", "Range: bytes=5-1"], SEGMENT).await;
        assert_eq!((junk.status, junk.body == body), (200, true));
        let two = chain.curl(&["-r", "0-9,100-109"], SEGMENT).await;
        assert_eq!(two.status, 206);
        let kind = two.field("content-type").expect("a type");
        let boundary = kind.strip_prefix("multipart/byteranges; boundary=").expect(kind);
        check_parts(&two.body, boundary, &[&body[..10], &body[100..110]]);
        chain.stop().await;
    })
    .await;
}

/// RFC 9110 §14.6: each part is one of the ranges.
fn check_parts(multipart: &[u8], boundary: &str, expected: &[&[u8]]) {
    let needle = format!("--{boundary}");
    let starts: Vec<_> =
        (0..multipart.len()).filter(|&at| multipart[at..].starts_with(needle.as_bytes())).collect();
    let parts: Vec<_> = starts
        .windows(2)
        .map(|pair| {
            let part = &multipart[pair[0]..pair[1]];
            let head = part.windows(4).position(|four| four == b"\r\n\r\n").expect("a part's head");
            part[head + 4..].strip_suffix(b"\r\n").expect("an end of line")
        })
        .collect();
    assert_eq!(parts, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_gets_conditions_and_heads_without_bodies() {
    bounded(async {
        let chain = Chain::start().await;
        let whole = chain.curl(&[], SEGMENT).await;
        let etag = whole.field("etag").expect("an entity tag").to_owned();
        for _ in 0..2 {
            let field = format!("If-None-Match: \"other\", {etag}");
            let same = chain.curl(&["-H", &field], SEGMENT).await;
            assert_eq!((same.status, same.body.len()), (304, 0));
            assert_eq!(same.field("etag"), Some(&*etag));
        }
        let other = chain.curl(&["-H", "If-None-Match: \"other\""], SEGMENT).await;
        assert_eq!((other.status, other.body == whole.body), (200, true));
        let range = format!("If-Range: {etag}");
        let part = chain.curl(&["-r", "0-9", "-H", &range], SEGMENT).await;
        assert_eq!(part.status, 206);
        let stale = chain.curl(&["-r", "0-9", "-H", "If-Range: \"other\""], SEGMENT).await;
        assert_eq!((stale.status, stale.body == whole.body), (200, true));
        for path in [SEGMENT, "/vod/film/v2/1.m4s", "/vod/film/number.mpd"] {
            let head = chain.curl(&["--head"], path).await;
            assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
            let get = chain.curl(&[], path).await;
            assert_eq!(head.field("content-length"), get.field("content-length"), "{path}");
            assert_eq!(head.field("content-type"), get.field("content-type"), "{path}");
        }
        chain.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_gets_the_manifest_in_the_coding_it_asks_for() {
    bounded(async {
        let chain = Chain::start().await;
        let path = "/vod/film/number.mpd";
        let plain = chain.curl(&[], path).await;
        assert_eq!((plain.status, plain.field("content-encoding")), (200, None));
        for _ in 0..2 {
            let packed = chain.curl(&["--compressed"], path).await;
            assert!(packed.field("content-encoding").is_some(), "{}", packed.head);
            // curl has unpacked it: both variants hold the same manifest.
            assert!(packed.body == plain.body);
            let vary = packed.field("vary").unwrap_or_default();
            assert!(vary.to_ascii_lowercase().contains("accept-encoding"), "{}", packed.head);
        }
        let again = chain.curl(&[], path).await;
        assert!(again.body == plain.body && again.field("content-encoding").is_none());
        chain.stop().await;
    })
    .await;
}
