//! Sabre's environment, over networks of a mobile link's sort.

use dashpot_abr::Table;
use dashpot_sim::{
    input::Period,
    oracle::sabre::{Options, run},
};

/// The rules that Sabre has.
pub(super) const RULES: [&str; 6] =
    ["throughput", "bola", "bolae", "dynamic", "dynamicdash", "bolae:replace=left"];

/// Measures sessions of `rule`, made anew for each.
pub(super) fn rate(table: &Table, rule: &str) -> f64 {
    let options = Options::default();
    let networks: Vec<_> = (0..16).map(network).collect();
    let mut networks = networks.iter().cycle();
    super::sessions_per_second(|| {
        let network = networks.next().expect("a cycle");
        let mut rule = dashpot_abr::parse(rule).expect("a rule");
        let outcome = run(table, network, rule.as_mut(), &options);
        outcome.metric("total rebuffer").map_or(0, f64::to_bits)
    })
}

/// Returns ten minutes by the second, of 400 to 6,400 kbit/s.
pub(super) fn network(seed: u32) -> Vec<Period> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    let mut kbps = 1_600.0;
    let rows = (0..600).map(|_| {
        // A linear congruential generator: any walk will do.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let step = if state < u32::MAX / 2 { 1.25 } else { 0.8 };
        kbps = f64::clamp(kbps * step, 400.0, 6_400.0);
        Period { duration_ms: 1_000.0, bandwidth_kbps: kbps, latency_ms: 50.0 }
    });
    rows.collect()
}
