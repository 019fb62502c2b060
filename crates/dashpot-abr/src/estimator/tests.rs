use super::*;
use proptest::prelude::*;

fn sample(bytes: u64, took_ms: u64, first_byte_ms: u64) -> Sample {
    Sample {
        size: ByteSize::new(bytes),
        took: Span::from_millis(took_ms),
        first_byte_after: Span::from_millis(first_byte_ms),
    }
}

fn check(samples: &[Sample], expected_kbps: Option<u64>, expected_latency_ms: u128) {
    let mut estimator = ThroughputEstimator::new();
    for sample in samples {
        estimator.add(*sample);
    }
    let kbps = estimator.throughput().map(|rate| (rate.bps() + 500) / 1_000);
    assert_eq!(kbps, expected_kbps, "{samples:?}");
    assert_eq!(estimator.latency().as_millis(), expected_latency_ms, "{samples:?}");
}

#[test]
fn estimates_match_values_worked_out_by_hand() {
    check(&[], None, 0);
    check(&[sample(0, 500, 100)], None, 0);
    // 1 Mbit in the second after a wait of 100 ms.
    check(&[sample(125_000, 1_100, 100)], Some(1_000), 100);
    // 100 kbit in a body of 10 ms is measured over the floor of 50 ms.
    check(&[sample(12_500, 110, 100)], Some(2_000), 100);
    // Under the floor and slower than the estimate: no evidence. Faster: evidence.
    check(&[sample(1_250_000, 1_000, 0), sample(12_500, 10, 0)], Some(10_000), 0);
    // 3 s at 4 Mbps, then 3 s at 1 Mbps. Fast (3 s): alpha 0.5, (0.25*4 + 0.5*1) / 0.75 = 2 Mbps.
    // Slow (8 s): alpha 2^(-3/8) = 0.77111, (0.77111*0.22889*4 + 0.22889*1) / (1 - 0.59460)
    // = 2.306 Mbps. The smaller stands.
    check(&[sample(1_500_000, 3_000, 0), sample(375_000, 3_000, 0)], Some(2_000), 0);
    // The other way about the slow average stands: (0.77111*0.22889*1 + 0.22889*4) / 0.40540.
    check(&[sample(375_000, 3_000, 0), sample(1_500_000, 3_000, 0)], Some(2_694), 0);
    // Latency 0 then 300 ms, in requests: fast (0.25*0 + 0.5*0.3) / 0.75 = 200 ms.
    check(&[sample(125_000, 1_000, 0), sample(125_000, 1_300, 300)], Some(1_000), 200);
}

#[test]
fn hostile_times_do_not_break_it() {
    check(&[sample(125_000, 1_000, 9_000)], Some(20_000), 1_000);
    let mut estimator = ThroughputEstimator::new();
    estimator.add(Sample {
        size: ByteSize::new(u64::MAX),
        took: Span::MAX,
        first_byte_after: Span::ZERO,
    });
    estimator.add(Sample {
        size: ByteSize::new(u64::MAX),
        took: Span::ZERO,
        first_byte_after: Span::MAX,
    });
    assert!(estimator.throughput().is_some());
}

proptest! {
    #[test]
    fn law_the_estimate_lies_between_the_slowest_and_the_fastest_sample(
        samples in prop::collection::vec((1_000..5_000_000_u64, 50..10_000_u64, 0..500_u64), 1..40),
    ) {
        let mut estimator = ThroughputEstimator::new();
        let (mut low, mut high) = (u64::MAX, 0);
        for (bytes, body_ms, first_byte_ms) in samples {
            let rate = bytes * 8_000 / body_ms;
            (low, high) = (low.min(rate), high.max(rate));
            estimator.add(sample(bytes, body_ms + first_byte_ms, first_byte_ms));
            let estimate = estimator.throughput().unwrap().bps();
            // One bit a second of rounding on either side.
            prop_assert!(low <= estimate + 1 && estimate <= high + 1, "{low} {estimate} {high}");
        }
    }
}
