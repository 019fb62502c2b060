//! Protected media has keys and URLs of its own, and the same path has the same bytes anywhere.

use super::*;
use crate::{
    Body, Found, Part, Refused,
    fixture::{self, Film, LICENCES, entries},
    live::respond_live,
    respond::respond,
};
use bytes::BytesMut;
use dashpot_base::WallTime;
use std::time::Duration;

/// Six groups of pictures of 2 s, and two languages.
fn asset() -> Asset {
    let film = Film { rate: (25, 1), sampling: 48_000, gops: 6, gop_seconds: 2, missing_frames: 0 };
    let mut asset = fixture::film(&film);
    let sound = asset.tracks[1].clone();
    asset.tracks.push(Track { id: "a-ko".to_owned(), lang: "ko".to_owned(), ..sound });
    asset.layouts.push(asset.layouts[1].clone());
    asset
}

fn catalogue(seed: u8) -> Catalogue {
    Catalogue::new([asset()]).with_drm(fixture::drm(seed))
}

fn live(catalogue: &Catalogue, path: &str, now_s: u64) -> Result<Found, Refused> {
    respond_live(catalogue, path, WallTime::from_epoch(Duration::from_secs(now_s)))
}

fn text(found: Result<Found, Refused>) -> String {
    match found.unwrap().body {
        Body::Text(text) => text,
        Body::Media(_) | Body::Sealed(_) => panic!("media"),
    }
}

/// Makes a sealed body of the fixture's files.
fn made(catalogue: &Catalogue, found: Result<Found, Refused>) -> Vec<u8> {
    let files = fixture::files(catalogue.asset("film").unwrap());
    let Body::Sealed(sealed) = found.unwrap().body else { panic!("it is not protected") };
    let mut out = Vec::new();
    for piece in &sealed.pieces {
        let mut read = BytesMut::new();
        for part in piece.parts() {
            let Part::File { path, range } = part else { panic!("{part:?}") };
            let at = |offset| usize::try_from(offset).unwrap();
            read.extend_from_slice(&files[path][at(range.start)..at(range.end)]);
        }
        out.extend(piece.seal(read).unwrap().concat());
    }
    out
}

fn check_refused(catalogue: &Catalogue, path: &str, expected: &str) {
    match respond(catalogue, path) {
        Err(Refused::BadRequest(why)) => assert!(why.contains(expected), "{path}: {why}"),
        other => panic!("{path}: {other:?}"),
    }
}

#[test]
fn what_cannot_be_protected_is_refused_by_name() {
    let ours = catalogue(1);
    check_refused(&ours, "film/drm_cenc/base.mpd", "use `number` or `time`");
    check_refused(&ours, "film/drm_cenc/list.mpd", "use `number` or `time`");
    check_refused(&ours, "film/drm_cenc/v1.mp4", "use `number` or `time`");
    check_refused(&ours, "film/drm_cenc-cbcs/number.mpd", "one scheme at a time");
    check_refused(&ours, "film/drm_cens/number.mpd", "did you mean `drm_cenc`");
    check_refused(&ours, "film/rotate_4s/number.mpd", "use it with `drm_cenc`");
    check_refused(&ours, "film/drm_cenc/rotate_4s/number.mpd", "on demand there is one");
    check_refused(&ours, "film/drm_cenc/trick_8/number.mpd", "leave `trick_` out");
    check_refused(&ours, "film/drm_cenc/pre_film/number.mpd", "leave `pre_` out");
    check_refused(&ours, "film/drm_cenc/hls.m3u8", "playlists say nothing of keys");
    check_refused(&Catalogue::new([asset()]), "film/drm_cenc/number.mpd", "no keys");
    for (kind, why) in [(b"av01", "`av01` cannot be encrypted"), (b"vp09", "`vp09` cannot")] {
        let mut asset = asset();
        asset.tracks[0].sample_entries = entries(kind);
        let other = Catalogue::new([asset]).with_drm(fixture::drm(1));
        check_refused(&other, "film/drm_cbcs/number.mpd", why);
    }
}

