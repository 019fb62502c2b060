//! A steering server that asks edges how they are, with edges that die and that are full.

use dashpot_origin::{PollConfig, SteeringConfig};
use dashpot_serve::Shutdown;
use serde_json::{Value, json};
use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};
use tokio::{net::TcpStream, task::JoinHandle, time};

/// Many times what each step takes: a bound for a busy machine, not a measurement.
const STEP_MAX: Duration = Duration::from_secs(120);
/// Connections that are all that an edge here can serve.
const CONNECTIONS: u64 = 40;

fn any_port() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

struct Running {
    addr: SocketAddr,
    shutdown: Shutdown,
    task: JoinHandle<()>,
}

impl Running {
    async fn stop(self) {
        self.shutdown.begin();
        self.task.await.expect("a server's task");
    }
}

async fn edge() -> Running {
    // Of its pages none comes from an origin.
    let mut config =
        dashpot_edge::Config::new("http://127.0.0.1:1".parse().expect("a URL"), any_port());
    config.load.connections = Some(CONNECTIONS);
    // Those who never ask anything stay.
    config.front.limits.header_read_timeout = Duration::from_secs(600);
    let server = dashpot_edge::bind(config).await.expect("the edge binds");
    let (addr, shutdown) = (server.addr(), Shutdown::new());
    let until = shutdown.clone();
    let task = tokio::spawn(async move { server.run(until).await.expect("a drained edge") });
    Running { addr, shutdown, task }
}

/// An origin that steers to `edges`, with its operator's address.
async fn origin(edges: &[(&str, SocketAddr)]) -> (Running, SocketAddr) {
    let pathway = |(name, addr): &(&str, SocketAddr)| {
        format!("{name}=http://{addr}").parse().expect("a pathway")
    };
    let config = dashpot_origin::Config {
        admin: Some(any_port()),
        steering: SteeringConfig {
            pathways: edges.iter().map(pathway).collect(),
            poll: Some(PollConfig::new(Duration::from_millis(200))),
            ..SteeringConfig::default()
        },
        ..dashpot_origin::Config::new(crate::judges::root().join("media"), any_port())
    };
    let server = dashpot_origin::bind(config).await.expect("the origin binds");
    let (addr, admin) = (server.addr(), server.admin_addr().expect("the operator's address"));
    let shutdown = Shutdown::new();
    let until = shutdown.clone();
    let task = tokio::spawn(async move { server.run(until).await.expect("a drained origin") });
    (Running { addr, shutdown, task }, admin)
}

fn client() -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]);
    client.build().expect("a client")
}

async fn json_of(url: String) -> Value {
    let text = client().get(url).send().await.expect("an answer").text().await.expect("a body");
    serde_json::from_str(&text).expect("JSON")
}

/// Returns what the operator sees of a pathway.
async fn seen(admin: SocketAddr, id: &str) -> Value {
    let state = json_of(format!("http://{admin}/steering/state")).await;
    let pathways = state["pathways"].as_array().expect("a list");
    pathways.iter().find(|one| one["id"] == id).expect("a pathway").clone()
}

async fn until<F: Future<Output = Value>>(
    ask: impl Fn() -> F,
    is_wanted: impl Fn(&Value) -> bool,
) -> Value {
    let mut last = Value::Null;
    let waits = async {
        loop {
            last = ask().await;
            if is_wanted(&last) {
                return;
            }
            time::sleep(Duration::from_millis(50)).await;
        }
    };
    let in_time = time::timeout(STEP_MAX, waits).await;
    assert!(in_time.is_ok(), "it stays {last}");
    last
}

/// Asks as a viewer that nobody has seen before, so that nobody is told to ask less.
async fn told(origin: SocketAddr) -> Value {
    json_of(format!("http://{origin}/steering/new")).await["PATHWAY-PRIORITY"].clone()
}

async fn put(admin: SocketAddr, path: &str, body: Value) {
    let request = client().put(format!("http://{admin}/steering/{path}"));
    let request = request.header("content-type", "application/json").body(body.to_string());
    let status = request.send().await.expect("an answer").status();
    assert_eq!(status.as_u16(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_edge_and_a_full_one_are_the_last_that_viewers_are_told_of() {
    let (a, b) = (edge().await, edge().await);
    let (origin, admin) = origin(&[("a", a.addr), ("b", b.addr)]).await;
    for id in ["a", "b"] {
        let known = until(|| seen(admin, id), |one| one["health"]["state"] == "up").await;
        assert_eq!((&known["load_by"], &known["down"]), (&json!("pathway"), &json!(false)));
    }
    // Full: as many connections as it can serve, of which the poller has one.
    let mut crowd = Vec::new();
    for _ in 0..CONNECTIONS {
        crowd.push(TcpStream::connect(b.addr).await.expect("a connection"));
    }
    let full = until(|| seen(admin, "b"), |one| one["load_percent"] == 100).await;
    assert_eq!(full["health"]["full_by"], "duress", "{full}");
    assert!(full["health"]["full_ms"].is_u64() && full["health"]["state"] == "up", "{full}");
    for _ in 0..8 {
        assert_eq!(told(origin.addr).await, json!(["a", "b"]));
    }
    // The operator's word counts, and is seen as such.
    put(admin, "pathways/b", json!({ "load_percent": 0 })).await;
    put(admin, "pathways/a", json!({ "load_percent": 100 })).await;
    let word = seen(admin, "b").await;
    assert_eq!((&word["load_by"], &word["load_percent"]), (&json!("operator"), &json!(0)));
    assert_eq!(word["health"]["full_by"], "duress", "{word}");
    assert_eq!(told(origin.addr).await, json!(["b", "a"]));
    for id in ["a", "b"] {
        put(admin, &format!("pathways/{id}"), json!({ "load_percent": null })).await;
        assert_eq!(seen(admin, id).await["load_by"], "pathway");
    }
    assert_eq!(told(origin.addr).await, json!(["a", "b"]));
    // Dead: the full one is better.
    a.stop().await;
    let down = until(|| seen(admin, "a"), |one| one["down"] == true).await;
    assert_eq!(down["health"]["state"], "down");
    assert!(down["health"]["held_ms"].is_u64(), "{down}");
    assert!(down["health"]["why"].as_str().is_some_and(|why| !why.is_empty()), "{down}");
    for _ in 0..8 {
        assert_eq!(told(origin.addr).await, json!(["b", "a"]));
    }
    drop(crowd);
    b.stop().await;
    origin.stop().await;
}
