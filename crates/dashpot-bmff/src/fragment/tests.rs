//! Sample runs of real fragments, defaults, and runs that lie.

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;

use super::{Moof, parse_moof};
use crate::build::{boxed, full_boxed};
use crate::error::BmffError;
use crate::init::{Init, parse_init};
use crate::tests::{film_init, film_track};
use bytes::BufMut as _;

fn film() -> Init {
    parse_init(&film_init()).unwrap()
}

fn moof(tfhd: (u32, &[u32]), trun: (u8, u32, &[u32])) -> Bytes {
    let mut out = BytesMut::new();
    let fields = |out: &mut BytesMut, fields: &[u32]| {
        fields.iter().for_each(|field| out.put_u32(*field));
        Ok(())
    };
    boxed(&mut out, b"moof", |out| {
        full_boxed(out, b"mfhd", (0, 0), |out| fields(out, &[3]))?;
        boxed(out, b"traf", |out| {
            full_boxed(out, b"tfhd", (0, tfhd.0), |out| fields(out, tfhd.1))?;
            full_boxed(out, b"tfdt", (0, 0), |out| fields(out, &[1000]))?;
            full_boxed(out, b"trun", (trun.0, trun.1), |out| fields(out, trun.2))
        })
    })
    .unwrap();
    out.freeze()
}

/// Writes the samples as `duration/size/offset`, with `s` for sync.
fn text(moof: &Result<Moof, BmffError>) -> String {
    let moof = match moof {
        Ok(moof) => moof,
        Err(error) => return error.to_string(),
    };
    let samples = moof.fragments.iter().flat_map(|fragment| fragment.samples());
    let text = samples.map(|s| {
        let sync = if s.is_sync() { "s" } else { "" };
        format!("{}/{}/{}{sync}", s.duration, s.size, s.composition_offset)
    });
    text.collect::<Vec<_>>().join(" ")
}

fn check(tfhd: (u32, &[u32]), trun: (u8, u32, &[u32]), expected: &str) {
    assert_eq!(text(&parse_moof(&moof(tfhd, trun), &film())), expected);
}

#[test]
fn fields_come_from_the_run_then_the_fragment_then_the_movie() {
    let below_zero = u32::MAX - 4;
    // The film's movie header says 512 ticks, no size, not sync.
    check((0, &[1]), (0, 0x200, &[2, 70, 80]), "512/70/0 512/80/0");
    check((0x38, &[1, 9, 8, 0]), (0, 0, &[2]), "9/8/0s 9/8/0s");
    check((0x10, &[1, 8]), (0, 0x4, &[2, 0]), "512/8/0s 512/8/0");
    check((0, &[1]), (0, 0xf01, &[1, 99, 1, 2, 0, 5]), "1/2/5s");
    check((0x10, &[1, 8]), (1, 0x800, &[1, below_zero]), "512/8/-5");
    check((0x13, &[1, 0, 0, 1, 8]), (0, 0, &[1]), "512/8/0");
}

#[test]
fn runs_that_lie_are_refused() {
    check(
        (0, &[7]),
        (0, 0, &[0]),
        "moof/traf/tfhd at byte 32: the track is not in the movie header",
    );
    check(
        (0, &[1]),
        (0, 0x200, &[0xffff_ffff, 1]),
        "moof/traf/trun at byte 80 needs 17179869180 bytes, but only 4 are there",
    );
    check(
        (0, &[1]),
        (0, 0, &[0xffff_ffff]),
        "moof/traf/trun at byte 64: the fragment has more samples than any real one",
    );
}

#[test]
fn every_fragment_of_the_film_is_one_group_of_pictures() {
    let file = film_track();
    let init = film();
    let mut fragments = 0;
    for found in crate::walk::boxes(&file).map(Result::unwrap).filter(|found| found.is(b"moof")) {
        let moof = super::moof_of(&found, &init).unwrap();
        let [fragment] = &moof.fragments[..] else { panic!("{moof:?}") };
        assert_eq!(fragment.decode_time, Some(fragments * 25_600));
        assert_eq!(fragment.duration(), 25_600);
        assert_eq!(fragment.samples().filter(|sample| sample.is_sync()).count(), 1);
        assert!(fragment.samples().next().unwrap().is_sync());
        fragments += 1;
        assert_eq!(u64::from(moof.sequence_number), fragments);
    }
    assert_eq!(fragments, 12);
}

proptest! {
    #[test]
    fn no_run_makes_it_panic(flags in any::<u32>(), version in any::<u8>(), words in proptest::collection::vec(any::<u32>(), 0..12)) {
        let _outcome = parse_moof(&moof((flags & 0x3b, &[1, 2, 3, 4, 5, 6]), (version, flags, &words)), &film());
    }
}
