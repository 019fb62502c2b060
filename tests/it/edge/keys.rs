//! Which requests share a stored response, and what the origin is asked for them.

use super::{Edge, any_port, bounded, client::fetch, origin::HostileOrigin};
use dashpot_edge::{Config, HostRules, KeyRules, Keys, NamePattern, QueryRule};

async fn edge_with(origin: &HostileOrigin, adjust: impl FnOnce(&mut Keys)) -> Edge {
    let mut config = Config::new(origin.url(), any_port());
    adjust(&mut config.keys);
    Edge::start(config).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_s_cmcd_makes_no_miss_and_does_not_reach_the_origin() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let edge = edge_with(&origin, |_| ()).await;
        for (path, is_hit) in [
            ("/fine/1.m4s?CMCD=bl%3D1000", false),
            ("/fine/1.m4s?CMCD=bl%3D2000", true),
            ("/fine/1.m4s", true),
            ("/fine/1.m4s?b=1&a=2", false),
            ("/fine/1.m4s?a=2&b=1", false),
        ] {
            let got = fetch(edge.addr, path, &[]).await;
            assert_eq!(got.one("cache-status").contains("; hit"), is_hit, "{path} {got:?}");
        }
        assert_eq!(origin.asked("/fine/1.m4s").len(), 1);
        assert_eq!(origin.asked("/fine/1.m4s?CMCD=bl%3D1000").len(), 0);
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sorted_queries_are_one_key_and_are_forwarded_sorted() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let edge = edge_with(&origin, |keys| {
            keys.rules.query = QueryRule::Sort;
            keys.rules.drop = vec![NamePattern::new("utm_*")];
        })
        .await;
        for path in ["/fine/1.m4s?b=1&utm_x=y&a=2", "/fine/1.m4s?a=2&b=1"] {
            assert_eq!(fetch(edge.addr, path, &[]).await.status, 200);
        }
        assert_eq!(origin.asked("/fine/1.m4s?a=2&b=1").len(), 1);
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dropped_is_forwarded_only_where_that_was_asked_for() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let edge = edge_with(&origin, |keys| {
            keys.rules = KeyRules { query: QueryRule::Drop, ..KeyRules::default() };
            keys.forward_dropped = true;
        })
        .await;
        for path in ["/fine/1.m4s?first=1", "/fine/1.m4s?second=2"] {
            assert_eq!(fetch(edge.addr, path, &[]).await.status, 200);
        }
        assert_eq!(origin.asked("/fine/1.m4s?first=1").len(), 1);
        assert_eq!(origin.asked("/fine/1.m4s?second=2").len(), 0);
        edge.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_share_a_response_only_where_one_is_the_other_s_alias() {
    bounded(async {
        let origin = HostileOrigin::start().await;
        let edge = edge_with(&origin, |keys| {
            keys.hosts = HostRules::new().with_alias("www.a.example", "a.example");
        })
        .await;
        let url = |host: &str| format!("http://{host}/fine/1.m4s");
        // RFC 9112 §3.2.2: the absolute form names the host, whatever the Host field says.
        for (host, is_hit) in [
            ("a.example", false),
            ("www.A.example:8080", true),
            ("b.example", false),
            ("b.example.", true),
        ] {
            let got = fetch(edge.addr, &url(host), &[]).await;
            assert_eq!(got.one("cache-status").contains("; hit"), is_hit, "{host} {got:?}");
        }
        let asked = origin.asked("/fine/1.m4s");
        let hosts: Vec<_> = asked
            .iter()
            .filter_map(|head| head.lines().find_map(|line| line.strip_prefix("host: ")))
            .collect();
        assert_eq!(hosts, ["a.example", "b.example"], "{asked:?}");
        edge.stop().await;
    })
    .await;
}
