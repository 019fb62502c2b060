//! LoL+: a self-organising map of what each rung leads to, with weights chosen as it goes.
//!
//! Bentaleb, Akcay, Lim, Begen and Zimmermann, "Catching the Moment with LoL+ in Twitch-Like
//! Low-Latency Live Streaming Platforms", IEEE Transactions on Multimedia 2021, with the constants
//! of dash.js 5.1 (`LoLpRule`, `LearningAbrController`, `LoLpWeightSelector`, `LoLpQoEEvaluator`;
//! BSD-3-Clause). dash.js hands its evaluator rates in bit/s where it reckons in kbit/s; all is in
//! kbit/s here.

mod map;
mod weights;

use crate::{Decision, Entry, Params, Reason, Rule, Rung, View, catchup::CatchUp};
use map::Map;
use weights::Outlook;

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    name: "lolp",
    follows: "LoL+ of IEEE TMM 2021, with its own catch-up",
    make: |params| Box::new(LolPlus::new(params)),
}];

const MS_PER_S: f64 = 1_000.0;

/// Learns of each rung what throughput, latency, stalls and changes go with it, and picks the one
/// that is nearest to the throughput there is without any of the others.
#[derive(Clone, Debug)]
struct LolPlus {
    settings: Settings,
    catch_up: CatchUp,
    map: Option<Map>,
}

#[derive(Clone, Copy, Debug)]
struct Settings {
    safety: f64,
    target_ms: f64,
    buffer_min_ms: f64,
    seed: u64,
}

impl LolPlus {
    fn new(params: &mut Params<'_>) -> Self {
        let settings = Settings {
            safety: params.number("safety", 0.9, 0.01..=2.0),
            target_ms: params.number("target", 1_500.0, 0.0..=1e6),
            buffer_min_ms: params.number("buffer-min", 300.0, 0.0..=1e6),
            // The weights that it begins with are drawn.
            seed: params.count("seed", 0, 0..=u32::MAX) as u64,
        };
        Self { settings, catch_up: CatchUp::new(params), map: None }
    }
}

/// Returns what the rungs lead to as things are.
fn outlook<'a>(view: &View<'a>, settings: &Settings, kbps: f64) -> Outlook<'a> {
    Outlook {
        ladder: view.ladder,
        segment_s: view.segment_ms / MS_PER_S,
        kbps,
        buffer_s: view.buffer_ms / MS_PER_S,
        buffer_min_s: settings.buffer_min_ms / MS_PER_S,
        latency_s: view.live.map_or(0.0, |live| live.latency_ms) / MS_PER_S,
        target_s: settings.target_ms / MS_PER_S,
        speed: view.live.map_or(1.0, |live| live.speed),
    }
}

impl Rule for LolPlus {
    fn name(&self) -> &'static str {
        "lolp"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        let Some(kbps) = view.throughput_kbps.map(|kbps| kbps * self.settings.safety) else {
            return Decision::now(view.last_or_lowest(), Reason::NoEstimate);
        };
        let outlook = outlook(view, &self.settings, kbps);
        let last = view.last_or_lowest().0;
        if outlook.buffer_s - outlook.takes_s(last) < outlook.buffer_min_s {
            // The next lower one that is carried; as things are where none is.
            let below = (0..last).rev().find(|&rung| view.ladder[rung] < kbps);
            return Decision::now(Rung(below.unwrap_or(last)), Reason::InsufficientBuffer);
        }
        let fits = |map: &Map| map.rungs() == view.ladder.len();
        let map = self.map.take().filter(fits);
        let mut map = map.unwrap_or_else(|| Map::new(view.ladder, self.settings.seed));
        let rung = map.choose(&outlook, last);
        self.map = Some(map);
        Decision::now(Rung(rung), Reason::LearnedState)
    }

    fn speed(&mut self, view: &View<'_>) -> Option<f64> {
        Some(self.catch_up.by_buffer_and_latency(view))
    }
}

#[cfg(test)]
mod tests;
