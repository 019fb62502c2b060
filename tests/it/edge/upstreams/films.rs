//! A film whose MPD names its origin, played through the edge.

use super::super::{Edge, any_port, bounded, client::fetch, http_url};
use crate::judges::root;
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{StatusCode, header},
    response::Response,
};
use dashpot_edge::Config;
use dashpot_player::DoneReason;
use std::{
    net::SocketAddr,
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::TcpListener,
    process::Command,
};

/// What stands before the real origin and puts absolute URLs into its MPDs.
#[derive(Clone)]
struct Absolute {
    origin: String,
    own: SocketAddr,
    client: reqwest::Client,
    /// The paths that were asked for, and whether an edge did.
    asked: Arc<Mutex<Vec<(String, bool)>>>,
}

async fn answer(State(absolute): State<Absolute>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let by_edge = request.headers().contains_key(header::VIA);
    absolute.asked.lock().expect("no panic while locked").push((path.clone(), by_edge));
    let mut asked = absolute.client.get(format!("{}{path}", absolute.origin));
    if let Some(range) = request.headers().get(header::RANGE) {
        asked = asked.header(header::RANGE, range);
    }
    let Ok(found) = asked.send().await else { return refused() };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = found.status();
    for name in [header::CONTENT_TYPE, header::CACHE_CONTROL, header::CONTENT_RANGE] {
        if let Some(value) = found.headers().get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    let Ok(body) = found.bytes().await else { return refused() };
    *response.body_mut() = match path.strip_suffix("number.mpd") {
        None => body.into(),
        Some(folder) => {
            let text = String::from_utf8(body.to_vec()).expect("an MPD is text");
            let at = text.find("<Period").expect("a Period");
            let base = format!("<BaseURL>http://{}{folder}</BaseURL>", absolute.own);
            format!("{}{base}{}", &text[..at], &text[at..]).into()
        }
    };
    response
}

fn refused() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_with_absolute_urls_is_played_through_the_edge() {
    bounded(async {
        let mut origin = Command::new(env!("CARGO_BIN_EXE_dashpot"))
            .args(["origin", "--listen", "127.0.0.1:0", "--media"])
            .arg(root().join("media"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("the origin starts");
        let stdout = origin.stdout.take().expect("piped");
        let line = BufReader::new(stdout).lines().next_line().await.expect("reads");
        let listener = TcpListener::bind(any_port()).await.expect("a port");
        rustls::crypto::ring::default_provider().install_default().unwrap_or_default();
        let absolute = Absolute {
            origin: line.expect("an address").trim().trim_end_matches('/').to_owned(),
            own: listener.local_addr().expect("bound"),
            client: reqwest::Client::builder().no_proxy().tls_certs_only([]).build().expect("one"),
            asked: Arc::default(),
        };
        let router = Router::new().fallback(answer).with_state(absolute.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await });
        let mut config = Config::new(http_url(absolute.own), any_port());
        config.behind.rewrite_mpd_urls = true;
        let edge = Edge::start(config).await;
        let mpd = fetch(edge.addr, "/vod/film/number.mpd", &[]).await;
        let text = String::from_utf8(mpd.body).expect("UTF-8");
        assert!(mpd.whole && text.contains("<BaseURL>/vod/film/</BaseURL>"), "{text}");
        let film = http_url(edge.addr).join("vod/film/number.mpd").expect("a URL");
        // All that is played is there before it is: no machine is too slow for that.
        let player = dashpot_player::Config {
            startup: Duration::from_secs(5),
            stop_after_media: Some(Duration::from_secs(3)),
            ..dashpot_player::Config::new(film)
        };
        let rule = dashpot_abr::by_name("throughput").expect("a rule");
        let session = dashpot_client::Config::new(player, rule);
        let played = dashpot_client::play(session, std::future::pending(), |_| ()).await;
        assert_eq!(played.expect("a session").reason, DoneReason::PlayedEnough);
        let asked = absolute.asked.lock().expect("no panic while locked").clone();
        let segments = asked.iter().filter(|(path, _)| path.ends_with(".m4s")).count();
        assert!(2 < segments && asked.iter().all(|(_, by_edge)| *by_edge), "{asked:?}");
        edge.stop().await;
        serving.abort();
    })
    .await;
}
