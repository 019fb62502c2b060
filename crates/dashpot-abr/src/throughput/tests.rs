use super::*;
use crate::{Nominal, testing::view};
use proptest::prelude::*;

fn at(ladder: &[f64], throughput_kbps: Option<f64>, latency_ms: f64) -> Decision {
    let film = Nominal { ladder: ladder.to_vec(), segment_ms: 2_000.0, count: None };
    let view = View { throughput_kbps, latency_ms, ..view(ladder, &film) };
    Throughput::of_rate_alone().decide(&view)
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

#[test]
fn no_more_is_asked_for_than_comes_before_the_buffer_is_empty() {
    let ladder = [300.0, 750.0, 1_200.0, 1_850.0];
    let film = Nominal { ladder: ladder.to_vec(), segment_ms: 2_000.0, count: None };
    let mut rule = Throughput::default();
    let mut check = |buffer_ms: f64, expected: usize, reason: Reason| {
        let (throughput_kbps, latency_ms) = (Some(3_000.0), 100.0);
        let got =
            rule.decide(&View { throughput_kbps, latency_ms, buffer_ms, ..view(&ladder, &film) });
        assert_eq!(got, Decision::now(Rung(expected), reason), "{buffer_ms}");
    };
    // The share that is spent falls: 0.9 * (1.3 - 0.1) s * 3,000 = 3,240 kbit of 3,700, then 0.81,
    // 0.729, 0.6561, 0.59049, 0.531441 and from then on a half.
    check(1_300.0, 2, Reason::InsufficientBuffer);
    check(1_700.0, 3, Reason::ThroughputFits);
    check(1_700.0, 2, Reason::InsufficientBuffer);
    check(0.0, 0, Reason::InsufficientBuffer);
    check(25_000.0, 3, Reason::ThroughputFits);
    check(2_400.0, 2, Reason::InsufficientBuffer);
    check(2_566.0, 2, Reason::InsufficientBuffer);
    check(2_567.0, 3, Reason::ThroughputFits);
}

fn check_given_up(since_ms: f64, bits_here: f64, patience_ms: f64, expected: bool) {
    let ladder = [300.0, 750.0, 1_200.0, 1_850.0];
    let film = Nominal { ladder: ladder.to_vec(), segment_ms: 2_000.0, count: None };
    let view = View { latency_ms: 100.0, ..view(&ladder, &film) };
    let (index, rung, bits, first_byte_ms) = (0, Rung(3), 3_700_000.0, 100.0);
    let progress = Progress { index, rung, bits, bits_here, first_byte_ms, since_ms };
    let mut rule = Throughput::default();
    let patient = rule.patience_ms(&view, &progress);
    let context = format!("{bits_here} bits after {since_ms} ms");
    assert!((patient - patience_ms).abs() < 0.1, "{context}: {patient}");
    assert_eq!(rule.gives_up(&view, &progress), expected, "{context}");
}

#[test]
fn a_download_is_given_up_that_takes_much_longer_than_it_plays() {
    // 1.8 * 2 s may be taken, of which 3.5 s after the first byte: 1,057.1 kbit/s. At 1,100 and
    // nothing more, (3.6 - 1.1 - 2.3636) s / 3.3636 are left until the rate is down to that.
    check_given_up(1_100.0, 1_100_000.0, 40.5, false);
    check_given_up(1_100.0, 1_050_000.0, 0.0, true);
    // Nobody knows yet.
    check_given_up(400.0, 1_000.0, 100.0, false);
    check_given_up(400.0, 0.0, 100.0, false);
    // What is missing is less than the lowest rung's 600 kbit.
    check_given_up(20_000.0, 3_200_000.0, 0.0, false);
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
