use crate::{
    Decision, Reason, Rung,
    testing::{arrival, film, made, view},
};
use proptest::prelude::*;

const LADDER: [f64; 4] = [300.0, 750.0, 1_200.0, 1_850.0];

/// Rates of segments of 1 s that took as long as they must.
fn check(spec: &str, rates: &[f64], expected: usize, reason: Reason) {
    let mut rule = made(spec);
    for &rate in rates {
        rule.arrived(&arrival(0, rate * 1_000.0, 1_000.0));
    }
    let film = film(&LADDER, 2_000.0);
    let got = rule.decide(&view(&LADDER, &film));
    assert_eq!(got, Decision::now(Rung(expected), reason), "{spec} {rates:?}");
}

#[test]
fn the_highest_rung_below_the_mean_is_chosen() {
    use Reason::{NoEstimate, ThroughputBelowLadder, ThroughputFits};
    check("harmonic", &[], 0, NoEstimate);
    check("harmonic", &[299.0], 0, ThroughputBelowLadder);
    check("harmonic", &[750.0], 1, ThroughputFits);
    check("harmonic", &[749.0], 0, ThroughputFits);
    // 2 / (1/600 + 1/3000) = 1000, where the plain mean would be 1800.
    check("harmonic", &[600.0, 3_000.0], 1, ThroughputFits);
    check("harmonic:safety=0.7", &[600.0, 3_000.0], 0, ThroughputFits);
    // The sixth pushes out the first; of the last one only the last counts.
    check("harmonic", &[1.0, 1_900.0, 1_900.0, 1_900.0, 1_900.0, 1_900.0], 3, ThroughputFits);
    check("harmonic:n=1", &[1.0, 1_900.0], 3, ThroughputFits);
}

proptest! {
    #[test]
    fn law_more_throughput_never_means_a_lower_rung(
        rates in prop::collection::vec(1.0..1e6_f64, 1..9), factor in 1.0..9.0_f64,
    ) {
        let film = film(&LADDER, 2_000.0);
        let rung = |factor: f64| {
            let mut rule = made("harmonic");
            for rate in &rates {
                rule.arrived(&arrival(0, factor * rate * 1_000.0, 1_000.0));
            }
            rule.decide(&view(&LADDER, &film)).rung
        };
        prop_assert!(rung(1.0) <= rung(factor));
    }
}
