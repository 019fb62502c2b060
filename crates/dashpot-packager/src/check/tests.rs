use super::*;
use crate::fixture;
use bytes::Bytes;

fn check(what: &str, change: impl FnOnce(&mut Vec<Track>), expected: Option<&str>) {
    let audio = fixture::aac(2, 3);
    let mut tracks = vec![
        fixture::track("v1", fixture::kind_video(180), 12_800, &[25_600; 3]),
        fixture::track("v2", fixture::kind_video(360), 12_800, &[25_600; 3]),
        fixture::track("a-en", fixture::STEREO, 48_000, &audio),
    ];
    change(&mut tracks);
    let source = AssetSource { name: "clip".to_owned(), tracks, ..AssetSource::default() };
    match (Asset::new(source).map_err(|error| error.to_string()), expected) {
        (Ok(_), None) => {}
        (Err(message), Some(part)) => assert!(message.contains(part), "{what}: {message}"),
        (Ok(_), Some(part)) => panic!("{what}: accepted, not `{part}`"),
        (Err(message), None) => panic!("{what}: {message}"),
    }
}

/// A change to the second video track.
fn check_fragments(what: &str, change: impl FnOnce(&mut Vec<Fragment>), expected: Option<&str>) {
    check(what, |tracks| change(&mut tracks[1].fragments), expected);
}

#[test]
fn tracks_that_do_not_fit_together_are_refused() {
    check("as it is", |_| {}, None);
    check("audio alone", |tracks| drop(tracks.drain(..2)), None);
    check("nothing", Vec::clear, Some("it has no track"));
    check("a clash", |tracks| tracks[1].id = "v1".to_owned(), Some("two tracks are called `v1`"));
    for name in ["", "..", ".hidden", "a/b", "a b", "init", "한"] {
        check(name, |tracks| tracks[1].id = name.to_owned(), Some("cannot stand in a URL"));
    }
    check("no timescale", |tracks| tracks[0].timescale = 0, Some("timescale is zero"));
    check("no fragments", |tracks| tracks[1].fragments.clear(), Some("it has no fragment"));
    let short = |tracks: &mut Vec<Track>| tracks[2].fragments.truncate(1);
    check("short audio", short, Some("lasts 2005 ms but the asset 6000 ms"));
    let uneven = fixture::track("v2", fixture::kind_video(360), 12_800, &[12_800, 38_400, 25_600]);
    check(
        "other cuts",
        |tracks| tracks[1] = uneven,
        Some("do not cut at the same times (fragment 1)"),
    );
    let other = fixture::track("v2", fixture::kind_video(360), 1_000, &[1_000, 3_000, 2_000]);
    check("a set of its own", |tracks| tracks[1] = other, None);
}

#[test]
fn fragments_that_cannot_be_served_are_refused() {
    check_fragments("a gap", |all| all[2].start += 1, Some("does not begin where the one before"));
    check_fragments("no duration", |all| all[2].duration = 0, Some("duration is zero"));
    check_fragments("endless", |all| all[2].duration = u64::MAX, Some("beyond all reason"));
    check_fragments("a late start", |all| drop(all.remove(0)), Some("after time 0"));
    check_fragments("a head too long", |all| all[0].size = 10, Some("longer than the fragment"));
    let no_head = |all: &mut Vec<Fragment>| all[1].head = Bytes::from_static(b"\0\0\0\x08moof");
    check_fragments("no times", no_head, Some("v2, fragment 1: its head cannot be patched"));
}
