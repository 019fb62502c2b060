use super::*;
use crate::{AssetSource, Track, fixture};
use bytes::Bytes;
use dashpot_bmff::parse_sidx;
use proptest::prelude::*;
use std::ops::Range;

fn catalogue() -> Catalogue {
    Catalogue::new([fixture::clip(6)])
}

fn plan(catalogue: &Catalogue, path: &str) -> Plan {
    match respond(catalogue, path) {
        Ok(Found { body: Body::Media(plan), .. }) => plan,
        other => panic!("{path}: {other:?}"),
    }
}

fn text(catalogue: &Catalogue, path: &str) -> String {
    match respond(catalogue, path) {
        Ok(Found { body: Body::Text(text), .. }) => text,
        other => panic!("{path}: {other:?}"),
    }
}

fn check_refused(path: &str, expected: &str) {
    let said = match respond(&catalogue(), path) {
        Ok(_) => "found".to_owned(),
        Err(Refused::NotFound(why)) => format!("404 {why}"),
        Err(Refused::BadRequest(why)) => format!("400 {why}"),
        Err(
            refused @ (Refused::TooEarly { .. }
            | Refused::Gone(_)
            | Refused::TooFar(_)
            | Refused::Unchanged
            | Refused::Unavailable { .. }),
        ) => panic!("{refused:?}"),
    };
    assert!(said.contains(expected), "{path}: {said}");
}

#[test]
fn what_is_not_there_is_refused_with_the_reason() {
    for (path, expected) in [
        ("film/number.mpd", "404 there is no asset `film`"),
        ("clip/v3/init.mp4", "404 `clip` has no track `v3`"),
        ("clip/v3.mp4", "404 `clip` has no track `v3`"),
        ("clip/v1.vtt", "404 `clip` has no subtitles `v1`"),
        ("clip/s-en.mp4", "404 `clip` has no track `s-en`"),
        ("clip/v1/7.m4s", "404 `v1` has segments 1 to 6, no number 7"),
        ("clip/v1/0.m4s", "404 `v1` has segments 1 to 6, no number 0"),
        ("clip/loop_2/v1/13.m4s", "404 `v1` has segments 1 to 12"),
        ("clip/v1/t1.m4s", "none that starts at 1"),
        ("clip/seg_3s/number.mpd", "400 option `seg_3s` does not fit"),
        ("clip/seg_5s/number.mpd", "groups of pictures of 2s; the nearest is `seg_6s`"),
        ("clip/seg_1s/v1.mp4", "the nearest is `seg_2s`"),
        ("clip/seg_90s/v1.mp4", "the nearest is `seg_60s`"),
        ("clip/twice_2/v1.mp4", "400 option `twice_2` is not one"),
        ("clip/v_0000000000000008/v1.mp4", "404 `clip` has changed"),
        ("clip/v_0000000000000008/s-en.vtt", "fetch the MPD again"),
        ("clip/loop_2/v_0000000000000008/v9/999.m4s", "fetch the MPD again"),
        ("clip/v_8/v1.mp4", "400 option `v_8` is no version"),
        ("clip/v_0000000000000007/time.mpd", "400 an MPD has no version"),
        ("clip", "404 no such path"),
        ("../clip/v1.mp4", "404 no such path"),
    ] {
        check_refused(path, expected);
    }
}

