//! Sessions over loopback, against answers of every kind.

mod absent;
mod server;

use super::*;
use dashpot_abr::{self as abr, Decision, Reason, Rung, Throughput, View};
use dashpot_player::{Failure, What};
use dashpot_qoe::{Abandoned, Event};
use server::{Answer, HELD, path, response, with_server};
use std::error::Error as _;
use url::Url;

const MPD: &str = r#"<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT2S"
    minBufferTime="PT1S" profiles="urn:mpeg:dash:profile:isoff-live:2011">
  <Period>
    <AdaptationSet contentType="video" mimeType="video/mp4" codecs="avc1.64001f">
      <SegmentTemplate timescale="10" duration="5" media="$RepresentationID$/$Number$.m4s"
          initialization="$RepresentationID$/init.mp4"/>
      <Representation id="v1" bandwidth="80000"/>
      <Representation id="v2" bandwidth="800000"/>
    </AdaptationSet>
  </Period>
</MPD>"#;

fn mpd() -> Vec<u8> {
    response("200 OK", "Content-Type: application/dash+xml\r\n", MPD.as_bytes())
}

/// The film's own `ftyp` and `moov`.
fn init() -> &'static [u8] {
    let track = include_bytes!("../../../../media/film/v1.mp4");
    let end = track.windows(4).position(|four| four == b"sidx").expect("an index");
    &track[..end - 4]
}

/// A fragment without samples and its media data, 2,000 bytes in all.
fn segment() -> Vec<u8> {
    let moof = b"\0\0\0\x18moof\0\0\0\x10mfhd\0\0\0\0\0\0\0\x01";
    [&moof[..], &1_976_u32.to_be_bytes(), b"mdat", &[0; 1_968]].concat()
}

/// An MPD, an init segment and segments of 2,000 bytes.
fn film(head: &str) -> Vec<u8> {
    let cached = "Cache-Status: edge; hit; ttl=3\r\n";
    match path(head).split('?').next().unwrap_or_default() {
        "/film.mpd" => mpd(),
        "/moved.mpd" => response("302 Found", "Location: /film.mpd\r\n", b""),
        path if path.ends_with("init.mp4") => response("200 OK", "", init()),
        path if path.ends_with(".m4s") => response("200 OK", cached, &segment()),
        _ => response("404 Not Found", "", b"no"),
    }
}

fn config(base: &str, path: &str) -> Config {
    let url = Url::parse(base).unwrap().join(path).unwrap();
    let player = player::Config {
        stop_after_media: Some(Duration::from_millis(200)),
        backoff_first: Duration::from_millis(1),
        startup: Duration::from_millis(100),
        ..player::Config::new(url)
    };
    Config::new(player, Box::new(Throughput::default()))
}

async fn run(answer: Answer, config: impl FnOnce(&str) -> Config) -> (Played, Vec<String>) {
    with_server(answer, |base| async move {
        let mut events = Vec::new();
        let observe = |snapshot: Snapshot<'_>| {
            events.extend(snapshot.record.map(|record| record.event.clone()));
        };
        let outcome = play(config(&base), std::future::pending(), observe).await;
        Played { outcome, events }
    })
    .await
}

#[derive(Debug)]
struct Played {
    outcome: Result<Outcome, PlayError>,
    events: Vec<Event>,
}

#[tokio::test]
async fn a_session_plays_and_its_records_name_the_cache() {
    let (Played { outcome, events }, heads) = run(film, |base| config(base, "/film.mpd")).await;
    let outcome = outcome.unwrap();
    assert_eq!(outcome.reason, DoneReason::PlayedEnough);
    assert_eq!((outcome.summary.stalls, outcome.summary.played_ms), (0, 200));
    let segments = events.iter().filter_map(|event| {
        let Event::Segment { size, cache_status, .. } = event else { return None };
        Some((size.bytes(), cache_status.clone()))
    });
    let hit = Some("edge; hit; ttl=3".to_owned());
    let segments = segments.collect::<Vec<_>>();
    assert!(!segments.is_empty() && segments.iter().all(|it| *it == (2_000, hit.clone())));
    assert!(heads.iter().all(|head| head.to_ascii_lowercase().contains("cmcd-session: sf=d")));
}

