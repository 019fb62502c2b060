//! Headers end where another reader of the syntax finds their end.

use crate::{Coding, nal::Nals};
use bytes::Bytes;
use dashpot_bmff::{Scheme, parse_init, placed};
use proptest::prelude::*;
use std::{fs, path::PathBuf, process::Command};

/// Pictures that are compared: several groups of them, of every kind of slice.
const PICTURES: usize = 150;

fn film() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../media/film/v2.mp4"))
}

/// Returns the bytes that `FFmpeg` finds in the headers of slices, picture by picture.
fn by_ffmpeg() -> Option<Vec<usize>> {
    let traced = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "trace", "-i"])
        .arg(film())
        .args(["-c", "copy", "-frames:v", &PICTURES.to_string()])
        .args(["-bsf:v", "trace_headers", "-f", "null", "-"])
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&traced.stderr).into_owned();
    let lines = text.lines().filter_map(|line| line.strip_prefix("[trace_headers @ "));
    let (mut lens, mut in_slice) = (Vec::new(), false);
    for line in lines.filter_map(|line| line.split_once("] ").map(|(_, line)| line)) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["Slice", "Header"] => {
                in_slice = true;
                lens.push(0);
            }
            [at, name, bits, "=", _] if in_slice && !name.starts_with("cabac_al") => {
                let end = at.parse::<usize>().ok()? + bits.len();
                *lens.last_mut()? = end.div_ceil(8);
            }
            [] | [_] | [_, _] | [_, _, _, ..] => in_slice &= words.len() == 5,
        }
    }
    Some(lens)
}

#[test]
fn headers_end_where_ffmpeg_finds_their_end() {
    let Some(expected) = by_ffmpeg() else {
        println!("skipped: no ffmpeg that traces headers");
        return;
    };
    let file = Bytes::from(fs::read(film()).unwrap());
    let init = parse_init(&file).unwrap();
    let track = &init.tracks[0];
    let Coding::Nals(nals) = Coding::pictures(&track.sample_entries).unwrap() else {
        panic!("pictures are in NAL units");
    };
    assert_eq!(expected.len(), PICTURES);
    let mut found = Vec::new();
    for moof in dashpot_bmff::boxes(&file).map(Result::unwrap).filter(|one| one.is(b"moof")) {
        let at = usize::try_from(moof.header.start).unwrap();
        let end = usize::try_from(moof.header.end()).unwrap();
        let head = file.slice(at..end);
        for one in placed(&head, track.id, track.defaults).unwrap().samples {
            let start = at + usize::try_from(one.offset).unwrap();
            let sample = &file[start..start + usize::try_from(one.sample.size).unwrap()];
            found.push(slice_header(&nals, sample));
        }
    }
    assert_eq!(found[..PICTURES], expected);
}

/// Returns the bytes of a picture's slice that are in the clear, of its only one.
fn slice_header(nals: &Nals, sample: &[u8]) -> usize {
    let stretches = nals.subsamples(Scheme::Cbcs, sample).unwrap();
    let [stretch] = stretches.as_slice() else { panic!("one slice: {stretches:?}") };
    // Other units come before the slice.
    let (mut at, clear) = (0, usize::from(stretch.clear));
    loop {
        let len = u32::from_be_bytes(sample[at..at + 4].try_into().unwrap());
        let next = at + 4 + usize::try_from(len).unwrap();
        if next == sample.len() {
            return clear - at - 4;
        }
        at = next;
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        sps in proptest::collection::vec(any::<u8>(), 0..40),
        pps in proptest::collection::vec(any::<u8>(), 0..20),
        slice in proptest::collection::vec(any::<u8>(), 0..60),
    ) {
        let list = |unit: &[u8]| {
            let len = u16::try_from(unit.len()).unwrap().to_be_bytes();
            [&[1][..], &len, unit].concat()
        };
        let avcc = [&[1, 100, 0, 31, 255][..], &list(&sps), &list(&pps)].concat();
        if let Some(len) = super::Sets::of(&avcc).header_len(&slice) {
            prop_assert!(len <= slice.len());
        }
    }
}
