//! What hls.js does: the highest rung that arrives before the buffer runs out.
//!
//! hls.js 1.6, `abr-controller.ts` and `ewma-bandwidth-estimator.ts` (Apache-2.0), with the
//! defaults of its `config.ts`. A level's average and peak rates are one here, the nominal one, and
//! no playlist has to be fetched before a change of level.

use crate::{
    Arrival, Decision, Entry, Params, Progress, Reason, Rule, Rung, View,
    measure::{Pair, kbps, span},
};
use dashpot_base::Ewma;

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    name: "hls",
    follows: "the abr-controller of hls.js 1.6",
    make: |params| Box::new(Hls::new(params)),
}];

/// A body is taken to have lasted at least this long: a shorter one says more about caches nearby
/// than about the link.
const TOOK_MS_MIN: f64 = 50.0;

/// A wait for the first byte counts as at least this long.
const FIRST_BYTE_MS_MIN: f64 = 5.0;

/// A lower rung that would take this many times its duration is no rescue.
const RESCUE_DURATIONS_MAX: f64 = 10.0;

/// Picks the highest rung that a cautious share of the estimate carries and that arrives before the
/// buffer runs out; else the highest one that stalls for a few seconds at most.
#[derive(Clone, Debug)]
struct Hls {
    settings: Settings,
    throughput: Pair,
    first_byte: Ewma,
    /// In force until there is a sample.
    estimate_kbps: f64,
    /// No rung above this one follows a download that was given up.
    ceiling: Option<Rung>,
}

#[derive(Clone, Copy, Debug)]
struct Settings {
    fast_ms: f64,
    slow_ms: f64,
    first_byte_ms: f64,
    /// Shares of the estimate spent on the rung in force and below, and on those above it.
    hold: f64,
    rise: f64,
    stall_ms_max: f64,
}

/// What is asked of a rung.
#[derive(Clone, Copy, Debug)]
struct Budget {
    kbps: f64,
    first_byte_ms: f64,
    arrives_within_ms: f64,
    hold: f64,
    rise: f64,
}

impl Hls {
    fn new(params: &mut Params<'_>) -> Self {
        let settings = Settings {
            fast_ms: params.number("fast", 3_000.0, 1.0..=1e6),
            slow_ms: params.number("slow", 9_000.0, 1.0..=1e6),
            first_byte_ms: params.number("ttfb", 100.0, 0.0..=1e5),
            hold: params.number("hold", 0.95, 0.01..=2.0),
            rise: params.number("rise", 0.7, 0.01..=2.0),
            stall_ms_max: params.number("stall", 4_000.0, 0.0..=1e6),
        };
        let estimate_kbps = params.number("estimate", 500.0, 1.0..=1e7);
        Self {
            settings,
            throughput: Pair::with_half_lives(settings.fast_ms, settings.slow_ms),
            first_byte: Ewma::with_half_life(span(settings.slow_ms)),
            estimate_kbps,
            ceiling: None,
        }
    }

    fn kbps(&self) -> f64 {
        self.throughput.kbps().unwrap_or(self.estimate_kbps)
    }

    fn first_byte_ms(&self) -> f64 {
        self.first_byte.value().unwrap_or(self.settings.first_byte_ms)
    }

    fn saw_first_byte(&mut self, ms: f64) {
        // Times above a second say less and less of the path and weigh less and less.
        let seconds = ms / 1_000.0;
        let weight = core::f64::consts::SQRT_2 * libm::exp(-seconds * seconds / 2.0);
        if 0.0 <= ms {
            self.first_byte.add(span(1_000.0 * weight), ms.max(FIRST_BYTE_MS_MIN));
        }
    }

    fn saw_body(&mut self, bits: f64, ms: f64) {
        let ms = ms.max(TOOK_MS_MIN);
        kbps(bits, ms).into_iter().for_each(|rate| self.throughput.add(ms, rate));
    }

    /// Returns the highest rung within `budget`.
    fn best(view: &View<'_>, budget: &Budget) -> Option<Rung> {
        let last = view.last_or_lowest().0;
        let fits = |(index, &rate): (usize, &f64)| {
            let share = if index <= last { budget.hold } else { budget.rise };
            let kbps = share * budget.kbps;
            let arrives_ms = budget.first_byte_ms + rate * view.segment_ms / kbps;
            // At a live edge the buffer is short by nature, so only the rate counts.
            rate <= kbps && (view.live.is_some() || arrives_ms < budget.arrives_within_ms)
        };
        (0..view.ladder.len()).zip(view.ladder).rev().find(|&of| fits(of)).map(|of| Rung(of.0))
    }

