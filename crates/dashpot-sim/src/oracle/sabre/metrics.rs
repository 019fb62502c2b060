//! The figures of a session, under the names and in the order in which Sabre prints them.

use dashpot_abr::{Film as _, Table};

/// Sums over what was played.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Played {
    /// Natural logarithms of rates over the lowest one's.
    pub(super) utility: f64,
    pub(super) kbps: f64,
    pub(super) change_kbps: f64,
    pub(super) log_change: f64,
    pub(super) stalled_ms: f64,
    pub(super) stalls: f64,
    /// When the rung was first played at which the session counts as ramped up.
    pub(super) rampup_ms: Option<f64>,
}

/// How well throughput was foretold, in kbit/s.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Accuracy {
    over: Mean,
    under: Mean,
    all: Mean,
}

#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    count: f64,
    value: f64,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        self.value += (value - self.value) / self.count;
    }
}

impl Accuracy {
    /// Learns what throughput was foretold and what it was.
    pub(super) fn add(&mut self, estimate_kbps: f64, kbps: f64) {
        if kbps < estimate_kbps {
            self.over.add(estimate_kbps - kbps);
        } else {
            self.under.add(kbps - estimate_kbps);
        }
        self.all.add(estimate_kbps - kbps);
    }
}

/// Sabre's figures of one session.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    values: [f64; NAMES.len()],
}

const NAMES: [&str; 24] = [
    "buffer size",
    "total played utility",
    "time average played utility",
    "total played bitrate",
    "time average played bitrate",
    "total play time",
    "total play time chunks",
    "total rebuffer",
    "rebuffer ratio",
    "time average rebuffer",
    "total rebuffer events",
    "time average rebuffer events",
    "total bitrate change",
    "time average bitrate change",
    "total log bitrate change",
    "time average log bitrate change",
    "time average score",
    "over estimate count",
    "over estimate",
    "leq estimate count",
    "leq estimate",
    "estimate",
    "rampup time",
    "total reaction time",
];

/// What an [`Outcome`] is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sums {
    pub(super) buffer_ms: f64,
    pub(super) gp: f64,
    pub(super) now_ms: f64,
    pub(super) played: Played,
    pub(super) accuracy: Accuracy,
    pub(super) reaction_ms: f64,
}

impl Outcome {
    pub(super) fn of(movie: &Table, sums: &Sums) -> Self {
        let Sums { buffer_ms, gp, now_ms, played, accuracy, reaction_ms } = *sums;
        let segment_ms = movie.segment_ms(0);
        let per_segment = 1.0 / (now_ms / segment_ms);
        let length_ms = movie.segments() as f64 * segment_ms;
        let values = [
            buffer_ms,
            played.utility,
            played.utility * per_segment,
            played.kbps,
            played.kbps * per_segment,
            now_ms / 1_000.0,
            now_ms / segment_ms,
            played.stalled_ms / 1_000.0,
            played.stalled_ms / now_ms,
            played.stalled_ms / 1_000.0 * per_segment,
            played.stalls,
            played.stalls * per_segment,
            played.change_kbps,
            played.change_kbps * per_segment,
            played.log_change,
            played.log_change * per_segment,
            per_segment * (played.utility - gp * played.stalled_ms / segment_ms),
            accuracy.over.count,
            accuracy.over.value,
            accuracy.under.count,
            accuracy.under.value,
            accuracy.all.value,
            played.rampup_ms.unwrap_or(length_ms) / 1_000.0,
            reaction_ms / 1_000.0,
        ];
        Self { values }
    }

    /// Returns the figures with the names that Sabre prints, in its order: rates in kbit/s, times
    /// in seconds, the buffer size in milliseconds; averages over time are for each segment's
    /// length of it.
    pub fn metrics(&self) -> impl Iterator<Item = (&'static str, f64)> + use<> {
        NAMES.into_iter().zip(self.values)
    }

    /// Returns the figure of that name, `None` where there is none.
    #[must_use]
    pub fn metric(&self, name: &str) -> Option<f64> {
        self.metrics().find(|(other, _)| *other == name).map(|(_, value)| value)
    }
}
