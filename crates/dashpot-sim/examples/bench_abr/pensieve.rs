//! Sessions in Pensieve's environment, and the optimum of one.

use crate::sessions_per_second;
use dashpot_abr::Table;
use dashpot_base::{ChunkQoe, Rng, Seed};
use dashpot_sim::oracle::pensieve::{Precision, Setup, Trace, optimum, run};

/// The rates of Pensieve's film in kbit/s.
const LADDER: [f64; 6] = [300.0, 750.0, 1_200.0, 1_850.0, 2_850.0, 4_300.0];

/// Returns a film of Pensieve's shape, 48 chunks of four seconds on six rungs, and a trace of
/// half-second rows between 0.2 and 5 Mbit/s that wanders as a moving phone's does.
pub(crate) fn stand_ins() -> (Table, Trace) {
    let mut rng = Rng::new(Seed(1));
    let mut swing = || 0.75 + 0.5 * rng.unit();
    let sizes: Vec<Vec<f64>> = (0..48)
        .map(|_| {
            let weight = swing();
            LADDER.iter().map(|rate| (rate * 4_000.0 * weight / 8.0).floor() * 8.0).collect()
        })
        .collect();
    let mut mbps = 1.5;
    let rows: Vec<_> = (0..600_u32)
        .map(|row| {
            mbps = (mbps * (swing() * 0.6 + 0.4)).clamp(0.2, 5.0);
            (f64::from(row) * 0.5, mbps)
        })
        .collect();
    let film = Table::new(LADDER.to_vec(), vec![4_000.0; 48], &sizes).expect("a film");
    (film, Trace::new(&rows).expect("a trace"))
}

/// Returns the sessions a second of `rule`, each of the whole film.
pub(crate) fn rate(film: &Table, trace: &Trace, rule: &str) -> f64 {
    let setup = Setup { chunks: film.segments(), ..Setup::new(film, trace) };
    sessions_per_second(|| {
        let mut rule = dashpot_abr::parse(rule).expect("a rule");
        run(&setup, rule.as_mut()).iter().map(|chunk| chunk.rung.0 as u64).sum()
    })
}

/// Returns how many optima a second are found.
pub(crate) fn optima(film: &Table, trace: &Trace) -> f64 {
    let setup = Setup::new(film, trace);
    sessions_per_second(|| {
        let found = optimum(&setup, ChunkQoe::LINEAR, Precision::default());
        found.decisions.iter().map(|rung| rung.0 as u64).sum()
    })
}
