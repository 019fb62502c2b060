use proptest::prelude::*;

use super::*;

fn check(nor: Option<&str>, nrr: Option<&str>, expected: Option<(&str, Option<&str>)>) {
    let next = announced("/film/v1/7.m4s?x=/y", nor, nrr);
    let got = next.as_ref().map(|next| (&*next.path_and_query, next.range.as_deref()));
    assert_eq!(got, expected, "{nor:?} {nrr:?}");
}

#[test]
fn what_is_announced_is_a_path_on_the_same_host() {
    for (nor, expected) in [
        ("8.m4s", Some("/film/v1/8.m4s")),
        ("8.m4s?a=../b", Some("/film/v1/8.m4s?a=../b")),
        ("./8.m4s", Some("/film/v1/8.m4s")),
        ("../v2/8.m4s", Some("/film/v2/8.m4s")),
        ("../../8.m4s", Some("/8.m4s")),
        ("../../../8.m4s", None),
        ("/other/8.m4s", Some("/other/8.m4s")),
        ("/other/../8.m4s", Some("/8.m4s")),
        ("/../8.m4s", None),
        ("..", Some("/film/")),
        ("", None),
        ("?x", None),
        ("//evil/8.m4s", None),
        ("http://evil/8.m4s", None),
        ("%2e%2e/8.m4s", None),
        ("a%2E/8.m4s", None),
        ("..\\8.m4s", None),
        ("8.m4s#x", None),
        ("8 9.m4s", None),
        ("8\r\n.m4s", None),
        ("é.m4s", None),
    ] {
        check(Some(nor), None, expected.map(|path| (path, None)));
    }
}

#[test]
fn a_range_is_of_the_next_object_or_of_the_same_one() {
    check(None, None, None);
    check(None, Some("10-20"), Some(("/film/v1/7.m4s?x=/y", Some("bytes=10-20"))));
    check(Some("a"), Some("10-"), Some(("/film/v1/a", Some("bytes=10-"))));
    check(Some("a"), Some("-5"), Some(("/film/v1/a", Some("bytes=-5"))));
    for hostile in ["", "-", "a-b", "1-2,3-4", "1-2\r\nX: y", "1-99999999999999999999"] {
        check(Some("a"), Some(hostile), None);
    }
}

fn follow(asked: &[&str], expected: &[Option<&str>]) {
    let mut sequences = Sequences::default();
    let got: Vec<_> = asked.iter().map(|path| sequences.follow(path)).collect();
    let got: Vec<_> = got.iter().map(Option::as_deref).collect();
    assert_eq!(got, expected, "{asked:?}");
}

#[test]
fn two_in_a_row_tell_the_third() {
    follow(&["/a/1.m4s", "/a/2.m4s", "/a/3.m4s"], &[None, Some("/a/3.m4s"), Some("/a/4.m4s")]);
    follow(&["/a/s-008.m4s?t=1", "/a/s-009.m4s?t=1"], &[None, Some("/a/s-010.m4s?t=1")]);
    follow(&["/a/v2_9.m4s", "/a/v2_10.m4s"], &[None, Some("/a/v2_11.m4s")]);
    follow(&["/a/seg8", "/a/seg9"], &[None, Some("/a/seg10")]);
    // Not in a row, not the same sequence, not numbers.
    follow(&["/a/1.m4s", "/a/3.m4s"], &[None, None]);
    follow(&["/a/1.m4s", "/b/2.m4s", "/a/2.mp4", "/a/2.m4s?x"], &[None; 4]);
    follow(&["/a/0.m4s", "/a/96000.m4s", "/a/192000.m4s"], &[None; 3]);
    follow(&["/a/1700000000001.m4s", "/a/1700000000002.m4s"], &[None; 2]);
    follow(&["/a/init.mp4", "/", "", "/a/"], &[None; 4]);
    // Several viewers, each at a place of its own, and two at the same one.
    follow(
        &["/a/1.m4s", "/a/50.m4s", "/a/2.m4s", "/a/2.m4s", "/a/51.m4s"],
        &[None, None, Some("/a/3.m4s"), None, Some("/a/52.m4s")],
    );
}

#[test]
fn there_are_bounds_on_sequences_and_places() {
    let mut sequences = Sequences::default();
    for sequence in 0..SEQUENCES_MAX + 5 {
        for place in 0..PLACES_MAX + 5 {
            sequences.follow(&format!("/{sequence}/{}.m4s", place * 10));
        }
    }
    assert_eq!(sequences.sequences.len(), SEQUENCES_MAX);
    assert!(sequences.sequences.values().all(|one| one.places.len() == PLACES_MAX));
}

proptest! {
    #[test]
    fn law_what_is_announced_is_a_clean_path(nor in "[a./%2eE?:\\\\]{0,12}") {
        if let Some(next) = announced("/a/b/c", Some(&nor), None) {
            let path = next.path_and_query.split('?').next().unwrap();
            prop_assert!(path.starts_with('/'), "{}", path);
            prop_assert!(!path.split('/').any(|one| matches!(one, "." | "..")), "{}", path);
        }
    }
}
