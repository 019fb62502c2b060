//! Moving a fragment changes its times and number, and nothing else.

use bytes::Bytes;
use proptest::prelude::*;

use super::retime;
use crate::fragment::parse_moof;
use crate::init::parse_init;
use crate::sidx::{Reference, Sidx, build_sidx, parse_sidx};
use crate::tests::film_track;

/// The first fragment's head of a real track, and where its `tfdt` time and `mfhd` number stand.
fn film_head() -> (Bytes, usize, usize) {
    let file = film_track();
    let moof = file.windows(4).position(|four| four == b"moof").unwrap() - 4;
    let mdat = file.windows(4).position(|four| four == b"mdat").unwrap() - 4;
    let head = file.slice(moof..mdat + 8);
    let tfdt = head.windows(4).position(|four| four == b"tfdt").unwrap() + 8;
    let mfhd = head.windows(4).position(|four| four == b"mfhd").unwrap() + 8;
    (head, tfdt, mfhd)
}

#[test]
fn a_version_0_time_that_overflows_is_an_error() {
    let (head, tfdt, _) = film_head();
    let mut version_0 = head.to_vec();
    version_0[tfdt - 4] = 0;
    version_0[tfdt..tfdt + 4].copy_from_slice(&9_u32.to_be_bytes());
    let version_0 = Bytes::from(version_0);
    let moved = retime(&version_0, 1000, 2).unwrap();
    assert_eq!(moved[tfdt..tfdt + 4], 1009_u32.to_be_bytes());
    let error = retime(&version_0, u64::from(u32::MAX), 2).unwrap_err();
    assert!(error.to_string().contains("time 9 plus 4294967295 does not fit its 32-bit field"));
    let once = retime(&head, 1, 2).unwrap();
    assert!(retime(&once, u64::MAX, 2).is_err());
}

#[test]
fn the_index_of_a_fragment_moves_along() {
    let (head, _, _) = film_head();
    let sidx = Sidx {
        reference_id: 1,
        timescale: 12_800,
        earliest_presentation_time: 5,
        first_offset: 0,
        references: vec![Reference::fragment(10, 20)],
    };
    let mut with_index = b"\0\0\0\x10stypmsdh\0\0\0\0".to_vec();
    with_index.extend_from_slice(&build_sidx(&sidx).unwrap());
    with_index.extend_from_slice(&head);
    let moved = retime(&Bytes::from(with_index), 100, 1).unwrap();
    assert_eq!(parse_sidx(&moved).unwrap(), Sidx { earliest_presentation_time: 105, ..sidx });
}

fn check(head: &[u8], expected: &str) {
    let error = retime(&Bytes::copy_from_slice(head), 1, 1).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn heads_that_cannot_be_moved_are_refused() {
    check(b"", "no moof box in the file");
    check(b"\0\0\0\x08mdat", "no moof box in the file");
    check(b"\0\0\0\x09moof", "moof at byte 0 needs 9 bytes, but only 8 are there");
    check(b"\0\0\0\x08moof", "no mfhd box in moof");
    check(
        b"\0\0\0\x20moof\0\0\0\x10mfhd\0\0\0\0\0\0\0\0\0\0\0\x08traf",
        "no tfdt box in moof/traf",
    );
    check(
        b"\0\0\0\x0cemsg\x01\0\0\0",
        "emsg at byte 0: an event with an absolute time cannot be moved along",
    );
}

proptest! {
    #[test]
    fn only_the_time_and_the_number_change(add in 0..u64::MAX / 2, number in any::<u32>()) {
        let (head, tfdt, mfhd) = film_head();
        let moved = retime(&head, add, number).unwrap();
        prop_assert_eq!(moved.len(), head.len());
        for (index, (before, after)) in head.iter().zip(&moved).enumerate() {
            let patched = (tfdt..tfdt + 8).contains(&index) || (mfhd..mfhd + 4).contains(&index);
            prop_assert!(before == after || patched, "byte {}", index);
        }
        let init = parse_init(&film_track()).unwrap();
        let before_mdat = moved.slice(..moved.len() - 8);
        let moof = parse_moof(&before_mdat, &init).unwrap();
        prop_assert_eq!(moof.sequence_number, number);
        prop_assert_eq!(moof.fragments[0].decode_time, Some(add));
    }

    #[test]
    fn no_damage_makes_it_panic(at in 0..600_usize, value in any::<u8>(), len in 0..700_usize) {
        let (head, _, _) = film_head();
        let mut damaged = head.to_vec();
        if let Some(byte) = damaged.get_mut(at) {
            *byte = value;
        }
        damaged.truncate(len);
        if let Ok(moved) = retime(&Bytes::from(damaged.clone()), 7, 7) {
            prop_assert_eq!(moved.len(), damaged.len());
        }
    }
}