#[test]
fn other_keys_have_other_urls_and_old_ones_lead_nowhere() {
    let version = |text: &str| {
        let (_, rest) = text.split_once("<BaseURL>").unwrap();
        rest.split_once('/').unwrap().0.to_owned()
    };
    let one = version(&text(respond(&catalogue(1), "film/drm_cenc/number.mpd")));
    let other = version(&text(respond(&catalogue(2), "film/drm_cenc/number.mpd")));
    let clear = version(&text(respond(&catalogue(1), "film/number.mpd")));
    assert_eq!(clear, asset().version());
    assert!(one != other && one != clear, "{one} {other} {clear}");
    assert_eq!(one, version(&text(live(&catalogue(1), "film/drm_cenc/time.mpd", 100))));
    let there = |seed, version: &str| {
        respond(&catalogue(seed), &format!("film/drm_cenc/{version}/a-en/1.m4s")).is_ok()
    };
    assert_eq!([there(1, &one), there(1, &other), there(1, &clear)], [true, false, false]);
}

#[test]
fn an_mpd_says_scheme_key_and_where_the_licence_is() {
    for (scheme, code) in [("cenc", Scheme::Cenc), ("cbcs", Scheme::Cbcs)] {
        let text = text(respond(&catalogue(1), &format!("film/drm_{scheme}/number.mpd")));
        let purpose = Purpose { asset: "film", fingerprint: 7, scheme: code, period: 0 };
        let (id, _) = fixture::drm(1).keys().key(&purpose);
        let id = data_encoding::HEXLOWER.encode(&id);
        let id = format!("{}-{}-{}", &id[..8], &id[8..12], &id[12..16]);
        for expected in [
            format!(r#"value="{scheme}" xmlns:cenc="urn:mpeg:cenc:2013" cenc:default_KID="{id}"#),
            "urn:uuid:e2719d58-a985-b3c9-781a-b030af78d30e".to_owned(),
            "urn:uuid:1077efec-c0b2-4d02-ace3-3c1e52e2fb4b".to_owned(),
            format!(r#"licenseType="EME-1.0">{LICENCES}</dashif:Laurl>"#),
        ] {
            assert!(text.contains(&expected), "{expected} in {text}");
        }
        let protected = text.matches("urn:mpeg:dash:mp4protection:2011").count();
        // Pictures and two languages; text is in the clear.
        assert_eq!(protected, 3);
    }
}

#[test]
fn replicas_make_the_same_bytes_and_other_keys_make_others() {
    for path in ["film/drm_cenc/a-en/2.m4s", "film/loop_3/seg_4s/drm_cenc/a-ko/4.m4s"] {
        let (one, other) = (catalogue(1), catalogue(1));
        let bytes = made(&one, respond(&one, path));
        assert_eq!(bytes, made(&other, respond(&other, path)), "{path}");
        let third = catalogue(2);
        let others = made(&third, respond(&third, path));
        assert_eq!((bytes.len(), bytes == others), (others.len(), false), "{path}");
    }
}

/// Returns the vector of a segment's first sample.
fn vector(bytes: &[u8]) -> Vec<u8> {
    let at = bytes.windows(4).position(|four| four == b"senc").unwrap();
    bytes[at + 12..at + 28].to_vec()
}

#[test]
fn no_vector_comes_back_with_the_loop_or_in_another_track_or_service() {
    let catalogue = catalogue(1);
    let vod = |path: &str| vector(&made(&catalogue, respond(&catalogue, path)));
    let by_clock = |path: &str| vector(&made(&catalogue, live(&catalogue, path, 26)));
    let vectors = std::collections::BTreeSet::from([
        vod("film/loop_3/drm_cenc/a-en/1.m4s"),
        vod("film/loop_3/drm_cenc/a-en/7.m4s"),
        vod("film/loop_3/drm_cenc/a-en/13.m4s"),
        vod("film/loop_3/drm_cenc/a-ko/1.m4s"),
        by_clock("film/drm_cenc/a-en/1.m4s"),
        by_clock("film/drm_cenc/a-en/7.m4s"),
        by_clock("film/drm_cenc/seg_4s/a-en/4.m4s"),
    ]);
    assert_eq!(vectors.len(), 7);
}

/// Returns the name of the key that a segment names itself.
fn own_key(bytes: &[u8]) -> Vec<u8> {
    let at = bytes.windows(4).position(|four| four == b"sgpd").unwrap();
    bytes[at + 23..at + 39].to_vec()
}

#[test]
fn all_tracks_have_another_key_from_the_same_segment_on() {
    let catalogue = catalogue(1);
    for prefix in ["film/loop_9/drm_cenc/rotate_6s", "film/drm_cbcs/rotate_6s"] {
        let key = |track: &str, number: u64| {
            let path = format!("{prefix}/{track}/{number}.m4s");
            let is_live = !prefix.contains("loop");
            let found =
                if is_live { live(&catalogue, &path, 60) } else { respond(&catalogue, &path) };
            own_key(&made(&catalogue, found))
        };
        for track in ["a-en", "a-ko"] {
            let keys: Vec<_> = (13..=21).map(|number| key(track, number)).collect();
            let expected: Vec<_> =
                [13, 13, 13, 16, 16, 16, 19, 19, 19].map(|of| key("a-en", of)).into();
            assert_eq!(keys, expected, "{prefix} {track}");
            assert!(keys[0] != keys[3] && keys[3] != keys[6], "{prefix} {track}");
        }
    }
}

#[test]
fn keys_that_change_want_periods_that_do() {
    let catalogue = catalogue(1);
    for (options, fits) in [
        ("rotate_6s", false),
        ("rotate_6s/period_4s", false),
        ("rotate_6s/period_12s", false),
        ("rotate_6s/period_6s", true),
        ("rotate_12s/period_6s", true),
    ] {
        for file in ["number.mpd", "time.mpd"] {
            let found = live(&catalogue, &format!("film/drm_cenc/{options}/{file}"), 60);
            assert_eq!(found.is_ok(), fits, "{options}: {found:?}");
        }
    }
    // Segments are what they are, whoever knows of them.
    assert!(live(&catalogue, "film/drm_cenc/rotate_6s/a-en/14.m4s", 60).is_ok());
}

#[test]
fn each_period_names_the_key_that_it_begins_with() {
    let path = "film/drm_cenc/rotate_6s/period_6s/tsbd_30s/time.mpd";
    let text = text(live(&catalogue(1), path, 120));
    let ids = |period: &str| {
        period
            .split("cenc:default_KID=\"")
            .skip(1)
            .map(|id| id[..36].to_owned())
            .collect::<Vec<_>>()
    };
    let periods: Vec<_> = text.split("<Period ").skip(1).map(ids).collect();
    assert!(3 < periods.len(), "{text}");
    let all: std::collections::BTreeSet<_> = periods.iter().flatten().collect();
    assert_eq!(all.len(), periods.len());
    assert!(periods.iter().all(|ids| ids.len() == 3 && ids.iter().all(|id| *id == ids[0])));
}

#[test]
fn chunks_leave_one_by_one_as_they_come_to_be() {
    let catalogue = catalogue(1);
    let found = live(&catalogue, "film/drm_cenc/chunk_0.5s/a-en/14.m4s", 27).unwrap();
    let Body::Sealed(sealed) = &found.body else { panic!("it is not protected") };
    assert_eq!((sealed.pieces.len(), found.due.len()), (4, 4));
    let bytes = made(&catalogue, Ok(found.clone()));
    let boxes: Vec<_> = dashpot_bmff::boxes(&Bytes::from(bytes))
        .map(|found| found.unwrap().header.kind.to_string())
        .collect();
    assert_eq!(boxes[..7], ["styp", "prft", "moof", "mdat", "prft", "moof", "mdat"]);
    assert_eq!(boxes.len(), 13);
}

#[test]
fn what_was_read_must_be_what_the_scan_found() {
    let catalogue = catalogue(1);
    let piece = |path: &str| {
        let Body::Sealed(mut sealed) = respond(&catalogue, path).unwrap().body else {
            panic!("it is not protected")
        };
        sealed.pieces.remove(0)
    };
    let sound = piece("film/drm_cenc/a-en/1.m4s");
    assert!(matches!(sound.seal(BytesMut::new()), Err(SealError::Length { read: 0, .. })));
    let pictures = piece("film/drm_cenc/v1/1.m4s");
    let size = pictures.parts().iter().map(Part::len).sum::<u64>();
    let read = BytesMut::zeroed(usize::try_from(size).unwrap());
    assert!(matches!(pictures.seal(read), Err(SealError::Sample { at: 0, .. })));
    let header = piece("film/drm_cenc/a-en/init.mp4");
    assert!(matches!(header.seal(BytesMut::zeroed(40)), Err(SealError::Box(_))));
}
