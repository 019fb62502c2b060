use crate::{
    Decision, Reason, Rule, Rung, View,
    testing::{arrival, film, made, view},
};
use proptest::prelude::*;

const LADDER: [f64; 4] = [300.0, 750.0, 1_200.0, 1_850.0];

fn decide(rule: &mut dyn Rule, last: Option<usize>, now_ms: f64, buffer_ms: f64) -> Decision {
    let film = film(&LADDER, 4_000.0);
    let last = last.map(Rung);
    rule.decide(&View { last, now_ms, buffer_ms, buffer_max_ms: 60_000.0, ..view(&LADDER, &film) })
}

/// A rule that asked at 0 s, measured 2,000 kbit/s and asked again at 1 s with 30 s of buffer.
fn begun(last: usize) -> (Box<dyn Rule>, Decision) {
    let mut rule = made("panda");
    assert_eq!(decide(&mut *rule, None, 0.0, 0.0), Decision::now(Rung(0), Reason::NoEstimate));
    rule.arrived(&arrival(0, 2_000_000.0, 1_000.0));
    let decision = decide(&mut *rule, Some(last), 1_000.0, 30_000.0);
    (rule, decision)
}

#[test]
fn a_rise_must_be_safe_and_what_is_carried_is_kept() {
    use Reason::{DeadZone, ThroughputFits};
    // Of 2000, 85 % carry rung 2 and all of it rung 3.
    let check = |last, rung, reason| {
        assert_eq!(begun(last).1, Decision::now(Rung(rung), reason), "{last}");
    };
    check(0, 2, ThroughputFits);
    check(2, 2, DeadZone);
    check(3, 3, DeadZone);
    let mut rule = made("panda");
    rule.arrived(&arrival(0, 1_000_000.0, 1_000.0));
    assert_eq!(decide(&mut *rule, Some(3), 0.0, 0.0), Decision::now(Rung(1), ThroughputFits));
}

/// After rung 2 was chosen: 1200 * 4 / 2000 + 0.2 * (30 - 26) = 3.2 s from that request to the
/// next one.
fn check_second(kbps: f64, now_ms: f64, expected_delay_ms: f64, rung: usize) {
    let (mut rule, _) = begun(0);
    rule.arrived(&arrival(2, kbps * 1_000.0, 1_000.0));
    let got = decide(&mut *rule, Some(2), now_ms, 30_000.0);
    assert_eq!(got.rung, Rung(rung), "{kbps}: {got:?}");
    assert!((got.delay_ms - expected_delay_ms).abs() < 1e-6, "{kbps}: {got:?}");
}

#[test]
fn requests_are_spaced_and_the_share_is_probed() {
    check_second(2_000.0, 2_000.0, 2_200.0, 2);
    check_second(2_000.0, 4_100.0, 100.0, 2);
    check_second(2_000.0, 5_000.0, 0.0, 2);
    // However much is measured, the share grows by 0.14 * 3.2 * 300 = 134.4, its average by
    // 0.2 * 3.2 of that: 2086.
    check_second(1e6, 2_000.0, 2_200.0, 2);
    // 1000 are measured: by 0.14 * 3.2 * 1000 = 448 less; the average is 2000 - 0.64 * 448 = 1713.
    check_second(1_000.0, 2_000.0, 2_200.0, 2);
    // 100 are measured: 0.448 * 1900 = 851 less; 2000 - 0.64 * 851 = 1455; 10 s later the steps
    // are 1.54, which counts as 1, so that both are at the 100 measured.
    check_second(100.0, 2_000.0, 2_200.0, 2);
    check_second(100.0, 12_000.0, 0.0, 0);
}

proptest! {
    #[test]
    fn law_more_throughput_never_means_a_lower_rung(
        rates in prop::collection::vec(1.0..1e5_f64, 1..9), factor in 1.0..9.0_f64,
    ) {
        let rung = |factor: f64| {
            let mut rule = made("panda");
            for (rate, second) in rates.iter().zip(0..) {
                rule.arrived(&arrival(0, factor * rate * 1_000.0, 1_000.0));
                decide(&mut *rule, Some(1), 9_000.0 * f64::from(second), 5_000.0);
            }
            decide(&mut *rule, Some(1), 1e6, 5_000.0).rung
        };
        prop_assert!(rung(1.0) <= rung(factor));
    }
}
