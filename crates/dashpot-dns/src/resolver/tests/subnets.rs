//! Names that are answered by who asks, and answers that are renewed ahead of their end.

use super::*;
use crate::{Asker, Steered};

/// Leads the clients of 10.1.0.0/16 to one place, and all others, each /24 on its own, to another.
pub(super) fn steer(asker: &Asker) -> Steered {
    let is_near = asker.subnet.is_some_and(|(address, _)| match address {
        IpAddr::V4(v4) => v4.octets().starts_with(&[10, 1]),
        IpAddr::V6(_) => false,
    });
    let (address, scope) = if is_near { ("127.60.1.1", 16) } else { ("127.60.2.1", 24) };
    let addresses = vec![address.parse().unwrap()];
    Steered { addresses, ttl: 20, scope, reason: "where".to_owned(), ..Steered::default() }
}

#[tokio::test]
async fn answers_are_kept_for_the_networks_for_which_they_hold() {
    let tree = Tree::new(Make::Plain).await;
    let resolver = tree.resolver();
    let asked = |network: Option<&str>| Asked {
        name: name("steered.cdn.net."),
        kind: RecordType::A,
        subnet: network.map(|network| network.parse().unwrap()),
    };
    for (network, address, queries, scope) in [
        (Some("10.1.2.0/24"), "127.60.1.1", 4, Some(16)),
        // RFC 7871 §7.3.1: kept for all of the scope, and for nobody else.
        (Some("10.1.9.0/24"), "127.60.1.1", 0, Some(16)),
        (Some("10.2.9.0/24"), "127.60.2.1", 1, Some(24)),
        (Some("10.2.8.0/24"), "127.60.2.1", 1, Some(24)),
        (Some("10.2.9.0/24"), "127.60.2.1", 0, Some(24)),
        (None, "127.60.2.1", 1, None),
    ] {
        let resolution = resolver.resolve(&asked(network)).await;
        let told = (data(&resolution), resolution.queries(), resolution.scope);
        let address = format!("steered.cdn.net. {address}");
        assert_eq!(told, (address, queries, scope), "{network:?}");
    }
}

#[tokio::test]
async fn what_is_used_near_its_end_is_renewed_before_it() {
    let tree = Tree::new(Make::Plain).await;
    let rules = Rules { prefetch_percent: 10, ..Rules::default() };
    let config = Config { rules, ..tree.config() };
    let resolver = Resolver::new(config, Clock::system()).unwrap();
    let asked = Asked { name: name("edge.cdn.net."), kind: RecordType::A, subnet: None };
    resolver.resolve(&asked).await;
    // Time passes while nobody is asked.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(18)).await;
    tokio::time::resume();
    let ttl = |resolution: &Resolution| resolution.answers[0].ttl;
    let used = resolver.cached(&asked).unwrap();
    assert!(ttl(&used) <= 2);
    while resolver.cached(&asked).is_none_or(|kept| ttl(&kept) <= 2) {
        tokio::task::yield_now().await;
    }
}
