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
use proptest::prelude::*;
use std::time::Duration;
use tokio::runtime::Runtime;

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

/// Asks an origin without a socket; returns all that it says.
async fn said(server: &Server, path: &str, query: &str) -> (u16, HeaderMap, Bytes) {
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

/// Paths that are there, too early, gone and wrong, by a number that chooses.
fn path_and_time(choice: u64, now_ms: u64) -> (String, u64) {
    let options = [
        "",
        "seg_4s/",
        "chunk_0.5s/",
        "tsbd_10s/ast_7/",
        "utc_direct/",
        "seg_3s/",
        "events_5s/emsg_1s/scte35_3/cueas_xml-emsg/",
    ];
    let options = options[usize::try_from(choice % 7).unwrap()];
    let index = now_ms / 2_000;
    let file = match choice / 7 % 12 {
        0 => "number.mpd".to_owned(),
        1 => "time.mpd".to_owned(),
        2 => "timeline.mpd".to_owned(),
        3 => format!("v1/{index}.m4s"),
        4 => format!("a-en/{}.m4s", index.saturating_sub(choice % 50)),
        5 => format!("v3/t{}.m4s", index.saturating_sub(3) * 25_600),
        6 => "a-ko/init.mp4".to_owned(),
        7 => "hls.m3u8".to_owned(),
        8 => "hls-v1.m3u8".to_owned(),
        9 => "hls-a-en.m3u8".to_owned(),
        10 => format!("v2/{}_{}.m4s", index, choice % 5),
        _ => format!("v2/{}.m4s", index + 2),
    };
    // Whole seconds past a segment's end: nothing is in production, so that no time passes.
    (format!("/live/film/{options}{file}"), now_ms / 4_000 * 4_000)
}

proptest! {
    /// More of them with `PROPTEST_CASES=10000`. Of times past, for nothing is said to have been
    /// modified in the future.
    #[test]
    fn two_origins_of_one_folder_answer_alike(
        choice in any::<u64>(), now_ms in 0..1_700_000_000_000_u64,
    ) {
        thread_local! {
            static BOTH: (Runtime, Server, Server) = {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let runtime = runtime.unwrap();
                let one = runtime.block_on(bind(config(film()))).unwrap();
                let other = runtime.block_on(bind(config(film()))).unwrap();
                (runtime, one, other)
            };
        }
        let (path, at_ms) = path_and_time(choice, now_ms);
        let query = format!("nowMS={at_ms}");
        BOTH.with(|(runtime, one, other)| {
            let one = runtime.block_on(said(one, &path, &query));
            let other = runtime.block_on(said(other, &path, &query));
            prop_assert_eq!(one, other);
            Ok(())
        })?;
    }
}
