use super::*;
use proptest::prelude::*;

/// Plays probes, `+` for a pass and anything else for a failure, each when it is due, and returns
/// the state after each: `u` for up, `d` for down.
fn states(settings: Settings, probes: &str) -> String {
    let mut health = Health::new(settings, MonoTime::ZERO);
    let after = |probe| {
        let outcome =
            if probe == '+' { Outcome::Passed } else { Outcome::Failed(Failure::Connect) };
        let (now, before) = (health.wake_at(), health.state());
        let change = health.handle(now, outcome);
        assert_eq!(change.is_some(), before != health.state());
        assert_eq!(health.why().is_some(), health.state() == State::Down);
        match health.state() {
            State::Unknown => '?',
            State::Up => 'u',
            State::Down => 'd',
        }
    };
    probes.chars().map(after).collect()
}

fn check(probes: &str, expected: &str) {
    assert_eq!(states(Settings::default(), probes), expected, "{probes}");
}

#[test]
fn the_first_probe_decides_and_later_ones_must_agree() {
    check("+", "u");
    check("-", "d");
    check("+---", "uuud");
    check("-++", "ddu");
    check("-+-++", "ddddu");
}

#[test]
fn failures_are_forgotten_after_ten_passes_in_a_row_and_no_sooner() {
    check("+-+-+-", "uuuuud");
    check("+-+++++++++-+++++++++-", "uuuuuuuuuuuuuuuuuuuuud");
    check("+--++++++++++--", "uuuuuuuuuuuuuuu");
    // Where one pass settles it, only failures in a row count.
    let in_a_row = Settings { settle: 1, ..Settings::default() };
    assert_eq!(states(in_a_row, "+--+--+---"), "uuuuuuuuud");
}

#[test]
fn each_fall_doubles_the_passes_that_bring_it_up_again_until_it_has_settled() {
    let probes = ["+---", "++", "---", "++++", "---", "++++++++", "---", "++++++++++", "---", "++"];
    let expected =
        ["uuud", "du", "uud", "dddu", "uud", "dddddddu", "uud", "dddddddddu", "uud", "du"];
    check(&probes.concat(), &expected.concat());
}

fn at(millis: u64) -> MonoTime {
    MonoTime::from_nanos(millis * 1_000_000)
}

#[test]
fn probes_come_faster_in_doubt_and_are_counted_from_where_they_were_due() {
    let mut health = Health::new(Settings::default(), at(0));
    let mut check = |ends_ms, outcome, due_ms| {
        health.handle(at(ends_ms), outcome);
        assert_eq!(health.wake_at(), at(due_ms), "{health:?}");
    };
    let failed = Outcome::Failed(Failure::Timeout);
    check(5, Outcome::Passed, 2_000);
    check(3_000, failed, 3_000);
    check(3_010, failed, 4_000);
    // Down at 4.02 s: no later than fall times the interval and a timeout after the last pass.
    check(4_020, failed, 6_000);
    check(6_020, Outcome::Passed, 7_000);
    check(7_020, Outcome::Passed, 9_000);
    // After a pause of the driver's, one probe is due, not those that were missed.
    check(60_000, Outcome::Passed, 60_000);
    check(60_010, Outcome::Passed, 62_000);
}

#[test]
fn none_is_due_while_one_is_under_way_unless_it_takes_too_long() {
    let mut health = Health::new(Settings::default(), at(0));
    health.begin(at(20));
    assert_eq!(health.wake_at(), at(1_020));
    health.handle(at(300), Outcome::Passed);
    assert_eq!(health.wake_at(), at(2_000));
    health.begin(at(2_000));
    health.handle(health.wake_at(), Outcome::Failed(Failure::Timeout));
    assert_eq!((health.wake_at(), health.state()), (at(3_000), State::Up));
}

#[test]
fn a_server_that_came_back_grows_to_its_share_and_one_that_was_always_up_has_it() {
    let mut health = Health::new(Settings::default(), at(0));
    health.handle(at(0), Outcome::Passed);
    assert!((health.share(at(0)) - 1.0).abs() < 1e-9);
    for second in 1..=3 {
        health.handle(at(second * 1_000), Outcome::Failed(Failure::Status(503)));
    }
    assert_eq!((health.since(), health.why()), (at(3_000), Some(Failure::Status(503))));
    for second in [5, 6] {
        health.handle(at(second * 1_000), Outcome::Passed);
    }
    for (second, expected) in [(6, 0.1), (9, 0.1), (21, 0.5), (36, 1.0), (999, 1.0)] {
        assert!((health.share(at(second * 1_000)) - expected).abs() < 1e-9, "{second}");
    }
}

fn settings() -> impl Strategy<Value = Settings> {
    (0..6_u32, 0..6_u32, 0..12_u32).prop_map(|(rise, fall, settle)| Settings {
        rise,
        fall,
        settle,
        ..Settings::default()
    })
}

proptest! {
    #[test]
    fn law_no_state_changes_against_its_last_probe(
        settings in settings(), probes in "[+-]{1,60}",
    ) {
        let states: Vec<_> = states(settings, &probes).chars().collect();
        for (index, probe) in probes.chars().enumerate().skip(1) {
            let (before, after) = (states[index - 1], states[index]);
            let agrees = if probe == '+' { after == 'u' } else { after == 'd' };
            prop_assert!(before == after || agrees, "{} {:?}", probes, states);
        }
    }

    #[test]
    fn law_enough_passes_or_failures_in_a_row_are_always_believed(
        settings in settings(), probes in "[+-]{0,60}",
    ) {
        let most = settings.settle.max(settings.rise).max(1) as usize;
        let passed = states(settings, &format!("{probes}{}", "+".repeat(most)));
        prop_assert!(passed.ends_with('u'), "{}", passed);
        let fall = settings.fall.max(1) as usize;
        let failed = states(settings, &format!("{probes}{}", "-".repeat(fall)));
        prop_assert!(failed.ends_with('d'), "{}", failed);
    }

    #[test]
    fn law_a_dead_server_is_down_within_fall_intervals_and_a_timeout(
        settings in settings(), takes_ms in prop::collection::vec(0..1_000_u64, 1..8),
    ) {
        let mut health = Health::new(settings, at(0));
        health.handle(at(0), Outcome::Passed);
        let dies = health.wake_at();
        let mut takes = takes_ms.iter().cycle();
        let mut now = dies;
        while health.state() != State::Down {
            now = health.wake_at().max(now).after(Duration::from_millis(*takes.next().unwrap()));
            health.handle(now, Outcome::Failed(Failure::Timeout));
        }
        let most = settings.interval * settings.fall.max(1) + settings.timeout;
        prop_assert!(now.since(dies) <= most, "{:?}", now.since(dies));
    }
}
