//! Encoders contribute channels, and players read them while they arrive.

use super::{
    Running, config, film,
    http::{Reply, ask, get},
    start,
};
use crate::{Config, ContributionConfig, StartError};
use bytes::Bytes;
use dashpot_packager::channel::{Piece, Pieces};
use std::{net::SocketAddr, process::Command};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

async fn open() -> Running {
    let contribution = ContributionConfig { is_free: true, ..ContributionConfig::default() };
    start(Config { contribution, ..config(film()) }).await
}

/// A track of the film as an encoder has it: the initialization segment, and fragments of 2 s.
pub(super) fn track(name: &str) -> (Bytes, Vec<Bytes>) {
    let mut pieces = Pieces::default();
    pieces.feed(&std::fs::read(film().join("film").join(name)).unwrap());
    let Some(Piece::Init(init)) = pieces.next_piece().unwrap() else { panic!("no moov") };
    let mut fragments = Vec::new();
    while let Some(Piece::Fragment { bytes, .. }) = pieces.next_piece().unwrap() {
        fragments.push(bytes);
    }
    (init, fragments)
}

/// A body that is sent chunk by chunk.
struct Sending(TcpStream);

impl Sending {
    async fn begin(server: &Running, path: &str, lines: &str) -> Self {
        let mut stream = TcpStream::connect(server.addr).await.unwrap();
        let head = format!(
            "PUT {path} HTTP/1.1\r\nHost: o\r\n{lines}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        Self(stream)
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(format!("{:x}\r\n", bytes.len()).as_bytes()).await.unwrap();
        self.0.write_all(bytes).await.unwrap();
        self.0.write_all(b"\r\n").await.unwrap();
    }

    /// Ends the body, and returns the status and the head of the answer.
    async fn end(mut self) -> (u16, String) {
        // The answer may have come before, and the connection with it.
        self.0.write_all(b"0\r\n\r\n").await.ok();
        let mut bytes = Vec::new();
        self.0.read_to_end(&mut bytes).await.ok();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        (text.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(0), text)
    }
}

pub(super) async fn put(server: &Running, path: &str, body: &[u8]) -> u16 {
    let mut sending = Sending::begin(server, path, "").await;
    sending.send(body).await;
    sending.end().await.0
}

/// Returns the folder of the run, as the MPD says it.
pub(super) fn run(mpd: &Reply) -> String {
    let (_, rest) = mpd.text().split_once("<BaseURL>").unwrap_or_else(|| panic!("{}", mpd.text()));
    rest.split_once('<').unwrap().0.to_owned()
}

#[tokio::test]
async fn a_page_in_a_browser_contributes_nothing_without_a_token() {
    let server = open().await;
    let (init, _) = track("v1.mp4");
    let mut sending =
        Sending::begin(&server, "/ingest/cam/v1.mp4", "Origin: http://elsewhere.test\r\n").await;
    sending.send(&init).await;
    let (status, head) = sending.end().await;
    assert_eq!(status, 403, "{head}");
    assert!(head.contains("--ingest-token"), "{head}");
}

#[tokio::test]
async fn what_is_put_is_published() {
    let server = open().await;
    let (video, fragments) = track("v1.mp4");
    let (audio, sound) = track("a-en.mp4");
    assert_eq!(put(&server, "/ingest/cam/init-v.m4s", &video).await, 200);
    assert_eq!(put(&server, "/ingest/cam/init-a.m4s", &audio).await, 200);
    assert_eq!(get(&server, "/channel/cam/manifest.mpd").await.status, 404);
    for index in 0..3 {
        let path = |track: &str| format!("/ingest/cam/chunk-{track}-{index:05}.m4s");
        assert_eq!(put(&server, &path("v"), &fragments[index]).await, 200);
        assert_eq!(put(&server, &path("a"), &sound[index]).await, 200);
    }
    let mpd = get(&server, "/channel/cam/manifest.mpd").await;
    assert_eq!((mpd.status, mpd.field("content-type")), (200, "application/dash+xml"));
    assert_eq!(mpd.field("cache-control"), "public, max-age=1, must-revalidate");
    assert!(mpd.text().contains("type=\"dynamic\""), "{}", mpd.text());
    let run = run(&mpd);
    let init = get(&server, &format!("/channel/cam/{run}v/init.mp4")).await;
    assert_eq!((init.status, init.body), (200, video.to_vec()));
    for name in ["1.m4s", "t25600.m4s"] {
        let segment = get(&server, &format!("/channel/cam/{run}v/{name}")).await;
        assert_eq!((segment.status, segment.field("content-type")), (200, "video/mp4"), "{name}");
        assert_eq!(segment.body, fragments[1], "{name}");
        assert_eq!(segment.field("cache-control"), "public, max-age=60");
    }
    let one = get(&server, &format!("/channel/cam/{run}a/1.m4s")).await;
    assert_eq!(one.body, sound[1]);
    for (path, status) in [
        ("v/9.m4s", 425),
        ("v/x.m4s", 404),
        ("v/t1.m4s", 404),
        ("x/1.m4s", 404),
        ("v/1.m4s/x", 404),
    ] {
        let path = format!("/channel/cam/{run}{path}");
        assert_eq!(get(&server, &path).await.status, status, "{path}");
    }
    assert_eq!(get(&server, "/channel/cam/g1/v/1.m4s").await.status, 404);
    assert_eq!(get(&server, "/channel/none/manifest.mpd").await.status, 404);
    let head = ask(server.addr, "HEAD", "/channel/cam/time.mpd", "").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    // The encoder says that it has ended, and then that nothing of it is to stay.
    let ended = b"<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\"><Period/></MPD>";
    assert_eq!(put(&server, "/ingest/cam/manifest.mpd", ended).await, 200);
    let mpd = get(&server, "/channel/cam/manifest.mpd").await;
    assert!(mpd.text().contains("type=\"static\""), "{}", mpd.text());
    let segment = ask(server.addr, "DELETE", "/ingest/cam/chunk-v-00000.m4s", "").await;
    assert_eq!(segment.status, 200);
    assert_eq!(get(&server, "/channel/cam/manifest.mpd").await.status, 200);
    assert_eq!(ask(server.addr, "DELETE", "/ingest/cam/manifest.mpd", "").await.status, 200);
    assert_eq!(get(&server, "/channel/cam/manifest.mpd").await.status, 404);
}

/// Reads a response until all of `wanted` has arrived in its body, as HTTP chunks.
async fn reads(stream: &mut TcpStream, wanted: &[u8]) {
    let mut bytes = Vec::new();
    loop {
        let mut part = [0; 4_096];
        let read = stream.read(&mut part).await.unwrap();
        assert!(0 < read, "{}", String::from_utf8_lossy(&bytes));
        bytes.extend_from_slice(&part[..read]);
        // Media of a real film is nothing that framing could hold by chance.
        let tail = &wanted[wanted.len() - 64..];
        if bytes.windows(64).any(|window| window == tail) {
            return;
        }
    }
}

#[tokio::test]
async fn a_segment_is_read_while_it_arrives_and_cut_where_it_breaks_off() {
    let server = open().await;
    let (init, fragments) = track("v1.mp4");
    assert_eq!(put(&server, "/ingest/cam/init-v.m4s", &init).await, 200);
    assert_eq!(put(&server, "/ingest/cam/chunk-v-1.m4s", &fragments[0]).await, 200);
    let run = run(&get(&server, "/channel/cam/number.mpd").await);
    let mut sending = Sending::begin(&server, "/ingest/cam/chunk-v-2.m4s", "").await;
    let mut reader = TcpStream::connect(server.addr).await.unwrap();
    let head =
        format!("GET /channel/cam/{run}v/1.m4s HTTP/1.1\r\nHost: o\r\nConnection: close\r\n\r\n");
    // Asked for before it is there, answered with it.
    reader.write_all(head.as_bytes()).await.unwrap();
    sending.send(&fragments[1]).await;
    reads(&mut reader, &fragments[1]).await;
    // While one arrives, nobody else contributes it.
    assert_eq!(put(&server, "/ingest/cam/chunk-v-2.m4s", &fragments[1]).await, 409);
    assert_eq!(put(&server, "/ingest/cam/init-v.m4s", &init).await, 409);
    sending.send(&fragments[2]).await;
    reads(&mut reader, &fragments[2]).await;
    drop(sending);
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest).await.ok();
    assert!(!rest.ends_with(b"0\r\n\r\n"), "what broke off is not ended as if it were whole");
    let gone = get(&server, &format!("/channel/cam/{run}v/t25600.m4s")).await;
    assert_ne!(gone.status, 200, "nor is it kept");
    // It comes again as a whole.
    assert_eq!(put(&server, "/ingest/cam/chunk-v-2.m4s", &fragments[1]).await, 200);
    let whole = get(&server, &format!("/channel/cam/{run}v/1.m4s")).await;
    assert_eq!(whole.body, fragments[1]);
    assert_eq!(put(&server, "/ingest/cam/chunk-v-2.m4s", &fragments[1]).await, 200, "a duplicate");
    assert_eq!(put(&server, "/ingest/cam/chunk-v-1.m4s", &fragments[0]).await, 409, "a step back");
}

