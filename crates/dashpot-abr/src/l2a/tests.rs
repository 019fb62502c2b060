use super::*;
use crate::testing::{arrival, film, view};
use proptest::prelude::*;

const LADDER: [f64; 2] = [1_000.0, 2_000.0];

fn near(got: f64, expected: f64) {
    assert!((got - expected).abs() < 1e-5, "{got} instead of {expected}");
}

#[test]
fn the_projection_is_onto_probabilities() {
    let check = |point: &[f64], expected: &[f64]| {
        for (got, expected) in projected(point.to_vec()).into_iter().zip(expected) {
            near(got, *expected);
        }
    };
    check(&[1.0, 0.0], &[1.0, 0.0]);
    check(&[7.0 / 6.0, 2.0 / 6.0], &[11.0 / 12.0, 1.0 / 12.0]);
    check(&[0.0, -2.0], &[1.0, 0.0]);
    check(&[-1.0, -1.0], &[0.5, 0.5]);
    check(&[5.0], &[1.0]);
    check(&[0.2, 0.2, 0.2], &[1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0]);
}

/// A rule in its steady state, which began with this estimate.
fn steady(estimate_kbps: f64) -> L2a {
    let mut rule = L2a::new(&mut Params::parse("").unwrap());
    let film = film(&LADDER, 1_000.0);
    let view = view(&LADDER, &film);
    assert_eq!(rule.decide(&view), Decision::now(Rung(0), Reason::NoEstimate));
    rule.arrived(&Arrival { segment_ms: 1_000.0, ..arrival(0, 1e6, 1_000.0) });
    let throughput_kbps = Some(estimate_kbps);
    rule.decide(&View { throughput_kbps, buffer_ms: 1_499.0, ..view });
    assert_eq!(rule.learner, None);
    rule.decide(&View { throughput_kbps, buffer_ms: 1_500.0, ..view });
    rule
}

fn step(rule: &mut L2a, kbps: f64) -> Decision {
    rule.arrived(&Arrival { segment_ms: 1_000.0, ..arrival(0, kbps * 500.0, 500.0) });
    let film = film(&LADDER, 1_000.0);
    rule.decide(&View { buffer_ms: 1_500.0, ..view(&LADDER, &film) })
}

/// V = 4^0.99 = 3.944931 and the step size is 2 V, so that the gain is 1 / (4 V) * (Q + V).
#[test]
fn a_step_follows_the_gradient_and_the_multiplier_the_buffer() {
    let mut rule = steady(1_500.0);
    let learner = rule.learner.clone().unwrap();
    assert_eq!(learner.probabilities, [1.0, 0.0]);
    near(learner.multiplier, 3.944_931);
    // The gain is 0.5: 1 + 0.5 / 3 and 0 + 1 / 3, projected, are 11/12 and 1/12.
    assert_eq!(step(&mut rule, 3_000.0), Decision::now(Rung(0), Reason::LearnedMix));
    let learner = rule.learner.clone().unwrap();
    near(learner.probabilities[0], 11.0 / 12.0);
    // The mix went from 1000 to 1083.3: Q - 1 + (1083.3 + 83.3) / 3000.
    near(learner.multiplier, 3.944_931 - 1.0 + 1_166.666_667 / 3_000.0);
    // Without news nothing is learned.
    let film = film(&LADDER, 1_000.0);
    assert_eq!(rule.decide(&view(&LADDER, &film)).rung, Rung(0));
    assert_eq!(rule.learner, Some(learner));
    // In the long run it is the upper one.
    assert!((0..20).any(|_| step(&mut rule, 3_000.0).rung == Rung(1)));
}

#[test]
fn rungs_that_drain_the_buffer_become_unlikely_and_caution_doubles() {
    // 90 % of 3000 begin with rung 1.
    let mut rule = steady(3_000.0);
    assert_eq!(rule.learner.as_ref().map(|learner| learner.probabilities[1]), Some(1.0));
    // At 500: 0 - 0.5 * 2 and 1 - 0.5 * 4, projected, are 0.5 each; of equals the lower one.
    assert_eq!(step(&mut rule, 500.0), Decision::now(Rung(0), Reason::LearnedMix));
    // Q - 1 + (1500 - 500) / 500 = 4.944931, and twice that, as 1000 is more than 500.
    near(rule.learner.unwrap().multiplier, 2.0 * 4.944_931);
}

proptest! {
    #[test]
    fn law_a_projection_is_a_distribution(
        point in prop::collection::vec(-1e3..1e3_f64, 1..12),
    ) {
        let projected = projected(point);
        prop_assert!(projected.iter().all(|&part| 0.0 <= part));
        prop_assert!((projected.iter().sum::<f64>() - 1.0).abs() < 1e-6);
    }
}
