//! A client of its own, so that no library hides what is on the wire; and HTTP's rules.

use super::{Running, config, film, start};
use std::{collections::BTreeMap, net::SocketAddr};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) fields: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(super) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

/// Sends one request with further field lines, each ended by CRLF, and reads to the end.
pub(super) async fn ask(addr: SocketAddr, method: &str, path: &str, lines: &str) -> Reply {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: origin.test\r\n{lines}Connection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let split = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let (head, body) = (std::str::from_utf8(&bytes[..split]).unwrap(), &bytes[split + 4..]);
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap()[9..12].parse().unwrap();
    let fields = lines.map(|line| line.split_once(": ").unwrap());
    let fields = fields.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    Reply { status, fields: fields.collect(), body: body.to_vec() }
}

pub(super) async fn get(server: &Running, path: &str) -> Reply {
    ask(server.addr, "GET", path, "").await
}

#[tokio::test]
async fn statuses_follow_the_path_the_method_and_the_conditions() {
    let server = start(config(film())).await;
    let segment = "/vod/film/v1/1.m4s";
    let etag = get(&server, segment).await.field("etag").to_owned();
    let modified = get(&server, segment).await.field("last-modified").to_owned();
    assert!(etag.starts_with('"'), "{etag}");
    for (method, path, lines, status) in [
        ("GET", segment, String::new(), 200),
        ("GET", segment, format!("If-None-Match: {etag}\r\n"), 304),
        ("HEAD", segment, format!("If-None-Match: W/{etag}\r\n"), 304),
        ("GET", segment, "If-None-Match: \"other\"\r\n".to_owned(), 200),
        ("GET", segment, format!("If-Modified-Since: {modified}\r\n"), 304),
        ("GET", segment, "If-Match: \"other\"\r\n".to_owned(), 412),
        ("GET", segment, "Range: bytes=0-9\r\n".to_owned(), 206),
        ("GET", segment, format!("Range: bytes=0-9\r\nIf-Range: {etag}\r\n"), 206),
        ("GET", segment, "Range: bytes=0-9\r\nIf-Range: \"other\"\r\n".to_owned(), 200),
        ("HEAD", segment, "Range: bytes=0-9\r\n".to_owned(), 200),
        ("GET", segment, "Range: bytes=99999999-\r\n".to_owned(), 416),
        ("GET", segment, "Range: lines=1-2\r\n".to_owned(), 200),
        ("POST", segment, String::new(), 405),
        ("DELETE", "/", String::new(), 405),
        ("OPTIONS", segment, String::new(), 204),
        ("GET", "/vod/film/v1/13.m4s", String::new(), 404),
        ("GET", "/vod/film/loop_2/v1/13.m4s", String::new(), 200),
        ("GET", "/vod/nofilm/number.mpd", String::new(), 404),
        ("GET", "/vod/film/loops_2/number.mpd", String::new(), 400),
        ("GET", "/vod/film/seg_3s/number.mpd", String::new(), 400),
        ("GET", "/vod/../Cargo.toml", String::new(), 404),
        ("GET", "/vod/film/%2e%2e/%2e%2e/Cargo.toml", String::new(), 404),
        ("GET", "/vod/film/asset.json", String::new(), 404),
        ("GET", "/manifests/none.mpd", String::new(), 404),
        ("GET", "/nothing", String::new(), 404),
        ("GET", "/health", String::new(), 200),
        ("GET", "/metrics", String::new(), 200),
        ("GET", "/vod/film/number.mpd?CMCD=bl%3D2000", String::new(), 200),
    ] {
        let reply = ask(server.addr, method, path, &lines).await;
        assert_eq!(reply.status, status, "{method} {path} {lines}");
        if status == 405 {
            assert_eq!(reply.field("allow"), "GET, HEAD, OPTIONS");
        }
        if status == 304 || method == "HEAD" {
            assert_eq!(reply.body, b"", "{method} {path} {lines}");
        }
    }
    let wrong = get(&server, "/vod/film/loops_2/number.mpd").await;
    assert!(wrong.text().contains("did you mean `loop_2`?"), "{}", wrong.text());
}

