use super::*;
use proptest::prelude::*;

const A: u16 = 1;

fn at(millis: u64) -> MonoTime {
    MonoTime::from_nanos(millis * 1_000_000)
}

fn question() -> Question {
    Question::new("www.example.test.", A)
}

fn net(text: &str) -> IpNet {
    text.parse().unwrap()
}

/// Stores an answer of 20 s at 0, and says what there is at `millis`.
fn check(rules: Rules, kind: Kind, millis: u64, expected: Found<'_, u8>) {
    let mut cache = Cache::new(rules);
    cache.store(at(0), (question(), None), 7, (kind, 20));
    assert_eq!(cache.look_up(at(millis), &question(), None), expected, "at {millis} ms");
}

#[test]
fn times_to_live_count_down_and_are_rounded_down() {
    let fresh = |ttl| Found::Fresh { answer: &7, ttl, prefetch: false, network: None };
    for (millis, expected) in [
        (0, fresh(20)),
        (1, fresh(19)),
        (8_000, fresh(12)),
        (19_001, fresh(0)),
        (20_000, Found::Missing(Miss::Expired)),
    ] {
        check(Rules::default(), Kind::Positive, millis, expected);
    }
}

#[test]
fn what_is_not_there_is_kept_for_less() {
    // RFC 2308 §5: a limit of its own.
    let rules = Rules { negative_ttl_max: 5, ..Rules::default() };
    let fresh = Found::Fresh { answer: &7, ttl: 1, prefetch: false, network: None };
    check(rules.clone(), Kind::Negative, 4_000, fresh);
    check(rules, Kind::Negative, 5_000, Found::Missing(Miss::Expired));
}

#[test]
fn a_minimum_stretches_and_a_maximum_cuts() {
    let stretching = Rules { ttl_min: 60, ..Rules::default() };
    let fresh = Found::Fresh { answer: &7, ttl: 30, prefetch: false, network: None };
    check(stretching, Kind::Positive, 30_000, fresh);
    let cutting = Rules { ttl_max: 10, ..Rules::default() };
    check(cutting, Kind::Positive, 10_000, Found::Missing(Miss::Expired));
}

#[test]
fn what_is_stale_stands_in_for_as_long_as_is_allowed() {
    // RFC 8767 §4: 30 s are what it is passed on with.
    let rules = Rules { stale_for: Duration::from_secs(60), ..Rules::default() };
    let stale = Found::Stale { answer: &7, ttl: 30, ask_first: true, network: None };
    check(rules.clone(), Kind::Positive, 20_000, stale);
    check(rules.clone(), Kind::Positive, 79_999, stale);
    check(rules, Kind::Positive, 80_000, Found::Missing(Miss::Expired));
}

#[test]
fn after_a_failure_what_is_stale_is_used_without_asking_for_half_a_minute() {
    let rules = Rules { stale_for: Duration::from_secs(90), ..Rules::default() };
    let mut cache = Cache::new(rules);
    cache.store(at(0), (question(), None), 7, (Kind::Positive, 20));
    cache.failed(at(21_000), &question(), None);
    for (millis, ask_first) in [(22_000, false), (50_999, false), (51_000, true)] {
        let expected = Found::Stale { answer: &7, ttl: 30, ask_first, network: None };
        assert_eq!(cache.look_up(at(millis), &question(), None), expected);
    }
}

#[test]
fn an_answer_is_asked_for_ahead_once() {
    let mut cache = Cache::new(Rules { prefetch_percent: 10, ..Rules::default() });
    cache.store(at(0), (question(), None), 7, (Kind::Positive, 20));
    for (millis, ttl, prefetch) in [(17_999, 2, false), (18_000, 2, true), (18_500, 1, false)] {
        let expected = Found::Fresh { answer: &7, ttl, prefetch, network: None };
        assert_eq!(cache.look_up(at(millis), &question(), None), expected);
    }
}

#[test]
fn answers_for_networks_are_kept_apart_and_the_longest_wins() {
    // RFC 7871 §7.3.1.
    let mut cache = Cache::new(Rules::default());
    for (network, answer) in [("10.0.0.0/8", 1), ("10.1.2.0/24", 2)] {
        cache.store(at(0), (question(), Some(net(network))), answer, (Kind::Positive, 20));
    }
    let mut check = |client: Option<IpNet>, expected: Result<u8, Miss>| {
        let found = match cache.look_up(at(1), &question(), client) {
            Found::Fresh { answer, .. } | Found::Stale { answer, .. } => Ok(*answer),
            Found::Missing(miss) => Err(miss),
        };
        assert_eq!(found, expected, "{client:?}");
    };
    check(Some(net("10.1.2.0/24")), Ok(2));
    check(Some(net("10.1.3.0/24")), Ok(1));
    check(Some(net("10.1.0.0/16")), Ok(1));
    check(Some(net("11.0.0.0/24")), Err(Miss::OtherNetwork));
    check(None, Err(Miss::OtherNetwork));
}

#[test]
fn a_scope_of_zero_holds_for_everybody() {
    let mut cache = Cache::new(Rules::default());
    cache.store(at(0), (question(), Some(net("0.0.0.0/0"))), 7, (Kind::Positive, 20));
    assert!(matches!(cache.look_up(at(1), &question(), None), Found::Fresh { .. }));
}

