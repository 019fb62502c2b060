use super::*;
use crate::{Answer, Balancer, Failure, Mode, Reason, Request, balancer::Settings, gslb::policy};
use dashpot_base::{MonoTime, Rng, Seed};
use proptest::prelude::*;
use std::time::Duration;

const NOW: MonoTime = MonoTime::ZERO;

fn pool(spec: &str, weights: &[u32]) -> Balancer {
    let name = |index: usize| char::from(b'a' + u8::try_from(index).unwrap()).to_string();
    let servers = weights.iter().enumerate().map(|(index, weight)| (name(index), *weight));
    let settings = Settings { health: None, outliers: None, ..Settings::default() };
    Balancer::new(settings, parse(spec).unwrap(), servers, NOW)
}

/// Whom a rule chooses one after the other, none of whom ever answers, by their letters.
fn chosen(spec: &str, weights: &[u32], count: usize) -> String {
    let (mut pool, mut rng) = (pool(spec, weights), Rng::new(Seed(1)));
    let mut next = || pool.choose(NOW, &Request::default(), &mut rng);
    let letter = |at: usize| char::from(b'a' + u8::try_from(at).unwrap());
    (0..count).map(|_| next().map_or('-', letter)).collect()
}

fn check(spec: &str, weights: &[u32], expected: &str) {
    assert_eq!(chosen(spec, weights, expected.len()), expected, "{spec} {weights:?}");
}

#[test]
fn turns_are_taken_by_weight_and_load() {
    check("round-robin", &[1, 1, 1], "abcabc");
    check("round-robin", &[5, 1, 0], "abab");
    // The example of nginx' change of 2012.
    check("smooth", &[5, 1, 1], "aabacaaaabacaa");
    check("smooth", &[1, 1, 1], "abcabc");
    check("least-connections", &[1, 1, 1], "abcabc");
    check("least-connections", &[1, 3], "bbabbb");
    check("p2c", &[0, 1], "bbb");
    check("random", &[0, 0], "---");
    for entry in all() {
        check(entry.name, &[], "--");
        check(entry.name, &[7], "aa");
    }
}

fn check_parse(spec: &str, expected: &str) {
    let got = parse(spec).map(|rule| rule.name().to_owned());
    assert_eq!(got.unwrap_or_else(|error| error.to_string()), expected, "{spec}");
}

#[test]
fn rules_are_typed_by_name_and_what_is_wrong_is_named() {
    for entry in all() {
        check_parse(entry.name, entry.name);
        assert_eq!(all().filter(|other| other.name == entry.name).count(), 1);
        // What is listed as the defaults is what may be typed.
        let typed: Vec<_> =
            entry.parameters().iter().map(|(key, value)| format!("{key}={value}")).collect();
        check_parse(&format!("{}:{}", entry.name, typed.join(",")), entry.name);
    }
    check_parse("p2c:decay=5s, penalty=2s", "p2c");
    check_parse("p2c:decay=0s", "`decay=0s`: it is a span from 1ms to 1h");
    check_parse("p2c:decay=5", "`decay=5`: it is a span from 1ms to 1h");
    check_parse("p2c:decay=1s,decay=2s", "`decay` is given twice");
    check_parse("p2c:decay", "`decay` is not written key=value");
    check_parse("round-robin:x=1", "there is no parameter `x`; there are none");
    check_parse("random:x=1", "there is no parameter `x`; there are draws=1");
    check_parse("random:draws=0", "`draws=0`: it is a whole number from 1 to 8");
    check_parse("maglev:size=9", "`size=9`: it is a whole number from 251 to 5000011");
    check_parse("maglev:bound=1.25,key=directory", "maglev");
    check_parse("maglev:bound=none", "maglev");
    check_parse("maglev:bound=0.5", "`bound=0.5`: it is none, or a number from 1 to 100");
    check_parse("bounded:bound=NaN", "`bound=NaN`: it is a number from 1 to 100");
    check_parse(
        "ring:key=host",
        "`key=host`: it is one of path, client, network, url, directory, given",
    );
    let error = parse("fastest").unwrap_err().to_string();
    assert!(error.starts_with("`fastest` is no balancing rule; there are round-robin, smooth, "));
}

