use super::*;
use crate::{Nominal, testing};
use proptest::prelude::*;

fn film(ladder: &[f64], segment_ms: f64) -> Nominal {
    Nominal { ladder: ladder.to_vec(), segment_ms, count: None }
}

fn check(ladder: &[f64], buffer_ms: f64, expected: usize) {
    let film = film(ladder, 3_000.0);
    let decision = BolaBasic.decide(&View { buffer_ms, ..testing::view(ladder, &film) });
    let expected = Decision::now(Rung(expected), Reason::BufferScore);
    assert_eq!(decision, expected, "{ladder:?} at {buffer_ms} ms");
}

/// Two rungs meet where `(V (u_1 + g) - Q) / S_1 = (V (u_2 + g) - Q) / S_2`, that is at
/// `Q = V (g + (S_2 u_1 - S_1 u_2) / (S_2 - S_1))`.
#[test]
fn switches_happen_at_the_levels_that_the_formula_gives() {
    // One doubling: V = 22 s / (ln 2 + 5) = 3.86429 s; the levels meet at V (5 - ln 2)
    // = 3.86429 * 4.30685 = 16.6429 s.
    check(&[1_000.0, 2_000.0], 0.0, 0);
    check(&[1_000.0, 2_000.0], 16_642.0, 0);
    check(&[1_000.0, 2_000.0], 16_643.0, 1);
    // 1 : 2 : 4: V = 22 / (2 ln 2 + 5) = 3.44488 s. Rungs 0 and 1 meet at V (5 - ln 2)
    // = 14.8366 s; rungs 1 and 2 at V (5 + (4 ln 2 - 2 * 2 ln 2) / 2) = V * 5 = 17.2244 s.
    check(&[500.0, 1_000.0, 2_000.0], 14_836.0, 0);
    check(&[500.0, 1_000.0, 2_000.0], 14_837.0, 1);
    check(&[500.0, 1_000.0, 2_000.0], 17_224.0, 1);
    check(&[500.0, 1_000.0, 2_000.0], 17_225.0, 2);
    // One segment below the limit, where the player stops asking, it is the top rung.
    check(&[500.0, 1_000.0, 2_000.0], 22_000.0, 2);
    check(&[800.0], 5_000.0, 0);
}

#[test]
fn a_ladder_from_zero_and_a_tiny_buffer_give_a_rung_all_the_same() {
    check(&[0.0, 0.0], 4_000.0, 0);
    let (ladder, film) = ([100.0, 9_000.0], film(&[100.0, 9_000.0], 3_000.0));
    let tiny = View { buffer_max_ms: 0.0, ..testing::view(&ladder, &film) };
    assert_eq!(BolaBasic.decide(&tiny).rung, Rung(0));
}

fn rise(rule: &mut dyn Rule, throughput_kbps: f64, last: Option<usize>) -> Decision {
    // At 22 s the level alone asks for the top, rung 3.
    let ladder = [500.0, 1_000.0, 2_000.0, 4_000.0];
    let film = film(&ladder, 3_000.0);
    rule.decide(&View {
        throughput_kbps: Some(throughput_kbps),
        last: last.map(Rung),
        buffer_ms: 22_000.0,
        ..testing::view(&ladder, &film)
    })
}

fn check_rise(throughput_kbps: f64, last: Option<usize>, expected: usize, reason: Reason) {
    let got = rise(&mut Bola, throughput_kbps, last);
    assert_eq!(got, Decision::now(Rung(expected), reason), "{throughput_kbps} after {last:?}");
}

#[test]
fn a_rise_ends_one_rung_above_throughput_and_what_is_held_is_kept() {
    use Reason::{BufferScore, RiseCapped};
    check_rise(9_000.0, Some(0), 3, BufferScore);
    check_rise(2_500.0, Some(0), 3, BufferScore);
    check_rise(1_200.0, Some(0), 2, RiseCapped);
    check_rise(600.0, None, 1, RiseCapped);
    check_rise(600.0, Some(2), 2, RiseCapped);
    check_rise(600.0, Some(3), 3, BufferScore);
    check_rise(100.0, Some(0), 1, RiseCapped);
    // The rung before came from a longer ladder.
    check_rise(600.0, Some(9), 3, BufferScore);
}

fn check_settled(throughput_kbps: f64, last: Option<usize>, expected: usize, reason: Reason) {
    let got = rise(&mut BolaO, throughput_kbps, last);
    assert_eq!(got, Decision::now(Rung(expected), reason), "{throughput_kbps} after {last:?}");
}

#[test]
fn without_oscillation_a_rise_ends_at_what_throughput_carries() {
    use Reason::{BufferScore, RiseCapped};
    check_settled(9_000.0, Some(0), 3, BufferScore);
    check_settled(2_500.0, Some(0), 2, RiseCapped);
    check_settled(2_500.0, Some(2), 2, RiseCapped);
    check_settled(600.0, None, 0, RiseCapped);
    check_settled(600.0, Some(2), 2, RiseCapped);
    check_settled(600.0, Some(3), 3, BufferScore);
}

proptest! {
    #[test]
    fn law_more_buffer_never_means_a_lower_rung(
        mut ladder in prop::collection::vec(50.0..50_000.0_f64, 1..12),
        a in 0.0..40_000.0_f64, b in 0.0..40_000.0_f64,
        buffer_max_ms in 0.0..60_000.0_f64, segment_ms in 1.0..10_000.0_f64,
        kbps in prop::option::of(0.0..100_000.0_f64), last in prop::option::of(0..14_usize),
    ) {
        ladder.sort_unstable_by(f64::total_cmp);
        let film = film(&ladder, segment_ms);
        let at = |rule: &mut dyn Rule, buffer_ms| {
            let last = last.map(Rung);
            let view = testing::view(&ladder, &film);
            rule.decide(&View { throughput_kbps: kbps, last, buffer_ms, buffer_max_ms, ..view }).rung
        };
        for rule in [&mut BolaBasic as &mut dyn Rule, &mut Bola, &mut BolaO] {
            let (low, high) = (at(rule, a.min(b)), at(rule, a.max(b)));
            prop_assert!(low <= high, "{}", rule.name());
            prop_assert!(high.0 < ladder.len(), "{}", rule.name());
        }
    }
}
