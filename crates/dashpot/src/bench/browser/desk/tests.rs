use super::*;
use crate::bench::{browser::told, real::Chain};
use dashpot_serve::{Listener, Options, Shutdown, TowerToHyperService, serve};
use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

/// A desk with one session, and whoever speaks to it.
struct Stage {
    taken: Taken,
    base: String,
    client: reqwest::Client,
    chain: Chain,
}

impl Stage {
    async fn set() -> Self {
        let chain = Chain::start(Duration::from_secs(1)).await.unwrap();
        let (link, mpd) = chain.links().open().unwrap();
        let order = Order { mpd: mpd.into(), length_s: 1.5, buffer_s: None, abr: "dynamic" };
        let trace = Trace::parse("1000,1000,10\n").unwrap();
        let desk = Desk::default();
        let taken = desk.take(Seat::new(order, link, trace, told::tests::film()));
        let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
        let base = format!("http://{}/sessions/{}", listener.addr(), taken.seat.id());
        let router = TowerToHyperService::new(desk.routes());
        let options = Options::new(Shutdown::new());
        tokio::spawn(async move { serve(listener, move |_| router.clone(), options).await });
        Self { taken, base, client: reqwest::Client::builder().no_proxy().build().unwrap(), chain }
    }

    async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> u16 {
        let answer = self.client.post(format!("{}/{path}", self.base)).body(body).send().await;
        answer.unwrap().status().as_u16()
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let answer = self.client.get(format!("{}/{path}", self.base)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

const HELLO: &str = r#"{"dashjs":"5.2.1"}"#;
const PLAYING: &str = r#"{"number":0,"things":[{"t_ms":1,"what":"playing","position_s":0}]}"#;

#[tokio::test]
async fn a_session_is_ordered_begun_and_heard_once_each() {
    let stage = Stage::set().await;
    let (status, order) = stage.get("order").await;
    let order: serde_json::Value = serde_json::from_str(&order).unwrap();
    assert_eq!((status, &order["length_s"], &order["buffer_s"]), (200, &1.5.into(), &().into()));
    // The MPD is where the order says, over the session's own link.
    let mpd = reqwest::get(order["mpd"].as_str().unwrap()).await.unwrap();
    assert!(mpd.text().await.unwrap().contains("<MPD"));
    assert_eq!(stage.post("events", PLAYING).await, 409, "it has not begun");
    assert_eq!(stage.post("begin", HELLO).await, 204);
    assert_eq!(stage.post("begin", HELLO).await, 409);
    assert_eq!(stage.post("events", PLAYING).await, 204);
    assert_eq!(stage.post("events", PLAYING).await, 204, "it was heard and is sent again");
    let later = PLAYING.replace("\"number\":0", "\"number\":2");
    assert_eq!(stage.post("events", later).await, 409, "one before it is missing");
    let ended = PLAYING.replace("\"number\":0", "\"number\":1").replace("playing", "ended");
    assert_eq!(stage.taken.seat.standing(), Standing::Running);
    assert_eq!(stage.post("events", ended).await, 204);
    assert_eq!(stage.taken.seat.standing(), Standing::Over);
    assert_eq!(stage.taken.seat.dashjs().as_deref(), Some("5.2.1"));
    let (_, _, records) = stage.taken.seat.leave(told::tests::film(), "").finish(&[]);
    assert_eq!(records.len(), 2, "{records:?}");
    drop(stage.taken);
    let gone = reqwest::get(format!("{}/order", stage.base)).await.unwrap();
    assert_eq!(gone.status(), 404);
    stage.chain.stop().await.unwrap();
}

#[tokio::test]
async fn hostile_messages_end_the_session_and_nothing_else() {
    for (path, body, status) in [
        ("begin", "{}".to_owned(), 400),
        ("events", "no JSON".to_owned(), 400),
        ("events", r#"{"number":-1,"things":[]}"#.to_owned(), 400),
        ("events", PLAYING.replace("\"t_ms\":1", "\"t_ms\":-1"), 400),
        ("events", "x".repeat(2 * MESSAGE_MAX), 413),
    ] {
        let stage = Stage::set().await;
        if path == "events" {
            assert_eq!(stage.post("begin", HELLO).await, 204);
        }
        assert_eq!(stage.post(path, body).await, status, "{path}");
        // One that is too large never comes as far as to be read.
        let standing = stage.taken.seat.standing();
        assert_eq!(matches!(standing, Standing::Refused(_)), status == 400, "{standing:?}");
        stage.chain.stop().await.unwrap();
    }
    let stage = Stage::set().await;
    for version in ["", "5.2,1", "\\n", "5555555555555555555555555555555555"] {
        let hello = format!(r#"{{"dashjs":"{version}"}}"#);
        assert_eq!(stage.post("begin", hello).await, 400, "{version}");
    }
    assert_eq!(stage.post("begin", HELLO).await, 204);
    let things = vec![r#"{"t_ms":1,"what":"playing","position_s":0}"#; THINGS_MAX + 1].join(",");
    let many = format!(r#"{{"number":0,"things":[{things}]}}"#);
    assert_eq!(stage.post("events", many).await, 413);
    stage.chain.stop().await.unwrap();
}
