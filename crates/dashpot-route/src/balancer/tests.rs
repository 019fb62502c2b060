use super::*;
use crate::rules;
use dashpot_base::Seed;
use std::time::Duration;

fn at(seconds: u64) -> MonoTime {
    MonoTime::from_nanos(seconds * 1_000_000_000)
}

fn servers(count: usize) -> Vec<(String, u32)> {
    (0..count).map(|index| (format!("s{index}"), 1)).collect()
}

fn pool(settings: Settings, spec: &str, count: usize) -> Balancer {
    Balancer::new(settings, rules::parse(spec).unwrap(), servers(count), at(0))
}

/// Whom four requests at `second` go to, and what the candidates were taken from.
fn check(pool: &mut Balancer, second: u64, expected: &[usize], mode: Mode) {
    let mut rng = Rng::new(Seed(1));
    let mut seen = BTreeSet::new();
    for _ in 0..4 {
        let (chosen, choice) = pool.explain(at(second), &Request::default(), &mut rng);
        assert_eq!(choice.mode, mode, "{second} {choice:?}");
        chosen.into_iter().for_each(|index| pool.dropped(index));
        seen.extend(chosen);
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), expected, "{second}");
}

const FAILED: Outcome = Outcome::Failed(Failure::Connect);

fn probe(pool: &mut Balancer, outcomes: &[Outcome]) {
    for outcome in outcomes {
        let (due, index) = pool.probe_due().unwrap();
        pool.probed(due, index, *outcome);
    }
}

#[test]
fn nothing_is_down_before_it_was_probed() {
    let mut pool = pool(Settings::default(), "round-robin", 4);
    check(&mut pool, 0, &[0, 1, 2, 3], Mode::Unprobed);
    assert_eq!(pool.against(at(0), 1), Some(Reason::Unprobed));
    probe(&mut pool, &[Outcome::Passed]);
    check(&mut pool, 0, &[0], Mode::Normal);
    probe(&mut pool, &[FAILED, Outcome::Passed, Outcome::Passed]);
    check(&mut pool, 0, &[0, 2, 3], Mode::Normal);
    assert_eq!(pool.against(at(0), 1), Some(Reason::Down(Some(Failure::Connect))));
}

#[test]
fn the_next_probe_is_of_a_server_that_none_is_under_way_to() {
    let mut pool = pool(Settings::default(), "round-robin", 2);
    assert_eq!(pool.probe_due(), Some((at(0), 0)));
    pool.probing(at(0), 0);
    assert_eq!(pool.probe_due(), Some((at(0), 1)));
    pool.probing(at(0), 1);
    // Whose time is over first is told as a failure.
    assert_eq!(pool.probe_due(), Some((at(1), 0)));
    let unprobed = Settings { health: None, ..Settings::default() };
    assert_eq!(self::pool(unprobed, "round-robin", 2).probe_due(), None);
}

#[test]
fn below_half_all_are_asked_and_the_trace_says_so() {
    let mut pool = pool(Settings::default(), "round-robin", 4);
    probe(&mut pool, &[Outcome::Passed, Outcome::Passed, FAILED, FAILED]);
    check(&mut pool, 0, &[0, 1], Mode::Normal);
    pool.drain(0, true);
    // One of three that are not taken out.
    check(&mut pool, 0, &[1, 2, 3], Mode::Panic);
    pool.drain(0, false);
    check(&mut pool, 0, &[0, 1], Mode::Normal);
    let settings = Settings { panic_ratio: 0.0, ..Settings::default() };
    let mut pool = self::pool(settings, "round-robin", 2);
    probe(&mut pool, &[FAILED, FAILED]);
    check(&mut pool, 0, &[], Mode::Normal);
}

fn fail(pool: &mut Balancer, second: u64, index: usize, failure: Failure, times: usize) {
    for _ in 0..times {
        let answer = Answer { took: Duration::ZERO, failure: Some(failure) };
        pool.answered(at(second), index, &answer);
    }
}

#[test]
fn failures_eject_a_server_until_its_time_is_over() {
    let settings = || Settings { health: None, ..Settings::default() };
    let mut pool = pool(settings(), "round-robin", 3);
    fail(&mut pool, 1, 1, Failure::Status(429), 9);
    check(&mut pool, 1, &[0, 1, 2], Mode::Normal);
    fail(&mut pool, 1, 1, Failure::Status(502), 5);
    check(&mut pool, 1, &[0, 2], Mode::Normal);
    check(&mut pool, 30, &[0, 2], Mode::Normal);
    check(&mut pool, 31, &[0, 1, 2], Mode::Normal);
}

