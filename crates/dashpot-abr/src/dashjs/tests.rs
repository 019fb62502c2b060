use crate::{
    Arrival, Decision, Progress, Reason, Rule, Rung, View,
    testing::{arrival, film, made, view},
};
use proptest::prelude::*;

const LADDER: [f64; 4] = [300.0, 750.0, 1_200.0, 1_850.0];

/// A rule that has seen `segments` at this rate.
fn measured(kbps: f64, segments: usize) -> Box<dyn Rule> {
    let mut rule = made("dashjs");
    for _ in 0..segments {
        rule.arrived(&Arrival { first_byte_ms: 70.0, ..arrival(0, 4_000.0 * kbps, 4_070.0) });
    }
    rule
}

fn check(rule: &mut dyn Rule, last: Option<usize>, buffer_ms: f64, rung: usize, reason: Reason) {
    let film = film(&LADDER, 4_000.0);
    let got = rule.decide(&View { last: last.map(Rung), buffer_ms, ..view(&LADDER, &film) });
    assert_eq!(got, Decision::now(Rung(rung), reason), "{last:?} {buffer_ms}");
}

#[test]
fn below_18_s_it_is_throughput_and_what_the_buffer_bears() {
    use Reason::{InsufficientBuffer, NoEstimate, ThroughputBelowLadder, ThroughputFits};
    check(&mut *made("dashjs"), None, 0.0, 0, NoEstimate);
    // 90 % of 1334 are 1200.6, whatever the buffer; it is not looked at before two segments.
    check(&mut *measured(1_334.0, 1), Some(0), 100.0, 2, ThroughputFits);
    check(&mut *measured(1_333.0, 1), Some(0), 100.0, 1, ThroughputFits);
    check(&mut *measured(333.0, 1), Some(0), 100.0, 0, ThroughputBelowLadder);
    // Then 70 % of 2400 for each 4 s of buffer: 1680, 840 and 420 kbit/s.
    check(&mut *measured(2_400.0, 2), Some(0), 6_000.0, 3, ThroughputFits);
    check(&mut *measured(2_400.0, 2), Some(0), 4_000.0, 2, InsufficientBuffer);
    check(&mut *measured(2_400.0, 2), Some(0), 2_000.0, 1, InsufficientBuffer);
    check(&mut *measured(2_400.0, 2), Some(0), 1_000.0, 0, InsufficientBuffer);
    check(&mut *measured(1e6, 2), Some(3), 299.0, 0, InsufficientBuffer);
    check(&mut *measured(1e6, 2), Some(3), 300.0, 3, ThroughputFits);
}

#[test]
fn after_a_seek_the_buffer_is_let_fill_first() {
    let mut rule = measured(2_400.0, 2);
    rule.seeked();
    check(&mut *rule, Some(3), 0.0, 3, Reason::ThroughputFits);
}

#[test]
fn what_came_from_a_cache_nearby_does_not_count() {
    let mut rule = measured(1_000.0, 1);
    rule.arrived(&arrival(0, 1e9, 9.9));
    check(&mut *rule, Some(0), 9_000.0, 1, Reason::ThroughputFits);
}

