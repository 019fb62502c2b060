//! What is told of encryption reads back, and the rest of the file stays as it was.

use super::*;
use crate::fragment::RunSample;
use crate::init::SampleDefaults;
use crate::{boxes, parse_init, placed};

const KEY_ID: [u8; 16] = *b"0123456789abcdef";

const CENC: Protection =
    Protection { scheme: Scheme::Cenc, key_id: KEY_ID, pattern: (0, 0), constant_iv: None };
const CBCS: Protection = Protection {
    scheme: Scheme::Cbcs,
    key_id: KEY_ID,
    pattern: (1, 9),
    constant_iv: Some([7; 16]),
};

fn found(bytes: &Bytes, kind: &[u8; 4]) -> Option<usize> {
    bytes.windows(4).position(|four| four == kind)
}

fn guarded_head(protection: &Protection, samples: &[Guard], own_key: bool) -> Bytes {
    let sample = RunSample { duration: 1, size: 40, flags: 0, composition_offset: 0 };
    let cut = Cut {
        track_id: 1,
        sequence_number: 1,
        decode_time: 5,
        samples: &vec![sample; samples.len()],
    };
    let systems =
        [build_pssh(&SystemHeader { system: [9; 16], key_ids: &[KEY_ID], data: b"" }).unwrap()];
    let systems = if own_key { &systems[..] } else { &[] };
    build_guarded_cut(&cut, &Guarded { protection, samples, own_key, systems }).unwrap()
}

#[test]
fn where_the_vectors_are_is_where_saio_says() {
    let stretch = Subsample { clear: 8, protected: 32 };
    let samples = [
        Guard { iv: [1; 16], subsamples: vec![stretch] },
        Guard { iv: [2; 16], subsamples: vec![stretch, stretch] },
    ];
    let head = guarded_head(&CENC, &samples, false);
    let saio = found(&head, b"saio").unwrap();
    let offset = u32::from_be_bytes(head[saio + 12..saio + 16].try_into().unwrap());
    let at = usize::try_from(offset).unwrap();
    assert_eq!(&head[at..at + 16], &[1; 16]);
    assert_eq!(&head[at + 16..at + 24], &[0, 1, 0, 8, 0, 0, 0, 32]);
    assert_eq!(&head[at + 24..at + 40], &[2; 16]);
    let saiz = found(&head, b"saiz").unwrap();
    assert_eq!(&head[saiz + 8..saiz + 15], &[0, 0, 0, 0, 2, 24, 30]);
    // Other readers find the samples where they are.
    let moof = head.slice(..head.len() - 8);
    let read = placed(&moof, 1, SampleDefaults::default()).unwrap();
    assert_eq!(read.samples[0].offset, u64::try_from(head.len()).unwrap());
}

#[test]
fn a_constant_vector_without_stretches_needs_no_word_of_samples() {
    let samples = [Guard { iv: [0; 16], subsamples: Vec::new() }];
    let head = guarded_head(&Protection { pattern: (0, 0), ..CBCS }, &samples, false);
    assert_eq!([b"senc", b"saiz", b"saio"].map(|kind| found(&head, kind)), [None; 3]);
}

#[test]
fn a_fragment_may_have_a_key_of_its_own() {
    let samples = [Guard { iv: [0; 16], subsamples: Vec::new() }];
    let head = guarded_head(&CBCS, &samples, true);
    let sgpd = found(&head, b"sgpd").unwrap();
    let entry = [&[0, 0x19, 1, 0][..], &KEY_ID, &[16], &[7; 16]].concat();
    assert_eq!(&head[sgpd + 20..sgpd + 20 + entry.len()], entry);
    assert!(found(&head, b"sbgp").is_some());
    let moof = boxes(&head).next().unwrap().unwrap();
    assert!(moof.child(b"pssh").is_ok());
}

#[test]
fn more_stretches_than_can_be_told_are_refused() {
    let stretch = Subsample { clear: 1, protected: 0 };
    let guard = |count| Guard { iv: [0; 16], subsamples: vec![stretch; count] };
    let sample = RunSample { duration: 1, size: 40, flags: 0, composition_offset: 0 };
    let cut = Cut { track_id: 1, sequence_number: 1, decode_time: 5, samples: &[sample] };
    let build = |samples: &[Guard]| {
        let guarded = Guarded { protection: &CENC, samples, own_key: false, systems: &[] };
        build_guarded_cut(&cut, &guarded)
    };
    assert!(build(&[guard(SUBSAMPLES_MAX)]).is_ok());
    assert!(build(&[guard(SUBSAMPLES_MAX + 1)]).is_err());
    assert!(build(&[]).is_err());
}

/// Returns what the film's track file begins with.
fn film(track: &str) -> Bytes {
    let path = format!("{}/../../media/film/{track}.mp4", env!("CARGO_MANIFEST_DIR"));
    let bytes = Bytes::from(std::fs::read(path).unwrap());
    let moov = boxes(&bytes).map(Result::unwrap).find(|found| found.is(b"moov")).unwrap();
    bytes.slice(..usize::try_from(moov.header.end()).unwrap())
}

#[test]
fn a_protected_header_differs_in_its_sample_entries_alone() {
    for (track, entry) in [("v1", b"encv"), ("a-en", b"enca")] {
        let clear = film(track);
        let pssh = build_pssh(&SystemHeader { system: [9; 16], key_ids: &[], data: b"x" }).unwrap();
        let protected = protect_init(&clear, &CBCS, std::slice::from_ref(&pssh)).unwrap();
        let (before, after) = (parse_init(&clear).unwrap(), parse_init(&protected).unwrap());
        let (before, after) = (&before.tracks[0], &after.tracks[0]);
        assert_eq!(after.sample_entry, FourCc(*entry));
        assert_eq!((after.timescale, after.defaults), (before.timescale, before.defaults));
        assert_eq!((after.width, after.channels), (before.width, before.channels));
        assert!(protected.ends_with(&pssh));
        let frma = found(&protected, b"frma").unwrap();
        assert_eq!(&protected[frma + 4..frma + 8], &before.sample_entry.0);
        assert!(protect_init(&protected, &CBCS, &[]).is_err(), "twice");
    }
}

#[test]
fn what_is_no_header_is_refused() {
    let clear = film("v1");
    assert!(protect_init(&Bytes::new(), &CENC, &[]).is_err());
    for cut in [1, 20, clear.len() / 2, clear.len() - 1] {
        assert!(protect_init(&clear.slice(..cut), &CENC, &[]).is_err(), "{cut}");
    }
}
