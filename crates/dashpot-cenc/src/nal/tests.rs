//! Stretches make up the whole sample, and only slices' data is in what is protected.

use super::*;
use proptest::prelude::*;

fn hevc() -> Nals {
    Nals { length_bytes: 4, syntax: Syntax::Hevc }
}

fn avc() -> Nals {
    Nals { length_bytes: 4, syntax: Syntax::Avc(Sets::default()) }
}

/// Returns a sample of units: each has a first byte and so many bytes of it.
fn sample(units: &[(u8, usize)]) -> Vec<u8> {
    let unit = |(first, len): &(u8, usize)| {
        [&u32::try_from(*len).unwrap().to_be_bytes()[..], &vec![*first; *len]].concat()
    };
    units.iter().flat_map(unit).collect()
}

fn check(nals: &Nals, scheme: Scheme, units: &[(u8, usize)], expected: &[(u16, u32)]) {
    let found = nals.subsamples(scheme, &sample(units)).unwrap();
    let found: Vec<_> = found.iter().map(|one| (one.clear, one.protected)).collect();
    assert_eq!(found, expected, "{units:?}");
}

#[test]
fn all_but_the_data_of_slices_is_in_the_clear() {
    // Supplemental information, then a picture: whole blocks, and what is over before them.
    check(&avc(), Scheme::Cenc, &[(6, 20), (0x65, 1000)], &[(24 + 4 + 296, 704)]);
    check(&avc(), Scheme::Cbcs, &[(6, 20), (0x65, 1000)], &[(24 + 4 + 288, 712)]);
    check(&avc(), Scheme::Cenc, &[(0x41, 100), (0x41, 320)], &[(104 + 4 + 288, 32)]);
    check(&avc(), Scheme::Cbcs, &[(0x41, 300)], &[(304, 0)]);
    // Two slices, and a unit behind them that is none.
    let units = [(0x61, 304), (0x61, 304), (12, 9)];
    check(&avc(), Scheme::Cenc, &units, &[(292, 16), (292, 16), (13, 0)]);
    // Of HEVC: a parameter set, and a picture.
    check(&hevc(), Scheme::Cbcs, &[(0x40, 5), (0x26, 400)], &[(9 + 4 + 288, 112)]);
}

#[test]
fn what_one_stretch_cannot_have_in_the_clear_has_several() {
    check(&avc(), Scheme::Cenc, &[(6, 70_000), (0x65, 304)], &[(65_535, 0), (4_761, 16)]);
    check(&avc(), Scheme::Cenc, &[(6, 131_066)], &[(65_535, 0), (65_535, 0)]);
}

#[test]
fn more_slices_than_can_be_told_stay_in_the_clear() {
    let units = vec![(0x41, 400); 60];
    let found = avc().subsamples(Scheme::Cenc, &sample(&units)).unwrap();
    assert_eq!(found.len(), SUBSAMPLES_MAX);
    assert_eq!(total(&found), 60 * 404);
    let many = sample(&[(6, 3_000_000)]);
    assert_eq!(avc().subsamples(Scheme::Cenc, &many), Err(SampleError::Pieces));
}

#[test]
fn what_does_not_consist_of_units_is_refused() {
    for broken in [&[0, 0, 0][..], &[0, 0, 0, 2, 9], &[255, 255, 255, 255, 1]] {
        let result = avc().subsamples(Scheme::Cenc, broken);
        assert_eq!(result, Err(SampleError::Unit { at: 0 }), "{broken:?}");
    }
    assert_eq!(avc().subsamples(Scheme::Cenc, &[]), Ok(Vec::new()));
}

fn total(stretches: &[Subsample]) -> usize {
    let of = |one: &Subsample| usize::from(one.clear) + usize::try_from(one.protected).unwrap();
    stretches.iter().map(of).sum()
}

fn any_units() -> impl Strategy<Value = Vec<(u8, usize)>> {
    let len = prop_oneof![0..40_usize, 250..700_usize, Just(66_000)];
    proptest::collection::vec((any::<u8>(), len), 0..50)
}

proptest! {
    #[test]
    fn stretches_make_up_the_sample(
        units in any_units(),
        cenc in any::<bool>(),
        is_hevc in any::<bool>(),
    ) {
        let (nals, scheme) = (
            if is_hevc { hevc() } else { avc() },
            if cenc { Scheme::Cenc } else { Scheme::Cbcs },
        );
        let sample = sample(&units);
        // So much in the clear can be more than can be told.
        let Ok(found) = nals.subsamples(scheme, &sample) else { return Ok(()) };
        prop_assert_eq!(total(&found), sample.len());
        prop_assert!(found.len() <= SUBSAMPLES_MAX);
        for one in &found {
            prop_assert!(scheme == Scheme::Cbcs || one.protected % 16 == 0);
            prop_assert!(one.protected == 0 || 16 <= one.protected);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(
        sample in proptest::collection::vec(any::<u8>(), 0..300),
        config in proptest::collection::vec(any::<u8>(), 0..80),
    ) {
        let avc = Nals::avc(&config);
        for nals in avc.into_iter().chain([hevc()]) {
            if let Ok(found) = nals.subsamples(Scheme::Cenc, &sample) {
                prop_assert_eq!(total(&found), sample.len());
            }
        }
    }
}
