use super::*;
use crate::{
    Live,
    testing::{arrival, film, made, view},
};

const LADDER: [f64; 4] = [300.0, 750.0, 1_200.0, 1_850.0];

#[test]
fn the_percentile_is_of_the_latest_weights() {
    let mut meter =
        Percentile { samples: VecDeque::new(), weight: 0.0, weight_max: 2_000.0, share: 0.5 };
    assert_eq!(meter.value(), None);
    let mut check = |weight, value, expected| {
        meter.add(weight, value);
        assert_eq!(meter.value(), Some(expected), "{weight} {value}");
    };
    check(1_000.9, 10.0, 10.0);
    check(600.0, 30.0, 10.0);
    // 100 of the first are gone: 900 of 10, 500 of 20 and 600 of 30; the half of them is 1000.
    check(500.0, 20.0, 20.0);
    // 2000 of 7 push out all others.
    check(2_000.0, 7.0, 7.0);
}

fn measured(kbps: f64) -> Box<dyn Rule> {
    let mut rule = made("media3");
    rule.arrived(&Arrival { first_byte_ms: 900.0, ..arrival(0, 2_000.0 * kbps, 2_900.0) });
    rule
}

fn check(rule: &mut dyn Rule, last: Option<usize>, buffer_ms: f64, rung: usize, reason: Reason) {
    let film = film(&LADDER, 4_000.0);
    let got = rule.decide(&View { last: last.map(Rung), buffer_ms, ..view(&LADDER, &film) });
    assert_eq!(got, Decision::now(Rung(rung), reason), "{last:?} {buffer_ms}");
}

#[test]
fn a_thin_buffer_defers_a_rise_and_a_thick_one_a_fall() {
    use Reason::{FallDeferred, NoEstimate, RiseDeferred, ThroughputBelowLadder, ThroughputFits};
    // 70 % of the 1000 kbit/s that are assumed.
    check(&mut *made("media3"), None, 0.0, 0, NoEstimate);
    check(&mut *made("media3:estimate=2650"), None, 0.0, 3, NoEstimate);
    // 70 % of 1800 are 1260.
    let rule = &mut *measured(1_800.0);
    check(rule, Some(0), 9_999.0, 0, RiseDeferred);
    check(rule, Some(0), 10_000.0, 2, ThroughputFits);
    check(rule, Some(3), 25_000.0, 3, FallDeferred);
    check(rule, Some(3), 24_999.0, 2, ThroughputFits);
    check(rule, Some(2), 0.0, 2, ThroughputFits);
    check(&mut *measured(400.0), Some(1), 0.0, 0, ThroughputBelowLadder);
}

#[test]
fn an_estimate_needs_two_seconds_or_half_a_mebibyte() {
    let rule = &mut *made("media3");
    rule.arrived(&arrival(0, 4_194_303.0, 1_999.0));
    check(rule, Some(0), 20_000.0, 0, Reason::ThroughputFits);
    rule.arrived(&arrival(0, 1.0, 0.5));
    // Of the weights 724 and 0 the former has the half: 2098 kbit/s, of which 1469 are spent.
    check(rule, Some(0), 20_000.0, 2, Reason::ThroughputFits);
}

#[test]
fn at_a_live_edge_a_share_of_what_there_is_is_enough_to_rise() {
    // 75 % of 6 - 2 s.
    let check = |buffer_ms, expected: usize| {
        let film = film(&LADDER, 2_000.0);
        let live = Some(Live { latency_ms: 6_000.0, target_ms: 6_000.0, speed: 1.0 });
        let view = View { last: Some(Rung(0)), buffer_ms, live, ..view(&LADDER, &film) };
        assert_eq!(measured(9_000.0).decide(&view).rung, Rung(expected), "{buffer_ms}");
    };
    check(2_999.0, 0);
    check(3_000.0, 3);
}

fn check_replaced(kbps: f64, buffer_ms: f64, buffered: &[usize], expected: Option<usize>) {
    let film = film(&LADDER, 4_000.0);
    let buffered: Vec<_> = buffered.iter().copied().map(Rung).collect();
    let view = View { index: 20, buffer_ms, ..view(&LADDER, &film) };
    let got = measured(kbps).replaces(&view, &buffered, Rung(3));
    assert_eq!(got, expected, "{kbps} {buffer_ms} {buffered:?}");
}

#[test]
fn what_is_beyond_25_s_and_small_is_fetched_again() {
    // The last of eight begins 4 s before the end of the buffer, the one before it 8 s.
    check_replaced(9_000.0, 31_000.0, &[0; 8], Some(7));
    check_replaced(9_000.0, 33_000.0, &[0; 8], Some(6));
    check_replaced(9_000.0, 28_999.0, &[0; 8], None);
    check_replaced(9_000.0, 33_000.0, &[0, 0, 0, 0, 0, 0, 3, 2], Some(7));
    check_replaced(9_000.0, 33_000.0, &[3; 8], None);
    check_replaced(500.0, 33_000.0, &[0; 8], None);
}
