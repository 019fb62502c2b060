use super::*;
use proptest::prelude::*;

fn at(seconds: u64) -> MonoTime {
    MonoTime::ZERO.after(Duration::from_secs(seconds))
}

fn steering(ids: &[&str]) -> Steering {
    Steering::new(ids.iter().map(|id| (*id).to_owned()), 10, Seed(7))
}

fn ask(steering: &mut Steering, now: MonoTime, id: &str) -> Result<Told, Refusal> {
    steering.ask(now, id, Asked::default())
}

/// Viewers of a made-up audience by the pathway that they are sent to first.
fn audience(steering: &Steering, now: MonoTime, viewers: u32) -> Vec<String> {
    (0..viewers).map(|viewer| steering.order(now, &format!("viewer-{viewer}")).remove(0)).collect()
}

fn share(firsts: &[String], id: &str) -> f64 {
    part_of(firsts.iter().filter(|first| *first == id).count(), firsts.len())
}

#[expect(clippy::cast_precision_loss, reason = "a test's few thousand")]
fn part_of(count: usize, all: usize) -> f64 {
    count as f64 / all as f64
}

#[test]
fn weights_are_shares_of_the_audience() {
    let mut steering = steering(&["a", "b", "c"]);
    steering.weigh("a", 6).unwrap();
    steering.weigh("b", 3).unwrap();
    let firsts = audience(&steering, at(0), 10_000);
    for (id, expected) in [("a", 0.6), ("b", 0.3), ("c", 0.1)] {
        let got = share(&firsts, id);
        assert!((got - expected).abs() < 0.02, "{id}: {got}");
    }
    steering.weigh("c", 0).unwrap();
    assert!(audience(&steering, at(0), 1_000).iter().all(|first| first != "c"));
    assert_eq!(steering.order(at(0), "x").last().map(String::as_str), Some("c"), "a last resort");
}

proptest! {
    #[test]
    fn law_more_load_moves_viewers_away_from_that_pathway_alone(
        seed: u64, viewer in "[a-z]{1,8}", less in 0_u8..=100, more in 0_u8..=100,
    ) {
        let names = ["a", "b", "c", "d"];
        let mut steering = Steering::new(names.map(str::to_owned), 10, Seed(seed));
        let (less, more) = (less.min(more), less.max(more));
        steering.report(at(0), "b", Some(less)).unwrap();
        let before = steering.order(at(0), &viewer);
        steering.report(at(0), "b", Some(more)).unwrap();
        let after = steering.order(at(0), &viewer);
        let place = |order: &[String]| order.iter().position(|id| id == "b").unwrap();
        prop_assert!(place(&before) <= place(&after));
        let others = |order: &[String]| -> Vec<String> {
            order.iter().filter(|id| *id != "b").cloned().collect()
        };
        prop_assert_eq!(others(&before), others(&after));
    }

    #[test]
    fn law_a_replica_that_never_saw_the_viewer_answers_alike(seed: u64, viewer in "[a-z]{1,8}") {
        let one = || Steering::new(["a", "b", "c"].map(str::to_owned), 10, Seed(seed));
        let mut old = one();
        for other in 0..20 {
            ask(&mut old, at(other), &format!("{viewer}-{other}")).unwrap();
        }
        prop_assert_eq!(ask(&mut old, at(30), &viewer), ask(&mut one(), at(0), &viewer));
    }
}

#[test]
fn what_is_worse_counts_at_once_and_what_is_better_later() {
    let mut steering = steering(&["a", "b"]);
    steering.report(at(100), "a", Some(100)).unwrap();
    assert!(audience(&steering, at(100), 100).iter().all(|first| first == "b"));
    steering.report(at(110), "a", Some(0)).unwrap();
    steering.report(at(120), "a", Some(0)).unwrap();
    assert_eq!(steering.pathways(at(139))[0].load, 100);
    // Half a minute after the first good report.
    assert_eq!(steering.pathways(at(140))[0].load, 0);
    steering.report(at(150), "a", Some(50)).unwrap();
    assert_eq!(steering.pathways(at(150))[0].load, 50);
    let got = share(&audience(&steering, at(150), 5_000), "a");
    assert!((got - 1.0 / 3.0).abs() < 0.03, "half as much room next to a whole: {got}");
    assert_eq!(steering.report(at(150), "a", Some(101)), Err(Wrong::Range));
}

#[test]
fn an_operator_moves_one_viewer_and_lets_it_go() {
    let mut steering = steering(&["a", "b"]);
    let told = ask(&mut steering, at(0), "x").unwrap();
    let (first, other) = (told.priority[0].clone(), told.priority[1].clone());
    steering.move_viewer("x", Some(&other)).unwrap();
    let moved = ask(&mut steering, at(1), "x").unwrap().priority;
    assert_eq!(moved, [other.clone(), first.clone()]);
    steering.report(at(1), &other, Some(100)).unwrap();
    assert_eq!(ask(&mut steering, at(2), "x").unwrap().priority[0], first, "to no dead pathway");
    steering.move_viewer("x", None).unwrap();
    assert_eq!(ask(&mut steering, at(60), "x").unwrap().priority[0], first);
    steering.weigh(&other, 0).unwrap();
    steering.move_viewer("x", Some(&other)).unwrap();
    steering.report(at(60), &other, Some(0)).unwrap();
    assert_eq!(ask(&mut steering, at(90), "x").unwrap().priority[0], other, "whatever its weight");
    assert_eq!(steering.move_viewer("x", Some("c")), Err(Wrong::Pathway));
    assert_eq!(steering.move_viewer("y", Some("a")), Err(Wrong::Viewer));
}

