//! Resolvers that ask resolvers, and messages between them.

use super::*;

/// Starts a resolver and returns where it listens.
async fn start(resolver: Config) -> (SocketAddr, Resolver, Shutdown) {
    let listen = vec![SocketAddr::from(([127, 0, 0, 1], 0))];
    let config = ResolverConfig { listen, resolver, ..ResolverConfig::default() };
    let server = bind_resolver(config).await.unwrap();
    let (addr, shutdown) = (server.addrs().next().unwrap(), Shutdown::new());
    let resolver = server.resolver();
    tokio::spawn(server.run(shutdown.clone()));
    (addr, resolver, shutdown)
}

fn forwarding(to: SocketAddr) -> Config {
    let hop_timeout = Duration::from_secs(60);
    Config { ask: Ask::Resolvers(vec![to]), hop_timeout, ..Config::default() }
}

#[tokio::test]
async fn in_a_chain_each_level_asks_the_one_above_and_keeps_what_it_is_told() {
    let tree = Tree::new(Make::Plain).await;
    let (top, at_top, _end) = start(tree.config()).await;
    let (middle, at_middle, _end) = start(forwarding(top)).await;
    let bottom = Resolver::new(forwarding(middle), Clock::system()).unwrap();
    for _ in 0..3 {
        let resolution = resolve(&bottom, "video.ott.com.", RecordType::A).await;
        assert_eq!(resolution.answers.len(), 3, "{resolution:?}");
        assert!(resolution.answers.last().unwrap().ttl <= 20);
    }
    assert_eq!((bottom.queries(), at_middle.queries()), (1, 1));
    assert_eq!(at_top.queries(), 7);
    let nothing = resolve(&bottom, "gone.ott.com.", RecordType::A).await;
    assert_eq!(nothing.code, ResponseCode::NXDomain);
    assert_eq!(data(&nothing), "gone.ott.com. nowhere.cdn.net.");
}

#[tokio::test]
async fn a_resolver_tells_its_walk_to_who_asks_for_it() {
    let tree = Tree::new(Make::Plain).await;
    let asked = Asked { name: name("video.ott.com."), kind: RecordType::A, subnet: None };
    for (tells, is_told) in [(true, true), (false, false)] {
        let (addr, _, _end) = start(Config { tells, ..tree.config() }).await;
        let heard = ask(addr, &asked, &forwarding(addr)).await.unwrap();
        assert_eq!(heard.message.answers.len(), 3);
        assert!(heard.message.recursion_available && !heard.message.authoritative);
        assert_eq!(heard.walk.is_some(), is_told);
        if let Some(walk) = heard.walk {
            assert_eq!(walk.iter().filter(|step| step.is_query()).count(), 7);
        }
    }
}

#[tokio::test]
async fn what_does_not_fit_into_a_datagram_is_asked_for_again_over_tcp() {
    let tree = Tree::new(Make::Plain).await;
    let (addr, _, _end) = start(tree.config()).await;
    let below = Resolver::new(forwarding(addr), Clock::system()).unwrap();
    let resolution = resolve(&below, "long.ott.com.", RecordType::TXT).await;
    assert_eq!(resolution.answers.len(), 1);
    let last = resolution.steps.last().unwrap();
    assert_eq!(last.transport.as_deref(), Some("tcp"));
}

#[test]
fn what_is_forwarded_cannot_be_validated() {
    let anchors = Anchor::parse_all(". DS 1 13 2 00").unwrap();
    let config = Config { anchors, ..forwarding(SocketAddr::from(([127, 0, 0, 1], 53))) };
    let error = Resolver::new(config, Clock::system()).unwrap_err();
    assert!(matches!(error, ResolverStartError::Unprovable), "{error}");
}
