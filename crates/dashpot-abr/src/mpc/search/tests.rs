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
/// script does; or turns away where nothing more can be had, as the published sessions did.
struct Slow<'a> {
    case: &'a Case,
    ties: Ties,
    best: (usize, f64),
}

/// A plan, the buffer and the stalls that it leads to, in seconds.
type Begun = (Vec<usize>, f64, f64);

impl Slow<'_> {
    fn best(case: &Case, ties: Ties) -> Rung {
        let mut slow = Slow { case, ties, best: (0, f64::NEG_INFINITY) };
        slow.go(&(Vec::new(), case.buffer_s, 0.0));
        Rung(slow.best.0)
    }

    fn value(&self, rung: usize) -> f64 {
        self.case.qoe.value(self.case.ladder[rung], self.case.ladder[0])
    }

    fn worth(&self, (plan, _, stalled_s): &Begun, more: f64) -> f64 {
        let (mut values, mut changes, mut last) = (0.0, 0.0, self.case.last);
        for &rung in plan {
            values += self.value(rung);
            changes += (self.value(rung) - self.value(last)).abs();
            last = rung;
        }
        self.case.qoe.sum(values + more, changes, *stalled_s)
    }

    fn go(&mut self, begun: &Begun) {
        let (plan, buffer_s, stalled_s) = begun;
        let left = self.case.sizes.len() - plan.len();
        if left == 0 {
            let worth = self.worth(begun, 0.0);
            if self.best.1 <= worth {
                self.best = (plan[0], worth);
            }
            return;
        }
        let top = (0..self.case.ladder.len()).map(|rung| self.value(rung)).fold(0.0, f64::max);
        if self.ties == Ties::LastReached
            && !plan.is_empty()
            && self.worth(begun, f64::from(u32::try_from(left).unwrap()) * top) <= self.best.1
        {
            return;
        }
        for rung in 0..self.case.ladder.len() {
            let megabytes = self.case.sizes[plan.len()][rung] * 1e3 / 8.0 / 1_000_000.0;
            let took_s = megabytes / (self.case.kbps / 8.0 / 1_000.0) + self.case.wait_ms / 1_000.0;
            let (stall_s, left_s) = if *buffer_s < took_s {
                (took_s - buffer_s, 0.0)
            } else {
                (0.0, buffer_s - took_s)
            };
            let plan = [plan.as_slice(), &[rung]].concat();
            self.go(&(plan, left_s + SEGMENT_MS / 1_000.0, stalled_s + stall_s));
        }
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
        for ties in [Ties::Highest, Ties::LastReached] {
            let mut search = Search::new(cases[0].qoe, ties);
            for case in &cases {
                // Sums of logarithms and drawn weights depend on their order, and ties with it.
                let is_exact = case.qoe == ChunkQoe::LINEAR || case.qoe == ChunkQoe::DEFINITION;
                if ties == Ties::Highest || is_exact {
                    search.qoe = case.qoe;
                    search.made_for.0.clear();
                    let slow = Slow::best(case, ties);
                    prop_assert_eq!(fast(case, &mut search), slow, "{:?} {:?}", ties, case);
                }
            }
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
    for (ties, expected) in [(Ties::Highest, 2), (Ties::LastReached, 0)] {
        // None of them can come to more than the very first, so a search from below ends there.
        assert_eq!(fast(&case, &mut Search::new(qoe, ties)), Rung(expected));
        assert_eq!(Slow::best(&case, ties), Rung(expected));
    }
}
