//! FastMPC: MPC's steps from a table.
//!
//! The paper's section 5: which step is best is worked out for ranges of buffer level and
//! throughput, for each last rung, with segments of their nominal sizes, so that a player need not
//! search. Here each entry is worked out when it is first needed, which gives the same table.

use super::search::{Search, Ties};
use super::{Forecast, HORIZON_MAX, Trust, qoe};
use crate::measure::whole_kbps;
use crate::{Arrival, Decision, Entry, Reason, Rule, Rung, View};

pub(crate) const ENTRY: Entry = Entry {
    name: "fast-mpc",
    follows: "FastMPC of SIGCOMM 2015",
    make: |params| {
        Box::new(FastMpc {
            bins: params.count("bins", 100, 2..=1_000),
            horizon: params.count("horizon", 5, 1..=HORIZON_MAX),
            forecast: Forecast::over(params.count("window", 5, 1..=100)),
            search: Search::new(qoe(params), Ties::Highest),
            made_for: (Vec::new(), [0.0; 2]),
            table: Vec::new(),
        })
    },
};

/// Throughput is told apart from a quarter of the lowest rate to four times the top one: beyond,
/// no plan but the lowest or the highest is best. Its ranges are even on a logarithmic scale,
/// because what matters is the ratio of throughput to rates.
const BEYOND_LADDER: f64 = 4.0;

/// The largest ladder whose steps fit a byte with one value left for "not known".
const RUNGS_MAX: usize = 254;

/// Marks an entry that was not worked out.
const UNKNOWN: u8 = u8::MAX;

/// The rule of this file.
#[derive(Clone, Debug)]
struct FastMpc {
    /// Ranges of buffer level, and of throughput.
    bins: usize,
    horizon: usize,
    forecast: Forecast,
    search: Search,
    /// The ladder, and the longest buffer and the segment in milliseconds, that it was made for.
    made_for: (Vec<f64>, [f64; 2]),
    /// By last rung, buffer level and throughput.
    table: Vec<u8>,
}

impl FastMpc {
    fn prepare(&mut self, view: &View<'_>, lengths_ms: [f64; 2]) {
        let same = |(a, b): (&f64, &f64)| a.to_bits() == b.to_bits();
        let (ladder, lengths) = (&self.made_for.0, &self.made_for.1);
        if ladder.len() == view.ladder.len()
            && ladder.iter().zip(view.ladder).all(same)
            && lengths.iter().zip(&lengths_ms).all(same)
        {
            return;
        }
        self.made_for = (view.ladder.to_vec(), lengths_ms);
        self.table.clear();
        self.table.resize(view.ladder.len() * self.bins * self.bins, UNKNOWN);
    }

    /// Works out what is best from the middle of these ranges.
    fn step(&mut self, last: Rung, buffer_share: f64, kbps: f64) -> Rung {
        let (ladder, [buffer_max_ms, segment_ms]) = self.made_for.clone();
        self.search.prepare(&ladder);
        for _ in 0..self.horizon {
            let bits = ladder.iter().map(|rate| rate * segment_ms);
            self.search.add_segment(segment_ms, bits, (kbps, 0.0));
        }
        self.search.best(buffer_share * buffer_max_ms / 1_000.0, last)
    }
}

impl Rule for FastMpc {
    fn name(&self) -> &'static str {
        "fast-mpc"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        let Some(kbps) = self.forecast.kbps(Trust::Whole) else {
            return Decision::now(Rung(0), Reason::NoEstimate);
        };
        if RUNGS_MAX < view.ladder.len() {
            return Decision::now(view.rung_below(kbps), Reason::ThroughputFits);
        }
        self.prepare(view, [view.buffer_max_ms, view.segment_ms]);
        let last = view.last_or_lowest();
        let (buffer, buffer_share) = bin(view.buffer_ms / view.buffer_max_ms, self.bins);
        let lowest = view.ladder[0].max(1.0) / BEYOND_LADDER;
        let highest = view.ladder[view.top().0].max(1.0) * BEYOND_LADDER;
        let span = libm::log(highest / lowest);
        let (throughput, share) = bin(libm::log(kbps / lowest) / span, self.bins);
        let entry = (last.0 * self.bins + buffer) * self.bins + throughput;
        if self.table[entry] == UNKNOWN {
            let rung = self.step(last, buffer_share, lowest * libm::exp(share * span));
            self.table[entry] = u8::try_from(rung.0).unwrap_or_default();
        }
        Decision::now(Rung(self.table[entry].into()), Reason::HorizonBest)
    }

    fn arrived(&mut self, arrival: &Arrival) {
        if let Some(kbps) = whole_kbps(arrival) {
            self.forecast.add(kbps);
        }
    }
}

/// Returns which of `bins` even ranges from 0 to 1 `share` is in, and where its middle is.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share below one times at most a thousand; no number is range 0"
)]
fn bin(share: f64, bins: usize) -> (usize, f64) {
    let bin = ((share * bins as f64) as usize).min(bins - 1);
    (bin, (bin as f64 + 0.5) / bins as f64)
}
