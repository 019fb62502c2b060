//! A file of boxes: the walk stays within the bytes, and the scanner ends.
#![no_main]

use bytes::Bytes;
use dashpot_bmff::{Boxes, Scanner, boxes};
use libfuzzer_sys::fuzz_target;

/// Deeper than any real file nests; the walk itself is bounded by the bytes.
const DEPTH_MAX: usize = 16;

fn walk(boxes: Boxes, depth: usize) {
    for item in boxes {
        let Ok(item) = item else { return };
        if depth < DEPTH_MAX {
            walk(item.children(), depth + 1);
            walk(item.children_after(8), depth + 1);
        }
    }
}

fuzz_target!(|data: &[u8]| {
    // The walk branches: short inputs reach all of it.
    let bytes = Bytes::copy_from_slice(&data[..data.len().min(256)]);
    walk(boxes(&bytes), 0);

    let bytes = Bytes::copy_from_slice(data);
    let mut scanner = Scanner::new(bytes.len() as u64);
    let mut steps = 0;
    while let Some(range) = scanner.wants() {
        let (start, end) = (range.start as usize, range.end as usize);
        assert!(start < end && end <= bytes.len(), "{range:?} of {}", bytes.len());
        if scanner.feed(&bytes.slice(start..end)).is_err() {
            return;
        }
        steps += 1;
        assert!(steps <= 2 * bytes.len(), "the scanner makes no progress");
    }
});
