//! Protected media against judges that are not ours, and what must never be seen of keys.

use crate::judges::{has, keep_to_the_dash_schema, root};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
};

const KEY_ID: [u8; 16] = *b"\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff";
const KEY: [u8; 16] = *b"\x9f\x0e\x5d\x0c\xfb\x0a\xe9\x08\xa7\x06\x55\x04\x83\x02\xf1\xc0";
const SECRET: &str = "a secret that nobody is to see, anywhere";

/// An origin of the film in a process of its own, whose every word is kept; dropped, it ends.
struct Origin {
    addr: String,
    child: Child,
    folder: tempfile::TempDir,
}

impl Origin {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (keys, secret) = (folder.path().join("keys"), folder.path().join("secret"));
        let pair = format!(
            r#"{{"kid":"{}","key":"{}"}}"#,
            HEXLOWER.encode(&KEY_ID),
            HEXLOWER.encode(&KEY)
        );
        fs::write(&keys, format!(r#"{{"film":{{"keys":[{pair}]}}}}"#)).expect("a file");
        fs::write(&secret, SECRET).expect("a file");
        let log = fs::File::create(folder.path().join("log")).expect("a file");
        let mut child = Command::new(env!("CARGO_BIN_EXE_dashpot"))
            .args(["origin", "--listen", "127.0.0.1:0", "--log-level", "trace", "--sessions"])
            .arg("--media")
            .arg(root().join("media"))
            .arg("--drm-keys")
            .arg(&keys)
            .arg("--drm-secret")
            .arg(&secret)
            .arg("--access-log")
            .arg(folder.path().join("access"))
            .env_remove("DASHPOT_CONFIG")
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("dashpot runs");
        let mut line = String::new();
        let out = child.stdout.as_mut().expect("its output");
        BufReader::new(out).read_line(&mut line).expect("an address");
        let addr = line.trim().trim_start_matches("http://").trim_end_matches('/').to_owned();
        Self { addr, child, folder }
    }

    /// Returns status line, fields and body of an answer.
    fn ask(&self, method: &str, path: &str, fields: &str, body: &str) -> (String, Vec<u8>) {
        let mut stream = TcpStream::connect(&self.addr).expect("a connection");
        let len = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: origin.test\r\nConnection: close\r\n\
             Content-Length: {len}\r\n{fields}\r\n{body}"
        );
        stream.write_all(head.as_bytes()).expect("a request sent");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("a response");
        let split = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        let body = bytes.split_off(split + 4);
        (String::from_utf8_lossy(&bytes).into_owned(), body)
    }

    fn get(&self, path: &str) -> Vec<u8> {
        let (head, body) = self.ask("GET", path, "", "");
        assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
        body
    }

