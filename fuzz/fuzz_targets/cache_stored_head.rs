//! A head as a disk gives it back, whatever has become of it there.
#![no_main]

use dashpot_cache::StoredHead;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some(head) = StoredHead::decode(data) else { return };
    let mut bytes = Vec::new();
    head.encode(&mut bytes);
    let again = StoredHead::decode(&bytes).expect("what was written is read");
    let mut same = Vec::new();
    again.encode(&mut same);
    assert_eq!(bytes, same);
});
