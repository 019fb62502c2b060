use super::*;
use crate::{Nominal, testing::view};
use proptest::prelude::*;

fn at(ladder: &[f64], throughput_kbps: Option<f64>, latency_ms: f64) -> Decision {
    let film = Nominal { ladder: ladder.to_vec(), segment_ms: 2_000.0, count: None };
    let view = View { throughput_kbps, latency_ms, ..view(ladder, &film) };
    Throughput::default().decide(&view)
}

fn check(throughput_kbps: Option<f64>, latency_ms: f64, expected: usize, reason: Reason) {
    let got = at(&[300.0, 750.0, 1_200.0, 1_850.0], throughput_kbps, latency_ms);
    assert_eq!(got, Decision::now(Rung(expected), reason), "{throughput_kbps:?} {latency_ms}");
}

#[test]
fn ninety_percent_of_the_estimate_less_latency_is_spent() {
    use Reason::{NoEstimate, ThroughputBelowLadder, ThroughputFits};
    check(None, 0.0, 0, NoEstimate);
    check(Some(100.0), 0.0, 0, ThroughputBelowLadder);
    check(Some(333.0), 0.0, 0, ThroughputBelowLadder);
    check(Some(334.0), 0.0, 0, ThroughputFits);
    check(Some(833.0), 0.0, 0, ThroughputFits);
    check(Some(834.0), 0.0, 1, ThroughputFits);
    check(Some(2_056.0), 0.0, 3, ThroughputFits);
    check(Some(1_000_000.0), 0.0, 3, ThroughputFits);
    // Half of the 2 s goes to latency: 0.9 * 1,600 * 1 s = 1,440 kbit < 1,500 kbit of rung 1.
    check(Some(1_600.0), 1_000.0, 0, ThroughputFits);
    check(Some(1_667.0), 1_000.0, 1, ThroughputFits);
    check(Some(1_000_000.0), 2_000.0, 0, ThroughputBelowLadder);
}

fn ladders() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(0.0..50_000.0_f64, 1..12).prop_map(|mut rates| {
        rates.sort_unstable_by(f64::total_cmp);
        rates
    })
}

proptest! {
    #[test]
    fn law_more_throughput_never_means_a_lower_rung(
        ladder in ladders(), a in 0.0..1e9_f64, b in 0.0..1e9_f64, latency_ms in 0.0..3_000.0_f64,
    ) {
        let (low, high) = (at(&ladder, Some(a.min(b)), latency_ms), at(&ladder, Some(a.max(b)), latency_ms));
        prop_assert!(low.rung <= high.rung);
        prop_assert!(high.rung.0 < ladder.len());
    }

    #[test]
    fn law_more_latency_never_means_a_higher_rung(
        ladder in ladders(), kbps in 0.0..100_000.0_f64, a in 0.0..3_000.0_f64, b in 0.0..3_000.0_f64,
    ) {
        let (near, far) = (at(&ladder, Some(kbps), a.min(b)), at(&ladder, Some(kbps), a.max(b)));
        prop_assert!(far.rung <= near.rung);
    }
}