/// Takes the top rung, gives it up as soon as it may, and takes the lowest from then on.
#[derive(Debug, Default)]
struct Hasty {
    gave_up: bool,
}

impl Rule for Hasty {
    fn name(&self) -> &'static str {
        "hasty"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        let rung = if self.gave_up { Rung(0) } else { view.top() };
        Decision::now(rung, Reason::NoEstimate)
    }

    fn patience_ms(&self, _: &View<'_>, _: &abr::Progress) -> f64 {
        if self.gave_up { f64::INFINITY } else { 0.0 }
    }

    fn gives_up(&mut self, _: &View<'_>, progress: &abr::Progress) -> bool {
        assert!(progress.bits_here < progress.bits && progress.first_byte_ms < progress.since_ms);
        assert!((progress.bits - 16_000.0).abs() < 0.5, "as announced: {progress:?}");
        self.gave_up = true;
        true
    }
}

#[tokio::test]
async fn a_download_that_the_rule_gives_up_is_cancelled_and_chosen_afresh() {
    /// Has half of the top rung's first segment, and no more.
    fn half(head: &str) -> Vec<u8> {
        let mut answer = film(head);
        if path(head) == "/v2/1.m4s" {
            answer.truncate(answer.len() - 1_000);
            answer.extend_from_slice(HELD);
        }
        answer
    }
    // A segment takes 400 ms, of which the rule sees the first eighth.
    let slow = |base: &str| Config {
        link: Some(Trace::parse("1000,40,1").unwrap()),
        rule: Box::new(Hasty::default()),
        ..config(base, "/film.mpd")
    };
    let (Played { outcome, events }, heads) = run(half, slow).await;
    let outcome = outcome.unwrap();
    assert_eq!(outcome.reason, DoneReason::PlayedEnough);
    let given_up = events.iter().filter_map(|event| {
        let Event::Abandon { reason: Abandoned::Rule, size, .. } = event else { return None };
        Some(size.bytes())
    });
    let given_up = given_up.collect::<Vec<_>>();
    assert!(given_up.len() == 1 && given_up[0] < 2_000, "{given_up:?}");
    assert_eq!(outcome.summary.wasted_bytes, given_up[0]);
    let segments = heads.iter().map(|head| path(head)).filter(|path| path.ends_with(".m4s"));
    let segments = segments.take(2).collect::<Vec<_>>();
    assert_eq!(segments, ["/v2/1.m4s", "/v1/1.m4s"]);
}

#[tokio::test]
async fn cmcd_goes_where_it_is_wished() {
    for (mode, in_headers, in_query) in
        [(CmcdMode::Off, 0, 0), (CmcdMode::Headers, 1, 0), (CmcdMode::Query, 0, 1)]
    {
        let config = |base: &str| Config { cmcd: mode, ..config(base, "/film.mpd?x=1") };
        let (_, heads) = run(film, config).await;
        let first = heads.first().unwrap().to_ascii_lowercase();
        assert_eq!(first.matches("cmcd-session:").count(), in_headers, "{mode:?}: {first}");
        assert_eq!(first.matches("/film.mpd?x=1&cmcd=").count(), in_query, "{mode:?}: {first}");
    }
}

#[tokio::test]
async fn the_base_of_an_mpd_is_where_a_redirect_led() {
    let (played, _) = run(film, |base| config(base, "/moved.mpd")).await;
    assert_eq!(played.outcome.unwrap().reason, DoneReason::PlayedEnough);
}

/// What a person reads of an error: its message and those of its causes, each of which says
/// something that was not said before.
fn message(error: &PlayError) -> String {
    let mut levels = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        let level = error.to_string();
        assert!(levels.iter().all(|outer| !outer.contains(&level)), "{levels:?} {level}");
        levels.push(level);
        cause = error.source();
    }
    let message = levels.join(": ");
    assert!(message.matches("http://").count() < 2, "{message}");
    message
}

