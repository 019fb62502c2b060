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
async fn what_names_its_version_is_immutable_and_nothing_else_is() {
    let server = start(config(film())).await;
    let manifest = get(&server, "/vod/film/time.mpd").await;
    let version = manifest.text().split(['<', '>']).find(|text| text.starts_with("v_")).unwrap();
    let (immutable, minute) = ("public, max-age=31536000, immutable", "public, max-age=60");
    for (path, expected) in [
        ("{v}v1/1.m4s", immutable),
        ("{v}v1/t0.m4s", immutable),
        ("{v}v1/init.mp4", immutable),
        ("loop_2/{v}v1.mp4", immutable),
        ("{v}s-en.vtt", immutable),
        ("v1/1.m4s", minute),
        ("v1.mp4", minute),
        ("s-en.vtt", minute),
        ("time.mpd", "public, max-age=10, must-revalidate"),
        ("{v}v9/1.m4s", "public, max-age=5"),
        ("v_0123456789abcdef/v1/1.m4s", "public, max-age=5"),
    ] {
        let path = &format!("/vod/film/{}", path.replace("{v}", version));
        let reply = get(&server, path).await;
        assert_eq!(reply.field("cache-control"), expected, "{path}");
        assert_eq!(reply.field("access-control-allow-origin"), "*", "{path}");
        assert_eq!(reply.field("timing-allow-origin"), "*", "{path}");
        assert!(!reply.field("date").is_empty(), "{path}");
    }
    let other = get(&server, "/vod/film/v_0123456789abcdef/v1/1.m4s").await;
    assert_eq!(other.status, 404);
    assert!(other.text().contains("fetch the MPD again"), "{}", other.text());
}

#[tokio::test]
async fn an_asset_that_is_replaced_leaves_no_url_with_two_contents() {
    let folder = tempfile::tempdir().unwrap();
    let mut urls = Vec::new();
    for track in ["v1", "v2"] {
        std::fs::create_dir_all(folder.path().join("clip")).unwrap();
        let file = film().join(format!("film/{track}.mp4"));
        std::fs::copy(file, folder.path().join("clip/v1.mp4")).unwrap();
        let server = start(config(folder.path().to_owned())).await;
        let manifest = get(&server, "/vod/clip/number.mpd").await;
        let found = manifest.text().split(['<', '>']).find(|text| text.starts_with("v_"));
        urls.push(format!("/vod/clip/{}v1/1.m4s", found.unwrap()));
        let statuses: Vec<_> =
            [get(&server, &urls[0]).await, get(&server, urls.last().unwrap()).await]
                .map(|reply| reply.status)
                .into();
        assert_eq!(statuses, if track == "v1" { [200, 200] } else { [404, 200] });
    }
    assert_ne!(urls[0], urls[1]);
}

/// The frames of one encode, all of one length, in another order of bits: no head changes.
#[tokio::test]
async fn other_media_under_the_same_heads_is_another_version() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip/v1.mp4");
    std::fs::create_dir(folder.path().join("clip")).unwrap();
    let mut bytes = std::fs::read(film().join("film/v1.mp4")).unwrap();
    let mut versions = Vec::new();
    for _ in 0..2 {
        std::fs::write(&path, &bytes).unwrap();
        let server = start(config(folder.path().to_owned())).await;
        let text = get(&server, "/vod/clip/list.mpd").await;
        versions.push(
            text.text().split(['<', '>']).find(|text| text.starts_with("v_")).unwrap().to_owned(),
        );
        let mdat = bytes.windows(4).position(|four| four == b"mdat").unwrap();
        bytes[mdat + 104] ^= 1;
    }
    assert_ne!(versions[0], versions[1]);
}

#[tokio::test]
async fn rfc9110_15_5_17_a_refusal_says_nothing_of_the_resource_but_its_length() {
    let server = start(config(film())).await;
    for path in ["/vod/film/v1/1.m4s", "/vod/film/list.mpd"] {
        for accept in ["identity", "br"] {
            let lines = |line: &str| format!("Accept-Encoding: {accept}\r\n{line}\r\n");
            let whole = ask(server.addr, "HEAD", path, &lines("TE: trailers")).await;
            let beyond = lines("Range: bytes=99999999-");
            let beyond = ask(server.addr, "GET", path, &beyond).await;
            let other = ask(server.addr, "GET", path, &lines("If-Match: \"other\"")).await;
            let length = format!("bytes */{}", whole.field("content-length"));
            assert_eq!((beyond.status, beyond.field("content-range")), (416, &*length), "{path}");
            assert_eq!((other.status, other.field("content-range")), (412, ""), "{path}");
            for refused in [beyond, other] {
                for name in ["etag", "last-modified", "content-encoding", "accept-ranges"] {
                    assert_eq!(refused.field(name), "", "{path} {name}");
                }
                assert_eq!(refused.field("cache-control"), "no-store", "{path}");
                assert_eq!(refused.field("content-type"), "text/plain; charset=utf-8", "{path}");
                assert_eq!(refused.field("access-control-allow-origin"), "*", "{path}");
                assert_eq!(refused.field("content-length"), refused.body.len().to_string());
            }
        }
    }
}

#[tokio::test]
async fn manifests_in_every_coding_say_when_they_last_changed() {
    let mut config = config(film());
    config.manifests = Some(film().join("../manifests"));
    let server = start(config).await;
    let manifests = get(&server, "/assets.json").await;
    let manifests: serde_json::Value = serde_json::from_slice(&manifests.body).unwrap();
    let by_hand = manifests["manifests"][0].as_str().unwrap();
    for path in ["/vod/film/list.mpd", "/vod/film/s-en.vtt", by_hand] {
        for accept in ["identity", "gzip", "br"] {
            let coding = format!("Accept-Encoding: {accept}\r\n");
            let modified = ask(server.addr, "GET", path, &coding).await;
            let modified = modified.field("last-modified");
            assert!(modified.ends_with("GMT"), "{path} {accept}");
            let lines = format!("{coding}If-Modified-Since: {modified}\r\n");
            assert_eq!(ask(server.addr, "GET", path, &lines).await.status, 304, "{path} {accept}");
        }
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