#[tokio::test]
async fn an_endless_track_is_divided() {
    let server = open().await;
    let (init, fragments) = track("v2.mp4");
    let mut sending = Sending::begin(&server, "/ingest/cam/Streams(v.cmfv)", "").await;
    sending.send(&init).await;
    for fragment in &fragments[..3] {
        sending.send(fragment).await;
    }
    assert_eq!(sending.end().await.0, 200);
    let mpd = get(&server, "/channel/cam/time.mpd").await;
    assert!(mpd.text().contains("<S t=\"0\" d=\"25600\" r=\"2\"/>"), "{}", mpd.text());
}

#[tokio::test]
async fn what_is_hostile_is_refused_and_leaves_nothing() {
    let server = open().await;
    let (init, fragments) = track("v1.mp4");
    let boxed = |size: u32, kind: &[u8]| [&size.to_be_bytes(), kind].concat();
    for (path, body, status) in [
        ("/ingest/cam/chunk-v-1.m4s", fragments[0].to_vec(), 412),
        ("/ingest/cam/init-v.m4s", b"not at all boxes".to_vec(), 400),
        ("/ingest/cam/init-v.m4s", init[..init.len() - 1].to_vec(), 400),
        ("/ingest/cam/init-v.m4s", boxed(u32::MAX, b"moov"), 400),
        ("/ingest/cam/v.cmfv", [boxed(8, b"moof"), boxed(u32::MAX, b"mdat")].concat(), 400),
        ("/ingest/cam/v.cmfv", boxed(0, b"moof"), 400),
        ("/ingest/cam/manifest.mpd", b"<MPD".to_vec(), 400),
        ("/ingest/.cam/init-v.m4s", init.to_vec(), 409),
        ("/ingest/cam/.m4s/x/..", init.to_vec(), 400),
    ] {
        assert_eq!(put(&server, path, &body).await, status, "{path}");
    }
    assert_eq!(ask(server.addr, "GET", "/ingest/cam/x.mp4", "").await.status, 405);
    assert_eq!(get(&server, "/channel/cam/manifest.mpd").await.status, 404);
}