#[tokio::test]
async fn rfc9110_9_3_2_head_has_the_fields_of_get() {
    let server = start(config(film())).await;
    for path in
        ["/", "/assets.json", "/vod/film/list.mpd", "/vod/film/v1.mp4", "/vod/film/s-en.vtt"]
    {
        for lines in ["", "Accept-Encoding: gzip\r\n", "Accept-Encoding: br\r\n"] {
            let (mut got, mut head) = (
                ask(server.addr, "GET", path, lines).await,
                ask(server.addr, "HEAD", path, lines).await,
            );
            got.fields.remove("date");
            head.fields.remove("date");
            assert_eq!(head.fields, got.fields, "{path} {lines}");
            assert_eq!(got.field("content-length"), got.body.len().to_string(), "{path} {lines}");
            assert_eq!(head.body, b"");
        }
    }
}

#[tokio::test]
async fn media_is_immutable_and_manifests_are_not() {
    let server = start(config(film())).await;
    for (path, expected) in [
        ("/vod/film/v1/1.m4s", "public, max-age=31536000, immutable"),
        ("/vod/film/v1/t0.m4s", "public, max-age=31536000, immutable"),
        ("/vod/film/v1/init.mp4", "public, max-age=31536000, immutable"),
        ("/vod/film/v1.mp4", "public, max-age=31536000, immutable"),
        ("/vod/film/time.mpd", "public, max-age=10, must-revalidate"),
        ("/vod/film/s-en.vtt", "public, max-age=10, must-revalidate"),
        ("/vod/film/v9/1.m4s", "public, max-age=5"),
    ] {
        let reply = get(&server, path).await;
        assert_eq!(reply.field("cache-control"), expected, "{path}");
        assert_eq!(reply.field("access-control-allow-origin"), "*", "{path}");
        assert_eq!(reply.field("timing-allow-origin"), "*", "{path}");
        assert!(!reply.field("date").is_empty(), "{path}");
    }
}

#[tokio::test]
async fn text_is_compressed_on_request_with_an_entity_tag_of_its_own() {
    let server = start(config(film())).await;
    let (path, mut seen) = ("/vod/film/list.mpd", Vec::new());
    let plain = get(&server, path).await;
    for (accept, coding) in [("identity", ""), ("gzip", "gzip"), ("br", "br"), ("gzip, br", "br")] {
        let reply = ask(server.addr, "GET", path, &format!("Accept-Encoding: {accept}\r\n")).await;
        assert_eq!(reply.field("content-encoding"), coding);
        assert_eq!(reply.field("vary"), "Accept-Encoding");
        assert_eq!(reply.body.len() < plain.body.len() / 2, !coding.is_empty(), "{accept}");
        seen.push(reply.field("etag").to_owned());
    }
    assert_eq!(seen[0], plain.field("etag"));
    assert_eq!(seen[2], seen[3]);
    seen.dedup();
    assert_eq!(seen.len(), 3, "{seen:?}");
    let media = ask(server.addr, "GET", "/vod/film/v1/1.m4s", "Accept-Encoding: gzip\r\n").await;
    assert_eq!((media.field("content-encoding"), media.field("vary")), ("", ""));
}

#[tokio::test]
async fn a_preflight_lets_players_send_ranges_and_cmcd() {
    let server = start(config(film())).await;
    let lines = "Origin: http://page.test\r\nAccess-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: range, cmcd-object\r\n";
    let reply = ask(server.addr, "OPTIONS", "/vod/film/v1/1.m4s", lines).await;
    assert_eq!(reply.status, 204);
    assert_eq!(reply.field("access-control-allow-headers"), "range, cmcd-object");
    assert!(reply.field("access-control-allow-methods").contains("GET"));
    assert!(0 < reply.field("access-control-max-age").parse::<u32>().unwrap());
}
