//! The walk from the root, what is kept of it, and servers that do not answer.

use super::*;

const EDGE: &str = "edge.cdn.net. 127.60.1.1, edge.cdn.net. 127.60.2.1";

#[tokio::test]
async fn a_name_is_walked_to_from_the_root_and_every_step_is_told() {
    let tree = Tree::new(Make::Plain).await;
    let resolution = resolve(&tree.resolver(), "video.ott.com.", RecordType::A).await;
    assert_eq!(data(&resolution), format!("video.ott.com. edge.cdn.net., {EDGE}"));
    let expected = [
        ". . NS: answer",
        ". com. A: referral",
        "com. ott.com. A: referral",
        "ott.com. video.ott.com. A: alias",
        ". net. A: referral",
        "net. cdn.net. A: referral",
        "cdn.net. edge.cdn.net. A: answer",
    ];
    assert_eq!(hops(&resolution), expected);
    let cdn = resolution.steps.iter().rfind(|step| step.is_query()).unwrap();
    assert_eq!(cdn.server.unwrap().ip().to_string(), CDN);
    assert_eq!(cdn.server_name.as_deref(), Some("ns1.cdn.net."));
    assert_eq!((cdn.ttl, cdn.transport.as_deref()), (Some(20), Some("udp")));
}

#[tokio::test]
async fn without_minimisation_every_server_is_asked_for_the_whole_name() {
    let tree = Tree::new(Make::Plain).await;
    let config = Config { minimises: false, ..tree.config() };
    let resolver = Resolver::new(config, Clock::system()).unwrap();
    let resolution = resolve(&resolver, "a.b.c.ott.com.", RecordType::A).await;
    let expected = [
        ". . NS: answer",
        ". a.b.c.ott.com. A: referral",
        "com. a.b.c.ott.com. A: referral",
        "ott.com. a.b.c.ott.com. A: answer",
    ];
    assert_eq!(hops(&resolution), expected);
}

#[tokio::test]
async fn labels_without_anything_are_walked_through() {
    let tree = Tree::new(Make::Plain).await;
    let resolution = resolve(&tree.resolver(), "a.b.c.ott.com.", RecordType::A).await;
    assert_eq!(data(&resolution), "a.b.c.ott.com. 127.60.1.8");
    let expected = [
        "ott.com. c.ott.com. A: no data",
        "ott.com. b.c.ott.com. A: no data",
        "ott.com. a.b.c.ott.com. A: answer",
    ];
    assert_eq!(hops(&resolution)[3..], expected);
}

#[tokio::test]
async fn what_is_kept_is_not_asked_for_again() {
    let tree = Tree::new(Make::Plain).await;
    let resolver = tree.resolver();
    let asked = |at: &str| Asked { name: name(at), kind: RecordType::A, subnet: None };
    assert!(resolver.cached(&asked("video.ott.com.")).is_none());
    resolve(&resolver, "video.ott.com.", RecordType::A).await;
    let again = resolver.cached(&asked("VIDEO.ott.com.")).unwrap();
    assert_eq!(data(&again), format!("VIDEO.ott.com. edge.cdn.net., {EDGE}"));
    assert!(again.answers.iter().all(|record| record.ttl <= 300));
    // A name beside it begins at the servers that are known.
    let beside = resolve(&resolver, "x.wild.ott.com.", RecordType::A).await;
    assert_eq!(data(&beside), "x.wild.ott.com. 127.60.1.9");
    assert!(hops(&beside).iter().all(|hop| hop.starts_with("ott.com. ")), "{:?}", hops(&beside));
    // So does what is not there, which is kept as well.
    let nothing = resolve(&resolver, "none.ott.com.", RecordType::A).await;
    assert_eq!((nothing.code, nothing.queries()), (ResponseCode::NXDomain, 1));
    let nothing = resolver.cached(&asked("none.ott.com.")).unwrap();
    assert_eq!(nothing.code, ResponseCode::NXDomain);
    assert!(nothing.authorities.iter().all(|record| record.ttl <= 30));
}

#[tokio::test]
async fn a_denial_comes_with_the_aliases_before_it() {
    let tree = Tree::new(Make::Plain).await;
    let resolution = resolve(&tree.resolver(), "gone.ott.com.", RecordType::A).await;
    assert_eq!(resolution.code, ResponseCode::NXDomain);
    assert_eq!(data(&resolution), "gone.ott.com. nowhere.cdn.net.");
    assert_eq!(resolution.authorities[0].name, name("cdn.net."));
}