#[test]
fn a_server_that_came_back_gets_its_share_little_by_little() {
    let health = health::Settings { settle: 1, ..health::Settings::default() };
    let settings = Settings { health: Some(health), ..Settings::default() };
    let mut pool = pool(settings, "smooth", 2);
    probe(&mut pool, &[Outcome::Passed, FAILED]);
    while pool.health(1).unwrap().state() == State::Down {
        probe(&mut pool, &[Outcome::Passed]);
    }
    let back = pool.health(1).unwrap().since();
    let mut rng = Rng::new(Seed(1));
    let mut share = |seconds| {
        let now = back.after(Duration::from_secs(seconds));
        let mut choose = || pool.choose(now, &Request::default(), &mut rng).unwrap();
        (0..1_100).filter(|_| choose() == 1).count()
    };
    for (seconds, expected) in [(0, 100), (15, 366), (30, 550), (90, 550)] {
        assert!(share(seconds).abs_diff(expected) <= 4, "{seconds}");
    }
}

#[test]
fn a_second_try_goes_elsewhere_and_costs_from_the_budget() {
    let settings = Settings { health: None, ..Settings::default() };
    let mut pool = pool(settings, "maglev", 2);
    let mut rng = Rng::new(Seed(1));
    let request = Request { url: "/a", ..Request::default() };
    let first = pool.choose(at(0), &request, &mut rng).unwrap();
    let tried = [first, 1 - first];
    let again = Request { tried: &tried[..1], ..request };
    let mut tries = 0;
    while let Some(second) = pool.redispatch(at(0), &again, &mut rng) {
        assert_eq!(second, 1 - first);
        tries += 1;
    }
    // What a quiet pool has saved for ten seconds.
    assert_eq!(tries, 30);
    let (none, choice) = pool.explain(at(0), &Request { tried: &tried, ..request }, &mut rng);
    let excluded = ["s0", "s1"].map(|id| (id.to_owned(), Reason::Tried));
    assert_eq!((none, choice.excluded), (None, excluded.to_vec()));
}

#[test]
fn a_cookie_holds_a_session_to_its_server_as_long_as_that_is_well() {
    let sticky = Some(Sticky::new(Sticky::NAME, Seed(5)));
    let settings = Settings { health: None, sticky, ..Settings::default() };
    let mut pool = pool(settings, "round-robin", 3);
    let mut rng = Rng::new(Seed(1));
    let cookie = pool.set_cookie(2).unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let request = Request { cookie: &cookie, ..Request::default() };
    for _ in 0..3 {
        let (chosen, choice) = pool.explain(at(0), &request, &mut rng);
        assert_eq!((chosen, choice.by), (Some(2), By::Cookie));
    }
    fail(&mut pool, 0, 2, Failure::Closed, 5);
    let (chosen, choice) = pool.explain(at(0), &request, &mut rng);
    assert_ne!(chosen, Some(2));
    assert_eq!(
        (choice.by, &choice.excluded[..]),
        (By::Rule, &[("s2".to_owned(), Reason::Ejected)][..])
    );
    // Another balancer with the same servers in another order means the same by the cookie.
    let reversed = servers(3).into_iter().rev();
    pool.replace(at(0), reversed);
    assert_eq!(pool.choose(at(60), &request, &mut rng), Some(0));
}

#[test]
fn what_is_known_of_a_server_is_kept_when_the_list_changes() {
    let mut pool = pool(Settings::default(), "least-connections", 2);
    let mut rng = Rng::new(Seed(1));
    probe(&mut pool, &[Outcome::Passed, Outcome::Passed]);
    for _ in 0..4 {
        pool.choose(at(0), &Request::default(), &mut rng);
    }
    let list = [("new", 1), ("s1", 3), ("s1", 9)].map(|(id, weight)| (id.to_owned(), weight));
    pool.replace(at(1), list);
    let of = |index: usize| (pool.servers()[index].weight, pool.servers()[index].in_flight);
    assert_eq!((pool.servers().len(), of(0), of(1)), (2, (1, 0), (3, 2)));
    assert_eq!(pool.against(at(1), 0), Some(Reason::Unprobed));
    assert_eq!(pool.against(at(1), 1), None);
    assert_eq!(pool.index_of("s1"), Some(1));
}

#[test]
fn a_choice_is_one_line_of_json_and_comes_back_from_it() {
    let mut pool = pool(Settings::default(), "maglev:bound=1", 3);
    probe(&mut pool, &[Outcome::Passed, FAILED, Outcome::Passed]);
    let mut rng = Rng::new(Seed(1));
    let request = Request { url: "/film/1.m4s?x", ..Request::default() };
    let (_, choice) = pool.explain(at(0), &request, &mut rng);
    let line = serde_json::to_string(&choice).unwrap();
    let slot = choice.slot.unwrap();
    let expected = format!(
        r#"{{"candidates":[{{"id":"s0","score":null}},{{"id":"s2","score":null}}],"excluded":[["s1",{{"down":"connect"}}]],"rule":"maglev","key":"/film/1.m4s","slot":{slot},"mode":"normal","by":"rule","chosen":["{}"]}}"#,
        choice.chosen[0]
    );
    assert_eq!(line, expected);
    assert_eq!(serde_json::from_str::<Choice>(&line).unwrap(), choice);
}
