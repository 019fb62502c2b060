//! A rule that knows of the cache: expected download times with hits and misses told apart.
//!
//! Our own. Behind a cache there are two links: a hit comes over the near one, a miss over both.
//! An estimator that mixes them believes in the near link after a few hits, asks for a rung that
//! nobody has fetched, and finds the far link; then it falls, hits again, and rises again. Players
//! guess hits from how fast they are, and guess wrong; caches say it (RFC 9211 `hit`, and CTA-5006
//! `etp` for the rate of the near link).
//!
//! # Model
//!
//! A segment of `b` bits takes `T = L + b x`, where `L` is the wait for the first byte and `x` the
//! time a bit takes. For hits and for misses apart, `L` is averaged and `x` too, with its variance,
//! over about the last `memory` segments of their kind. What has no sample yet is assumed: misses to
//! take twice as long as hits, and hits as long as `etp` says, or else as misses.
//!
//! Whether the next segment is a hit at rung `r` has the probability
//! `p = (H(r) + k g s) / (N(r) + k)`: `N` segments were fetched at that rung and `H` of them hit,
//! both fading with every segment; `g` is the share of hits at all rungs, which counts like `k`
//! segments; `s` is 1 for the rung in force and `stray` for others, since a rung that the viewers
//! before did not choose is less likely there.
//!
//! So `E[T] = p E[hit] + (1 - p) E[miss]`, and the variance is that of both kinds, weighed alike,
//! and `p (1 - p) (E[hit] - E[miss])^2` for not knowing which it will be.
//!
//! # Choice
//!
//! A rung is carried where `E[T]` at its nominal rate is at most `spent` of what the segment plays,
//! so that on average the buffer holds, and where `E[T] + z sd` of this very segment is at most
//! that or, if it is more, the buffer above `reserve`: an unlucky miss must not stall. The highest
//! rung that is carried with a share of `rise` of that is risen to; the rung in force is kept as
//! long as it is carried; otherwise the highest one that is carried follows.
//!
//! Where no cache speaks of itself, all are misses, and it is a rate rule with a guard.

use crate::{Arrival, Decision, Entry, Params, Reason, Rule, Rung, View};

pub(crate) const ENTRIES: &[Entry] = &[Entry {
    name: "cache-aware",
    follows: "dashpot's own: hits and misses of the cache told apart",
    make: |params| Box::new(CacheAware::new(params)),
}];

/// Without a single miss, one is taken to last this many times as long as a hit.
const MISS_TIMES: f64 = 2.0;

/// Weighs what is fetched from the cache nearby and from beyond it.
#[derive(Clone, Debug)]
struct CacheAware {
    settings: Settings,
    hits: Kind,
    misses: Kind,
    /// Fading counts, rung by rung.
    rungs: Vec<Counts>,
    /// Rate of the near link as the server has it.
    server_kbps: Option<f64>,
}

#[derive(Clone, Copy, Debug)]
struct Settings {
    memory: f64,
    prior: f64,
    stray: f64,
    spent: f64,
    rise: f64,
    deviations: f64,
    reserve_ms: f64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    hits: f64,
    all: f64,
}

impl Counts {
    fn add(&mut self, hit: f64, seen: f64, kept: f64) {
        self.hits = kept * self.hits + seen * hit;
        self.all = kept * self.all + seen;
    }
}

/// Segments of one source.
#[derive(Clone, Copy, Debug, Default)]
struct Kind {
    count: f64,
    first_byte_ms: f64,
    ms_per_bit: f64,
    variance: f64,
}

impl Kind {
    fn add(&mut self, first_byte_ms: f64, ms_per_bit: f64, memory: f64) {
        self.count = (self.count + 1.0).min(memory);
        let alpha = 1.0 / self.count;
        self.first_byte_ms += alpha * (first_byte_ms - self.first_byte_ms);
        let off = ms_per_bit - self.ms_per_bit;
        self.ms_per_bit += alpha * off;
        self.variance = (1.0 - alpha) * (self.variance + alpha * off * off);
    }

    fn times(self, factor: f64) -> Self {
        Self {
            first_byte_ms: factor * self.first_byte_ms,
            ms_per_bit: factor * self.ms_per_bit,
            variance: factor * factor * self.variance,
            ..self
        }
    }

    fn mean_ms(&self, bits: f64) -> f64 {
        self.first_byte_ms + bits * self.ms_per_bit
    }
}

/// How long a download takes.
#[derive(Clone, Copy, Debug)]
struct Expected {
    mean_ms: f64,
    deviation_ms: f64,
}

impl CacheAware {
    fn new(params: &mut Params<'_>) -> Self {
        let settings = Settings {
            // Twenty segments are a minute or two: long enough to see hits and misses both.
            memory: params.number("memory", 20.0, 1.0..=1_000.0),
            prior: params.number("prior", 2.0, 0.001..=1_000.0),
            stray: params.number("stray", 0.8, 0.0..=1.0),
            // As much as dash.js and Sabre spend.
            spent: params.number("spent", 0.9, 0.01..=2.0),
            rise: params.number("rise", 0.9, 0.01..=1.0),
            // One deviation: five in six downloads are faster, were they spread evenly.
            deviations: params.number("z", 1.0, 0.0..=10.0),
            reserve_ms: params.number("reserve", 2_000.0, 0.0..=1e6),
        };
        let (hits, misses) = (Kind::default(), Kind::default());
        Self { settings, hits, misses, rungs: Vec::new(), server_kbps: None }
    }

