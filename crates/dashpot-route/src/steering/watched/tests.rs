use super::*;
use dashpot_base::Seed;
use proptest::prelude::*;

fn at(millis: u64) -> MonoTime {
    MonoTime::ZERO.after(Duration::from_millis(millis))
}

fn watched(ids: &[&str]) -> Steering {
    let mut steering = Steering::new(ids.iter().map(|id| (*id).to_owned()), 10, Seed(7));
    steering.watch(at(0), Settings::default());
    steering
}

const fn up(load: u8) -> Probe {
    Probe { outcome: Outcome::Passed, said: Some(Said::Load(load)) }
}

const DEAD: Probe = Probe { outcome: Outcome::Failed(Failure::Timeout), said: None };

/// Answers each question when it is due, with `answer` for `id` and well for all others, until
/// `end`. Those who do not answer are given up after their time.
fn run(steering: &mut Steering, ids: &[&str], end: MonoTime, id: &str, answer: Probe) {
    let timeout = Settings::default().timeout;
    loop {
        let due = ids.iter().map(|id| (steering.wake_at(id).unwrap(), *id)).min().unwrap();
        if end < due.0 {
            return;
        }
        let probe = if due.1 == id { answer } else { up(0) };
        let took = if probe == DEAD { timeout } else { Duration::ZERO };
        steering.probed(due.0.after(took), due.1, probe).unwrap();
    }
}

fn first(steering: &Steering, now: MonoTime, viewer: u32) -> String {
    steering.order(now, &format!("viewer-{viewer}")).remove(0)
}

fn audience<'a>(steering: &'a Steering, now: MonoTime) -> impl Iterator<Item = String> + 'a {
    (0..1_000).map(move |viewer| first(steering, now, viewer))
}

#[test]
fn a_dead_pathway_is_the_last_within_five_seconds_of_its_death() {
    let ids = ["a", "b"];
    // It dies just after it was asked, which is the worst time for it.
    let mut steering = watched(&ids);
    run(&mut steering, &ids, at(20_000), "a", up(0));
    assert!(audience(&steering, at(20_000)).any(|first| first == "a"));
    run(&mut steering, &ids, at(25_000), "a", DEAD);
    let now = at(25_000);
    assert!(audience(&steering, now).all(|first| first == "b"));
    assert_eq!(steering.order(now, "x"), ["b", "a"], "it is named, as a last resort");
    let state = &steering.pathways(now)[0];
    assert_eq!((state.source, state.is_down), (Source::Pathway, true));
    let told = state.watched.unwrap();
    assert_eq!((told.state, told.why), (State::Down, Some(Failure::Timeout)));
    assert!(told.held <= Duration::from_secs(3), "{told:?}");
    // It comes back, to a tenth of its share at first.
    run(&mut steering, &ids, at(40_000), "a", up(0));
    let count = |steering: &Steering, now| audience(steering, now).filter(|one| one == "a").count();
    let (early, late) = (count(&steering, at(30_000)), count(&steering, at(90_000)));
    assert!(0 < early && early * 3 < late, "{early} {late}");
}

#[test]
fn all_dead_are_named_in_their_order() {
    let ids = ["a", "b"];
    let mut steering = watched(&ids);
    let before = steering.order(at(0), "x");
    for id in ids {
        run(&mut steering, &[id], at(10_000), id, DEAD);
    }
    assert_eq!(steering.order(at(10_000), "x"), before);
}

#[test]
fn duress_counts_as_full_at_once_and_for_half_a_minute() {
    let ids = ["a", "b"];
    for said in [Said::Duress, Said::Draining, Said::Load(100), Said::Load(255)] {
        let mut steering = watched(&ids);
        let probe = Probe { outcome: Outcome::Passed, said: Some(said) };
        let news = steering.probed(at(100), "a", probe).unwrap();
        assert_eq!(news.fullness, Some((true, Some(said))));
        assert_eq!(steering.probed(at(200), "a", probe).unwrap(), News::default());
        assert!(audience(&steering, at(200)).all(|first| first == "b"), "{said:?}");
        let state = &steering.pathways(at(300))[0];
        assert_eq!((state.load, state.source, state.is_down), (100, Source::Pathway, false));
        assert_eq!(state.watched.unwrap().full_for, Some(Duration::from_millis(200)));
        let news = steering.probed(at(400), "a", up(10)).unwrap();
        assert_eq!(news.fullness, Some((false, Some(Said::Load(10)))));
        assert_eq!(steering.pathways(at(30_399))[0].load, 100);
        assert_eq!(steering.pathways(at(30_400))[0].load, 10);
    }
}