#[test]
fn the_page_on_routing_lists_every_rule_and_policy_as_they_are() {
    let page = include_str!("../../../../docs/routing.md");
    let rules = all().map(|entry| (entry.name, entry.parameters(), entry.about));
    let policies = policy::all().map(|entry| (entry.name, entry.parameters(), entry.about));
    let mut missing = Vec::new();
    for (name, parameters, about) in rules.chain(policies) {
        let typed = |(key, value): &(_, String)| format!("`{key}={value}`");
        let parameters: Vec<_> = parameters.iter().map(typed).collect();
        let parameters =
            if parameters.is_empty() { "none".to_owned() } else { parameters.join(" ") };
        let row = format!("| `{name}` | {parameters} | {about} |\n");
        print!("{row}");
        missing.extend((!page.contains(&row)).then_some(row));
    }
    assert!(missing.is_empty(), "docs/routing.md lacks these rows:\n{}", missing.concat());
}

#[test]
fn least_time_prefers_whoever_answers_sooner_and_asks_the_unknown_first() {
    let (mut pool, mut rng) = (pool("least-time", &[1, 1, 2]), Rng::new(Seed(1)));
    for (expected, took_ms) in [(0, 100), (1, 10), (2, 30)] {
        let index = pool.choose(NOW, &Request::default(), &mut rng).unwrap();
        assert_eq!(index, expected);
        let took = Duration::from_millis(took_ms);
        pool.answered(NOW, index, &Answer { took, failure: None });
    }
    // 10, then 20 against 15, then 20 against 30, then 30 against 30: c comes after b.
    let next: Vec<_> =
        (0..4).filter_map(|_| pool.choose(NOW, &Request::default(), &mut rng)).collect();
    assert_eq!(next, [1, 2, 1, 2]);
}

#[test]
fn a_server_that_fails_fast_does_not_draw_everything_to_it() {
    let mut pool = pool("p2c", &[1, 1]);
    let mut rng = Rng::new(Seed(1));
    let mut failed = 0;
    for request in 0..100_u64 {
        let now = MonoTime::from_nanos(request * 10_000_000);
        let index = pool.choose(now, &Request::default(), &mut rng).unwrap();
        let answer = match index {
            0 => Answer { took: Duration::from_millis(1), failure: Some(Failure::Status(503)) },
            _ => Answer { took: Duration::from_millis(30), failure: None },
        };
        failed += u32::from(index == 0);
        pool.answered(now, index, &answer);
    }
    assert!(failed <= 2, "{failed} of 100 went to the server that fails");
}

#[test]
fn weights_are_shares_of_random_draws() {
    for (spec, weights) in [("random", [1, 9, 0, 990]), ("random", [1, 1, 2, 4])] {
        let (mut pool, mut rng) = (pool(spec, &weights), Rng::new(Seed(3)));
        let mut counts = [0.0_f64; 4];
        for _ in 0..20_000 {
            counts[pool.choose(NOW, &Request::default(), &mut rng).unwrap()] += 1.0;
        }
        let sum = f64::from(weights.iter().sum::<u32>());
        for (count, weight) in counts.into_iter().zip(weights) {
            let expected = 20_000.0 * f64::from(weight) / sum;
            assert!((count - expected).abs() <= 5.0 * expected.sqrt(), "{counts:?} {weights:?}");
        }
    }
}

#[test]
fn a_key_has_one_home_whatever_the_order_of_the_list() {
    let settings = || Settings { health: None, ..Settings::default() };
    for spec in ["ip-hash:key=path", "url-hash", "ring", "maglev", "rendezvous", "bounded"] {
        let (mut rng, names) = (Rng::new(Seed(1)), ["a", "b", "c", "d"]);
        let make = |order: [usize; 4]| {
            let servers = order.map(|index| (names[index].to_owned(), 1));
            Balancer::new(settings(), parse(spec).unwrap(), servers, NOW)
        };
        let (mut one, mut other) = (make([0, 1, 2, 3]), make([2, 0, 3, 1]));
        for number in 0..50 {
            let url = format!("/film/v1/{number}.m4s");
            let request = Request { url: &url, ..Request::default() };
            let mut home = |pool: &mut Balancer| {
                let index = pool.choose(NOW, &request, &mut rng).unwrap();
                pool.dropped(index);
                pool.servers()[index].id.clone()
            };
            assert_eq!(home(&mut one), home(&mut other), "{spec} {url}");
        }
    }
}

fn any_spec() -> impl Strategy<Value = String> {
    let specs: Vec<_> = all()
        .map(|entry| entry.name.to_owned())
        .chain(["random:draws=2", "ring:points=7,bound=1", "rendezvous:bound=1.1"].map(Into::into))
        .collect();
    prop::sample::select(specs)
}