#[tokio::test]
async fn servers_without_glue_are_looked_for() {
    let tree = Tree::new(Make::Plain).await;
    let resolution = resolve(&tree.resolver(), "glueless.com.", RecordType::A).await;
    // The server was found and asked; it does not serve the zone.
    assert_eq!(resolution.code, ResponseCode::ServFail);
    let hops = hops(&resolution);
    assert!(hops.contains(&"cdn.net. ns1.cdn.net. A: answer".to_owned()), "{hops:?}");
    assert_eq!(hops.last().unwrap(), "glueless.com. glueless.com. A: refused");
}

#[tokio::test]
async fn a_server_that_is_none_of_the_zone_is_told_as_the_reason() {
    let tree = Tree::new(Make::Plain).await;
    let resolution = resolve(&tree.resolver(), "www.lame.com.", RecordType::A).await;
    assert_eq!(resolution.code, ResponseCode::ServFail);
    let (code, why) = resolution.fault.clone().unwrap();
    assert_eq!((code, why.as_str()), (22, "no server of the zone lame.com. answers"));
    assert_eq!(hops(&resolution).last().unwrap(), "lame.com. www.lame.com. A: refused");
}

#[tokio::test]
async fn aliases_that_lead_back_end() {
    let tree = Tree::new(Make::Plain).await;
    let resolution = resolve(&tree.resolver(), "loop.ott.com.", RecordType::A).await;
    assert_eq!(resolution.code, ResponseCode::ServFail);
}

#[tokio::test]
async fn what_is_too_long_for_a_datagram_comes_over_tcp() {
    let tree = Tree::new(Make::Plain).await;
    let resolution = resolve(&tree.resolver(), "long.ott.com.", RecordType::TXT).await;
    assert_eq!(resolution.answers.len(), 1);
    let last = resolution.steps.iter().rfind(|step| step.is_query()).unwrap();
    assert_eq!(last.transport.as_deref(), Some("tcp"));
}

#[tokio::test]
async fn of_two_servers_a_silent_one_costs_time_and_no_answer() {
    let tree = Tree::new(Make::Plain).await;
    tree.silence(OTT, true);
    // Whichever server chance puts first, all are answered; a second silence may be seen once the
    // server has rested.
    let config = Config { hop_timeout: Duration::from_millis(1_500), tries: 3, ..tree.config() };
    let resolver = Resolver::new(config, Clock::system()).unwrap();
    let mut timeouts = Vec::new();
    for index in 0..12 {
        let at = format!("name{index}.wild.ott.com.");
        let resolution = resolve(&resolver, &at, RecordType::A).await;
        assert_eq!(data(&resolution), format!("{at} 127.60.1.9"));
        let late = resolution.steps.iter().filter(|step| step.outcome == StepOutcome::Timeout);
        timeouts.extend(late.filter_map(|step| step.server).map(|server| server.ip()));
    }
    let silent: IpAddr = OTT.parse().unwrap();
    assert!(timeouts.iter().filter(|ip| **ip == silent).count() <= 6, "{timeouts:?}");
}

#[tokio::test]
async fn where_nobody_answers_what_no_longer_holds_stands_in() {
    let tree = Tree::new(Make::Plain).await;
    let rules = Rules { ttl_max: 1, stale_for: Duration::from_secs(3_600), ..Rules::default() };
    let config = Config { rules, ..tree.config() };
    let resolver = Resolver::new(config, Clock::system()).unwrap();
    let fresh = resolve(&resolver, "a.b.c.ott.com.", RecordType::A).await;
    for at in [ROOT, ROOT_2, COM, OTT, OTT_2] {
        tree.silence(at, true);
    }
    // With nobody left who answers, time passes as fast as it is waited for.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(2)).await;
    let stale = resolve(&resolver, "a.b.c.ott.com.", RecordType::A).await;
    assert_eq!((stale.code, data(&stale)), (ResponseCode::NoError, data(&fresh)));
    assert!(stale.is_stale && stale.answers.iter().all(|record| record.ttl == 30));
    assert_eq!(stale.fault.unwrap().0, 3);
    // Nobody is asked again for a while.
    assert_eq!(resolve(&resolver, "a.b.c.ott.com.", RecordType::A).await.queries(), 0);
}

#[test]
fn who_has_nobody_to_ask_says_so() {
    let none = Config::default();
    let error = Resolver::new(none, Clock::system()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot resolve: name a server of the root, or a resolver to ask"
    );
}