#[test]
fn silence_says_nothing_of_a_load() {
    let mut steering = watched(&["a", "b"]);
    steering.probed(at(0), "a", up(60)).unwrap();
    steering.probed(at(100), "a", DEAD).unwrap();
    assert_eq!(steering.pathways(at(200_000))[0].load, 60);
    // Who answers and names none has none.
    steering.probed(at(300), "a", Probe { outcome: Outcome::Passed, said: None }).unwrap();
    assert_eq!(steering.pathways(at(200_000))[0].load, 0);
    // One that is about to end says so with a failure.
    let draining =
        Probe { outcome: Outcome::Failed(Failure::Status(503)), said: Some(Said::Draining) };
    steering.probed(at(400), "a", draining).unwrap();
    let state = &steering.pathways(at(400))[0];
    assert_eq!((state.load, state.is_down), (100, false));
}

#[test]
fn an_operators_word_counts_whatever_a_pathway_says() {
    let ids = ["a", "b"];
    let mut steering = watched(&ids);
    run(&mut steering, &ids, at(10_000), "a", DEAD);
    let now = at(10_000);
    steering.report(now, "a", Some(0)).unwrap();
    assert!(audience(&steering, now).any(|first| first == "a"));
    let state = &steering.pathways(now)[0];
    assert_eq!((state.load, state.source, state.is_down), (0, Source::Operator, false));
    assert_eq!(state.watched.unwrap().state, State::Down, "which is shown all the same");
    steering.report(now, "b", Some(100)).unwrap();
    assert!(audience(&steering, now).all(|first| first == "a"));
    // Taken back, what they say counts again, and at once.
    steering.report(now, "a", None).unwrap();
    steering.report(now, "b", None).unwrap();
    assert!(audience(&steering, now).all(|first| first == "b"));
    assert_eq!(steering.pathways(now)[1].source, Source::Pathway);
    assert_eq!(steering.report(now, "c", None), Err(Wrong::Pathway));
}

#[test]
fn who_is_not_asked_is_not_known() {
    let mut steering = Steering::new(["a".to_owned()], 10, Seed(0));
    assert_eq!(steering.wake_at("a"), None);
    assert_eq!(steering.probed(at(0), "a", up(0)), Err(Wrong::Pathway));
    assert_eq!(steering.pathways(at(0))[0].source, Source::Nobody);
    steering.watch(at(0), Settings::default());
    assert_eq!((steering.wake_at("a"), steering.wake_at("b")), (Some(at(0)), None));
    assert_eq!(steering.pathways(at(0))[0].watched.unwrap().state, State::Unknown);
}

proptest! {
    #[test]
    fn law_what_happens_to_one_pathway_moves_nobody_between_two_others(
        seed: u64,
        viewer in "[a-z]{1,8}",
        probes in proptest::collection::vec((0_u8..=110, 0_u64..5_000), 1..40),
    ) {
        let names = ["a", "b", "c", "d"];
        let mut steering = Steering::new(names.map(str::to_owned), 10, Seed(seed));
        steering.watch(at(0), Settings::default());
        let others = |order: Vec<String>| -> Vec<String> {
            order.into_iter().filter(|id| id != "b").collect()
        };
        let before = others(steering.order(at(0), &viewer));
        let mut now = 0;
        for (load, after) in probes {
            now += after;
            let probe = if load <= 100 { up(load) } else { DEAD };
            steering.probed(at(now), "b", probe).unwrap();
            let order = steering.order(at(now), &viewer);
            prop_assert_eq!(order.len(), names.len());
            prop_assert_eq!(others(order), before.clone());
        }
    }
}
