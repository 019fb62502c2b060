//! A film that runs by the clock: what is there when, and how it leaves while it is made.

use super::{
    config, film,
    http::{ask, get},
    start,
};
use crate::faults::Met;
use crate::{
    Config,
    reply::{Driver, refused_with},
    server::{Server, bind},
};
use axum::{body::Body, body::Bytes};
use dashpot_base::WallTime;
use dashpot_http::date;
use dashpot_serve::Clock;
use futures_util::StreamExt as _;
use http::{HeaderMap, Method, Response};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Segment 101 runs from 200 s to 202 s.
const PATH: &str = "/live/film/v1/101.m4s";

#[tokio::test]
async fn a_live_segment_is_there_in_its_time_and_says_for_how_long() {
    let server = start(config(film())).await;
    let at = |ms: u64| format!("{PATH}?nowMS={ms}");
    let early = get(&server, &at(200_500)).await;
    assert_eq!((early.status, early.field("retry-after")), (425, "2"), "{}", early.text());
    assert_eq!(early.field("cache-control"), "no-store");
    let gone = get(&server, &at(300_000)).await;
    assert_eq!((gone.status, gone.field("cache-control")), (410, "public, max-age=5"));
    let whole = get(&server, &at(202_000)).await;
    assert_eq!(whole.status, 200);
    assert_eq!(whole.field("cache-control"), "public, max-age=60, must-revalidate");
    assert_eq!(whole.field("content-length"), whole.body.len().to_string());
    assert_eq!(whole.field("last-modified"), "Thu, 01 Jan 1970 00:03:22 GMT");
    for (method, lines, status) in [
        ("HEAD", String::new(), 200),
        ("GET", format!("If-None-Match: {}\r\n", whole.field("etag")), 304),
        ("GET", "If-None-Match: \"other\"\r\n".to_owned(), 200),
        ("GET", "Range: bytes=4-7\r\n".to_owned(), 206),
        ("GET", "Range: bytes=99999999-\r\n".to_owned(), 416),
    ] {
        let reply = ask(server.addr, method, &at(230_000), &lines).await;
        assert_eq!(reply.status, status, "{method} {lines}");
        if status == 206 {
            assert_eq!(reply.body, b"styp");
        }
    }
    for (path, status) in [
        ("/live/film/number.mpd?nowMS=x", 400),
        ("/live/film/tsbd_60/number.mpd", 400),
        ("/live/film/base.mpd", 404),
        ("/live/nofilm/number.mpd", 404),
        ("/live/film/patch_60s/time-200000.mpp?nowMS=202000", 200),
        ("/live/film/patch_60s/time-200000.mpp?nowMS=200000", 204),
        ("/live/film/patch_60s/time-200000.mpp?nowMS=999000", 410),
        ("/time/tai", 404),
        ("/live/film/utc_ntp/number.mpd", 400),
        ("/live/film/startrel_20s/v1/1.m4s", 400),
    ] {
        assert_eq!(get(&server, path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn the_clock_can_be_read_in_every_scheme() {
    let server = start(config(film())).await;
    for scheme in ["iso", "xsdate", "head"] {
        let reply = get(&server, &format!("/time/{scheme}")).await;
        assert_eq!((reply.status, reply.field("cache-control")), (200, "no-store"));
        assert!(!reply.field("date").is_empty());
        dashpot_mpd::time::parse_date_time(reply.text()).unwrap();
    }
    assert_eq!(ask(server.addr, "HEAD", "/time/head", "").await.status, 200);
    let stamp = get(&server, "/time/ntp").await;
    assert_eq!((stamp.status, stamp.field("content-type")), (200, "application/octet-stream"));
    let seconds = u32::from_be_bytes(stamp.body[..4].try_into().unwrap());
    let date = date::parse(WallTime::EPOCH, stamp.field("date").as_bytes()).unwrap();
    // RFC 5905 §6: from 1900 on; the field is rounded down, and a moment younger.
    let since_1970 = u64::from(seconds) - 2_208_988_800;
    assert_eq!(stamp.body.len(), 8);
    assert!(date.unix_seconds().abs_diff(since_1970) <= 60, "{since_1970}");
}

#[tokio::test]
async fn a_segment_that_wants_a_parameter_is_refused_without_it() {
    let server = start(config(film())).await;
    for (path, status) in [
        ("/live/film/query_own/v1/101.m4s?nowMS=202000", 403),
        ("/live/film/query_own/v1/101.m4s?nowMS=202000&dashpot=annex-i", 200),
        ("/live/film/query_own/v1/101.m4s?nowMS=202000", 403),
        ("/live/film/query_own/v1/init.mp4", 403),
        ("/vod/film/query_mpd-ext/v1/1.m4s?dashpot=annex-i", 200),
        ("/vod/film/query_mpd/number.mpd", 403),
        ("/vod/film/query_mpd/number.mpd?dashpot=annex-i", 200),
        ("/vod/film/query_own/number.mpd", 200),
    ] {
        assert_eq!(get(&server, path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn an_mpd_names_the_ntp_server_that_the_origin_knows() {
    let server = start(Config { ntp: Some("ntp.example".to_owned()), ..config(film()) }).await;
    let mpd = get(&server, "/live/film/utc_ntp-sntp-httpntp/number.mpd").await;
    for (scheme, value) in
        [("ntp", "ntp.example"), ("sntp", "ntp.example"), ("http-ntp", "/time/ntp")]
    {
        let timing = format!("schemeIdUri=\"urn:mpeg:dash:utc:{scheme}:2014\" value=\"{value}\"");
        assert!(mpd.text().contains(&timing), "{}", mpd.text());
    }
}

#[tokio::test]
async fn an_mpd_of_times_that_count_from_now_leads_to_one_of_the_clock() {
    let server = start(config(film())).await;
    let at = |path: &str| format!("{path}?nowMS=203500");
    let sent =
        get(&server, &at("/live/film/startrel_30s/fault_404,n_1/location_redirect/time.mpd")).await;
    assert_eq!((sent.status, sent.field("cache-control")), (302, "no-store"));
    let there = "../../../../film/start_173/fault_404,n_1/time.mpd?nowMS=203500";
    assert_eq!(sent.field("location"), there);
    for (path, location) in [
        ("/live/film/startrel_30s/time.mpd", "../../film/start_173/time.mpd"),
        ("/livesim2/startrel_-30/film/Manifest.mpd", "../../start_173/film/Manifest.mpd"),
    ] {
        let told = get(&server, &at(path)).await;
        assert_eq!(told.status, 200, "{path}");
        let (mpd, _) = dashpot_mpd::parse(told.text()).unwrap();
        assert_eq!(mpd.locations[0].url, location);
        let folder = location.rsplit_once('/').unwrap().0;
        assert!(mpd.base_urls[0].url.starts_with(&format!("{folder}/v_")), "{mpd:?}");
        assert_eq!(told.field("cache-control"), "public, max-age=0, must-revalidate");
        // What it leads to says nothing of another place.
        let root = path.split('/').take(2).collect::<Vec<_>>().join("/");
        let there = format!("{root}/{}", location.trim_start_matches("../"));
        let there = get(&server, &at(&there)).await;
        assert!(!there.text().contains("<Location"), "{}", there.text());
    }
}

#[tokio::test]
async fn a_segment_in_production_has_the_bytes_that_it_has_afterwards() {
    let server = start(config(film())).await;
    for track in ["v1", "a-en"] {
        let path = format!("/live/film/chunk_0.5s/{track}/101.m4s");
        let whole = get(&server, &format!("{path}?nowMS=202000")).await;
        // A tenth of a second before its end.
        let made = get(&server, &format!("{path}?nowMS=201900")).await;
        assert_eq!(made.status, 200);
        assert_eq!(made.field("transfer-encoding"), "chunked");
        assert_eq!((made.field("content-length"), made.field("accept-ranges")), ("", ""));
        assert_eq!(made.field("etag"), whole.field("etag"));
        assert_eq!(dechunked(&made.body), whole.body, "{track}");
        let head = ask(server.addr, "HEAD", &format!("{path}?nowMS=201900"), "").await;
        assert_eq!((head.status, head.body.len()), (200, 0));
    }
}

fn dechunked(mut rest: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while !rest.is_empty() {
        let line = rest.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = std::str::from_utf8(&rest[..line]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        out.extend_from_slice(&rest[line + 2..line + 2 + size]);
        rest = &rest[line + 4 + size..];
    }
    out
}

async fn answer(server: &Server, clock: &Clock, path: &str) -> Response<Body> {
    let (headers, now) = (HeaderMap::new(), clock.wall());
    let resource = server.origin.resource(&Met::plain(path), None, &headers, now).unwrap();
    let driver = Driver {
        media: server.origin.media.clone(),
        clock: clock.clone(),
        coded: server.origin.coded.clone(),
    };
    resource.answer(now, &Method::GET, &headers, driver).await
}

#[tokio::test(start_paused = true)]
async fn each_chunk_leaves_at_the_moment_at_which_it_exists() {
    let server = bind(config(film())).await.unwrap();
    // 0.7 s into segment 101: one chunk is there, three are to come.
    let clock = Clock::starting_at(WallTime::from_epoch(Duration::from_millis(200_700)));
    let response = answer(&server, &clock, "/live/film/chunk_0.5s/v1/101.m4s").await;
    let mut body = response.into_body().into_data_stream();
    let mut left: Vec<(u64, Bytes)> = Vec::new();
    while let Some(chunk) = body.next().await {
        left.push((clock.wall().unix_millis(), chunk.unwrap()));
    }
    let times: Vec<_> = left.iter().map(|(time, _)| *time).collect();
    // tokio's timers have a grain of a millisecond.
    for (time, due) in times.iter().zip([200_700, 201_000, 201_500, 202_000]) {
        assert!((due..due + 3).contains(time), "{times:?}");
    }
    assert_eq!(times.len(), 4);
    for (_, chunk) in &left[1..] {
        assert_eq!(&chunk[4..8], b"prft");
    }
}

#[tokio::test]
async fn references_lead_to_the_name_that_the_mpd_was_asked_by_and_no_cache_keeps_them() {
    let server = start(config(film())).await;
    let folder =
        "/live/film/ad_film/every_12s/for_4s/fault_status_404,on_segment,n_9/xlink_onload/";
    let path = format!("{folder}number.mpd?nowMS=206000");
    let mpd = get(&server, &path).await;
    let kept = mpd.field("cache-control");
    assert_eq!(kept, "private, max-age=2, must-revalidate", "{}", mpd.text());
    let begin = format!("xlink:href=\"http://origin.test{folder}v_");
    assert!(mpd.text().contains(&begin), "{}", mpd.text());
    let url = mpd.text().split("xlink:href=\"http://origin.test").nth(1).unwrap();
    let there = get(&server, &format!("{}?nowMS=206000", url.split('"').next().unwrap())).await;
    assert_eq!((there.status, there.field("content-type")), (200, "application/xml"));
    // The first break that the MPD has is gone first.
    assert_eq!(there.field("cache-control"), "public, max-age=16, must-revalidate");
    assert!(there.text().contains("<Period xmlns=") && there.text().contains("/of_film/"));
    // Where the MPD is elsewhere, so is what it leads to.
    let moved = get(&server, "/livesim2/startrel_-100/periods_900/film/Manifest.mpd").await;
    assert_eq!(moved.status, 200);
    let path = "/live/film/startrel_100s/period_4s/xlink_onload/time.mpd?nowMS=206000";
    let moved = get(&server, path).await;
    let begin = "xlink:href=\"http://origin.test/live/film/start_106/period_4s/xlink_onload/v_";
    assert!(moved.text().contains(begin), "{}", moved.text());
    for host in ["a b", "a@b", "a/b", "a?b", "a#b", "a\"b", "<a>"] {
        let mut stream = tokio::net::TcpStream::connect(server.addr).await.unwrap();
        let head = format!(
            "GET /vod/film/pre_film/xlink_onload/number.mpd HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        assert!(text.starts_with("HTTP/1.1 400") || text.contains("xlink:href=\"v_"), "{text}");
    }
}

/// Asks an origin without a socket; returns all that it says.
pub(super) async fn said(server: &Server, path: &str, query: &str) -> (u16, HeaderMap, Bytes) {
    let (clock, headers) = (Clock::system(), HeaderMap::new());
    let now = clock.wall();
    let response = match server.origin.resource(&Met::plain(path), Some(query), &headers, now) {
        Ok(resource) => {
            let driver = Driver {
                media: server.origin.media.clone(),
                clock,
                coded: server.origin.coded.clone(),
            };
            resource.answer(now, &Method::GET, &headers, driver).await
        }
        Err(refused) => refused_with(&refused),
    };
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    (parts.status.as_u16(), parts.headers, body)
}
