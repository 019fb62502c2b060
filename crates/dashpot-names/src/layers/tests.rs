use super::*;

const A: u16 = 1;
const AAAA: u16 = 28;

fn at(seconds: u64) -> MonoTime {
    MonoTime::from_nanos(seconds * 1_000_000_000)
}

fn address() -> IpAddr {
    "127.60.1.1".parse().unwrap()
}

fn told(walk: &Walk) -> String {
    let seen = walk.seen.iter().map(|seen| match seen.hit {
        Some(ttl) => format!("{} HIT {ttl}", seen.role.as_str()),
        None => format!("{} MISS", seen.role.as_str()),
    });
    seen.collect::<Vec<_>>().join(", ")
}

/// What a client says at each moment after having been told at 0 an answer of 20 s.
fn check(layers: Vec<Layer>, expected: &[(u64, &str)]) {
    let mut client = Layers::new(Hosts::default(), layers);
    let question = Question::new("video.test", A);
    client.store(at(0), &question, &Answer { addresses: vec![address()], ttl: 20 });
    for (seconds, expected) in expected {
        assert_eq!(told(&client.look_up(at(*seconds), &question)), *expected, "at {seconds} s");
    }
}

#[test]
fn a_browser_that_is_not_told_the_time_to_live_keeps_an_address_for_a_minute() {
    check(
        vec![Layer::chromium(), Layer::resolved(), Layer::dnsmasq()],
        &[
            (8, "browser HIT 52"),
            (59, "browser HIT 1"),
            (60, "browser MISS, hosts MISS, os MISS, router MISS"),
        ],
    );
}

#[test]
fn systems_and_routers_count_down() {
    check(
        vec![Layer::windows(), Layer::dnsmasq()],
        &[(8, "hosts MISS, os HIT 12"), (20, "hosts MISS, os MISS, router MISS")],
    );
}

#[test]
fn a_router_that_stretches_is_believed_by_those_before_it() {
    check(
        vec![Layer::resolved(), Layer::stretching()],
        &[(200, "hosts MISS, os HIT 100"), (300, "hosts MISS, os MISS, router MISS")],
    );
}

#[test]
fn what_a_cache_farther_away_knows_those_before_it_learn() {
    let mut client = Layers::usual(Hosts::default());
    let question = Question::new("video.test", A);
    client.store(at(0), &question, &Answer { addresses: vec![address()], ttl: 100 });
    let walk = client.look_up(at(70), &question);
    assert_eq!(told(&walk), "browser MISS, hosts MISS, os HIT 30");
    assert_eq!(walk.answer.unwrap().addresses, [address()]);
    assert_eq!(told(&client.look_up(at(71), &question)), "browser HIT 59");
}

#[test]
fn the_hosts_file_is_asked_behind_the_browser_and_before_everything_else() {
    let hosts = Hosts::parse("# local\n127.60.9.9 Video.test other\nnonsense\n::1 six.test # v6\n");
    let mut client = Layers::usual(hosts);
    let mut check = |name: &str, kind, expected: &str| {
        assert_eq!(told(&client.look_up(at(0), &Question::new(name, kind))), expected);
    };
    check("video.test", A, "browser MISS, hosts HIT 0");
    check("video.test", A, "browser HIT 60");
    check("video.test", AAAA, "browser MISS, hosts MISS, os MISS, router MISS");
    check("six.test", AAAA, "browser MISS, hosts HIT 0");
}

#[test]
fn nothing_is_remembered_as_nothing_where_the_cache_does_so() {
    let nothing = Answer { addresses: Vec::new(), ttl: 30 };
    let question = Question::new("none.test", A);
    let mut client = Layers::usual(Hosts::default());
    client.store(at(0), &question, &nothing);
    let walk = client.look_up(at(10), &question);
    assert_eq!(told(&walk), "browser MISS, hosts MISS, os HIT 20");
    assert_eq!(walk.answer, Some(Answer { ttl: 20, ..nothing }));
}

#[test]
fn what_is_forgotten_is_asked_for_again() {
    let question = Question::new("video.test", A);
    let mut client = Layers::usual(Hosts::default());
    client.store(at(0), &question, &Answer { addresses: vec![address()], ttl: 20 });
    client.forget("video.test");
    assert_eq!(client.look_up(at(1), &question).answer, None);
}
