//! Contributed channels are answered as all else is: validators, ranges, faults, CMSD.

use super::{
    Running, config,
    contribution::{put, run, track},
    film,
    http::{Reply, ask, get},
    start,
};
use crate::{Config, ContributionConfig, DataConfig, DrmConfig, bind};
use bytes::Bytes;
use dashpot_serve::Shutdown;

/// A server with a channel of two segments of pictures, and these.
async fn channel() -> (Running, String, Bytes, Vec<Bytes>) {
    let contribution = ContributionConfig { is_free: true, ..ContributionConfig::default() };
    let data = DataConfig { cmsd: true, ..DataConfig::default() };
    let server = start(Config { contribution, data, ..config(film()) }).await;
    let (init, fragments) = track("v1.mp4");
    assert_eq!(put(&server, "/ingest/cam/init-v.m4s", &init).await, 200);
    for (index, fragment) in fragments.iter().enumerate().take(2) {
        let path = format!("/ingest/cam/chunk-v-{index}.m4s");
        assert_eq!(put(&server, &path, fragment).await, 200);
    }
    let run = run(&get(&server, "/channel/cam/number.mpd").await);
    (server, run, init, fragments)
}

async fn with(server: &Running, path: &str, lines: &str) -> Reply {
    ask(server.addr, "GET", path, lines).await
}

#[tokio::test]
async fn segments_of_a_channel_have_validators_and_ranges() {
    let (server, run, init, fragments) = channel().await;
    let mut tags = Vec::new();
    for (name, body) in
        [("v/init.mp4", &init), ("v/0.m4s", &fragments[0]), ("v/1.m4s", &fragments[1])]
    {
        let path = format!("/channel/cam/{run}{name}");
        let whole = get(&server, &path).await;
        assert_eq!((whole.status, &whole.body), (200, &body.to_vec()), "{name}");
        assert_eq!(whole.field("accept-ranges"), "bytes", "{name}");
        assert_eq!(whole.field("content-length"), body.len().to_string(), "{name}");
        let tag = whole.field("etag").to_owned();
        assert!(tag.starts_with('"') && !tags.contains(&tag), "{name}: {tag}");
        let part = with(&server, &path, &format!("Range: bytes=8-99\r\nIf-Range: {tag}\r\n")).await;
        assert_eq!((part.status, &part.body[..]), (206, &body[8..100]), "{name}");
        assert_eq!(part.field("content-range"), format!("bytes 8-99/{}", body.len()), "{name}");
        let other = with(&server, &path, "Range: bytes=8-99\r\nIf-Range: \"x\"\r\n").await;
        assert_eq!(other.status, 200, "{name}");
        let beyond = with(&server, &path, "Range: bytes=99999999-\r\n").await;
        assert_eq!(beyond.status, 416, "{name}");
        let known = with(&server, &path, &format!("If-None-Match: {tag}\r\n")).await;
        assert_eq!((known.status, known.body.len()), (304, 0), "{name}");
        let head = ask(server.addr, "HEAD", &path, "").await;
        assert_eq!((head.status, head.field("etag"), head.body.len()), (200, tag.as_str(), 0));
        tags.push(tag);
    }
    let mpd = get(&server, "/channel/cam/number.mpd").await;
    let known = format!("If-None-Match: {}\r\n", mpd.field("etag"));
    assert_eq!(with(&server, "/channel/cam/number.mpd", &known).await.status, 304);
}

#[tokio::test]
async fn what_comes_again_after_it_broke_off_has_another_tag() {
    let (server, run, init, fragments) = channel().await;
    let path = format!("/channel/cam/{run}v/1.m4s");
    let first = get(&server, &path).await.field("etag").to_owned();
    // The same segment of another run.
    let ended = b"<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\"><Period/></MPD>";
    assert_eq!(put(&server, "/ingest/cam/manifest.mpd", ended).await, 200);
    assert_eq!(put(&server, "/ingest/cam/init-v.m4s", &init).await, 200);
    for (index, fragment) in fragments.iter().enumerate().take(2) {
        let path = format!("/ingest/cam/chunk-v-{index}.m4s");
        assert_eq!(put(&server, &path, fragment).await, 200);
    }
    assert_eq!(get(&server, &path).await.status, 404);
    let run = super::contribution::run(&get(&server, "/channel/cam/number.mpd").await);
    let again = get(&server, &format!("/channel/cam/{run}v/1.m4s")).await;
    assert_eq!(again.body, fragments[1]);
    assert_ne!(again.field("etag"), first);
}

