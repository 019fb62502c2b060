use crate::{
    Arrival, Decision, Reason, Rule, Rung, View,
    testing::{arrival, film, made, view},
};
use proptest::prelude::*;

fn check(rule: &mut dyn Rule, ladder: &[f64], buffer_ms: f64, rung: usize, reason: Reason) {
    let film = film(ladder, 4_000.0);
    let got = rule.decide(&View { buffer_ms, ..view(ladder, &film) });
    assert_eq!(got, Decision::now(Rung(rung), reason), "{ladder:?} {buffer_ms}");
}

/// A segment at 1,000 kbit/s that took 4 s and left this buffer.
fn came(buffer_ms: f64) -> Arrival {
    Arrival { buffer_ms, ..arrival(0, 4e6, 4_000.0) }
}

#[test]
fn the_rung_is_what_the_controller_asks_for() {
    use Reason::{BufferSteered, NoEstimate, ThroughputBelowLadder};
    check(&mut *made("elastic"), &[1.0, 2.0], 0.0, 0, NoEstimate);
    let rule = &mut *made("elastic");
    rule.arrived(&came(10_000.0));
    // I = 4 * (10 - 15) = -20: 1000 / (1 - 0.1 + 0.02) = 1086.96.
    check(rule, &[500.0, 1_086.0, 9_000.0], 10_000.0, 1, BufferSteered);
    check(rule, &[500.0, 1_087.0, 9_000.0], 10_000.0, 0, BufferSteered);
    check(rule, &[1_087.0, 9_000.0], 10_000.0, 0, ThroughputBelowLadder);
    // I stands still below the lowest rung with too thin a buffer, and goes on above 15 s.
    rule.arrived(&came(10_000.0));
    check(rule, &[500.0, 1_086.0, 9_000.0], 10_000.0, 1, BufferSteered);
    check(rule, &[500.0, 1_087.0, 9_000.0], 10_000.0, 0, BufferSteered);
    rule.arrived(&came(20_000.0));
    // I = 0: 1000 / (1 - 0.2) = 1250.
    check(rule, &[500.0, 1_249.9, 9_000.0], 20_000.0, 1, BufferSteered);
    check(rule, &[500.0, 1_250.1, 9_000.0], 20_000.0, 0, BufferSteered);
}

#[test]
fn a_buffer_beyond_all_bounds_asks_for_the_top_and_does_not_wind_up() {
    let rule = &mut *made("elastic");
    rule.arrived(&came(15_000.0));
    let ladder = [500.0, 900.0];
    check(rule, &ladder, 100_000.0, 1, Reason::BufferSteered);
    for _ in 0..1_000 {
        rule.arrived(&came(25_000.0));
        check(rule, &ladder, 25_000.0, 1, Reason::BufferSteered);
    }
    // I is still 0: 1000 / (1 - 0.05) = 1052.6.
    check(rule, &[500.0, 1_053.0, 9_000.0], 5_000.0, 0, Reason::BufferSteered);
}

proptest! {
    #[test]
    fn law_more_throughput_and_more_buffer_never_mean_a_lower_rung(
        rates in prop::collection::vec(1.0..1e5_f64, 1..9), factor in 1.0..9.0_f64,
        a in 0.0..60_000.0_f64, b in 0.0..60_000.0_f64,
    ) {
        let ladder = [300.0, 750.0, 1_200.0, 1_850.0];
        let film = film(&ladder, 4_000.0);
        let rung = |factor: f64, buffer_ms| {
            let mut rule = made("elastic");
            for rate in &rates {
                rule.arrived(&arrival(0, factor * rate * 1_000.0, 1_000.0));
            }
            rule.decide(&View { buffer_ms, ..view(&ladder, &film) }).rung
        };
        prop_assert!(rung(1.0, a) <= rung(factor, a));
        prop_assert!(rung(1.0, a.min(b)) <= rung(1.0, a.max(b)));
    }
}
