//! Sessions through the whole chain on loopback: the player over HTTP, the edge, the origin, the
//! film.

use dashpot_abr::{Decision, Reason, Rule, Rung, View};
use dashpot_base::{ByteSize, Seed};
use dashpot_client::{Config, FetchError, Outcome, PlayError, Snapshot, play};
use dashpot_mpd::timeline::{Presentation, Sidx};
use dashpot_net::{Link, Trace};
use dashpot_player::{Config as PlayerConfig, DoneReason, Fetch, Player, What};
use dashpot_qoe::{Event, Media};
use dashpot_serve::Shutdown;
use dashpot_sim::{Content, Nominal, Session, Wire};
use std::{collections::BTreeMap, net::SocketAddr, path::Path, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::{JoinHandle, JoinSet},
};
use url::Url;

/// Media played by each session.
const PLAYED: Duration = Duration::from_secs(3);

/// Media that is there before playback begins: more than one segment of any form and more than
/// will be played, so that no machine is too slow for it.
const STARTUP: Duration = Duration::from_secs(5);

/// Takes the top from the second segment on, whatever the machine carries.
#[derive(Debug)]
struct Leap;

impl Rule for Leap {
    fn name(&self) -> &'static str {
        "leap"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        let rung = if view.last.is_some() { view.top() } else { Rung(0) };
        Decision::now(rung, Reason::NoEstimate)
    }
}

/// An origin of the film and an edge before it, in this process.
struct Chain {
    edge: SocketAddr,
    shutdown: Shutdown,
    tasks: Vec<JoinHandle<()>>,
}

impl Chain {
    async fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let shutdown = Shutdown::new();
        let origin = dashpot_origin::bind(dashpot_origin::Config {
            manifests: Some(root.join("manifests")),
            ..dashpot_origin::Config::new(root.join("media"), any_port())
        });
        let origin = origin.await.expect("the film in media/film");
        let url = Url::parse(&format!("http://{}/", origin.addr())).expect("a URL");
        // It tells what was asked for.
        let lab = dashpot_edge::Lab::On;
        let config = dashpot_edge::Config { lab, ..dashpot_edge::Config::new(url, any_port()) };
        let edge = dashpot_edge::bind(config).await.expect("the edge binds");
        let addr = edge.addr();
        let (run_origin, run_edge) = (origin.run(shutdown.clone()), edge.run(shutdown.clone()));
        let tasks = vec![
            tokio::spawn(async move { run_origin.await.expect("the origin runs") }),
            tokio::spawn(async move { run_edge.await.expect("the edge runs") }),
        ];
        Self { edge: addr, shutdown, tasks }
    }

    fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.edge)).expect("a URL")
    }

    /// Fetches a path that there is, and returns its body.
    async fn get(&self, path: &str) -> String {
        let mut socket = TcpStream::connect(self.edge).await.expect("a connection");
        let head = format!("GET {path} HTTP/1.1\r\nHost: edge.test\r\nConnection: close\r\n\r\n");
        socket.write_all(head.as_bytes()).await.expect("a request sent");
        let mut text = String::new();
        socket.read_to_string(&mut text).await.expect("a response");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
        body.to_owned()
    }

    async fn stop(self) {
        self.shutdown.begin();
        for task in self.tasks {
            task.await.expect("no panic");
        }
    }
}

fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// A session that was played, and what it said.
struct Played {
    path: String,
    outcome: Result<Outcome, PlayError>,
    events: Vec<Event>,
}

async fn session(url: Url, language: Option<&str>) -> Played {
    let player = PlayerConfig {
        startup: STARTUP,
        stop_after_media: Some(PLAYED),
        language: language.map(str::to_owned),
        ..PlayerConfig::new(url.clone())
    };
    let mut events = Vec::new();
    let observe =
        |seen: Snapshot<'_>| events.extend(seen.record.map(|record| record.event.clone()));
    let outcome = play(Config::new(player, Box::new(Leap)), std::future::pending(), observe).await;
    Played { path: url.path().to_owned(), outcome, events }
}

