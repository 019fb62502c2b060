use super::*;
use proptest::prelude::*;
use std::time::Duration;

fn view(ladder: &[Bitrate], throughput: Option<Bitrate>, latency: Duration) -> View<'_> {
    View {
        ladder,
        buffer: Duration::from_secs(8),
        buffer_max: Duration::from_secs(25),
        segment: Duration::from_secs(2),
        throughput,
        latency,
        last: None,
    }
}

fn check(throughput_kbps: Option<u64>, latency_ms: u64, expected: usize, reason: Reason) {
    let ladder = [300, 750, 1_200, 1_850].map(Bitrate::from_kbps);
    let throughput = throughput_kbps.map(Bitrate::from_kbps);
    let view = view(&ladder, throughput, Duration::from_millis(latency_ms));
    let expected = Decision { rung: Rung(expected), reason };
    assert_eq!(Throughput.decide(&view), expected, "{throughput_kbps:?} {latency_ms}");
}

#[test]
fn ninety_percent_of_the_estimate_less_latency_is_spent() {
    use Reason::{NoEstimate, ThroughputBelowLadder, ThroughputFits};
    check(None, 0, 0, NoEstimate);
    check(Some(100), 0, 0, ThroughputBelowLadder);
    check(Some(333), 0, 0, ThroughputBelowLadder);
    check(Some(334), 0, 0, ThroughputFits);
    check(Some(833), 0, 0, ThroughputFits);
    check(Some(834), 0, 1, ThroughputFits);
    check(Some(2_056), 0, 3, ThroughputFits);
    check(Some(1_000_000), 0, 3, ThroughputFits);
    // Half of the 2 s goes to latency: 0.9 * 1,600 * 1 s = 1,440 kbit < 1,500 kbit of rung 1.
    check(Some(1_600), 1_000, 0, ThroughputFits);
    check(Some(1_667), 1_000, 1, ThroughputFits);
    check(Some(1_000_000), 2_000, 0, ThroughputBelowLadder);
}

fn ladders() -> impl Strategy<Value = Vec<Bitrate>> {
    prop::collection::vec(0..50_000_000_u64, 1..12).prop_map(|mut rates| {
        rates.sort_unstable();
        rates.into_iter().map(Bitrate::from_bps).collect()
    })
}

proptest! {
    #[test]
    fn law_more_throughput_never_means_a_lower_rung(
        ladder in ladders(), a in any::<u64>(), b in any::<u64>(), latency_ms in 0..3_000_u64,
    ) {
        let at = |bps| {
            let latency = Duration::from_millis(latency_ms);
            Throughput.decide(&view(&ladder, Some(Bitrate::from_bps(bps)), latency)).rung
        };
        let (low, high) = (at(a.min(b)), at(a.max(b)));
        prop_assert!(low <= high);
        prop_assert!(high.0 < ladder.len());
    }

    #[test]
    fn law_more_latency_never_means_a_higher_rung(
        ladder in ladders(), bps in 0..100_000_000_u64, a in 0..3_000_u64, b in 0..3_000_u64,
    ) {
        let at = |latency_ms| {
            let latency = Duration::from_millis(latency_ms);
            Throughput.decide(&view(&ladder, Some(Bitrate::from_bps(bps)), latency)).rung
        };
        prop_assert!(at(a.max(b)) <= at(a.min(b)));
    }
}
