//! DYNAMIC as dash.js had it: throughput below one buffer level, BOLA-E above another.
//!
//! Sabre 2020 (`DynamicDash`).

use crate::{
    Arrival, BolaEnhanced, Decision, Entry, Params, Progress, Rise, Rule, Throughput, View,
    fast_switching,
};

pub(crate) const ENTRIES: &[Entry] = &[
    Entry {
        name: "dynamicdash",
        follows: "dash.js' DYNAMIC over BOLA-E, as in Sabre",
        make: |params| fast_switching::with(DynamicDash::typed(Rise::OneAbove, params), params),
    },
    Entry {
        name: "dynamicdash-o",
        follows: "the same with the rises of BOLA-O (Sabre's -ao)",
        make: |params| fast_switching::with(DynamicDash::typed(Rise::AsCarried, params), params),
    },
];

/// The levels at which BOLA-E is put out of charge and in charge, in milliseconds; Sabre's.
const LOW_MS: f64 = 5_000.0;
const HIGH_MS: f64 = 10_000.0;

/// Chooses by throughput below 5 s of buffer and by BOLA-E above 10 s; between them it stays with
/// the one in charge.
#[derive(Clone, Debug)]
pub struct DynamicDash {
    bola: BolaEnhanced,
    throughput: Throughput,
    low_ms: f64,
    high_ms: f64,
    by_buffer: bool,
}

impl DynamicDash {
    fn typed(rise: Rise, params: &mut Params<'_>) -> Self {
        Self {
            low_ms: params.number("low", LOW_MS, 0.0..=1e9),
            high_ms: params.number("high", HIGH_MS, 0.0..=1e9),
            throughput: Throughput::typed(params),
            bola: BolaEnhanced::typed(rise, params),
            by_buffer: false,
        }
    }
}

impl Rule for DynamicDash {
    fn name(&self) -> &'static str {
        match self.bola.rise {
            Rise::OneAbove => "dynamicdash",
            Rise::AsCarried => "dynamicdash-o",
        }
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        self.bola.step_back(view);
        self.by_buffer = if self.by_buffer {
            self.low_ms <= view.buffer_ms
        } else {
            self.high_ms < view.buffer_ms
        };
        if self.by_buffer { self.bola.decide(view) } else { self.throughput.decide(view) }
    }

    fn arrived(&mut self, arrival: &Arrival) {
        self.bola.arrived(arrival);
    }

    fn waited(&mut self, ms: f64) {
        self.bola.waited(ms);
    }

    fn seeked(&mut self) {
        self.bola.seeked();
    }

    fn gives_up(&mut self, view: &View<'_>, progress: &Progress) -> bool {
        if self.by_buffer || progress.index < view.index {
            return self.bola.gives_up(view, progress);
        }
        let lower = self.throughput.gives_up_for(view, progress);
        if let Some(lower) = lower {
            self.bola.gave_up(progress.rung, lower);
        }
        lower.is_some()
    }

    fn patience_ms(&self, view: &View<'_>, progress: &Progress) -> f64 {
        if self.by_buffer {
            self.bola.patience_ms(view, progress)
        } else {
            self.throughput.patience_ms(view, progress)
        }
    }
}

#[cfg(test)]
mod tests;
