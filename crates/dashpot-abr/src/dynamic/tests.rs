use super::*;
use crate::{Nominal, Reason, Rung, testing};
use proptest::prelude::*;

fn film(ladder: &[f64]) -> Nominal {
    Nominal { ladder: ladder.to_vec(), segment_ms: 3_000.0, count: None }
}

fn view<'a>(film: &'a Nominal, buffer_ms: f64, throughput_kbps: f64) -> View<'a> {
    let throughput_kbps = Some(throughput_kbps);
    let (since_seek, view) = (40, testing::view(&film.ladder, film));
    View { since_seek, buffer_ms, throughput_kbps, ..view }
}

/// Feeds one rule (buffer in ms, throughput in kbps) and expects (rung, reason) of each.
fn check(steps: &[(f64, f64, usize, Reason)]) {
    // BOLA alone takes rung 1 from 14.837 s on and rung 2 from 17.225 s on.
    let film = film(&[500.0, 1_000.0, 2_000.0]);
    let mut rule = Dynamic::new(Rise::OneAbove);
    for &(buffer_ms, throughput_kbps, rung, reason) in steps {
        let decision = rule.decide(&view(&film, buffer_ms, throughput_kbps));
        let expected = Decision::now(Rung(rung), reason);
        assert_eq!(decision, expected, "{buffer_ms} ms, {throughput_kbps} kbps of {steps:?}");
    }
}

#[test]
fn it_changes_over_where_that_costs_no_quality() {
    use Reason::{BufferScore, InsufficientBuffer, ThroughputFits};
    check(&[
        (0.0, 2_000.0, 0, InsufficientBuffer),
        (9_000.0, 2_000.0, 1, ThroughputFits),
        // Enough buffer, but BOLA still asks for less.
        (12_000.0, 2_000.0, 1, ThroughputFits),
        (15_000.0, 2_000.0, 1, BufferScore),
        (18_000.0, 2_000.0, 2, BufferScore),
        // BOLA asks for less, but the buffer is there: it stays.
        (12_000.0, 2_000.0, 0, BufferScore),
        // Thin, and BOLA asks for as much: it stays; for less: it goes.
        (9_000.0, 600.0, 0, BufferScore),
        (9_000.0, 2_000.0, 1, ThroughputFits),
        (14_000.0, 2_000.0, 1, ThroughputFits),
    ]);
}

#[test]
fn a_replacement_puts_throughput_in_charge() {
    let film = film(&[500.0, 1_000.0, 2_000.0]);
    let mut rule = Dynamic::new(Rise::OneAbove);
    let mut reason = |buffer_ms| rule.decide(&view(&film, buffer_ms, 2_500.0)).reason;
    assert_eq!([18_000.0, 12_000.0].map(&mut reason), [Reason::BufferScore; 2]);
    rule.arrived(&Arrival { is_replacement: true, ..testing::arrival(2, 9e6, 2_000.0) });
    assert_eq!(rule.decide(&view(&film, 12_000.0, 2_500.0)).reason, Reason::ThroughputFits);
}

proptest! {
    #[test]
    fn law_each_choice_is_one_of_the_two_rules(
        mut ladder in prop::collection::vec(50.0..50_000.0_f64, 1..12),
        steps in prop::collection::vec((0.0..40_000.0_f64, 0.0..100_000.0_f64), 1..30),
    ) {
        ladder.sort_unstable_by(f64::total_cmp);
        let film = film(&ladder);
        let mut rule = Dynamic::new(Rise::OneAbove);
        let (mut bola, mut throughput) = (Bola::new(Rise::OneAbove), Throughput::default());
        for (buffer_ms, throughput_kbps) in steps {
            let view = view(&film, buffer_ms, throughput_kbps);
            let decision = rule.decide(&view);
            prop_assert!([throughput.decide(&view), bola.decide(&view)].contains(&decision));
        }
    }
}
