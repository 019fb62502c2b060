use crate::{
    Arrival, Decision, Reason, Rule, Rung,
    testing::{arrival, film, made, view},
};
use proptest::prelude::*;

const LADDER: [f64; 4] = [300.0, 750.0, 1_200.0, 1_850.0];

fn check(rule: &mut dyn Rule, expected: usize, reason: Reason) {
    let film = film(&LADDER, 4_000.0);
    let got = rule.decide(&view(&LADDER, &film));
    assert_eq!(got, Decision::now(Rung(expected), reason));
}

fn at(now_ms: f64, kbps: f64, took_ms: f64) -> Arrival {
    Arrival { now_ms, ..arrival(0, kbps * took_ms, took_ms) }
}

#[test]
fn the_first_choice_is_by_the_default_and_stays_until_there_is_a_good_estimate() {
    use Reason::{NoEstimate, ThroughputFits};
    let rule = &mut *made("shaka");
    // 750 / 0.95 = 789 <= 1000 <= 1200 / 0.85 = 1412.
    check(rule, 1, NoEstimate);
    // 127.9 kB are too few; 16 kB at a time are counted, less is not.
    rule.arrived(&at(500.0, 2_046.4, 500.0));
    check(rule, 1, NoEstimate);
    rule.arrived(&at(600.0, 1_279.0, 100.0));
    check(rule, 1, NoEstimate);
    // What comes within 5 ms came from a cache.
    rule.arrived(&at(605.0, 1e6, 5.0));
    check(rule, 1, NoEstimate);
    // 1850 / 0.95 = 1947.4.
    rule.arrived(&at(700.0, 2_046.4, 100.0));
    check(rule, 3, ThroughputFits);
}

#[test]
fn changes_are_eight_seconds_apart() {
    use Reason::{HeldAfterChange, ThroughputFits};
    let rule = &mut *made("shaka");
    check(rule, 1, Reason::NoEstimate);
    rule.arrived(&at(1_000.0, 2_000.0, 1_000.0));
    check(rule, 3, ThroughputFits);
    // After a minute at 400 kbit/s both averages are there: 300 / 0.95 = 316.
    rule.arrived(&at(8_999.0, 400.0, 60_000.0));
    check(rule, 3, HeldAfterChange);
    rule.arrived(&at(9_000.0, 400.0, 1_000.0));
    check(rule, 0, ThroughputFits);
    rule.arrived(&at(16_999.0, 9_000.0, 60_000.0));
    check(rule, 0, HeldAfterChange);
    rule.arrived(&at(17_000.0, 9_000.0, 1_000.0));
    check(rule, 3, ThroughputFits);
    rule.arrived(&at(26_000.0, 100.0, 60_000.0));
    check(rule, 0, Reason::ThroughputBelowLadder);
}

proptest! {
    #[test]
    fn law_more_throughput_never_means_a_lower_rung(
        rates in prop::collection::vec(1.0..1e5_f64, 1..9), factor in 1.0..9.0_f64,
    ) {
        let film = film(&LADDER, 4_000.0);
        let rung = |factor: f64| {
            let mut rule = made("shaka");
            rule.decide(&view(&LADDER, &film));
            for (rate, second) in rates.iter().zip(1..) {
                rule.arrived(&at(9_000.0 * f64::from(second), factor * rate, 4_000.0));
            }
            // All of them count, or none does.
            rule.arrived(&at(1e6, factor * 1e5, 1_000.0));
            rule.decide(&view(&LADDER, &film)).rung
        };
        prop_assert!(rung(1.0) <= rung(factor));
    }
}