/// With the film's 25 s the buffer is stable at 18 s: with four rungs
/// g = ln (1850 / 300) / 0.8 = 2.273948 and V = 4.397638 s, so that the top rung begins at
/// V (g + (1850 (1 + ln 4) - 1200 (1 + ln (1850 / 300))) / 650) = V (g + 1.587162) = 16.980 s.
#[test]
fn from_18_s_on_it_is_bola_which_begins_with_throughput() {
    use Reason::{BufferScore, RiseCapped, ThroughputFits};
    let rule = &mut *measured(1_000.0, 2);
    check(rule, Some(1), 18_000.0, 1, ThroughputFits);
    rule.arrived(&Arrival { buffer_ms: 21_000.0, ..arrival(1, 4e6, 4_000.0) });
    // Still with throughput, and steady from here on.
    check(rule, Some(1), 21_000.0, 1, ThroughputFits);
    rule.arrived(&Arrival { buffer_ms: 21_000.0, ..arrival(1, 4e6, 4_000.0) });
    // 21 s alone ask for the top, and throughput carries rung 1.
    let film = film(&LADDER, 4_000.0);
    let top =
        View { last: Some(Rung(1)), buffer_ms: 21_000.0, now_ms: 4_000.0, ..view(&LADDER, &film) };
    let capped = rule.decide(&top);
    assert_eq!((capped.rung, capped.reason), (Rung(1), RiseCapped));
    // Rung 1 is worth fetching up to V (1 + ln 2.5 + g) = 18.427 s, so 2.573 s are waited.
    assert!((capped.delay_ms - 2_572.8).abs() < 1.0, "{capped:?}");
    // It stays until 9 s; at 12 s the score is for rung 1.
    let low = View { buffer_ms: 12_500.0, ..top };
    assert_eq!(rule.decide(&low), Decision::now(Rung(1), BufferScore));
    assert_eq!(rule.decide(&View { buffer_ms: 8_999.0, ..top }).reason, ThroughputFits);
}

fn progress(rung: usize, kbps: f64, streamed_ms: f64) -> Progress {
    let since_ms = streamed_ms + 70.0;
    Progress {
        index: 5,
        rung: Rung(rung),
        bits: 7.4e6,
        bits_here: kbps * streamed_ms,
        first_byte_ms: 70.0,
        since_ms,
    }
}

/// Looks every 100 ms, and returns after how long it was given up.
fn given_up_after(kbps: f64, rung: usize, buffer_ms: f64) -> Option<i32> {
    let film = film(&LADDER, 4_000.0);
    let view = View { buffer_ms, last: Some(Rung(rung)), ..view(&LADDER, &film) };
    let mut rule = made("dashjs");
    (1..=30).map(|look| look * 100).find(|&ms| {
        let progress = progress(rung, kbps, f64::from(ms));
        rule.patience_ms(&view, &progress) <= 0.0 && rule.gives_up(&view, &progress)
    })
}

#[test]
fn a_download_of_more_than_1_8_times_its_duration_is_given_up() {
    // 7.4 Mbit at 1028 kbit/s take 7.198 s, less than 1.8 * 4 s; at 1027 they take 7.205 s, and
    // carry rung 1: 7.4 * 750 / 1850 = 3 Mbit. Six looks and 500 ms are needed.
    assert_eq!(given_up_after(1_028.0, 3, 9_000.0), None);
    assert_eq!(given_up_after(1_027.0, 3, 9_000.0), Some(600));
    assert_eq!(given_up_after(1_027.0, 3, 18_001.0), None);
    assert_eq!(given_up_after(100.0, 0, 9_000.0), None);
    assert_eq!(given_up_after(0.0, 3, 9_000.0), None);
}

/// At `now_ms`, with the last segment at rung 3.
fn ask(rule: &mut dyn Rule, now_ms: f64, buffer_ms: f64) -> (usize, Reason) {
    let film = film(&LADDER, 4_000.0);
    let last = Some(Rung(3));
    let got = rule.decide(&View { now_ms, buffer_ms, last, ..view(&LADDER, &film) });
    (got.rung.0, got.reason)
}

/// Gives up at time zero a download at rung 3 for 900 kbit/s, which carry rung 1.
fn give_up(rule: &mut dyn Rule) {
    let film = film(&LADDER, 4_000.0);
    let view = View { buffer_ms: 9_000.0, last: Some(Rung(3)), ..view(&LADDER, &film) };
    for look in 1..6 {
        assert!(!rule.gives_up(&view, &progress(3, 900.0, f64::from(look) * 100.0)));
    }
    assert!(rule.gives_up(&view, &progress(3, 900.0, 600.0)));
    // The same segment is not given up twice.
    assert!(
        (7..20).all(|look| !rule.gives_up(&view, &progress(2, 900.0, f64::from(look) * 100.0)))
    );
}

