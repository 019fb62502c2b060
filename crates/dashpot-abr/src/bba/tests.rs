use super::*;
use crate::testing::{arrival, film, made, view};

const LADDER: [f64; 3] = [300.0, 750.0, 1_200.0];

fn check(spec: &str, buffer_ms: f64, last: usize, expected: usize, reason: Reason) {
    let film = film(&LADDER, 4_000.0);
    let last = Some(Rung(last));
    let view = View { buffer_ms, buffer_max_ms: 240_000.0, last, ..view(&LADDER, &film) };
    let decision = made(spec).decide(&view);
    assert_eq!(decision, Decision::now(Rung(expected), reason), "{spec} {buffer_ms} {last:?}");
}

#[test]
fn bb_spreads_the_rungs_over_its_cushion() {
    check("bb", 4_999.0, 2, 0, Reason::Reservoir);
    check("bb", 5_000.0, 2, 0, Reason::BufferMap);
    check("bb", 9_999.0, 0, 0, Reason::BufferMap);
    check("bb", 10_000.0, 0, 1, Reason::BufferMap);
    check("bb", 14_999.0, 0, 1, Reason::BufferMap);
    check("bb", 15_000.0, 0, 2, Reason::BufferMap);
    check("bb:reservoir=20000", 19_000.0, 0, 0, Reason::Reservoir);
}

/// The map is 300 kbit/s at 90 s and 1200 at 216 s: 750 kbit/s at 153 s.
#[test]
fn bba_0_changes_where_its_map_has_passed_the_next_rate() {
    check("bba-0", 90_000.0, 2, 0, Reason::Reservoir);
    check("bba-0", 216_000.0, 0, 2, Reason::BufferMap);
    check("bba-0", 152_000.0, 0, 0, Reason::BufferHolds);
    // At the rate itself the highest below it is the lowest rung still.
    check("bba-0", 153_000.0, 0, 0, Reason::BufferMap);
    check("bba-0", 154_000.0, 0, 1, Reason::BufferMap);
    check("bba-0", 154_000.0, 1, 1, Reason::BufferHolds);
    check("bba-0", 95_000.0, 1, 1, Reason::BufferHolds);
    check("bba-0", 154_000.0, 2, 2, Reason::BufferHolds);
    check("bba-0", 152_000.0, 2, 1, Reason::BufferMap);
}

/// With a reservoir of 8 s and nominal sizes the map is that of rates from 8 to 216 s: 750 kbit/s
/// at 112 s.
#[test]
fn bba_2_maps_sizes_and_starts_by_how_fast_the_buffer_grows() {
    check("bba-2", 8_000.0, 2, 0, Reason::Reservoir);
    check("bba-2", 113_000.0, 0, 1, Reason::BufferMap);
    check("bba-2", 111_000.0, 0, 0, Reason::BufferHolds);

    let film = film(&LADDER, 4_000.0);
    let at = |buffer_ms, last| View {
        buffer_ms,
        buffer_max_ms: 240_000.0,
        last: Some(Rung(last)),
        ..view(&LADDER, &film)
    };
    let mut rule = made("bba-2");
    let mut check = |took_ms, view, expected, reason| {
        rule.arrived(&arrival(0, 1e6, took_ms));
        assert_eq!(rule.decide(&view), Decision::now(Rung(expected), reason), "{took_ms}");
    };
    // 4 of 216 s: a gain of more than 0.875 - 0.375 / 54 = 0.868, a download of at most 528 ms.
    check(527.0, at(4_000.0, 0), 1, Reason::StartupRise);
    check(529.0, at(4_000.0, 1), 1, Reason::StartupHolds);
    // 108 of 216 s: a gain of more than 0.6875, 1250 ms.
    check(1_249.0, at(108_000.0, 1), 2, Reason::StartupRise);
    check(1_251.0, at(108_000.0, 1), 1, Reason::StartupHolds);
    // The buffer shrinks: that was the startup.
    check(4_001.0, at(4_000.0, 1), 0, Reason::Reservoir);
    check(10.0, at(4_000.0, 0), 0, Reason::Reservoir);
}