    fn licence(&self, kid: &[u8]) -> (String, Vec<u8>) {
        let body = format!(r#"{{"kids":["{}"]}}"#, BASE64URL_NOPAD.encode(kid));
        self.ask("POST", "/drm/clearkey", "Content-Type: application/json\r\n", &body)
    }

    /// Ends it as an operator does, and returns all that it wrote of what it did.
    fn told(mut self) -> String {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status().expect("kill runs");
        assert!(sent.success());
        self.child.wait().expect("it ends");
        let read = |name: &str| {
            let bytes = fs::read(self.folder.path().join(name)).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        [read("log"), read("access")].concat()
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Returns what `FFmpeg` makes of a file with a key: a line a packet, with its hash.
fn packets(file: &Path, key: Option<&[u8; 16]>) -> Vec<String> {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-nostdin", "-v", "error", "-xerror"]);
    if let Some(key) = key {
        ffmpeg.args(["-decryption_key", &HEXLOWER.encode(key)]);
    }
    // Read as a stream: where it can seek, it takes one fragment's vectors for another's.
    let input = fs::File::open(file).expect("a file");
    let output = ffmpeg
        .args(["-i", "pipe:0", "-c", "copy", "-f", "framemd5", "-"])
        .stdin(input)
        .output()
        .expect("ffmpeg runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // Times, size and hash; what is beside the samples, such as the header's own data, is apart.
    let fields = |line: &str| line.split(',').take(6).collect::<Vec<_>>().join(",");
    text.lines().filter(|line| !line.starts_with('#')).map(fields).collect()
}

fn check_decrypts(origin: &Origin, prefix: &str, track: &str, numbers: &[u64], query: &str) {
    let file = |options: &str| {
        let below = format!("{prefix}{options}{track}");
        let mut bytes = origin.get(&format!("{below}/init.mp4"));
        for number in numbers {
            bytes.extend(origin.get(&format!("{below}/{number}.m4s{query}")));
        }
        let name = format!("{}.mp4", below.replace('/', "-"));
        let path = origin.folder.path().join(name);
        fs::write(&path, &bytes).expect("a file");
        (path, bytes)
    };
    let (clear, _) = file("");
    let clear = packets(&clear, None);
    assert!(numbers.len() * 20 < clear.len(), "{clear:?}");
    for scheme in ["cenc", "cbcs"] {
        let (path, _) = file(&format!("drm_{scheme}/"));
        assert_eq!(packets(&path, Some(&KEY)), clear, "{prefix} {scheme} {track}");
        let mut wrong = KEY;
        wrong[0] ^= 1;
        let scrambled = Command::new("ffmpeg")
            .args(["-nostdin", "-v", "error", "-decryption_key", &HEXLOWER.encode(&wrong)])
            .args(["-i", "pipe:0", "-c", "copy", "-f", "framemd5", "-"])
            .stdin(fs::File::open(&path).expect("a file"))
            .output()
            .expect("ffmpeg runs");
        let first = clear[0].rsplit(',').next().expect("a hash").trim().to_owned();
        let found = String::from_utf8_lossy(&scrambled.stdout).contains(&first);
        assert!(!found, "{scheme} {track} is in the clear");
    }
}

#[test]
fn what_is_decrypted_is_what_was_protected_sample_by_sample() {
    if !has("ffmpeg", "-version") {
        return;
    }
    let origin = Origin::start();
    for track in ["v1", "v5", "a-en"] {
        check_decrypts(&origin, "/vod/film/loop_2/", track, &[1, 2, 12, 13], "");
    }
    check_decrypts(&origin, "/vod/film/emsg_2s/", "v1", &[2, 3], "");
    let message = origin.get("/vod/film/emsg_2s/drm_cenc/v1/2.m4s");
    assert_eq!(&message[4..8], b"emsg");
    // Segment 895000001 ends at 1790000002 s.
    let (numbers, query) = ([895_000_000, 895_000_001], "?nowMS=1790000002000");
    check_decrypts(&origin, "/live/film/chunk_0.5s/", "v2", &numbers, query);
    check_decrypts(&origin, "/live/film/seg_4s/", "a-ko", &[447_500_000], query);
}

#[test]
fn protected_mpds_keep_to_the_dash_schema() {
    let origin = Origin::start();
    let paths = [
        "/vod/film/drm_cenc/number.mpd",
        "/vod/film/loop_3/drm_cbcs/time.mpd",
        "/live/film/drm_cenc/number.mpd",
        "/live/film/drm_cbcs/chunk_0.5s/timeline.mpd",
        "/live/film/drm_cenc/rotate_10s/period_10s/patch_60s/time.mpd",
        "/livesim2/eccp_cbcs/film/Manifest.mpd",
    ];
    let files = (0..).zip(paths).map(|(at, path)| {
        let file = origin.folder.path().join(format!("{at}.mpd"));
        fs::write(&file, origin.get(path)).expect("a file");
        file
    });
    keep_to_the_dash_schema(&files.collect::<Vec<_>>());
}

#[test]
fn ranges_lengths_and_tags_are_those_of_the_protected_bytes() {
    let (origin, other) = (Origin::start(), Origin::start());
    let path = "/vod/film/drm_cenc/v1/2.m4s";
    let (head, whole) = origin.ask("GET", path, "", "");
    assert_eq!(other.get(path), whole, "a replica with the same secret");
    let field = |head: &str, name: &str| {
        let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(name));
        line.and_then(|line| line.split_once(": ")).map(|(_, value)| value.to_owned())
    };
    let etag = field(&head, "etag").expect("a tag");
    assert_eq!(field(&head, "content-length"), Some(whole.len().to_string()));
    let (head, part) = origin.ask("GET", path, "Range: bytes=100-2099\r\n", "");
    assert!(head.starts_with("HTTP/1.1 206"), "{head}");
    assert_eq!((part.as_slice(), field(&head, "etag")), (&whole[100..2100], Some(etag.clone())));
    let (head, none) = origin.ask("HEAD", path, "", "");
    assert_eq!(field(&head, "content-length"), Some(whole.len().to_string()));
    assert!(none.is_empty());
    let (head, _) = origin.ask("GET", path, &format!("If-None-Match: {etag}\r\n"), "");
    assert!(head.starts_with("HTTP/1.1 304"), "{head}");
}

#[test]
fn no_key_and_no_secret_is_seen_but_in_licences() {
    let origin = Origin::start();
    let mut seen = Vec::new();
    for path in [
        "/",
        "/urlgen",
        "/assets.json",
        "/metrics",
        "/sessions",
        "/drm/clearkey",
        "/vod/film/drm_cenc/number.mpd",
        "/vod/film/drm_cbcs/v1/init.mp4",
        "/vod/film/drm_cenc/v1/1.m4s",
        "/vod/film/drm_cenc/base.mpd",
        "/vod/film/drm_cenc-cbcs/number.mpd",
        "/live/film/drm_cenc/rotate_10s/period_10s/time.mpd",
    ] {
        seen.push(origin.ask("GET", path, "", ""));
    }
    let (head, licence) = origin.licence(&KEY_ID);
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("no-store"), "{head}");
    assert!(String::from_utf8_lossy(&licence).contains(&BASE64URL_NOPAD.encode(&KEY)));
    seen.push((head, Vec::new()));
    seen.push(origin.licence(&[0; 16]));
    seen.push(origin.ask("POST", "/drm/clearkey", "", "{\"kids\":"));
    let long = format!("{{\"kids\":[\"{}\"]}}", "A".repeat(20_000));
    let (head, _) = origin.ask("POST", "/drm/clearkey", "", &long);
    assert!(head.starts_with("HTTP/1.1 413"), "{head}");
    let told = origin.told();
    assert!(told.contains("/drm/clearkey"), "requests are logged");
    seen.push((told, Vec::new()));
    let spelt = [
        HEXLOWER.encode(&KEY),
        HEXLOWER.encode(&KEY).to_uppercase(),
        BASE64.encode(&KEY),
        BASE64URL_NOPAD.encode(&KEY),
        format!("{KEY:?}"),
        SECRET.to_owned(),
    ];
    for (head, body) in &seen {
        let body = String::from_utf8_lossy(body);
        for key in &spelt {
            assert!(!head.contains(key) && !body.contains(key), "{head}");
        }
        assert!(!body.as_bytes().windows(16).any(|bytes| bytes == KEY), "{head}");
    }
}