proptest! {
    #[test]
    fn law_only_a_fit_server_that_was_not_tried_is_chosen_and_one_is_if_there_is_any(
        spec in any_spec(), weights in prop::collection::vec(0..4_u32, 0..9),
        drained in prop::collection::vec(0..9_usize, 0..4),
        tried in prop::collection::vec(0..9_usize, 0..5),
        url in "/[a-z]{1,8}", seed in any::<u64>(),
    ) {
        let (mut pool, mut rng) = (pool(&spec, &weights), Rng::new(Seed(seed)));
        drained.iter().for_each(|index| pool.drain(*index, true));
        let may = |index: &usize| {
            weights[*index] != 0 && !drained.contains(index) && !tried.contains(index)
        };
        let any = (0..weights.len()).any(|index| may(&index));
        for _ in 0..20 {
            let request = Request { url: &url, tried: &tried, ..Request::default() };
            let chosen = pool.choose(NOW, &request, &mut rng);
            prop_assert_eq!(chosen.is_some(), any);
            prop_assert!(chosen.iter().all(may), "{:?}", chosen);
        }
    }

    #[test]
    fn law_a_choice_that_is_explained_is_the_choice_that_is_made(
        spec in any_spec(), weights in prop::collection::vec(0..4_u32, 1..9),
        tried in prop::collection::vec(0..9_usize, 0..3), seed in any::<u64>(),
    ) {
        let (mut silent, mut telling) = (pool(&spec, &weights), pool(&spec, &weights));
        let (mut rng, mut same) = (Rng::new(Seed(seed)), Rng::new(Seed(seed)));
        for number in 0..20 {
            let url = format!("/{number}");
            let request = Request { url: &url, tried: &tried, ..Request::default() };
            let chosen = silent.choose(NOW, &request, &mut rng);
            let (again, choice) = telling.explain(NOW, &request, &mut same);
            prop_assert_eq!(chosen, again);
            let names: Vec<_> = chosen.map(|at| telling.servers()[at].id.clone()).into_iter().collect();
            prop_assert_eq!(&choice.chosen, &names);
            // Everybody is either a candidate or excluded, and the chosen are candidates.
            prop_assert_eq!(choice.candidates.len() + choice.excluded.len(), weights.len());
            let is_candidate = |name: &String| choice.candidates.iter().any(|one| one.id == *name);
            prop_assert!(choice.chosen.iter().all(is_candidate), "{:?}", choice);
            prop_assert_eq!(choice.mode, Mode::Normal);
        }
    }

    #[test]
    fn law_smooth_turns_are_the_weights_in_every_round(
        weights in prop::collection::vec(0..20_u32, 1..9),
    ) {
        let (mut pool, mut rng) = (pool("smooth", &weights), Rng::new(Seed(1)));
        for _ in 0..3 {
            let mut counts = vec![0; weights.len()];
            for _ in 0..weights.iter().sum() {
                counts[pool.choose(NOW, &Request::default(), &mut rng).unwrap()] += 1;
            }
            prop_assert_eq!(&counts, &weights);
        }
    }

    #[test]
    fn law_no_server_is_above_its_bound(
        bound in 1.0..2.0_f64, weights in prop::collection::vec(1..4_u32, 1..9),
        table in prop::sample::select(vec!["ring", "maglev", "rendezvous"]),
        steps in prop::collection::vec((0..5_u8, 0..9_usize), 1..200),
    ) {
        let mut pool = pool(&format!("{table}:bound={bound}"), &weights);
        let mut rng = Rng::new(Seed(1));
        let sum = f64::from(weights.iter().sum::<u32>());
        for (step, index) in steps {
            if step == 0 {
                pool.dropped(index);
                continue;
            }
            // Few keys: most of what comes is for one home.
            let url = format!("/{}", step / 3);
            let (chosen, choice) =
                pool.explain(NOW, &Request { url: &url, ..Request::default() }, &mut rng);
            let chosen = chosen.unwrap();
            let in_flight = |index: usize| f64::from(pool.servers()[index].in_flight);
            let total: f64 = (0..weights.len()).map(in_flight).sum();
            let most = |index: usize| (bound * total * f64::from(weights[index]) / sum).ceil();
            prop_assert!(in_flight(chosen) <= most(chosen), "{} of {}", in_flight(chosen), total);
            let is_bound = |(_, reason): &(_, Reason)| *reason == Reason::OverBound;
            prop_assert!(choice.excluded.iter().all(is_bound), "{:?}", choice);
        }
    }
}
