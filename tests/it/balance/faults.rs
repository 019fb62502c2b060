//! Backends and clients that fail, and what the other side hears of it.

use super::{Backend, Balancer, backend::Refusing, bounded, is_reset, spec, turns};
use dashpot_balance::Config;
use dashpot_route::outlier;
use dashpot_serve::Shutdown;
use socket2::SockRef;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::mpsc,
};

/// Closes a connection with a reset.
fn reset(stream: TcpStream) {
    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("a socket");
    drop(stream);
}

#[tokio::test]
async fn a_backend_that_refuses_costs_a_client_nothing_but_another_try() {
    let (refusing, well) = (Refusing::new(), Backend::greeting("w").await);
    let mut config = turns(&[&well]);
    config.backends.push(spec("r", refusing.addr));
    // For as long as any test may take.
    let hour = Duration::from_secs(3_600);
    let outliers = outlier::Settings::default();
    config.outliers = Some(outlier::Settings { ejection: hour, ejection_max: hour, ..outliers });
    let balancer = Balancer::start(config).await;
    for _ in 0..12 {
        assert_eq!(balancer.greeter().await, "w");
    }
    let (_, choices) = balancer.ask("GET", "/choices", "").await;
    let choices = choices.as_array().expect("choices");
    let failed = choices.iter().filter(|choice| choice["backend"] == "r").collect::<Vec<_>>();
    // Five failures in a row eject it.
    assert_eq!(failed.len(), 5, "{choices:?}");
    assert!(failed.iter().all(|choice| choice["failure"] == "connect"));
    let again = choices.iter().filter(|choice| choice["tried"][0] == "r").collect::<Vec<_>>();
    assert_eq!(again.len(), 5, "{choices:?}");
    assert!(again.iter().all(|choice| choice["choice"]["excluded"][0][1] == "tried"), "{again:?}");
    assert_eq!(balancer.shown("r").await["against"], "ejected");
    balancer.stop().await;
}

#[tokio::test]
async fn without_anybody_to_give_it_to_a_connection_is_reset() {
    let refusing = Refusing::new();
    let config = Config { backends: vec![spec("r", refusing.addr)], ..turns(&[]) };
    let balancer = Balancer::start(config).await;
    let read = bounded(balancer.connect().await.read(&mut [0; 1])).await;
    assert!(is_reset(&read), "{read:?}");
    balancer.stop().await;
}

#[tokio::test]
async fn a_backend_that_dies_within_an_answer_does_not_seem_to_have_ended_it() {
    // What breaks off goes through the buffer, or through a pipe.
    for length in [1_000, 3 << 20] {
        let backend = Backend::start("a", move |mut stream| async move {
            stream.write_all(&vec![7; length]).await.expect("written");
            // The client says when it has all of it: a reset overtakes what is on its way.
            stream.read_exact(&mut [0; 1]).await.expect("a word");
            reset(stream);
        })
        .await;
        let balancer = Balancer::start(turns(&[&backend])).await;
        let mut stream = balancer.connect().await;
        let mut got = vec![0; length];
        bounded(stream.read_exact(&mut got)).await.expect("what was written");
        stream.write_all(b"!").await.expect("told");
        let read = bounded(stream.read(&mut got)).await;
        assert!(is_reset(&read), "{read:?}");
        balancer.stop().await;
    }
}

#[tokio::test]
async fn a_client_that_resets_resets_its_backend() {
    let (heard, mut hears) = mpsc::channel(1);
    let backend = Backend::start("a", move |mut stream| {
        let heard = heard.clone();
        async move {
            stream.write_all(b"a").await.expect("greeted");
            let read = stream.read(&mut [0; 1]).await;
            heard.send(read).await.expect("the test listens");
        }
    })
    .await;
    let balancer = Balancer::start(turns(&[&backend])).await;
    let (_, stream) = balancer.greeted().await;
    reset(stream);
    let read = bounded(hears.recv()).await.expect("heard");
    assert!(is_reset(&read), "{read:?}");
    balancer.stop().await;
}

