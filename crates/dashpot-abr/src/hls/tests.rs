use crate::{
    Arrival, Decision, Progress, Reason, Rule, Rung, View,
    testing::{arrival, film, made, view},
};

const LADDER: [f64; 4] = [500.0, 1_000.0, 1_500.0, 2_500.0];

fn decide(rule: &mut dyn Rule, ladder: &[f64], last: Option<usize>, buffer_ms: f64) -> Decision {
    let film = film(ladder, 4_000.0);
    rule.decide(&View { last: last.map(Rung), buffer_ms, ..view(ladder, &film) })
}

fn check(rule: &mut dyn Rule, last: Option<usize>, buffer_ms: f64, rung: usize, reason: Reason) {
    let got = decide(rule, &LADDER, last, buffer_ms);
    assert_eq!(got, Decision::now(Rung(rung), reason), "{last:?} {buffer_ms}");
}

/// 3,600 kbit in 1.8 s after a wait of 0.2 s: 2,000 kbit/s.
fn measured() -> Box<dyn Rule> {
    let mut rule = made("hls");
    rule.arrived(&Arrival { first_byte_ms: 200.0, ..arrival(0, 3_600_000.0, 2_000.0) });
    rule
}

#[test]
fn the_first_rung_starts_within_the_longest_delay() {
    // 0.1 s and 500 kbit/s of 500: 4.1 s are more than 4 s, but there is nothing lower.
    check(&mut *made("hls"), None, 0.0, 0, Reason::NoEstimate);
    // 0.1 s + 1500 * 4 / 1600 = 3.85 s.
    check(&mut *made("hls:estimate=1600"), None, 0.0, 2, Reason::NoEstimate);
    check(&mut *made("hls:estimate=1600,stall=3800"), None, 0.0, 1, Reason::NoEstimate);
}

#[test]
fn a_rung_must_be_carried_and_arrive_before_the_buffer_runs_out() {
    use Reason::{StallAccepted, ThroughputFits};
    let rule = &mut *measured();
    // Upwards 70 %, 1400 kbit/s: 0.2 + 1000 * 4 / 1400 = 3.0571 s.
    check(rule, Some(0), 3_058.0, 1, ThroughputFits);
    check(rule, Some(0), 3_057.0, 0, ThroughputFits);
    check(rule, Some(0), 60_000.0, 1, ThroughputFits);
    // Otherwise 95 %, 1900 kbit/s: 0.2 + 1500 * 4 / 1900 = 3.3579 s.
    check(rule, Some(2), 3_358.0, 2, ThroughputFits);
    check(rule, Some(2), 3_357.0, 1, ThroughputFits);
    check(rule, Some(3), 60_000.0, 2, ThroughputFits);
    // The lowest takes 0.2 + 500 * 4 / 1900 = 1.2526 s; with 4 s of stall there is room for more.
    check(rule, Some(0), 1_253.0, 0, ThroughputFits);
    check(rule, Some(0), 1_252.0, 1, StallAccepted);
    check(rule, Some(0), 0.0, 1, StallAccepted);
}

#[test]
fn below_the_ladder_it_is_the_lowest() {
    let mut rule = made("hls");
    rule.arrived(&arrival(0, 300_000.0, 1_000.0));
    check(&mut *rule, Some(2), 60_000.0, 0, Reason::ThroughputBelowLadder);
}

#[test]
fn a_short_body_is_taken_for_one_of_50_ms() {
    let mut rule = made("hls");
    // 100 kbit in 1 ms count as 2000 kbit/s.
    rule.arrived(&arrival(0, 100_000.0, 1.0));
    check(&mut *rule, Some(3), 60_000.0, 2, Reason::ThroughputFits);
}

/// At 2.5 s, of which 0.1 s were the wait for the first byte.
fn progress(rung: usize, bits: f64, kbps: f64) -> Progress {
    let (first_byte_ms, since_ms, bits_here) = (100.0, 2_500.0, kbps * 2_400.0);
    Progress { index: 0, rung: Rung(rung), bits, bits_here, first_byte_ms, since_ms }
}

