use crate::{
    Reason, Rule, Rung, View,
    testing::{arrival, film, made, view},
};

const LADDER: [f64; 4] = [300.0, 750.0, 1_200.0, 1_850.0];

/// A rule that has changed so often, and then held `rung` for so many segments at this rate.
fn after(changes: usize, rung: usize, held: usize, kbps: f64) -> Box<dyn Rule> {
    let mut rule = made("festive");
    let film = film(&LADDER, 4_000.0);
    // From the top, 1 kbit/s lets it fall each time; the steadiness is put back by hand below.
    rule.arrived(&arrival(3, 1.0, 1_000.0));
    for change in 0..changes {
        let last = Some(Rung(3 - change % 3));
        let decision = rule.decide(&View { last, ..view(&LADDER, &film) });
        assert_eq!(decision.reason, Reason::OneStep, "{change}");
    }
    for _ in 0..held.max(20) - held {
        rule.arrived(&arrival(9, kbps * 4_000.0, 4_000.0));
    }
    for _ in 0..held {
        rule.arrived(&arrival(rung, kbps * 4_000.0, 4_000.0));
    }
    rule
}

fn check(rule: &mut dyn Rule, last: usize, now_ms: f64, rung: usize, reason: Reason) {
    let film = film(&LADDER, 4_000.0);
    let got = rule.decide(&View { last: Some(Rung(last)), now_ms, ..view(&LADDER, &film) });
    assert_eq!((got.rung, got.reason), (Rung(rung), reason), "from {last}");
}

#[test]
fn a_rise_is_one_rung_and_takes_the_longer_the_higher_it_begins() {
    use Reason::{NoEstimate, OneStep, ThroughputFits};
    check(&mut *made("festive"), 0, 0.0, 0, NoEstimate);
    // 85 % of 2200 carry rung 3. Rung 0 is left after one segment, rung 1 after two.
    check(&mut *after(0, 0, 0, 2_200.0), 0, 0.0, 0, ThroughputFits);
    check(&mut *after(0, 0, 1, 2_200.0), 0, 0.0, 1, OneStep);
    check(&mut *after(0, 1, 1, 2_200.0), 1, 0.0, 1, ThroughputFits);
    check(&mut *after(0, 1, 2, 2_200.0), 1, 0.0, 2, OneStep);
    check(&mut *after(0, 2, 2, 2_200.0), 2, 0.0, 2, ThroughputFits);
    check(&mut *after(0, 2, 3, 2_200.0), 2, 0.0, 3, OneStep);
    // 85 % of 2100 are 1785.
    check(&mut *after(0, 2, 9, 2_100.0), 2, 0.0, 2, ThroughputFits);
}

#[test]
fn a_fall_is_one_rung_at_once() {
    // 85 % of 1000 carry rung 1. Rung 2 costs 2 + 12 * 0.2, rung 3 costs 1 + 12 * 0.85.
    check(&mut *after(0, 3, 1, 1_000.0), 3, 0.0, 2, Reason::OneStep);
}

#[test]
fn each_change_within_20_s_makes_the_next_one_dearer() {
    use Reason::{OneStep, SteadinessKept};
    // From 750 to 1200 of 2000: 2^n + 12 * (1 - 750 / 1200) = 2^n + 4.5 against 2^(n + 1).
    check(&mut *after(2, 1, 2, 2_000.0), 1, 0.0, 2, OneStep);
    check(&mut *after(3, 1, 2, 2_000.0), 1, 0.0, 1, SteadinessKept);
    check(&mut *after(3, 1, 2, 2_000.0), 1, 20_000.0, 1, SteadinessKept);
    check(&mut *after(3, 1, 2, 2_000.0), 1, 20_001.0, 2, OneStep);
}

#[test]
fn the_wait_is_for_a_buffer_of_15_s_give_or_take_a_segment_and_follows_from_the_seed() {
    let film = film(&LADDER, 4_000.0);
    let delays = |spec: &str, buffer_ms: f64| {
        let mut rule = made(spec);
        let view = View { buffer_ms, ..view(&LADDER, &film) };
        (0..200).map(|_| rule.decide(&view).delay_ms).collect::<Vec<_>>()
    };
    // From 20 s: 1 to 9 s.
    let drawn = delays("festive", 20_000.0);
    assert!(drawn.iter().all(|ms| (1_000.0..=9_000.0).contains(ms)), "{drawn:?}");
    let (least, most) = (f64::min, f64::max);
    assert!(drawn.iter().copied().fold(f64::INFINITY, least) < 1_500.0);
    assert!(8_500.0 < drawn.iter().copied().fold(0.0, most));
    assert_eq!(drawn, delays("festive", 20_000.0));
    assert_ne!(drawn, delays("festive:seed=1", 20_000.0));
    assert!(delays("festive", 11_000.0).iter().all(|&ms| ms <= 0.0));
}
