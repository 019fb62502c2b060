//! Laws that hold for every rule there is.

use crate::{
    Arrival, Live, Nominal, Progress, Rung, Source, View, names, testing::made, testing::view,
};
use proptest::prelude::*;

/// Numbers as a broken player or link would have them, and ordinary ones.
fn hostile() -> impl Strategy<Value = f64> {
    prop_oneof![
        3 => 0.0..50_000.0_f64,
        1 => any::<f64>(),
        1 => prop::sample::select(vec![
            0.0, -0.0, -1.0, 1e-300, 1e300, f64::MAX, f64::NAN, f64::INFINITY, f64::NEG_INFINITY,
        ]),
    ]
}

/// One turn of a session, in which nothing need fit together.
#[derive(Clone, Debug)]
struct Turn {
    numbers: [f64; 16],
    places: [usize; 6],
    flags: [bool; 6],
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let turn = (
        prop::array::uniform16(hostile()),
        prop::array::uniform6(prop_oneof![0..9_usize, any::<usize>()]),
        prop::array::uniform6(any::<bool>()),
    );
    let turn = turn.prop_map(|(numbers, places, flags)| Turn { numbers, places, flags });
    prop::collection::vec(turn, 1..12)
}

fn ladders() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(prop_oneof![0.0..50_000.0_f64, Just(0.0)], 1..9).prop_map(|mut rates| {
        rates.sort_unstable_by(f64::total_cmp);
        rates
    })
}

/// Runs `turns` with the rule of this name, and returns what it did wrong.
fn run(name: &str, ladder: &[f64], segment_ms: f64, turns: &[Turn]) -> Result<(), String> {
    let film = Nominal { ladder: ladder.to_vec(), segment_ms, count: None };
    let mut rule = made(name);
    for Turn { numbers: n, places: p, flags } in turns {
        let live = Live { latency_ms: n[0], target_ms: n[1], speed: n[2] };
        let view = View {
            now_ms: n[3],
            index: p[0],
            since_seek: p[1],
            buffer_ms: n[4],
            buffer_max_ms: n[5],
            throughput_kbps: flags[0].then_some(n[6]),
            latency_ms: n[7],
            last: flags[1].then_some(Rung(p[2])),
            is_playing: flags[2],
            live: flags[3].then_some(live),
            ..view(ladder, &film)
        };
        let decision = rule.decide(&view);
        let speed = rule.speed(&view).unwrap_or(1.0);
        let buffered: Vec<_> = (0..p[3] % 20).map(|rung| Rung(rung % 11)).collect();
        let replaced = rule.replaces(&view, &buffered, Rung(p[4]));
        let is_well = decision.rung.0 < ladder.len()
            && decision.delay_ms.is_finite()
            && 0.0 <= decision.delay_ms
            && speed.is_finite()
            && 0.0 < speed
            && replaced.is_none_or(|place| place < buffered.len() && rule.may_replace());
        if !is_well {
            return Err(format!("{name}: {decision:?}, speed {speed}, replaces {replaced:?}"));
        }
        let progress = Progress {
            index: p[0],
            rung: Rung(p[5]),
            bits: n[8],
            bits_here: n[9],
            first_byte_ms: n[10],
            since_ms: n[11],
        };
        let patience_ms = rule.patience_ms(&view, &progress);
        if patience_ms.is_nan() {
            return Err(format!("{name}: patience of {patience_ms} ms"));
        }
        rule.gives_up(&view, &progress);
        rule.arrived(&Arrival {
            now_ms: n[3],
            index: p[0],
            rung: Rung(p[5]),
            segment_ms: n[12],
            bits: n[8],
            first_byte_ms: n[10],
            took_ms: n[11],
            buffer_ms: n[13],
            stalled_ms: n[14],
            is_replacement: flags[0],
            source: Source { is_hit: flags[4].then_some(flags[5]), server_kbps: Some(n[9]) },
        });
        if flags[5] {
            rule.waited(n[15]);
        }
        if flags[4] && flags[5] {
            rule.seeked();
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn law_every_rule_stays_in_the_ladder_whatever_it_is_told(
        ladder in ladders(), segment_ms in hostile(), turns in turns(),
    ) {
        for name in names() {
            let outcome = run(name, &ladder, segment_ms, &turns);
            prop_assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
        }
    }

    #[test]
    fn law_the_same_session_twice_is_decided_alike(
        ladder in ladders(), turns in turns(), kbps in 1.0..50_000.0_f64,
    ) {
        let film = Nominal { ladder: ladder.clone(), segment_ms: 4_000.0, count: None };
        for name in names() {
            let decide = |twice: bool| {
                let mut rule = made(name);
                let mut decisions = Vec::new();
                for (turn, index) in turns.iter().zip(0..) {
                    let buffer_ms = turn.numbers[4].clamp(0.0, 25_000.0);
                    let view = View { index, buffer_ms, throughput_kbps: Some(kbps), ..view(&ladder, &film) };
                    decisions.push(rule.decide(&view));
                }
                (twice, decisions)
            };
            prop_assert_eq!(decide(false).1, decide(true).1, "{}", name);
        }
    }
}
