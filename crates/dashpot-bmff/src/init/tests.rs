//! What the movie header of a real track says, and what a broken one gives.

use bytes::Bytes;
use proptest::prelude::*;

use super::{Handler, parse_init};
use crate::mux::{Cut, Plan};
use crate::tests::{film_init, film_track, media_of};

#[test]
fn a_track_of_the_film_is_described() {
    let init = parse_init(&film_init()).unwrap();
    let [track] = &init.tracks[..] else { panic!("{init:?}") };
    assert_eq!((track.id, track.handler, track.timescale), (1, Handler::Video, 12_800));
    assert_eq!((track.width, track.height), (320, 180));
    assert_eq!(track.codec, "avc1.4D400C");
    assert_eq!(track.frame_rate(), Some((25, 1)));
    assert_eq!(track.language, None);
    assert!(track.edits.is_empty());
}

#[test]
fn languages_come_from_the_packed_code_or_the_extended_tag() {
    for (written, read) in [("en", "en"), ("kor", "ko"), ("pt-BR", "pt-BR"), ("zh-Hant", "zh-Hant")]
    {
        let mut media = media_of(&film_track());
        media.track.language = Some(written.to_owned());
        let file = Plan::new(media, &Cut::AtSync(std::time::Duration::ZERO)).write(1).unwrap();
        let init = parse_init(&file.header).unwrap();
        assert_eq!(init.tracks[0].language.as_deref(), Some(read), "{written}");
    }
}

fn check(bytes: &[u8], expected: &str) {
    assert_eq!(parse_init(&Bytes::copy_from_slice(bytes)).unwrap_err().to_string(), expected);
}

#[test]
fn broken_headers_are_refused() {
    check(b"", "no moov box in the file");
    check(b"\0\0\0\x08ftyp", "no moov box in the file");
    check(b"\0\0\0\x08moov", "no mvhd box in moov");
    let film = film_init();
    let cut = film.len() - 200;
    let error = parse_init(&film.slice(..cut)).unwrap_err().to_string();
    assert!(error.starts_with("moov at byte 28 needs "), "{error}");
    let damage = |kind: &[u8; 4], skip: usize, value: &[u8]| {
        let mut bytes = film.to_vec();
        let at = bytes.windows(4).position(|four| four == kind).unwrap() + 4 + skip;
        bytes[at..at + value.len()].copy_from_slice(value);
        parse_init(&Bytes::from(bytes)).unwrap_err().to_string()
    };
    assert!(damage(b"mvhd", 12, &[0; 4]).ends_with("the timescale is zero"));
    assert!(damage(b"tkhd", 12, &[0; 4]).ends_with("the track_ID is zero"));
    assert!(damage(b"mdia", 4, b"xxxx").ends_with("no mdhd box in moov/trak/mdia"));
    assert!(damage(b"stsd", 8, &[0xff; 4]).contains("moov/trak/mdia/minf/stbl/stsd/avc1 at byte"));
}

proptest! {
    #[test]
    fn no_damage_makes_it_panic(damage in proptest::collection::vec((0..900_usize, any::<u8>()), 1..8)) {
        let mut bytes = film_init().to_vec();
        for (at, value) in damage {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
        }
        if let Ok(init) = parse_init(&Bytes::from(bytes)) {
            prop_assert!(init.tracks.iter().all(|track| track.timescale != 0));
        }
    }
}
