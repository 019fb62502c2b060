//! Good boxes are found where they are; every lie about a size is an error that says where.

use bytes::Bytes;
use proptest::prelude::*;

use super::{Boxes, boxes, boxes_from};

/// Walks every box, descending into containers, and writes what it saw.
fn walk(found: Boxes, seen: &mut Vec<String>) {
    for found in found {
        match found {
            Ok(found) => {
                seen.push(format!("{}@{}+{}", found.path, found.header.start, found.header.size));
                if [b"moov", b"trak", b"mdia"].iter().any(|kind| found.is(kind)) {
                    walk(found.children(), seen);
                }
            }
            Err(error) => seen.push(error.to_string()),
        }
    }
}

fn check(bytes: &[u8], expected: &[&str]) {
    let mut seen = Vec::new();
    walk(boxes(&Bytes::copy_from_slice(bytes)), &mut seen);
    assert_eq!(seen, expected);
}

#[test]
fn boxes_are_found_with_path_offset_and_size() {
    check(b"", &[]);
    check(b"\0\0\0\x08free", &["free@0+8"]);
    check(
        b"\0\0\0\x10moov\0\0\0\x08trak\0\0\0\x08free",
        &["moov@0+16", "moov/trak@8+8", "free@16+8"],
    );
    // ISO/IEC 14496-12 §4.2: size 1 is followed by 64 bits; size 0 goes to the end of the file.
    check(b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x12ab", &["mdat@0+18"]);
    check(b"\0\0\0\0mdatabc", &["mdat@0+11"]);
    check(b"\0\0\0\x18uuid0123456789abcdef", &["uuid@0+24"]);
    check(b"\0\0\0\x0cmoov\0\0\0\0", &["moov@0+12"]);
}

#[test]
fn lies_about_sizes_are_errors_with_path_and_offset() {
    check(b"\0\0\0", &[]);
    check(b"\0\0\x01", &["the file at byte 0 needs 8 bytes, but only 3 are there"]);
    check(b"\0\0\0\x08fre", &["the file at byte 0 needs 8 bytes, but only 7 are there"]);
    check(b"\0\0\0\x07free", &["free at byte 0 has the impossible size 7"]);
    check(b"\0\0\0\x09free", &["free at byte 0 needs 9 bytes, but only 8 are there"]);
    check(
        b"\xff\xff\xff\xffmdat",
        &["mdat at byte 0 needs 4294967295 bytes, but only 8 are there"],
    );
    check(b"\0\0\0\x01mdat\0\0", &["mdat at byte 0 needs 16 bytes, but only 10 are there"]);
    check(b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x0f", &["mdat at byte 0 has the impossible size 15"]);
    check(
        b"\0\0\0\x01mdat\xff\xff\xff\xff\xff\xff\xff\xff",
        &["mdat at byte 0 needs 18446744073709551615 bytes, but only 16 are there"],
    );
    check(b"\0\0\0\x10uuid01234567", &["uuid at byte 0 has the impossible size 16"]);
    // A child may not reach out of its parent, nor be unbounded.
    check(
        b"\0\0\0\x10moov\0\0\0\x10trak\0\0\0\x08free",
        &["moov@0+16", "moov/trak at byte 8 needs 16 bytes, but only 8 are there", "free@16+8"],
    );
    check(
        b"\0\0\0\x10moov\0\0\0\0trak",
        &["moov@0+16", "moov/trak at byte 8 has the impossible size 0"],
    );
}

#[test]
fn nesting_is_bounded() {
    let mut bytes = Vec::new();
    for level in 0..12_u8 {
        bytes.extend_from_slice(&[0, 0, 0, (12 - level) * 8]);
        bytes.extend_from_slice(b"trak");
    }
    let mut seen = Vec::new();
    walk(boxes(&Bytes::from(bytes)), &mut seen);
    assert_eq!(seen.len(), 11);
    assert!(seen.last().unwrap().starts_with("boxes nest too deep"), "{seen:?}");
}

proptest! {
    #[test]
    fn no_bytes_make_the_walk_panic_or_leave_its_buffer(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in any::<u64>()) {
        let len = u64::try_from(bytes.len()).unwrap();
        for found in boxes_from(&Bytes::from(bytes), at).flatten() {
            prop_assert!(found.header.size <= len);
        }
    }
}
