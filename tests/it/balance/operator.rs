//! Probes, the operator's pages, and orderly ends.

use super::{Backend, Balancer, bounded, is_reset, turns};
use dashpot_balance::{Check, Config};
use dashpot_route::health;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// A server that answers every request with 200, or with 503 while it is ill.
async fn http(name: &'static str, is_ill: Arc<AtomicBool>) -> Backend {
    Backend::start(name, move |mut stream| {
        let is_ill = Arc::clone(&is_ill);
        async move {
            let mut head = [0; 512];
            // A probe asks in one packet.
            if stream.read(&mut head).await.is_ok_and(|count| count != 0) {
                let status = if is_ill.load(Ordering::Relaxed) { "503 No" } else { "200 OK" };
                let answer =
                    format!("HTTP/1.1 {status}\r\nServer: {name}\r\nContent-Length: 0\r\n\r\n");
                // Whoever asked may have gone.
                stream.write_all(answer.as_bytes()).await.unwrap_or_default();
            }
        }
    })
    .await
}

async fn server_of(balancer: &Balancer) -> String {
    let mut stream = balancer.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.expect("asked");
    let mut answer = String::new();
    bounded(stream.read_to_string(&mut answer)).await.expect("an answer");
    let server = answer.lines().find_map(|line| line.strip_prefix("Server: "));
    server.expect("a name").to_owned()
}

#[tokio::test]
async fn a_backend_that_is_ill_is_passed_over_until_it_is_well() {
    let is_ill = Arc::new(AtomicBool::new(true));
    let (a, b) = (http("a", Arc::clone(&is_ill)).await, http("b", Arc::default()).await);
    let interval = Duration::from_millis(20);
    let timeout = Duration::from_secs(30);
    let health = health::Settings {
        interval,
        timeout,
        slow_start: Duration::ZERO,
        ..health::Settings::default()
    };
    let check = Check::Http("/health".to_owned());
    let config = Config { check, health, ..turns(&[&a, &b]) };
    let balancer = Balancer::start(config).await;
    let shown = balancer.until("a", |shown| shown["state"] == "down").await;
    assert_eq!(shown["why"]["status"], 503);
    assert_eq!(shown["against"]["down"]["status"], 503);
    balancer.until("b", |shown| shown["state"] == "up").await;
    for _ in 0..4 {
        assert_eq!(server_of(&balancer).await, "b");
    }
    is_ill.store(false, Ordering::Relaxed);
    balancer.until("a", |shown| shown["state"] == "up" && shown["against"].is_null()).await;
    let both = [server_of(&balancer).await, server_of(&balancer).await];
    assert!(both.contains(&"a".to_owned()) && both.contains(&"b".to_owned()), "{both:?}");
    let (_, metrics) = balancer.ask_text("GET", "/metrics", "").await;
    assert!(metrics.contains("dashpot_balance_backend_up{backend=\"a\"} 1"), "{metrics}");
    balancer.stop().await;
}

#[tokio::test]
async fn a_backend_is_drained_taken_off_and_put_on_while_its_connections_go_on() {
    let (a, b) = (Backend::greeting("a").await, Backend::greeting("b").await);
    let balancer = Balancer::start(turns(&[&a, &b])).await;
    let (first, mut kept) = balancer.greeted().await;
    let other = if first == "a" { "b" } else { "a" };
    let drained = format!("/backends/{first}/drain");
    assert_eq!(balancer.ask("POST", &drained, "").await.0, 204);
    assert_eq!(balancer.shown(&first).await["against"], "drained");
    for _ in 0..4 {
        assert_eq!(balancer.greeter().await, other);
    }
    assert_eq!(balancer.ask("DELETE", &drained, "").await.0, 204);
    assert!(balancer.shown(&first).await["against"].is_null());
    assert_eq!(balancer.ask("DELETE", &format!("/backends/{other}"), "").await.0, 204);
    for _ in 0..4 {
        assert_eq!(balancer.greeter().await, first);
    }
    let c = Backend::greeting("c").await;
    let body = format!("{{\"addr\":\"{}\",\"weight\":2}}", c.addr);
    assert_eq!(balancer.ask("PUT", "/backends/c", &body).await.0, 204);
    assert_eq!(balancer.shown("c").await["weight"], 2);
    let two = [balancer.greeter().await, balancer.greeter().await];
    assert!(two.contains(&"c".to_owned()), "{two:?}");
    // The connection of the beginning has noticed nothing.
    kept.write_all(b"!").await.expect("sent");
    let mut echoed = [0; 1];
    bounded(kept.read_exact(&mut echoed)).await.expect("an echo");
    assert_eq!(&echoed, b"!");
    for (method, path, body, expected) in [
        ("DELETE", "/backends/x", "", 404),
        ("POST", "/backends/x/drain", "", 404),
        ("PUT", "/backends/x", "{\"addr\":\"127.0.0.1:1\",\"weight\":1001}", 422),
        ("PUT", "/backends/x", "{\"addr\":\"somewhere\"}", 422),
        ("POST", "/state", "", 405),
        ("GET", "/nothing", "", 404),
    ] {
        assert_eq!(balancer.ask(method, path, body).await.0, expected, "{method} {path}");
    }
    balancer.stop().await;
}

#[tokio::test]
async fn pages_in_a_browser_may_not_order_anything() {
    let a = Backend::greeting("a").await;
    let balancer = Balancer::start(turns(&[&a])).await;
    for fields in ["Host: rebound.example", "Host: 127.0.0.1\r\nOrigin: http://127.0.0.1:9"] {
        let mut stream = TcpStream::connect(balancer.admin).await.expect("a listener");
        let head = format!("GET /state HTTP/1.1\r\n{fields}\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.expect("asked");
        let mut answer = String::new();
        bounded(stream.read_to_string(&mut answer)).await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    }
    balancer.stop().await;
}

#[tokio::test]
async fn an_end_waits_for_connections_as_long_as_it_is_to() {
    let a = Backend::greeting("a").await;
    let drain = super::PATIENCE;
    let balancer = Balancer::start(Config { drain, ..turns(&[&a]) }).await;
    assert_eq!(balancer.ask("GET", "/health", "").await.0, 200);
    let (_, mut kept) = balancer.greeted().await;
    balancer.shutdown.begin();
    // Nothing is taken any more, which those in front are told.
    bounded(async { while TcpStream::connect(balancer.addr).await.is_ok() {} }).await;
    let (status, health) = balancer.ask("GET", "/health", "").await;
    assert_eq!(
        (status, &health["status"], &health["connections"]),
        (503, &"draining".into(), &1.into())
    );
    kept.write_all(b"!").await.expect("sent");
    bounded(kept.read_exact(&mut [0; 1])).await.expect("an echo");
    kept.shutdown().await.expect("ended");
    assert_eq!(bounded(kept.read(&mut [0; 1])).await.expect("an orderly end"), 0);
    bounded(balancer.task).await.expect("the balancer ends");
    // One that is to end at once resets what there is.
    let balancer = Balancer::start(turns(&[&a])).await;
    let (_, mut kept) = balancer.greeted().await;
    balancer.stop().await;
    let read = bounded(kept.read(&mut [0; 1])).await;
    assert!(is_reset(&read), "{read:?}");
}