#[tokio::test]
async fn what_is_no_mpd_is_named_with_its_url_and_status() {
    let cases: [(Answer, &str); 9] = [
        (
            |_| response("200 OK", "Content-Type: text/html\r\n", b"<!DOCTYPE html><p>hi</p>"),
            "/film.mpd answered 200 OK with an HTML page (text/html) instead of an MPD",
        ),
        (|_| response("200 OK", "", b""), "answered 200 OK with an empty body instead of an MPD"),
        (|_| response("200 OK", "", b"{}"), "with JSON instead of an MPD"),
        (|_| response("200 OK", "", b"#EXTM3U\n"), "with an HLS playlist instead of an MPD"),
        (|_| response("200 OK", "", &MPD.as_bytes()[..300]), "with a broken MPD instead of an MPD"),
        (
            |_| b"HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n".to_vec(),
            "/film.mpd is larger than 16777216 bytes",
        ),
        (|_| response("404 Not Found", "", b"no"), "/film.mpd answered 404 Not Found"),
        (|_| response("500 Oops", "", b"no"), "/film.mpd answered 500 Internal Server Error"),
        (
            |_| response("200 OK", "", MPD.replace("static", "dynamic").as_bytes()),
            "cannot be played: MPD: the presentation is dynamic",
        ),
    ];
    for (answer, expected) in cases {
        let (played, _) = run(answer, |base| config(base, "/film.mpd")).await;
        let message = message(&played.outcome.unwrap_err());
        assert!(message.contains(expected), "`{message}` does not say `{expected}`");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_truncated_and_nothing_is_no_answer() {
    let cases: [(Answer, Failure, &str); 2] = [
        (
            |_| {
                let mut bytes = mpd();
                bytes.truncate(bytes.len() - 100);
                bytes
            },
            Failure::Truncated,
            "ended after",
        ),
        (
            |_| Vec::new(),
            Failure::Unanswered,
            "/film.mpd was asked for, and the connection ended without an answer",
        ),
    ];
    for (answer, failure, expected) in cases {
        let (played, heads) = run(answer, |base| config(base, "/film.mpd")).await;
        let error = played.outcome.unwrap_err();
        assert!(message(&error).contains(expected), "{}", message(&error));
        assert_eq!(heads.len(), 5, "tried again");
        assert!(matches!(error, PlayError::Manifest(error) if error.failure() == failure));
    }
}

#[tokio::test]
async fn a_lost_rung_is_told_of_and_a_lost_kind_is_no_film() {
    fn one_lost(head: &str) -> Vec<u8> {
        match path(head) {
            "/film.mpd" => {
                let bad = "bandwidth=\"800000\"><SegmentTemplate duration=\"0\"/></Representation>";
                let mpd = MPD.replace("bandwidth=\"800000\"/>", bad);
                response("200 OK", "", mpd.as_bytes())
            }
            _ => film(head),
        }
    }
    fn video_lost(head: &str) -> Vec<u8> {
        match path(head) {
            "/film.mpd" => {
                let sound = "<AdaptationSet mimeType=\"audio/mp4\"><Representation id=\"a\">\
                             <BaseURL>a.mp4</BaseURL></Representation></AdaptationSet></Period>";
                let mpd = MPD.replace("duration=\"5\"", "duration=\"-5\"");
                response("200 OK", "", mpd.replace("</Period>", sound).as_bytes())
            }
            _ => film(head),
        }
    }
    let (played, _) = run(one_lost, |base| config(base, "/film.mpd")).await;
    let problem = "MPD/Period[1]/AdaptationSet[1]/Representation[2]: a segment has a duration of 0";
    assert_eq!(played.outcome.unwrap().problems, [problem]);
    let (played, _) = run(video_lost, |base| config(base, "/film.mpd")).await;
    let message = message(&played.outcome.unwrap_err());
    assert!(message.contains("declares video, none of which can be played"), "{message}");
    assert!(message.contains("@duration cannot be read: `-5`"), "{message}");
}

#[tokio::test]
async fn a_session_that_fails_later_has_an_outcome_and_a_cause() {
    fn third_missing(head: &str) -> Vec<u8> {
        match path(head).ends_with("/3.m4s") {
            true => response("404 Not Found", "", b"no"),
            false => film(head),
        }
    }
    let config = |base: &str| {
        let mut config = config(base, "/film.mpd");
        config.player.stop_after_media = None;
        config
    };
    let (played, _) = run(third_missing, config).await;
    let outcome = played.outcome.unwrap();
    assert!(matches!(
        outcome.reason,
        DoneReason::Failed { what: What::Segment { number: 3, .. }, failure: Failure::Status(404) }
    ));
    let error = outcome.error.unwrap().to_string();
    assert!(error.ends_with("/3.m4s answered 404 Not Found"), "{error}");
}

#[tokio::test]
async fn what_is_no_media_ends_the_session_with_its_url_and_what_came() {
    fn page() -> Vec<u8> {
        response("200 OK", "Content-Type: text/html\r\n", b"<!DOCTYPE html><p>Log in</p>")
    }
    let cases: [(Answer, &str); 4] = [
        (
            |head| if path(head).ends_with("/1.m4s") { page() } else { film(head) },
            "/1.m4s answered 200 OK with an HTML page (text/html) instead of a media segment",
        ),
        (
            |head| match path(head).ends_with("init.mp4") {
                true => response("200 OK", "", b"\0\0\0\x10ftypiso6\0\0\0\0"),
                false => film(head),
            },
            "init.mp4 answered 200 OK with `\\x00\\x00\\x00\\x10ftypiso6\\x00\\x00\\x00\\x00…` \
             instead of an initialisation segment",
        ),
        (
            |head| match path(head).ends_with("/1.m4s") {
                true => response("200 OK", "", &[&[0, 1, 0, 0], &segment()[4..]].concat()),
                false => film(head),
            },
            "instead of a media segment",
        ),
        (
            |head| match path(head).ends_with("/1.m4s") {
                true => {
                    let body = [&segment()[..24], &[0, 0, 0, 8], b"mdat"].concat();
                    response("200 OK", "", &body)
                }
                false => film(head),
            },
            "instead of a media segment",
        ),
    ];
    for (answer, expected) in cases {
        let (played, _) = run(answer, |base| config(base, "/film.mpd")).await;
        let outcome = played.outcome.unwrap();
        let failure = Failure::Malformed;
        assert!(matches!(outcome.reason, DoneReason::Failed { failure: it, .. } if it == failure));
        assert_eq!(outcome.summary.segments, 0, "{expected}");
        let error = outcome.error.unwrap();
        assert!(error.to_string().contains(expected), "{error} is not {expected}");
        assert!(error.source().is_some(), "{error} does not say why");
    }
}

#[tokio::test]
async fn another_container_is_not_looked_into() {
    fn webm(head: &str) -> Vec<u8> {
        match path(head) {
            "/film.mpd" => {
                response("200 OK", "", MPD.replace("video/mp4", "video/webm").as_bytes())
            }
            _ => response("200 OK", "", b"\x1a\x45\xdf\xa3 is EBML"),
        }
    }
    let (played, _) = run(webm, |base| config(base, "/film.mpd")).await;
    assert_eq!(played.outcome.unwrap().reason, DoneReason::PlayedEnough);
}

#[tokio::test]
async fn the_error_is_that_of_the_request_which_ended_the_session() {
    fn no_media(head: &str) -> Vec<u8> {
        match path(head) {
            "/film.mpd" => {
                let sound = MPD.replace("video", "audio").replace("v1", "a1").replace("v2", "a2");
                let from = sound.find("<AdaptationSet").unwrap();
                let until = sound.find("</Period>").unwrap();
                let both = format!("{}</Period>", &sound[from..until]);
                response("200 OK", "", MPD.replace("</Period>", &both).as_bytes())
            }
            _ => response("404 Not Found", "", b"no"),
        }
    }
    for _ in 0..10 {
        let (played, _) = run(no_media, |base| config(base, "/film.mpd")).await;
        let outcome = played.outcome.unwrap();
        let DoneReason::Failed { what: What::Init { media, .. }, .. } = outcome.reason else {
            panic!("{outcome:?}");
        };
        let wanted = if media == dashpot_qoe::Media::Video { "/v1/" } else { "/a1/" };
        let error = outcome.error.unwrap().to_string();
        assert!(error.contains(wanted), "{media:?}: {error}");
    }
}

#[tokio::test]
async fn a_server_that_ignores_ranges_is_caught() {
    fn ignores(head: &str) -> Vec<u8> {
        let base = "<Representation id=\"v1\" bandwidth=\"80000\"><BaseURL>v1.mp4</BaseURL>\
                    <SegmentBase indexRange=\"0-99\"/></Representation>";
        let mpd = "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" mediaPresentationDuration=\"PT2S\">\
                   <Period><AdaptationSet mimeType=\"video/mp4\">";
        match path(head) {
            "/film.mpd" => {
                let mpd = format!("{mpd}{base}</AdaptationSet></Period></MPD>");
                response("200 OK", "", mpd.as_bytes())
            }
            _ => response("200 OK", "", &[0; 4_000]),
        }
    }
    let (played, _) = run(ignores, |base| config(base, "/film.mpd")).await;
    let outcome = played.outcome.unwrap();
    let failure = Failure::Malformed;
    assert!(
        matches!(outcome.reason, DoneReason::Failed { what: What::Index { .. }, failure: it } if it == failure)
    );
    let error = outcome.error.unwrap().to_string();
    assert!(error.ends_with("with no Content-Range instead of bytes 0-99"), "{error}");
}

#[tokio::test]
async fn requests_that_the_emulated_link_loses_are_tried_again() {
    let config = |base: &str| {
        let mut config = config(base, "/film.mpd");
        config.player.retries_max = 50;
        config.player.backoff_max = Duration::from_millis(1);
        Config { loss_ratio: 0.5, ..config }
    };
    let (played, _) = run(film, config).await;
    let outcome = played.outcome.unwrap();
    assert_eq!(outcome.reason, DoneReason::PlayedEnough);
    assert!(0 < outcome.summary.failures);
}

#[tokio::test]
async fn an_emulated_link_is_what_the_player_measures() {
    let config = |base: &str| {
        let trace = Trace::parse("1000,400,30").unwrap();
        Config { link: Some(trace), ..config(base, "/film.mpd") }
    };
    let (played, _) = run(film, config).await;
    assert_eq!(played.outcome.unwrap().reason, DoneReason::PlayedEnough);
    let mut seen = 0;
    for event in &played.events {
        if let Event::Segment { took, first_byte_after, .. } = event {
            seen += 1;
            // 2,000 bytes take 40 ms at 400 kbps, after 30 ms of latency.
            assert!(Duration::from_millis(30) <= *first_byte_after, "{event:?}");
            assert!(Duration::from_millis(70) <= *took, "{event:?}");
        }
    }
    assert!(0 < seen);
}

#[tokio::test]
async fn a_stop_ends_with_a_summary() {
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let mut stop = Some(stop);
    let (outcome, _) = with_server(film, |base| async move {
        let observe = |snapshot: Snapshot<'_>| {
            let plays = matches!(snapshot.record.map(|it| &it.event), Some(Event::Play { .. }));
            if let Some(stop) = stop.take_if(|_| plays) {
                stop.send(()).unwrap();
            }
        };
        let stop = async { stopped.await.unwrap_or_default() };
        play(config(&base, "/film.mpd"), stop, observe).await
    })
    .await;
    let outcome = outcome.unwrap();
    assert_eq!(outcome.reason, DoneReason::Stopped);
    assert!(outcome.summary.startup_ms.is_some());
}

#[tokio::test]
async fn a_refresh_is_seen_without_a_record() {
    let mut refreshes = 0;
    let (outcome, _) = with_server(film, |base| async move {
        let config =
            Config { refresh: Some(Duration::from_millis(10)), ..config(&base, "/film.mpd") };
        let count = |snapshot: Snapshot<'_>| refreshes += usize::from(snapshot.record.is_none());
        play(config, std::future::pending(), count).await.map(|_| refreshes)
    })
    .await;
    assert!(0 < outcome.unwrap());
}