#[test]
fn a_time_to_live_of_zero_or_with_the_highest_bit_is_not_kept() {
    // RFC 2181 §8.
    let mut cache = Cache::new(Rules::default());
    for ttl in [0, TTL_MAX + 1] {
        cache.store(at(0), (question(), None), 7, (Kind::Positive, ttl));
        assert!(cache.is_empty());
    }
}

#[test]
fn the_answer_used_least_recently_leaves_a_full_cache() {
    let mut cache = Cache::new(Rules { entries_max: 2, ..Rules::default() });
    let [a, b, c] = ["a", "b", "c"].map(|name| Question::new(name, A));
    for question in [&a, &b] {
        cache.store(at(0), (question.clone(), None), 7, (Kind::Positive, 20));
    }
    assert!(matches!(cache.look_up(at(1), &a, None), Found::Fresh { .. }));
    cache.store(at(2), (c, None), 7, (Kind::Positive, 20));
    assert!(matches!(cache.look_up(at(3), &a, None), Found::Fresh { .. }));
    assert_eq!(cache.look_up(at(3), &b, None), Found::Missing(Miss::Absent));
}

#[test]
fn a_name_is_forgotten_with_all_its_types() {
    let mut cache = Cache::new(Rules::default());
    for (name, kind) in [("a.test", 1), ("a.test", 28), ("b.test", 1)] {
        cache.store(at(0), (Question::new(name, kind), None), 7, (Kind::Positive, 20));
    }
    assert_eq!(cache.forget("A.test."), 2);
    assert_eq!(cache.len(), 1);
}

/// A step of virtual time: wait, then store or look up.
fn steps() -> impl Strategy<Value = Vec<(u64, u8, Option<u32>)>> {
    prop::collection::vec((0_u64..30_000, 0_u8..4, prop::option::of(0_u32..40)), 1..80)
}

proptest! {
    /// What is passed on never holds for longer than what is left of what was stored.
    #[test]
    fn law_no_answer_outlives_the_time_to_live_it_came_with(steps in steps(), percent in 0_u8..100) {
        let mut cache = Cache::new(Rules { prefetch_percent: percent, ..Rules::default() });
        let mut ends: BTreeMap<u8, u64> = BTreeMap::new();
        let mut millis = 0;
        for (wait, name, ttl) in steps {
            millis += wait;
            let question = Question::new(&name.to_string(), A);
            if let Some(ttl) = ttl {
                cache.store(at(millis), (question, None), name, (Kind::Positive, ttl));
                ends.insert(name, millis + u64::from(ttl) * 1_000);
            } else if let Found::Fresh { answer, ttl, .. } =
                cache.look_up(at(millis), &question, None)
            {
                prop_assert_eq!(*answer, name);
                prop_assert!(millis + u64::from(ttl) * 1_000 <= ends[&name]);
                prop_assert!(millis < ends[&name]);
            } else {
                prop_assert!(ends.get(&name).is_none_or(|end| *end <= millis));
            }
        }
    }

    /// A chain of caches, each filled with what the one below says, never outlives the source.
    #[test]
    fn law_a_chain_of_caches_forgets_no_later_than_one(
        waits in prop::collection::vec(0_u64..8_000, 1..60),
        ttl in 1_u32..30,
        depth in 1_usize..5,
    ) {
        let mut caches: Vec<Cache<u64>> = vec![Cache::new(Rules::default()); depth];
        let mut millis = 0;
        for wait in waits {
            millis += wait;
            let hit = caches.iter_mut().enumerate().find_map(|(level, cache)| {
                match cache.look_up(at(millis), &question(), None) {
                    Found::Fresh { answer, ttl, .. } => Some((level, *answer, ttl)),
                    Found::Stale { .. } | Found::Missing(_) => None,
                }
            });
            // The answer is the moment at which its owner stops answering for it.
            let end_new = millis + u64::from(ttl) * 1_000;
            let (level, end, ttl) = hit.unwrap_or((depth, end_new, ttl));
            prop_assert!(millis < end && millis + u64::from(ttl) * 1_000 <= end);
            for cache in &mut caches[..level] {
                cache.store(at(millis), (question(), None), end, (Kind::Positive, ttl));
            }
        }
    }

    /// However much is stored, the cache stays within its bound and its two indexes agree.
    #[test]
    fn law_a_cache_is_bounded(
        stores in prop::collection::vec((0_u8..20, 0_u8..6, 0_u32..3), 1..200),
        entries_max in 0_usize..12,
    ) {
        let mut cache = Cache::new(Rules { entries_max, ..Rules::default() });
        for (name, network, ttl) in stores {
            let network = (network != 0).then(|| net(&format!("10.0.{network}.0/24")));
            let question = Question::new(&name.to_string(), A);
            cache.store(at(0), (question, network), (), (Kind::Positive, ttl));
            prop_assert!(cache.len() <= entries_max);
            let entries: usize = cache.entries.values().map(Vec::len).sum();
            prop_assert_eq!(entries, cache.len());
            prop_assert!(cache.entries.values().all(|entries| !entries.is_empty()));
        }
    }
}