fn check_giving_up(buffer_ms: f64, progress: Progress, expected: bool) {
    let film = film(&LADDER, 4_000.0);
    let view = View { buffer_ms, last: Some(Rung(3)), ..view(&LADDER, &film) };
    let got = made("hls").gives_up(&view, &progress);
    assert_eq!(got, expected, "{buffer_ms} {progress:?}");
}

#[test]
fn a_download_is_given_up_where_another_one_saves_time() {
    // 10 Mbit at 200 kbit/s: 47.6 s are left; the lowest rung would take 0.1 + 10 s.
    check_giving_up(8_000.0, progress(3, 1e7, 200.0), true);
    check_giving_up(47_600.0, progress(3, 1e7, 200.0), false);
    // Up to half of the segment's 4 s it is let be; the lowest rung always.
    check_giving_up(8_000.0, Progress { since_ms: 2_000.0, ..progress(3, 1e7, 200.0) }, false);
    check_giving_up(8_000.0, progress(0, 1e7, 200.0), false);
    // At 20 kbit/s even the lowest would take 100.1 s, more than ten segments.
    check_giving_up(8_000.0, progress(3, 1e7, 20.0), false);
    // Nothing has come: 10 Mbit at the 500 kbit/s of the beginning would take 20 s.
    check_giving_up(8_000.0, progress(3, 1e7, 0.0), true);
    check_giving_up(21_000.0, progress(3, 1e7, 0.0), false);
}

#[test]
fn what_follows_is_below_what_was_given_up() {
    let ladder = [500.0, 1_000.0, 1_200.0];
    let film = film(&ladder, 4_000.0);
    let view = View { buffer_ms: 4_200.0, last: Some(Rung(2)), ..view(&ladder, &film) };
    let mut rule = made("hls");
    // 8.64 Mbit at 1400 kbit/s are 6.2 s; rung 1 takes 0.1 + 1000 * 4 / 1400 = 2.96 s.
    assert!(rule.gives_up(&view, &progress(2, 1.2e7, 1_400.0)));
    // At the 1000 kbit/s of rung 1 it would be there in 4.1 s, and with 4 s of buffer rung 0 in 2.1.
    // 95 % of 1400 would carry rung 2: 0.1 + 1200 * 4 / 1330 = 3.7 s.
    assert_eq!(rule.decide(&view), Decision::now(Rung(1), Reason::AfterGivingUp));
    rule.arrived(&Arrival { first_byte_ms: 100.0, ..arrival(1, 4_000_000.0, 2_957.0) });
    assert_eq!(rule.decide(&view), Decision::now(Rung(2), Reason::ThroughputFits));

    let mut rule = made("hls");
    let thin = View { buffer_ms: 4_000.0, ..view };
    assert!(rule.gives_up(&thin, &progress(2, 1.2e7, 1_400.0)));
    assert_eq!(rule.decide(&thin), Decision::now(Rung(0), Reason::AfterGivingUp));
}

#[test]
fn averages_that_promise_more_than_the_download_kept_begin_anew() {
    let film = film(&LADDER, 4_000.0);
    let view = View { buffer_ms: 5_000.0, last: Some(Rung(3)), ..view(&LADDER, &film) };
    let mut rule = made("hls");
    rule.arrived(&arrival(3, 2e7, 4_000.0));
    // 7.36 Mbit at 1100 kbit/s are 6.7 s, and rung 1 takes 3.6 s; the averages say 2.8 Mbit/s.
    assert!(rule.gives_up(&view, &progress(3, 1e7, 1_100.0)));
    // They begin anew at rung 1's 1000 kbit/s, 95 % of which carry the lowest.
    assert_eq!(rule.decide(&view), Decision::now(Rung(0), Reason::ThroughputFits));
}