    fn choose(&self, view: &View<'_>) -> Decision {
        let Settings { hold, rise, stall_ms_max, .. } = self.settings;
        let left_ms = left_ms(view);
        let (kbps, first_byte_ms) = (self.kbps(), self.first_byte_ms());
        let safe = Budget { kbps, first_byte_ms, arrives_within_ms: left_ms, hold, rise };
        if view.last.is_none() {
            // The first of all is chosen by the estimate as it is, for a start in a few seconds.
            let start = Budget { arrives_within_ms: stall_ms_max, hold: 1.0, rise: 1.0, ..safe };
            let rung = Self::best(view, &start).unwrap_or_default();
            return Decision::now(rung, Reason::NoEstimate);
        }
        if let Some(rung) = Self::best(view, &safe).filter(|_| 0.0 < left_ms) {
            return Decision::now(rung, Reason::ThroughputFits);
        }
        let stall_ms = stall_ms_max.min(view.segment_ms);
        let late = Budget { arrives_within_ms: left_ms + stall_ms, ..safe };
        match Self::best(view, &late) {
            Some(rung) => Decision::now(rung, Reason::StallAccepted),
            None => Decision::now(Rung(0), Reason::ThroughputBelowLadder),
        }
    }

    /// Returns how long a download may look for its pace, since its request.
    fn grace_ms(&self, view: &View<'_>, progress: &Progress) -> f64 {
        self.first_byte_ms().max(view.film.segment_ms(progress.index) / 2.0)
    }

    /// Returns the rung to flee to from a download that will not arrive before the buffer runs out.
    fn refuge(&self, view: &View<'_>, progress: &Progress) -> Option<Rung> {
        let segment_ms = view.film.segment_ms(progress.index);
        let first_byte_ms = self.first_byte_ms();
        if progress.since_ms <= self.grace_ms(view, progress) || progress.rung == Rung(0) {
            return None;
        }
        let streamed_ms = (progress.since_ms - progress.first_byte_ms).max(1.0);
        let rate = kbps(progress.bits_here, streamed_ms);
        let left_bits = (progress.bits - progress.bits_here).max(0.0);
        let arrives_ms = rate
            .map_or_else(|| progress.bits / self.kbps() + first_byte_ms, |rate| left_bits / rate);
        let left_ms = left_ms(view);
        if arrives_ms <= left_ms {
            return None;
        }
        let kbps = rate.unwrap_or_else(|| self.kbps());
        let takes_ms = |rung: usize| first_byte_ms + segment_ms * view.ladder[rung] / kbps;
        let below = progress.rung.min(Rung(view.ladder.len())).0;
        let in_time_ms = left_ms.min(segment_ms + first_byte_ms);
        let rung = (1..below).rev().find(|&rung| takes_ms(rung) < in_time_ms).unwrap_or(0);
        let rescues = takes_ms(rung) < arrives_ms.min(RESCUE_DURATIONS_MAX * segment_ms);
        rescues.then_some(Rung(rung))
    }
}

/// Returns how long playback goes on with what is buffered.
fn left_ms(view: &View<'_>) -> f64 {
    let speed = view.live.map_or(1.0, |live| live.speed);
    if 0.0 < speed { view.buffer_ms / speed } else { view.buffer_ms }
}

impl Rule for Hls {
    fn name(&self) -> &'static str {
        "hls"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        let decision = self.choose(view);
        match self.ceiling {
            Some(ceiling) if ceiling < decision.rung => {
                Decision::now(ceiling, Reason::AfterGivingUp)
            }
            Some(_) | None => decision,
        }
    }

    fn arrived(&mut self, arrival: &Arrival) {
        self.ceiling = None;
        self.saw_first_byte(arrival.first_byte_ms);
        // Only as much of the wait is left out as was to be expected: what is beyond it is a fault
        // of the link and counts against it.
        let waited_ms = arrival.first_byte_ms.min(self.first_byte_ms());
        self.saw_body(arrival.bits, arrival.took_ms - waited_ms);
    }

    fn patience_ms(&self, view: &View<'_>, progress: &Progress) -> f64 {
        if progress.rung == Rung(0) {
            return f64::INFINITY;
        }
        (self.grace_ms(view, progress) - progress.since_ms).max(0.0)
    }

    fn gives_up(&mut self, view: &View<'_>, progress: &Progress) -> bool {
        if !view.is_playing {
            return false;
        }
        let Some(refuge) = self.refuge(view, progress) else { return false };
        if 0.0 < progress.bits_here {
            let waited_ms = progress.first_byte_ms.min(self.first_byte_ms());
            self.saw_body(progress.bits_here, progress.since_ms - waited_ms);
        } else {
            self.saw_first_byte(progress.since_ms);
        }
        let rate = view.ladder[refuge.0];
        // At the pace of the refuge itself, a still lower rung may be what is there in time.
        let (segment_ms, left_ms) = (view.film.segment_ms(progress.index), left_ms(view));
        let takes_ms = |rung: usize| self.first_byte_ms() + segment_ms * view.ladder[rung] / rate;
        let ceiling = (0..=refuge.0).rev().find(|&rung| takes_ms(rung) < left_ms);
        let ceiling = ceiling.map_or(refuge, Rung);
        if rate < self.settings.rise * self.kbps() {
            // The averages still promise more than the download kept; they begin anew.
            self.throughput = Pair::with_half_lives(self.settings.fast_ms, self.settings.slow_ms);
            self.estimate_kbps = rate;
        }
        self.ceiling = Some(ceiling);
        true
    }
}

#[cfg(test)]
mod tests;
