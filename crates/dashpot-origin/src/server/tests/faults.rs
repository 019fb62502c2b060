//! Each fault as a client sees it on the wire.

use super::{
    FaultsConfig, Running, config, film,
    http::{ask, get},
    start,
};
use crate::{Config, SteeringConfig};
use std::{collections::BTreeMap, io, net::SocketAddr};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const SEGMENT: &str = "v1/1.m4s";

/// What came before the end, whatever that was.
struct Seen {
    status: u16,
    fields: BTreeMap<String, String>,
    body: Vec<u8>,
    /// `None` where the connection was closed in order.
    error: Option<io::ErrorKind>,
}

impl Seen {
    fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    fn length(&self) -> usize {
        self.field("content-length").parse().unwrap()
    }
}

async fn open(addr: SocketAddr, path: &str, lines: &str) -> TcpStream {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: origin.test\r\n{lines}\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Reads on until there is nothing more.
async fn see_rest(mut stream: TcpStream, mut bytes: Vec<u8>) -> Seen {
    let error = stream.read_to_end(&mut bytes).await.err().map(|error| error.kind());
    let split = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let (head, body) = (std::str::from_utf8(&bytes[..split]).unwrap(), &bytes[split + 4..]);
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap()[9..12].parse().unwrap();
    let fields = lines.map(|line| line.split_once(": ").unwrap());
    let fields = fields.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    Seen { status, fields: fields.collect(), body: body.to_vec(), error }
}

async fn see(server: &Running, path: &str) -> Seen {
    see_rest(open(server.addr, path, "Connection: close\r\n").await, Vec::new()).await
}

/// What there is without a fault.
async fn truth(server: &Running) -> Vec<u8> {
    get(server, &format!("/vod/film/{SEGMENT}")).await.body
}

fn with(fault: &str) -> String {
    format!("/vod/film/fault_{fault}/{SEGMENT}")
}

#[tokio::test]
async fn a_status_stands_in_place_of_the_answer() {
    let server = start(config(film())).await;
    let seen = see(&server, &with("status_503,retry_2s")).await;
    assert_eq!((seen.status, seen.error), (503, None));
    assert_eq!(seen.field("retry-after"), "2");
    assert_eq!(seen.field("dashpot-fault"), "status;code=503;rule=\"url-1\"");
    assert_eq!(seen.field("cache-control"), "no-store");
    assert!(seen.field("access-control-expose-headers").contains("Dashpot-Fault"));
    for (path, status) in [
        // The MPD and the init segment are as they are, and so is another Representation.
        ("/vod/film/fault_status_503,rep_v1/number.mpd".to_owned(), 200),
        ("/vod/film/fault_status_503,rep_v1/v1/init.mp4".to_owned(), 200),
        ("/vod/film/fault_status_503,rep_v1/v2/1.m4s".to_owned(), 200),
        (with("status_503,rep_v2"), 200),
        (with("status_503,n_2-4"), 200),
        ("/vod/film/fault_status_503,n_2-4/v1/3.m4s".to_owned(), 503),
        ("/vod/film/fault_status_410,on_mpd/number.mpd".to_owned(), 410),
        ("/vod/film/fault_status_404,on_init/v1/init.mp4".to_owned(), 404),
        ("/vod/film/fault_status_500,on_text/s-en.vtt".to_owned(), 500),
        ("/vod/film/fault_status_500,on_file/v1.mp4".to_owned(), 500),
        // A segment that is named by its time is counted all the same.
        ("/vod/film/fault_status_503,n_1/v1/t0.m4s".to_owned(), 503),
        ("/vod/film/fault_status_503,n_2/v1/t0.m4s".to_owned(), 200),
        (with("missing"), 404),
    ] {
        let seen = see(&server, &path).await;
        assert_eq!(seen.status, status, "{path}");
        assert_eq!(seen.fields.contains_key("dashpot-fault"), status != 200, "{path}");
    }
}

#[tokio::test]
async fn each_object_has_faults_of_its_own() {
    let pathways = ["a=http://a.test", "b=http://b.test"].map(|one| one.parse().unwrap()).to_vec();
    let steering = SteeringConfig { pathways, ..SteeringConfig::default() };
    let server = start(Config { steering, ..config(film()) }).await;
    // Segments of 2 s, at a time at which 850,000,000 is the newest.
    let chunk = "chunk_0.5s/v1/850000000_1.m4s?nowMS=1700000001000";
    for (method, path, status) in [
        ("GET", format!("/live/film/{chunk}"), 200),
        ("GET", format!("/live/film/fault_status_503,on_chunk/{chunk}"), 503),
        ("GET", format!("/live/film/fault_status_503,on_chunk,n_7/{chunk}"), 200),
        ("GET", "/time/iso".to_owned(), 200),
        ("GET", "/time/fault_status_503,on_time/iso".to_owned(), 503),
        ("GET", "/time/fault_redirect_1,on_time/iso".to_owned(), 302),
        ("POST", "/drm/clearkey".to_owned(), 400),
        ("POST", "/fault_status_503,on_key/drm/clearkey".to_owned(), 503),
        ("POST", "/fault_delay_1ms,on_key/drm/clearkey".to_owned(), 400),
        ("GET", "/steering/new".to_owned(), 200),
        ("GET", "/fault_status_503,on_steering/steering/new".to_owned(), 503),
    ] {
        let reply = ask(server.addr, method, &path, "").await;
        assert_eq!(reply.status, status, "{path}: {}", reply.text());
        let met = reply.field("dashpot-fault");
        assert_eq!(met.is_empty(), !path.contains("fault_") || path.contains("n_7"), "{path}");
    }
    let cut = see(&server, &format!("/live/film/fault_truncate,at_99B,on_chunk/{chunk}")).await;
    assert_eq!((cut.status, cut.body.len()), (200, 99));
}

#[tokio::test]
async fn faults_of_keys_steering_and_clocks_ride_along_by_the_mpd() {
    let pathways = ["a=http://a.test", "b=http://b.test"].map(|one| one.parse().unwrap()).to_vec();
    let steering = SteeringConfig { pathways, ..SteeringConfig::default() };
    let server = start(Config { steering, ..config(film()) }).await;
    for (path, leads_to) in [
        (
            "/vod/film/drm_cenc/fault_status_503,on_key/number.mpd",
            "/fault_status_503,on_key/drm/clearkey</",
        ),
        (
            "/live/film/fault_delay_1s,on_key+init/drm_cbcs/time.mpd",
            "/fault_delay_1s,on_key+init/drm/clearkey</",
        ),
        (
            "/live/film/steer_on/fault_status_503,on_steering/time.mpd",
            "/fault_status_503,on_steering/steering/new</",
        ),
        ("/live/film/fault_status_503,on_time/time.mpd", "\"/time/fault_status_503,on_time/iso\""),
        ("/live/film/fault_status_503/drm_cbcs/time.mpd", "0/drm/clearkey</"),
    ] {
        let mpd = get(&server, path).await;
        let leads_to = leads_to.replace("0/", &format!("{}/", server.addr.port()));
        assert!(mpd.text().contains(&leads_to), "{path}: {}", mpd.text());
    }
}

#[tokio::test]
async fn a_fault_in_an_mpd_rides_along_to_its_segments() {
    let server = start(config(film())).await;
    for form in ["number", "time", "base", "list"] {
        let url = format!("/vod/film/fault_status_503/{form}.mpd");
        let mpd = get(&server, &url).await;
        // All references are relative to the MPD's own URL.
        let text = mpd.text();
        assert!(text.contains("<BaseURL>v_"), "{text}");
        assert!(!text.contains("<BaseURL>/") && !text.contains("://\""), "{text}");
    }
}

#[tokio::test]
async fn a_wrong_fault_is_refused_and_named() {
    let server = start(config(film())).await;
    let reply = get(&server, "/vod/film/fault_delay_900s/number.mpd").await;
    assert_eq!(reply.status, 400);
    assert!(reply.text().contains("`delay` takes a span from 1ms to 60s, not `900s`"));
    let quiet = FaultsConfig { in_urls: false, ..FaultsConfig::default() };
    let server = start(Config { faults: quiet, ..config(film()) }).await;
    assert_eq!(get(&server, "/vod/film/fault_reset/number.mpd").await.status, 400);
}

#[tokio::test]
async fn a_delay_a_rate_and_a_stall_take_their_time() {
    let server = start(config(film())).await;
    let truth = truth(&server).await;
    let bits = u64::try_from(truth.len()).unwrap() * 8;
    // Half a second for all of it.
    let rate = format!("rate_{}bps", bits * 2);
    for (fault, millis, field) in [
        ("delay_300ms", 300, "delay;ms=300".to_owned()),
        ("stall_300ms,at_10B", 300, "stall;ms=300".to_owned()),
        (rate.as_str(), 500, format!("rate;bps={}", bits * 2)),
    ] {
        let began = server.clock.mono();
        let seen = see(&server, &with(fault)).await;
        let took = server.clock.mono().since(began).as_millis();
        assert!(seen.body == truth, "{fault}");
        // However busy the machine is, it is never sooner.
        assert!(millis <= took, "{fault}: {took} ms");
        assert_eq!(seen.field("dashpot-fault"), format!("{field};rule=\"url-1\""));
    }
}

#[tokio::test]
async fn a_stall_comes_after_what_it_lets_pass() {
    let server = start(config(film())).await;
    let mut stream = open(server.addr, &with("stall_60s,at_1000B"), "").await;
    let mut bytes = Vec::new();
    let head = loop {
        stream.read_buf(&mut bytes).await.unwrap();
        let split = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(split) = split.filter(|split| split + 4 + 1_000 <= bytes.len()) {
            break split + 4;
        }
    };
    assert_eq!(bytes.len(), head + 1_000);
}

#[tokio::test]
async fn a_truncated_body_ends_in_order_short_of_its_length() {
    let server = start(config(film())).await;
    let truth = truth(&server).await;
    let half = truth.len() / 2;
    for (fault, bytes) in
        [("truncate", half), ("truncate,at_1000B", 1_000), ("truncate,at_0pct", 0)]
    {
        let seen = see(&server, &with(fault)).await;
        assert_eq!((seen.status, seen.error, seen.length()), (200, None, truth.len()), "{fault}");
        assert!(seen.body == truth[..bytes], "{fault}: {} bytes", seen.body.len());
        assert_eq!(seen.field("dashpot-fault"), "truncate;rule=\"url-1\"");
        // A cache that keeps what is whole may keep what follows the fault.
        assert_ne!(seen.field("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn a_reset_is_one_on_the_wire() {
    let server = start(config(film())).await;
    let truth = truth(&server).await;
    let mut stream = open(server.addr, &with("reset"), "").await;
    // Once something has come, the rest is on its way or lost.
    let mut bytes = Vec::new();
    stream.read_buf(&mut bytes).await.unwrap();
    let seen = see_rest(stream, bytes).await;
    assert_eq!(seen.error, Some(io::ErrorKind::ConnectionReset));
    assert!(seen.body.len() <= truth.len() / 2 && truth.starts_with(&seen.body));
    assert_eq!(seen.field("dashpot-fault"), "reset;rule=\"url-1\"");
}

#[tokio::test]
async fn flipped_bytes_are_as_many_as_said_and_the_same_each_time() {
    let server = start(config(film())).await;
    let truth = truth(&server).await;
    let flipped = see(&server, &with("flip_5,seed_1")).await;
    let places = |body: &[u8]| -> Vec<usize> {
        assert_eq!(body.len(), truth.len());
        (0..truth.len()).filter(|at| body[*at] != truth[*at]).collect()
    };
    let first = places(&flipped.body);
    assert_eq!(first.len(), 5);
    assert_ne!(places(&see(&server, &with("flip_5,seed_2")).await.body), first);
    let again = start(config(film())).await;
    assert_eq!(places(&see(&again, &with("flip_5,seed_1")).await.body), first);
    assert_eq!(flipped.field("cache-control"), "no-store");
}

#[tokio::test]
async fn a_wrong_length_promises_too_much_or_too_little() {
    let server = start(config(film())).await;
    let truth = truth(&server).await;
    let more = see(&server, &with("length_100")).await;
    assert_eq!((more.length(), more.error), (truth.len() + 100, None));
    assert!(more.body == truth);
    let less = see(&server, &with("length_-100")).await;
    assert_eq!((less.length(), less.error), (truth.len() - 100, None));
    assert!(less.body == truth[..truth.len() - 100]);
}

#[tokio::test]
async fn a_chain_of_redirects_ends_where_it_began() {
    let server = start(config(film())).await;
    let mut path = format!("{}?a=b", with("redirect_3"));
    for hop in 1..=3 {
        let seen = see(&server, &path).await;
        assert_eq!(seen.status, 302, "{path}");
        // Relative to the folder of the one before.
        assert_eq!(seen.field("location"), format!("1.m4s?a=b&fault-hop={hop}"));
        path = format!("{}?a=b&fault-hop={hop}", with("redirect_3"));
    }
    let seen = see(&server, &path).await;
    assert_eq!(seen.status, 200);
    assert!(seen.body == truth(&server).await);
}

#[tokio::test]
async fn a_fault_may_be_for_the_first_attempts_alone() {
    let server = start(config(film())).await;
    let url = with("status_503,first_2");
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(see(&server, &url).await.status);
    }
    assert_eq!(statuses, [503, 503, 200, 200]);
    // Another session begins anew.
    let of_session = format!("{url}?CMCD=sid%3D%22other%22");
    assert_eq!(see(&server, &of_session).await.status, 503);
    let own = with("status_503,viewer_other");
    assert_eq!(see(&server, &own).await.status, 200);
    assert_eq!(see(&server, &format!("{own}?CMCD=sid%3D%22other%22")).await.status, 503);
}

#[tokio::test]
async fn a_gap_is_missing_and_the_timeline_says_so() {
    let server = start(config(film())).await;
    let mpd = get(&server, "/vod/film/fault_gap,n_3-4/time.mpd").await;
    assert_eq!(mpd.field("dashpot-fault"), "gap;rule=\"url-1\"");
    let (read, _) = dashpot_mpd::parse(mpd.text()).unwrap();
    let whole = get(&server, "/vod/film/time.mpd").await;
    let (whole, _) = dashpot_mpd::parse(whole.text()).unwrap();
    let count = |mpd: &dashpot_mpd::Mpd| -> i64 {
        let set = &mpd.periods[0].adaptation_sets[0];
        let template = set.segment_template.as_ref();
        let template = template.or(set.representations[0].segment_template.as_ref()).unwrap();
        template.segment_timeline.as_ref().unwrap().s.iter().map(|run| run.r + 1).sum()
    };
    assert_eq!(count(&read), count(&whole) - 2);
    let at = |number| format!("/vod/film/fault_gap,n_3-4/v1/{number}.m4s");
    for (number, status) in [(2, 200), (3, 404), (4, 404), (5, 200)] {
        assert_eq!(see(&server, &at(number)).await.status, status, "{number}");
    }
    // The other forms have no way to say it.
    let number = get(&server, "/vod/film/fault_gap,n_3-4/number.mpd").await;
    assert_eq!(number.field("dashpot-fault"), "");
}

#[tokio::test]
async fn rules_of_a_file_are_in_force_from_the_start_and_wrong_ones_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("faults.json");
    let faults = || FaultsConfig { file: Some(file.clone()), in_urls: true };
    std::fs::write(&file, r#"{"rules":[{"id":"x","status":503,"every":2,"asset":"film"}]}"#)
        .unwrap();
    let server = start(Config { faults: faults(), ..config(film()) }).await;
    for (number, status) in [(1, 200), (2, 503), (3, 200), (4, 503)] {
        let seen = see(&server, &format!("/vod/film/v1/{number}.m4s")).await;
        assert_eq!(seen.status, status, "{number}");
    }
    let metrics = ask(server.addr, "GET", "/metrics", "").await;
    let line = "dashpot_origin_faults_total{fault=\"status\"} 2";
    assert!(metrics.text().lines().any(|got| got == line), "{}", metrics.text());
    std::fs::write(&file, r#"{"rules":[{"status":200}]}"#).unwrap();
    let refused = crate::bind(Config { faults: faults(), ..config(film()) }).await.unwrap_err();
    let source = std::error::Error::source(&refused).unwrap().to_string();
    assert!(source.starts_with("rules[0].status: `status` takes"), "{source}");
}

#[tokio::test]
async fn what_has_no_body_meets_no_fault_of_one() {
    let server = start(config(film())).await;
    let head = ask(server.addr, "HEAD", &with("truncate"), "").await;
    assert_eq!((head.status, head.field("dashpot-fault")), (200, ""));
    let etag = format!("If-None-Match: {}\r\n", head.field("etag"));
    let unchanged = ask(server.addr, "GET", &with("truncate"), &etag).await;
    assert_eq!((unchanged.status, unchanged.field("dashpot-fault")), (304, ""));
}
