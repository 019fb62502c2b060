//! A file is scanned by ranges, without its media data.

use bytes::Bytes;
use proptest::prelude::*;

use super::{Scanner, TopBox};
use crate::error::BmffError;
use crate::tests::{film_track, slice};

/// Scans a file held in memory; returns what was found, and how many bytes were read.
fn scan(file: &Bytes) -> (Result<Vec<TopBox>, BmffError>, u64) {
    let mut scanner = Scanner::new(u64::try_from(file.len()).unwrap());
    let (mut found, mut read) = (Vec::new(), 0);
    while let Some(range) = scanner.wants() {
        read += range.end - range.start;

        match scanner.feed(&slice(file, &range)) {
            Ok(top) => found.extend(top),
            Err(error) => return (Err(error), read),
        }
    }
    (Ok(found), read)
}

#[test]
fn the_film_is_scanned_without_reading_its_pictures() {
    let file = film_track();
    let (found, read) = scan(&file);
    let kinds: String = found
        .unwrap()
        .iter()
        .map(|top| match top {
            TopBox::Read(found) => format!("{} ", found.header.kind),
            TopBox::Skipped(header) => format!("({}) ", header.kind),
        })
        .collect();
    assert_eq!(kinds, format!("ftyp moov sidx {}", "moof (mdat) ".repeat(12)));
    assert!(read * 10 < u64::try_from(file.len()).unwrap(), "{read} bytes were read");
}

fn check(file: &[u8], expected: &str) {
    assert_eq!(scan(&Bytes::copy_from_slice(file)).0.unwrap_err().to_string(), expected);
}

#[test]
fn lies_are_refused() {
    check(b"\0\0\0\x10mdat", "mdat at byte 0 needs 16 bytes, but only 8 are there");
    check(b"\0\0\0\x08mdat\0\0\0\x08mo", "the file at byte 8 needs 8 bytes, but only 6 are there");
    let mut scanner = Scanner::new(u64::MAX);
    let huge = Bytes::from_static(b"\0\0\0\x01moov\0\0\0\x10\0\0\0\0");
    assert!(matches!(scanner.feed(&huge), Err(BmffError::BadSize { size: 0x10_0000_0000, .. })));
}

#[test]
fn media_data_may_be_empty_or_reach_to_the_end() {
    for file in [&b"\0\0\0\x08mdat\0\0\0\x08free"[..], b"\0\0\0\x08free\0\0\0\0mdatabcdef"] {
        assert_eq!(scan(&Bytes::copy_from_slice(file)).0.unwrap().len(), 2);
    }
}

proptest! {
    #[test]
    fn it_always_ends_and_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let (_found, read) = scan(&Bytes::from(bytes));
        prop_assert!(read < 40 * 300);
    }
}