#[test]
fn a_loop_that_is_too_long_for_the_asset_names_the_longest() {
    let long = Catalogue::new([fixture::clip(300)]);
    match respond(&long, "clip/loop_1000/v1/1.m4s") {
        Err(Refused::BadRequest(why)) => assert!(why.contains("`loop_66` is the most"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert!(respond(&long, "clip/loop_66/v1/1.m4s").is_ok());
}

#[test]
fn an_asset_without_a_constant_gop_refuses_segment_lengths() {
    let tracks: Vec<Track> =
        vec![fixture::track("v1", fixture::kind_video(180), 1_000, &[1_000, 2_000, 1_500])];
    let source = AssetSource { name: "clip".to_owned(), tracks, ..AssetSource::default() };
    let catalogue = Catalogue::new([Asset::new(source).unwrap()]);
    match respond(&catalogue, "clip/seg_2s/number.mpd") {
        Err(Refused::BadRequest(why)) => assert!(why.contains("differ in length"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert!(text(&catalogue, "clip/loop_2/number.mpd").contains("<SegmentTimeline>"));
}

#[test]
fn sequence_numbers_and_decode_times_go_on_over_all_passes() {
    let (catalogue, clip) = (catalogue(), fixture::clip(6));
    let files = fixture::files(&clip);
    let mut seen = Vec::new();
    for number in 1..=18 {
        let plan = plan(&catalogue, &format!("clip/loop_3/v1/{number}.m4s"));
        seen.push(fixture::times(&fixture::read(&files, &plan, 0..u64::MAX)));
    }
    let expected: Vec<_> = (0..18_u32).map(|at| (u64::from(at) * 25_600, at + 1)).collect();
    assert_eq!(seen, expected);
}

/// Returns the whole of a virtual file and where its references lie, by its own `sidx`.
fn whole(catalogue: &Catalogue, path: &str) -> (Vec<u8>, Vec<Range<usize>>) {
    let files = fixture::files(catalogue.asset("clip").unwrap());
    let plan = plan(catalogue, path);
    let bytes = fixture::read(&files, &plan, 0..plan.len());
    assert_eq!(u64::try_from(bytes.len()).unwrap(), plan.len());
    let init = usize::try_from(fixture::INIT_LEN).unwrap();
    let index_len =
        usize::try_from(u32::from_be_bytes(bytes[init..init + 4].try_into().unwrap())).unwrap();
    let index = parse_sidx(&Bytes::copy_from_slice(&bytes[init..init + index_len])).unwrap();
    let mut at = init + index_len;
    let references = index.references.iter().map(|reference| {
        let start = at;
        at += usize::try_from(reference.size).unwrap();
        start..at
    });
    let references = references.collect();
    (bytes, references)
}

#[test]
fn the_index_of_a_virtual_file_lists_the_very_segments_that_numbers_name() {
    let catalogue = catalogue();
    let files = fixture::files(catalogue.asset("clip").unwrap());
    for options in ["", "loop_3/", "seg_4s/", "loop_3/seg_8s/"] {
        for track in ["v1", "a-en"] {
            let (bytes, references) = whole(&catalogue, &format!("clip/{options}{track}.mp4"));
            assert_eq!(references.last().unwrap().end, bytes.len(), "{options}{track}");
            for (number, range) in (1..).zip(references) {
                let path = format!("clip/{options}{track}/{number}.m4s");
                let segment = fixture::read(&files, &plan(&catalogue, &path), 0..u64::MAX);
                assert_eq!(segment, &bytes[range], "{path}");
            }
        }
    }
}

#[test]
fn only_what_names_its_version_is_immutable() {
    use Cacheability::{Immutable, Manifest, Unversioned};
    let catalogue = catalogue();
    for (path, expected) in [
        ("clip/time.mpd", Manifest),
        ("clip/loop_2/list.mpd", Manifest),
        ("clip/v1/init.mp4", Unversioned),
        ("clip/loop_2/v1/1.m4s", Unversioned),
        ("clip/v1.mp4", Unversioned),
        ("clip/s-en.vtt", Unversioned),
        ("clip/v_0000000000000007/v1/init.mp4", Immutable),
        ("clip/v_0000000000000007/v1/1.m4s", Immutable),
        ("clip/loop_2/v_0000000000000007/a-en/t0.m4s", Immutable),
        ("clip/v_0000000000000007/seg_4s/v1.mp4", Immutable),
        ("clip/v_0000000000000007/s-en.vtt", Immutable),
    ] {
        assert_eq!(respond(&catalogue, path).unwrap().cacheability, expected, "{path}");
    }
}

#[test]
fn subtitles_are_looped_with_the_film() {
    let looped = text(&catalogue(), "clip/loop_2/s-en.vtt");
    assert!(looped.ends_with("00:00:13.000 --> 00:00:14.000\nHello\n\n"), "{looped}");
}

proptest! {
    #[test]
    fn ranges_of_a_virtual_file_partition_it(
        passes in 1..4_u32, mut cuts in proptest::collection::vec(0..9_000_u64, 0..9),
    ) {
        let catalogue = catalogue();
        let path = format!("clip/loop_{passes}/a-en.mp4");
        let files = fixture::files(catalogue.asset("clip").unwrap());
        let plan = plan(&catalogue, &path);
        cuts.extend([0, plan.len()]);
        cuts.iter_mut().for_each(|cut| *cut = (*cut).min(plan.len()));
        cuts.sort_unstable();
        let mut joined = Vec::new();
        for pair in cuts.windows(2) {
            let piece = fixture::read(&files, &plan, pair[0]..pair[1]);
            prop_assert_eq!(u64::try_from(piece.len()).unwrap(), pair[1] - pair[0]);
            joined.extend(piece);
        }
        prop_assert_eq!(joined, fixture::read(&files, &plan, 0..plan.len()));
    }

    #[test]
    fn no_path_panics(path in "(clip|film|/|\\.|loop_[0-9]{1,4}|seg_[0-9]{1,4}s|v1|t|[0-9]{1,22}|\\.m4s|\\.mp4|\\.mpd|\\.vtt|number|é){0,9}") {
        if let Err(refused) = respond(&catalogue(), &path) {
            prop_assert!(!refused.to_string().is_empty());
        }
    }
}
