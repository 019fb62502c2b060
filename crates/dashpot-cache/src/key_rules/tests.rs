use proptest::prelude::*;

use super::*;
use crate::Key;

fn rules(query: QueryRule, drop: &str, keep: &str) -> KeyRules {
    let patterns = |text: &str| text.split_whitespace().map(NamePattern::new).collect();
    KeyRules { query, drop: patterns(drop), keep: patterns(keep) }
}

fn check(rules: &KeyRules, path_and_query: &str, expected: &str) {
    assert_eq!(rules.apply(path_and_query), expected, "{path_and_query} by {rules:?}");
}

#[test]
fn what_stays_of_a_query_is_what_the_rules_say() {
    use QueryRule::{Drop, Keep, Sort};
    for (query, drop, keep, path, expected) in [
        (Keep, "", "", "/a", "/a"),
        (Keep, "", "", "/a?", "/a?"),
        (Keep, "", "", "/a?b=1&a=2&&c", "/a?b=1&a=2&&c"),
        (Keep, "utm_* sid", "", "/a?utm_x=1&b&sid=2&sidx=3&utm_", "/a?b&sidx=3"),
        (Keep, "sid", "", "/a?sid=1", "/a"),
        (Keep, "sid", "", "/a?s%69d=1&s%49d=2", "/a?s%49d=2"),
        (Keep, "sid", "", "/a?x=sid&sid", "/a?x=sid"),
        (Keep, "", "v", "/a?b=1&v=2&vv", "/a?v=2"),
        (Keep, "v1", "v*", "/a?v1&v2&w", "/a?v2"),
        (Drop, "", "", "/a?b=1&c", "/a"),
        (Drop, "", "", "/a?", "/a"),
        (Drop, "", "t v*", "/a?v=1&b=2&t=3", "/a?v=1&t=3"),
        (Sort, "", "", "/a?b=1&a=2&b=0&a=1", "/a?a=2&a=1&b=1&b=0"),
        (Sort, "b", "", "/a?c&b&a", "/a?a&c"),
        (Sort, "", "", "/a?%62=1&a=2", "/a?a=2&%62=1"),
        (Sort, "", "", "/a?b=/?x&a", "/a?a&b=/?x"),
    ] {
        check(&rules(query, drop, keep), path, expected);
    }
}

#[test]
fn a_session_s_measurements_are_not_part_of_a_resource_s_name() {
    let default = KeyRules::default();
    check(&default, "/a.m4s?CMCD=bl%3D100&b=2&a=1", "/a.m4s?b=2&a=1");
    check(&default, "/a.m4s?CMCDX=1", "/a.m4s?CMCDX=1");
    assert!(matches!(default.apply("/a.m4s?b=2&a=1"), Cow::Borrowed(_)));
}

#[test]
fn hosts_are_one_where_only_their_spelling_or_an_alias_tells_them_apart() {
    let rules = HostRules::new().with_alias("A.example", "b.example").unwrap();
    let rules = rules.with_alias("c:81", "d:82").unwrap();
    assert_eq!(rules.clone().with_alias("a/b", "c"), None);
    for (host, expected) in [
        ("b.example", Some("b.example")),
        ("B.Example.", Some("b.example")),
        ("a.example:8080", Some("b.example")),
        ("a.example", Some("b.example")),
        ("c:81", Some("d:82")),
        ("c", Some("c")),
        ("[::1]:80", Some("[::1]:80")),
        ("[::1]", Some("[::1]")),
        ("x:", Some("x")),
        ("", None),
        (".", None),
        ("a:b", None),
        ("::1", None),
        ("[::1", None),
        (":80", None),
        ("a@b", None),
        ("a/b", None),
        ("a?b", None),
        ("a b", None),
    ] {
        assert_eq!(rules.canonical(host).as_deref(), expected, "{host}");
    }
}

fn any_rules() -> impl Strategy<Value = KeyRules> {
    let names = || proptest::collection::vec("[abC%*]{0,3}", 0..3);
    let query = prop_oneof![Just(QueryRule::Keep), Just(QueryRule::Drop), Just(QueryRule::Sort)];
    (query, names(), names()).prop_map(|(query, drop, keep)| {
        let patterns =
            |names: Vec<String>| names.iter().map(|name| NamePattern::new(name)).collect();
        KeyRules { query, drop: patterns(drop), keep: patterns(keep) }
    })
}

proptest! {
    #[test]
    fn law_applying_rules_twice_is_applying_them_once(
        rules in any_rules(),
        query in "[abC%61=&?]{0,16}",
    ) {
        let path = format!("/p?{query}");
        let once = rules.apply(&path).into_owned();
        prop_assert_eq!(rules.apply(&once), once.as_str());
    }

    #[test]
    fn law_requests_with_equal_keys_are_forwarded_alike(
        rules in any_rules(),
        parameters in proptest::collection::vec("[abC%]{0,2}(=[ab])?", 0..5),
        swap in (0usize..5, 0usize..5),
    ) {
        let mut other = parameters.clone();
        if swap.0 < other.len() && swap.1 < other.len() {
            other.swap(swap.0, swap.1);
        }
        let [a, b] = [parameters, other].map(|parameters| format!("/p?{}", parameters.join("&")));
        let [a, b] = [a, b].map(|path| rules.apply(&path).into_owned());
        let key = |path: &str| Key::new("http", "h", path);
        // Keys undo percent-encodings that RFC 3986 §6.2.2 says are none; nothing else.
        prop_assert_eq!(key(&a) == key(&b), a.replace("%61", "a") == b.replace("%61", "a"));
    }

    #[test]
    fn law_sorting_makes_every_order_of_different_names_one_key(
        names in proptest::collection::btree_set("[a-z]{1,3}", 0..6),
        seed in any::<u64>(),
    ) {
        let mut shuffled: Vec<_> = names.iter().cloned().collect();
        let len = shuffled.len();
        for at in 0..len {
            shuffled.swap(at, usize::try_from(seed.rotate_left(u32::try_from(at).unwrap()) % 7).unwrap() % len);
        }
        let rules = rules(QueryRule::Sort, "", "");
        let sorted: Vec<_> = names.into_iter().collect();
        let [a, b] = [sorted, shuffled].map(|names| format!("/p?{}", names.join("&")));
        prop_assert_eq!(rules.apply(&a), rules.apply(&b));
    }

    #[test]
    fn law_a_canonical_host_is_its_own(host in "[aA.:0\\[\\]-]{0,8}") {
        let rules = HostRules::new();
        if let Some(once) = rules.canonical(&host) {
            prop_assert_eq!(rules.canonical(&once), Some(once));
        }
    }
}
