//! A primary that fails, and what stands in for it.

use super::super::{
    Edge, Nobody, any_port, bounded,
    client::fetch,
    http_url,
    origin::HostileOrigin,
    scripted::{ScriptedOrigin, ok, status},
};
use dashpot_base::MonoTime;
use dashpot_edge::Config;
use dashpot_serve::Clock;
use std::{
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

async fn well() -> ScriptedOrigin {
    ScriptedOrigin::start(|_, _| ok("Cache-Control: max-age=60", "from the backup")).await
}

async fn unavailable() -> ScriptedOrigin {
    ScriptedOrigin::start(|_, _| status("503 Service Unavailable", "Cache-Control: no-store")).await
}

fn config(primary: SocketAddr, backup: SocketAddr) -> Config {
    let mut config = Config::new(http_url(primary), any_port());
    config.behind.others = vec![http_url(backup)];
    config
}

/// Asks for a path through an edge, which the backup is to have answered after one request.
async fn check(config: Config, backup: &ScriptedOrigin, path: &str) {
    let edge = Edge::start(config).await;
    let response = fetch(edge.addr, path, &[]).await;
    let text = String::from_utf8(response.body).expect("UTF-8");
    assert_eq!((response.status, &*text), (200, "from the backup"));
    assert_eq!(backup.count(path), 1);
    edge.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_answers_for_a_primary_that_is_down_unavailable_or_hangs() {
    bounded(async {
        let backup = well().await;
        let refusing = Nobody::new();
        check(config(refusing.addr, backup.addr), &backup, "/down.m4s").await;
        let primary = unavailable().await;
        check(config(primary.addr, backup.addr), &backup, "/unavailable.m4s").await;
        assert_eq!(primary.count("/unavailable.m4s"), 1);
        let primary = HostileOrigin::start().await;
        for path in ["/half-head/1.m4s", "/silent/1.m4s"] {
            let hostile = config(primary.url().socket_addrs(|| None).expect("it")[0], backup.addr);
            check(hostile, &backup, path).await;
            assert_eq!(primary.asked(path).len(), 1);
        }
        // An address that takes connections and never says anything.
        let hanging = TcpListener::bind(any_port()).expect("a port");
        let mut config = config(hanging.local_addr().expect("bound"), backup.addr);
        // A primary that has a stand-in may take half of it; so may the stand-in.
        config.head_timeout = Duration::from_secs(4);
        check(config, &backup, "/hangs.m4s").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retries_do_not_double_the_load_where_all_are_down() {
    bounded(async {
        let (primary, backup) = (unavailable().await, unavailable().await);
        let edge = Edge::start(config(primary.addr, backup.addr)).await;
        let clock = Clock::system();
        for nth in 0..400 {
            assert_eq!(fetch(edge.addr, &format!("/{nth}.m4s"), &[]).await.status, 503);
        }
        let asked = primary.heads().len() + backup.heads().len();
        let seconds = clock.mono().since(MonoTime::ZERO).as_secs() + 1;
        // A fifth more, what a quiet start has saved, and three in each second that this took.
        let most = 400 + 80 + 30 + 3 * usize::try_from(seconds).expect("few");
        assert!((401..=most).contains(&asked), "{asked} in {seconds} s");
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_rests_comes_back() {
    bounded(async {
        let works = Arc::new(AtomicBool::new(false));
        let is_up = Arc::clone(&works);
        let primary = ScriptedOrigin::start(move |_, _| match is_up.load(Ordering::Relaxed) {
            true => ok("Cache-Control: max-age=60", "from the primary"),
            false => status("503 Service Unavailable", ""),
        })
        .await;
        let backup = well().await;
        let edge = Edge::start(config(primary.addr, backup.addr)).await;
        let ask = async |nth: usize| {
            let response = fetch(edge.addr, &format!("/{nth}.m4s"), &[]).await;
            assert_eq!(response.status, 200);
            response.body == b"from the primary"
        };
        for nth in 0..50 {
            assert!(!ask(nth).await);
        }
        assert!(primary.heads().len() < 10, "it does not rest");
        works.store(true, Ordering::Relaxed);
        let mut nth = 50;
        while !ask(nth).await {
            nth += 1;
        }
        // And is preferred again.
        assert!(ask(nth + 1).await);
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_a_lone_origin_closes_as_it_is_used_is_made_again() {
    bounded(async {
        // Takes the second request, and goes without a word: as if its patience had just ended.
        let primary = HostileOrigin::start().await;
        let edge = Edge::before(&primary).await;
        let response = fetch(edge.addr, "/silent/1.m4s", &[]).await;
        assert_eq!((response.status, primary.asked("/silent/1.m4s").len()), (502, 2));
        let text = String::from_utf8(response.body).expect("UTF-8");
        assert!(text.contains("connection closed before message completed"), "{text}");
        edge.stop().await;
    })
    .await;
}