#[tokio::test]
async fn a_connection_on_which_nothing_moves_is_reset() {
    // It takes connections and never answers; a client that has half closed waits no longer.
    let backend = Backend::start("a", |mut stream| async move {
        stream.read_to_end(&mut Vec::new()).await.unwrap_or_default();
        std::future::pending::<()>().await;
    })
    .await;
    let long = Duration::from_secs(3_600);
    let short = Duration::from_millis(50);
    for (idle_timeout, fin_timeout, is_half) in [(short, long, false), (long, short, true)] {
        let config = Config { idle_timeout, fin_timeout, ..turns(&[&backend]) };
        let balancer = Balancer::start(config).await;
        let mut stream = balancer.connect().await;
        if is_half {
            stream.write_all(b"hello?").await.expect("sent");
            stream.shutdown().await.expect("half closed");
        }
        let read = bounded(stream.read(&mut [0; 1])).await;
        assert!(is_reset(&read), "{read:?}");
        let (_, metrics) = balancer.ask_text("GET", "/metrics", "").await;
        let line = "dashpot_balance_connections_reset_total{reason=\"idle\"} 1";
        assert!(metrics.lines().any(|got| got == line), "{metrics}");
        balancer.stop().await;
    }
}

#[tokio::test]
async fn a_client_that_reads_nothing_makes_its_backend_wait_and_is_cut() {
    let (wrote, mut written) = mpsc::channel(1);
    let backend = Backend::start("a", move |mut stream| {
        let wrote = wrote.clone();
        async move {
            let (chunk, mut count) = (vec![0; 64 << 10], 0);
            while stream.write_all(&chunk).await.is_ok() {
                count += chunk.len();
            }
            wrote.send(count).await.expect("the test listens");
        }
    })
    .await;
    let idle_timeout = Duration::from_millis(200);
    let balancer = Balancer::start(Config { idle_timeout, ..turns(&[&backend]) }).await;
    let stream = balancer.connect().await;
    // What four sockets' buffers and a pipe hold, which Linux lets grow to some megabytes each.
    let count = bounded(written.recv()).await.expect("cut");
    assert!(count < 64 << 20, "{count} bytes were taken of a server whose client reads nothing");
    drop(stream);
    balancer.stop().await;
}

#[tokio::test]
async fn a_backend_has_no_more_connections_than_it_may() {
    let (a, b) = (Backend::greeting("a").await, Backend::greeting("b").await);
    let mut config = turns(&[&a, &b]);
    for backend in &mut config.backends {
        backend.connections_max = Some(1);
    }
    let balancer = Balancer::start(config).await;
    let ((one, kept), (other, also)) = (balancer.greeted().await, balancer.greeted().await);
    assert_ne!(one, other);
    let read = bounded(balancer.connect().await.read(&mut [0; 1])).await;
    assert!(is_reset(&read), "{read:?}");
    drop(kept);
    balancer.until(&one, |shown| shown["connections"] == 0).await;
    assert_eq!(balancer.greeter().await, one);
    drop(also);
    balancer.stop().await;
}

#[tokio::test]
async fn what_cannot_be_balanced_does_not_start() {
    let refusing = Refusing::new();
    let good = Config {
        listen: Some(super::any_port()),
        backends: vec![spec("r", refusing.addr)],
        ..Config::new()
    };
    let twice = vec![good.backends[0].clone(), good.backends[0].clone()];
    let admin = Some("192.0.2.1:0".parse().expect("an address"));
    let by = |rule: &str| Config { algorithm: rule.to_owned(), ..good.clone() };
    for (config, expected) in [
        (Config { listen: None, ..good.clone() }, "give --listen"),
        (Config { backends: Vec::new(), ..good.clone() }, "give --backend"),
        (Config { backends: twice, ..good.clone() }, "two backends called `r`"),
        (Config { admin, ..good.clone() }, "give a loopback address"),
        (by("fastest"), "`fastest` is no balancing rule"),
        (by("maglev:key=url"), "there are no URLs here"),
    ] {
        let error = dashpot_balance::bind(config).await.map(drop).expect_err("no balancer");
        assert!(error.to_string().contains(expected), "{error}");
    }
    let server = dashpot_balance::bind(good).await.expect("a balancer");
    let shutdown = Shutdown::new();
    shutdown.begin();
    bounded(server.run(shutdown)).await;
}
