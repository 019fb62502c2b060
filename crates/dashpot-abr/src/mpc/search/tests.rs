use super::*;
use proptest::prelude::*;

/// A plan to be made.
#[derive(Clone, Debug)]
struct Case {
    qoe: ChunkQoe,
    ladder: Vec<f64>,
    /// Kilobits by segment and rung.
    sizes: Vec<Vec<f64>>,
    kbps: f64,
    wait_ms: f64,
    buffer_s: f64,
    last: usize,
}

const SEGMENT_MS: f64 = 4_000.0;

fn fast(case: &Case, search: &mut Search) -> Rung {
    search.prepare(&case.ladder);
    for sizes in &case.sizes {
        search.add_segment(
            SEGMENT_MS,
            sizes.iter().map(|kilobits| kilobits * 1e3),
            (case.kbps, case.wait_ms),
        );
    }
    search.best(case.buffer_s, Rung(case.last))
}

/// Values every plan, in ascending order, and takes the last of those worth most, as the published
/// script does.
fn slow(case: &Case) -> Rung {
    let (rungs, steps) = (case.ladder.len(), case.sizes.len());
    let value = |rung: usize| case.qoe.value(case.ladder[rung], case.ladder[0]);
    let mut best = (Rung(0), f64::NEG_INFINITY);
    let mut plan = vec![0; steps];
    loop {
        let (mut buffer_s, mut stalled_s) = (case.buffer_s, 0.0);
        let (mut values, mut changes, mut last) = (0.0, 0.0, case.last);
        for (step, &rung) in plan.iter().enumerate() {
            let megabytes = case.sizes[step][rung] * 1e3 / 8.0 / 1_000_000.0;
            let took_s = megabytes / (case.kbps / 8.0 / 1_000.0) + case.wait_ms / 1_000.0;
            if buffer_s < took_s {
                stalled_s += took_s - buffer_s;
                buffer_s = 0.0;
            } else {
                buffer_s -= took_s;
            }
            buffer_s += SEGMENT_MS / 1_000.0;
            values += value(rung);
            changes += (value(rung) - value(last)).abs();
            last = rung;
        }
        let worth = case.qoe.sum(values, changes, stalled_s);
        if best.1 <= worth {
            best = (Rung(plan[0]), worth);
        }
        let Some(place) = plan.iter().rposition(|rung| rung + 1 < rungs) else { return best.0 };
        plan[place] += 1;
        plan[place + 1..].fill(0);
    }
}

fn qoes() -> impl Strategy<Value = ChunkQoe> {
    let known = [ChunkQoe::LINEAR, ChunkQoe::LOGARITHMIC, ChunkQoe::DEFINITION];
    (
        prop::sample::select(known.to_vec()),
        prop_oneof![Just(None), (0.0..20.0, 0.0..9.0).prop_map(Some)],
    )
        .prop_map(|(qoe, weights)| match weights {
            None => qoe,
            Some((stall, change)) => ChunkQoe { stall, change, ..qoe },
        })
}

/// Whole numbers of kilobits and kbit/s, so that many plans are worth the very same.
fn cases() -> impl Strategy<Value = Case> {
    (1..=5_usize, 1..=5_usize).prop_flat_map(|(rungs, steps)| {
        let ladder = prop::collection::btree_set(1..60_u32, rungs);
        let ladder = ladder.prop_map(|rates| rates.iter().map(|r| f64::from(*r) * 100.0).collect());
        let swings = prop::collection::vec(prop::collection::vec(2..8_u32, rungs), steps);
        let rest = (
            prop_oneof![Just(1_000.0), 50.0..9_000.0],
            prop_oneof![Just(0.0), 0.0..500.0],
            prop_oneof![Just(8.0), 0.0..60.0],
        );
        (qoes(), ladder, swings, rest, 0..rungs).prop_map(
            |(qoe, ladder, swings, (kbps, wait_ms, buffer_s), last): (
                _,
                Vec<f64>,
                Vec<Vec<u32>>,
                _,
                _,
            )| {
                let sizes = swings.iter().map(|swings| {
                    let of = |(rate, swing): (&f64, &u32)| rate * f64::from(*swing);
                    ladder.iter().zip(swings).map(of).collect()
                });
                Case { qoe, sizes: sizes.collect(), ladder, kbps, wait_ms, buffer_s, last }
            },
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_search_finds_what_valuing_every_plan_finds(cases in prop::collection::vec(cases(), 1..4)) {
        let mut search = Search::new(cases[0].qoe);
        for case in &cases {
            search.qoe = case.qoe;
            search.made_for.0.clear();
            prop_assert_eq!(fast(case, &mut search), slow(case), "{:?}", case);
        }
    }
}

#[test]
fn of_equal_plans_the_higher_first_step_is_taken() {
    // With nothing to lose by stalls or changes and equal values all plans are equal.
    let qoe = ChunkQoe { stall: 0.0, change: 0.0, ..ChunkQoe::DEFINITION };
    let case = Case {
        qoe,
        ladder: vec![5_000.0, 6_000.0, 7_000.0],
        sizes: vec![vec![1.0, 2.0, 3.0]; 3],
        kbps: 1.0,
        wait_ms: 0.0,
        buffer_s: 0.0,
        last: 0,
    };
    assert_eq!(fast(&case, &mut Search::new(qoe)), Rung(2));
    assert_eq!(slow(&case), Rung(2));
}
