use super::*;
use dashpot_base::WallTime;
use proptest::prelude::*;

const FACTS: Facts<'_> = Facts {
    object: Object::Segment,
    asset: "film",
    representation: Some("v1"),
    number: Some(6),
    time: None,
    viewer: "one",
    now: WallTime::EPOCH,
    attempt: 1,
    hops: 0,
};

fn rule(text: &str) -> Rule {
    Rule::parse("a", text).unwrap()
}

fn check(text: &str, facts: Facts<'_>, expected: bool) {
    let plan = decide(&[rule(text)], Seed(1), &facts);
    assert_eq!(!plan.injections.is_empty(), expected, "{text} {facts:?}");
}

#[test]
fn a_rule_is_for_what_it_selects() {
    for (text, holds) in [
        ("reset", true),
        ("reset,on_mpd", false),
        ("reset,on_mpd+segment", true),
        ("reset,asset_film+other", true),
        ("reset,asset_other", false),
        ("reset,rep_v1", true),
        ("reset,rep_v2", false),
        ("reset,n_1-6", true),
        ("reset,n_1-5+7", false),
        ("reset,every_3", true),
        ("reset,every_4", false),
        ("reset,every_4,shift_2", true),
        ("reset,every_3,shift_1", false),
        ("reset,viewer_one", true),
        ("reset,viewer_two", false),
        ("reset,p_1", true),
    ] {
        check(text, FACTS, holds);
    }
    // What has no number is counted by attempts.
    let mpd = Facts { object: Object::Mpd, representation: None, number: None, ..FACTS };
    for (attempt, holds) in [(1, false), (2, true), (3, false), (4, true)] {
        check("reset,on_mpd,every_2", Facts { attempt, ..mpd }, holds);
    }
    check("reset,on_mpd,rep_v1", mpd, false);
    check("reset,n_6", Facts { number: None, ..FACTS }, false);
    for (attempt, holds) in [(1, true), (2, true), (3, false)] {
        check("reset,first_2", Facts { attempt, ..FACTS }, holds);
    }
    for (hops, holds) in [(0, true), (2, true), (3, false)] {
        check("redirect_3", Facts { hops, ..FACTS }, holds);
    }
}

#[test]
fn a_rule_is_for_its_time() {
    for (seconds, window, cycle) in
        [(99, false, true), (100, true, true), (109, true, true), (110, false, false)]
    {
        let facts = Facts { now: WallTime::from_unix_seconds(seconds), ..FACTS };
        check("reset,from_100,until_110", facts, window);
        check("reset,cycle_9s,down_2s", facts, cycle);
        check("reset,cycle_10s,down_1s,after_9s", facts, seconds % 10 == 9);
    }
}

#[test]
fn rules_add_up_and_the_first_of_a_kind_counts() {
    let text = |text: &str, id: &str| Rule::parse(id, text).unwrap();
    let rules = [
        text("delay_2s", "a"),
        text("status_503,p_1", "b"),
        text("delay_1s", "c"),
        text("length_-5", "d"),
    ];
    let plan = decide(&rules, Seed(1), &FACTS);
    assert_eq!(
        plan.to_field(),
        "delay;ms=2000;rule=\"a\", status;code=503;rule=\"b\", length;bytes=-5;rule=\"d\""
    );
    let clocks = [text("skew_5s,on_segment", "a"), text("late_2s", "b")];
    assert_eq!(decide(&clocks, Seed(1), &FACTS).clock_moved_ms(), 3_000);
}

/// Which of the first thousand segments meet a rule.
fn met(text: &str, seed: u64, viewer: &str) -> Vec<u64> {
    let rule = rule(text);
    let meets = |number: &u64| {
        let facts = Facts { number: Some(*number), viewer, ..FACTS };
        !decide([&rule], Seed(seed), &facts).injections.is_empty()
    };
    (1..=1_000).filter(meets).collect()
}

#[test]
fn draws_are_as_likely_as_said_and_follow_seed_and_viewer_as_said() {
    let drawn = met("reset,p_0.25", 7, "one");
    assert!((200..300).contains(&drawn.len()), "{}", drawn.len());
    assert_eq!(met("reset,p_0.25", 7, "two"), drawn);
    assert_ne!(met("reset,p_0.25", 8, "one"), drawn);
    assert_eq!(met("reset,p_0.25,seed_9", 7, "one"), met("reset,p_0.25,seed_9", 8, "one"));
    let own = met("reset,p_0.25,draw_viewer", 7, "one");
    assert_ne!(met("reset,p_0.25,draw_viewer", 7, "two"), own);
    // Rules draw apart from each other.
    assert_ne!(met("truncate,p_0.25", 7, "one"), drawn);
}

proptest! {
    #[test]
    fn decisions_do_not_depend_on_their_order(
        numbers in proptest::collection::vec(1..100_u64, 1..40), seed in any::<u64>(),
    ) {
        let rules = [rule("reset,p_0.5"), rule("delay_1s,p_0.3"), rule("flip_3,every_2")];
        let ask = |number: &u64| {
            (*number, decide(&rules, Seed(seed), &Facts { number: Some(*number), ..FACTS }))
        };
        let mut forth: Vec<_> = numbers.iter().map(ask).collect();
        let mut back: Vec<_> = numbers.iter().rev().map(ask).collect();
        forth.sort_by_key(|(number, _)| *number);
        back.sort_by_key(|(number, _)| *number);
        prop_assert_eq!(forth, back);
    }
}
