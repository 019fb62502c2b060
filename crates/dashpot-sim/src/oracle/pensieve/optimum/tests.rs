use super::*;
use crate::oracle::pensieve::Trace;
use dashpot_abr::Table;
use proptest::prelude::*;

/// What the best of all decisions are worth, by trying all of them.
fn slow(setup: &Setup<'_>, qoe: ChunkQoe) -> f64 {
    let rungs = setup.film.ladder().len();
    let mut plan = vec![0; setup.chunks - 1];
    let mut best = f64::NEG_INFINITY;
    loop {
        let mut session = Session::new(setup);
        let rungs_of = std::iter::once(setup.first).chain(plan.iter().copied().map(Rung));
        let chunks: Vec<_> = rungs_of.map(|rung| session.fetch(rung)).collect();
        best = best.max(setup.qoe(qoe, &chunks));
        let Some(place) = plan.iter().rposition(|rung| rung + 1 < rungs) else { return best };
        plan[place] += 1;
        plan[place + 1..].fill(0);
    }
}

fn films() -> impl Strategy<Value = Table> {
    (1..=3_usize, 2..=6_usize).prop_flat_map(|(rungs, chunks)| {
        let ladder = prop::collection::btree_set(2..50_u32, rungs);
        let swings = prop::collection::vec(prop::collection::vec(0.5..1.5, rungs), chunks);
        (ladder, swings).prop_map(|(ladder, swings): (_, Vec<Vec<f64>>)| {
            let ladder: Vec<f64> = ladder.into_iter().map(|rate| f64::from(rate) * 100.0).collect();
            let sizes: Vec<Vec<f64>> = swings
                .iter()
                .map(|row| {
                    row.iter().zip(&ladder).map(|(swing, rate)| swing * rate * 4e3).collect()
                })
                .collect();
            Table::new(ladder, vec![4_000.0; sizes.len()], &sizes).unwrap()
        })
    })
}

fn traces() -> impl Strategy<Value = Trace> {
    let rate = prop_oneof![4 => 0.05..8.0_f64, 1 => Just(0.0)];
    prop::collection::vec((0.1..6.0_f64, rate), 2..12).prop_map(|rows| {
        let mut now = 0.0;
        let mut rows: Vec<_> = rows
            .into_iter()
            .map(|(length, mbps)| {
                now += length;
                (now - length, mbps)
            })
            .collect();
        rows.push((now, 1.0));
        Trace::new(&rows).unwrap()
    })
}

fn qoes() -> impl Strategy<Value = ChunkQoe> {
    prop::sample::select(vec![ChunkQoe::LINEAR, ChunkQoe::LOGARITHMIC, ChunkQoe::DEFINITION])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn without_sleep_value_and_bound_are_what_trying_all_decisions_finds(
        film in films(), trace in traces(), qoe in qoes(),
    ) {
        let setup = Setup::new(&film, &trace);
        let expected = slow(&setup, qoe);
        let got = optimum(&setup, qoe, Precision::default());
        prop_assert!((got.value - expected).abs() < 1e-9, "{got:?}, {expected}");
        prop_assert!((got.bound - expected).abs() < 1e-9, "{got:?}, {expected}");
    }

    #[test]
    fn with_sleep_and_few_nodes_the_truth_is_between_value_and_bound(
        film in films(), trace in traces(), qoe in qoes(), nodes_max in 1..4_usize,
        buffer_max_ms in 4_000.0..12_000.0_f64,
    ) {
        let setup = Setup { buffer_max_ms, ..Setup::new(&film, &trace) };
        let expected = slow(&setup, qoe);
        let got = optimum(&setup, qoe, Precision { nodes_max });
        prop_assert!(got.value <= expected + 1e-9, "{got:?}, {expected}");
        prop_assert!(expected <= got.bound + 1e-9, "{got:?}, {expected}");
        let mut session = Session::new(&setup);
        let chunks: Vec<_> = got.decisions.iter().map(|rung| session.fetch(*rung)).collect();
        prop_assert!(session.is_over());
        prop_assert!((setup.qoe(qoe, &chunks) - got.value).abs() < 1e-12);
    }
}
