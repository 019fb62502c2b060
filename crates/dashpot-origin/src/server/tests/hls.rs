//! HLS playlists as they leave: what they say of themselves, and that they wait.

use super::{config, film, http::get, start};
use crate::{faults::Met, reply::Driver, server::bind};
use dashpot_base::WallTime;
use dashpot_serve::Clock;
use http::{HeaderMap, Method};
use std::time::Duration;

#[tokio::test]
async fn playlists_say_what_they_are_and_for_how_long() {
    let server = start(config(film())).await;
    let live = "/live/film/chunk_0.5s/hls-v1.m3u8?nowMS=200700";
    for (path, kept) in [
        ("/vod/film/hls.m3u8".to_owned(), "public, max-age=10, must-revalidate"),
        ("/vod/film/loop_2/hls-v3.m3u8".to_owned(), "public, max-age=10, must-revalidate"),
        ("/vod/film/hls-s-en.m3u8".to_owned(), "public, max-age=10, must-revalidate"),
        ("/live/film/hls.m3u8".to_owned(), "public, max-age=10, must-revalidate"),
        (live.to_owned(), "public, max-age=0, must-revalidate"),
        (format!("{live}&_HLS_msn=100"), "public, max-age=12, must-revalidate"),
    ] {
        let reply = get(&server, &path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        assert_eq!(reply.field("content-type"), "application/vnd.apple.mpegurl");
        assert_eq!(reply.field("cache-control"), kept, "{path}");
        assert!(!reply.field("etag").is_empty() && reply.text().starts_with("#EXTM3U\n"));
    }
    for (path, status, retry_after) in [
        (format!("{live}&_HLS_msn=x"), 400, ""),
        (format!("{live}&_HLS_msn=104"), 400, ""),
        (
            "/live/film/start_4000000000/hls-v1.m3u8?nowMS=200700&_HLS_msn=2000000001".to_owned(),
            503,
            "3999999802",
        ),
        ("/live/film/hls-v9.m3u8".to_owned(), 404, ""),
        ("/vod/film/hls-v9.m3u8".to_owned(), 404, ""),
        ("/live/film/chunk_0.5s/v1/101_3.m4s?nowMS=200700".to_owned(), 425, "2"),
    ] {
        let reply = get(&server, &path).await;
        assert_eq!((reply.status, reply.field("retry-after")), (status, retry_after), "{path}");
        // What is too far away now is not in a moment.
        let is_kept = !path.contains("_HLS_msn=104") && [400, 404].contains(&status);
        let kept = if is_kept { "public, max-age=5" } else { "no-store" };
        assert_eq!(reply.field("cache-control"), kept, "{path}");
    }
    let part = get(&server, "/live/film/chunk_0.5s/v1/101_1.m4s?nowMS=202000").await;
    assert_eq!(part.field("content-length"), part.body.len().to_string());
    assert_eq!(part.field("content-type"), "video/mp4");
}

/// Asks at 0.7 s into segment 101, and returns the time at which the answer came, and its body.
async fn answered(path: &str, query: &str) -> (u64, Vec<u8>) {
    let server = bind(config(film())).await.unwrap();
    let clock = Clock::starting_at(WallTime::from_epoch(Duration::from_millis(200_700)));
    let (headers, now) = (HeaderMap::new(), clock.wall());
    let resource = server.origin.resource(&Met::plain(path), Some(query), &headers, now).unwrap();
    let driver = Driver {
        media: server.origin.media.clone(),
        clock: clock.clone(),
        coded: server.origin.coded.clone(),
    };
    let response = resource.answer(now, &Method::GET, &headers, driver).await;
    let at_ms = clock.wall().unix_millis();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (at_ms, body.to_vec())
}

#[tokio::test(start_paused = true)]
async fn what_is_waited_for_leaves_at_the_moment_at_which_it_exists() {
    let playlist = "/live/film/chunk_0.5s/hls-v1.m3u8";
    for (path, query, expected_ms, holds) in [
        (playlist, "", 200_700, "101_0.m4s\",INDEPENDENT=YES\n#EXT-X-PRELOAD"),
        (playlist, "_HLS_msn=101&_HLS_part=0", 200_700, "/v1/101_0.m4s\""),
        (playlist, "_HLS_msn=101&_HLS_part=1", 201_000, "/v1/101_1.m4s\"\n#EXT-X-PRELOAD"),
        (playlist, "_HLS_msn=101", 202_000, "/v1/101.m4s\n"),
        ("/live/film/hls-a-en.m3u8", "_HLS_msn=101", 202_000, "/a-en/101.m4s\n"),
        ("/live/film/chunk_0.5s/v1/101_1.m4s", "", 201_000, "moof"),
        ("/live/film/chunk_0.5s/v1/101_0.m4s", "", 200_700, "styp"),
    ] {
        let (at_ms, body) = answered(path, query).await;
        // tokio's timers have a grain of a millisecond.
        assert!((expected_ms..expected_ms + 3).contains(&at_ms), "{path}?{query} at {at_ms}");
        let body = String::from_utf8_lossy(&body);
        assert!(body.contains(holds), "{path}?{query}: {body}");
    }
}
