use super::*;
use proptest::prelude::*;
use std::time::Duration;

fn view(ladder: &[Bitrate], buffer_ms: u64) -> View<'_> {
    View {
        ladder,
        buffer: Duration::from_millis(buffer_ms),
        buffer_max: Duration::from_secs(25),
        segment: Duration::from_secs(3),
        throughput: None,
        latency: Duration::ZERO,
        last: None,
    }
}

fn check(kbps: &[u64], buffer_ms: u64, expected: usize) {
    let ladder = kbps.iter().copied().map(Bitrate::from_kbps).collect::<Vec<_>>();
    let decision = BolaBasic.decide(&view(&ladder, buffer_ms));
    let expected = Decision { rung: Rung(expected), reason: Reason::BufferScore };
    assert_eq!(decision, expected, "{kbps:?} at {buffer_ms} ms");
}

/// Two rungs meet where `(V (u_1 + g) - Q) / S_1 = (V (u_2 + g) - Q) / S_2`, that is at
/// `Q = V (g + (S_2 u_1 - S_1 u_2) / (S_2 - S_1))`.
#[test]
fn switches_happen_at_the_levels_that_the_formula_gives() {
    // One doubling: V = 22 s / (ln 2 + 5) = 3.86429 s; the levels meet at V (5 - ln 2)
    // = 3.86429 * 4.30685 = 16.6429 s.
    check(&[1_000, 2_000], 0, 0);
    check(&[1_000, 2_000], 16_642, 0);
    check(&[1_000, 2_000], 16_643, 1);
    // 1 : 2 : 4: V = 22 / (2 ln 2 + 5) = 3.44488 s. Rungs 0 and 1 meet at V (5 - ln 2)
    // = 14.8366 s; rungs 1 and 2 at V (5 + (4 ln 2 - 2 * 2 ln 2) / 2) = V * 5 = 17.2244 s.
    check(&[500, 1_000, 2_000], 14_836, 0);
    check(&[500, 1_000, 2_000], 14_837, 1);
    check(&[500, 1_000, 2_000], 17_224, 1);
    check(&[500, 1_000, 2_000], 17_225, 2);
    // One segment below the limit, where the player stops asking, it is the top rung.
    check(&[500, 1_000, 2_000], 22_000, 2);
    check(&[800], 5_000, 0);
}

#[test]
fn a_ladder_from_zero_and_a_tiny_buffer_give_a_rung_all_the_same() {
    check(&[0, 0], 4_000, 0);
    let ladder = [Bitrate::from_kbps(100), Bitrate::from_kbps(9_000)];
    let tiny = View { buffer_max: Duration::ZERO, ..view(&ladder, 0) };
    assert_eq!(BolaBasic.decide(&tiny).rung, Rung(0));
}

fn check_rise(throughput_kbps: u64, last: Option<usize>, expected: usize, reason: Reason) {
    // At 22 s the level alone asks for the top, rung 3.
    let ladder = [500, 1_000, 2_000, 4_000].map(Bitrate::from_kbps);
    let throughput = Some(Bitrate::from_kbps(throughput_kbps));
    let view = View { throughput, last: last.map(Rung), ..view(&ladder, 22_000) };
    let expected = Decision { rung: Rung(expected), reason };
    assert_eq!(Bola.decide(&view), expected, "{throughput_kbps} kbps after {last:?}");
}

#[test]
fn a_rise_ends_one_rung_above_throughput_and_what_is_held_is_kept() {
    use Reason::{BufferScore, RiseCapped};
    check_rise(9_000, Some(0), 3, BufferScore);
    check_rise(2_500, Some(0), 3, BufferScore);
    check_rise(1_200, Some(0), 2, RiseCapped);
    check_rise(600, None, 1, RiseCapped);
    check_rise(600, Some(2), 2, RiseCapped);
    check_rise(600, Some(3), 3, BufferScore);
    check_rise(100, Some(0), 1, RiseCapped);
    // The rung before came from a longer ladder.
    check_rise(600, Some(9), 3, BufferScore);
}

fn check_settled(throughput_kbps: u64, last: Option<usize>, expected: usize, reason: Reason) {
    let ladder = [500, 1_000, 2_000, 4_000].map(Bitrate::from_kbps);
    let throughput = Some(Bitrate::from_kbps(throughput_kbps));
    let view = View { throughput, last: last.map(Rung), ..view(&ladder, 22_000) };
    let expected = Decision { rung: Rung(expected), reason };
    assert_eq!(BolaO.decide(&view), expected, "{throughput_kbps} kbps after {last:?}");
}

#[test]
fn without_oscillation_a_rise_ends_at_what_throughput_carries() {
    use Reason::{BufferScore, RiseCapped};
    check_settled(9_000, Some(0), 3, BufferScore);
    check_settled(2_500, Some(0), 2, RiseCapped);
    check_settled(2_500, Some(2), 2, RiseCapped);
    check_settled(600, None, 0, RiseCapped);
    check_settled(600, Some(2), 2, RiseCapped);
    check_settled(600, Some(3), 3, BufferScore);
}

proptest! {
    #[test]
    fn law_more_buffer_never_means_a_lower_rung(
        mut rates in prop::collection::vec(50_000..50_000_000_u64, 1..12),
        a in 0..40_000_u64, b in 0..40_000_u64,
        buffer_max_ms in 0..60_000_u64, segment_ms in 1..10_000_u64,
        kbps in prop::option::of(0..100_000_u64), last in prop::option::of(0..14_usize),
    ) {
        rates.sort_unstable();
        rates.dedup();
        let ladder = rates.into_iter().map(Bitrate::from_bps).collect::<Vec<_>>();
        let at = |rule: &mut dyn Rule, buffer_ms| {
            let view = View {
                throughput: kbps.map(Bitrate::from_kbps),
                last: last.map(Rung),
                buffer_max: Duration::from_millis(buffer_max_ms),
                segment: Duration::from_millis(segment_ms),
                ..view(&ladder, buffer_ms)
            };
            rule.decide(&view).rung
        };
        for rule in [&mut BolaBasic as &mut dyn Rule, &mut Bola, &mut BolaO] {
            let (low, high) = (at(rule, a.min(b)), at(rule, a.max(b)));
            prop_assert!(low <= high, "{}", rule.name());
            prop_assert!(high.0 < ladder.len(), "{}", rule.name());
        }
    }
}
