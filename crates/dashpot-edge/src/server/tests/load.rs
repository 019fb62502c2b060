//! How loaded an edge says that it is.

use super::*;
use dashpot_base::Bitrate;
use serde_json::Value;
use tokio::net::TcpStream;

/// Asks for the edge's health, after each `step`, until it is as wanted.
async fn until<S: Future<Output = ()>>(
    edge: &TestEdge,
    step: impl Fn() -> S,
    is_wanted: impl Fn(&Value) -> bool,
) -> Value {
    let mut last = Value::Null;
    let waits = async {
        loop {
            step().await;
            let text = edge.get("/health", &[]).await.text().await.unwrap();
            last = serde_json::from_str(&text).unwrap();
            if is_wanted(&last) {
                return;
            }
        }
    };
    // Many times what it takes: a bound for a busy machine, not a measurement.
    let in_time = tokio::time::timeout(Duration::from_secs(120), waits).await;
    assert!(in_time.is_ok(), "it stays {last}");
    last
}

async fn in_a_moment() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

async fn start(adjust: impl FnOnce(&mut Config)) -> (Origin, TestEdge) {
    let body = "x".repeat(20_000);
    let origin = Origin::start(move |_, _| response("200 OK", "cache-control: max-age=600", &body));
    let origin = origin.await;
    let edge = TestEdge::start(origin.addr, adjust).await;
    (origin, edge)
}

fn is_duress(health: &Value) -> bool {
    health["duress"] == true
}

#[tokio::test]
async fn connections_are_a_load_and_too_many_are_duress() {
    let (_origin, edge) = start(|config| {
        config.load.connections = Some(100);
        config.ops.cmsd = true;
    })
    .await;
    // The connection that asks is one; a client may have a few.
    let percent = |health: &Value| health["load_percent"].as_u64().unwrap();
    let health = until(&edge, in_a_moment, |health| (1..5).contains(&percent(health))).await;
    assert_eq!((&health["status"], &health["duress"]), (&"ok".into(), &false.into()));
    assert_eq!(health["connections_max"], 100);
    assert_eq!((&health["load_of"], &health["in_flight"]), (&"connections".into(), &0.into()));
    assert_eq!((&health["fills_max"], &health["egress_bps_max"]), (&1_024.into(), &Value::Null));
    let told = || async {
        let reply = edge.get("/a", &[]).await;
        let told = field(&reply, "cmsd-dynamic").contains(";du");
        // To its end, so that the next request takes the same connection.
        reply.bytes().await.unwrap();
        told
    };
    assert!(!told().await);
    let mut idle = Vec::new();
    for _ in 0..92 {
        idle.push(TcpStream::connect(edge.addr).await.unwrap());
    }
    let health = until(&edge, in_a_moment, is_duress).await;
    assert!(90 <= percent(&health), "{health}");
    assert!(told().await, "a hit says so");
    let metrics = edge.get("/metrics", &[]).await.text().await.unwrap();
    assert!(metrics.contains("\ndashpot_edge_duress 1\n"), "{metrics}");
    assert!(metrics.contains("\ndashpot_edge_load_percent 9"), "{metrics}");
    // Some fewer are not enough for the duress to end.
    idle.truncate(84);
    let health = until(&edge, in_a_moment, |health| percent(health) < 90).await;
    assert!(is_duress(&health), "{health}");

    assert!(told().await);
    drop(idle);
    until(&edge, in_a_moment, |health| !is_duress(health)).await;
    assert!(!told().await);
    // What the edge can do is read again with the rest.
    edge.reload(|config| config.load.connections = Some(1));
    until(&edge, in_a_moment, is_duress).await;
    edge.stop().await;
}

#[tokio::test]
async fn what_goes_out_is_a_load_and_under_duress_players_hear_of_their_share() {
    let (_origin, edge) = start(|config| {
        config.load.egress = Some(Bitrate::from_kbps(100));
        config.ops.cmsd = true;
    })
    .await;
    let fetch = || async {
        edge.get("/a", &[]).await.bytes().await.unwrap();
    };
    let health = until(&edge, fetch, is_duress).await;
    assert_eq!(
        (&health["load_of"], &health["egress_bps_max"]),
        (&"egress".into(), &100_000.into())
    );
    assert!(90_000 <= health["egress_bps"].as_u64().unwrap(), "{health}");
    let told = edge.get("/a", &[]).await;
    let member = field(&told, "cmsd-dynamic");
    let mut keys = member.split(';');
    assert_eq!(keys.next(), Some("\"dashpot-test\""));
    assert!(keys.clone().any(|key| key == "du"), "{member}");
    // Of 100 kbit/s, for one or a few connections.
    let share = keys.find_map(|key| key.strip_prefix("mb=")).unwrap();
    assert!((1..=100).contains(&share.parse().unwrap()), "{member}");
    until(&edge, in_a_moment, |health| !is_duress(health)).await;
    edge.stop().await;
}