#[tokio::test]
async fn encoders_are_let_in_by_their_token() {
    let contribution =
        ContributionConfig { token: Some("s3cret".to_owned()), ..ContributionConfig::default() };
    let server = start(Config { contribution, ..config(film()) }).await;
    let (init, _) = track("v1.mp4");
    for (path, lines, status) in [
        ("/ingest/cam/init-v.m4s", "", 401),
        ("/ingest/cam/init-v.m4s", "Authorization: Bearer s3cre\r\n", 401),
        ("/ingest/cam/init-v.m4s", "Authorization: Bearer s3crex\r\n", 401),
        ("/ingest/cam/init-v.m4s", "Authorization: Bearer s3cret\r\n", 200),
        ("/ingest/key_other/cam/init-v.m4s", "", 401),
        ("/ingest/key_s3cret/cam/init-v.m4s", "", 200),
    ] {
        let mut sending = Sending::begin(&server, path, lines).await;
        sending.send(&init).await;
        assert_eq!(sending.end().await.0, status, "{path} {lines}");
    }
    // An empty token lets nobody in.
    let contribution =
        ContributionConfig { token: Some(String::new()), ..ContributionConfig::default() };
    let empty = start(Config { contribution, ..config(film()) }).await;
    assert_eq!(put(&empty, "/ingest/key_/cam/init-v.m4s", &init).await, 405);
    let closed = start(config(film())).await;
    assert_eq!(put(&closed, "/ingest/cam/init-v.m4s", &init).await, 405);
    let everywhere = SocketAddr::from(([0, 0, 0, 0], 0));
    let contribution = ContributionConfig { is_free: true, ..ContributionConfig::default() };
    let refused = crate::bind(Config { listen: everywhere, contribution, ..config(film()) }).await;
    assert!(matches!(refused.unwrap_err(), StartError::Ingest { .. }));
}

