use super::*;
use crate::{
    Live,
    testing::{film, made, view},
};
use proptest::prelude::*;

const LADDER: [f64; 3] = [200.0, 600.0, 1_000.0];

/// The outlook of the challenge: 0.5 s segments.
const OUTLOOK: Outlook<'static> = Outlook {
    ladder: &LADDER,
    segment_s: 0.5,
    kbps: 800.0,
    buffer_s: 1.0,
    buffer_min_s: 0.3,
    latency_s: 1.0,
    target_s: 1.5,
    speed: 1.0,
};

#[test]
fn the_buffer_after_a_segment_is_that_of_the_formula() {
    let check = |buffer_s, rung, expected: f64| {
        let got = Outlook { buffer_s, ..OUTLOOK }.buffer_after_s(rung);
        assert!((got - expected).abs() < 1e-9, "{buffer_s} {rung}: {got}");
    };
    // Rungs take 0.125, 0.375 and 0.625 s; what takes longer than it plays costs a segment.
    check(1.0, 0, 1.375);
    check(1.0, 1, 1.125);
    check(1.0, 2, 0.5);
    check(0.5, 2, 0.0);
}

fn check_weights(outlook: &Outlook<'_>, latencies: [f64; 3], expected: Option<[f64; 4]>) {
    assert_eq!(outlook.weights(&latencies, 1.0), expected, "{outlook:?} {latencies:?}");
}

#[test]
fn weights_are_those_with_which_the_best_rung_looks_best() {
    // Rung 2 would end with 0.5 s of buffer after 0.625 s: a stall of 0.125 s costs 125 of its
    // 500; rung 1 has 300 of 300 but for the smallest of stalls. The smallest penalty for stalls is
    // weight 1; without any latency in the map, the first of its weights is as good as any.
    check_weights(&OUTLOOK, [0.0; 3], Some([0.2, 0.2, 1.0, 0.2]));
    check_weights(&OUTLOOK, [0.01; 3], Some([0.2, 1.0, 1.0, 0.2]));
    // Latency beyond its target, by more than it moved, forbids all weights; so does the buffer.
    check_weights(&Outlook { latency_s: 1.6, target_s: 0.9, ..OUTLOOK }, [0.0; 3], None);
    check_weights(&Outlook { latency_s: 1.6, ..OUTLOOK }, [0.0; 3], Some([0.2, 0.2, 1.0, 0.2]));
    check_weights(&Outlook { buffer_s: -1.0, ..OUTLOOK }, [0.0; 3], None);
}

/// The scale is the root of 0.04 + 0.36 + 1 = 1.183216 Mbit/s, so that the rungs are at 0.169031,
/// 0.507093 and 0.845154.
#[test]
fn the_nearest_rung_wins_and_the_map_learns() {
    let check = |kbps, expected| {
        let rich = Outlook { kbps, buffer_s: 2.0, ..OUTLOOK };
        assert_eq!(Map::new(&LADDER, 0).choose(&rich, 1), expected, "{kbps}");
    };
    // Without headroom a rung weighs 100: of 0 and 1, 0.447214 (x - 0.169031) meets
    // 10 (0.507093 - x) at 0.492623, which is 582.9 kbit/s; of 1 and 2 it is 982.9.
    check(582.0, 0);
    check(583.5, 1);
    check(982.0, 1);
    check(983.5, 2);
    // Beyond the scale it is as good as the highest rung.
    check(9_000.0, 2);
    // With latency, the map moves: what came of rung 2 is farther off the next time.
    let mut map = Map::new(&LADDER, 0);
    let late = Outlook { latency_s: 100.0, kbps: 1_100.0, buffer_s: 2.0, ..OUTLOOK };
    let choices = (0..200).map(|_| map.choose(&late, 2)).collect::<Vec<_>>();
    assert_eq!(choices[0], 2);
    assert!(choices.iter().any(|&rung| rung != 2), "{choices:?}");
}

fn check(kbps: f64, last: usize, buffer_ms: f64, rung: usize, reason: Reason) {
    let film = film(&LADDER, 500.0);
    let live = Some(Live { latency_ms: 1_000.0, target_ms: 1_500.0, speed: 1.0 });
    let view = View {
        throughput_kbps: Some(kbps),
        last: Some(Rung(last)),
        buffer_ms,
        live,
        ..view(&LADDER, &film)
    };
    assert_eq!(made("lolp").decide(&view), Decision::now(Rung(rung), reason), "{kbps} {last}");
}

#[test]
fn a_buffer_in_danger_is_answered_by_the_next_rung_that_is_carried() {
    use Reason::{InsufficientBuffer, LearnedState};
    // 90 % of 800 are 720: rung 2 takes 0.694 s, and 0.3 s are to be left.
    check(800.0, 2, 990.0, 1, InsufficientBuffer);
    check(800.0, 2, 1_000.0, 1, LearnedState);
    check(300.0, 2, 990.0, 0, InsufficientBuffer);
    // Nothing lower is carried: as things are.
    check(100.0, 2, 990.0, 2, InsufficientBuffer);
    check(100.0, 0, 100.0, 0, InsufficientBuffer);
}

#[test]
fn without_an_estimate_nothing_changes() {
    let film = film(&LADDER, 500.0);
    let view = View { last: Some(Rung(1)), ..view(&LADDER, &film) };
    assert_eq!(made("lolp").decide(&view), Decision::now(Rung(1), Reason::NoEstimate));
}

proptest! {
    #[test]
    fn law_a_seed_decides_the_session(seed in 0..1_000_u32, kbps in 100.0..2_000.0_f64) {
        let run = |spec: &str| {
            let (mut rule, film) = (made(spec), film(&LADDER, 500.0));
            let throughput_kbps = Some(kbps);
            let mut last = Rung(0);
            (0..20).map(|index| {
                let (buffer_ms, last_rung) = (1_500.0, Some(last));
                let view = View { throughput_kbps, index, buffer_ms, last: last_rung, ..view(&LADDER, &film) };
                last = rule.decide(&view).rung;
                last
            }).collect::<Vec<_>>()
        };
        let spec = format!("lolp:seed={seed}");
        prop_assert_eq!(run(&spec), run(&spec));
    }
}