async fn sessions(urls: impl IntoIterator<Item = Url>) -> Vec<Played> {
    urls.into_iter().map(|url| session(url, None)).collect::<JoinSet<_>>().join_all().await
}

fn check(played: &Played) {
    let Played { path, outcome, events } = played;
    let outcome = outcome.as_ref().unwrap_or_else(|error| panic!("{path}: {error:?}"));
    assert_eq!(outcome.reason, DoneReason::PlayedEnough, "{path}: {outcome:?}");
    assert_eq!((outcome.summary.stalls, outcome.summary.failures), (0, 0), "{path}: {outcome:?}");
    assert_eq!(outcome.summary.played_ms, 3_000, "{path}");
    assert!(outcome.summary.startup_ms.is_some(), "{path}");
    for wanted in [Media::Video, Media::Audio] {
        let segments = events.iter().filter_map(|event| {
            let Event::Segment { media, size, cache_status, .. } = event else { return None };
            (*media == wanted).then_some((size, cache_status.as_deref().unwrap_or_default()))
        });
        let segments = segments.collect::<Vec<_>>();
        assert!(2 <= segments.len(), "{path}: {wanted:?} {segments:?}");
        for (size, cache_status) in segments {
            assert!(
                0 < size.bytes() && cache_status.contains("dashpot-"),
                "{path}: {cache_status}"
            );
        }
    }
}

#[tokio::test]
async fn every_form_plays_without_a_stall_on_an_open_link() {
    let chain = Chain::start().await;
    let forms = ["number", "time", "base", "list", "loop_3/number", "seg_4s/time", "loop_2/base"];
    let played = sessions(forms.map(|form| chain.url(&format!("/vod/film/{form}.mpd")))).await;
    for played in &played {
        check(played);
        let top = played.events.iter().any(|event| matches!(event, Event::Rung { rung: 4, .. }));
        assert!(top, "{}: the top is never chosen: {:?}", played.path, played.events);
    }
    chain.stop().await;
}

#[tokio::test]
async fn every_hand_written_manifest_plays() {
    let chain = Chain::start().await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../manifests");
    let names = std::fs::read_dir(folder).expect("the folder").filter_map(|entry| {
        let name = entry.ok()?.file_name().into_string().ok()?;
        name.ends_with(".mpd").then(|| chain.url(&format!("/manifests/{name}")))
    });
    let played = sessions(names.collect::<Vec<_>>()).await;
    assert!(5 <= played.len());
    played.iter().for_each(check);
    chain.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_named_with_its_status() {
    let chain = Chain::start().await;
    for (path, expected) in [
        ("/vod/nothing/number.mpd", "404 Not Found"),
        ("/vod/film/loop_x/number.mpd", "400 Bad Request"),
    ] {
        let error = session(chain.url(path), None).await.outcome.expect_err("nothing to play");
        let PlayError::Manifest(error @ FetchError::Status { .. }) = error else {
            panic!("{error:?}");
        };
        assert!(error.to_string().ends_with(&format!("{path} answered {expected}")), "{error}");
    }
    let error = session(chain.url("/"), None).await.outcome.expect_err("a page is no MPD");
    let PlayError::Manifest(error) = error else { panic!("{error:?}") };
    assert!(error.to_string().contains("an HTML page"), "{error}");
    chain.stop().await;
}

#[tokio::test]
async fn the_language_wished_for_is_fetched() {
    let chain = Chain::start().await;
    let played = session(chain.url("/vod/film/number.mpd"), Some("ko")).await;
    check(&played);
    let seen = chain.get("/_dashpot/stats").await;
    let asked = |track: &str| seen.contains(&format!("/{track}/1.m4s"));
    assert!(asked("a-ko") && !asked("a-en"), "{seen}");
    chain.stop().await;
}

/// What the film weighs, as a real session saw it; the rest at its nominal rate.
struct Weighed {
    nominal: Nominal,
    sizes: BTreeMap<(Media, usize, u64), ByteSize>,
}

impl Content for Weighed {
    fn presentation(&self) -> Presentation {
        self.nominal.presentation()
    }

    fn index(&self, fetch: &Fetch) -> Sidx {
        self.nominal.index(fetch)
    }

    fn size(&self, fetch: &Fetch) -> ByteSize {
        let known = match fetch.what {
            What::Segment { media, rung, number, .. } => self.sizes.get(&(media, rung.0, number)),
            What::Manifest | What::Index { .. } | What::Init { .. } => None,
        };
        known.copied().unwrap_or_else(|| self.nominal.size(fetch))
    }
}

/// Returns the rungs chosen and why, in order.
fn choices<'a>(events: impl Iterator<Item = &'a Event>) -> Vec<(usize, &'static str)> {
    let choices = events.filter_map(|event| {
        let Event::Rung { rung, reason, .. } = event else { return None };
        Some((*rung, *reason))
    });
    choices.collect()
}

