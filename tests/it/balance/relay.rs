//! Bytes arrive as they were sent, both ways, and ends are passed on.

use super::{Backend, Balancer, bounded, turns};
use dashpot_balance::{Config, Splice};
use dashpot_route::rules;
use std::collections::BTreeMap;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_comes_back_whole_and_the_end_after_it() {
    let backend = Backend::greeting("a").await;
    // Odd, and more than what buffers on the way can hold.
    let sent: Vec<u8> = (0..9_000_001_u32).map(|at| (at % 251) as u8).collect();
    for (splice, buffer_bytes) in
        [(Splice::Auto, 32 << 10), (Splice::Off, 32 << 10), (Splice::Auto, 1_111)]
    {
        let config = Config { splice, buffer_bytes, ..turns(&[&backend]) };
        let balancer = Balancer::start(config).await;
        let mut stream = balancer.connect().await;
        let (mut from, mut to) = stream.split();
        let send = async {
            to.write_all(&sent).await.expect("sent");
            // The server goes on answering on a connection that is half closed.
            to.shutdown().await.expect("ended");
        };
        let mut got = Vec::new();
        let (_, read) = bounded(async { tokio::join!(send, from.read_to_end(&mut got)) }).await;
        assert_eq!(read.expect("an orderly end"), sent.len() + 1);
        assert!(got[0] == b'a' && got[1..] == sent, "{splice:?}: other bytes came back");
        let shown = balancer.until("a", |shown| shown["connections"] == 0).await;
        assert_eq!(shown["up_bytes"], sent.len());
        assert_eq!(shown["down_bytes"], sent.len() + 1);
        assert_eq!((&shown["opened"], &shown["failed"]), (&1.into(), &0.into()));
        balancer.stop().await;
    }
}

#[tokio::test]
async fn every_rule_spreads_connections_over_all_backends() {
    let (a, b) = (Backend::greeting("a").await, Backend::greeting("b").await);
    for rule in rules::all() {
        // Bound so tightly that one client's connections are spread, too.
        let one_network = rule.name == "ip-hash";
        let algorithm =
            if one_network { "ip-hash:bound=1".to_owned() } else { rule.name.to_owned() };
        let balancer = Balancer::start(Config { algorithm, ..turns(&[&a, &b]) }).await;
        let (mut counts, mut held) = (BTreeMap::<String, u32>::new(), Vec::new());
        // Ports are drawn by the operating system: that sixty-four fall to one side is as likely
        // as in coin tosses.
        for _ in 0..64 {
            let (name, stream) = balancer.greeted().await;
            *counts.entry(name).or_default() += 1;
            held.push(stream);
        }
        assert_eq!(counts.len(), 2, "{}: {counts:?}", rule.name);
        balancer.stop().await;
    }
}

#[tokio::test]
async fn weights_and_clients_are_heeded() {
    let (a, b) = (Backend::greeting("a").await, Backend::greeting("b").await);
    let mut config = turns(&[&a, &b]);
    config.backends[1].weight = 0;
    let balancer = Balancer::start(config).await;
    for _ in 0..6 {
        assert_eq!(balancer.greeter().await, "a");
    }
    balancer.stop().await;
    let algorithm = "maglev:key=client".to_owned();
    let balancer = Balancer::start(Config { algorithm, ..turns(&[&a, &b]) }).await;
    let first = balancer.greeter().await;
    for _ in 0..6 {
        assert_eq!(balancer.greeter().await, first);
    }
    balancer.stop().await;
}