#[tokio::test]
async fn channels_meet_faults_and_tell_what_they_send() {
    let (server, run, _, fragments) = channel().await;
    let faulty = "/channel/cam/fault_status_503,on_segment";
    assert_eq!(get(&server, &format!("{faulty}/number.mpd")).await.status, 200);
    let refused = get(&server, &format!("{faulty}/{run}v/1.m4s")).await;
    assert_eq!(refused.status, 503);
    assert!(refused.field("dashpot-fault").contains("status"), "{:?}", refused.fields);
    assert_eq!(get(&server, &format!("{faulty}/{run}v/init.mp4")).await.status, 200);
    assert_eq!(get(&server, "/channel/cam/fault_nonsense/number.mpd").await.status, 400);
    let cut = format!("/channel/cam/fault_truncate,on_segment/{run}v/1.m4s");
    assert!(get(&server, &cut).await.body.len() < fragments[1].len());
    for (path, told) in [
        ("number.mpd".to_owned(), "ot=m,sf=d,st=l"),
        (format!("{run}v/init.mp4"), "ot=i,sf=d,st=l"),
        (format!("{run}v/1.m4s"), "d=2000,nor=\"2.m4s\",ot=v,sf=d,st=l"),
        (format!("{run}v/t25600.m4s"), "d=2000,nor=\"t51200.m4s\",ot=v,sf=d,st=l"),
    ] {
        let reply = get(&server, &format!("/channel/cam/{path}")).await;
        let value = reply.field("cmsd-static");
        let value = value.strip_prefix("br=").map_or(value, |rest| rest.split_once(',').unwrap().1);
        assert_eq!(value, told, "{path}");
    }
}

#[tokio::test]
async fn an_encoder_with_other_tracks_is_refused_while_one_is_at_it() {
    let (server, run, init, fragments) = channel().await;
    // The clock of the test runs as everybody's: another encoder comes a moment later, and counts
    // from elsewhere.
    assert_eq!(put(&server, "/ingest/cam/init-other.m4s", &init).await, 200);
    assert_eq!(put(&server, "/ingest/cam/chunk-other-9.m4s", &fragments[9]).await, 409);
    assert_eq!(get(&server, &format!("/channel/cam/{run}v/1.m4s")).await.body, fragments[1]);
}

#[tokio::test]
async fn licences_are_at_one_path() {
    let server = start(config(film())).await;
    let licences = "/drm/clearkey";
    let preflight = ask(server.addr, "OPTIONS", licences, "Origin: http://p.test\r\n").await;
    assert_eq!((preflight.status, preflight.field("allow")), (204, "POST, OPTIONS"));
    assert!(preflight.field("access-control-allow-methods").contains("POST"));
    assert_eq!(ask(server.addr, "GET", licences, "").await.field("allow"), "POST, OPTIONS");
    for path in ["/x/drm/clearkey", "/vod/film/drm/clearkey", "/drm/clearkey/", "//drm/clearkey"] {
        let reply = ask(server.addr, "POST", path, "").await;
        assert_eq!((reply.status, reply.field("allow")), (405, "GET, HEAD, OPTIONS"), "{path}");
    }
    let faulty = ask(server.addr, "POST", "/drm/fault_status_502,on_key/clearkey", "").await;
    assert_eq!(faulty.status, 502);
}

#[tokio::test]
async fn a_protected_segment_is_made_once_for_all_of_its_ranges() {
    let file = tempfile::tempdir().unwrap();
    let secret = file.path().join("secret");
    std::fs::write(&secret, [7; 32]).unwrap();
    let drm = DrmConfig { secret: Some(secret), ..DrmConfig::default() };
    let server = bind(Config { drm, ..config(film()) }).await.unwrap();
    let (addr, media, shutdown) = (server.addr(), server.origin.media.clone(), Shutdown::new());
    let task = tokio::spawn(server.run(shutdown.clone()));
    let path = "/vod/film/drm_cenc/v1/2.m4s";
    let whole = ask(addr, "GET", path, "").await;
    assert_eq!(whole.status, 200);
    let made = media.sealed_bytes();
    assert!(0 < made);
    for (range, expected) in [("0-99", 0..100), ("100-4999", 100..5_000)] {
        let part = ask(addr, "GET", path, &format!("Range: bytes={range}\r\n")).await;
        assert_eq!((part.status, part.body), (206, whole.body[expected].to_vec()));
    }
    assert_eq!(media.sealed_bytes(), made, "nothing more was made");
    // Another scheme, and the same by another way, are others.
    for other in ["/vod/film/drm_cbcs/v1/2.m4s", "/vod/film/drm_cenc/loop_2/v1/2.m4s"] {
        let before = media.sealed_bytes();
        let reply = ask(addr, "GET", other, "").await;
        assert_eq!(reply.status, 200, "{other}");
        assert!(before < media.sealed_bytes(), "{other}");
    }
    shutdown.begin();
    task.await.unwrap().unwrap();
}