    /// Returns what hits and misses are like; `None` before the first segment.
    fn kinds(&self) -> Option<(Kind, Kind)> {
        let has = |kind: &Kind| 0.0 < kind.count;
        let (hits, misses) = (self.hits, self.misses);
        match (has(&hits), has(&misses)) {
            (true, true) => Some((hits, misses)),
            (true, false) => Some((hits, hits.times(MISS_TIMES))),
            (false, true) => {
                let told = self.server_kbps.map_or(misses.ms_per_bit, |kbps| 1.0 / kbps);
                Some((Kind { ms_per_bit: told.min(misses.ms_per_bit), ..misses }, misses))
            }
            (false, false) => None,
        }
    }

    /// Returns the probability of a hit at `rung`.
    fn hit_share(&self, rung: usize, last: Option<Rung>) -> f64 {
        let sum = |of: fn(&Counts) -> f64| self.rungs.iter().map(of).sum::<f64>();
        let (hits, all) = (sum(|counts| counts.hits), sum(|counts| counts.all));
        let overall = if 0.0 < all { hits / all } else { 0.0 };
        let stray = if last == Some(Rung(rung)) { 1.0 } else { self.settings.stray };
        let here = self.rungs.get(rung).copied().unwrap_or_default();
        let prior = self.settings.prior;
        (here.hits + prior * overall * stray) / (here.all + prior)
    }

    fn carries(&self, view: &View<'_>, kinds: &(Kind, Kind), rung: usize, share: f64) -> bool {
        let hit = self.hit_share(rung, view.last);
        let nominal = expected(kinds, hit, view.ladder[rung] * view.segment_ms);
        let this = expected(kinds, hit, view.bits(Rung(rung)));
        let time_ms = share * view.segment_ms;
        let buffer_ms = time_ms.max(view.buffer_ms - self.settings.reserve_ms);
        nominal.mean_ms <= time_ms
            && this.mean_ms + self.settings.deviations * this.deviation_ms <= buffer_ms
    }
}

/// Returns how long `bits` take that are a hit with probability `hit`.
fn expected((hits, misses): &(Kind, Kind), hit: f64, bits: f64) -> Expected {
    let (hit_ms, miss_ms) = (hits.mean_ms(bits), misses.mean_ms(bits));
    let mean_ms = hit * hit_ms + (1.0 - hit) * miss_ms;
    let within = bits * bits * (hit * hits.variance + (1.0 - hit) * misses.variance);
    let between = hit * (1.0 - hit) * (hit_ms - miss_ms) * (hit_ms - miss_ms);
    Expected { mean_ms, deviation_ms: libm::sqrt(within + between) }
}

impl Rule for CacheAware {
    fn name(&self) -> &'static str {
        "cache-aware"
    }

    fn decide(&mut self, view: &View<'_>) -> Decision {
        self.rungs.resize(view.ladder.len(), Counts::default());
        let Some(kinds) = self.kinds() else {
            return Decision::now(Rung(0), Reason::NoEstimate);
        };
        let Settings { spent, rise, .. } = self.settings;
        let highest = |share: f64| {
            (0..view.ladder.len()).rev().find(|&rung| self.carries(view, &kinds, rung, share))
        };
        let (risen, carried) = (highest(spent * rise), highest(spent));
        let last = view.last_or_lowest();
        match (risen, carried) {
            (Some(risen), _) if last < Rung(risen) => {
                Decision::now(Rung(risen), Reason::ExpectedInTime)
            }
            _ if self.carries(view, &kinds, last.0, spent) => Decision::now(last, Reason::DeadZone),
            (_, Some(carried)) => Decision::now(Rung(carried), Reason::ExpectedInTime),
            (_, None) => Decision::now(Rung(0), Reason::ThroughputBelowLadder),
        }
    }

    fn arrived(&mut self, arrival: &Arrival) {
        let first_byte_ms = arrival.first_byte_ms.clamp(0.0, arrival.took_ms.max(0.0));
        let ms_per_bit = (arrival.took_ms - first_byte_ms) / arrival.bits;
        let is_sane = 0.0 < arrival.bits && ms_per_bit.is_finite() && first_byte_ms.is_finite();
        if !is_sane || ms_per_bit < 0.0 {
            return;
        }
        let is_hit = arrival.source.is_hit == Some(true);
        let memory = self.settings.memory;
        let kind = if is_hit { &mut self.hits } else { &mut self.misses };
        kind.add(first_byte_ms, ms_per_bit, memory);
        self.server_kbps =
            arrival.source.server_kbps.filter(|kbps| 0.0 < *kbps).or(self.server_kbps);
        let hit = if is_hit { 1.0 } else { 0.0 };
        for (rung, counts) in self.rungs.iter_mut().enumerate() {
            let seen = if Rung(rung) == arrival.rung { 1.0 } else { 0.0 };
            counts.add(hit, seen, 1.0 - 1.0 / memory.max(1.0));
        }
    }
}

#[cfg(test)]
mod tests;