/// Says whether the pictures of an MPD go on up to a time in ticks, and its sound for about as long.
fn ticks(mpd: &Reply, end: u64) -> bool {
    let (mpd, _) = dashpot_mpd::parse(mpd.text()).unwrap();
    let ends = mpd.periods[0].adaptation_sets.iter().map(|set| {
        let template = set.segment_template.as_ref().unwrap();
        let scale = u64::from(template.timescale.unwrap());
        let runs = &template.segment_timeline.as_ref().unwrap().s;
        let all: u64 = runs.iter().map(|run| run.d * (run.r.unsigned_abs() + 1)).sum();
        all * 12_800 / scale
    });
    let ends: Vec<_> = ends.collect();
    ends.len() == 2 && ends[0] == end && end <= ends[1] + 640
}

/// Says whether a program is there.
fn has(program: &str) -> bool {
    let there =
        Command::new(program).arg("-version").output().is_ok_and(|out| out.status.success());
    if !there {
        println!("skipped: `{program}` is not installed");
    }
    there
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ffmpeg_contributes_a_channel_that_ffmpeg_reads() {
    if !has("ffmpeg") || !has("ffprobe") {
        return;
    }
    let server = open().await;
    let url = format!("http://{}/ingest/cam/manifest.mpd", server.addr);
    let encoder = |url: &str| {
        Command::new("ffmpeg")
            .args(["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25"])
            .args(["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-t", "5"])
            .args(["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-sc_threshold", "0"])
            .args(["-c:a", "aac", "-f", "dash", "-ldash", "1", "-streaming", "1"])
            .args(["-use_template", "1", "-use_timeline", "0", "-seg_duration", "1"])
            .args(["-frag_duration", "0.2", "-frag_type", "duration", "-method", "PUT", url])
            .output()
    };
    let encoder = move || encoder(&url);
    let ended = tokio::task::spawn_blocking(encoder).await.unwrap().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    // It waits for no answer, so that the server may have more to read when it has ended.
    let ended = async {
        loop {
            let mpd = get(&server, "/channel/cam/manifest.mpd").await;
            if mpd.status == 200 && mpd.text().contains("type=\"static\"") && ticks(&mpd, 64_000) {
                return mpd;
            }
        }
    };
    let bound = std::time::Duration::from_secs(60);
    let mpd = tokio::time::timeout(bound, ended).await.expect("all of it arrives");
    let run = run(&mpd);
    let (parsed, _) = dashpot_mpd::parse(mpd.text()).unwrap();
    for (set, frames) in parsed.periods[0].adaptation_sets.iter().zip([125, 235]) {
        let id = set.representations[0].id.as_ref().unwrap();
        let mut bytes = get(&server, &format!("/channel/cam/{run}{id}/init.mp4")).await.body;
        let timeline = set.segment_template.as_ref().unwrap().segment_timeline.as_ref().unwrap();
        let mut time = 0;
        for run_of in &timeline.s {
            time = run_of.t.unwrap_or(time);
            for _ in 0..=run_of.r {
                let path = format!("/channel/cam/{run}{id}/t{time}.m4s");
                let segment = get(&server, &path).await;
                assert_eq!(segment.status, 200, "{path}");
                bytes.extend(segment.body);
                time += run_of.d;
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("joined.mp4");
        std::fs::write(&file, bytes).unwrap();
        let probe = Command::new("ffprobe")
            .args(["-v", "error", "-count_packets", "-show_entries", "stream=nb_read_packets"])
            .args(["-of", "csv=p=0"])
            .arg(&file)
            .output()
            .unwrap();
        assert!(probe.stderr.is_empty(), "{}", String::from_utf8_lossy(&probe.stderr));
        let read: u32 = String::from_utf8_lossy(&probe.stdout).trim().parse().unwrap();
        // Sound has a frame or two before time zero.
        assert!((frames..frames + 4).contains(&read), "{id}: {read}");
    }
}
