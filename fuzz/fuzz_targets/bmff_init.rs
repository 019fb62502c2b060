//! A movie header, and then a fragment of it: nothing panics, and what is patched or built agrees.
#![no_main]

use bytes::Bytes;
use dashpot_bmff::{build_sidx, parse_init, parse_moof, parse_sidx, retime};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let bytes = Bytes::copy_from_slice(data);
    if let Ok(init) = parse_init(&bytes) {
        // A fragment often follows at once; try each place where a box could begin.
        for start in 0..bytes.len().min(2_048) {
            if bytes[start..].get(4..8) == Some(b"moof") {
                drop(parse_moof(&bytes.slice(start..), &init));
            }
        }
    }
    if let Ok(patched) = retime(&bytes, 90_000, 7) {
        assert_eq!(patched.len(), bytes.len());
    }
    if let Ok(sidx) = parse_sidx(&bytes)
        && let Ok(built) = build_sidx(&sidx)
    {
        assert_eq!(parse_sidx(&built).expect("what was built can be read"), sidx);
    }
});
