use super::*;
use crate::testing;

const LADDER: [f64; 4] = [500.0, 1_000.0, 2_000.0, 4_000.0];

/// With four rungs the reckoned buffer is 25 s, the player's: utilities 1 to 1 + 3 ln 2, so
/// g = 3 ln 2 / 1.5 = 1.3863 and V = 10 s / g = 7.2135 s. Rungs r and r + 1 meet at
/// V (g + 1 + (r - 1) ln 2) = 12.213, 17.213 and 22.213 s.
fn view(film: &dyn crate::Film, buffer_ms: f64, kbps: f64) -> View<'_> {
    View { buffer_ms, throughput_kbps: Some(kbps), ..testing::view(&LADDER, film) }
}

fn enhanced(rise: Rise) -> BolaEnhanced {
    BolaEnhanced { insufficient: None, ..BolaEnhanced::new(rise, Levels::Reckoned) }
}

fn near(got: f64, expected: f64) {
    assert!((got - expected).abs() < 0.5, "{got}, not {expected}");
}

#[test]
fn it_begins_with_the_placeholder_that_throughput_asks_for() {
    let film = testing::film(&LADDER, 3_000.0);
    let mut rule = enhanced(Rise::OneAbove);
    assert_eq!(rule.decide(&View { throughput_kbps: None, ..view(&film, 0.0, 0.0) }).rung, Rung(0));
    let decision = rule.decide(&view(&film, 3_000.0, 2_500.0));
    assert_eq!(decision, Decision::now(Rung(2), Reason::ThroughputFits));
    near(rule.placeholder_ms, 17_213.5 - 3_000.0);
    // And goes on from there by level: one second more, and one less.
    assert_eq!(rule.decide(&view(&film, 4_000.0, 2_500.0)).rung, Rung(2));
    assert_eq!(rule.decide(&view(&film, 2_000.0, 2_500.0)).rung, Rung(1));
    // A seek begins anew.
    rule.seeked();
    assert_eq!(rule.decide(&view(&film, 0.0, 5_000.0)).rung, Rung(3));
    near(rule.placeholder_ms, 22_213.5);
}

#[test]
fn it_grows_by_waits_and_replacements_but_not_by_waits_that_it_asked_for() {
    let film = testing::film(&LADDER, 3_000.0);
    let mut rule = enhanced(Rise::AsCarried);
    rule.decide(&view(&film, 3_000.0, 2_500.0));
    rule.arrived(&Arrival { is_replacement: true, ..testing::arrival(2, 6e6, 900.0) });
    near(rule.placeholder_ms, 14_213.5 + 4_000.0);
    rule.waited(250.0);
    near(rule.placeholder_ms, 18_463.5);
    // The level of rung 1 is V (1 + ln 2 + g) = 22.213 s; of what is above it the placeholder
    // gives way first.
    let mut rule = enhanced(Rise::AsCarried);
    rule.decide(&view(&film, 3_000.0, 1_200.0));
    near(rule.placeholder_ms, 12_213.5 - 3_000.0);
    rule.arrived(&testing::arrival(1, 3e6, 900.0));
    let decision = rule.decide(&view(&film, 23_000.0, 1_200.0));
    assert_eq!((decision.rung, decision.reason), (Rung(1), Reason::RiseCapped));
    near(rule.placeholder_ms, 0.0);
    near(decision.delay_ms, 23_000.0 - 22_213.5);
    rule.waited(decision.delay_ms);
    near(rule.placeholder_ms, 0.0);
    rule.waited(100.0);
    near(rule.placeholder_ms, 100.0);
}

#[test]
fn an_arrival_keeps_the_placeholder_between_the_levels_of_its_rung() {
    let film = testing::film(&LADDER, 3_000.0);
    let mut rule = enhanced(Rise::OneAbove);
    rule.decide(&view(&film, 3_000.0, 5_000.0));
    near(rule.placeholder_ms, 19_213.5);
    // Another rule chose rung 0, whose levels end at V (1 + g) = 17.213 s.
    rule.arrived(&Arrival { buffer_ms: 7_000.0, ..testing::arrival(0, 1e6, 1_000.0) });
    near(rule.placeholder_ms, 17_213.5 - 8_000.0);
    // And then rung 3, whose levels begin at 22.213 s.
    rule.arrived(&Arrival { buffer_ms: 9_000.0, ..testing::arrival(3, 8e6, 1_000.0) });
    near(rule.placeholder_ms, 22_213.5 - 10_000.0);
}

#[test]
fn giving_up_takes_the_placeholder_back_at_the_next_decision() {
    let film = testing::film(&LADDER, 3_000.0);
    let mut rule = enhanced(Rise::OneAbove);
    rule.decide(&view(&film, 6_000.0, 2_500.0));
    let (index, rung, bits, bits_here) = (0, Rung(2), 6e6, 5e5);
    let progress =
        Progress { index, rung, bits, bits_here, first_byte_ms: 100.0, since_ms: 5_100.0 };
    let late = view(&film, 900.0, 2_500.0);
    // (27.2 - 12.0) / 5.5 for what is missing, (22.2 - 12.0) / 3 for rung 1, (17.2 - 12.0) / 1.5
    // for rung 0, for which the placeholder fills up to 10 s.
    assert!(rule.gives_up(&late, &progress));
    assert_eq!(rule.decide(&View { throughput_kbps: Some(200.0), ..late }).rung, Rung(0));
    near(rule.placeholder_ms, 9_100.0);
    // A replacement that comes too late is none of its business.
    let before = View { index: 4, ..late };
    assert!(!rule.gives_up(&before, &Progress { index: 1, ..progress }));
}

#[test]
fn bola_pl_has_the_levels_of_bola_or_of_the_papers_script() {
    let film = testing::film(&LADDER, 3_000.0);
    let level = |spec: &str| {
        let mut params = Params::parse(spec).unwrap();
        let mut rule = BolaEnhanced::placeholder_only(&mut params);
        params.finish().unwrap();
        rule.decide(&view(&film, 3_000.0, 700.0));
        rule.curve.level(Rung(0))
    };
    // V = 22 s / (3 ln 2 + 5); rung 0 is worth 5 V.
    near(level(""), 15_538.0);
    // g = 4 + ln 500 = 10.215; V = 22 s / (1 + 3 ln 2 + g); rung 0 is worth V (1 + g).
    near(level("weight=paper"), 22_000.0 * 11.2146 / 13.2940);
}