#[test]
fn after_giving_up_throughput_abstains_for_ten_seconds() {
    let rule = &mut *measured(5_000.0, 3);
    give_up(rule);
    assert_eq!(ask(rule, 0.0, 9_000.0), (1, Reason::AfterGivingUp));
    // A link of 290 kbit/s, of which 90 % carry nothing, lowers nothing by itself.
    for _ in 0..20 {
        rule.arrived(&Arrival { first_byte_ms: 70.0, ..arrival(1, 2.32e6, 8_070.0) });
    }
    assert_eq!(ask(rule, 9_999.0, 17_000.0), (1, Reason::AfterGivingUp));
    assert_eq!(ask(rule, 10_000.0, 17_000.0), (0, Reason::ThroughputBelowLadder));
}

#[test]
fn after_giving_up_no_rule_raises_the_choice_for_ten_seconds() {
    let rule = &mut *measured(5_000.0, 3);
    give_up(rule);
    // BOLA takes over and would have the top, first by throughput and then by its score.
    assert_eq!(ask(rule, 100.0, 18_000.0), (1, Reason::AfterGivingUp));
    rule.arrived(&arrival(1, 3e6, 600.0));
    assert_eq!(ask(rule, 700.0, 21_000.0), (1, Reason::AfterGivingUp));
    rule.arrived(&arrival(1, 3e6, 600.0));
    assert_eq!(ask(rule, 9_999.0, 21_000.0), (1, Reason::AfterGivingUp));
    assert_eq!(ask(rule, 10_000.0, 21_000.0), (3, Reason::BufferScore));
}

#[test]
fn after_giving_up_what_has_fallen_further_does_not_come_back() {
    let rule = &mut *measured(5_000.0, 3);
    give_up(rule);
    assert_eq!(ask(rule, 0.0, 9_000.0), (1, Reason::AfterGivingUp));
    assert_eq!(ask(rule, 1_000.0, 200.0), (0, Reason::InsufficientBuffer));
    for (now_ms, buffer_ms) in [(2_000.0, 9_000.0), (3_000.0, 21_000.0), (9_999.0, 9_000.0)] {
        assert_eq!(ask(rule, now_ms, buffer_ms), (0, Reason::AfterGivingUp), "{now_ms}");
    }
    assert_eq!(ask(rule, 10_000.0, 9_000.0).0, 3);
}

proptest! {
    #[test]
    fn law_below_18_s_more_throughput_never_means_a_lower_rung(
        kbps in 1.0..1e5_f64, factor in 1.0..9.0_f64, buffer_ms in 0.0..17_999.0_f64,
    ) {
        let film = film(&LADDER, 4_000.0);
        let view = View { buffer_ms, last: Some(Rung(1)), ..view(&LADDER, &film) };
        let rung = |kbps| measured(kbps, 3).decide(&view).rung;
        prop_assert!(rung(kbps) <= rung(factor * kbps));
    }

    #[test]
    fn law_in_the_ten_seconds_after_giving_up_the_choice_never_rises(
        kbps in 1_000.0..1e5_f64,
        steps in prop::collection::vec((0.0..1_000.0_f64, 0.0..25_000.0_f64, 1.0..1e5_f64), 1..10),
    ) {
        let mut rule = measured(kbps, 3);
        give_up(&mut *rule);
        let (mut now_ms, mut most) = (0.0, 1);
        for (after_ms, buffer_ms, kbps) in steps {
            now_ms += after_ms;
            let rung = ask(&mut *rule, now_ms, buffer_ms).0;
            prop_assert!(rung <= most, "{} after {} at {}", rung, most, now_ms);
            most = rung;
            rule.arrived(&Arrival { buffer_ms, now_ms, ..arrival(rung, 4_000.0 * kbps, 4_000.0) });
        }
    }
}
