use proptest::prelude::*;

use super::*;
use crate::fixture::headers;

fn at(seconds: u64) -> WallTime {
    WallTime::from_unix_seconds(seconds)
}

fn purge(scope: Scope, mode: Mode, seconds: u64) -> Purge {
    Purge { scope, mode, at: at(seconds) }
}

fn url(key: &str) -> Scope {
    Scope::Url(key.to_owned())
}

fn prefix(prefix: &str) -> Scope {
    Scope::Prefix(prefix.to_owned())
}

fn tag(tag: &str) -> Scope {
    Scope::Tag(tag.to_owned())
}

fn tags(text: &str) -> Tags {
    Tags::of(&headers(&format!("xkey: {text}"))).unwrap()
}

/// Checks a response from before all purges.
fn check(scopes: &[Scope], key: &str, tagged: &str, expected: Purged) {
    let mut purges = Purges::default();
    for scope in scopes {
        purges.add(purge(scope.clone(), Mode::Hard, 1));
    }
    assert_eq!(purges.check(key, &tags(tagged), 0), expected, "{scopes:?} {key} {tagged}");
}

#[test]
fn a_purge_concerns_what_its_scope_says() {
    use Purged::{Hard, No};
    check(&[], "h/a", "t", No);
    check(&[url("h/a")], "h/a", "", Hard);
    check(&[url("h/a")], "h/ab", "", No);
    check(&[url("h/a")], "h/a?b", "", No);
    check(&[prefix("h/a")], "h/ab/c", "", Hard);
    check(&[prefix("h/a/")], "h/a", "", No);
    check(&[prefix("")], "h/a", "", Hard);
    check(&[prefix("h/a/b/c"), prefix("h/a")], "h/a/b/x", "", Hard);
    check(&[prefix("h/a/b/c"), prefix("h/a/b/d"), prefix("h/a/bb")], "h/a/b/x", "", No);
    check(&[prefix("h/é/b"), prefix("h/è")], "h/é/b", "", Hard);
    check(&[prefix("h/éa"), prefix("h/è")], "h/éb", "", No);
    check(&[tag("a")], "h/a", "b a", Hard);
    check(&[tag("a")], "h/a", "ab A", No);
    check(&[Scope::All], "h/a", "", Hard);
}

#[test]
fn what_was_fetched_after_a_purge_is_not_concerned() {
    let mut purges = Purges::default();
    assert_eq!(purges.add(purge(prefix("h/a"), Mode::Hard, 5)), 1);
    let no_tags = Tags::default();
    assert_eq!(purges.check("h/a/1", &no_tags, 0), Purged::Hard);
    assert_eq!(purges.check("h/a/1", &no_tags, 1), Purged::No);
    assert_eq!(purges.add(purge(tag("x"), Mode::Soft, 6)), 2);
    assert_eq!(purges.check("h/a/1", &no_tags, 1), Purged::No);
    assert_eq!(purges.check("h/b", &tags("x"), 1), Purged::Soft(at(6)));
    // What may have any tag has that one.
    assert_eq!(purges.check("h/b", &Tags::unknown(), 1), Purged::Soft(at(6)));
    // Hard wins over soft, and the first soft purge over later ones.
    purges.add(purge(url("h/b"), Mode::Soft, 7));
    assert_eq!(purges.check("h/b", &tags("x"), 1), Purged::Soft(at(6)));
    purges.add(purge(Scope::All, Mode::Hard, 8));
    assert_eq!(purges.check("h/b", &tags("x"), 3), Purged::Hard);
    assert_eq!(purges.check("h/b", &tags("x"), 4), Purged::No);
    // A purge of everything stands for all before it.
    assert_eq!(purges.len(), 0);
}

#[test]
fn a_response_newer_than_all_purges_tells_that_some_were_lost() {
    assert_eq!(Purges::default().check("h/a", &Tags::default(), 7), Purged::Hard);
}

#[test]
fn rules_beyond_the_bound_collapse_and_are_never_forgotten() {
    let mut purges = Purges::default();
    let count = RULES_MAX + 10;
    for nth in 0..count {
        purges.add(purge(url(&format!("h/{nth}")), Mode::Hard, 1));
    }
    assert_eq!(purges.len(), RULES_MAX);
    let no_tags = Tags::default();
    // The first ten stand for whatever was stored before them now.
    assert_eq!(purges.check("h/0", &no_tags, 0), Purged::Hard);
    assert_eq!(purges.check("h/other", &no_tags, 9), Purged::Hard);
    assert_eq!(purges.check("h/other", &no_tags, 10), Purged::No);
    assert_eq!(purges.check("h/10", &no_tags, 10), Purged::Hard);
}

fn scopes() -> impl Strategy<Value = Scope> {
    let text = || "[ab/é]{0,3}";
    prop_oneof![
        1 => Just(Scope::All),
        4 => text().prop_map(Scope::Url),
        4 => text().prop_map(Scope::Prefix),
        4 => "[abc]".prop_map(Scope::Tag),
    ]
}

fn histories() -> impl Strategy<Value = Vec<Purge>> {
    let mode = prop_oneof![Just(Mode::Hard), Just(Mode::Soft)];
    let purge = (scopes(), mode).prop_map(|(scope, mode)| Purge { scope, mode, at: at(1) });
    proptest::collection::vec(purge, 0..12)
}

proptest! {
    #[test]
    fn law_a_look_up_finds_what_asking_every_purge_finds(
        history in histories(),
        key in "[ab/é]{0,5}",
        tagged in "[abc]{0,1} [abc]{0,1}",
        since in 0u64..12,
    ) {
        let mut purges = Purges::default();
        for purge in &history {
            purges.add(purge.clone());
        }
        let since = since.min(purges.epoch());
        let tags = tags(&tagged);
        let later = history.iter().skip(usize::try_from(since).unwrap());
        let concerned: Vec<_> =
            later.filter(|purge| purge.scope.includes(&key, &tags)).map(|one| one.mode).collect();
        let expected = if concerned.contains(&Mode::Hard) {
            Purged::Hard
        } else if concerned.is_empty() {
            Purged::No
        } else {
            Purged::Soft(at(1))
        };
        prop_assert_eq!(purges.check(&key, &tags, since), expected);
    }

    #[test]
    fn law_written_and_restored_purges_decide_as_before(
        history in histories(),
        key in "[ab/é]{0,5}",
        tagged in "[abc]{0,1}",
        since in 0u64..14,
    ) {
        let mut purges = Purges::default();
        for purge in history {
            purges.add(purge);
        }
        let mut restored = Purges::default();
        for (epoch, purge) in purges.records() {
            restored.restore(epoch, purge);
        }
        let tags = tags(&tagged);
        prop_assert_eq!(restored.epoch(), purges.epoch());
        prop_assert_eq!(restored.check(&key, &tags, since), purges.check(&key, &tags, since));
        prop_assert_eq!(restored, purges);
    }
}
