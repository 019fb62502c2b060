use super::*;
use crate::{Reason, Rung};
use dashpot_base::Bitrate;
use proptest::prelude::*;

fn view(ladder: &[Bitrate], buffer_ms: u64, throughput_kbps: u64) -> View<'_> {
    View {
        ladder,
        buffer: Duration::from_millis(buffer_ms),
        buffer_max: Duration::from_secs(25),
        segment: Duration::from_secs(3),
        throughput: Some(Bitrate::from_kbps(throughput_kbps)),
        latency: Duration::ZERO,
        last: None,
    }
}

/// Feeds one rule (buffer in ms, throughput in kbps) and expects (rung, reason) of each.
fn check(steps: &[(u64, u64, usize, Reason)]) {
    // BOLA alone takes rung 1 from 14.837 s on and rung 2 from 17.225 s on.
    let ladder = [500, 1_000, 2_000].map(Bitrate::from_kbps);
    let mut rule = Dynamic::default();
    for &(buffer_ms, throughput_kbps, rung, reason) in steps {
        let decision = rule.decide(&view(&ladder, buffer_ms, throughput_kbps));
        let expected = Decision { rung: Rung(rung), reason };
        assert_eq!(decision, expected, "{buffer_ms} ms, {throughput_kbps} kbps of {steps:?}");
    }
}

#[test]
fn it_changes_over_where_that_costs_no_quality() {
    use Reason::{BufferScore, ThroughputFits};
    check(&[
        (0, 2_000, 1, ThroughputFits),
        // Enough buffer, but BOLA still asks for less.
        (12_000, 2_000, 1, ThroughputFits),
        (15_000, 2_000, 1, BufferScore),
        (18_000, 2_000, 2, BufferScore),
        // BOLA asks for less, but the buffer is there: it stays.
        (12_000, 2_000, 0, BufferScore),
        // Thin, and BOLA asks for as much: it stays; for less: it goes.
        (9_000, 600, 0, BufferScore),
        (9_000, 2_000, 1, ThroughputFits),
        (14_000, 2_000, 1, ThroughputFits),
    ]);
}

proptest! {
    #[test]
    fn law_each_choice_is_one_of_the_two_rules(
        rates in prop::collection::btree_set(50_000..50_000_000_u64, 1..12),
        steps in prop::collection::vec((0..40_000_u64, 0..100_000_u64), 1..30),
    ) {
        let ladder = rates.into_iter().map(Bitrate::from_bps).collect::<Vec<_>>();
        let mut rule = Dynamic::default();
        for (buffer_ms, throughput_kbps) in steps {
            let view = view(&ladder, buffer_ms, throughput_kbps);
            let decision = rule.decide(&view);
            prop_assert!([Throughput.decide(&view), Bola.decide(&view)].contains(&decision));
        }
    }
}
