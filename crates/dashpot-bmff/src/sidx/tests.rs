//! The index reads what it writes, in both versions.

use bytes::Bytes;
use proptest::prelude::*;

use super::{Reference, Sidx, build_sidx, parse_sidx, sidx_len};

#[test]
fn version_0_is_read() {
    // ISO/IEC 14496-12 §8.16.3: 32-bit times in version 0.
    let bytes = Bytes::from_static(
        b"\0\0\0\x2csidx\0\0\0\0\0\0\0\x01\0\0\x03\xe8\0\0\0\x07\0\0\0\x10\0\0\0\x01\
          \x80\0\0\x20\0\0\0\x30\x90\0\0\x05",
    );
    let expected = Sidx {
        reference_id: 1,
        timescale: 1000,
        earliest_presentation_time: 7,
        first_offset: 16,
        references: vec![Reference {
            to_index: true,
            size: 0x20,
            duration: 0x30,
            starts_with_sap: true,
            sap_type: 1,
            sap_delta_time: 5,
        }],
    };
    assert_eq!(parse_sidx(&bytes), Ok(expected));
}

fn check(bytes: &[u8], expected: &str) {
    let error = parse_sidx(&Bytes::copy_from_slice(bytes)).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn broken_indexes_are_refused() {
    check(b"", "no sidx box in the file");
    check(b"\0\0\0\x0csidx\0\0\0\0", "sidx at byte 12 needs 4 bytes, but only 0 are there");
    check(
        b"\0\0\0\x20sidx\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x07\0\0\0\x10\0\0\0\x01",
        "sidx at byte 20: the timescale is zero",
    );
    check(
        b"\0\0\0\x20sidx\0\0\0\0\0\0\0\x01\0\0\0\x01\0\0\0\x07\0\0\0\x10\0\0\xff\xff",
        "sidx at byte 32 needs 786420 bytes, but only 0 are there",
    );
}

#[test]
fn what_does_not_fit_is_not_written() {
    let with = |references| Sidx {
        reference_id: 1,
        timescale: 1,
        earliest_presentation_time: 0,
        first_offset: 0,
        references,
    };
    for (references, expected) in [
        (
            vec![Reference::fragment(1, 1); 65_536],
            "number of references does not fit its field in sidx",
        ),
        (vec![Reference::fragment(1 << 31, 1)], "referenced size does not fit its field in sidx"),
        (
            vec![Reference { sap_delta_time: 1 << 28, ..Reference::fragment(1, 1) }],
            "stream access point does not fit its field in sidx",
        ),
    ] {
        assert_eq!(build_sidx(&with(references)).unwrap_err().to_string(), expected);
    }
}

fn any_reference() -> impl Strategy<Value = Reference> {
    let flags = (any::<bool>(), any::<bool>(), 0..8_u8);
    (flags, 0..1_u32 << 31, any::<u32>(), 0..1_u32 << 28).prop_map(
        |((to_index, starts_with_sap, sap_type), size, duration, sap_delta_time)| Reference {
            to_index,
            size,
            duration,
            starts_with_sap,
            sap_type,
            sap_delta_time,
        },
    )
}

proptest! {
    #[test]
    fn parse_after_build_is_identity(
        reference_id in any::<u32>(),
        timescale in 1..=u32::MAX,
        earliest_presentation_time in any::<u64>(),
        first_offset in any::<u64>(),
        references in proptest::collection::vec(any_reference(), 0..20),
    ) {
        let sidx = Sidx { reference_id, timescale, earliest_presentation_time, first_offset, references };
        let bytes = build_sidx(&sidx).unwrap();
        prop_assert_eq!(bytes.len(), sidx_len(sidx.references.len()));
        prop_assert_eq!(parse_sidx(&bytes), Ok(sidx));
    }
}