#[test]
fn an_operator_moves_a_share_of_those_on_a_pathway() {
    let mut steering = steering(&["a", "b"]);
    for viewer in 0..100 {
        ask(&mut steering, at(0), &format!("v{viewer:02}")).unwrap();
    }
    let on = |steering: &Steering, id: &str| steering.viewers.on(Some(id)).count();
    let (a, b) = (on(&steering, "a"), on(&steering, "b"));
    assert_eq!(a + b, 100);
    let moved = steering.move_share(Some("a"), Some("b"), 0.5).unwrap();
    assert_eq!(moved, part(a, 0.5));
    assert_eq!(on(&steering, "a"), a - moved);
    assert_eq!(steering.move_share(None, Some("a"), 1.0), Ok(100));
    assert_eq!(on(&steering, "a"), 100);
    assert_eq!(steering.move_share(None, Some("a"), 1.5), Err(Wrong::Range));
    assert_eq!(steering.move_share(None, Some("c"), 1.0), Err(Wrong::Pathway));
    assert_eq!(steering.move_share(None, Some("a"), f64::NAN), Err(Wrong::Range));
}

#[test]
fn a_retired_pathway_is_named_no_more_and_without_any_steering_is_gone() {
    let mut steering = steering(&["a", "b"]);
    steering.retire("a", true).unwrap();
    assert_eq!(ask(&mut steering, at(0), "x").unwrap().priority, ["b"]);
    steering.retire("b", true).unwrap();
    assert_eq!(ask(&mut steering, at(0), "x"), Err(Refusal::Gone));
    steering.retire("b", false).unwrap();
    steering.end("x").unwrap();
    assert_eq!(ask(&mut steering, at(0), "x"), Err(Refusal::Gone));
    assert!(ask(&mut steering, at(0), "y").is_ok());
    steering.end_all(true);
    assert_eq!(ask(&mut steering, at(0), "y"), Err(Refusal::Gone));
    assert_eq!(ask(&mut self::steering(&[]), at(0), "y"), Err(Refusal::Nothing));
}

#[test]
fn a_clone_is_told_of_and_takes_its_share() {
    let mut steering = steering(&["a", "b"]);
    let clone =
        || PathwayClone { base: "a".to_owned(), host: "c.test".to_owned(), params: Vec::new() };
    steering.put_clone("c", clone()).unwrap();
    let told = ask(&mut steering, at(0), "x").unwrap();
    assert_eq!(told.clones, [("c".to_owned(), clone())]);
    assert_eq!(told.priority.len(), 3);
    let got = share(&audience(&steering, at(0), 5_000), "c");
    assert!((got - 1.0 / 3.0).abs() < 0.03, "{got}");
    let of_clone = PathwayClone { base: "c".to_owned(), ..clone() };
    assert_eq!(steering.put_clone("d", of_clone), Err(Wrong::Fixed));
    assert_eq!(steering.put_clone("b", clone()), Err(Wrong::Fixed));
    assert_eq!(steering.remove_clone("a"), Err(Wrong::Fixed));
    steering.move_viewer("x", Some("c")).unwrap();
    steering.remove_clone("c").unwrap();
    let told = ask(&mut steering, at(0), "x").unwrap();
    assert_eq!((told.priority.len(), told.clones), (2, Vec::new()));
    for more in 0..PATHWAYS_MAX - 2 {
        steering.put_clone(&format!("c{more}"), clone()).unwrap();
    }
    assert_eq!(steering.put_clone("more", clone()), Err(Wrong::Full));
}

#[test]
fn who_asks_too_often_is_told_to_wait() {
    let mut steering = steering(&["a", "b"]);
    for _ in 0..viewers::ASKS_MAX {
        assert!(ask(&mut steering, at(0), "x").is_ok());
    }
    assert_eq!(ask(&mut steering, at(3), "x"), Err(Refusal::TooMany { retry_s: 7 }));
    assert!(ask(&mut steering, at(3), "y").is_ok());
    assert!(ask(&mut steering, at(10), "x").is_ok());
}

#[test]
fn whoever_is_silent_longest_is_forgotten() {
    let mut steering = steering(&["a", "b"]);
    for viewer in 0..viewers::VIEWERS_MAX {
        ask(&mut steering, MonoTime::from_nanos(viewer as u64), &format!("{viewer:05}")).unwrap();
    }
    // The first one asks again, so that the second is silent longest.
    ask(&mut steering, at(1), "00000").unwrap();
    ask(&mut steering, at(2), "more").unwrap();
    assert_eq!(steering.viewer_count(), viewers::VIEWERS_MAX);
    assert_eq!(steering.end("00001"), Err(Wrong::Viewer));
    assert_eq!(steering.end("00000"), Ok(()));
    let page = steering.viewers(at(2), "09998", 10);
    let ids: Vec<_> = page.iter().map(|viewer| viewer.id.as_str()).collect();
    assert_eq!(ids, ["09999", "more"]);
}
