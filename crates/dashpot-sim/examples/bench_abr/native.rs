//! Native sessions: the player and the link of a session over sockets, in virtual time.

use crate::sessions_per_second;
use dashpot_abr::Table;
use dashpot_base::Bitrate;
use dashpot_net::{Row, Trace};
use dashpot_sim::lab::{Film, Lab};
use std::time::Duration;

/// Four half-minutes, over and over: the example network of Sabre's own documentation.
const NETWORK: [(u64, u64); 4] = [(5_000, 75), (3_000, 150), (1_500, 200), (3_000, 150)];

/// Returns the sessions a second of `rule` on `table`, over that network and over one whose rate
/// changes each second, as in measured traces.
pub(crate) fn rates(table: &Table, rule: &str) -> [f64; 2] {
    let row = |seconds, kbps, latency_ms| Row {
        duration: Duration::from_secs(seconds),
        rate: Bitrate::from_kbps(kbps),
        latency: Duration::from_millis(latency_ms),
    };
    let calm = NETWORK.map(|(kbps, latency_ms)| row(30, kbps, latency_ms));
    let restless = (0..600_u64).map(|second| row(1, 1_500 + second * 769 % 3_001, 80));
    [calm.to_vec(), restless.collect()].map(|rows| {
        let film = Film::new(table);
        let trace = Trace::from_rows(rows).expect("a trace");
        sessions_per_second(|| {
            let rule = dashpot_abr::parse(rule).expect("a rule");
            let outcome = Lab::new(film.clone(), trace.clone(), rule).run();
            outcome.summary.segments
        })
    })
}