/// Returns the `real` events up to the first segment that took much longer than it did in the
/// simulator: from there on the machine was the link.
fn before_the_first_late<'a>(real: &'a [Event], simulated: &[Event]) -> &'a [Event] {
    let took = |event: &Event| {
        let Event::Segment { media, rung, number, took, .. } = event else { return None };
        Some(((*media, *rung, *number), *took))
    };
    let expected = simulated.iter().filter_map(took).collect::<BTreeMap<_, _>>();
    let is_late = |event: &Event| {
        let Some((which, took)) = took(event) else { return false };
        expected.get(&which).is_some_and(|expected| *expected * 5 / 4 < took)
    };
    &real[..real.iter().position(is_late).unwrap_or(real.len())]
}

/// Sockets take time that no simulator knows, so instants differ; the link is chosen so that its
/// rate is far from where a decision would tip.
#[tokio::test]
async fn over_real_sockets_the_choices_are_those_of_the_simulator() {
    let chain = Chain::start().await;
    let url = chain.url("/vod/film/number.mpd");
    let link = || Trace::parse("60000,960,25").expect("a trace");
    let player = PlayerConfig { stop_after_media: Some(PLAYED), ..PlayerConfig::new(url.clone()) };
    let rule = || dashpot_abr::by_name("throughput").expect("a rule");
    let config = Config { link: Some(link()), ..Config::new(player.clone(), rule()) };
    let mut events = Vec::new();
    let observe =
        |seen: Snapshot<'_>| events.extend(seen.record.map(|record| record.event.clone()));
    let outcome = play(config, std::future::pending(), observe).await.expect("a session");
    assert_eq!(outcome.reason, DoneReason::PlayedEnough);

    let sizes = events.iter().filter_map(|event| {
        let Event::Segment { media, rung, number, size, .. } = event else { return None };
        Some(((*media, *rung, *number), *size))
    });
    let (mpd, _) = dashpot_mpd::parse(chain.get(url.path()).await).expect("an MPD");
    let presentation = Presentation::resolve(&mpd, &url).expect("a timeline");
    let content = Weighed { nominal: Nominal(presentation), sizes: sizes.collect() };
    let run = dashpot_sim::run(Session {
        player: Player::new(player, rule()),
        wire: Wire::new(content, Link::new(link(), 0.0, Seed(1))),
        script: Vec::new(),
        grain: Duration::from_nanos(1),
    });
    chain.stop().await;
    let simulated = run.records.iter().map(|record| &record.event).cloned().collect::<Vec<_>>();
    let in_time = before_the_first_late(&events, &simulated);
    let (real, simulated) = (choices(in_time.iter()), choices(simulated.iter()));
    let both = real.len().min(simulated.len());
    assert_eq!(real[..both], simulated[..both]);
    if in_time.len() < events.len() {
        println!("skipped in part: this machine is too slow for the link it emulates");
    } else {
        assert!(4 <= both, "{real:?} {simulated:?}");
    }
}
