//! The bytes of a connection: however they are split, the requests end in the same places.
#![no_main]

use dashpot_http::framing::{Framer, Limits, Next, Refusal};
use libfuzzer_sys::fuzz_target;

const LIMITS: Limits = Limits { head_bytes_max: 1_024, target_bytes_max: 256 };

fn verdict(stream: &[u8], mut piece: impl FnMut() -> usize) -> (Vec<usize>, Option<Refusal>) {
    let (mut framer, mut ends, mut passed, mut given) = (Framer::new(LIMITS), Vec::new(), 0, 0);
    while given < stream.len() {
        given = stream.len().min(given + piece());
        while passed < given {
            let scan = framer.advance(&stream[passed..given]);
            passed += scan.passed;
            assert!(passed <= given);
            match scan.next {
                Next::More => break,
                Next::Request => ends.push(passed),
                Next::Refused { refusal, .. } => return (ends, Some(refusal)),
            }
        }
    }
    (ends, None)
}

fuzz_target!(|data: &[u8]| {
    let Some((&seed, stream)) = data.split_first() else { return };
    let mut state = u32::from(seed) + 1;
    let pieces = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        usize::try_from(state >> 28).unwrap_or(1).max(1)
    };
    assert_eq!(verdict(stream, pieces), verdict(stream, || usize::MAX / 2));
});
